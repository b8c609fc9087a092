//! Polls many feeds of a loopback server with the real pipeline, and tells time and memory.
//!
//! ```text
//! cargo run --release --example crowd -- [SOURCES] [ROUNDS]
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use chrono::Utc;
use meoktong::config::{Adapter, Config, Source};
use meoktong::crawl::fetch::{Fetcher, Limits};
use meoktong::crawl::guard::Allowed;
use meoktong::detect::Settings;
use meoktong::pipeline::{Parts, Pipeline};
use meoktong::store::Store;
use meoktong::wiring::{Post, Watcher, brain};
use meoktong_index::SearchIndex;
use meoktong_index::document::kst;

async fn feed(State(round): State<Arc<AtomicU64>>, Path(number): Path<u64>) -> String {
    let round = round.load(Ordering::Relaxed);
    let items: String = (0..20)
        .map(|n| {
            let id = number * 1_000_000 + round * 2 + n;
            format!("<item><title>동네 소식 {id} 새 도서관 문 열어</title><link>https://paper{number}.example/{id}</link><description>주민들이 모여 새 도서관의 문을 열었다. 오전부터 많은 사람이 찾았다.</description></item>")
        })
        .collect();
    format!(
        "<rss version=\"2.0\"><channel><title>paper {number}</title><link>https://paper.example/</link><description>x</description>{items}</channel></rss>"
    )
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args: Vec<u64> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let (sources, rounds) = (args.first().copied().unwrap_or(2000), args.get(1).copied().unwrap_or(3));
    let round = Arc::new(AtomicU64::new(0));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let app = Router::new().route("/{number}", get(feed)).with_state(round.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let brain = brain()?;
    let mut config = Config::read("", "defaults").map_err(|mistakes| anyhow::anyhow!("{mistakes:?}"))?;
    config.crawl.concurrency = 32;
    config.source = (0..sources)
        .map(|n| Source {
            name: format!("paper{n}"),
            adapter: Adapter::Feed,
            // A host of its own each, as on the real web.
            url: format!("http://paper{n}.example:{}/{n}", address.port()),
            schedule: "*/5 * * * *".into(),
            enabled: true,
            ..Source::default()
        })
        .collect();
    let fixed = (0..sources).map(|n| (format!("paper{n}.example"), address)).collect();
    let limits = Limits {
        timeout: Duration::from_secs(20),
        body_bytes: 15 << 20,
        host_delay: Duration::from_millis(1000),
        contact: "https://example.com/".into(),
        robots: true,
        proxy: false,
    };
    let folder = tempfile::tempdir()?;
    let store = Arc::new(Store::open(folder.path())?);
    let (index, _) = SearchIndex::open(&folder.path().join("index"), brain.tokens.clone(), &brain.fingerprint)?;
    let pipeline = Arc::new(Pipeline::start(Parts {
        index: Arc::new(index),
        fetcher: Arc::new(Fetcher::new(limits, Allowed { private: true, fixed })?),
        catalogue: brain.catalogue.clone(),
        analyse: brain.analyse.clone(),
        detector: Box::new(Watcher::restore(brain.catalogue.clone(), Settings::default(), Vec::new(), &store)?),
        deliver: Arc::new(Post::new(&[], true)?),
        clock: Arc::new(|| Utc::now().with_timezone(&kst())),
        store,
        config,
    })?);
    println!("before: {}", memory());
    for at in 0..rounds {
        round.store(at, Ordering::Relaxed);
        let begun = Instant::now();
        let all = pipeline.config.source.clone();
        let reports = pipeline.crawl_all(&all).await?;
        pipeline.beat().await?;
        let new: usize = reports.iter().map(|report| report.new).sum();
        let failed: Vec<&String> = reports.iter().filter_map(|report| report.error.as_ref()).collect();
        println!(
            "round {at}: {} sources, {new} new, {} failed, {:.1} s, {} {}",
            reports.len(),
            failed.len(),
            begun.elapsed().as_secs_f64(),
            memory(),
            failed.first().map_or("", |error| error.as_str()),
        );
    }
    Ok(())
}

/// Resident memory now and at its highest, where the system tells it.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = |name: &str| {
        let kib =
            status.lines().find_map(|line| line.strip_prefix(name)).and_then(|rest| rest.split_whitespace().next());
        kib.and_then(|kib| kib.parse::<f64>().ok()).map_or(0.0, |kib| kib / 1024.0)
    };
    format!("{:.0} MiB resident, {:.0} at most", line("VmRSS:"), line("VmHWM:"))
}
