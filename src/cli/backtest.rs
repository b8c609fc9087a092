//! `meoktong backtest`: recorded days with known outages through the detector, and how early and how right it was.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Duration, FixedOffset};
use clap::Args;
use serde::{Deserialize, Serialize};

use meoktong_dictionaries::Catalogue;
use meoktong_index::Document;

use super::analyze::document;
use super::output::{Format, chosen, rows};
use super::replay::{Recorded, replay};
use super::{End, Usage};
use crate::analyse::Analysis;
use crate::detect::{Change, Family, Settings, Transition, signal};
use crate::pipeline::Analyse;
use crate::wiring::brain;

/// Minutes before the labelled start from which an opening still belongs to it: clocks and labels are rounded.
const EARLY: i64 = 5;
/// Minutes behind the labelled end in which a late opening still belongs to it.
const LATE: i64 = 15;

/// `backtest`.
#[derive(Debug, Args)]
pub struct BacktestArgs {
    /// Folder of labelled days (*.jsonl), or files
    #[arg(required = true)]
    pub days: Vec<PathBuf>,
    /// Another value of a detector setting: NAME=VALUE
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub settings: Vec<String>,
    /// How to print: a table, or one line an outage and false alarm and a summary at the end
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// First line of a labelled day.
#[derive(Debug, Deserialize)]
struct Header {
    day: Labels,
}

/// What happened on a day.
#[derive(Debug, Clone, Deserialize)]
struct Labels {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    outages: Vec<Labelled>,
}

/// One outage of a day.
#[derive(Debug, Clone, Deserialize)]
struct Labelled {
    service: String,
    start: DateTime<FixedOffset>,
    end: Option<DateTime<FixedOffset>>,
    minutes: Option<i64>,
}

/// What came of an outage, or a false alarm.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Verdict {
    /// Day id.
    pub day: String,
    /// What the day is.
    pub title: String,
    /// `found`, `missed` or `false_alarm`.
    pub result: &'static str,
    /// Service id.
    pub service: String,
    /// True start, or when a false alarm was opened.
    pub start: DateTime<FixedOffset>,
    /// Labelled length in minutes.
    pub minutes: Option<i64>,
    /// When it was suspected.
    pub opened: Option<DateTime<FixedOffset>>,
    /// When it was confirmed.
    pub confirmed: Option<DateTime<FixedOffset>>,
    /// Minutes from the true start to suspicion.
    pub delay: Option<i64>,
    /// Minutes from the first document that reports it to suspicion.
    pub after_first: Option<i64>,
    /// Minutes by which we were ahead of the operator's first notice of it.
    pub lead: Option<i64>,
    /// Minutes between the true end and ours.
    pub close_lag: Option<i64>,
}

/// What all days say together.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Summary {
    /// Days.
    pub days: usize,
    /// Days without an outage.
    pub quiet_days: usize,
    /// Documents.
    pub documents: usize,
    /// Labelled outages.
    pub outages: usize,
    /// Found, as suspected or better.
    pub found: usize,
    /// Found and confirmed.
    pub confirmed: usize,
    /// Share of outages found.
    pub recall: f64,
    /// Share of openings that were outages.
    pub precision: f64,
    /// The same of confirmed ones.
    pub precision_confirmed: f64,
    /// Minutes from true start to suspicion: median and 90th percentile, misses counted as endless.
    pub delay_median: Option<i64>,
    /// 90th percentile.
    pub delay_p90: Option<i64>,
    /// Minutes from the first report: median.
    pub after_first_median: Option<i64>,
    /// 90th percentile.
    pub after_first_p90: Option<i64>,
    /// Minutes ahead of the operator's first notice: median of outages with a notice.
    pub lead_median: Option<i64>,
    /// Outages with a notice.
    pub with_notice: usize,
    /// Minutes between true end and ours: median.
    pub close_lag_median: Option<i64>,
    /// Openings that were none.
    pub false_alarms: usize,
    /// Of those, confirmed.
    pub false_alarms_confirmed: usize,
    /// Days times services that some document of the day names, in years.
    pub service_years: f64,
    /// False alarms in a year of such days, a service.
    pub false_alarms_a_service_year: f64,
}

struct Day {
    labels: Labels,
    documents: Vec<(Document, Option<String>)>,
}

/// One incident as the detector told it.
struct Incident {
    id: String,
    service: String,
    opened: DateTime<FixedOffset>,
    confirmed: Option<DateTime<FixedOffset>>,
    closed: Option<DateTime<FixedOffset>>,
    official: Option<DateTime<FixedOffset>>,
}

pub(super) fn run(args: &BacktestArgs) -> Result<End> {
    let brain = brain()?;
    let format = chosen(args.format);
    let settings = Settings::default().with(&args.settings).map_err(Usage)?;
    let files = files(&args.days)?;
    let (mut verdicts, mut summary, mut bad) = (Vec::new(), Summary::default(), 0);
    for file in &files {
        let (day, skipped) = read(file)?;
        bad += skipped;
        verdicts.extend(judge(&day, &brain.catalogue, &brain.analyse, &settings, &mut summary)?);
    }
    sum(&verdicts, &mut summary);
    match format {
        Format::Table => {
            let columns =
                ["day", "result", "service", "start", "minutes", "delay", "after_first", "lead", "close_lag", "title"];
            rows(&verdicts, &columns, format)?;
            writeln!(std::io::stdout(), "\n{}", summary.told())?;
        }
        Format::Csv => rows(
            &verdicts,
            &[
                "day",
                "result",
                "service",
                "start",
                "minutes",
                "opened",
                "confirmed",
                "delay",
                "after_first",
                "lead",
                "close_lag",
            ],
            format,
        )?,
        Format::Json | Format::Jsonl => {
            let mut lines: Vec<serde_json::Value> =
                verdicts.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
            lines.push(serde_json::json!({"summary": summary}));
            rows(&lines, &[], format)?;
        }
    }
    Ok(if bad > 0 { End::Failed } else { End::Done })
}

/// The files of labelled days, in order of name.
fn files(given: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in given {
        if path.is_dir() {
            let inside = std::fs::read_dir(path).with_context(|| format!("{} cannot be read", path.display()))?;
            for entry in inside {
                files.push(entry?.path());
            }
        } else {
            files.push(path.clone());
        }
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    if files.is_empty() {
        bail!(Usage("no labelled day (*.jsonl) was found — name a folder such as tests/days".into()));
    }
    Ok(files)
}

/// A labelled day, and how many of its lines could not be used.
fn read(file: &Path) -> Result<(Day, usize)> {
    let name = file.display();
    let reader = BufReader::new(File::open(file).with_context(|| format!("{name} cannot be opened"))?);
    let mut lines = reader.lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let Header { day: labels } = serde_json::from_str(&first)
        .with_context(|| format!("{name}:1: the first line of a labelled day is {{\"day\": …}} with its outages"))?;
    let (mut documents, mut bad) = (Vec::new(), 0);
    for (number, line) in lines.enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        match document(line.as_bytes()) {
            Ok(document) => documents.push((document, author(&line))),
            Err(what) => {
                bad += 1;
                eprintln!("{name}:{}: {what} — the line is skipped", number + 2);
            }
        }
    }
    Ok((Day { labels, documents }, bad))
}

fn author(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Written {
        author: Option<String>,
    }
    serde_json::from_str::<Written>(line).ok()?.author
}

fn judge(
    day: &Day,
    catalogue: &Catalogue,
    analyse: &Analyse,
    settings: &Settings,
    summary: &mut Summary,
) -> Result<Vec<Verdict>> {
    let labels = &day.labels;
    let recorded: Vec<Recorded> = day
        .documents
        .iter()
        .map(|(document, author)| {
            let analysis = analyse(document);
            Recorded { document: document.clone(), analysis, author: author.clone() }
        })
        .collect();
    let mut incidents: Vec<Incident> = Vec::new();
    replay(recorded.clone(), catalogue, settings.clone(), |change| -> Result<()> {
        note(&mut incidents, change);
        Ok(())
    })?;
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for one in &recorded {
        named.extend(one.analysis.services.iter().map(|service| service.service.as_str()));
    }
    summary.days += 1;
    summary.quiet_days += usize::from(labels.outages.is_empty());
    summary.documents += recorded.len();
    summary.service_years += named.len().max(1) as f64 / 365.25;
    let mut verdicts = Vec::new();
    let mut matched: BTreeSet<String> = BTreeSet::new();
    for outage in &labels.outages {
        let service = resolve(catalogue, &outage.service)
            .with_context(|| format!("day {:?}: the catalogue knows no service {:?}", labels.id, outage.service))?;
        let end = outage.end.or(outage.minutes.map(|minutes| outage.start + Duration::minutes(minutes)));
        let belongs = |incident: &&Incident| {
            incident.service == service
                && incident.opened >= outage.start - Duration::minutes(EARLY)
                && end.is_none_or(|end| incident.opened <= end + Duration::minutes(LATE))
        };
        let of: Vec<&Incident> = incidents.iter().filter(belongs).collect();
        matched.extend(of.iter().map(|incident| incident.id.clone()));
        let found = of.first();
        let first = first_report(&recorded, service, outage.start);
        let notice =
            found.and_then(|incident| incident.official).or_else(|| first_notice(&recorded, service, outage.start));
        let minutes = |from: DateTime<FixedOffset>, to: DateTime<FixedOffset>| (to - from).num_minutes();
        verdicts.push(Verdict {
            day: labels.id.clone(),
            title: labels.title.clone(),
            result: if found.is_some() { "found" } else { "missed" },
            service: service.to_owned(),
            start: outage.start,
            minutes: outage.minutes,
            opened: found.map(|incident| incident.opened),
            confirmed: of.iter().find_map(|incident| incident.confirmed),
            delay: found.map(|incident| minutes(outage.start, incident.opened)),
            after_first: found.zip(first).map(|(incident, first)| minutes(first, incident.opened)),
            lead: found.zip(notice).map(|(incident, notice)| minutes(incident.opened, notice)),
            close_lag: of
                .last()
                .and_then(|incident| incident.closed)
                .zip(end)
                .map(|(closed, end)| minutes(end, closed)),
        });
    }
    // What follows a labelled outage within the day and was opened while it went on is a fragment, not an alarm.
    for incident in incidents.iter().filter(|incident| !matched.contains(&incident.id)) {
        verdicts.push(Verdict {
            day: labels.id.clone(),
            title: labels.title.clone(),
            result: "false_alarm",
            service: incident.service.clone(),
            start: incident.opened,
            minutes: None,
            opened: Some(incident.opened),
            confirmed: incident.confirmed,
            delay: None,
            after_first: None,
            lead: None,
            close_lag: None,
        });
    }
    Ok(verdicts)
}

fn note(incidents: &mut Vec<Incident>, change: &Transition) {
    if change.change == Change::Opened {
        incidents.push(Incident {
            id: change.incident.clone(),
            service: change.service.clone(),
            opened: change.at,
            confirmed: None,
            closed: None,
            official: None,
        });
    }
    let Some(incident) = incidents.iter_mut().rfind(|incident| incident.id == change.incident) else { return };
    incident.official = incident.official.or(change.first_official);
    match change.change {
        Change::Confirmed => incident.confirmed = incident.confirmed.or(Some(change.at)),
        Change::Resolved | Change::Retracted => incident.closed = change.ended.or(Some(change.at)),
        _ => {}
    }
}

/// A service by id or by any of its names.
fn resolve<'a>(catalogue: &'a Catalogue, name: &str) -> Option<&'a str> {
    let is = |known: &str| known.to_lowercase() == name.trim().to_lowercase();
    let by_name = |service: &&meoktong_dictionaries::catalogue::Service| {
        is(&service.id) || is(&service.name) || is(&service.name_en)
    };
    let services = catalogue.services();
    let found = services.iter().find(by_name).or_else(|| {
        services.iter().find(|service| service.aliases.iter().chain(&service.risky).any(|alias| is(alias)))
    });
    found.map(|service| service.id.as_str())
}

fn blames(analysis: &Analysis, service: &str) -> bool {
    analysis.is_outage_report && analysis.is_current && analysis.failed().any(|failed| failed.service == service)
}

/// Publication of the first document that reports the outage.
fn first_report(recorded: &[Recorded], service: &str, start: DateTime<FixedOffset>) -> Option<DateTime<FixedOffset>> {
    let about = recorded.iter().filter(|one| blames(&one.analysis, service));
    let times = about.filter_map(|one| one.document.published_at).filter(|published| !published.day_only);
    times.map(|published| published.at).filter(|at| *at >= start - Duration::minutes(EARLY)).min()
}

/// Publication of the operator's first notice that blames the service.
fn first_notice(recorded: &[Recorded], service: &str, start: DateTime<FixedOffset>) -> Option<DateTime<FixedOffset>> {
    let notices = recorded.iter().filter(|one| signal::family(one.document.kind) == Family::Official);
    let times = notices.filter(|one| blames(&one.analysis, service)).filter_map(|one| one.document.published_at);
    times.map(|published| published.at).filter(|at| *at >= start).min()
}

fn sum(verdicts: &[Verdict], summary: &mut Summary) {
    let of = |result: &'static str| verdicts.iter().filter(move |verdict| verdict.result == result);
    let outages = || verdicts.iter().filter(|verdict| verdict.result != "false_alarm");
    summary.outages = outages().count();
    summary.found = of("found").count();
    summary.confirmed = of("found").filter(|verdict| verdict.confirmed.is_some()).count();
    summary.false_alarms = of("false_alarm").count();
    summary.false_alarms_confirmed = of("false_alarm").filter(|verdict| verdict.confirmed.is_some()).count();
    let share = |part: usize, whole: usize| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
    summary.recall = share(summary.found, summary.outages);
    summary.precision = share(summary.found, summary.found + summary.false_alarms);
    summary.precision_confirmed = share(summary.confirmed, summary.confirmed + summary.false_alarms_confirmed);
    summary.false_alarms_a_service_year = summary.false_alarms as f64 / summary.service_years.max(f64::MIN_POSITIVE);
    // A miss is endless, so a quantile that falls on one is not a number of minutes.
    let quantile = |mut values: Vec<i64>, share: f64| {
        values.sort_unstable();
        let place = (values.len().saturating_sub(1) as f64 * share).round() as usize;
        values.get(place).copied().filter(|minutes| *minutes < i64::MAX)
    };
    let delays: Vec<i64> = outages().map(|verdict| verdict.delay.unwrap_or(i64::MAX)).collect();
    let after: Vec<i64> = outages().map(|verdict| verdict.after_first.unwrap_or(i64::MAX)).collect();
    let leads: Vec<i64> = outages().filter_map(|verdict| verdict.lead).collect();
    let lags: Vec<i64> = outages().filter_map(|verdict| verdict.close_lag).collect();
    (summary.delay_median, summary.delay_p90) = (quantile(delays.clone(), 0.5), quantile(delays, 0.9));
    (summary.after_first_median, summary.after_first_p90) = (quantile(after.clone(), 0.5), quantile(after, 0.9));
    summary.with_notice = leads.len();
    summary.lead_median = quantile(leads, 0.5);
    summary.close_lag_median = quantile(lags, 0.5);
}

impl Summary {
    fn told(&self) -> String {
        let minutes = |value: Option<i64>| value.map_or_else(|| "-".to_owned(), |minutes| minutes.to_string());
        format!(
            "{} days ({} quiet), {} documents\n\
             outages found {}/{} (recall {:.2}), confirmed {}; precision {:.2}, of confirmed {:.2}\n\
             delay from the true start: median {} min, p90 {} min; from the first report: median {} min, p90 {} min\n\
             ahead of the operator's notice: median {} min ({} outages with one); end known {} min after the true end (median)\n\
             false alarms {} ({} confirmed) in {:.2} service-years: {:.2} a service-year",
            self.days,
            self.quiet_days,
            self.documents,
            self.found,
            self.outages,
            self.recall,
            self.confirmed,
            self.precision,
            self.precision_confirmed,
            minutes(self.delay_median),
            minutes(self.delay_p90),
            minutes(self.after_first_median),
            minutes(self.after_first_p90),
            minutes(self.lead_median),
            self.with_notice,
            minutes(self.close_lag_median),
            self.false_alarms,
            self.false_alarms_confirmed,
            self.service_years,
            self.false_alarms_a_service_year
        )
    }
}
