//! `demo` and `run`.

use std::io::{IsTerminal, Write};

use anyhow::Result;
use clap::Args;
use tokio::sync::watch;

use super::output::{Format, chosen, rows, safe};
use super::{Common, End, open};
use crate::config::Config;
use crate::http::{self, Shared};
use crate::store::IncidentRow;
use crate::wiring::brain;

/// `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// End after the replay and print the incidents
    #[arg(long)]
    pub once: bool,
    /// How to print
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

pub(super) async fn demo(config: Config, args: DemoArgs) -> Result<End> {
    let brain = brain()?;
    let listen = config.http.listen.clone();
    let terminal = std::io::stderr().is_terminal();
    let replayed = crate::demo::replay(&brain, config, |now| {
        if terminal {
            eprint!("\r{} ", now.format("%Y-%m-%d %H:%M"));
            let _ = std::io::stderr().flush();
        }
    })
    .await?;
    if terminal {
        eprintln!();
    }
    let outcome = &replayed.outcome;
    let format = args.format.unwrap_or(if std::io::stdout().is_terminal() { Format::Table } else { chosen(None) });
    if format == Format::Table {
        for incident in &outcome.incidents {
            print_incident(incident)?;
        }
    } else {
        rows(&outcome.incidents, &["id", "service", "state", "impact", "opened_at", "closed_at", "failed", "exposed", "unaffected"], format)?;
    }
    let (fresh, unchanged, missing) = outcome.answers;
    eprintln!(
        "{} documents, {} incidents, {} webhooks ({} with a valid signature); {fresh} answers, {unchanged} times 304, {missing} times 404, \
         {} crawls failed; {:.1} s",
        outcome.documents,
        outcome.incidents.len(),
        outcome.webhooks.0,
        outcome.webhooks.1,
        outcome.failures.len(),
        outcome.seconds
    );
    for failure in outcome.failures.iter().take(10) {
        eprintln!("{}", safe(failure));
    }
    if args.once {
        return Ok(if outcome.failures.is_empty() { End::Done } else { End::Failed });
    }
    eprintln!("the day stays open at http://{listen}/ until Ctrl-C");
    http::serve(Shared { pipeline: replayed.pipeline, brain }, &listen, stopping()).await?;
    Ok(End::Done)
}

pub(super) fn print_incident(incident: &IncidentRow) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}  {} ({})  {}  {}", incident.id, safe(&incident.name), incident.service, incident.impact, incident.state)?;
    writeln!(out, "  {} ~ {}", incident.opened_at, incident.closed_at.as_deref().unwrap_or("진행 중 (goes on)"))?;
    if let (Some(first), notice) = (&incident.first_evidence_at, &incident.first_notice_at) {
        writeln!(out, "  first evidence {first}; first official notice {}", notice.as_deref().unwrap_or("none"))?;
    }
    let failed: Vec<&str> = incident.failed.iter().map(|feature| feature.name.as_str()).collect();
    writeln!(out, "  장애 (failed):     {}", if failed.is_empty() { "서비스 전체".to_owned() } else { failed.join(", ") })?;
    for (title, list) in [("영향권 (exposed):  ", &incident.exposed), ("정상 (unaffected): ", &incident.unaffected)] {
        if !list.is_empty() {
            let shown: Vec<String> = list.iter().take(12).map(|one| format!("{} [{}]", safe(&one.name), safe(&one.via))).collect();
            let more = list.len().saturating_sub(12);
            let tail = if more > 0 { format!(" … and {more} more") } else { String::new() };
            writeln!(out, "  {title}{}{tail}", shown.join(", "))?;
        }
    }
    Ok(())
}

/// Turns true at Ctrl-C or a request to end.
fn stopping() -> watch::Receiver<bool> {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        #[cfg(unix)]
        {
            let Ok(mut end) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else { return };
            tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = end.recv() => {} }
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        let _ = stop.send(true);
    });
    stopped
}

pub(super) async fn daemon(common: &Common, config: Config) -> Result<End> {
    let listen = config.http.listen.clone();
    let opened = open::pipeline(common, config)?;
    let stop = stopping();
    let shared = Shared { pipeline: opened.pipeline.clone(), brain: opened.brain };
    let serving = tokio::spawn({
        let stop = stop.clone();
        async move { http::serve(shared, &listen, stop).await }
    });
    tokio::select! {
        ran = opened.pipeline.run(stop) => ran?,
        // It ends before the pipeline only when its address cannot be had.
        served = serving => served??,
    }
    Ok(End::Done)
}
