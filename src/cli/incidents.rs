//! `incidents` and `history`.

use std::io::Write;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::json;

use super::output::{Format, chosen, rows};
use super::{Common, End, demo, open};
use crate::detect::Transition;
use crate::detect::feedback::{Judged, precision};
use crate::detect::history::merge;
use crate::store::Store;

/// `incidents`.
#[derive(Debug, Args)]
pub struct IncidentsArgs {
    /// One of them, with its timeline and evidence
    pub id: Option<String>,
    /// Only those that go on
    #[arg(long)]
    pub open: bool,
    /// Exit with 3 when one goes on
    #[arg(long)]
    pub check: bool,
    /// Say of an incident whether it was one; `none` takes it back
    #[arg(long, value_enum, requires = "id")]
    pub mark: Option<Mark>,
    /// How often the detector was right, by the marks: over all, by kind of source, by service
    #[arg(long, conflicts_with = "id")]
    pub precision: bool,
    /// How to print
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// What somebody says of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mark {
    /// It was an outage
    Confirmed,
    /// It was none
    False,
    /// Nothing is said
    None,
}

/// `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Only this service
    #[arg(long)]
    pub service: Option<String>,
    /// Only this year
    #[arg(long)]
    pub year: Option<i32>,
    /// How to print
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

pub(super) fn incidents(common: &Common, args: &IncidentsArgs) -> Result<End> {
    let store = open::store(common)?;
    let format = chosen(args.format);
    if args.precision {
        let columns = ["scope", "judged", "right", "precision", "suggested_threshold"];
        rows(&precision(&judged(&store)?), &columns, format)?;
        return Ok(End::Done);
    }
    if let (Some(id), Some(mark)) = (&args.id, args.mark) {
        let correct = match mark {
            Mark::Confirmed => Some(true),
            Mark::False => Some(false),
            Mark::None => None,
        };
        if !store.commit_verdict(id, correct, (open::wall_clock())().timestamp())? {
            bail!("there is no incident {id:?} — `meoktong incidents` lists them");
        }
        eprintln!("{id}: noted; `meoktong incidents --precision` tells how often the detector was right");
        return Ok(End::Done);
    }
    if let Some(id) = &args.id {
        let Some(incident) = store.incident(id)? else {
            bail!("there is no incident {id:?} — `meoktong incidents` lists them");
        };
        let (timeline, evidence) = (store.timeline(id)?, store.evidence(id)?);
        if format == Format::Table {
            demo::print_incident(&incident)?;
            writeln!(std::io::stdout())?;
            rows(&timeline, &["at", "change", "detail.impact", "detail.score", "detail.features"], format)?;
            writeln!(std::io::stdout())?;
            rows(&evidence, &["published_at", "kind", "source", "title", "document"], format)?;
        } else {
            rows(
                &[json!({"incident": incident, "timeline": timeline, "evidence": evidence})],
                &["incident.id"],
                format,
            )?;
        }
        return Ok(if args.check && incident.is_open() { End::Down } else { End::Done });
    }
    let found = store.incidents(args.open, 1000)?;
    rows(&found, &["id", "name", "state", "impact", "opened_at", "closed_at", "failed"], format)?;
    Ok(if args.check && found.iter().any(crate::store::IncidentRow::is_open) { End::Down } else { End::Done })
}

/// The incidents with a verdict, as their last change tells them.
fn judged(store: &Store) -> Result<Vec<Judged>> {
    let mut found = Vec::new();
    for (id, right) in store.verdicts()? {
        let timeline = store.timeline(&id)?;
        let changes: Vec<Transition> = timeline
            .into_iter()
            .map(|change| serde_json::from_value(change.detail))
            .collect::<Result<_, _>>()
            .with_context(|| format!("incident {id:?}: a stored change cannot be read"))?;
        let Some(last) = changes.last() else { continue };
        found.push(Judged {
            service: last.service.clone(),
            families: last.evidence.iter().map(|evidence| evidence.family).collect(),
            score: changes.iter().map(|change| change.score).fold(0.0, f64::max),
            right,
        });
    }
    Ok(found)
}

pub(super) fn history(common: &Common, args: &HistoryArgs) -> Result<End> {
    let told = open::store(common)?.told_outages(args.service.as_deref())?;
    let mut past = merge(&told);
    past.retain(|past| args.year.is_none_or(|year| past.year == year));
    let columns = ["year", "service", "start", "precision", "minutes", "features", "cause", "documents"];
    rows(&past, &columns, chosen(args.format))?;
    Ok(End::Done)
}
