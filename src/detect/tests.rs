//! Scenarios on a virtual clock, and what must hold of any stream.
//!
//! A scenario line is `HH:MM kind source service/feature probability [×n] [word …]` with the words `story=`, `author=`, `since=HH:MM`,
//! `until=HH:MM`, `cause=`, `spares=`, `restored`, `ongoing`; `day DATE` sets the day. The `expect` lines are all
//! that may happen: `expect HH:MM change service[/features] [impact]`.

use chrono::{DateTime, Duration, FixedOffset};
use meoktong_dictionaries::Catalogue;
use meoktong_index::{Document, Kind, Published};

use super::*;
use crate::analyse::{Analysis, Assertion, Event, Precision, ReportedFeature, ReportedService, Role, Signal, Status};

pub(crate) fn at(day: &str, time: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(&format!("{day}T{time}:00+09:00")).expect("a day and a time")
}

pub(crate) struct Said {
    pub(crate) document: Document,
    pub(crate) analysis: Analysis,
    story: Option<String>,
    author: Option<String>,
}

impl Said {
    pub(crate) fn new(id: &str, kind: Kind, source: &str, target: &str, p: f64, when: DateTime<FixedOffset>) -> Self {
        let (service, feature) = target.split_once('/').map_or((target, None), |(s, f)| (s, Some(f.to_owned())));
        let report = p >= 0.5;
        let features: Vec<String> = feature.iter().cloned().collect();
        let event = Event {
            service: service.into(),
            name: service.into(),
            features: features.clone(),
            start: None,
            start_precision: None,
            end: None,
            duration_minutes: None,
            duration_bound: None,
            cause: None,
            status: Status::Unknown,
            historical: false,
        };
        Self {
            document: Document {
                id: id.into(),
                kind,
                title: format!("{source} {id}"),
                published_at: Some(Published { at: when, day_only: false }),
                source: Some(source.into()),
                ..Document::default()
            },
            analysis: Analysis {
                id: id.into(),
                is_outage_report: report,
                is_current: report,
                probability: p,
                services: vec![ReportedService {
                    service: service.into(),
                    name: service.into(),
                    role: if report { Role::Failed } else { Role::Mentioned },
                    features: features
                        .iter()
                        .map(|f| ReportedFeature { feature: f.clone(), name: f.clone() })
                        .collect(),
                    via: None,
                }],
                signals: vec![Signal {
                    term: "먹통".into(),
                    symptom: "unavailable".into(),
                    service: Some(service.into()),
                    feature,
                    assertion: if report { Assertion::Affirmed } else { Assertion::Hypothetical },
                    start: 0,
                    end: 6,
                    text: "먹통".into(),
                }],
                events: vec![event],
                explanation: None,
            },
            story: None,
            author: None,
        }
    }

    fn word(&mut self, day: &str, word: &str) {
        let event = &mut self.analysis.events[0];
        match word.split_once('=') {
            None if word == "restored" => {
                event.status = Status::Restored;
                self.analysis.signals[0].assertion = Assertion::Restored;
            }
            None if word == "ongoing" => event.status = Status::Ongoing,
            Some(("since", time)) => {
                (event.start, event.start_precision) = (Some(at(day, time)), Some(Precision::Minute));
            }
            Some(("until", time)) => event.end = Some(at(day, time)),
            Some(("cause", cause)) => event.cause = Some(cause.into()),
            Some(("story", story)) => self.story = Some(story.into()),
            Some(("author", author)) => self.author = Some(author.into()),
            Some(("spares", service)) => self.analysis.services.push(ReportedService {
                service: service.into(),
                name: service.into(),
                role: Role::Unaffected,
                features: Vec::new(),
                via: None,
            }),
            _ => panic!("unknown word {word:?}"),
        }
    }

    pub(crate) fn tell(&self, detector: &mut Detector) {
        detector.observe_by(&self.document, &self.analysis, self.story.as_deref(), self.author.as_deref());
    }

    fn at(&self) -> DateTime<FixedOffset> {
        self.document.published_at.expect("scenarios are dated").at
    }
}

fn kind(word: &str) -> Kind {
    serde_json::from_value(serde_json::Value::String(word.into())).unwrap_or_else(|_| panic!("unknown kind {word:?}"))
}

/// The documents and the expectations of a scenario.
fn read(text: &str) -> (Vec<Said>, Vec<String>) {
    let (mut said, mut expected, mut day) = (Vec::new(), Vec::new(), String::new());
    for line in
        text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|line| !line.is_empty())
    {
        if let Some(rest) = line.strip_prefix("day ") {
            day = rest.to_owned();
            continue;
        }
        if let Some(rest) = line.strip_prefix("expect ") {
            expected.push(rest.to_owned());
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let [time, of, source, target, p, rest @ ..] = words.as_slice() else { panic!("too few words in {line:?}") };
        let count = rest.iter().find_map(|word| word.strip_prefix('×')).map_or(1, |n| n.parse().expect("a count"));
        for copy in 0..count {
            let id = format!("{}{time}{source}{copy}-{}", &day[5..], said.len());
            let mut one = Said::new(&id, kind(of), source, target, p.parse().expect("a probability"), at(&day, time));
            for word in rest.iter().filter(|word| !word.starts_with('×')) {
                one.word(&day, word);
            }
            said.push(one);
        }
    }
    (said, expected)
}

fn detector() -> Detector {
    Detector::new(&Catalogue::bundled(), Settings::default())
}

/// Plays documents minute by minute and half a day beyond.
fn play(detector: &mut Detector, said: &[Said]) -> Vec<Transition> {
    let mut changes = Vec::new();
    for one in said {
        if detector.memory() != &Memory::default() {
            changes.extend(detector.tick(one.at() - Duration::minutes(1)));
        }
        one.tell(detector);
    }
    if let Some(last) = said.last() {
        changes.extend(detector.tick(last.at() + Duration::hours(12)));
    }
    changes
}

fn shown(change: &Transition) -> String {
    let features = if change.features.is_empty() { String::new() } else { format!("/{}", change.features.join("+")) };
    format!(
        "{} {} {}{features} {}",
        change.at.format("%H:%M"),
        change.change.as_str(),
        change.service,
        change.impact.as_str()
    )
}

/// The changes of the messenger scenario, for tests of what follows from changes.
pub(crate) fn messenger() -> Vec<Transition> {
    play(&mut detector(), &read(include_str!("scenarios/messenger.txt")).0)
}

fn check(scenario: &str) -> Vec<Transition> {
    let (said, expected) = read(scenario);
    let changes = play(&mut detector(), &said);
    let shown: Vec<String> = changes.iter().map(shown).collect();
    assert_eq!(shown.join("\n"), expected.join("\n"));
    changes
}

#[test]
fn a_messenger_fails_and_recovers() {
    let changes = check(include_str!("scenarios/messenger.txt"));
    let (opened, resolved) = (&changes[0], &changes[changes.len() - 1]);
    assert_eq!(opened.onset.source, OnsetSource::ChangePoint);
    assert!(opened.exposed.iter().any(|e| e.service == "kakaobank" && e.feature.as_deref() == Some("chatbot")));
    assert!(opened.unaffected.iter().any(|u| u.service == "kakaobank" && u.why == Spared::StandAlone));
    assert_eq!(resolved.onset.at, at("2022-10-12", "14:02"), "the operator's word on the start counts most");
    assert_eq!(resolved.onset.source, OnsetSource::Official);
    assert_eq!(resolved.ended, Some(at("2022-10-12", "15:02")));
    assert_eq!(resolved.first_official, Some(at("2022-10-12", "14:33")), "25 minutes after it was confirmed");
    assert_eq!(resolved.cause.as_ref().map(|cause| cause.text.as_str()), Some("네트워크_오류"));
    assert!(resolved.unaffected.iter().any(|u| u.service == "naver" && matches!(u.why, Spared::Said(_))));
    assert!(
        opened.explanation.ko.contains("커뮤니티 5건") && opened.explanation.en.contains("social 5"),
        "{:?}",
        opened.explanation
    );
    assert!(changes.iter().all(|change| change.incident == opened.incident));
}

#[test]
fn three_publishers_with_own_stories_confirm_and_copies_do_not() {
    let changes = check(include_str!("scenarios/press.txt"));
    assert!(changes.iter().all(|change| change.onset.at == at("2024-05-21", "08:20")));
    assert!(changes[1].explanation.ko.contains("중복 3건"), "{}", changes[1].explanation.ko);
}

#[test]
fn an_outage_without_a_last_word_ends_in_silence() {
    let changes = check(include_str!("scenarios/sticky.txt"));
    assert_eq!(
        changes[changes.len() - 1].ended,
        Some(at("2023-05-15", "14:20")),
        "the last report, not the end of the waiting"
    );
}

#[test]
fn one_voice_confirms_nothing() {
    check(include_str!("scenarios/lone.txt"));
    check(include_str!("scenarios/lone_publisher.txt"));
    check(include_str!("scenarios/forum.txt"));
}

#[test]
fn what_is_over_stays_over_and_what_fails_anew_points_back() {
    let changes = check(include_str!("scenarios/again.txt"));
    let first = &changes[0].incident;
    let second = changes.iter().find(|change| change.incident != *first).expect("a second incident");
    assert_eq!(second.change, Change::Opened);
    assert_eq!(second.follows.as_ref(), Some(first));
    let end = changes.iter().position(|change| change.change == Change::Resolved).expect("an end");
    assert!(changes[end + 1..].iter().all(|change| change.incident != *first));
}

/// A small generator of pseudo-random numbers in [0, 1), so that the streams are the same everywhere.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A month of chatter in which nothing fails: complaints of single users, policy news, a spurious trend.
fn month() -> Vec<Said> {
    let mut noise = Noise(7);
    let mut said = Vec::new();
    let start = at("2024-02-01", "00:00");
    let streams = [("kakaotalk", 2.0, 3.0), ("kakaobank", 0.6, 1.0), ("kbank", 0.3, 0.3), ("signal", 0.03, 0.05)];
    for minute in 0..29 * 1440_i64 {
        let when = start + Duration::minutes(minute);
        let awake = if (7..24).contains(&(minute / 60 % 24)) { 1.4 } else { 0.2 };
        for (service, posts, stories) in streams {
            let mut one = |kind, source: &str, p: f64| {
                let id = format!("{service}{minute}{source}");
                said.push(Said::new(&id, kind, source, service, p, when));
            };
            if noise.next() < awake * posts / 60.0 {
                let p = if noise.next() < 0.5 { 0.5 + noise.next() * 0.48 } else { noise.next() * 0.5 };
                one(Kind::Post, "dcinside", p);
            }
            if noise.next() < awake * stories / 1440.0 {
                let p = if noise.next() < 0.05 { 0.7 } else { 0.1 };
                one(Kind::News, ["ytn", "yna", "mk"][(noise.next() * 3.0) as usize], p);
            }
            if noise.next() < awake * 3.0 / (365.0 * 1440.0) {
                one(Kind::Trend, "daum", 0.8);
            }
        }
    }
    said
}

#[test]
fn a_month_of_chatter_opens_nothing() {
    let said = month();
    assert!(said.len() > 1500, "{} documents", said.len());
    let changes = play(&mut detector(), &said);
    assert_eq!(changes.iter().map(shown).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn the_order_within_a_minute_does_not_matter() {
    let (said, _) = read(include_str!("scenarios/messenger.txt"));
    let mut noise = Noise(3);
    let run = |order: &[usize]| {
        let mut detector = detector();
        let mut changes = Vec::new();
        for (place, one) in order.iter().enumerate() {
            said[*one].tell(&mut detector);
            if order.get(place + 1).is_none_or(|next| said[*next].at() != said[*one].at()) {
                changes.extend(detector.tick(said[*one].at()));
            }
        }
        changes
    };
    let order: Vec<usize> = (0..said.len()).collect();
    let expected = run(&order);
    assert!(expected.len() >= 4);
    for _ in 0..20 {
        let mut shuffled: Vec<(f64, usize)> = order.iter().map(|one| (noise.next(), *one)).collect();
        shuffled.sort_by(|a, b| (said[a.1].at(), a.0).partial_cmp(&(said[b.1].at(), b.0)).expect("numbers"));
        assert_eq!(run(&shuffled.iter().map(|(_, one)| *one).collect::<Vec<_>>()), expected);
    }
}

#[test]
fn a_late_document_counts_at_its_own_time() {
    let (said, _) = read(include_str!("scenarios/messenger.txt"));
    let posts = &said[1..6];
    let scores = |late: bool| {
        let mut detector = detector();
        for one in posts.iter().skip(usize::from(late)) {
            one.tell(&mut detector);
        }
        let mut changes = detector.tick(at("2022-10-12", "14:06"));
        if late {
            posts[0].tell(&mut detector);
        }
        changes.extend(detector.tick(at("2022-10-12", "14:07")));
        for one in &said[6..12] {
            one.tell(&mut detector);
        }
        changes.extend(detector.tick(at("2022-10-12", "14:08")));
        changes.last().map(|change| (change.change, change.score))
    };
    assert_eq!(scores(true), scores(false));
    assert!(scores(true).is_some());
}

#[test]
fn a_restart_in_the_middle_changes_nothing() {
    for scenario in [include_str!("scenarios/messenger.txt"), include_str!("scenarios/again.txt")] {
        let (said, _) = read(scenario);
        let expected = play(&mut detector(), &said);
        for cut in 1..said.len() {
            let mut first = detector();
            let mut changes = Vec::new();
            for one in &said[..cut] {
                if first.memory() != &Memory::default() {
                    changes.extend(first.tick(one.at() - Duration::minutes(1)));
                }
                one.tell(&mut first);
            }
            let stored = serde_json::to_string(first.memory()).expect("the memory is plain data");
            let memory: Memory = serde_json::from_str(&stored).expect("what was stored can be read");
            assert_eq!(&memory, first.memory(), "cut at {cut}");
            let mut second = Detector::restore(&Catalogue::bundled(), Settings::default(), memory);
            changes.extend(play(&mut second, &said[cut..]));
            assert_eq!(changes, expected, "cut at {cut}");
        }
    }
}

#[test]
fn how_often_the_clock_ticks_does_not_matter() {
    let (said, _) = read(include_str!("scenarios/messenger.txt"));
    let expected = play(&mut detector(), &said);
    let mut all = detector();
    for one in &said {
        one.tell(&mut all);
    }
    assert_eq!(all.tick(said[said.len() - 1].at() + Duration::hours(12)), expected);
}

/// Reviews of which only the day is known: three a day, then sixty, then three.
#[test]
fn a_day_of_many_reviews_is_found_at_its_end_and_not_at_midnight() {
    let mut detector = detector();
    let mut changes = Vec::new();
    let start = at("2021-01-01", "00:00");
    for day in 0..60_i64 {
        let when = start + Duration::days(day);
        for review in 0..if day == 50 { 60 } else { 3 } {
            let mut one = Said::new(&format!("r{day}-{review}"), Kind::Review, "playstore", "kbank/login", 0.9, when);
            one.document.published_at = Some(Published { at: when, day_only: true });
            one.tell(&mut detector);
        }
        changes.extend(detector.tick(when + Duration::minutes(1439)));
    }
    let told: Vec<String> = changes.iter().map(|c| format!("{} {}", c.at.format("%m-%d"), shown(c))).collect();
    assert_eq!(
        told,
        [
            "02-20 23:59 opened kbank/login major",
            "02-20 23:59 confirmed kbank/login major",
            "02-21 23:59 resolved kbank/login major"
        ]
    );
    assert_eq!((changes[0].onset.at, changes[0].onset.source), (at("2021-02-20", "00:00"), OnsetSource::Day));
    assert!(changes[0].explanation.ko.contains("건/일"));
}
