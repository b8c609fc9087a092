//! A loopback server that answers as publishers and interfaces do on good and on bad days: it counts requests, delays, resets,
//! lies about length, and serves a list of answers in turn. And a pipeline that crawls it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use chrono::{DateTime, FixedOffset};
use meoktong::analyse::Analysis;
use meoktong::config::Config;
use meoktong::crawl::fetch::{Fetcher, Limits};
use meoktong::crawl::guard::Allowed;
use meoktong::pipeline::{Deliver, Detect, Move, Parts, Pipeline, Sending};
use meoktong::store::{Attempt, OutboxRow, Store, Verdict};
use meoktong::wiring::{Brain, brain};
use meoktong_index::document::kst;
use meoktong_index::{Document, Kind, SearchIndex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::silent;

/// What the server does with one request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// These bytes, and the end.
    Raw(Vec<u8>),
    /// These bytes, and silence.
    Stall(Vec<u8>),
    /// The connection is cut.
    Reset,
}

/// A body of a content type, with status 200.
pub(crate) fn ok(content_type: &str, body: &[u8]) -> Reply {
    with("200 OK", &format!("content-type: {content_type}\r\n"), body)
}

/// A status with headers and a body.
pub(crate) fn with(status: &str, headers: &str, body: &[u8]) -> Reply {
    Reply::Raw(crate::support::answer(status, headers, body))
}

/// Paths without their queries, each with its answers in turn; the last one stays.
type Routes = Arc<Mutex<HashMap<String, Vec<Reply>>>>;

/// The server.
pub(crate) struct Replay {
    pub(crate) address: SocketAddr,
    routes: Routes,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Replay {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Routes::default();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (known, seen) = (routes.clone(), heads.clone());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, known.clone(), seen.clone()));
            }
        });
        Self { address, routes, heads }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Serves these answers at a path, one after the other.
    pub(crate) fn at(&self, path: &str, replies: &[Reply]) {
        self.routes.lock().unwrap().insert(path.to_owned(), replies.to_vec());
    }

    /// Heads of the requests for a path.
    pub(crate) fn asked(&self, path: &str) -> Vec<String> {
        let is = |head: &&String| head.split(' ').nth(1).and_then(|full| full.split('?').next()) == Some(path);
        self.heads.lock().unwrap().iter().filter(is).cloned().collect()
    }
}

async fn serve(mut socket: TcpStream, routes: Routes, heads: Arc<Mutex<Vec<String>>>) {
    let mut head = vec![0; 16 << 10];
    let length = socket.read(&mut head).await.unwrap_or(0);
    let head = String::from_utf8_lossy(&head[..length]).into_owned();
    let path = head.split(' ').nth(1).and_then(|full| full.split('?').next()).unwrap_or("/").to_owned();
    heads.lock().unwrap().push(head);
    let reply = match routes.lock().unwrap().get_mut(&path) {
        Some(many) if many.len() > 1 => many.remove(0),
        Some(many) => many[0].clone(),
        None => with("404 Not Found", "", b""),
    };
    match reply {
        Reply::Raw(bytes) => {
            let _ = socket.write_all(&bytes).await;
            let _ = socket.shutdown().await;
        }
        Reply::Stall(bytes) => {
            let _ = socket.write_all(&bytes).await;
            std::future::pending::<()>().await;
        }
        Reply::Reset => drop(socket),
    }
}

/// A clock that tests move.
#[derive(Clone)]
pub(crate) struct Hand(Arc<AtomicI64>);

impl Hand {
    pub(crate) fn at(time: &str) -> Self {
        Self(Arc::new(AtomicI64::new(DateTime::parse_from_rfc3339(time).unwrap().timestamp())))
    }

    pub(crate) fn now(&self) -> DateTime<FixedOffset> {
        DateTime::from_timestamp(self.0.load(Ordering::SeqCst), 0).unwrap().with_timezone(&kst())
    }

    pub(crate) fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// A detector that only counts.
#[derive(Default)]
struct Nobody;

impl Detect for Nobody {
    fn observe(&mut self, _: &Document, _: &Analysis, _: &str, _: Option<&str>) {}
    fn tick(&mut self, _: DateTime<FixedOffset>) -> Vec<Move> {
        Vec::new()
    }
    fn memory(&self) -> Vec<u8> {
        Vec::new()
    }
    fn version(&self) -> i64 {
        1
    }
    fn remembers(&self) -> bool {
        true
    }
    fn alive(&mut self, _: Kind, _: DateTime<FixedOffset>) {}
    fn broken(&self, source: &str, error: &str, now: DateTime<FixedOffset>) -> Vec<OutboxRow> {
        vec![OutboxRow {
            id: format!("dlv_{source}"),
            alert: "alt_broken".into(),
            incident: None,
            endpoint: "ops".into(),
            body: error.into(),
            created_at: now.timestamp(),
            tries: 0,
        }]
    }
}

struct Nowhere;

impl Deliver for Nowhere {
    fn deliver<'a>(&'a self, _: &'a OutboxRow, now: DateTime<FixedOffset>) -> Sending<'a> {
        Box::pin(async move {
            Attempt { at: now.timestamp(), status: None, took_ms: 0, error: None, verdict: Verdict::Dead }
        })
    }
}

pub(crate) static BRAIN: LazyLock<Brain> = LazyLock::new(|| brain().unwrap());

/// A pipeline over a store; `sources` is TOML laid over the defaults, of which only the sources named in it remain.
pub(crate) fn pipeline(sources: &str, store: Arc<Store>, index: Arc<SearchIndex>, clock: &Hand) -> Arc<Pipeline> {
    let mut config = Config::read(sources, "test.toml").unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    config.source.retain(|source| sources.contains(&format!("name = {:?}", source.name)));
    let limits = Limits {
        timeout: Duration::from_millis(700),
        body_bytes: 4 << 20,
        host_delay: Duration::ZERO,
        contact: "https://example.com/".into(),
        robots: true,
        proxy: false,
    };
    let time = clock.clone();
    let parts = Parts {
        config,
        store,
        index,
        fetcher: Arc::new(Fetcher::new(limits, Allowed { private: true, ..Allowed::default() }).unwrap()),
        catalogue: BRAIN.catalogue.clone(),
        analyse: Arc::new(|document: &Document| silent(&document.id)),
        detector: Box::new(Nobody),
        deliver: Arc::new(Nowhere),
        clock: Arc::new(move || time.now()),
    };
    Arc::new(Pipeline::start(parts).unwrap())
}

/// A pipeline over a fresh store.
pub(crate) fn fresh(sources: &str, clock: &Hand) -> Arc<Pipeline> {
    let index = Arc::new(SearchIndex::in_memory(BRAIN.tokens.clone()).unwrap());
    pipeline(sources, Arc::new(Store::in_memory().unwrap()), index, clock)
}

/// A source in TOML.
pub(crate) fn source(name: &str, adapter: &str, kind: &str, url: &str, more: &str) -> String {
    format!(
        "[[source]]\nname = \"{name}\"\nadapter = \"{adapter}\"\nkind = \"{kind}\"\nurl = \"{url}\"\nschedule = \"*/5 * * * *\"\n{more}\n"
    )
}
