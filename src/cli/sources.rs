//! `crawl` and `sources`.

use anyhow::{Context, Result};
use chrono::Duration;
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{Format, chosen, rows, safe};
use super::{Common, End, Usage, open};
use crate::config::Config;
use crate::crawl::charset;
use crate::crawl::fetch::{Fetched, Validators};
use crate::pipeline::{entries, to_document};

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
    let reports = opened.pipeline.crawl_all(&wanted).await?;
    opened.pipeline.beat().await?;
    rows(&reports, &["source", "new", "known", "unchanged", "pages_failed", "error"], chosen(args.format))?;
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
        let condition = match &state {
            _ if !source.enabled => "off",
            state if state.checked_at.is_none() => "new",
            state if state.error_count > 0 => "failing",
            state if state.newest_at.is_some_and(|newest| newest < old) => "stale",
            _ => "ok",
        };
        Ok(json!({
            "source": source.name, "condition": condition, "schedule": source.schedule, "next": time(Some(state.next_check_at).filter(|s| *s > 0)),
            "last": time(state.checked_at), "newest": time(state.newest_at), "stored": state.stored, "errors": state.error_count,
            "error": state.last_error, "url": source.url,
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
    let fetched = open::fetcher(&config)?.get(&source.url, &Validators::default()).await;
    let fetched = fetched.with_context(|| format!("source {name:?}"))?;
    let Fetched::Fresh { url, bytes, content_type, .. } = fetched else {
        anyhow::bail!(
            "source {name:?}: the server says that nothing changed, though it was not asked — try again later"
        );
    };
    let text = charset::decode(&bytes, content_type.as_deref());
    let found = entries(source, &text, &url, (open::wall_clock())()).with_context(|| format!("source {name:?}"))?;
    let documents: Vec<_> = found.iter().map(|entry| to_document(source, entry)).collect();
    eprintln!("{}: {} bytes, {} entries", safe(url.as_str()), bytes.len(), documents.len());
    rows(&documents, &["id", "published_at", "kind", "title", "url"], chosen(format))?;
    Ok(End::Done)
}
