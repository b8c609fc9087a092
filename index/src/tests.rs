//! The index as a whole: levels, order, pages, life. The engine is real; texts are ours.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use chrono::DateTime;
use meoktong_dictionaries::{Catalogue, Lexicon};
use proptest::prelude::*;

use crate::morpheme::Analyzer;
use crate::*;

static KOREAN: LazyLock<Arc<Korean>> = LazyLock::new(|| {
    let (catalogue, lexicon) = (Catalogue::bundled(), Lexicon::bundled());
    let analyzer = Analyzer::new(&catalogue, &lexicon).unwrap();
    Arc::new(Korean::new(analyzer, &catalogue, &lexicon).unwrap())
});

fn document(id: &str, title: &str, text: &str, at: &str) -> Document {
    Document {
        id: id.into(),
        title: title.into(),
        text: text.into(),
        published_at: Some(Published::parse(at).unwrap()),
        ..Document::default()
    }
}

fn entry(row: i64, document: &Document) -> Entry<'_> {
    Entry {
        row,
        document,
        fetched: 1_700_000_000,
        services: vec![],
        features: vec![],
        symptoms: vec![],
        assertions: vec![],
        outage: true,
        current: true,
        probability: 0.9,
        story: "",
    }
}

fn request(query: &str) -> Request {
    let now = DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap();
    Request { query: query.into(), sort: Sort::Relevance, limit: 10, cursor: None, now }
}

fn index(texts: &[(&str, &str)]) -> SearchIndex {
    let index = SearchIndex::in_memory(KOREAN.clone()).unwrap();
    let documents: Vec<Document> = texts
        .iter()
        .enumerate()
        .map(|(at, (title, text))| document(&format!("d{at}"), title, text, "2026-03-06T09:00:00+09:00"))
        .collect();
    let entries: Vec<Entry<'_>> = documents.iter().zip(1..).map(|(document, row)| entry(row, document)).collect();
    index.commit(&entries, entries.len() as i64).unwrap();
    index
}

fn ids(answer: &Answer) -> Vec<&str> {
    answer.hits.iter().filter(|hit| !hit.partial).map(|hit| hit.id.as_str()).collect()
}

fn found(index: &SearchIndex, query: &str) -> Vec<String> {
    ids(&index.search(&request(query)).unwrap()).into_iter().map(str::to_owned).collect()
}

#[test]
fn words_are_found_by_stem_part_other_name_and_spelling() {
    let index = index(&[
        ("카카오뱅크 앱이 자꾸 튕겼다", ""),
        ("카뱅에서 송금이 안 돼요", ""),
        ("메시지 수·발신 지연", ""),
        ("날씨가 맑다", ""),
    ]);
    assert_eq!(found(&index, "튕김"), ["d0"]);
    assert_eq!(found(&index, "뱅크"), ["d0"]);
    assert_eq!(BTreeSet::from_iter(found(&index, "카뱅")), BTreeSet::from(["d0".to_owned(), "d1".to_owned()]));
    assert_eq!(found(&index, "카카오 뱅크").len(), 2);
    assert_eq!(found(&index, "이체"), ["d1"], "a synonym");
    assert_eq!(found(&index, "메세지 발신"), ["d2"]);
    assert_eq!(found(&index, "\"카카오 뱅크 앱\""), ["d0"]);
    assert!(found(&index, "\"앱 카카오뱅크\" service:kakaobank").is_empty());
}

#[test]
fn what_no_document_has_is_loosened_step_by_step_and_said() {
    let index = index(&[("뚜뚜플 접속 오류", ""), ("가나다 서버 점검", "")]);
    let level = |query: &str| index.search(&request(query)).unwrap().level;
    assert_eq!(level("접속 오류"), Level::All);
    assert_eq!(level("뚜플"), Level::Pairs);
    assert_eq!(level("접속 점검"), Level::Some);
    let answer = index.search(&request("접속 오류 점검")).unwrap();
    assert_eq!((answer.level, answer.hits[0].id.as_str()), (Level::Some, "d0"));
    let strict = Options { strict: true, ..Options::default() };
    assert_eq!(index.answer(&request("접속 점검"), &strict).unwrap().total, 0);
    let short = index.search(&request("서버 점검")).unwrap();
    assert_eq!((short.total, ids(&short)), (1, vec!["d1"]));
}

#[test]
fn slips_of_keyboard_and_spelling_and_values_are_answered_with_what_was_meant() {
    let index = index(&[("카톡 송금 오류", "")]);
    let meant = |query: &str| -> Vec<String> {
        index.search(&request(query)).unwrap().suggestions.into_iter().map(|one| one.query).collect()
    };
    assert_eq!(meant("zkxhr 오류"), ["카톡 오류"]);
    assert!(meant("송귬").contains(&"송금".to_owned()), "{:?}", meant("송귬"));
    assert!(meant("오류 service:kakaotlk").contains(&"오류 service:kakaotalk".to_owned()));
    assert!(meant("카톡").is_empty());
}

#[test]
fn pages_hold_together_while_documents_arrive() {
    for sort in [Sort::Relevance, Sort::Time, Sort::Recent] {
        let index = SearchIndex::in_memory(Arc::new(Pairs)).unwrap();
        let documents: Vec<Document> = (0..60)
            .map(|n| {
                let text = "장애 ".repeat(n % 7 + 1) + &"다른 말 ".repeat(n % 5);
                document(&format!("d{n}"), "", &text, &format!("2026-03-0{}T09:00:00+09:00", n % 9 + 1))
            })
            .collect();
        let entries: Vec<Entry<'_>> = documents.iter().zip(1..).map(|(document, row)| entry(row, document)).collect();
        index.commit(&entries[..40], 40).unwrap();
        let whole = index.search(&Request { sort, limit: 40, ..request("장애") }).unwrap();
        let whole: Vec<String> = whole.hits.into_iter().map(|hit| hit.id).collect();
        let mut pages: Vec<String> = Vec::new();
        let mut asked = Request { sort, limit: 7, ..request("장애") };
        let mut arrived = 40;
        loop {
            let page = index.search(&asked).unwrap();
            pages.extend(page.hits.iter().map(|hit| hit.id.clone()));
            let Some(next) = page.next else { break };
            // The clock goes on too: it must not matter.
            asked = Request { cursor: Some(next), now: asked.now + chrono::Duration::hours(7), ..asked };
            if arrived < 60 {
                index.commit(&entries[arrived..arrived + 4], arrived as i64 + 4).unwrap();
                arrived += 4;
            }
        }
        assert_eq!(pages, whole, "{sort:?}");
    }
}

#[test]
fn a_cursor_of_another_query_is_refused() {
    let index = index(&[("카톡 오류 하나", ""), ("카톡 오류 둘", "")]);
    let first = index.search(&Request { limit: 1, ..request("카톡") }).unwrap();
    let other = Request { cursor: first.next, ..request("오류") };
    assert!(matches!(index.search(&other), Err(SearchError::Cursor(_))));
}

#[test]
fn copies_are_folded_and_counted() {
    let index = SearchIndex::in_memory(KOREAN.clone()).unwrap();
    let titles = ["카톡 전송 장애", "카톡 전송 장애 발생", "카톡 장애", "토스 장애"];
    let documents: Vec<Document> = titles
        .iter()
        .enumerate()
        .map(|(at, title)| document(&format!("d{at}"), title, "", "2026-03-06T09:00:00+09:00"))
        .collect();
    let mut entries: Vec<Entry<'_>> = documents.iter().zip(1..).map(|(d, row)| entry(row, d)).collect();
    entries[0].story = "s1";
    entries[1].story = "s1";
    entries[2].story = "s2";
    index.commit(&entries[..2], 2).unwrap();
    index.commit(&entries[2..], 4).unwrap();
    let options = Options { collapse: true, ..Options::default() };
    let first = index.answer(&Request { limit: 2, ..request("장애") }, &options).unwrap();
    let second = index.answer(&Request { limit: 2, cursor: first.next.clone(), ..request("장애") }, &options).unwrap();
    let mut seen: Vec<(Option<String>, Option<u64>)> =
        first.hits.iter().chain(&second.hits).map(|hit| (hit.story.clone(), hit.copies)).collect();
    seen.sort();
    let story = |name: &str| Some(name.to_owned());
    assert_eq!(seen, [(None, Some(1)), (story("s1"), Some(2)), (story("s2"), Some(1))]);
    assert_eq!(first.total, 4);
}

#[test]
fn related_terms_come_more_often_here_than_elsewhere() {
    let mut texts =
        vec![("카톡 장애 데이터센터 화재", ""), ("카톡 먹통 데이터센터 불", ""), ("카톡 복구 데이터센터", "")];
    texts.extend([("날씨 소식 하나", ""); 20]);
    let options = Options { related: 3, ..Options::default() };
    let answer = index(&texts).answer(&request("카톡"), &options).unwrap();
    assert!(answer.related.iter().any(|related| related.term == "데이터" && related.hits == 3), "{:?}", answer.related);
    assert!(answer.related.iter().all(|related| related.term != "카톡"));
}

#[test]
fn an_explanation_names_terms_synonyms_and_scores() {
    let options = Options { explain: true, ..Options::default() };
    let answer = index(&[("카카오뱅크 오류", "")]).answer(&request("카뱅이 에러"), &options).unwrap();
    let explain = answer.explain.unwrap();
    assert_eq!(explain.words[0].terms, ["카뱅"]);
    assert!(explain.words[0].synonyms.contains(&"카카오뱅크".to_owned()));
    assert!(answer.hits[0].why.iter().any(|why| why.matched == "카카오뱅크" && why.score > 0.0));
}

#[test]
fn reports_are_linked_to_a_feature_that_they_do_not_name() {
    let index = index(&[("송금이 계속 안 돼요", "돈이 안 들어와요"), ("토스 송금 안 됨", ""), ("게임이 재미있다", "")]);
    let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().timestamp();
    let window = at("2026-03-06T08:00:00+09:00")..at("2026-03-06T10:00:00+09:00");
    let names = ["토스".to_owned()];
    let linked = index.linked("toss", &names, "송금 OR 이체", window.clone(), 10).unwrap();
    assert_eq!(linked.iter().map(|one| one.document.as_str()).collect::<Vec<_>>(), ["d0"]);
    assert!(linked[0].excerpt.contains("송금") && linked[0].score > 0.0);
    assert!(index.linked("toss", &names, "송금", window.end..window.end + 60, 10).unwrap().is_empty());
}

#[test]
fn a_second_process_reads_what_the_first_writes_and_a_rebuild_takes_over() {
    let directory = tempfile::tempdir().unwrap();
    let open = || SearchIndex::open(directory.path(), Arc::new(Pairs), "one").unwrap().0;
    let read = || SearchIndex::open_read(directory.path(), Arc::new(Pairs), "one").unwrap();
    assert!(read().is_none());
    let documents: Vec<Document> =
        (0..3).map(|n| document(&format!("d{n}"), "카톡", "", "2026-03-06T09:00:00+09:00")).collect();
    let writing = open();
    writing.commit(&[entry(1, &documents[0])], 1).unwrap();
    let reading = read().unwrap();
    assert_eq!((reading.len(), reading.last_row().unwrap()), (1, 1));
    assert!(matches!(reading.commit(&[entry(2, &documents[1])], 2), Err(SearchError::Busy)));

    let rebuild = Rebuild::begin(directory.path(), Arc::new(Pairs), "one").unwrap();
    assert!(matches!(Rebuild::begin(directory.path(), Arc::new(Pairs), "one"), Err(SearchError::Busy)));
    for (row, document) in (1..).zip(&documents) {
        rebuild.index().commit(&[entry(row, document)], row).unwrap();
        assert_eq!(writing.search(&request("카톡")).unwrap().total, 1, "the old one serves");
    }
    rebuild.finish().unwrap();
    assert_eq!(writing.search(&request("카톡")).unwrap().total, 1);
    assert!(writing.follow().unwrap());
    assert_eq!((writing.len(), writing.last_row().unwrap()), (3, 3));
    assert!(!writing.follow().unwrap());
    writing.forget_before(DateTime::parse_from_rfc3339("2026-03-07T00:00:00+09:00").unwrap().timestamp()).unwrap();
    assert_eq!((writing.len(), writing.last_row().unwrap()), (0, 3));
}

#[test]
fn every_feature_of_the_catalogue_has_a_profile_that_is_a_query() {
    let catalogue = Catalogue::bundled();
    for service in catalogue.services() {
        for feature in &service.features {
            let profile = feature.profile();
            Query::parse(&profile, request("").now).unwrap_or_else(|error| panic!("{profile}: {error}"));
        }
    }
}

/// The child of the next test: commits three documents at a time until it is killed.
#[test]
#[ignore = "run by the kill test"]
fn child_that_indexes() {
    let Ok(directory) = std::env::var("MEOKTONG_KILL_DIRECTORY") else { return };
    let index = SearchIndex::open(directory.as_ref(), Arc::new(Pairs), "one").unwrap().0;
    loop {
        let last = index.last_row().unwrap();
        let documents: Vec<Document> = (last + 1..last + 4)
            .map(|n| document(&format!("d{n}"), "카톡 장애", "", "2026-03-06T09:00:00+09:00"))
            .collect();
        let entries: Vec<Entry<'_>> = documents.iter().zip(last + 1..).map(|(d, row)| entry(row, d)).collect();
        index.commit(&entries, last + 3).unwrap();
    }
}

#[test]
fn killed_at_any_moment_it_opens_again_and_holds_exactly_what_it_says() {
    let kills: usize = std::env::var("MEOKTONG_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let directory = tempfile::tempdir().unwrap();
    let mut committed = 0;
    for kill in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::child_that_indexes", "--ignored"])
            .env("MEOKTONG_KILL_DIRECTORY", directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From the moment of its first commit on, at a moment that differs each time.
        let begun = Instant::now();
        let before = committed;
        let row = || {
            SearchIndex::open_read(directory.path(), Arc::new(Pairs), "one")
                .ok()
                .flatten()
                .and_then(|index| index.last_row().ok())
                .unwrap_or(0)
        };
        while row() <= before && begun.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_micros((kill as u64 * 7919) % 40_000));
        child.kill().unwrap();
        child.wait().unwrap();
        let (index, opened) = SearchIndex::open(directory.path(), Arc::new(Pairs), "one").unwrap();
        assert_eq!(opened, Opened::Kept, "after kill {kill}");
        committed = index.last_row().unwrap();
        assert!(committed > before, "kill {kill}: nothing was committed in 30 s");
        assert_eq!(index.len() as i64, committed, "after kill {kill}");
        let found = index.search(&request("장애")).unwrap();
        assert_eq!(found.total as i64, committed, "after kill {kill}");
    }
}

fn words() -> impl Strategy<Value = String> {
    let words =
        ["카톡", "송금", "오류", "장애", "카카오", "뱅크", "카카오뱅크", "튕겨요", "튕김", "로그인", "에러", "KT"];
    proptest::sample::select(words.to_vec()).prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    let word =
        prop_oneof![6 => words(), 1 => Just(".".to_owned()), 1 => Just("안".to_owned()), 1 => Just("이".to_owned())];
    proptest::collection::vec(word, 0..8).prop_map(|words| words.join(" "))
}

fn query() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        6 => words(),
        2 => proptest::collection::vec(words(), 1..4).prop_map(|words| format!("\"{}\"", words.join(" "))),
        1 => Just("service:toss".to_owned()),
        1 => Just("kind:post".to_owned()),
        1 => Just("outage:true".to_owned()),
        1 => Just("current:false".to_owned()),
        1 => Just("after:2026-03-05".to_owned()),
        1 => Just("before:2026-03-05".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|parts| format!("({})", parts.join(" "))),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" OR "))),
            inner.prop_map(|part| format!("-{part}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(48),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn saved_queries_match_exactly_what_a_search_finds(
        texts in proptest::collection::vec((text(), text(), 0u8..64), 1..8),
        queries in proptest::collection::vec(query(), 1..12),
    ) {
        let documents: Vec<Document> = texts
            .iter()
            .enumerate()
            .map(|(at, (title, text, bits))| Document {
                kind: if bits & 1 > 0 { Kind::Post } else { Kind::News },
                published_at: (bits & 32 == 0)
                    .then(|| Published::parse(if bits & 2 > 0 { "2026-03-04" } else { "2026-03-06" }).unwrap()),
                ..document(&format!("d{at}"), title, text, "2026-03-06")
            })
            .collect();
        let entries: Vec<Entry<'_>> = documents
            .iter()
            .zip(&texts)
            .zip(1..)
            .map(|((document, (_, _, bits)), row)| Entry {
                services: if bits & 4 > 0 { vec!["toss".into()] } else { vec![] },
                outage: bits & 8 > 0,
                current: bits & 16 > 0,
                ..entry(row, document)
            })
            .collect();
        let index = SearchIndex::in_memory(KOREAN.clone()).unwrap();
        index.commit(&entries, entries.len() as i64).unwrap();
        let now = request("").now;
        let parsed = queries.iter().map(|text| (text.clone(), Query::parse(text, now).unwrap()));
        let percolator = Percolator::new(parsed, &**KOREAN);
        let strict = Options { strict: true, counts: false, ..Options::default() };
        for query in &queries {
            let searched: BTreeSet<String> =
                index.answer(&request(query), &strict).unwrap().hits.into_iter().map(|hit| hit.id).collect();
            let percolated: BTreeSet<String> = entries
                .iter()
                .filter(|entry| percolator.matches(entry, &**KOREAN).contains(&query.as_str()))
                .map(|entry| entry.document.id.clone())
                .collect();
            prop_assert_eq!(percolated, searched, "{}", query);
        }
    }

    #[test]
    fn no_text_breaks_the_query_language_or_the_terms(text in "\\PC{0,40}") {
        let now = request("").now;
        if let Err(error) = Query::parse(&text, now) {
            prop_assert!(error.position <= text.chars().count());
        }
        let mut last = 0;
        KOREAN.tokens(&text, &mut |term| {
            assert!(text.get(term.start..term.end).is_some(), "{term:?} in {text:?}");
            assert!(term.position >= last || term.part);
            last = term.position;
        });
    }
}
