//! Text from outside: publishers, posters, configuration of others. It is data: cut, stripped of what acts, isolated.

use maud::{Markup, PreEscaped, html};

/// Longest title shown, in characters.
pub(super) const TITLE: usize = 200;

/// Text without characters that act on their surroundings: controls, direction marks, and what is invisible. At most
/// `longest` characters.
pub(super) fn tame(text: &str, longest: usize) -> String {
    let mut kept: String = text.chars().filter_map(visible).take(longest + 1).collect();
    if kept.chars().count() > longest {
        kept.pop();
        kept.push('…');
    }
    kept
}

/// Markup without such characters, wherever they came in: labels of pictures are text from outside too.
pub(super) fn without_unseen(body: &Markup) -> PreEscaped<String> {
    PreEscaped(body.0.chars().filter(|&c| visible(c).is_some()).collect())
}

fn visible(c: char) -> Option<char> {
    match c {
        '\n' | '\t' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
        '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{00AD}'
        | '\u{034F}'
        | '\u{061C}'
        | '\u{115F}'
        | '\u{1160}'
        | '\u{17B4}'
        | '\u{17B5}'
        | '\u{180B}'..='\u{180F}'
        | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E0FFF}' => None,
        // More marks on one letter than any script needs climb over the lines above.
        '\u{0300}'..='\u{036F}' | '\u{0488}' | '\u{0489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{20D0}'..='\u{20FF}' => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}

/// An address that a link may lead to: http and https only.
pub(super) fn link(address: Option<&str>) -> Option<String> {
    let url = url::Url::parse(address?).ok()?;
    let safe = matches!(url.scheme(), "http" | "https") && url.host_str().is_some() && url.as_str().len() <= 2000;
    safe.then(|| url.to_string())
}

/// Text from outside as markup.
pub(super) fn said(text: &str) -> Markup {
    html! { bdi { (tame(text, TITLE)) } }
}

/// A title that leads outside, where its address allows that.
pub(super) fn titled(title: &str, address: Option<&str>) -> Markup {
    html! {
        @if let Some(href) = link(address) {
            a href=(href) rel="noopener noreferrer nofollow external" { (said(title)) }
        } @else {
            (said(title))
        }
    }
}

/// A stretch of `text` around `marks` (byte ranges), with the marks marked. Ranges that do not lie in the text are left out.
pub(super) fn marked(text: &str, marks: &[(usize, usize)], longest: usize) -> Markup {
    let mut marks: Vec<(usize, usize)> =
        marks.iter().copied().filter(|&(start, end)| start < end && text.get(start..end).is_some()).collect();
    marks.sort_unstable();
    let first = marks.first().map_or(0, |&(start, _)| start);
    // The first mark is in sight, with some words before it.
    let lead = text[..first].char_indices().rev().nth(longest / 3).map_or(0, |(at, _)| at);
    let from = if first < longest { 0 } else { lead };
    let from = if text[..first].chars().count() <= longest / 2 { 0 } else { from.max(lead) };
    let to = text[from..].char_indices().nth(longest).map_or(text.len(), |(at, _)| from + at);
    let mut pieces = Vec::new();
    let mut at = from;
    for (start, end) in marks {
        if start < at || end > to {
            continue;
        }
        pieces.push((false, &text[at..start]));
        pieces.push((true, &text[start..end]));
        at = end;
    }
    pieces.push((false, &text[at..to]));
    html! {
        bdi {
            @if from > 0 { "…" }
            @for (mark, piece) in pieces {
                @let piece = tame(piece, longest);
                @if mark { mark { (piece) } } @else { (piece) }
            }
            @if to < text.len() { "…" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_taken_out_and_what_is_long_is_cut() {
        assert_eq!(tame("a\u{202E}b\u{200B}c\u{0}d\ne", 10), "abcd e");
        assert_eq!(tame("가나다라", 3), "가나다…");
        assert_eq!(tame(&"x".repeat(100_000), TITLE).chars().count(), TITLE + 1);
        assert_eq!(said("<script>alert(1)</script>").into_string(), "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>");
    }

    #[test]
    fn links_lead_to_the_web_and_nowhere_else() {
        assert!(link(Some("https://a.example/x?y=1")).is_some());
        for bad in
            ["javascript:alert(1)", "data:text/html,x", " JavaScript:x", "file:///x", "//a.example", "vbscript:x", ""]
        {
            assert_eq!(link(Some(bad)), None, "{bad}");
        }
    }

    #[test]
    fn marks_are_kept_within_bounds_and_hostile_ranges_ignored() {
        let shown = |text: &str, marks: &[(usize, usize)]| marked(text, marks, 30).into_string();
        assert_eq!(shown("카톡 먹통", &[(7, 13)]), "<bdi>카톡 <mark>먹통</mark></bdi>");
        assert_eq!(shown("카톡", &[(1, 2), (5, 900), (3, 1)]), "<bdi>카톡</bdi>");
        assert_eq!(shown("<b>", &[(0, 3)]), "<bdi><mark>&lt;b&gt;</mark></bdi>");
        let long = format!("{} 먹통", "가".repeat(500));
        let start = long.len() - "먹통".len();
        assert!(shown(&long, &[(start, long.len())]).contains("<mark>먹통</mark>"));
    }
}
