//! The program as people and scripts run it: what it prints, where, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use meoktong::store::{IncidentRow, Store, TransitionCommit};
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn lines(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }
}

fn start(args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_meoktong"))
        .args(args)
        .env_remove("MEOKTONG_CONFIG")
        .env_remove("MEOKTONG_DATA_DIR")
        .env_remove("MEOKTONG_LOG")
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn ran(args: &[&str], input: &[u8]) -> Ran {
    let mut child = start(args);
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A program that ends early closes its input; that is not this test's failure.
    let feeding = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).expect("all output is UTF-8");
    Ran { code: output.status.code().expect("no signal ended it"), out: text(output.stdout), err: text(output.stderr) }
}

fn analyzed(documents: &[Value], more: &[&str]) -> Vec<Value> {
    let input: String = documents.iter().map(|document| format!("{document}\n")).collect();
    let done = ran(&[&["analyze", "--format", "jsonl"], more].concat(), input.as_bytes());
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    done.lines()
}

const TITLE: &str = "국민 메신저 또 멈춤…금융 서비스까지 번지는 불안";
const BODY: &str = "\
카카오톡이 지난 2일 오전 9시쯤부터 약 1시간 20분 동안 먹통이 됐다. 메시지를 주고받을 수 없었고 접속에 실패한 이용자도 많았다. 카카오는 긴급 점검을 거쳐 복구를 마쳤다고 5일 밝혔다.
이달 2일에는 카카오뱅크 챗봇 서비스도 먹통이 됐다.
카카오톡의 비슷한 사고는 해마다 되풀이됐다. 2018년 5월에는 메시지 전송 장애가 발생했고, 2019년 7월에도 PC 버전 접속 오류가 났다. 2017년 12월에도 메시지가 전송되지 않는 오류가 나타났다.
카카오뱅크와 카카오페이의 독립 앱은 서버를 따로 두고 있어 카카오톡 장애의 영향을 받지 않는다. 문제는 카카오톡 앱 안에서 쓰는 서비스다. 카카오페이 거래내역 조회와 송금받기는 카카오톡 오류에 그대로 노출된다.
";

fn in_role<'a>(analysis: &'a Value, service: &str, role: &str) -> Vec<&'a Value> {
    let services = analysis["services"].as_array().unwrap();
    services.iter().filter(|one| one["service"] == service && one["role"] == role).collect()
}

fn has_feature(services: &[&Value], feature: &str) -> bool {
    services.iter().flat_map(|one| one["features"].as_array().unwrap()).any(|one| one["feature"] == feature)
}

#[test]
fn a_story_of_a_messenger_that_takes_finance_down_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("story.txt");
    std::fs::write(&path, format!("{TITLE}\n{BODY}")).unwrap();
    let path = path.to_str().unwrap();
    let done = ran(&["analyze", "--input", "text", "--published-at", "2020-03-05", "--format", "jsonl", path], b"");
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let analysis = &done.lines()[0];
    assert_eq!(analysis["is_outage_report"], true);
    assert!(has_feature(&in_role(analysis, "kakaotalk", "failed"), "message"), "{analysis:#}");
    assert!(has_feature(&in_role(analysis, "kakaobank", "failed"), "chatbot"), "{analysis:#}");
    let exposed = in_role(analysis, "kakaopay", "exposed");
    assert!(has_feature(&exposed, "talk-history") && has_feature(&exposed, "talk-receive"), "{analysis:#}");
    for app in ["kakaobank", "kakaopay"] {
        assert_eq!(in_role(analysis, app, "unaffected").len(), 1, "the stand-alone app of {app}: {analysis:#}");
    }
    let events = analysis["events"].as_array().unwrap();
    let own = events.iter().find(|event| event["service"] == "kakaotalk" && event["historical"] == false).unwrap();
    assert_eq!(own["start"], "2020-03-02T09:00:00+09:00");
    assert_eq!((&own["duration_minutes"], &own["duration_bound"]), (&json!(80), &json!("about")));
    assert_eq!(own["status"], "restored");
    for (start, feature) in [("2017-12-01", "message"), ("2018-05-01", "message"), ("2019-07-01", "pc")] {
        let told = events.iter().any(|event| {
            event["historical"] == true
                && event["start"].as_str().is_some_and(|at| at.starts_with(start))
                && event["start_precision"] == "month"
                && event["features"].as_array().unwrap().contains(&json!(feature))
        });
        assert!(told, "{start} {feature}: {events:#?}");
    }
}

fn one_of(value: &Value, allowed: &[&str]) {
    assert!(value.as_str().is_some_and(|value| allowed.contains(&value)), "{value} is none of {allowed:?}");
}

fn text_or_null(value: Option<&Value>) {
    assert!(value.is_some_and(|value| value.is_string() || value.is_null()), "{value:?}");
}

#[test]
fn every_field_of_the_contract_is_there_and_has_its_type_and_order_is_kept() {
    let kinds = ["news", "notice", "post", "review", "trend", "status"];
    let documents: Vec<Value> = (0..150)
        .map(|at| {
            json!({"id": format!("doc-{at}"), "kind": kinds[at % kinds.len()], "published_at": "2020-03-05T10:00:00+09:00",
                "title": TITLE, "text": if at % 7 == 0 { "" } else { BODY }, "about": "카카오톡", "rank": 1, "rating": 1.0})
        })
        .collect();
    let found = analyzed(&documents, &["--threads", "3", "--explain"]);
    let ids: Vec<&str> = found.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, documents.iter().map(|one| one["id"].as_str().unwrap()).collect::<Vec<_>>());
    let (mut services, mut signals, mut events, mut times) = (0, 0, 0, 0);
    for one in &found {
        assert!(one["is_outage_report"].is_boolean() && one["is_current"].is_boolean(), "{one:#}");
        assert!((0.0..=1.0).contains(&one["probability"].as_f64().unwrap()));
        for service in one["services"].as_array().unwrap() {
            services += 1;
            one_of(&service["role"], &["failed", "exposed", "unaffected", "mentioned"]);
            assert!(service["service"].is_string() && service["name"].is_string());
            assert!(
                service["features"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|f| f["feature"].is_string() && f["name"].is_string())
            );
        }
        for signal in one["signals"].as_array().unwrap() {
            signals += 1;
            one_of(&signal["assertion"], &["affirmed", "negated", "hypothetical", "historical", "restored", "planned"]);
            assert!(signal["term"].is_string() && signal["symptom"].is_string() && signal["text"].is_string());
            text_or_null(signal.get("service"));
            text_or_null(signal.get("feature"));
            assert!(signal["start"].as_u64() < signal["end"].as_u64());
        }
        for event in one["events"].as_array().unwrap() {
            events += 1;
            assert!(event["service"].is_string() && event["features"].is_array() && event["historical"].is_boolean());
            for field in ["start", "start_precision", "end", "duration_bound", "cause"] {
                text_or_null(event.get(field));
            }
            assert!(event["duration_minutes"].is_i64() || event["duration_minutes"].is_null());
            one_of(&event["status"], &["ongoing", "restored", "unknown"]);
        }
        for time in one["times"].as_array().unwrap() {
            times += 1;
            one_of(&time["precision"], &["minute", "hour", "day", "month", "year"]);
            assert!(time["text"].is_string() && time["start"].as_u64() < time["end"].as_u64());
            for field in ["value", "until", "bound"] {
                text_or_null(time.get(field));
            }
            assert!(time["duration_minutes"].is_i64() || time["duration_minutes"].is_null());
        }
        let tokens = one["tokens"].as_array().unwrap();
        assert!(!tokens.is_empty() && !one["why"].as_array().unwrap().is_empty());
        for token in tokens {
            assert!(["surface", "pos", "lemma"].iter().all(|field| token[field].is_string()), "{token}");
        }
    }
    assert!(services > 100 && signals > 100 && events > 100 && times > 100, "{services} {signals} {events} {times}");
    let plain = analyzed(&documents[..1], &[]);
    assert!(["tokens", "times", "why"].iter().all(|field| plain[0].get(field).is_none()), "only with --explain");
}

#[test]
fn spans_point_into_the_composed_text_whatever_was_folded() {
    let decomposed: String = "카카오톡 먹통, 메시지가 전송되지 않는다".nfd().collect();
    let documents = [
        json!({"id": "1", "kind": "review", "title": "앱이 않되요", "text": "어제부터 로그인이 않되요ㅠㅠ 자꾸 튕겨요", "about": "카카오뱅크"}),
        json!({"id": "2", "title": "ＫＴ 인터넷 장애", "text": "ＫＴ 유선 인터넷이 ２시간째 끊겼다. 접속이 되지 않는다.", "published_at": "2021-10-25"}),
        json!({"id": "3", "title": decomposed, "text": decomposed, "published_at": "2021-10-25"}),
        json!({"id": "4", "title": "", "text": format!("🙂\u{200B}카톡 장애… {decomposed}. 카카오톡 접속 오류가 났다."), "published_at": "2021-10-25"}),
    ];
    let mut seen = 0;
    for (document, analysis) in documents.iter().zip(analyzed(&documents, &["--explain"])) {
        let joined = format!("{}\n{}", document["title"].as_str().unwrap(), document["text"].as_str().unwrap());
        let full: String = joined.nfc().collect();
        assert!(!analysis["signals"].as_array().unwrap().is_empty(), "{analysis:#}");
        for (list, field) in [("signals", "text"), ("times", "text"), ("tokens", "surface")] {
            for one in analysis[list].as_array().unwrap() {
                let span = one["start"].as_u64().unwrap() as usize..one["end"].as_u64().unwrap() as usize;
                assert_eq!(full.get(span), one[field].as_str(), "{list} {one}");
                seen += 1;
            }
        }
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn a_bare_day_leans_as_asked_and_nothing_is_guessed_without_a_date() {
    let dated = json!({"id": "1", "published_at": "2020-03-05", "title": "카카오뱅크 점검", "text": "20일 오전 1시부터 이체 서비스가 중단된다."});
    let undated = json!({"id": "1", "title": "카카오톡 먹통", "text": "어제 오전 9시부터 카카오톡이 먹통이 됐다."});
    let value = |document: &Value, bias: &str| {
        let found = analyzed(std::slice::from_ref(document), &["--explain", "--bias", bias]);
        found[0]["times"][0]["value"].clone()
    };
    assert_eq!(value(&dated, "past"), "2020-02-20T01:00:00+09:00");
    assert_eq!(value(&dated, "future"), "2020-03-20T01:00:00+09:00");
    assert_eq!(value(&undated, "past"), Value::Null);
}

/// One good line behind every bad one; the bad ones are told with their line, and nothing else is lost.
#[test]
fn bad_lines_are_told_with_file_and_line_and_every_good_one_is_handled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.jsonl");
    let long = format!(r#"{{"id":"long","text":"{}"}}"#, "가 ".repeat(300_000));
    let bad: Vec<(Vec<u8>, &str)> = vec![
        (b"{\"id\":\"x\"".to_vec(), "EOF"),
        (b"[]".to_vec(), "not a document"),
        (b"{\"title\":\"no id\"}".to_vec(), "missing field `id`"),
        (b"{\"id\":\"\"}".to_vec(), "`id` is empty"),
        (b"{\"id\":7}".to_vec(), "expected a string"),
        (b"{\"id\":\"x\",\"kind\":\"blog\"}".to_vec(), "unknown variant `blog`, expected one of `news`"),
        (br#"{"id":"x","text":"\ud83d"}"#.to_vec(), "hex escape"),
        (b"{\"id\":\"x\",\"text\":\"a\0b\"}".to_vec(), "control character"),
        // 먹통 in EUC-KR.
        (b"{\"id\":\"x\",\"title\":\"\xB8\xD4\xC5\xEB\"}".to_vec(), "byte 20 is not UTF-8"),
        (b"{\"id\":\"x\",\"published_at\":\"2020-02-31\"}".to_vec(), "2020-02-31"),
        (b"{\"id\":\"x\",\"published_at\":\"2020-03-02T25:61:00+09:00\"}".to_vec(), "25:61"),
        (b"{\"id\":\"x\",\"published_at\":\"0000-01-01\"}".to_vec(), "between 1900 and 2199"),
        (b"{\"id\":\"good-0\"}".to_vec(), "came before"),
        (long.into_bytes(), "split the document"),
    ];
    let mut file = b"\xEF\xBB\xBF{\"id\":\"good-0\"}\n\n".to_vec();
    for (at, (line, _)) in bad.iter().enumerate() {
        file.extend_from_slice(line);
        file.extend_from_slice(format!("\r\n{{\"id\":\"good-{}\",\"title\":\"카카오톡 먹통\"}}\n", at + 1).as_bytes());
    }
    std::fs::write(&path, file).unwrap();
    let path = path.to_str().unwrap();
    let missing = folder.path().join("missing.jsonl");
    let done = ran(&["analyze", "--format", "jsonl", missing.to_str().unwrap(), path], b"");
    assert_eq!(done.code, 1);
    let told: Vec<&str> = done.err.lines().collect();
    assert!(told[0].contains("missing.jsonl: cannot be opened"), "{}", told[0]);
    for (at, (_, what)) in bad.iter().enumerate() {
        let place = format!("{path}:{}: ", 3 + 2 * at);
        assert!(told[at + 1].starts_with(&place) && told[at + 1].contains(what), "{place}{what}: {}", told[at + 1]);
    }
    assert_eq!(told.len(), bad.len() + 1, "{told:#?}");
    let ids: Vec<String> = done.lines().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, (0..=bad.len()).map(|at| format!("good-{at}")).collect::<Vec<_>>());
    // The other readers of documents say the same.
    let data = folder.path().join("data");
    for command in [vec!["replay"], vec!["--data-dir", data.to_str().unwrap(), "import"]] {
        let done = ran(&[command.as_slice(), &[path]].concat(), b"");
        assert_eq!(done.code, 1, "{command:?}: {}", done.err);
        for (at, (_, what)) in bad.iter().enumerate() {
            let place = format!("{path}:{}: ", 3 + 2 * at);
            assert!(
                done.err.lines().any(|line| line.starts_with(&place) && line.contains(what)),
                "{command:?} {place}{what}: {}",
                done.err
            );
        }
    }
}

#[test]
fn odd_but_good_input_is_handled() {
    assert_eq!((ran(&["analyze"], b"").code, ran(&["analyze"], b"\n \n").out.as_str()), (0, ""));
    assert_eq!(ran(&["analyze", "--format", "json"], b"").out, "[]\n");
    let documents = [
        json!({"id": "null", "title": null, "text": null, "published_at": null, "kind": "post", "unknown": [1, {}]}),
        json!({"id": "nul", "title": "카카오톡\u{0}먹통", "text": "\u{0}\u{0}"}),
        json!({"id": "future", "title": "내일 카카오톡 점검", "text": "내일 오전 2시 카카오톡이 멈춘다.", "published_at": "2199-12-31"}),
        json!({"id": "old", "title": "카카오톡 장애", "text": "지난해 12월과 10년 전에도 장애가 있었다.", "published_at": "1901-01-01T00:00:00+14:00"}),
        json!({"id": "absurd", "title": "카카오톡 장애", "text": "0년 2월 31일 25시 61분부터 99999999999년 13월 0일까지 카카오톡이 먹통이 됐다.", "published_at": "2020-03-05"}),
        json!({"id": "mixed", "title": format!("카카오톡 {}", "먹통".nfd()), "text": "접속이 안 된다."}),
    ];
    let found = analyzed(&documents, &["--explain"]);
    assert_eq!(
        found.iter().map(|one| &one["id"]).collect::<Vec<_>>(),
        documents.iter().map(|one| &one["id"]).collect::<Vec<_>>()
    );
    assert!(found[5]["signals"].as_array().unwrap().iter().any(|signal| signal["term"] == "먹통"), "{:#}", found[5]);
    // A line of a megabyte without any space or sentence end.
    let line = format!("{{\"id\":\"one\",\"title\":\"카카오톡 장애\",\"text\":\"{}\"}}\n", "가".repeat(333_000));
    let done = ran(&["analyze", "--format", "jsonl"], line.as_bytes());
    assert_eq!((done.code, done.lines().len(), done.err.as_str()), (0, 1, ""));
}

#[test]
fn ten_megabytes_are_refused_at_once_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let big = "카카오톡이 먹통이 됐다. ".repeat(10_000_000 / 34);
    let path = folder.path().join("big.txt");
    std::fs::write(&path, &big).unwrap();
    let path = path.to_str().unwrap();
    let done = ran(&["analyze", "--input", "text", path], b"");
    assert_eq!((done.code, done.out.as_str()), (1, ""));
    assert!(done.err.starts_with(&format!("{path}: ")) && done.err.contains("split the document"), "{}", done.err);
    // Longer than a line may be: skipped without being held, and the next line is read.
    let lines = format!("{{\"id\":\"a\",\"text\":\"{}\"}}\n{{\"id\":\"b\"}}\n", big.repeat(2));
    let done = ran(&["analyze", "--format", "jsonl"], lines.as_bytes());
    assert_eq!((done.code, done.lines().len()), (1, 1), "{}", done.err);
    assert!(done.err.starts_with("stdin:1: line is longer than"), "{}", done.err);
}

#[test]
fn wrong_usage_ends_with_2() {
    for args in [
        vec!["analyse-this"],
        vec!["analyze", "--format", "xml"],
        vec!["analyze", "--input", "text", "--published-at", "2020-02-31"],
        vec!["analyze", "--bias", "sideways"],
        vec!["--config", "/no/such/file.toml", "config", "check"],
        vec![],
    ] {
        let done = ran(&args, b"");
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{args:?}");
        assert!(!done.err.is_empty(), "{args:?} says nothing");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let documents: String = (0..4000)
        .map(|at| {
            format!("{}\n", json!({"id": at.to_string(), "title": "카카오톡 먹통", "published_at": "2020-03-05"}))
        })
        .collect();
    for args in [vec!["analyze", "--format", "jsonl"], vec!["analyze", "--format", "csv"]] {
        let mut child = start(&args);
        let mut stdin = child.stdin.take().unwrap();
        let input = documents.clone();
        let feeding = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        let mut line = String::new();
        BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        feeding.join().unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn memory_does_not_grow_with_the_number_of_documents() {
    const DOCUMENTS: usize = 20_000;
    let mut child = start(&["analyze", "--format", "jsonl"]);
    let mut stdin = child.stdin.take().unwrap();
    let feeding = std::thread::spawn(move || {
        for at in 0..DOCUMENTS {
            let text = if at % 4 == 0 {
                "카카오톡에서 메시지가 전송되지 않는다."
            } else {
                "오늘은 맑겠다."
            };
            writeln!(
                stdin,
                "{}",
                json!({"id": format!("d{at}"), "title": "소식", "text": text, "published_at": "2026-03-05"})
            )
            .unwrap();
        }
    });
    let mut peak = 0;
    let mut lines = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        assert!(line.unwrap().starts_with(&format!("{{\"id\":\"d{lines}\"")));
        lines += 1;
        if lines % 500 == 0
            && let Ok(status) = std::fs::read_to_string(format!("/proc/{}/status", child.id()))
        {
            let kib = status
                .lines()
                .find_map(|line| line.strip_prefix("VmHWM:"))
                .and_then(|rest| rest.split_whitespace().next()?.parse().ok());
            peak = peak.max(kib.unwrap_or(0));
        }
    }
    feeding.join().unwrap();
    assert_eq!((child.wait().unwrap().code(), lines), (Some(0), DOCUMENTS));
    if cfg!(target_os = "linux") {
        assert!((1..700 * 1024).contains(&peak), "peak resident memory was {peak} KiB");
    }
}

#[test]
fn dictionaries_are_checked_and_every_mistake_of_ones_own_is_told() {
    let clean = ran(&["dict", "check"], b"");
    assert_eq!((clean.code, clean.out.as_str()), (0, ""), "{}", clean.err);
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("services")).unwrap();
    let service = "[[service]]\nid = \"zeta\"\nname = \"제타은행\"\nname_en = \"Zeta Bank\"\noperator = \"제타\"\nclass = \"bnak\"\ntier = \"S\"\n";
    std::fs::write(folder.path().join("services/own.toml"), service).unwrap();
    std::fs::write(folder.path().join("broken.toml"), "[[service]]\nid = \"y\n").unwrap();
    let lexicon = "[[symptom]]\nid = \"own_symptom\"\nname = \"고장\"\nname_en = \"broken\"\npatterns = [\n  { match = \"@nothing\", example = \"앱이 느려요\" },\n]\n";
    std::fs::write(folder.path().join("outage.toml"), lexicon).unwrap();
    let done = ran(&["dict", "check", "--own", folder.path().to_str().unwrap()], b"");
    assert_eq!(done.code, 2, "{}", done.err);
    for (file, line, what) in
        [("services/own.toml", 6, "\"bank\""), ("broken.toml", 2, ""), ("outage.toml", 6, "@nothing")]
    {
        let place = format!("{}:{line}: ", folder.path().join(file).display());
        assert!(
            done.out.lines().any(|told| told.starts_with(&place) && told.contains(what)),
            "{place}{what}:\n{}",
            done.out
        );
    }
}

#[test]
fn the_printed_defaults_are_a_valid_configuration() {
    let printed = ran(&["config", "default"], b"");
    assert_eq!(printed.code, 0);
    printed.out.parse::<toml::Table>().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("meoktong.toml");
    std::fs::write(&path, &printed.out).unwrap();
    let path = path.to_str().unwrap();
    let checked = ran(&["--config", path, "config", "check"], b"");
    assert_eq!(checked.code, 0, "{}", checked.err);
    std::fs::write(path, "[crawl]\nrobotz = true\n\n[http]\nlisten = 1\n").unwrap();
    let checked = ran(&["--config", path, "config", "check"], b"");
    assert_eq!((checked.code, checked.out.as_str()), (2, ""));
    for place in [":2: crawl.robotz", ":5: http.listen"] {
        assert!(checked.err.contains(&format!("{path}{place}")), "{}", checked.err);
    }
}

fn data(folder: &Path) -> String {
    folder.join("data").to_str().unwrap().to_owned()
}

#[test]
fn a_mistake_in_a_query_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(folder.path());
    for (query, place) in [
        ("(카카오톡 OR", "character 9"),
        ("카톡 service:", "character 12"),
        ("카톡 outage:maybe", "character 11"),
        ("카톡 )", "character 4"),
    ] {
        let done = ran(&["--data-dir", &data, "search", "--", query], b"");
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{query}: {}", done.err);
        assert!(done.err.contains(place) && done.err.contains("expected"), "{query}: {}", done.err);
    }
}

#[test]
fn results_leave_as_table_feed_and_link() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(folder.path());
    let documents: String = (0..30)
        .map(|n| {
            let at = format!("2026-03-09T09:{n:02}:00+09:00");
            let document = json!({"id": format!("d{n}"), "kind": "post", "title": "=송금 \"오류\" <b>", "published_at": at,
                "url": if n == 0 { "javascript:alert(1)" } else { "https://example.com/a?b&c" }});
            format!("{document}\n")
        })
        .collect();
    assert_eq!(ran(&["--data-dir", &data, "import", "-"], documents.as_bytes()).code, 0);
    let search = |more: &[&str]| {
        let done = ran(&[&["--data-dir", &data, "search", "송금"], more].concat(), b"");
        assert_eq!(done.code, 0, "{}", done.err);
        done
    };
    let all = search(&["--all", "--format", "csv"]).out;
    let mut rows = csv::Reader::from_reader(all.as_bytes());
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 30);
    assert!(rows.iter().all(|row| row.iter().any(|cell| cell.starts_with("'=송금"))), "no formula for a spreadsheet");
    assert_eq!(search(&["--all", "--format", "jsonl"]).lines().len(), 30);
    let whole: Value = serde_json::from_str(&search(&["--format", "json", "--interval", "minute"]).out).unwrap();
    assert_eq!((&whole["total"], whole["histogram"].as_array().unwrap().len()), (&json!(30), 30));
    assert!(whole["permalink"].as_str().unwrap().contains("/search?q=%EC%86%A1%EA%B8%88"));
    let atom = search(&["--format", "atom"]).out;
    let feed = feed_rs::parser::parse(atom.as_bytes()).unwrap();
    assert_eq!(feed.entries.len(), 20);
    assert!(!atom.contains("javascript:") && !atom.contains("<b>"));
    let feed: Value = serde_json::from_str(&search(&["--format", "feed"]).out).unwrap();
    assert_eq!(feed["items"].as_array().unwrap().len(), 20);
    let explained = search(&["--explain", "--limit", "1"]);
    assert!(explained.err.contains("terms 송금") && explained.err.contains("이체"), "{}", explained.err);
    let slip = ran(&["--data-dir", &data, "search", "thdrma"], b"");
    assert!(slip.err.contains("did you mean 송금"), "{}", slip.err);
}

#[test]
fn saved_searches_catch_what_arrives_after_them() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(folder.path());
    let import = |id: &str, title: &str| {
        let line = json!({"id": id, "kind": "post", "title": title, "published_at": "2026-03-09T09:00:00+09:00"});
        assert_eq!(ran(&["--data-dir", &data, "import", "-"], line.to_string().as_bytes()).code, 0);
    };
    let searches = |more: &[&str]| ran(&[&["--data-dir", &data, "searches"], more].concat(), b"");
    import("before", "토스 송금 오류");
    assert_eq!(searches(&["save", "송금", "송금", "오류"]).code, 0);
    assert_eq!(searches(&["save", "other", "(bad"]).code, 2);
    assert_eq!(searches(&["save", "other", "송금", "--alert", "nobody"]).code, 2);
    import("hit", "송금에 오류가 났다");
    import("miss", "송금 성공");
    let hits = searches(&["hits", "송금", "--format", "jsonl"]).lines();
    assert_eq!(hits.iter().map(|hit| hit["document"].as_str().unwrap()).collect::<Vec<_>>(), ["hit"]);
    assert_eq!(searches(&["--format", "jsonl"]).lines().len(), 1);
    assert_eq!(searches(&["remove", "송금"]).code, 0);
    assert_eq!(searches(&["remove", "송금"]).code, 2);
}

#[test]
fn check_ends_with_3_while_something_is_down() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(folder.path());
    let code = || ran(&["--data-dir", &data, "incidents", "--check"], b"").code;
    assert_eq!(code(), 0);
    let mut incident = IncidentRow {
        id: "inc_1".into(),
        service: "kakaotalk".into(),
        name: "카카오톡".into(),
        state: "open".into(),
        impact: "major".into(),
        opened_at: "2026-03-09T09:10:00+09:00".into(),
        updated_at: "2026-03-09T09:10:00+09:00".into(),
        closed_at: None,
        first_evidence_at: None,
        first_notice_at: None,
        score: 9.0,
        failed: Vec::new(),
        exposed: Vec::new(),
        unaffected: Vec::new(),
    };
    let commit = |incident: &IncidentRow| {
        let commit = TransitionCommit { incidents: vec![incident.clone()], at: 100, ..TransitionCommit::default() };
        Store::open(Path::new(&data)).unwrap().commit_transition_with_outbox(&commit).unwrap();
    };
    commit(&incident);
    assert_eq!(code(), 3);
    assert_eq!(ran(&["--data-dir", &data, "incidents", "inc_1", "--check"], b"").code, 3);
    assert_eq!(ran(&["--data-dir", &data, "incidents"], b"").code, 0, "only --check asks");
    incident.state = "resolved".into();
    incident.closed_at = Some("2026-03-09T10:30:00+09:00".into());
    commit(&incident);
    assert_eq!(code(), 0);
    assert_eq!(ran(&["--data-dir", &data, "incidents", "inc_none"], b"").code, 1);
}

#[test]
fn what_is_imported_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(folder.path());
    let lines = format!(
        "{}\n{}\n",
        json!({"id": "a", "title": TITLE, "text": BODY, "published_at": "2020-03-05"}),
        json!({"id": "b", "title": "오늘 날씨 맑음", "published_at": "2020-03-05"})
    );
    let import = || ran(&["--data-dir", &data, "import", "-"], lines.as_bytes());
    let done = import();
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(import().err.contains("0 documents stored and indexed, 2 known"), "a second import adds nothing");
    for query in ["챗봇", "service:kakaotalk outage:true"] {
        let found = ran(&["--data-dir", &data, "search", "--format", "jsonl", query], b"");
        assert_eq!(
            found.lines().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>(),
            ["a"],
            "{query}"
        );
    }
    let history = ran(&["--data-dir", &data, "history", "--format", "jsonl", "--service", "kakaotalk"], b"");
    assert!(history.lines().iter().any(|row| row["year"] == 2020 && row["minutes"] == 80), "{}", history.out);
    assert_eq!(ran(&["--data-dir", &data, "reindex"], b"").code, 0);
    assert_eq!(ran(&["--data-dir", &data, "search", "--format", "jsonl", "챗봇"], b"").lines().len(), 1);
}

#[test]
fn commands_that_the_readme_shows_exist() {
    let help = ran(&["--help"], b"");
    assert_eq!(help.code, 0);
    let listed: Vec<&str> =
        help.out.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()).collect();
    for command in [
        "demo",
        "run",
        "crawl",
        "sources",
        "analyze",
        "import",
        "search",
        "incidents",
        "replay",
        "history",
        "alerts",
        "dict",
        "config",
        "reindex",
        "doctor",
    ] {
        assert!(listed.contains(&command), "{command} of the contract is not in --help");
    }
    let Ok(readme) = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")) else { return };
    for (number, line) in readme.lines().enumerate() {
        // In a block of code a command opens the line; in prose it stands between backticks.
        let opening = line.trim_start().trim_start_matches("$ ").strip_prefix("meoktong ");
        for shown in opening.into_iter().chain(line.split("`meoktong ").skip(1)) {
            let word: String = shown.chars().take_while(|c| c.is_ascii_lowercase()).collect();
            let in_block = opening == Some(shown)
                && !readme.lines().take(number).filter(|line| line.starts_with("```")).count().is_multiple_of(2);
            if !word.is_empty() && (in_block || opening != Some(shown)) {
                assert!(
                    listed.contains(&word.as_str()),
                    "README.md:{}: `meoktong {word}` is not in --help",
                    number + 1
                );
            }
        }
    }
}
