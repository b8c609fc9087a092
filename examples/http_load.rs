//! What pages cost on a large store, and what open event streams cost in memory.
//!
//!     cargo run --release --example http_load
//!
//! Fills a store in memory with an incident of 50,000 documents and 1,000 other incidents, asks each page thirty times over
//! HTTP on loopback, then holds 200 event streams open.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chrono::{DateTime, FixedOffset};
use meoktong::analyse::Analysis;
use meoktong::config::Config;
use meoktong::crawl::fetch::{Fetcher, Limits};
use meoktong::crawl::guard::Allowed;
use meoktong::detect::Settings;
use meoktong::http::{self, Shared};
use meoktong::pipeline::{Parts, Pipeline};
use meoktong::store::{ChangeRow, IncidentRow, NewDocument, Store, TransitionCommit};
use meoktong::wiring::{Post, Watcher, brain};
use meoktong_index::{Document, Kind, Published, SearchIndex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const EVIDENCE: usize = 50_000;
const INCIDENTS: usize = 1_000;
const STREAMS: usize = 200;
const ASKED: usize = 30;

fn incident(id: &str, service: &str, state: &str, at: &str) -> IncidentRow {
    serde_json::from_value(serde_json::json!({
        "id": id, "service": service, "name": service, "state": state, "impact": "major", "opened_at": at, "updated_at": at, "closed_at": null,
        "first_evidence_at": at, "first_notice_at": null, "score": 20.0, "failed": [], "exposed": [], "unaffected": []
    }))
    .expect("an incident")
}

fn change(id: &str, service: &str, at: &str) -> ChangeRow {
    let detail = serde_json::json!({
        "at": at, "incident": id, "change": "confirmed", "service": service, "features": [], "impact": "major", "state": "confirmed", "score": 20.0,
        "threshold": 12.0, "exposed": [], "unaffected": [], "onset": {"at": at, "source": "change_point"}, "explanation": {"ko": "", "en": ""},
        "evidence": (0..200).map(|n| serde_json::json!({"document": format!("doc_{n}"), "family": "social", "weight": 1.0, "source": "board", "at": at})).collect::<Vec<_>>(),
    });
    ChangeRow { at: at.into(), change: "confirmed".into(), detail }
}

fn filled(now: DateTime<FixedOffset>) -> Result<Store> {
    let store = Store::in_memory()?;
    let analysis = |id: &str| -> Analysis {
        serde_json::from_value(serde_json::json!({"id": id, "is_outage_report": true, "is_current": true, "probability": 0.9,
            "services": [{"service": "kakaotalk", "name": "카카오톡", "role": "failed", "features": []}],
            "signals": [{"term": "오류", "symptom": "error", "service": "kakaotalk", "feature": null, "assertion": "affirmed", "start": 13, "end": 19, "text": "오류"}],
            "events": []}))
        .expect("an analysis")
    };
    let documents: Vec<NewDocument> = (0..EVIDENCE)
        .map(|number| {
            let id = format!("doc_{number}");
            let at = now - chrono::Duration::seconds(number as i64 / 10);
            let document = Document {
                id: id.clone(),
                kind: Kind::Post,
                title: format!("카카오톡 오류 {number}"),
                text: "메시지가 안 보내져요 ".repeat(8),
                published_at: Some(Published { at, day_only: false }),
                source: Some(format!("board-{}", number % 40)),
                ..Document::default()
            };
            NewDocument { document, fetched_at: at, story: id.clone(), author: None, analysis: analysis(&id) }
        })
        .collect();
    for some in documents.chunks(5000) {
        store.commit_documents_with_reports(some)?;
    }
    let at = (now - chrono::Duration::hours(1)).to_rfc3339();
    let mut commit = TransitionCommit { at: now.timestamp(), ..TransitionCommit::default() };
    commit.incidents.push(incident("inc_large", "kakaotalk", "open", &at));
    commit.changes.push(("inc_large".into(), change("inc_large", "kakaotalk", &at)));
    commit.evidence = (0..EVIDENCE).map(|number| ("inc_large".into(), format!("doc_{number}"))).collect();
    for number in 0..INCIDENTS {
        let (id, at) = (format!("inc_{number}"), (now - chrono::Duration::hours(number as i64 + 2)).to_rfc3339());
        commit.incidents.push(incident(&id, "toss", "resolved", &at));
        commit.changes.push((id.clone(), change(&id, "toss", &at)));
    }
    store.commit_transition_with_outbox(&commit)?;
    Ok(store)
}

fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

async fn get(address: &str, path: &str) -> Result<(usize, Duration)> {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\naccept: text/html\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    anyhow::ensure!(
        answer.starts_with(b"HTTP/1.1 200"),
        "{path}: {}",
        String::from_utf8_lossy(&answer[..answer.len().min(300)])
    );
    Ok((answer.len(), begun.elapsed()))
}

#[tokio::main]
async fn main() -> Result<()> {
    let brain = brain()?;
    let mut config = Config::load(None).map_err(|mistakes| anyhow::anyhow!("{mistakes:?}"))?;
    config.http.rate_per_minute = 0;
    let now = DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00")?;
    let store = Arc::new(filled(now)?);
    let limits = Limits {
        timeout: Duration::from_secs(1),
        body_bytes: 1 << 20,
        host_delay: Duration::ZERO,
        contact: String::new(),
        robots: true,
        proxy: false,
    };
    let begun = Instant::now();
    let pipeline = Arc::new(Pipeline::start(Parts {
        config,
        index: Arc::new(SearchIndex::in_memory(brain.tokens.clone())?),
        fetcher: Arc::new(Fetcher::new(limits, Allowed::default())?),
        catalogue: brain.catalogue.clone(),
        analyse: brain.analyse.clone(),
        detector: Box::new(Watcher::restore(brain.catalogue.clone(), Settings::default(), Vec::new(), &store)?),
        deliver: Arc::new(Post::new(&[], false)?),
        clock: Arc::new(move || now),
        store,
    })?);
    println!("{EVIDENCE} documents, {} incidents; indexed in {:.1} s", INCIDENTS + 1, begun.elapsed().as_secs_f64());
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let listener = http::listen("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(http::serve(Shared::new(pipeline, brain, stopped), listener));
    println!("{:44} {:>9} {:>9} {:>9}", "page", "KiB", "median ms", "worst ms");
    for path in [
        "/",
        "/incidents",
        "/incidents/inc_large",
        "/incidents/inc_large?from=40000",
        "/search?q=%EC%98%A4%EB%A5%98",
        "/services",
        "/services/kakaotalk",
        "/trends",
        "/sources",
        "/alerts",
        "/api/v1/incidents?limit=1000",
        "/api/v1/incidents/inc_large/evidence?limit=100",
        "/api/v1/trends",
        "/feed.atom",
        "/metrics",
    ] {
        let mut took = Vec::new();
        let mut bytes = 0;
        for _ in 0..ASKED {
            let (length, time) = get(&address, path).await?;
            bytes = length;
            took.push(time.as_secs_f64() * 1000.0);
        }
        took.sort_by(f64::total_cmp);
        println!("{path:44} {:>9.1} {:>9.1} {:>9.1}", bytes as f64 / 1024.0, took[ASKED / 2], took[ASKED - 1]);
    }
    let before = resident().context("this system does not say how much memory is used")?;
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        let mut stream = TcpStream::connect(&address).await?;
        stream.write_all(b"GET /api/v1/events HTTP/1.1\r\nhost: x\r\n\r\n").await?;
        let mut head = [0; 512];
        let read = stream.read(&mut head).await?;
        anyhow::ensure!(head[..read].starts_with(b"HTTP/1.1 200"), "a stream was refused");
        streams.push(stream);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = resident().unwrap_or(before);
    println!("{} event streams open: {:.1} MiB more ({before:.1} before)", streams.len(), after - before);
    Ok(())
}
