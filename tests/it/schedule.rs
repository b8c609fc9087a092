//! A schedule with kills, skips and doubled runs ends in the same store and the same index as an undisturbed one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use meoktong::pipeline::Pipeline;
use meoktong::store::Store;
use meoktong_index::{Request, SearchIndex, Sort};

use crate::replay::{BRAIN, Hand, Replay, ok, pipeline, source};

/// Disturbed runs; the environment may ask for more.
const CASES: u64 = 12;
/// Times at which the schedule is looked at.
const STEPS: usize = 10;

struct Dice(u64);

impl Dice {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// What a publisher's feed holds at a step: the newest twelve of what is out.
fn feed(step: usize) -> String {
    let newest = 4 + step;
    let items: String = (newest.saturating_sub(12)..newest)
        .map(|n| format!("<item><title>가람톡 소식 {n}</title><link>https://p.example/{n}</link><pubDate>2026-03-09 09:{:02}:00</pubDate></item>", n % 60))
        .collect();
    format!(
        "<rss version=\"2.0\"><channel><title>p</title><link>https://p.example/</link><description>x</description>{items}</channel></rss>"
    )
}

type Outcome = (BTreeSet<(String, String, i64)>, u64, BTreeSet<String>);

fn outcome(store: &Store, index: &SearchIndex) -> Outcome {
    let stored = store.documents_after(0, 1000).unwrap();
    let titles = stored
        .iter()
        .map(|d| (d.document.id.clone(), d.document.title.clone(), d.document.published_at.unwrap().at.timestamp()));
    let request = Request {
        query: "소식".into(),
        sort: Sort::Time,
        limit: 200,
        cursor: None,
        now: Hand::at("2026-03-09T12:00:00+09:00").now(),
    };
    let hits = index.search(&request).unwrap();
    (titles.collect(), index.len(), hits.hits.iter().map(|hit| hit.id.clone()).collect())
}

async fn run(seed: Option<u64>) -> Outcome {
    let server = Replay::new().await;
    let config =
        source("s", "feed", "news", &server.url("/rss"), "") + &source("t", "feed", "news", &server.url("/rss"), "");
    let clock = Hand::at("2026-03-09T10:00:00+09:00");
    let folder = tempfile::tempdir().unwrap();
    let index = Arc::new(SearchIndex::in_memory(BRAIN.tokens.clone()).unwrap());
    let open =
        || -> Arc<Pipeline> { pipeline(&config, Arc::new(Store::open(folder.path()).unwrap()), index.clone(), &clock) };
    let mut dice = Dice(seed.unwrap_or(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut running = open();
    for step in 0..STEPS {
        server.at("/rss", &[ok("text/xml", feed(step).as_bytes())]);
        let last = step + 1 == STEPS;
        let choice = if seed.is_some() && !last { dice.next(4) } else { 3 };
        let all = running.config.source.clone();
        match choice {
            // Nobody was there.
            0 => {}
            // Killed somewhere on the way; another process takes over.
            1 => {
                let victim = running.clone();
                let crawl = tokio::spawn(async move { victim.crawl_all(&all).await.map(drop) });
                tokio::time::sleep(Duration::from_micros(dice.next(12_000))).await;
                crawl.abort();
                let _ = crawl.await;
                running = open();
            }
            // Two at once, as when a person crawls while the daemon does.
            2 => {
                let (one, other) = (running.clone(), running.clone());
                let sources = all.clone();
                let (one, other) = tokio::join!(one.crawl_all(&sources), other.crawl_all(&all));
                assert!(one.unwrap().iter().chain(&other.unwrap()).all(|report| report.error.is_none()));
            }
            _ => {
                let reports = running.crawl_all(&all).await.unwrap();
                assert!(reports.iter().all(|report| report.error.is_none()), "{reports:?}");
                running.index_gap().unwrap();
            }
        }
        clock.forward(300);
    }
    running.index_gap().unwrap();
    outcome(&running.store, &index)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disturbed_schedule_ends_like_an_undisturbed_one() {
    let whole = run(None).await;
    assert_eq!((whole.0.len(), whole.1), (4 + STEPS - 1, (4 + STEPS - 1) as u64));
    let cases = std::env::var("MEOKTONG_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES);
    for seed in 1..=cases {
        assert_eq!(run(Some(seed)).await, whole, "seed {seed}");
    }
}
