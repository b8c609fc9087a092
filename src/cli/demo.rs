//! `demo`.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, FixedOffset, NaiveTime};
use clap::Args;
use meoktong_dictionaries::Catalogue;

use super::output::{Format, padded, rows, safe};
use super::run::stopping;
use super::{End, live};
use crate::config::Config;
use crate::demo::{Outcome, Stage, Told};
use crate::detect::OnsetSource;
use crate::http::{self, Shared};
use crate::store::{Exposure, IncidentRow, Which};
use crate::wiring::{Brain, brain};

/// `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// End after the replay and print the incidents
    #[arg(long)]
    pub once: bool,
    /// How many times faster than the clock the outages run; quiet hours run as fast as the machine can
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=6000))]
    pub speed: u32,
    /// Stop the day at this time of it, as 09:40, and keep it open there
    #[arg(long, value_name = "HH:MM", value_parser = clock, conflicts_with = "once")]
    pub until: Option<NaiveTime>,
    /// Where the dashboard listens; the default is http.listen of the configuration
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// How to print
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

fn clock(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| format!("{text:?} is no time like 09:40"))
}

pub(super) async fn demo(mut config: Config, args: DemoArgs) -> Result<End> {
    // The day's clock runs faster than the pace of readers is measured by, and nothing here is worth protecting.
    config.http.rate_per_minute = 0;
    config.http.protect_reads = false;
    let brain = brain()?;
    if !args.once {
        return played(config, brain, args).await;
    }
    let terminal = std::io::stderr().is_terminal();
    if !terminal {
        eprintln!("replaying the recorded day through loopback");
    }
    let replayed = crate::demo::replay(&brain, config, |now| {
        if terminal {
            eprint!("\rreplaying {} ", now.format("%Y-%m-%d %H:%M"));
            let _ = std::io::stderr().flush();
        }
    })
    .await?;
    if terminal {
        eprintln!();
    }
    print(&replayed.outcome, &brain.catalogue, args.format)?;
    Ok(if replayed.outcome.failures.is_empty() { End::Done } else { End::Failed })
}

/// The day before the eyes: terminal and dashboard show it as it happens, then the sum of it.
async fn played(config: Config, brain: Brain, args: DemoArgs) -> Result<End> {
    let wanted = args.listen.unwrap_or_else(|| config.http.listen.clone());
    let listener = match http::listen(&wanted).await {
        Ok(listener) => listener,
        // A newcomer's port may be taken; any other shows the day as well.
        Err(error) => {
            eprintln!("{error:#}; another port is taken");
            http::listen("127.0.0.1:0").await?
        }
    };
    let address = format!("http://{}/", listener.local_addr()?);
    let mut stage = Stage::set(&brain, config).await?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let shared = Shared::new(stage.pipeline.clone(), brain.clone(), stopped);
    let serving = tokio::spawn(http::serve(shared, listener));
    let mut stopping = std::pin::pin!(stopping());
    let mut view = live::View::new(address.clone(), args.speed);
    let minute = Duration::from_secs_f64(60.0 / f64::from(args.speed));
    let mut beat = tokio::time::interval(minute);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut asked_to_stop = false;
    let first = stage.now().date_naive();
    let held =
        |now: DateTime<FixedOffset>| args.until.is_some_and(|until| now.date_naive() > first || now.time() > until);
    while !stage.is_over() && !asked_to_stop && !held(stage.now()) {
        let quiet =
            stage.ahead(10) < BUSY && stage.pipeline.store.incidents_page(Which::Live, None, None, 1)?.is_empty();
        if !quiet {
            tokio::select! { _ = beat.tick() => {}, () = &mut stopping => asked_to_stop = true }
        }
        let now = stage.now();
        let brought = stage.minute().await?;
        view.show(&stage, now, &brought, quiet)?;
    }
    view.close();
    let outcome = stage.outcome()?;
    print(&outcome, &brain.catalogue, args.format)?;
    if !asked_to_stop {
        eprint!("{}", next(&address));
        stopping.await;
    }
    let _ = stop.send(true);
    serving.await??;
    Ok(End::Done)
}

/// Publications in ten minutes from which the day runs at the speed that was asked for.
const BUSY: usize = 7;

/// What a newcomer may try.
fn next(address: &str) -> String {
    format!(
        "\n다음 (what to try next), the day stays open until Ctrl-C:\n  \
         {address}                                 화면 (the dashboard)\n  \
         {address}search?q=outage:true+kind:review  검색 (search)\n  \
         {address}dictionary                       글 읽어 보기 (try a text)\n  \
         curl '{address}api/v1/incidents'          API, {address}api/openapi.json\n  \
         meoktong config default > meoktong.toml; meoktong run --config meoktong.toml   실제 수집 (the real thing)\n"
    )
}

fn print(outcome: &Outcome, catalogue: &Catalogue, format: Option<Format>) -> Result<()> {
    match format.unwrap_or(Format::Table) {
        Format::Table => std::io::stdout().lock().write_all(report(outcome, catalogue).as_bytes())?,
        format => rows(
            &outcome.incidents,
            &[
                "id",
                "service",
                "state",
                "impact",
                "onset",
                "ended",
                "confirmed_at",
                "lead_minutes",
                "failed",
                "exposed",
                "unaffected",
            ],
            format,
        )?,
    }
    let (fresh, unchanged, missing) = outcome.answers;
    eprintln!(
        "{} documents over HTTP: {fresh} answers, {unchanged} times 304, {missing} times 404, {} crawls failed; {:.1} s",
        outcome.documents,
        outcome.failures.len(),
        outcome.seconds
    );
    for failure in outcome.failures.iter().take(10) {
        eprintln!("{}", safe(failure));
    }
    Ok(())
}

/// The day for people, in Korean with an English gloss.
fn report(outcome: &Outcome, catalogue: &Catalogue) -> String {
    let mut out = String::new();
    for told in &outcome.incidents {
        incident(&mut out, told, catalogue);
        out.push('\n');
    }
    if outcome.incidents.is_empty() {
        out.push_str("장애 없음 (no outage)\n");
    }
    let (received, genuine) = outcome.webhooks;
    out + &format!("웹훅 (webhooks): {received} 수신 (received), {genuine} 서명 확인 (with a valid signature)\n")
}

fn incident(out: &mut String, told: &Told, catalogue: &Catalogue) {
    let row = &told.row;
    let service = catalogue.service(&row.service);
    let english = service.map_or(row.service.as_str(), |service| service.name_en.as_str());
    out.push_str(&format!("■ {} ({english}), {}, {}, {}\n", safe(&row.name), row.impact, row.state, row.id));
    let mut line = |head: &str, text: String| {
        out.push_str("  ");
        out.push_str(&padded(head, 26));
        out.push_str(&safe(&text));
        out.push('\n');
    };
    let failed: Vec<String> = row
        .failed
        .iter()
        .map(|failed| match service.and_then(|service| service.feature(&failed.feature)) {
            Some(feature) => format!("{} ({})", feature.name, feature.name_en),
            None => failed.name.clone(),
        })
        .collect();
    let failed = if failed.is_empty() { "서비스 전체 (the whole service)".to_owned() } else { failed.join(", ") };
    line("장애 기능 (failed)", failed);
    let clock = |at: DateTime<FixedOffset>| at.format("%m-%d %H:%M").to_string();
    let known = match told.onset_source {
        OnsetSource::Official => "공지 기준 (stated by the operator)",
        OnsetSource::Agreed => "여러 보도 일치 (sources agree)",
        OnsetSource::Stated => "보도 기준 (stated in a text)",
        OnsetSource::ChangePoint => "보고 급증 시점 (when reports rose)",
        OnsetSource::Day => "날짜만 확인 (only the day is known)",
    };
    let until = told.ended.map_or_else(
        || "진행 중 (goes on)".to_owned(),
        |ended| format!("{} ({}분, minutes)", ended.format("%H:%M"), (ended - told.onset).num_minutes()),
    );
    line("기간 (since ~ until)", format!("{} ~ {until}, {known}", clock(told.onset)));
    if let Some(cause) = &told.cause {
        line("원인 (cause)", cause.clone());
    }
    let stored = |text: Option<&String>| text.and_then(|text| DateTime::parse_from_rfc3339(text).ok()).map(clock);
    if let Some(first) = stored(row.first_evidence_at.as_ref()) {
        line("첫 근거 (first evidence)", first);
    }
    if let Some(opened) = stored(Some(&row.opened_at)) {
        line("감지 (detected)", format!("{opened} 의심 (suspected), {} 확인 (confirmed)", clock(told.confirmed_at)));
    }
    let notice = match (stored(row.first_notice_at.as_ref()), told.lead_minutes) {
        (Some(at), Some(0)) => format!("{at}, 확인과 같은 시각 (confirmed with it)"),
        (Some(at), Some(lead)) if lead > 0 => {
            format!("{at}, 확인이 {lead}분 빨랐음 (confirmed {lead} minutes before it)")
        }
        (Some(at), Some(lead)) => format!("{at}, 확인이 {}분 늦었음 (confirmed {} minutes after it)", -lead, -lead),
        _ => "없음 (none)".to_owned(),
    };
    line("공식 공지 (notice)", notice);
    for (place, reach) in reached(row, catalogue).into_iter().enumerate() {
        line(if place == 0 { "영향권 (exposed)" } else { "" }, reach);
    }
    let unaffected: Vec<String> = row
        .unaffected
        .iter()
        .map(|one| {
            format!("{} ({})", one.name, if one.via == "stand-alone" { "자체 앱, own app" } else { "보도됨, reported" })
        })
        .collect();
    if !unaffected.is_empty() {
        line("정상 (unaffected)", unaffected.join(", "));
    }
    let kinds: Vec<String> =
        told.sources.iter().map(|(family, count)| format!("{} {count}", family.korean())).collect();
    line("근거 (evidence)", format!("문서 {}건 (documents): {}", told.evidence.len(), kinds.join(", ")));
}

/// Most lines of services that hang on what failed.
const REACH: usize = 8;

/// What hangs on the failure, a line a service.
fn reached(row: &IncidentRow, catalogue: &Catalogue) -> Vec<String> {
    let mut services: Vec<(&str, Vec<&Exposure>)> = Vec::new();
    for exposed in &row.exposed {
        match services.iter_mut().find(|(service, _)| *service == exposed.service) {
            Some((_, hit)) => hit.push(exposed),
            None => services.push((&exposed.service, vec![exposed])),
        }
    }
    let mut lines: Vec<String> = services
        .iter()
        .take(REACH)
        .map(|(id, hit)| {
            let service = catalogue.service(id);
            let name = service.map_or(*id, |service| service.name.as_str());
            let features: Vec<&str> = hit
                .iter()
                .filter_map(|one| one.feature.as_deref())
                .map(|feature| {
                    service
                        .and_then(|service| service.feature(feature))
                        .map_or(feature, |feature| feature.name.as_str())
                })
                .collect();
            let features = if features.is_empty() { "전체 (all of it)".to_owned() } else { features.join(", ") };
            let mut via: Vec<&str> = hit.iter().map(|one| one.via.as_str()).collect();
            via.dedup();
            format!("{name}: {features} [{}]", via.join(", "))
        })
        .collect();
    if services.len() > REACH {
        let more = services.len() - REACH;
        lines.push(format!("외 {more}곳 (and {more} more)"));
    }
    lines
}

pub(super) fn print_incident(incident: &IncidentRow) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{}  {} ({})  {}  {}",
        incident.id,
        safe(&incident.name),
        incident.service,
        incident.impact,
        incident.state
    )?;
    writeln!(out, "  {} ~ {}", incident.opened_at, incident.closed_at.as_deref().unwrap_or("진행 중 (goes on)"))?;
    if let (Some(first), notice) = (&incident.first_evidence_at, &incident.first_notice_at) {
        writeln!(out, "  first evidence {first}; first official notice {}", notice.as_deref().unwrap_or("none"))?;
    }
    let failed: Vec<&str> = incident.failed.iter().map(|feature| feature.name.as_str()).collect();
    writeln!(
        out,
        "  장애 (failed):     {}",
        if failed.is_empty() { "서비스 전체".to_owned() } else { failed.join(", ") }
    )?;
    for (title, list) in [("영향권 (exposed):  ", &incident.exposed), ("정상 (unaffected): ", &incident.unaffected)]
    {
        if !list.is_empty() {
            let shown: Vec<String> =
                list.iter().take(12).map(|one| format!("{} [{}]", safe(&one.name), safe(&one.via))).collect();
            let more = list.len().saturating_sub(12);
            let tail = if more > 0 { format!(" … and {more} more") } else { String::new() };
            writeln!(out, "  {title}{}{tail}", shown.join(", "))?;
        }
    }
    Ok(())
}
