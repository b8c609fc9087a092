//! Bars: counts over time, small and large.

use maud::{Markup, html};

use super::{px, round_up};

/// One bar.
pub(in crate::http) struct Bar {
    /// Beneath it.
    pub(in crate::http) label: String,
    /// What it says when pointed at.
    pub(in crate::http) title: String,
    /// How high.
    pub(in crate::http) value: f64,
    /// Where it leads.
    pub(in crate::http) href: Option<String>,
}

const HEIGHT: f64 = 120.0;
const LEFT: f64 = 34.0;
const FOOT: f64 = 20.0;

/// A bar chart of a width; a label stands where there is room.
pub(in crate::http) fn bars(name: &str, bars: &[Bar], width: f64) -> Markup {
    let most = round_up(bars.iter().map(|bar| bar.value).fold(1.0, f64::max));
    let step = (width - LEFT) / bars.len().max(1) as f64;
    let room = (56.0 / step).ceil().max(1.0) as usize;
    let high = HEIGHT - FOOT - 8.0;
    html! {
        svg.bars viewBox=(format!("0 0 {width} {HEIGHT}")) role=(if bars.iter().any(|bar| bar.href.is_some()) { "group" } else { "img" }) aria-label=(name) {
            @for share in [0.0, 0.5, 1.0] {
                @let y = px(8.0 + high * (1.0 - share));
                line.grid x1=(px(LEFT)) x2=(px(width)) y1=(y) y2=(y) {}
                @if (most * share).fract() == 0.0 {
                    text.tick x=(px(LEFT - 6.0)) y=(px(12.0 + high * (1.0 - share))) text-anchor="end" { (most * share) }
                }
            }
            @for (at, bar) in bars.iter().enumerate() {
                @let x = LEFT + step * at as f64;
                @let h = (high * bar.value / most).max(if bar.value > 0.0 { 2.0 } else { 0.0 });
                @let shape = html! {
                    title { (bar.title) }
                    // All of the column answers to the pointer, not only the bar.
                    rect.hit x=(px(x)) y="8" width=(px(step)) height=(px(high)) {}
                    rect.bar x=(px(x + step * 0.12)) y=(px(8.0 + high - h)) width=(px((step * 0.76).max(1.0))) height=(px(h)) rx="1.5" {}
                };
                @match &bar.href {
                    Some(href) => { a href=(href) aria-label=(bar.title) { (shape) } },
                    None => { g { (shape) } },
                }
                @if at % room == 0 && at + room / 2 <= bars.len() {
                    text.tick x=(px(x + step / 2.0)) y=(px(HEIGHT - 5.0)) text-anchor=(if at == 0 && step < 40.0 { "start" } else { "middle" }) { (bar.label) }
                }
            }
        }
    }
}

/// A line of bars without axes, for a table's cell.
pub(in crate::http) fn spark(values: &[i64]) -> Markup {
    let most = values.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = 120.0 / values.len().max(1) as f64;
    html! {
        svg.spark viewBox="0 0 120 24" width="120" height="24" aria-hidden="true" focusable="false" preserveAspectRatio="none" {
            line.grid x1="0" x2="120" y1="23.5" y2="23.5" {}
            @for (at, value) in values.iter().enumerate().filter(|(_, value)| **value > 0) {
                @let h = (*value as f64 / most * 22.0).max(1.5);
                rect.bar x=(px(at as f64 * step + step * 0.1)) y=(px(23.0 - h)) width=(px((step * 0.8).max(0.8))) height=(px(h)) {}
            }
        }
    }
}
