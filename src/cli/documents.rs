//! `search`, `replay` and `reindex`.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use meoktong_index::{Document, Request, SearchError, Sort};

use super::analyze::{Seen, lines};
use super::output::{Format, chosen, rows};
use super::replay::Recorded;
use super::{Common, End, Usage, open};
use crate::config::Config;
use crate::detect::Settings;
use crate::pipeline::index_gap;
use crate::wiring::brain;

/// `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Files of JSON lines; `-` reads standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub format: Format,
}

/// `search`.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Words, "phrases", AND OR NOT -word ( ), and filters such as service:kakaotalk or since:2h
    pub query: Vec<String>,
    /// The order
    #[arg(long, value_enum, default_value_t = By::Relevance)]
    pub sort: By,
    /// Most hits
    #[arg(long, default_value_t = 20)]
    pub limit: usize,
    /// `next` of the page before
    #[arg(long)]
    pub cursor: Option<String>,
    /// How to print; `json` is the whole answer with facets and histogram
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// The order of hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Best match first
    Relevance,
    /// Newest first
    Time,
}

/// Reads JSON lines; calls `take` with each good document and tells of each bad line or file. Returns how many were bad.
pub(super) fn read(files: &[PathBuf], mut take: impl FnMut(Document) -> Result<()>) -> Result<usize> {
    let mut bad = 0;
    let mut seen = Seen::default();
    for file in files {
        let standard = file == Path::new("-");
        let name = if standard { "stdin".to_owned() } else { file.display().to_string() };
        let opened: std::io::Result<Box<dyn BufRead>> = if standard {
            Ok(Box::new(BufReader::new(std::io::stdin())))
        } else {
            File::open(file).map(|file| Box::new(BufReader::new(file)) as Box<dyn BufRead>)
        };
        let input = match opened {
            Ok(input) => input,
            Err(error) => {
                bad += 1;
                eprintln!("{name}: cannot be opened ({error}) — check the path");
                continue;
            }
        };
        lines(input, &name, &mut seen, &mut |parsed| match parsed {
            Ok(document) => take(document),
            Err(what) => {
                bad += 1;
                eprintln!("{what} — the line is skipped");
                Ok(())
            }
        })?;
    }
    Ok(bad)
}

pub(super) fn search(common: &Common, _config: Config, args: SearchArgs) -> Result<End> {
    let brain = brain()?;
    let index = open::index(common, &brain)?;
    index_gap(&*open::store(common)?, &index).context("the index could not be brought up to date")?;
    let sort = match args.sort {
        By::Relevance => Sort::Relevance,
        By::Time => Sort::Time,
    };
    let request = Request {
        query: args.query.join(" "),
        sort,
        limit: args.limit,
        cursor: args.cursor,
        now: (open::wall_clock())(),
    };
    let answer = index.search(&request).map_err(|error| match error {
        SearchError::Query(_) | SearchError::Cursor(_) => Usage(error.to_string()).into(),
        other => anyhow::Error::from(other),
    })?;
    let format = chosen(args.format);
    if format == Format::Json {
        writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&answer)?)?;
    } else {
        rows(&answer.hits, &["published_at", "kind", "source", "services", "outage", "title", "snippet.text"], format)?;
    }
    let note = if answer.fallback { " (by syllables: no whole word matched)" } else { "" };
    eprintln!(
        "{} found{note}{}",
        answer.total,
        answer.next.map_or_else(String::new, |next| format!("; more with --cursor {next}"))
    );
    Ok(End::Done)
}

pub(super) fn replay(args: ReplayArgs) -> Result<End> {
    let brain = brain()?;
    let mut documents = Vec::new();
    let bad = read(&args.files, |document| {
        let analysis = (brain.analyse)(&document);
        documents.push(Recorded { document, analysis, author: None });
        Ok(())
    })?;
    if args.format == Format::Jsonl {
        super::replay::run(documents, &brain.catalogue, Settings::default(), &mut std::io::stdout().lock())?;
    } else {
        let mut lines = Vec::new();
        super::replay::run(documents, &brain.catalogue, Settings::default(), &mut lines)?;
        let lines = String::from_utf8_lossy(&lines);
        let changes = lines.lines().map(serde_json::from_str).collect::<Result<Vec<serde_json::Value>, _>>()?;
        rows(&changes, &["at", "incident", "change", "service", "features", "impact", "score"], args.format)?;
    }
    Ok(if bad > 0 { End::Failed } else { End::Done })
}

pub(super) fn reindex(common: &Common) -> Result<End> {
    let brain = brain()?;
    let store = open::store(common)?;
    let directory = common.data_dir.join("index");
    if directory.exists() {
        std::fs::remove_dir_all(&directory).with_context(|| format!("{} cannot be removed", directory.display()))?;
    }
    let index = open::index(common, &brain)?;
    eprintln!("{} documents indexed", index_gap(&store, &index)?);
    Ok(End::Done)
}
