//! Charts, drawn on the server as SVG. Colours come from the style sheet, numbers stand in a table beneath.

mod bars;
mod map;
mod timeline;

use maud::{Markup, html};

pub(super) use bars::{Bar, bars, spark};
pub(super) use map::{Node, map};
pub(super) use timeline::{Mark, Slot, Timeline, timeline};

/// Widths in which a chart is drawn: letters keep their size, and the style sheet shows the one that fits.
pub(super) const WIDTHS: [(&str, f64); 2] = [("wide", 1080.0), ("narrow", 350.0)];

/// A chart in both widths.
pub(super) fn both(draw: impl Fn(f64) -> Markup) -> Markup {
    html! { @for (class, width) in WIDTHS { div.chart.(class) { (draw(width)) } } }
}

/// A number as an attribute: a tenth of a unit is finer than any screen.
fn px(value: f64) -> String {
    format!("{value:.1}")
}

/// The least round number that is not below the value: 1, 2, 5, 10, 20 …
fn round_up(value: f64) -> f64 {
    let mut step = 1.0;
    loop {
        for factor in [1.0, 2.0, 5.0] {
            if step * factor >= value {
                return step * factor;
            }
        }
        step *= 10.0;
    }
}
