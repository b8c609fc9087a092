//! Signals of an incident against the usual, with what happened when.

use chrono::{DateTime, Duration, FixedOffset, Timelike};
use maud::{Markup, html};

use super::{px, round_up};
use crate::detect::Family;
use crate::detect::settings::FAMILIES;

/// Documents of a few minutes, by family.
pub(in crate::http) struct Slot {
    pub(in crate::http) at: DateTime<FixedOffset>,
    pub(in crate::http) counts: [i64; FAMILIES],
    /// Usual documents in as many minutes.
    pub(in crate::http) usual: Option<f64>,
}

/// Something that happened.
pub(in crate::http) struct Mark {
    pub(in crate::http) at: DateTime<FixedOffset>,
    pub(in crate::http) label: String,
    /// `onset`, `detected`, `notice` or `end`.
    pub(in crate::http) class: &'static str,
}

/// What is drawn.
pub(in crate::http) struct Timeline {
    pub(in crate::http) slots: Vec<Slot>,
    /// Minutes of a slot.
    pub(in crate::http) minutes: i64,
    pub(in crate::http) marks: Vec<Mark>,
    pub(in crate::http) name: String,
}

const PLOT: f64 = 150.0;
const LEFT: f64 = 34.0;
const RIGHT: f64 = 10.0;
const ROW: f64 = 17.0;

/// Columns that a label takes: Hangul is twice as wide.
fn columns(text: &str) -> f64 {
    text.chars().map(|c| if c.is_ascii() { 6.4 } else { 11.6 }).sum::<f64>() + 10.0
}

/// The chart in a width.
pub(in crate::http) fn timeline(chart: &Timeline, width: f64) -> Markup {
    let (Some(first), Some(last)) = (chart.slots.first(), chart.slots.last()) else { return html! {} };
    let begin = first.at;
    let span = ((last.at - begin).num_minutes() + chart.minutes).max(1) as f64;
    let x = |at: DateTime<FixedOffset>| {
        let share = (at - begin).num_seconds() as f64 / 60.0 / span;
        LEFT + share.clamp(0.0, 1.0) * (width - LEFT - RIGHT)
    };
    // Labels of marks stand above the plot, each in the first row where it has room.
    let mut rows: Vec<f64> = Vec::new();
    let placed: Vec<(usize, f64, &Mark)> = chart
        .marks
        .iter()
        .map(|mark| {
            let wide = columns(&mark.label);
            let from = (x(mark.at) - 4.0).min(width - wide).max(0.0);
            let row = rows.iter().position(|end| *end <= from).unwrap_or_else(|| {
                rows.push(0.0);
                rows.len() - 1
            });
            rows[row] = from + wide;
            (row, from, mark)
        })
        .collect();
    let top = ROW * rows.len() as f64 + 8.0;
    let height = top + PLOT + 22.0;
    let sum = |slot: &Slot| slot.counts.iter().sum::<i64>() as f64;
    let most = chart.slots.iter().map(|slot| sum(slot).max(slot.usual.unwrap_or(0.0))).fold(1.0, f64::max);
    let most = round_up(most);
    let y = |value: f64| top + PLOT * (1.0 - value / most);
    let step = (width - LEFT - RIGHT) * chart.minutes as f64 / span;
    html! {
        svg.timeline viewBox=(format!("0 0 {width} {height:.0}")) role="img" aria-label=(chart.name) {
            @for share in [0.0, 0.5, 1.0] {
                line.grid x1=(px(LEFT)) x2=(px(width - RIGHT)) y1=(px(y(most * share))) y2=(px(y(most * share))) {}
                @if (most * share).fract() == 0.0 {
                    text.tick x=(px(LEFT - 6.0)) y=(px(y(most * share) + 4.0)) text-anchor="end" { (most * share) }
                }
            }
            @for at in ticks(begin, span, width) {
                text.tick x=(px(x(at))) y=(px(height - 5.0)) text-anchor="middle" { (label(at, span)) }
                line.grid.notch x1=(px(x(at))) x2=(px(x(at))) y1=(px(top + PLOT)) y2=(px(top + PLOT + 4.0)) {}
            }
            @for slot in &chart.slots {
                @let mut base = 0.0;
                @if slot.counts.iter().any(|count| *count > 0) {
                    g {
                        title { (told(slot)) }
                        @for family in Family::ALL {
                            @let count = slot.counts[family.index()] as f64;
                            @if count > 0.0 {
                                rect.(format!("f-{}", family.as_str())) x=(px(x(slot.at) + step * 0.1)) width=(px((step * 0.8).max(1.0)))
                                    y=(px(y({ base += count; base }))) height=(px(PLOT * count / most)) {}
                            }
                        }
                    }
                }
            }
            @if chart.slots.iter().any(|slot| slot.usual.is_some()) {
                polyline.usual points=(usual(chart, &x, &y)) {}
            }
            @for (row, from, mark) in placed {
                @let at = px(x(mark.at));
                @let base = 12.0 + ROW * row as f64;
                line.mark.(mark.class) x1=(at) x2=(at) y1=(px(base + 4.0)) y2=(px(top + PLOT)) {}
                text.mark.(mark.class) x=(px(from + 4.0)) y=(px(base)) { (mark.label) }
            }
        }
    }
}

fn usual(chart: &Timeline, x: &impl Fn(DateTime<FixedOffset>) -> f64, y: &impl Fn(f64) -> f64) -> String {
    let half = Duration::seconds(chart.minutes * 30);
    let points = chart.slots.iter().filter_map(|slot| Some((x(slot.at + half), y(slot.usual?))));
    points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ")
}

fn told(slot: &Slot) -> String {
    let counts: Vec<String> = Family::ALL
        .into_iter()
        .filter(|family| slot.counts[family.index()] > 0)
        .map(|family| format!("{} {}", family.korean(), slot.counts[family.index()]))
        .collect();
    format!("{} {}", slot.at.format("%H:%M"), counts.join(", "))
}

/// Round times, as many as have room.
fn ticks(begin: DateTime<FixedOffset>, span: f64, width: f64) -> Vec<DateTime<FixedOffset>> {
    let most = (width / 64.0).max(2.0);
    let step = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080]
        .into_iter()
        .find(|minutes| span / f64::from(*minutes) <= most)
        .unwrap_or(43_200);
    let midnight = begin
        - Duration::minutes(i64::from(begin.hour() * 60 + begin.minute()))
        - Duration::seconds(i64::from(begin.second()));
    let mut at = midnight;
    let mut found = Vec::new();
    while at <= begin + Duration::minutes(span as i64) {
        if at >= begin {
            found.push(at);
        }
        at += Duration::minutes(i64::from(step));
    }
    found
}

fn label(at: DateTime<FixedOffset>, span: f64) -> String {
    let days = span > 2.0 * 1440.0 || (at.hour() == 0 && at.minute() == 0);
    at.format(if days { "%m-%d" } else { "%H:%M" }).to_string()
}
