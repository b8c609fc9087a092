//! What the store guarantees.

use chrono::DateTime;
use meoktong::store::{Attempt, NewDocument, OutboxRow, Store, TransitionCommit, Verdict};

use crate::support::{document, silent};

fn new(id: &str) -> NewDocument {
    NewDocument {
        document: document(id, "제목", "2026-03-09T09:00:00+09:00"),
        fetched_at: DateTime::parse_from_rfc3339("2026-03-09T09:01:00+09:00").unwrap(),
        story: format!("sty_{id}"),
        author: None,
        analysis: silent(id),
    }
}

fn message(id: &str) -> OutboxRow {
    OutboxRow {
        id: id.into(),
        alert: "alt_1".into(),
        incident: None,
        endpoint: "ops".into(),
        body: "{}".into(),
        created_at: 100,
        tries: 0,
    }
}

#[test]
fn a_known_document_is_left_alone_and_survives_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    assert_eq!(store.commit_documents_with_reports(&[new("a"), new("b")]).unwrap().rows, [1, 2]);
    assert_eq!(store.commit_documents_with_reports(&[new("a")]).unwrap().known, ["a"]);
    drop(store);
    let store = Store::open(directory.path()).unwrap();
    let found = store.document("a").unwrap().unwrap();
    assert_eq!(found.document, new("a").document);
    assert_eq!(store.document_count().unwrap(), (2, 2));
}

#[test]
fn a_message_is_leased_to_one_worker_and_comes_back_when_that_dies() {
    let store = Store::in_memory().unwrap();
    let commit =
        TransitionCommit { outbox: vec![message("dlv_1"), message("dlv_1")], at: 100, ..TransitionCommit::default() };
    store.commit_transition_with_outbox(&commit).unwrap();
    assert_eq!(store.claim_due_messages(100, 60, 9).unwrap().len(), 1, "the same message is queued once");
    assert!(store.claim_due_messages(120, 60, 9).unwrap().is_empty());
    assert_eq!(store.claim_due_messages(161, 60, 9).unwrap().len(), 1, "the lease has run out");
    let attempt =
        |verdict| Attempt { at: 170, status: Some(500), took_ms: 3, error: Some("answered 500".into()), verdict };
    store.commit_attempt("dlv_1", "ops", &attempt(Verdict::RetryAt(200))).unwrap();
    assert!(store.claim_due_messages(199, 60, 9).unwrap().is_empty());
    assert_eq!(store.claim_due_messages(200, 60, 9).unwrap()[0].tries, 1);
    store.commit_attempt("dlv_1", "ops", &attempt(Verdict::Disable)).unwrap();
    assert_eq!(store.deliveries(9).unwrap()[0].state, "dead");
    assert_eq!(store.disabled_endpoints().unwrap().len(), 1);
    assert!(store.retry_message("dlv_1", 300).unwrap());
    assert_eq!(store.claim_due_messages(300, 60, 9).unwrap().len(), 1);
}
