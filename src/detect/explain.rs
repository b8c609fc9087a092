//! Why, in one line: `10:41 의심(8.6): 커뮤니티 6건 +7.1, 트렌드 1건 +4.9, 경과 감쇠 -3.4; 평소 이 시간 0.9건/시간`.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::clock::{Minute, hh_mm};
use super::incident::Incident;
use super::settings::Family;
use super::transition::{Change, State};

/// A line in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Korean.
    pub ko: String,
    /// English.
    pub en: String,
}

/// What a change rests on. `usual` is documents an hour, or a day where only days are known.
#[must_use]
pub fn explain(incident: &Incident, change: Change, at: Minute, score: f64, usual: f64) -> Explanation {
    let (ko, en) = match (change, incident.state) {
        (Change::Restored, _) => ("복구 보고", "reported restored"),
        (Change::Resolved, _) => ("종료", "resolved"),
        (Change::Retracted, _) => ("의심 철회", "retracted"),
        (_, State::Suspected) => ("의심", "suspected"),
        _ => ("확인", "confirmed"),
    };
    let clock = hh_mm(at);
    let mut line =
        Explanation { ko: format!("{clock} {ko}({score:.1}): "), en: format!("{clock} {en} ({score:.1}): ") };
    let mut total = 0.0;
    let mut parts = (Vec::new(), Vec::new());
    for family in Family::ALL {
        let (documents, nats) = incident.tally[family.index()];
        if documents > 0 {
            total += nats;
            parts.0.push(format!("{} {documents}건 {nats:+.1}", family.korean()));
            parts.1.push(format!("{} {documents} {nats:+.1}", family.as_str()));
        }
    }
    let open = matches!(change, Change::Opened | Change::Confirmed);
    if open && total - score > 0.05 {
        parts.0.push(format!("경과·상한 {:+.1}", score - total));
        parts.1.push(format!("time and caps {:+.1}", score - total));
    }
    line.ko += &parts.0.join(", ");
    line.en += &parts.1.join(", ");
    if incident.copies > 0 {
        let _ = write!(line.ko, ", 중복 {}건은 세지 않음", incident.copies);
        let _ = write!(line.en, ", {} repeats not counted", incident.copies);
    }
    let (per_ko, per_en) =
        if incident.last_day.is_some() { ("평소 하루", "day") } else { ("평소 이 시간", "hour") };
    let unit = if incident.last_day.is_some() { "일" } else { "시간" };
    let _ = write!(line.ko, "; {per_ko} {usual:.1}건/{unit}");
    let _ = write!(line.en, "; usual {usual:.1} an {per_en}");
    if per_en == "day" {
        line.en = line.en.replace(" an day", " a day");
    }
    line
}
