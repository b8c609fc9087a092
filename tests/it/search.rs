//! The index: found, counted, paged, kept, rebuilt.

use std::sync::Arc;

use chrono::DateTime;
use meoktong_index::{Document, Entry, Opened, Pairs, Request, SearchIndex, Sort};

use crate::support::document;

fn entry(row: i64, document: &Document) -> Entry<'_> {
    Entry {
        row,
        document,
        fetched: 0,
        services: vec!["kakaotalk".into()],
        features: vec!["message".into()],
        symptoms: vec!["unavailable".into()],
        assertions: vec![],
        outage: row % 2 == 1,
        current: true,
        probability: 0.9,
        story: "sty_1",
    }
}

fn request(query: &str) -> Request {
    let now = DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap();
    Request { query: query.into(), sort: Sort::Time, limit: 2, cursor: None, now }
}

fn documents() -> Vec<Document> {
    let titles = ["카카오톡 전송 장애", "카카오톡 복구", "토스 송금 오류", "날씨 맑음"];
    let made = titles
        .iter()
        .enumerate()
        .map(|(at, title)| document(&format!("doc_{at}"), title, &format!("2026-03-0{}T09:00:00+09:00", at + 6)));
    made.collect()
}

#[test]
fn queries_filters_facets_and_pages() {
    let index = SearchIndex::in_memory(Arc::new(Pairs)).unwrap();
    let documents = documents();
    let entries: Vec<Entry<'_>> = documents.iter().zip(1..).map(|(document, row)| entry(row, document)).collect();
    index.commit(&entries, 4).unwrap();
    let ids =
        |query: &str| index.search(&request(query)).unwrap().hits.into_iter().map(|hit| hit.id).collect::<Vec<_>>();
    assert_eq!(ids("카카오톡"), ["doc_1", "doc_0"]);
    assert_eq!(ids("카카오톡 -복구"), ["doc_0"]);
    assert_eq!(ids("\"송금 오류\" OR 날씨"), ["doc_3", "doc_2"]);
    assert_eq!(ids("outage:true"), ["doc_2", "doc_0"]);
    assert_eq!(ids("since:12h"), ["doc_3"]);
    assert_eq!(ids("before:2026-03-07"), ["doc_0"]);
    let first = index.search(&request("")).unwrap();
    assert_eq!((first.total, first.hits.len()), (4, 2));
    assert_eq!(first.facets["service"][0].count, 4);
    assert_eq!(first.histogram[0].day, "2026-03-06");
    let second = index.search(&Request { cursor: first.next, ..request("") }).unwrap();
    assert_eq!(second.hits.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>(), ["doc_1", "doc_0"]);
    assert_eq!(second.next, None);
    index.commit(&entries[..1], 4).unwrap();
    assert_eq!(index.len(), 4, "adding a document again replaces it");
}

#[test]
fn the_last_row_is_kept_and_another_analyzer_rebuilds() {
    let directory = tempfile::tempdir().unwrap();
    let documents = documents();
    let open = |fingerprint: &str| SearchIndex::open(directory.path(), Arc::new(Pairs), fingerprint).unwrap();
    let (index, opened) = open("one");
    assert!(matches!(opened, Opened::Empty(_)));
    index.commit(&[entry(7, &documents[0])], 7).unwrap();
    drop(index);
    let (index, opened) = open("one");
    assert_eq!((opened, index.last_row().unwrap(), index.len()), (Opened::Kept, 7, 1));
    drop(index);
    let (index, opened) = open("two");
    assert!(matches!(opened, Opened::Empty(why) if why.contains("analyzer")));
    assert_eq!((index.last_row().unwrap(), index.len()), (0, 0));
}
