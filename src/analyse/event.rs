//! Every outage that a text tells of: since when, until when, how long, why, and whether it is of the past.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, FixedOffset};
use meoktong_dictionaries::Cue;

use super::Analyser;
use super::attribute::Failed;
use super::cause;
use super::evidence;
use super::facts::{Facts, Timed};
use super::names::Who;
use super::report::{Bound, Event, Precision, Status};
use super::text::Zone;
use super::time::{self, Form, Relation};

/// What is known of a text as a whole before its events are read.
#[derive(Debug, Clone, Copy)]
pub struct Verdict {
    /// Whether the reported outage goes on.
    pub status: Status,
    /// Whether the text is a report at all.
    pub is_report: bool,
    /// Whether it reports on something of these days.
    pub is_current: bool,
}

/// Reads the events of a text.
#[must_use]
pub fn find(analyser: &Analyser, facts: &Facts<'_>, text: &str, failed: &[Failed], verdict: Verdict) -> Vec<Event> {
    let likely: Vec<f64> = (0..facts.times.len())
        .map(|at| {
            if is_point(&facts.times[at]) {
                analyser.models.start.probability(&evidence::start(analyser, facts, at, false))
            } else {
                0.0
            }
        })
        .collect();
    let mut events = Vec::new();
    let mut used = BTreeSet::new();
    if verdict.is_report || failed.iter().any(|f| f.probability >= 0.5) {
        for down in failed {
            let event = own(analyser, facts, text, failed, down, verdict, &likely, &mut used);
            events.push(event);
        }
    }
    let mut own_count = events.len();
    // Coarse mentions of an outage that is told more exactly elsewhere are dropped at the end.
    past(analyser, facts, text, failed, &likely, &used, &mut events);
    let exact: Vec<(String, DateTime<FixedOffset>, Precision)> =
        events.iter().filter_map(|e| Some((e.service.clone(), e.start?, e.start_precision?))).collect();
    let mut at = 0;
    events.retain(|event| {
        at += 1;
        let (Some(start), Some(precision)) = (event.start, event.start_precision) else { return true };
        let form = match precision {
            Precision::Year => "%Y",
            Precision::Month => "%Y-%m",
            _ => return true,
        };
        let shown = start.format(form).to_string();
        at <= own_count
            || !exact.iter().any(|(service, other, finer)| {
                *service == event.service && *finer < precision && other.format(form).to_string() == shown
            })
    });
    if !verdict.is_report {
        // A text about something else tells of its outages in passing, but one of these days is still of now.
        let fresh = |event: &Event| {
            facts.published.zip(event.start).is_some_and(|(now, start)| now - start <= Duration::hours(60))
        };
        for event in &mut events[..own_count] {
            event.historical = !fresh(event);
        }
        events.retain(|event| event.start.is_some());
        own_count = own_count.min(events.len());
    }
    events[..own_count].sort_by_key(|event| event.historical);
    events
}

fn is_point(timed: &Timed) -> bool {
    matches!(timed.expr.form, Form::Point | Form::Range)
        && timed.expr.value.is_some()
        && !matches!(timed.expr.relation, Relation::Until | Relation::AsOf)
}

/// How well a time fits a service: times of its own sentences come before times of sentences on others.
fn fit(facts: &Facts<'_>, timed: &Timed, who: &Who, failed: &[Failed]) -> f64 {
    let named = |who: &Who| facts.mentions_in(timed.sentence).iter().any(|m| m.who == *who);
    let clause_of = |from: usize| facts.sentences[timed.sentence].clauses.get(from).copied();
    let in_clause = |who: &Who| {
        facts.mentions_in(timed.sentence).iter().any(|m| m.who == *who && clause_of(m.from) == clause_of(timed.from))
    };
    let others: Vec<&Who> = failed.iter().map(|f| &f.who).filter(|w| *w != who).collect();
    if named(who) {
        if others.iter().any(|w| in_clause(w)) && !in_clause(who) { -0.15 } else { 0.15 }
    } else if others.iter().any(|w| named(w)) {
        -0.35
    } else {
        0.0
    }
}

#[allow(clippy::too_many_arguments)]
fn own(
    analyser: &Analyser,
    facts: &Facts<'_>,
    text: &str,
    failed: &[Failed],
    down: &Failed,
    verdict: Verdict,
    likely: &[f64],
    used: &mut BTreeSet<usize>,
) -> Event {
    let past_only = told_of_the_past(facts, &down.who);
    let recent = |timed: &Timed| {
        if past_only {
            return timed.expr.historical && facts.mentions_in(timed.sentence).iter().any(|m| m.who == down.who);
        }
        !timed.expr.historical
            || facts.published.is_none()
            || older_report(facts, likely)
                && (!verdict.is_current
                    || facts
                        .published
                        .zip(timed.expr.value)
                        .is_some_and(|(now, then)| now - then <= Duration::days(14)))
    };
    let best = (0..facts.times.len())
        .filter(|&at| likely[at] > 0.0 && recent(&facts.times[at]))
        .map(|at| {
            // 부터 names a start as such.
            let expr = &facts.times[at].expr;
            let from =
                if expr.relation == Relation::From || expr.form == Form::Range && !expr.approx { 0.1 } else { 0.0 };
            // Of several old times the latest is what the text reports on; the others are its background.
            let old = facts.published.zip(expr.value).is_some_and(|(now, then)| now - then > Duration::days(31));
            let age = if old { -0.3 } else { 0.0 };
            (likely[at] + from + age + fit(facts, &facts.times[at], &down.who, failed), at)
        })
        .filter(|(score, _)| *score >= 0.25)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
        .map(|(_, at)| at);
    let (service, name) = analyser.label(&down.who);
    let mut event = Event {
        service,
        name,
        features: down.features.iter().map(|f| f.feature.clone()).collect(),
        start: None,
        start_precision: None,
        end: None,
        duration_minutes: None,
        duration_bound: None,
        cause: cause::find(analyser, facts, text, own_sentences(facts).into_iter()),
        status: if past_only { Status::Unknown } else { verdict.status },
        historical: past_only,
    };
    // 밤 10시쯤 of the lead is 21시 47분부터 further down; and what is told of the same day from an earlier clock on, as
    // likely, began there.
    let best = best.map(|at| {
        let said = &facts.times[at].expr;
        let finer = |o: usize| {
            let other = &facts.times[o].expr;
            let (Some(a), Some(b)) = (said.value, other.value) else { return false };
            said.approx | (said.precision == time::Precision::Hour)
                && other.precision == time::Precision::Minute
                && !other.approx
                && (other.relation == Relation::From || other.form == Form::Range)
                && (a - b).abs() <= Duration::minutes(30)
        };
        let earlier = |o: usize| {
            let other = &facts.times[o].expr;
            said.precision <= time::Precision::Hour
                && other.precision <= time::Precision::Hour
                && said.relation != Relation::From
                && said.form != Form::Range
                && said.value.zip(other.value).is_some_and(|(a, b)| b < a && a - b <= Duration::hours(12))
        };
        (0..facts.times.len())
            .filter(|&o| o != at && recent(&facts.times[o]) && fit(facts, &facts.times[o], &down.who, failed) >= 0.0)
            .find(|&o| likely[o] >= 0.3 && finer(o) || likely[o] >= 0.5 && earlier(o))
            .unwrap_or(at)
    });
    if let Some(at) = best {
        used.insert(at);
        set_start(&mut event, &facts.times[at], true);
        // The same start told again is the same outage.
        for (other, timed) in facts.times.iter().enumerate() {
            if timed.expr.value.is_some() && same_time(timed, &event) {
                used.insert(other);
            }
        }
        // A day without a clock is made precise by a clock time of the same day that is likely a start as well.
        if event.start_precision > Some(Precision::Hour)
            && let Some(clock) = (0..facts.times.len())
                .filter(|&o| likely[o] >= 0.5 && fit(facts, &facts.times[o], &down.who, failed) >= 0.0)
                .find(|&o| {
                    facts.times[o].expr.precision <= time::Precision::Hour
                        && facts.times[o].expr.value.map(|v| v.date_naive()) == event.start.map(|s| s.date_naive())
                })
        {
            used.insert(clock);
            set_start(&mut event, &facts.times[clock], true);
        }
    }
    if event.start.is_none() && !past_only {
        fallback_start(facts, &mut event, &down.who, failed, likely, used);
    }
    let ranged = event.end.is_some();
    set_end(analyser, facts, &mut event, down, failed);
    set_length(facts, &mut event, down, failed, ranged, best.map(|at| facts.times[at].sentence));
    event
}

/// Whether every sentence that tells of a service's failure looks back to an earlier day.
fn told_of_the_past(facts: &Facts<'_>, who: &Who) -> bool {
    let told: BTreeSet<usize> = facts
        .mentions
        .iter()
        .filter(|m| m.who == *who && !facts.signals_in(m.sentence).is_empty())
        .map(|m| m.sentence)
        .collect();
    // 인스타 로그인 불가, 왓츠앱 장애도 언급: the headline is about the name that it begins with.
    let main = facts
        .sentences
        .iter()
        .enumerate()
        .any(|(at, s)| s.zone == Zone::Title && facts.mentions_in(at).first().is_some_and(|m| m.who == *who));
    !told.is_empty()
        && !main
        && told.iter().all(|&at| facts.looks_back(at))
        && facts.times.iter().any(|t| !t.expr.historical && t.expr.form != Form::Duration)
}

/// Where no time is likely the start: the first recent day told beside an outage expression, or in the lead.
fn fallback_start(
    facts: &Facts<'_>,
    event: &mut Event,
    who: &Who,
    failed: &[Failed],
    likely: &[f64],
    used: &mut BTreeSet<usize>,
) {
    let day = facts
        .times
        .iter()
        .enumerate()
        .filter(|(_, t)| {
            matches!(t.expr.form, Form::Point | Form::Range) && t.expr.value.is_some() && !t.expr.historical
        })
        .filter(|(_, t)| {
            !t.expr.future
                || facts.day_only && t.expr.value.map(|v| v.date_naive()) == facts.published.map(|p| p.date_naive())
        })
        .filter(|(_, t)| t.expr.precision <= time::Precision::Day)
        .filter(|(_, t)| {
            facts.sentences[t.sentence].zone <= Zone::Lead || facts.signals_in(t.sentence).iter().any(Facts::live)
        })
        .max_by(|(a, x), (b, y)| {
            (likely[*a] + fit(facts, x, who, failed))
                .total_cmp(&(likely[*b] + fit(facts, y, who, failed)))
                .then(b.cmp(a))
        });
    if let Some((at, timed)) = day {
        used.insert(at);
        event.start = timed.expr.value;
        event.start_precision = Some(Precision::Day);
    }
}

/// Whether the text reports on something older than a few days as its main matter: no likely start is recent.
fn older_report(facts: &Facts<'_>, likely: &[f64]) -> bool {
    !facts.times.iter().enumerate().any(|(at, timed)| likely[at] >= 0.4 && !timed.expr.historical)
}

fn own_sentences(facts: &Facts<'_>) -> Vec<usize> {
    (0..facts.sentences.len())
        .filter(|&at| facts.sentences[at].zone != Zone::Furniture && !facts.looks_back(at))
        .collect()
}

fn set_start(event: &mut Event, timed: &Timed, with_end: bool) {
    let expr = &timed.expr;
    event.start = expr.value;
    event.start_precision = Some(precision(expr.precision));
    if with_end && !expr.derived && expr.form == Form::Range {
        event.end = expr.until;
    }
    if let Some(minutes) = expr.duration_minutes {
        event.duration_minutes = Some(minutes);
        event.duration_bound = Some(expr.bound.map_or(Bound::Exact, bound));
    }
}

fn same_time(timed: &Timed, event: &Event) -> bool {
    let (Some(value), Some(start)) = (timed.expr.value, event.start) else { return false };
    match timed.expr.precision {
        time::Precision::Minute | time::Precision::Hour if event.start_precision <= Some(Precision::Hour) => {
            (value - start).abs() <= Duration::minutes(10)
        }
        time::Precision::Month | time::Precision::Year => false,
        _ => value.date_naive() == start.date_naive(),
    }
}

/// The end: the far side of a range, or the clock time at which it was restored.
fn set_end(analyser: &Analyser, facts: &Facts<'_>, event: &mut Event, down: &Failed, failed: &[Failed]) {
    if event.end.is_some() {
        return;
    }
    let Some(start) = event.start else { return };
    let mut best: Option<(f64, DateTime<FixedOffset>)> = None;
    for timed in &facts.times {
        let Some(value) = timed.expr.value.filter(|_| {
            timed.expr.form != Form::Duration && timed.expr.precision <= time::Precision::Hour && !timed.expr.historical
        }) else {
            continue;
        };
        let sentence = &facts.sentences[timed.sentence];
        let clause = sentence.clauses.get(timed.from.min(sentence.clauses.len().saturating_sub(1)));
        let restored = sentence.hits.iter().any(|hit| {
            analyser.is_cue(hit, Cue::Restored) && hit.from >= timed.from && sentence.clauses.get(hit.to - 1) == clause
        });
        let unfinished = sentence.hits.iter().any(|hit| {
            analyser.is_cue(hit, Cue::NotRestored)
                && hit.from >= timed.from
                && sentence.clauses.get(hit.from) == clause
                && hit.to - hit.from > 1
        });
        let closes = timed.expr.relation == Relation::Until && !facts.signals_in(timed.sentence).is_empty();
        if value <= start || value - start > Duration::days(12) || !(restored || closes) || unfinished {
            continue;
        }
        let score = fit(facts, timed, &down.who, failed) + if restored { 0.2 } else { 0.0 };
        if best.is_none_or(|(known, _)| score > known) {
            best = Some((score, value));
        }
    }
    event.end = best.filter(|(score, _)| *score > -0.2).map(|(_, value)| value);
}

/// The length: stated beside the start, stated elsewhere for the outage, or from start to end.
fn set_length(
    facts: &Facts<'_>,
    event: &mut Event,
    down: &Failed,
    failed: &[Failed],
    ranged: bool,
    start_sentence: Option<usize>,
) {
    let between = event
        .start
        .zip(event.end)
        .filter(|(start, end)| end > start && event.start_precision <= Some(Precision::Hour))
        .map(|(start, end)| (end - start).num_minutes());
    if event.duration_minutes.is_none() {
        let stated = facts
            .times
            .iter()
            .filter(|t| t.expr.form == Form::Duration && t.expr.duration_minutes.is_some())
            .filter(|t| !matches!(t.expr.relation, Relation::Later | Relation::Before | Relation::From))
            // Days and weeks beside another sentence are most often those of something else.
            .filter(|t| t.expr.duration_minutes.is_some_and(|m| m <= 2 * 24 * 60) || Some(t.sentence) == start_sentence)
            .filter(|t| !t.expr.historical && t.expr.length_unit.is_none_or(|unit| unit <= time::Unit::Day))
            .filter_map(|t| {
                let sentence = &facts.sentences[t.sentence];
                let past =
                    facts.times_in(t.sentence).iter().any(|o| o.expr.historical && o.expr.form != Form::Duration);
                let signal = facts.signals_in(t.sentence).iter().any(Facts::live);
                let wait = sentence.morphs[t.from.min(sentence.morphs.len())..]
                    .iter()
                    .take(5)
                    .any(|m| matches!(m.form, "대기" | "기다리" | "안" | "이내" | "내" | "단위" | "급락" | "회복"));
                let mut score: f64 = 0.0;
                score += if Some(t.sentence) == start_sentence { 3.0 } else { 0.0 };
                score += if signal { 1.0 } else { 0.0 };
                score += match sentence.zone {
                    Zone::Title => 1.5,
                    Zone::Lead => 1.0,
                    _ => 0.0,
                };
                score += match t.expr.relation {
                    Relation::After | Relation::Ongoing => 1.0,
                    _ => 0.5,
                };
                score -= if wait { 3.0 } else { 0.0 } + if past { 3.0 } else { 0.0 };
                // 업비트는 1시간 17분, 빗썸은 1시간 2분: the length behind a name is that of its bearer.
                let bearer = facts
                    .mentions_in(t.sentence)
                    .iter()
                    .rfind(|m| m.to <= t.from && failed.iter().any(|f| f.who == m.who));
                let listed = bearer.is_some_and(|m| {
                    facts
                        .mentions_in(t.sentence)
                        .iter()
                        .any(|x| x.who == down.who && evidence::list_end(facts, x).0 >= m.to)
                });
                let both = facts.mentions_in(t.sentence).iter().any(|m| m.who == down.who);
                score -= if both && bearer.is_some_and(|m| m.who != down.who) && !listed { 3.0 } else { 0.0 };
                // Two clock times agree with the length of their own outage.
                let agrees = between.zip(t.expr.duration_minutes).is_some_and(|(a, b)| (a - b).abs() * 10 <= a);
                score += if agrees { 2.0 } else { 0.0 };
                (score >= 1.0).then_some((score, t))
            })
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.expr.start.cmp(&a.1.expr.start)));
        if let Some((_, timed)) = stated {
            event.duration_minutes = timed.expr.duration_minutes;
            event.duration_bound = Some(match timed.expr.relation {
                Relation::Ongoing => Bound::MoreThan,
                _ => timed.expr.bound.map_or(Bound::Exact, bound),
            });
        }
    }
    if event.start_precision <= Some(Precision::Hour)
        && let (Some(start), Some(end)) = (event.start, event.end)
        && end > start
    {
        let minutes = (end - start).num_minutes();
        let to_the_minute = event.start_precision == Some(Precision::Minute);
        // 2시간 넘게 of 21:47 to 00:08 is 141 minutes: a range of clock times says it better than a round figure near it.
        let rounded = event.duration_minutes.is_some_and(|said| {
            (event.duration_bound != Some(Bound::Exact) || said % 30 == 0) && (said - minutes).abs() * 4 <= minutes
        });
        if event.duration_minutes.is_none() || to_the_minute && ranged && rounded {
            event.duration_minutes = Some(minutes);
            event.duration_bound = Some(if to_the_minute { Bound::Exact } else { Bound::About });
        }
    }
}

/// Outages of the past that the text remembers.
fn past(
    analyser: &Analyser,
    facts: &Facts<'_>,
    text: &str,
    failed: &[Failed],
    likely: &[f64],
    used: &BTreeSet<usize>,
    events: &mut Vec<Event>,
) {
    let main = failed
        .first()
        .map(|f| f.who.clone())
        .or_else(|| facts.candidates().into_iter().find(|who| matches!(who, Who::Known(_))));
    let mut topic = main.clone();
    for (at, timed) in facts.times.iter().enumerate() {
        if used.contains(&at) || likely[at] < 0.4 || !is_point(timed) || timed.expr.future {
            continue;
        }
        let sentence = &facts.sentences[timed.sentence];
        // 2020년 3월과 2021년 5월에도 있었다: behind a sentence on failures, "also" tells of another one.
        let also = text.get(timed.expr.end..sentence.end).is_some_and(|rest| {
            rest.starts_with("에도") || rest.starts_with("에는") || rest.starts_with('과') || rest.starts_with('와')
        }) && timed.sentence.checked_sub(1).is_some_and(|before| !facts.signals_in(before).is_empty());
        let told = also || !facts.signals_in(timed.sentence).is_empty();
        if !told && likely[at] < 0.75 {
            continue;
        }
        // 지난 9일에는 … 밤 11시부터: a clock time of the same day in the same sentence says it better.
        let finer = facts.times[at + 1..].iter().take_while(|t| t.sentence == timed.sentence).find(|t| {
            timed.expr.precision == time::Precision::Day
                && t.expr.precision <= time::Precision::Hour
                && is_point(t)
                && t.expr.value.map(|v| v.date_naive()) == timed.expr.value.map(|v| v.date_naive())
        });
        let timed = finer.unwrap_or(timed);
        // Of a sentence's services the one nearest before the time, else the first behind it, else the one spoken of.
        let named = facts
            .mentions
            .iter()
            .filter(|m| {
                m.sentence == timed.sentence
                    && (matches!(m.who, Who::Known(_)) || failed.iter().any(|f| f.who == m.who))
            })
            .min_by_key(|m| {
                // 카카오톡과 연동된 카카오페이의 송금받기가 막혀: the last name before the outage word is its subject.
                let signal = facts.signals_in(timed.sentence).iter().find(|s| s.from >= m.to && s.from >= timed.from);
                match signal {
                    Some(signal) => (0, signal.from - m.to),
                    None if m.from >= timed.from => (1, m.from - timed.from),
                    None => (2, timed.from - m.from),
                }
            });
        let who = match named {
            Some(mention) => Some(mention.who.clone()),
            None => topic.clone(),
        };
        if let Some(mention) = named {
            topic = Some(mention.who.clone());
        }
        let Some(who) = who.or_else(|| main.clone()) else { continue };
        let (service, name) = analyser.label(&who);
        let repeated = events.iter().any(|event| event.service == service && same_time(timed, event))
            || events.iter().any(|event| {
                event.service == service
                    && event.start == timed.expr.value
                    && event.start_precision == Some(precision(timed.expr.precision))
            });
        if repeated {
            continue;
        }
        // Another clock time of the own outage's day is an anecdote, a notice or a later stage of it.
        let same_day = events.iter().any(|event| {
            event.service == service
                && !event.historical
                && event.start.zip(timed.expr.value).is_some_and(|(start, value)| {
                    let last = event.end.unwrap_or(start).max(start);
                    value.date_naive() >= start.date_naive() && value.date_naive() <= last.date_naive()
                        || (value - start).abs() < Duration::hours(12)
                })
        });
        // …and what began after it is no background of it.
        let later = events.iter().any(|event| {
            event.service == service
                && !event.historical
                && event.start.zip(timed.expr.value).is_some_and(|(start, value)| value > start)
        });
        if (same_day || later) && !timed.expr.historical {
            continue;
        }
        // A coarser time that contains an outage already told of the same service is that outage.
        let contains = events.iter().any(|event| {
            event.service == service
                && event.start.zip(timed.expr.value).is_some_and(|(start, value)| match timed.expr.precision {
                    time::Precision::Month => start.format("%Y-%m").to_string() == value.format("%Y-%m").to_string(),
                    time::Precision::Year => start.format("%Y").to_string() == value.format("%Y").to_string(),
                    _ => false,
                })
        });
        if contains {
            continue;
        }
        let mut event = Event {
            service,
            name,
            features: Vec::new(),
            start: None,
            start_precision: None,
            end: None,
            duration_minutes: None,
            duration_bound: None,
            cause: cause::find(analyser, facts, text, std::iter::once(timed.sentence)),
            status: Status::Unknown,
            historical: true,
        };
        set_start(&mut event, timed, true);
        if event.duration_minutes.is_none() {
            // A length in the same clause belongs to it, unless another time stands between.
            let next = facts.times[at + 1..]
                .iter()
                .take_while(|t| t.sentence == timed.sentence)
                // 5월과 7월에도 2시간 이상: the length is that of each.
                .find(|t| {
                    let joined = text
                        .get(timed.expr.end..t.expr.start)
                        .is_some_and(|between| matches!(between.trim(), "과" | "와" | "," | "·"));
                    t.expr.form == Form::Duration || is_point(t) && !joined
                });
            if let Some(length) = next.filter(|t| {
                t.expr.form == Form::Duration && !matches!(t.expr.relation, Relation::Later | Relation::Before)
            }) {
                event.duration_minutes = length.expr.duration_minutes;
                event.duration_bound = Some(length.expr.bound.map_or(Bound::Exact, bound));
            }
        }
        if event.duration_minutes.is_none()
            && event.start_precision <= Some(Precision::Hour)
            && let (Some(start), Some(end)) = (event.start, event.end)
            && end > start
        {
            event.duration_minutes = Some((end - start).num_minutes());
            event.duration_bound = Some(Bound::Exact);
        }
        let clause = sentence.clauses.get(timed.from);
        let mut features: Vec<String> = facts
            .words_in(timed.sentence)
            .iter()
            .filter(|w| sentence.clauses.get(w.from) == clause)
            .filter(|w| match &who {
                Who::Known(at) => analyser.names.features_of(*at).contains(&w.feature),
                Who::Unlisted(_) => false,
            })
            .map(|w| analyser.names.features()[w.feature].id.clone())
            .collect();
        features.sort();
        features.dedup();
        event.features = features;
        events.push(event);
    }
}

impl Analyser {
    /// Whether a match is a cue of a kind.
    pub(super) fn is_cue(&self, hit: &meoktong_dictionaries::lexicon::Hit, kind: Cue) -> bool {
        self.lexicon.entries()[hit.entry].meaning == meoktong_dictionaries::lexicon::Meaning::Cue(kind)
    }
}

pub(super) fn precision(from: time::Precision) -> Precision {
    match from {
        time::Precision::Minute => Precision::Minute,
        time::Precision::Hour => Precision::Hour,
        time::Precision::Day => Precision::Day,
        time::Precision::Month => Precision::Month,
        time::Precision::Year => Precision::Year,
    }
}

pub(super) fn bound(from: time::Bound) -> Bound {
    match from {
        time::Bound::Exact => Bound::Exact,
        time::Bound::About => Bound::About,
        time::Bound::MoreThan => Bound::MoreThan,
        time::Bound::LessThan => Bound::LessThan,
    }
}
