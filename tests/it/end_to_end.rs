//! The program as a user starts it, over an evening that goes by sixty times as fast: an outage from its first reports to
//! the message that it is over, with `kill -9` in the middle. The clock of the program is moved by Debian's `faketime`;
//! without it this test says so and is left out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, FixedOffset, Utc};
use meoktong::config::Adapter;
use meoktong::demo::day::day;
use meoktong::demo::server::receiver;
use meoktong::demo::sites::Sites;

/// How much faster the program's clock runs.
const SPEED: i64 = 60;
/// When the evening begins: minutes before the first report of a bank that stands still at 18:05.
const BEGIN: &str = "2026-03-09T18:02:00+09:00";
const SECRET: &str = "whsec_bWVva3RvbmctZGVtby1zZWNyZXQtMzItYnl0ZXMhIQ==";
/// Longest that anything may take, in real time.
const PATIENCE: Duration = Duration::from_secs(150);

struct Web {
    sites: Sites,
    begun: Instant,
}

impl Web {
    /// The time that the program's clock shows.
    fn now(&self) -> DateTime<FixedOffset> {
        let begin = DateTime::parse_from_rfc3339(BEGIN).unwrap();
        begin + chrono::Duration::milliseconds(self.begun.elapsed().as_millis() as i64 * SPEED)
    }
}

/// All sites under one address: the first part of the path is the host that the recording means.
async fn site(State((web, own)): State<(Arc<Web>, SocketAddr)>, uri: Uri) -> Response {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let Some((host, rest)) = path.trim_start_matches('/').split_once('/') else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Some(page) = web.sites.answer(host, &format!("/{rest}"), web.now()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // Links lead to hosts that do not exist; here they lead back to us. They are ASCII in every encoding of the day.
    let hosts = regex::bytes::Regex::new(r"http://([a-z0-9-]+\.example/)").unwrap();
    let bytes = hosts.replace_all(&page.bytes, format!("http://{own}/$1").as_bytes()).into_owned();
    ([(header::CONTENT_TYPE, page.content_type)], bytes).into_response()
}

fn configuration(sites: &Sites, web: SocketAddr, hook: SocketAddr) -> String {
    let mut text = format!(
        "[crawl]\nallow_private = true\nhost_delay_ms = 0\ntimeout_seconds = 900\nconcurrency = 8\n[documents]\nkeep_chars = 0\n\
         [detect]\ntick_seconds = 20\n[http]\nlisten = \"127.0.0.1:0\"\nrate_per_minute = 0\n\
         [[endpoint]]\nname = \"ops\"\nurl = \"http://{hook}/hook\"\nsecret = \"{SECRET}\"\n"
    );
    let shipped = meoktong::config::Config::load(None).unwrap();
    for source in &shipped.source {
        let _ = writeln!(text, "[[source]]\nname = {:?}\nenabled = false", source.name);
    }
    for source in sites.sources() {
        let url = source.url.replacen("http://", &format!("http://{web}/"), 1);
        let adapter = serde_json::to_value(source.adapter).unwrap();
        let _ = writeln!(
            text,
            "[[source]]\nname = {:?}\nadapter = {adapter}\nkind = {:?}\nurl = {url:?}\nschedule = {:?}\npages = {}",
            source.name,
            source.kind.as_str(),
            source.schedule,
            source.pages
        );
        if let Some(about) = &source.about {
            let _ = writeln!(text, "about = {about:?}");
        }
        if source.adapter == Adapter::Notices {
            let layout = source.layout.as_ref().unwrap();
            let summary = layout.text.as_deref().unwrap_or_default();
            let _ = writeln!(
                text,
                "layout = {{ row = {:?}, title = {:?}, date = {:?}, text = {summary:?} }}",
                layout.row, layout.title, layout.date
            );
        }
    }
    text
}

/// The program, with its clock at a time.
struct Program {
    child: Child,
    address: String,
    log: Receiver<String>,
}

impl Program {
    fn start(directory: &Path, now: DateTime<FixedOffset>) -> Self {
        let clock = format!("@{} x{SPEED}", now.with_timezone(&Utc).format("%Y-%m-%d %H:%M:%S"));
        let mut child = Command::new("faketime")
            .args(["-f", &clock, env!("CARGO_BIN_EXE_meoktong"), "run", "--log-format", "json", "--config"])
            .arg(directory.join("meoktong.toml"))
            .arg("--data-dir")
            .arg(directory.join("data"))
            .env("TZ", "UTC")
            .env_remove("MEOKTONG_LOG")
            .env_remove("RUST_LOG")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (said, log) = channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = said.send(line);
            }
        });
        let mut program = Self { child, address: String::new(), log };
        let until = Instant::now() + PATIENCE;
        while program.address.is_empty() {
            let line = program.log.recv_timeout(until - Instant::now()).expect("the program says where it listens");
            if let Some((_, rest)) = line.split_once("dashboard and API on http://") {
                program.address = rest.split('/').next().unwrap().to_owned();
            }
        }
        program
    }

    fn get(&self, path: &str) -> String {
        let Ok(mut stream) = TcpStream::connect(&self.address) else { return String::new() };
        let _ = write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {}\r\naccept: text/html\r\naccept-language: ko\r\nconnection: close\r\n\r\n",
            self.address
        );
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The bank's incident as the API tells it.
    fn bank(&self) -> Option<serde_json::Value> {
        let answer = self.get("/api/v1/incidents?service=kfcc");
        let body: serde_json::Value = serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()?;
        body["incidents"].as_array()?.first().cloned()
    }

    fn wait<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look() {
                return found;
            }
            let log: Vec<String> = if Instant::now() > until { self.log.try_iter().collect() } else { Vec::new() };
            assert!(Instant::now() < until, "{what} did not come; the log:\n{}", log.join("\n"));
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_is_followed_to_its_end_through_a_kill_in_the_middle() {
    if Command::new("faketime").arg("--version").output().is_err() {
        eprintln!("LEFT OUT: faketime is not installed (apt-get install faketime)");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    let (hook, inbox) = receiver(SECRET).await.unwrap();
    let web = Arc::new(Web { sites: Sites::new(day()), begun: Instant::now() });
    std::fs::write(directory.path().join("meoktong.toml"), configuration(&web.sites, own, hook)).unwrap();
    let app = Router::new().fallback(site).with_state((web.clone(), own));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let received = inbox.clone();
    let followed = tokio::task::spawn_blocking(move || {
        let changes = || -> Vec<(String, String, bool)> {
            let all = received.lock().unwrap().clone();
            let of_bank = all.into_iter().filter(|one| one.body.contains("\"kfcc\""));
            of_bank
                .map(|one| {
                    let body: serde_json::Value = serde_json::from_str(&one.body).unwrap();
                    let change = body
                        .pointer("/data/change")
                        .or(body.get("change"))
                        .and_then(|c| c.as_str())
                        .unwrap_or_default();
                    (one.id, change.to_owned(), one.genuine)
                })
                .collect()
        };
        let mut program = Program::start(directory.path(), web.now());
        let first = program.wait("a suspicion", || program.bank());
        // As the power goes: no handler runs, nothing is flushed.
        program.child.kill().unwrap();
        program.child.wait().unwrap();
        drop(program);
        let program = Program::start(directory.path(), web.now());
        program.wait("the webhook that confirms it", || {
            changes().iter().any(|(_, change, _)| change == "confirmed").then_some(())
        });
        let page = program.get("/");
        assert!(page.contains("새마을금고") && page.contains("banner down"), "{page}");
        program.wait("the webhook that says it is over", || {
            changes().iter().any(|(_, change, _)| change == "resolved").then_some(())
        });
        let last = program.wait("the end", || program.bank().filter(|bank| bank["state"] == "resolved"));
        assert_eq!(first["id"], last["id"], "it is one incident before and after the kill");
        let ended = DateTime::parse_from_rfc3339(last["closed_at"].as_str().unwrap()).unwrap();
        let clock = ended.format("%H:%M").to_string();
        assert!(("18:40"..="18:44").contains(&clock.as_str()), "an article says 18:40, the bank 18:44: {clock}");
        let came = changes();
        assert!(came.iter().all(|(_, _, genuine)| *genuine), "every message is signed: {came:?}");
        let mut by_id: BTreeMap<&str, &str> = BTreeMap::new();
        for (id, change, _) in &came {
            assert_eq!(*by_id.entry(id).or_insert(change), change, "a message that comes again is the same message");
        }
        for change in ["confirmed", "restored", "resolved"] {
            assert_eq!(by_id.values().filter(|told| **told == change).count(), 1, "{change} is told once: {came:?}");
        }
    });
    followed.await.unwrap();
}
