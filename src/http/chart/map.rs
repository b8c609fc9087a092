//! Who hangs on whom, as a picture: the service in the middle, its dependents around it.

use maud::{Markup, html};

use super::px;

/// A service around the middle.
pub(in crate::http) struct Node {
    pub(in crate::http) name: String,
    /// What of it, and why.
    pub(in crate::http) note: String,
    /// `failed`, `exposed`, `spared` or `calm`.
    pub(in crate::http) class: &'static str,
}

/// The map: half of the nodes on the left, half on the right, so that every name can be read from its line.
pub(in crate::http) fn map(name: &str, centre: (&str, &'static str), nodes: &[Node]) -> Markup {
    const WIDTH: f64 = 860.0;
    const GAP: f64 = 38.0;
    let half = nodes.len().div_ceil(2);
    let height = (half.max(3) as f64 * GAP + 24.0).max(150.0);
    let (cx, cy) = (WIDTH / 2.0, height / 2.0);
    let sides = [(&nodes[..half], -1.0, "end"), (&nodes[half..], 1.0, "start")];
    html! {
        svg.map viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label=(name) {
            @for (nodes, side, anchor) in sides {
                @for (at, node) in nodes.iter().enumerate() {
                    @let y = cy + (at as f64 - (nodes.len() as f64 - 1.0) / 2.0) * GAP;
                    @let x = cx + side * 168.0;
                    path.edge.(node.class) d=(format!("M{:.1} {cy:.1} C{:.1} {cy:.1} {:.1} {y:.1} {x:.1} {y:.1}", cx + side * 58.0, cx + side * 120.0, cx + side * 104.0)) {}
                    circle.dot.(node.class) cx=(px(x)) cy=(px(y)) r="5" {}
                    text.node x=(px(x + side * 12.0)) y=(px(y - 1.0)) text-anchor=(anchor) { (node.name) }
                    text.why x=(px(x + side * 12.0)) y=(px(y + 13.0)) text-anchor=(anchor) { (node.note) }
                }
            }
            rect.centre.(centre.1) x=(px(cx - 62.0)) y=(px(cy - 22.0)) width="124" height="44" rx="22" {}
            text.centre.(centre.1) x=(px(cx)) y=(px(cy + 5.0)) text-anchor="middle" { (centre.0) }
        }
    }
}
