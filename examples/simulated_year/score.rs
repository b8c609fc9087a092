//! Runs the program's own detector over a drawn year and compares what it opened with what happened.

use meoktong::detect::clock::{Minute, instant};
use meoktong::detect::signal::{Observation, Recovery};
use meoktong::detect::story::Sketch;
use meoktong::detect::{Change, Detector, Family, Settings};
use meoktong_dictionaries::Catalogue;
use meoktong_dictionaries::catalogue::Tier;

use crate::generate::{CLASSES, Channel, Row, Truth, Year};

/// Minute 0 of a year: Monday 2 January 2023, 00:00 in Korea.
const EPOCH: Minute = 27_876_420;
/// Publishers that the press has.
const PUBLISHERS: u32 = 60;

/// One incident as the detector told it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Told {
    /// Minute of suspicion.
    pub(crate) opened: f64,
    /// Minute of confirmation.
    pub(crate) confirmed: Option<f64>,
    /// Minute of the end.
    pub(crate) closed: f64,
}

/// The service of the catalogue that stands for a size: the first of its tier.
pub(crate) fn service<'a>(catalogue: &'a Catalogue, size: &str) -> &'a str {
    let tier = match size {
        "L" => Tier::L,
        "M" => Tier::M,
        "S" => Tier::S,
        _ => Tier::XS,
    };
    catalogue.services().iter().find(|service| service.tier == tier).map_or("kakaotalk", |service| &service.id)
}

fn family(channel: Channel) -> Family {
    match channel {
        Channel::Social => Family::Social,
        Channel::Reviews => Family::Reviews,
        Channel::News => Family::News,
        Channel::Trends => Family::Trends,
        Channel::Official => Family::Official,
    }
}

fn observation(number: usize, row: &Row, service: &str) -> Observation {
    let family = family(row.channel);
    let source = match family {
        Family::News => format!("press{}", number as u32 % PUBLISHERS),
        other => other.as_str().to_owned(),
    };
    Observation {
        at: EPOCH + row.published.floor() as Minute,
        day_only: false,
        document: format!("d{number}"),
        family,
        service: service.to_owned(),
        features: Vec::new(),
        p: 1.0 / (1.0 + (-row.odds).exp()),
        source,
        voice: None,
        story: Some(format!("s{}", row.story)),
        sketch: Sketch::default(),
        start: None,
        end: None,
        ongoing: false,
        recovery: Recovery::None,
        cause: None,
        spared: Vec::new(),
    }
}

/// Runs the detector over a year in order of arrival. `alive` are the kinds of source that are read at all.
pub(crate) fn run(
    year: &Year,
    size: &str,
    catalogue: &Catalogue,
    settings: &Settings,
    alive: &[Family],
) -> (Vec<Told>, usize) {
    let service = service(catalogue, size);
    let mut detector = Detector::new(catalogue, settings.clone());
    let mut told: Vec<Told> = Vec::new();
    let mut known: Vec<String> = Vec::new();
    let mut hear = |detector: &mut Detector, now: Minute| {
        for change in detector.tick(instant(now)) {
            let at = (change.at.timestamp() / 60 - EPOCH) as f64;
            if change.change == Change::Opened {
                known.push(change.incident.clone());
                told.push(Told { opened: at, confirmed: None, closed: f64::INFINITY });
            }
            let Some(place) = known.iter().rposition(|id| *id == change.incident) else { continue };
            match change.change {
                Change::Confirmed => _ = told[place].confirmed.get_or_insert(at),
                Change::Resolved | Change::Retracted => told[place].closed = at,
                _ => {}
            }
        }
    };
    let (mut minute, mut day) = (Minute::MIN, Minute::MIN);
    for (number, row) in year.rows.iter().enumerate().filter(|(_, row)| alive.contains(&family(row.channel))) {
        let now = EPOCH + row.arrival.floor() as Minute;
        if now > minute {
            if minute > Minute::MIN {
                hear(&mut detector, minute);
            }
            minute = now;
        }
        if now >= day + 720 {
            // The collectors answer even when they bring nothing.
            alive.iter().for_each(|family| detector.alive(*family, now));
            day = now;
        }
        detector.take(observation(number, row, service));
    }
    hear(&mut detector, minute + 2880);
    let state = serde_json::to_vec(detector.memory()).map_or(0, |bytes| bytes.len());
    (told, state)
}

/// What a level of certainty achieved in one year.
#[derive(Debug, Clone, Default)]
pub(crate) struct Score {
    /// Delay in minutes by class; a miss is infinite.
    pub(crate) delays: [Vec<f64>; CLASSES.len()],
    /// Openings away from every outage, with what was written around then.
    pub(crate) false_alarms: Vec<&'static str>,
    /// Minutes between the true end and ours, of outages that were found.
    pub(crate) lags: Vec<f64>,
    /// Incidents per found outage.
    pub(crate) fragments: Vec<f64>,
}

/// Compares incidents with outages; an outage counts as found by the first incident that overlaps it or begins
/// within a quarter of an hour after it.
pub(crate) fn score(year: &Year, incidents: &[(f64, f64)]) -> Score {
    let mut score = Score::default();
    for truth in &year.truth {
        let overlaps = |(from, to): &&(f64, f64)| *from <= truth.end + 15.0 && *to >= truth.start;
        let found: Vec<_> = incidents.iter().filter(overlaps).collect();
        score.delays[truth.class].push(found.first().map_or(f64::INFINITY, |(from, _)| (from - truth.start).max(0.0)));
        if let Some((_, to)) = found.last() {
            score.lags.push(to - truth.end);
            score.fragments.push(found.len() as f64);
        }
    }
    let near = |at: f64| year.truth.iter().any(|t: &Truth| at >= t.start - 1.0 && at <= t.end + 60.0);
    for (from, _) in incidents.iter().filter(|(from, _)| !near(*from)) {
        score.false_alarms.push(culprit(&year.rows, *from));
    }
    score
}

/// What most look-alikes of the hour before were written for.
fn culprit(rows: &[Row], at: f64) -> &'static str {
    let mut counts: Vec<(&'static str, f64)> = Vec::new();
    let first = rows.partition_point(|row| row.arrival < at - 60.0);
    for row in rows[first..].iter().take_while(|row| row.arrival <= at + 1.0) {
        let weight = 1.0 / (1.0 + (-row.odds).exp());
        match counts.iter_mut().find(|(why, _)| *why == row.why) {
            Some((_, count)) => *count += weight,
            None => counts.push((row.why, weight)),
        }
    }
    counts.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map_or("nothing", |(why, _)| why)
}

/// The value below which this share lies; infinite values are misses.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}
