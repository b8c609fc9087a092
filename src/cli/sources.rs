//! `crawl` and `sources`.

use anyhow::{Context, Result};
use chrono::Duration;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use meoktong_dictionaries::Catalogue;
use serde_json::json;

use super::output::{Format, chosen, rows, safe};
use super::{Common, End, Usage, open};
use crate::config::{Adapter, Config};
use crate::crawl::fetch::{Fetched, Validators};
use crate::crawl::habit::{Habit, judge};
use crate::crawl::plan::{self, Cursor, Keys};
use crate::crawl::read::{Answer, read};
use crate::pipeline::{condition, to_document};

/// `crawl`.
#[derive(Debug, Args)]
pub struct CrawlArgs {
    /// Names of sources; none crawls all that are enabled
    pub sources: Vec<String>,
    /// How to print
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// `sources`.
#[derive(Debug, Args)]
pub struct SourcesArgs {
    /// What to do with one
    #[command(subcommand)]
    pub command: Option<SourcesCommand>,
    /// How to print
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// `sources …`.
#[derive(Debug, Subcommand)]
pub enum SourcesCommand {
    /// Fetches a source and shows what it would store
    Test {
        /// Its name
        name: String,
        /// How to print
        #[arg(long, value_enum)]
        format: Option<Format>,
    },
}

pub(super) async fn crawl(common: &Common, config: Config, args: CrawlArgs) -> Result<End> {
    let wanted = if args.sources.is_empty() {
        config.source.iter().filter(|source| source.enabled).cloned().collect()
    } else {
        let named = args.sources.iter().map(|name| config.source(name).cloned().map_err(|error| Usage(error).into()));
        named.collect::<Result<Vec<_>>>()?
    };
    let opened = open::pipeline(common, config)?;
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} sources, {elapsed} {wide_msg}");
    let bar = ProgressBar::new(wanted.len() as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    let reports = opened.pipeline.crawl_each(&wanted, |report| {
        bar.set_message(format!("{}: {} new", safe(&report.source), report.new));
        bar.inc(1);
    });
    let reports = reports.await?;
    bar.finish_and_clear();
    opened.pipeline.beat().await?;
    rows(
        &reports,
        &["source", "new", "known", "updated", "unchanged", "skipped", "pages_failed", "seconds", "error", "note"],
        chosen(args.format),
    )?;
    let failed = reports.iter().filter(|report| report.error.is_some()).count();
    let new: usize = reports.iter().map(|report| report.new).sum();
    eprintln!("{} sources: {new} new documents, {failed} failed", reports.len());
    Ok(if reports.iter().any(|report| report.error.is_some()) { End::Failed } else { End::Done })
}

pub(super) async fn sources(common: &Common, config: Config, args: SourcesArgs) -> Result<End> {
    if let Some(SourcesCommand::Test { name, format }) = args.command {
        return test(config, &name, format).await;
    }
    let store = open::store(common)?;
    let now = (open::wall_clock())();
    let shown = config.source.iter().map(|source| {
        let state = store.fetch_state(&source.name)?;
        let time = |seconds: Option<i64>| {
            seconds.and_then(|s| chrono::DateTime::from_timestamp(s, 0)).map(|at| at.with_timezone(now.offset()).to_rfc3339())
        };
        let old = (now - Duration::hours(config.crawl.stale_hours)).timestamp();
        let progress = store.progress(&source.name)?;
        let hours = store.habit_hours(&source.name)?;
        let silent = matches!(judge(&hours, now.timestamp().div_euclid(3600)), Habit::Silent(_));
        let condition = condition(source, &state, &progress, silent, old);
        Ok(json!({
            "source": source.name, "condition": condition, "schedule": source.schedule, "next": time(Some(state.next_check_at).filter(|s| *s > 0)),
            "last": time(state.checked_at), "newest": time(state.newest_at), "stored": state.stored, "skipped": progress.skipped, "pace": progress.pace, "broken_since": time(progress.broken_at),
            "drift_since": time(progress.drift_at), "errors": state.error_count,
            "error": state.last_error, "url": source.address(),
        }))
    });
    let shown = shown.collect::<Result<Vec<_>>>()?;
    rows(
        &shown,
        &["source", "condition", "schedule", "next", "last", "stored", "errors", "error"],
        chosen(args.format),
    )?;
    Ok(End::Done)
}

async fn test(config: Config, name: &str, format: Option<Format>) -> Result<End> {
    let source = config.source(name).map_err(Usage)?;
    let told = |what: String| anyhow::anyhow!("source {name:?}: {what}");
    let now = (open::wall_clock())();
    if source.adapter.is_pushed() || source.adapter == Adapter::Folder {
        anyhow::bail!("source {name:?} is not polled — `meoktong crawl {name}` tries it, `meoktong run` keeps it open");
    }
    let keys = Keys::of(source).map_err(told)?;
    let call = plan::calls(source, &Catalogue::bundled(), &keys, &Cursor::default(), 1, now).into_iter().next();
    let call = call.ok_or_else(|| told("it has nothing to ask — name queries, services or tags".into()))?;
    let fetcher = open::fetcher(&config)?;
    let fetched = fetcher.ask(&call.request, &Validators::default()).await;
    let Fetched::Fresh { url, bytes, content_type, .. } = fetched.with_context(|| format!("source {name:?}"))? else {
        return Err(told("the server says that nothing changed, though it was not asked — try again later".into()));
    };
    let answer = Answer { bytes: &bytes, content_type: content_type.as_deref(), url: &url };
    let found = read(source, answer, now).with_context(|| format!("source {name:?}"))?;
    let documents: Vec<_> = found.entries.iter().map(|entry| to_document(source, entry)).collect();
    let about = if call.about.is_empty() { String::new() } else { format!(" for {:?}", call.about) };
    eprintln!(
        "{}: {} bytes, {} entries{about}, {} set aside",
        safe(url.host_str().unwrap_or_default()),
        bytes.len(),
        documents.len(),
        found.skipped
    );
    rows(&documents, &["id", "published_at", "kind", "title", "url"], chosen(format))?;
    Ok(End::Done)
}
