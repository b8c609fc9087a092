//! The module against single cases, the corpus in `tests/corpus/times.jsonl`, and arbitrary text.

use std::time::Instant;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, TimeZone};
use proptest::strategy::Strategy;
use serde_json::Value;

use super::{Anchor, Bias, Form, Precision, Relation, TimeExpr, find};

/// Corpus of expressions with their values.
const CORPUS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/times.jsonl"));

fn anchor(published: &str, bias: Bias) -> Anchor {
    let zone = FixedOffset::east_opt(9 * 3600).expect("Korean time");
    let day = NaiveDate::parse_from_str(published, "%Y-%m-%d").ok();
    let time = day
        .and_then(|d| d.and_hms_opt(0, 0, 0))
        .or_else(|| NaiveDateTime::parse_from_str(published, "%Y-%m-%dT%H:%M").ok())
        .or_else(|| DateTime::parse_from_rfc3339(published).ok().map(|t| t.naive_local()));
    Anchor { published: time.and_then(|t| zone.from_local_datetime(&t).single()), date_only: day.is_some(), bias }
}

/// `span=start..end precision [minutes bound]`, joined by `; `, with only as much of a time as its precision tells.
fn show(text: &str, found: &[TimeExpr]) -> String {
    let cut = |t: &DateTime<FixedOffset>, p: Precision| {
        let s = t.format("%Y-%m-%dT%H:%M").to_string();
        match p {
            Precision::Year => s[..4].to_owned(),
            Precision::Month => s[..7].to_owned(),
            Precision::Day => s[..10].to_owned(),
            _ => s,
        }
    };
    let one = |e: &TimeExpr| {
        let mut s = format!("{}=", &text[e.start..e.end]);
        s += &e.value.as_ref().map_or("?".to_owned(), |t| cut(t, e.precision));
        if let Some(u) = &e.until {
            s += "..";
            s += &cut(u, e.until_precision.unwrap_or(e.precision));
        }
        if let Some(m) = e.duration_minutes {
            s += &format!(" {m}m");
        }
        if let Some(b) = e.bound {
            s += &format!(" {}", b.as_str());
        }
        s
    };
    found.iter().map(one).collect::<Vec<_>>().join("; ")
}

#[track_caller]
fn check(text: &str, published: &str, expected: &str) {
    assert_eq!(show(text, &find(text, &anchor(published, Bias::Past))), expected, "{text}");
}

#[track_caller]
fn check_future(text: &str, published: &str, expected: &str) {
    assert_eq!(show(text, &find(text, &anchor(published, Bias::Future))), expected, "{text}");
}

fn same(e: &TimeExpr, want: &Value, text: &str, exact_span: bool) -> bool {
    // Values count down to the minute.
    let time = |t: &Option<DateTime<FixedOffset>>| t.as_ref().map(|t| t.format("%Y-%m-%dT%H:%M:00%:z").to_string());
    let span = want["text"].as_str().expect("text");
    let got = &text[e.start..e.end];
    (if exact_span { got == span } else { got.contains(span) || span.contains(got) })
        && time(&e.value).as_deref() == want["value"].as_str()
        && time(&e.until).as_deref() == want["until"].as_str()
        && Some(e.precision.as_str()) == want["precision"].as_str()
        && e.duration_minutes == want["duration_minutes"].as_i64()
        && e.bound.map(|b| b.as_str()) == want["bound"].as_str()
}

#[test]
fn corpus_is_read_right_at_least_95_percent() {
    let (mut right, mut exact, mut total, mut extra) = (0, 0, 0, 0);
    let mut wrong = String::new();
    for line in CORPUS.lines() {
        let doc: Value = serde_json::from_str(line).expect("a line of JSON");
        let text = doc["text"].as_str().expect("text");
        let bias = if doc["bias"] == "future" { Bias::Future } else { Bias::Past };
        let found = find(text, &anchor(doc["published_at"].as_str().unwrap_or(""), bias));
        let want = doc["expect"].as_array().expect("expect");
        let mut missed = Vec::new();
        for w in want {
            total += 1;
            right += usize::from(found.iter().any(|e| same(e, w, text, false)));
            let ok = found.iter().any(|e| same(e, w, text, true));
            exact += usize::from(ok);
            if !ok {
                missed.push(w["text"].as_str().unwrap_or_default());
            }
        }
        let surplus = found.len().saturating_sub(want.len());
        extra += surplus;
        if !missed.is_empty() || surplus > 0 {
            wrong += &format!("{} {text}\n    missed {missed:?}, found {}\n", doc["id"], show(text, &found));
        }
    }
    println!("{wrong}right {right} of {total}, span and all {exact}, not asked for {extra}");
    assert!(total >= 300, "the corpus holds {total} expressions");
    assert!(right * 100 >= total * 95, "right {right} of {total}\n{wrong}");
    assert!(extra * 100 <= total * 2, "{extra} expressions that nobody asked for\n{wrong}");
}

#[test]
fn news_forms() {
    let day = "2020-03-18T10:00";
    check(
        "지난 2일 오전 9시께부터 약 1시간 20분 동안",
        day,
        "지난 2일 오전 9시께부터 약 1시간 20분 동안=2020-03-02T09:00..2020-03-02T10:20 80m about",
    );
    check("전날 오후 3시 33분부터 6시까지", day, "전날 오후 3시 33분부터 6시까지=2020-03-17T15:33..2020-03-17T18:00");
    check("지난해 7월과 8월", day, "지난해 7월=2019-07; 8월=2019-08");
    check("2017년에도 2월과 7월, 12월", day, "2017년=2017; 2월=2017-02; 7월=2017-07; 12월=2017-12");
    check("20일 오전 12시 5분", "2024-05-21", "20일 오전 12시 5분=2024-05-20T00:05");
    check("20일 낮 12시10분쯤", "2024-05-21", "20일 낮 12시10분쯤=2024-05-20T12:10 about");
    check("사흘 전", day, "사흘 전=2020-03-15 4320m");
    check("127시간 30분 만에", day, "127시간 30분 만에=? 7650m exact");
}

#[test]
fn this_day_points_to_the_last_date_of_the_story() {
    check("15일 불이 났다. 이날 오후 8시", "2022-10-17T09:00", "15일=2022-10-15; 이날 오후 8시=2022-10-15T20:00");
    // After a date long past, a new paragraph is back at publication.
    check(
        "2020년 3월 2일에도 멈췄다.\n이날 오전 8시",
        "2022-10-17T09:00",
        "2020년 3월 2일=2020-03-02; 이날 오전 8시=2022-10-17T08:00",
    );
    // Overnight: the day cannot run backwards.
    check(
        "17일 오후 8시 30분쯤부터 막혔고 이날 오전 4시쯤 풀렸다",
        "2022-11-18T09:23",
        "17일 오후 8시 30분쯤부터=2022-11-17T20:30 about; 이날 오전 4시쯤=2022-11-18T04:00 about",
    );
}

#[test]
fn without_publication_nothing_relative_is_guessed() {
    check("2020년 3월 2일 오전 9시", "", "2020년 3월 2일 오전 9시=2020-03-02T09:00");
    for text in
        ["어제", "지난 2일 오전 9시", "3월 2일", "지난주 금요일", "추석 당일", "오후 3시 30분", "최근 3년간", "사흘 전"]
    {
        let found = find(text, &anchor("", Bias::Past));
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].value, None, "{text}");
        assert_eq!(found[0].until, None, "{text}");
    }
}

#[test]
fn impossible_dates_stay_unresolved() {
    for text in ["2020년 2월 31일", "2021년 2월 29일 오전 9시", "지난달 31일"] {
        let found = find(text, &anchor("2021-03-05", Bias::Past));
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].value, None, "{text}");
    }
    for text in ["0년", "25:61", "25시", "99월 99일", "오전 99시", "0월 0일"] {
        assert!(find(text, &anchor("2021-03-05", Bias::Past)).iter().all(|e| e.value.is_none()), "{text}");
    }
}

#[test]
fn numbers_that_are_no_times() {
    for text in [
        "5분의 1",
        "5분의1",
        "24시간 편의점",
        "1시간 단위",
        "10분마다",
        "1588-1234",
        "02-780-9000",
        "2만3000원",
        "35.7%",
        "버전 3.5.1",
        "10.20.30.40",
        "3:2",
        "1,234일",
        "3일장",
        "80년대",
        "3년물",
        "4월호",
        "2시 방향",
        "5시리즈",
        "주 52시간",
        "월 2900원",
        "세 사람",
        "한 기업",
        "오해",
        "이용자",
        "사이트",
        "전달했다",
        "하루 이용자",
        "v2.1.3",
        "A4 10장",
    ] {
        let found = find(text, &anchor("2021-09-07T12:00", Bias::Past));
        assert_eq!(show(text, &found).replace("52시간=? 3120m exact", ""), "", "{text}");
    }
}

#[test]
fn relations_and_flags() {
    let one = |text: &str| {
        let mut found = find(text, &anchor("2023-05-08T19:50", Bias::Past));
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0)
    };
    assert_eq!(one("오후 3시부터").relation, Relation::From);
    assert_eq!(one("오후 3시까지").relation, Relation::Until);
    assert_eq!(one("오후 7시 현재").relation, Relation::AsOf);
    assert_eq!(one("11일 만에").relation, Relation::After);
    assert_eq!(one("이틀째").relation, Relation::Ongoing);
    assert_eq!(one("30분 뒤").relation, Relation::Later);
    assert!(one("오후 3시부터").clock_only && !one("8일 오후 3시부터").clock_only);
    assert!(one("8일 오후 3시").explicit_date && !one("이날 오후 3시").explicit_date);
    assert!(one("지난해 7월").historical && one("4월 12일").historical && !one("7일 오후 3시").historical);
    assert!(one("오는 25일").future && one("내일 오전 2시").future && !one("7일").future);
    assert!(one("20일 재개할 예정이다").future);
    assert_eq!(one("매일 오전 9시").form, Form::Frequency);
    assert_eq!(one("매일 오전 9시").value, None);
    assert_eq!(one("오후 3시~5시").form, Form::Range);
    assert!(one("7일(현지시간) 오전 9시").foreign);
}

#[test]
fn notices_lean_forward() {
    check_future(
        "15일 새벽 2시부터 6시까지",
        "2022-06-10T10:00",
        "15일 새벽 2시부터 6시까지=2022-06-15T02:00..2022-06-15T06:00",
    );
    check_future("3월 1일부터", "2022-06-10T10:00", "3월 1일부터=2023-03-01");
    check_future("오후 3시", "2022-06-10T16:00", "오후 3시=2022-06-11T15:00");
}

#[test]
fn lunar_days_follow_the_korean_calendar() {
    check("설 당일", "2018-03-01", "설 당일=2018-02-16");
    check("추석", "2022-10-01", "추석=2022-09-10");
    check("지난 추석 연휴", "2017-11-01", "지난 추석 연휴=2017-10-03..2017-10-09");
    check("석가탄신일", "2024-05-20", "석가탄신일=2024-05-15");
}

#[test]
fn text_without_times_costs_little() {
    let text = "서비스 장애로 많은 고객이 불편을 겪었고 회사는 원인을 살피고 있다고 밝혔다. 복구에 힘쓰겠다고도 했다\n"
        .repeat(40_000);
    let start = Instant::now();
    let found = find(&text, &Anchor::default());
    let seconds = start.elapsed().as_secs_f64();
    assert!(found.is_empty(), "{}", show(&text, &found[..1]));
    let rate = text.len() as f64 / seconds / 1e6;
    // A release build reads more than 100 MB/s; the floor leaves room for a busy machine and a debug build.
    assert!(rate > 5.0, "{rate:.1} MB/s");
}

#[test]
fn hostile_text_takes_linear_time() {
    for piece in [
        "오전 9시부터 ",
        "약 ",
        "이날(",
        "열 두 ",
        "1~2-3:",
        "9시부터 10시부터 ",
        "어린이날인 ",
        "2020년 ",
        "99999999999",
        "\0",
        "지난 지난 ",
        "최대 최대 ",
    ] {
        let time = |n: usize| {
            let text = piece.repeat(n);
            let start = Instant::now();
            let found = find(&text, &anchor("2023-05-08T19:50", Bias::Past));
            assert!(found.windows(2).all(|w| w[0].end <= w[1].start), "{piece}");
            start.elapsed().as_secs_f64()
        };
        let (one, eight) = (time(2_000).max(1e-3), time(16_000));
        assert!(eight < one * 64.0 + 0.5, "{piece}: {one:.4} s, eight times the text {eight:.4} s");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    /// Any text, any anchor: spans in order on character boundaries, ends not before starts, the same twice.
    #[test]
    fn any_text_is_safe(
        parts in proptest::collection::vec(proptest::prop_oneof![
            proptest::string::string_regex("[0-9]{1,6}").expect("pattern"),
            proptest::sample::select(vec![
                "년", "월", "일", "시", "분", "초", "시간", "주", "달", "개월", "오전 ", "오후 ", "밤 ", "자정", "부터 ", "까지", "~", "-", ":", ".", "/", "(", ")",
                "약 ", "동안", "만에", "만인 ", "째", "전", "뒤", "지난 ", "오는 ", "이날 ", "전날", "다음날", "추석 연휴", "하루 전", "어린이날인 ", "같은 달 ", "이듬해 ", "첫째 ",
                "화요일", "최근 ", "여", "가량", "께", " ", "\n", "\0", "한두 ", "열두 ", "이십", "😀", "現地", "현지시간 ", "T", "Z", "매일 ", "3월", "9:00", "말", "반",
            ]).prop_map(str::to_owned),
            proptest::prelude::any::<String>(),
        ], 0..24),
        minutes in proptest::option::of(-4_000_000_000_i64..8_000_000_000),
        day in proptest::prelude::any::<bool>(),
        future in proptest::prelude::any::<bool>(),
    ) {
        let text = parts.concat();
        let published = minutes
            .and_then(|m| DateTime::from_timestamp(m * 60, 0))
            .map(|t| t.with_timezone(&FixedOffset::east_opt(9 * 3600).expect("Korean time")));
        let anchor = Anchor { published, date_only: day, bias: if future { Bias::Future } else { Bias::Past } };
        let found = find(&text, &anchor);
        let mut last = 0;
        for e in &found {
            proptest::prop_assert!(e.start >= last && e.start < e.end && e.end <= text.len(), "{e:?}");
            proptest::prop_assert!(text.get(e.start..e.end).is_some(), "{e:?}");
            last = e.end;
        }
        proptest::prop_assert_eq!(found, find(&text, &anchor));
    }
}

#[test]
fn hours_without_half_of_the_day() {
    check("이날 5시45분께", "2023-05-08T19:50", "이날 5시45분께=2023-05-08T17:45 about");
    check("이날 9시 5분", "2023-05-08T14:00", "이날 9시 5분=2023-05-08T09:05");
    check(
        "16일 23시55분에 시작해 이튿날 4시까지",
        "2023-05-18T14:00",
        "16일 23시55분=2023-05-16T23:55; 이튿날 4시까지=2023-05-17T04:00",
    );
    check(
        "오전 10시 30분 끊겨 12시 10분 풀렸다",
        "2023-05-08T14:00",
        "오전 10시 30분=2023-05-08T10:30; 12시 10분=2023-05-08T12:10",
    );
    check(
        "24일 오후 9시 20분 9시께",
        "2022-11-24",
        "24일 오후 9시 20분=2022-11-24T21:20; 9시께=2022-11-24T21:00 about",
    );
}
