//! Named features of a text, of a service in it, of a feature word and of a time in it, for the linear models.

mod candidate;
mod chatter;
mod feature;
mod press;
mod start;
mod state;

use meoktong_index::morpheme::Morpheme;

pub use candidate::{Candidate, candidates, list_end};
pub use chatter::chatter;
pub use feature::feature;
pub use press::press;
pub use start::start;
pub use state::state;

use super::facts::Facts;
use super::names::Who;
use super::report::Assertion;
use super::signal::Found;

/// Whether a morpheme carries meaning of its own.
fn is_content(morph: &Morpheme<'_>) -> bool {
    matches!(
        morph.tag,
        "NNG"
            | "NNP"
            | "VV"
            | "VA"
            | "VX"
            | "MAG"
            | "XR"
            | "SL"
            | "UNKNOWN"
            | "VCN"
            | "XSN"
            | "NP"
            | "IC"
            | "MAJ"
            | "MM"
            | "NNB"
    )
}

/// Words of a sentence that carry meaning, names of services replaced by one sign.
fn content<'a>(facts: &'a Facts<'_>, sentence: usize) -> Vec<&'a str> {
    let place = &facts.sentences[sentence];
    let mut words = Vec::new();
    let mut named_until = 0;
    for (at, morph) in place.morphs.iter().enumerate() {
        if at < named_until {
            continue;
        }
        if let Some(mention) =
            facts.mentions_in(sentence).iter().find(|m| m.from == at && matches!(m.who, Who::Known(_)))
        {
            named_until = mention.to;
            words.push("<svc>");
        } else if is_content(morph) {
            words.push(morph.form);
        }
    }
    words
}

fn bucket(count: usize) -> &'static str {
    match count {
        0 => "0",
        1 => "1",
        2 => "2",
        3..=4 => "3",
        5..=8 => "5",
        _ => "9",
    }
}

fn status(signal: &Found) -> &'static str {
    match signal.assertion {
        Assertion::Affirmed | Assertion::Restored => "live",
        Assertion::Historical => "hist",
        _ => "not",
    }
}
