//! Duties that run from the onset of an outage in Korean law. A reminder with its source, not legal advice: whether a duty
//! applies depends on revenue and users, which only the operator knows.

use chrono::{DateTime, Duration, FixedOffset};
use meoktong_dictionaries::Catalogue;
use meoktong_dictionaries::catalogue::Tier;
use serde::Serialize;

use crate::detect::Transition;

/// A duty and when it falls due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// What has to be done, Korean.
    pub duty_ko: &'static str,
    /// The same in English.
    pub duty_en: &'static str,
    /// The rule.
    pub law: &'static str,
    /// By when, counted from the onset in use.
    pub due: DateTime<FixedOffset>,
}

impl Clock {
    /// Whole minutes left; negative once it is late.
    #[must_use]
    pub fn minutes_left(&self, now: DateTime<FixedOffset>) -> i64 {
        (self.due - now).num_seconds().div_euclid(60)
    }
}

/// (minutes, Korean, English, rule) of a duty.
type Duty = (i64, &'static str, &'static str, &'static str);

const FINANCE: [Duty; 2] = [
    (
        10,
        "금융감독원 보고 대상 도달(가입자 1만 명 이상)",
        "reportable to the Financial Supervisory Service (10,000 subscribers or more)",
        "전자금융감독규정 2025-02-05",
    ),
    (30, "금융감독원 보고 대상 도달", "reportable to the Financial Supervisory Service", "전자금융감독규정 2025-02-05"),
];
const ONLINE: [Duty; 3] = [
    (
        10,
        "과학기술정보통신부 최초 보고",
        "first report to the Ministry of Science and ICT",
        "방송통신발전기본법, 2024 통신재난관리기본계획",
    ),
    (
        120,
        "과학기술정보통신부 서면 보고",
        "written report to the Ministry of Science and ICT",
        "방송통신발전기본법, 2024 통신재난관리기본계획",
    ),
    (120, "이용자 고지", "notice to users", "전기통신사업법 시행령 제37조의13, 2025-03-28"),
];

/// The duties that may run for an outage of this service, earliest first; none for classes and sizes that the rules leave out.
#[must_use]
pub fn clocks(catalogue: &Catalogue, change: &Transition) -> Vec<Clock> {
    let Some(service) = catalogue.service(&change.service) else {
        return Vec::new();
    };
    let duties: &[Duty] = match service.class.as_str() {
        "bank" | "internet-bank" | "securities" | "card" | "payment" | "insurance" => &FINANCE,
        "messenger" | "portal" | "telecom" | "social" | "datacentre" | "cloud" | "commerce" | "delivery"
        | "mobility" | "media"
            if service.tier == Tier::L =>
        {
            &ONLINE
        }
        _ => &[],
    };
    duties
        .iter()
        .map(|&(minutes, duty_ko, duty_en, law)| Clock {
            duty_ko,
            duty_en,
            law,
            due: change.onset.at + Duration::minutes(minutes),
        })
        .collect()
}
