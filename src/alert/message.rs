//! What a person is told: what, since when, what failed, what is exposed, what is not, how sure, why, which clocks run.

use meoktong_dictionaries::{Catalogue, EdgeKind};
use serde::Serialize;

use super::clocks::{Clock, clocks};
use crate::detect::{Change, Impact, OnsetSource, Spared, State, Transition};

/// Names listed before "and n more".
const LISTED: usize = 8;

/// A message in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    /// One line.
    pub headline: String,
    /// The rest, a fact a line.
    pub lines: Vec<String>,
}

/// A message in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Korean.
    pub ko: Text,
    /// English.
    pub en: Text,
}

impl Text {
    /// Headline and lines as plain text.
    #[must_use]
    pub fn plain(&self) -> String {
        std::iter::once(&self.headline).chain(&self.lines).map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

/// Writes the message of a change. Outside text (a cause) is quoted as data; escaping is up to whoever shows it as markup.
#[must_use]
pub fn message(catalogue: &Catalogue, change: &Transition) -> Message {
    Message { ko: text(catalogue, change, Language::Ko), en: text(catalogue, change, Language::En) }
}

#[derive(Clone, Copy, PartialEq)]
enum Language {
    Ko,
    En,
}

impl Language {
    fn pick(self, ko: &'static str, en: &'static str) -> &'static str {
        if self == Language::Ko { ko } else { en }
    }
}

fn text(catalogue: &Catalogue, change: &Transition, language: Language) -> Text {
    let service = service_name(catalogue, &change.service, language);
    let features: Vec<String> =
        change.features.iter().map(|feature| feature_name(catalogue, &change.service, feature, language)).collect();
    let since = change.onset.at.format(match (change.onset.source, language) {
        (OnsetSource::Day, Language::Ko) => "%-m월 %-d일",
        (OnsetSource::Day, Language::En) => "%-d %b",
        (_, Language::Ko) => "%-m월 %-d일 %H:%M",
        (_, Language::En) => "%-d %b %H:%M",
    });
    let mut lines = Vec::new();
    let mut line = |ko: &'static str, en: &'static str, value: String| {
        if !value.is_empty() {
            lines.push(format!("{}: {value}", language.pick(ko, en)));
        }
    };
    let known = match change.onset.source {
        OnsetSource::Official => language.pick("운영사 발표", "stated by the operator"),
        OnsetSource::Agreed => language.pick("복수 보도 일치", "independent texts agree"),
        OnsetSource::Stated => language.pick("보도 1건", "stated by one text"),
        OnsetSource::ChangePoint => language.pick("신고 급증 시점", "when reports began to rise"),
        OnsetSource::Day => language.pick("시각 미상", "hour unknown"),
    };
    line("시작", "since", format!("{since} ({known})"));
    if let Some(ended) = change.ended {
        line("복구", "restored", ended.format(language.pick("%-m월 %-d일 %H:%M", "%-d %b %H:%M")).to_string());
    }
    let whole = language.pick("서비스 전반", "the service as a whole");
    line("장애", "failed", if features.is_empty() { whole.to_owned() } else { features.join(", ") });
    let exposed = change.exposed.iter().map(|exposed| {
        let name = service_name(catalogue, &exposed.service, language);
        let feature =
            exposed.feature.as_ref().map(|f| format!(" {}", feature_name(catalogue, &exposed.service, f, language)));
        format!("{name}{} ({})", feature.unwrap_or_default(), via(&exposed.via, language))
    });
    line("연쇄 우려", "exposed", listed(exposed.collect(), language));
    let unaffected = change.unaffected.iter().map(|unaffected| {
        let why = match unaffected.why {
            Spared::Said(_) => language.pick("정상으로 보도", "reported as working"),
            Spared::StandAlone => language.pick("자체 앱", "app of its own"),
        };
        format!("{} ({why})", service_name(catalogue, &unaffected.service, language))
    });
    line("영향 없음", "not affected", listed(unaffected.collect(), language));
    let sure = match change.state {
        State::Suspected => language.pick("의심 단계", "suspected"),
        State::Retracted => language.pick("의심 철회", "suspicion withdrawn"),
        _ => language.pick("독립된 출처로 확인", "confirmed by independent sources"),
    };
    let impact = match change.impact {
        Impact::Minor => language.pick("경미", "minor"),
        Impact::Major => language.pick("중대", "major"),
        Impact::Critical => language.pick("심각", "critical"),
    };
    line("확실성", "how sure", format!("{sure}, {} {impact}", language.pick("영향", "impact")));
    line(
        "근거",
        "why",
        if language == Language::Ko { change.explanation.ko.clone() } else { change.explanation.en.clone() },
    );
    if let Some(cause) = &change.cause {
        let of = if cause.official { language.pick("운영사", "operator") } else { language.pick("보도", "press") };
        line("원인", "cause", format!("\"{}\" ({of})", cause.text));
    }
    if matches!(change.state, State::Confirmed) {
        let running = clocks(catalogue, change).iter().map(|clock| running(clock, change, language)).collect();
        line("법정 시한", "statutory clocks", listed(running, language));
    }
    if let Some(follows) = &change.follows {
        line("직전 장애", "follows", follows.clone());
    }
    Text { headline: headline(change, &service, &features, &since.to_string(), language), lines }
}

fn headline(change: &Transition, service: &str, features: &[String], since: &str, language: Language) -> String {
    let what = match (change.change, language) {
        (Change::Opened, Language::Ko) => "장애 의심",
        (Change::Opened, Language::En) => "suspected outage",
        (Change::Confirmed, Language::Ko) => "장애 확인",
        (Change::Confirmed, Language::En) => "outage confirmed",
        (Change::FeatureAdded, Language::Ko) => "장애 확대",
        (Change::FeatureAdded, Language::En) => "outage spreads",
        (Change::ImpactRaised, Language::Ko) => "장애 영향 상향",
        (Change::ImpactRaised, Language::En) => "outage worsens",
        (Change::Restored, Language::Ko) => "복구 보고",
        (Change::Restored, Language::En) => "reported restored",
        (Change::Resolved, Language::Ko) => "장애 종료",
        (Change::Resolved, Language::En) => "outage over",
        (Change::Retracted, Language::Ko) => "의심 철회",
        (Change::Retracted, Language::En) => "suspicion withdrawn",
    };
    let of = if features.is_empty() { String::new() } else { format!(" {}", features.join("·")) };
    if language == Language::Ko {
        format!("[{what}] {service}{of}, {since}부터")
    } else {
        format!("[{what}] {service}{of}, since {since}")
    }
}

fn running(clock: &Clock, change: &Transition, language: Language) -> String {
    let left = clock.minutes_left(change.at);
    let due = clock.due.format("%H:%M");
    match (language, left < 0) {
        (Language::Ko, false) => format!("{} {due}까지({left}분 남음)", clock.duty_ko),
        (Language::Ko, true) => format!("{} {due} 경과({}분)", clock.duty_ko, -left),
        (Language::En, false) => format!("{} by {due} ({left} min left)", clock.duty_en),
        (Language::En, true) => format!("{} was due {due} ({} min ago)", clock.duty_en, -left),
    }
}

/// `hosted:kakaotalk/message` in words.
fn via(via: &str, language: Language) -> &'static str {
    let is = |kind: EdgeKind| via.split(':').next() == Some(kind.as_str());
    if is(EdgeKind::Hosted) {
        language.pick("그 안에서 실행", "runs inside it")
    } else if is(EdgeKind::Auth) {
        language.pick("그 계정으로 로그인", "signs in through it")
    } else {
        language.pick("그 경로로 알림", "sends notices through it")
    }
}

fn listed(names: Vec<String>, language: Language) -> String {
    let more = names.len().saturating_sub(LISTED);
    let list = names.into_iter().take(LISTED).collect::<Vec<_>>().join(", ");
    match (more, language) {
        (0, _) => list,
        (_, Language::Ko) => format!("{list} 외 {more}건"),
        (_, Language::En) => format!("{list} and {more} more"),
    }
}

fn service_name(catalogue: &Catalogue, id: &str, language: Language) -> String {
    match catalogue.service(id) {
        Some(service) if language == Language::Ko => service.name.clone(),
        Some(service) => service.name_en.clone(),
        None => id.to_owned(),
    }
}

fn feature_name(catalogue: &Catalogue, service: &str, id: &str, language: Language) -> String {
    match catalogue.service(service).and_then(|service| service.feature(id)) {
        Some(feature) if language == Language::Ko => feature.name.clone(),
        Some(feature) => feature.name_en.clone(),
        None => id.to_owned(),
    }
}
