//! The decisions on one document, put together.

use meoktong_index::morpheme::{Folded, Workspace};
use meoktong_index::{Document, Kind};

use super::Analyser;
use super::attribute::Failed;
use super::evidence;
use super::facts::{Facts, lowered};
use super::linear::Features;
use super::names::Who;
use super::report::{
    Analysis, Assertion, Explanation, ReportedFeature, ReportedService, ReportedTime, ReportedToken, Role, Signal,
    Status,
};
use super::time::Form;
use super::{event, signal};

/// From which probability a text is a report. Both lie below one half: a missed outage costs more than a second look,
/// and false reports hardly rise on labelled texts that the models were not trained on.
const PRESS_REPORT: f64 = 0.43;
const CHATTER_REPORT: f64 = 0.37;
/// Most morphemes that `--explain` lists of one document.
const EXPLAINED: usize = 20_000;

pub(super) fn analyse(analyser: &Analyser, document: &Document, explain: bool, space: &mut Workspace) -> Analysis {
    let full = document.full_text();
    if !explain && !analyser.may_report(document.kind, &full) {
        return nothing(document);
    }
    let folded = analyser.analyzer.fold(&full);
    let lowered = lowered(&folded.text);
    let facts = analyser.facts(document, &folded, &lowered, space);
    let mut why: Vec<(f64, String)> = Vec::new();

    let chatter = is_chatter(document);
    let (model, evidence) = if chatter {
        (&analyser.models.report_chatter, evidence::chatter(analyser, &facts, explain))
    } else {
        (&analyser.models.report_press, evidence::press(analyser, &facts, explain))
    };
    let probability = if facts.signals.is_empty() && !chatter { 0.0 } else { model.probability(&evidence) };
    let is_report = probability >= if chatter { CHATTER_REPORT } else { PRESS_REPORT };
    for (feature, weight) in model.carried(&evidence, 8) {
        why.push((weight.abs() + 1.0, format!("report {probability:.2}: {feature} {weight:+.2}")));
    }

    let failed = if is_report || !facts.signals.is_empty() && !chatter {
        analyser.failed(&facts, explain, &mut why)
    } else {
        Vec::new()
    };
    let is_current = is_report
        && (chatter
            || document.kind == Kind::Trend
            || analyser.models.current.probability(&evidence.wordless()) >= 0.5);
    let status = if chatter || document.kind == Kind::Trend {
        Status::Ongoing
    } else {
        status(analyser, &evidence::state(analyser, &facts, false))
    };
    let mut events = if chatter || (failed.is_empty() && facts.times.is_empty()) {
        Vec::new()
    } else {
        event::find(analyser, &facts, &folded.text, &failed, event::Verdict { status, is_report, is_current })
    };
    events.truncate(200);

    let services = services(analyser, &facts, &failed, is_report);
    let signals = signals(analyser, &facts, &failed, is_current, &folded, &full);
    why.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let explanation = explain.then(|| Explanation {
        tokens: tokens(analyser, &folded, &full, space),
        times: times(analyser, document, &folded, &full),
        why: why.into_iter().map(|(_, line)| line).collect(),
    });
    Analysis {
        id: document.id.clone(),
        is_outage_report: is_report,
        is_current,
        probability: (probability * 1e4).round() / 1e4,
        services,
        signals,
        events,
        explanation,
    }
}

/// Longest post, in characters, that is read as one person's complaint; longer ones are prose like an article's.
const CHATTER: usize = 280;

/// Whether a document is read as chatter. Long posts about nothing in particular are blogs: they report or explain.
#[must_use]
pub fn is_chatter(document: &Document) -> bool {
    match document.kind {
        Kind::Review => true,
        Kind::Post => {
            document.about.is_some() || document.title.chars().count() + document.text.chars().count() <= CHATTER
        }
        _ => false,
    }
}

fn nothing(document: &Document) -> Analysis {
    Analysis {
        id: document.id.clone(),
        is_outage_report: false,
        is_current: false,
        probability: 0.0,
        services: Vec::new(),
        signals: Vec::new(),
        events: Vec::new(),
        explanation: None,
    }
}

fn status(analyser: &Analyser, evidence: &Features) -> Status {
    let restored = analyser.models.restored.probability(evidence);
    let ongoing = analyser.models.ongoing.probability(evidence);
    // Either answer alone is more often right than none where it is likelier than the other.
    if restored.max(ongoing) < 0.3 {
        Status::Unknown
    } else if restored >= ongoing {
        Status::Restored
    } else {
        Status::Ongoing
    }
}

/// Failed services first, then exposed, unaffected and merely named ones; a service may stand in two roles, as a bank
/// whose chatbot failed while its app went on.
fn services(analyser: &Analyser, facts: &Facts<'_>, failed: &[Failed], is_report: bool) -> Vec<ReportedService> {
    let mut found: Vec<ReportedService> = Vec::new();
    if is_report {
        for down in failed {
            let (service, name) = analyser.label(&down.who);
            found.push(ReportedService {
                service,
                name,
                role: Role::Failed,
                features: down.features.clone(),
                via: None,
            });
        }
        found.extend(analyser.exposed(failed));
        for at in analyser.unaffected(facts, failed) {
            let (service, name) = analyser.label(&Who::Known(at));
            let whole = found.iter().any(|s| s.service == service && s.role == Role::Failed && s.features.is_empty());
            if !whole {
                found.push(ReportedService { service, name, role: Role::Unaffected, features: Vec::new(), via: None });
            }
        }
    }
    for who in facts.candidates() {
        let (service, name) = analyser.label(&who);
        if matches!(who, Who::Known(_)) && !found.iter().any(|s| s.service == service) {
            found.push(ReportedService { service, name, role: Role::Mentioned, features: Vec::new(), via: None });
        }
    }
    found
}

/// The outage expressions with the service and feature that each is said of.
fn signals(
    analyser: &Analyser,
    facts: &Facts<'_>,
    failed: &[Failed],
    is_current: bool,
    folded: &Folded,
    full: &str,
) -> Vec<Signal> {
    facts
        .signals
        .iter()
        .map(|found| {
            let sentence = &facts.sentences[found.sentence];
            let morphs = &sentence.morphs[found.from..found.to];
            let assertion = match found.assertion {
                Assertion::Affirmed | Assertion::Restored if is_current && told_of_the_past(facts, found) => {
                    Assertion::Historical
                }
                said => said,
            };
            let start = folded.back(morphs[0].start as usize, false);
            let end = folded.back(morphs[morphs.len() - 1].end as usize, true);
            // The failed service named nearest before the expression, else behind it, else the first failed one.
            let named = facts
                .mentions
                .iter()
                .filter(|m| {
                    m.sentence == found.sentence && (failed.is_empty() || failed.iter().any(|f| f.who == m.who))
                })
                .min_by_key(|m| if m.from <= found.from { (0, found.from - m.from) } else { (1, m.from - found.from) });
            let who = named.map(|m| &m.who).or_else(|| failed.first().map(|f| &f.who));
            let feature = who.and_then(|who| feature_of(analyser, facts, found, who));
            Signal {
                term: term(morphs),
                symptom: analyser.lexicon.symptoms()[found.symptom].id.clone(),
                service: who.map(|who| analyser.label(who).0),
                feature: feature.map(|f| f.feature),
                assertion,
                start,
                end,
                text: full.get(start..end).unwrap_or_default().to_owned(),
            }
        })
        .collect()
}

/// Whether the time that stands nearest before an expression, or the only one of its sentence, is of an earlier day.
fn told_of_the_past(facts: &Facts<'_>, found: &signal::Found) -> bool {
    let points = || facts.times_in(found.sentence).iter().filter(|t| t.expr.form != Form::Duration);
    let nearest = points().rfind(|t| t.from <= found.from).or_else(|| points().next());
    nearest.is_some_and(|t| t.expr.historical)
}

fn feature_of(analyser: &Analyser, facts: &Facts<'_>, found: &signal::Found, who: &Who) -> Option<ReportedFeature> {
    let Who::Known(at) = who else { return None };
    let clause = facts.sentences[found.sentence].clauses.get(found.from);
    facts
        .words_in(found.sentence)
        .iter()
        .filter(|w| facts.sentences[found.sentence].clauses.get(w.from) == clause)
        .filter(|w| analyser.names.features_of(*at).contains(&w.feature))
        .min_by_key(|w| w.from.abs_diff(found.from))
        .map(|w| &analyser.names.features()[w.feature])
        .map(|key| ReportedFeature { feature: key.id.clone(), name: key.name.clone() })
}

/// The words of an expression without particles and endings, the last verb in its dictionary form.
fn term(morphs: &[meoktong_index::morpheme::Morpheme<'_>]) -> String {
    use meoktong_dictionaries::pattern::Family;
    let kept: Vec<_> = morphs.iter().filter(|m| !matches!(m.family, Family::J | Family::E | Family::S)).collect();
    let mut term = String::new();
    for (at, morph) in kept.iter().enumerate() {
        if at > 0 && morph.word != kept[at - 1].word {
            term.push(' ');
        }
        if at + 1 == kept.len() { term.push_str(&morph.lemma()) } else { term.push_str(morph.form) }
    }
    term
}

fn tokens(analyser: &Analyser, folded: &Folded, full: &str, space: &mut Workspace) -> Vec<ReportedToken> {
    let mut morphs = Vec::new();
    let mut base = 0;
    for line in folded.text.split_inclusive('\n') {
        analyser.analyzer.morphemes(line, base, space, &mut morphs);
        base += line.len();
        if morphs.len() > EXPLAINED {
            break;
        }
    }
    morphs.truncate(EXPLAINED);
    morphs
        .iter()
        .map(|morph| {
            let (start, end) = (folded.back(morph.start as usize, false), folded.back(morph.end as usize, true));
            ReportedToken {
                surface: full.get(start..end).unwrap_or_default().to_owned(),
                pos: morph.tag.to_owned(),
                lemma: morph.lemma().into_owned(),
                start,
                end,
            }
        })
        .collect()
}

fn times(analyser: &Analyser, document: &Document, folded: &Folded, full: &str) -> Vec<ReportedTime> {
    let anchor = super::time::Anchor {
        published: document.published_at.map(|p| p.at),
        date_only: document.published_at.is_some_and(|p| p.day_only),
        bias: analyser.bias,
    };
    super::time::find(&folded.text, &anchor)
        .into_iter()
        .map(|expr| {
            let (start, end) = (folded.back(expr.start, false), folded.back(expr.end, true));
            ReportedTime {
                text: full.get(start..end).unwrap_or_default().to_owned(),
                start,
                end,
                value: expr.value,
                until: expr.until,
                precision: event::precision(expr.precision),
                duration_minutes: expr.duration_minutes,
                bound: expr.bound.map(event::bound),
            }
        })
        .collect()
}
