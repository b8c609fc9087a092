//! Article pages that we wrote in the structure of Korean publishers, with what stands beside an article there.

use std::collections::HashMap;
use std::path::Path;

use chrono::DateTime;
use meoktong::crawl::article::{self, Article, Rules};
use meoktong::crawl::charset::decode;
use meoktong_dictionaries::Publishers;
use serde::Deserialize;
use url::Url;

#[derive(Deserialize)]
struct Expected {
    file: String,
    url: String,
    title: String,
    published_at: String,
    text: String,
}

/// Share of pages with the exact headline, with the exact time, and mean F1 over the words of the text.
fn measure(rules: &Rules) -> (f64, f64, f64, Vec<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages");
    let now = DateTime::parse_from_rfc3339("2026-03-20T12:00:00+09:00").unwrap();
    let expected = std::fs::read_to_string(folder.join("expected.jsonl")).unwrap();
    let (mut pages, mut titles, mut times, mut words) = (0.0, 0.0, 0.0, 0.0);
    let mut wrong = Vec::new();
    for line in expected.lines() {
        let wanted: Expected = serde_json::from_str(line).unwrap();
        let html = decode(&std::fs::read(folder.join(&wanted.file)).unwrap(), None);
        let found = article::read(&html, &Url::parse(&wanted.url).unwrap(), rules, None, now).article;
        let Article { title, text, published, .. } = found.unwrap_or_default();
        let time = published.map(|p| p.at.format("%Y-%m-%dT%H:%M").to_string()).unwrap_or_default();
        let score = f1(&text, &wanted.text);
        pages += 1.0;
        titles += f64::from(title == wanted.title);
        times += f64::from(wanted.published_at.starts_with(&time) && !time.is_empty());
        words += score;
        if title != wanted.title || !wanted.published_at.starts_with(&time) || time.is_empty() || score < 0.98 {
            wrong.push(format!("{}: {title:?} {time} {score:.3} {text:?}", wanted.file));
        }
    }
    (titles / pages, times / pages, words / pages, wrong)
}

fn f1(found: &str, wanted: &str) -> f64 {
    let mut left: HashMap<&str, i64> = HashMap::new();
    for word in wanted.split_whitespace() {
        *left.entry(word).or_default() += 1;
    }
    let mut common = 0.0;
    for word in found.split_whitespace() {
        if let Some(count) = left.get_mut(word).filter(|count| **count > 0) {
            *count -= 1;
            common += 1.0;
        }
    }
    2.0 * common / (found.split_whitespace().count() + wanted.split_whitespace().count()).max(1) as f64
}

#[test]
fn pages_of_publishers_are_read_whole_and_clean() {
    let (titles, times, words, wrong) = measure(Rules::bundled());
    println!("with rules: title {titles:.3}, time {times:.3}, words {words:.4}\n{}", wrong.join("\n"));
    assert!(titles >= 0.98 && times >= 0.97 && words >= 0.95, "{titles} {times} {words}: {wrong:#?}");
}

#[test]
fn pages_of_publishers_that_nobody_knows_are_read_nearly_as_well() {
    let (titles, times, words, wrong) = measure(&Rules::new(Publishers::default()).0);
    println!("without rules: title {titles:.3}, time {times:.3}, words {words:.4}\n{}", wrong.join("\n"));
    assert!(titles >= 0.97 && times >= 0.95 && words >= 0.97, "{titles} {times} {words}: {wrong:#?}");
}
