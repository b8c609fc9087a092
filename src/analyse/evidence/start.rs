//! How a time stands in a text: is it the start of an outage?

use meoktong_dictionaries::lexicon::Meaning;

use super::{bucket, is_content, status};
use crate::analyse::Analyser;
use crate::analyse::facts::{Facts, Timed};
use crate::analyse::linear::Features;
use crate::analyse::time::{Form, Precision};

/// What speaks for a time expression being the start of an outage that the text reports as its own.
#[must_use]
pub fn start(analyser: &Analyser, facts: &Facts<'_>, at: usize, named: bool) -> Features {
    let timed = &facts.times[at];
    let expr = &timed.expr;
    let sentence = &facts.sentences[timed.sentence];
    let zone = sentence.zone.as_str();
    let precision = expr.precision.as_str();
    let form = format!("{:?}", expr.form).to_lowercase();
    let relation = format!("{:?}", expr.relation).to_lowercase();
    let mut out = Features::new(named);
    out.push(format_args!("{zone}:{precision}"));
    out.push(format_args!("form:{form}"));
    out.push(format_args!("relation:{relation}"));
    out.push(format_args!("{precision}:{relation}:{form}"));
    out.push(format_args!("approx:{}", expr.approx));
    out.push(format_args!("past:{}", expr.historical));
    out.push(format_args!("future:{}", expr.future));
    out.push(format_args!("kind:{}", facts.kind.as_str()));
    if let (Some(now), Some(then)) = (facts.published, expr.value) {
        let hours = (now - then).num_hours();
        out.push(format_args!(
            "age:{}",
            match hours {
                ..=-1 => "future",
                0..=12 => "half_day",
                13..=36 => "day",
                37..=72 => "days",
                73..=720 => "month",
                _ => "old",
            }
        ));
        if then > now {
            out.push(format_args!("after_publication"));
        }
    }
    let clause = sentence.clauses.get(timed.from.min(sentence.clauses.len().saturating_sub(1)));
    let mut nearest = None;
    for signal in facts.signals_in(timed.sentence).iter() {
        let status = status(signal);
        let same = sentence.clauses.get(signal.from) == clause;
        let behind = signal.from >= timed.from;
        out.push(format_args!(
            "{status}:{}:{}",
            if same { "same" } else { "other" },
            if behind { "behind" } else { "before" }
        ));
        if behind && nearest.is_none() {
            nearest = Some(status);
        }
    }
    out.push(format_args!("nearest:{}", nearest.unwrap_or("none")));
    for hit in &sentence.hits {
        if let Meaning::Cue(cue) = analyser.lexicon.entries()[hit.entry].meaning {
            let same = sentence.clauses.get(hit.from) == clause;
            let behind = hit.from >= timed.from;
            out.push(format_args!(
                "cue:{}:{}:{}",
                cue.as_str(),
                if same { "same" } else { "other" },
                if behind { "behind" } else { "before" }
            ));
        }
    }
    let behind = sentence.morphs.partition_point(|m| (m.start as usize) < expr.end);
    let mut seen = 0;
    for morph in sentence.morphs[behind..].iter().take(14) {
        if is_content(morph) && !matches!(morph.tag, "NNP" | "SL" | "NNB") {
            seen += 1;
            out.push(format_args!("next:{}", morph.form));
            if seen <= 2 {
                out.push(format_args!("next1:{}", morph.form));
            }
            if seen == 6 {
                break;
            }
        }
    }
    // Which of the times it is: the first clock time of the text is often the start.
    let earlier_clock = facts.times[..at]
        .iter()
        .filter(|t| t.expr.precision <= Precision::Hour && t.expr.form != Form::Duration)
        .count();
    let earlier = facts.times[..at].iter().filter(|t| t.expr.form != Form::Duration).count();
    out.push(format_args!("order:{}", bucket(earlier)));
    let own_clocks = || {
        let clock = |t: &&Timed| t.expr.precision <= Precision::Hour && t.expr.form != Form::Duration;
        facts.times.iter().filter(clock).filter(|t| !t.expr.historical)
    };
    if expr.precision <= Precision::Hour {
        out.push(format_args!("clock_order:{}", bucket(earlier_clock)));
        if expr.value.is_some() && own_clocks().filter_map(|t| t.expr.value).min() == expr.value {
            out.push(format_args!("earliest_clock"));
        }
    } else {
        let any_clock = own_clocks().next().is_some();
        out.push(format_args!("clock_elsewhere:{any_clock}:{precision}"));
    }
    if expr.until.is_some() && !expr.derived {
        out.push(format_args!("has_end"));
    }
    out.finish()
}
