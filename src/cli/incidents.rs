//! `incidents` and `history`.

use std::io::Write;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

use super::output::{Format, chosen, rows};
use super::{Common, End, demo, open};

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
    /// How to print
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Only this service
    #[arg(long)]
    pub service: Option<String>,
    /// How to print
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

pub(super) fn incidents(common: &Common, args: &IncidentsArgs) -> Result<End> {
    let store = open::store(common)?;
    let format = chosen(args.format);
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

pub(super) fn history(common: &Common, args: &HistoryArgs) -> Result<End> {
    let told = open::store(common)?.history(args.service.as_deref())?;
    rows(&told, &["year", "service", "start", "minutes", "cause", "documents"], chosen(args.format))?;
    Ok(End::Done)
}
