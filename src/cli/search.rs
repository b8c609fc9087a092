//! `search` and `reindex`.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use meoktong_index::{Answer, Interval, Level, Options, Rebuild, Request, SearchError, SearchIndex, Sort};

use super::output::{Format, chosen, rows, safe};
use super::{Common, End, Usage, open};
use crate::config::Config;
use crate::pipeline::{index_gap, index_with};
use crate::results::{self, Row};
use crate::wiring::brain;

/// `search`.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Words, "phrases", AND OR NOT -word ( ), and filters such as service:kakaotalk or since:2h; behind -- a word may begin
    /// with a hyphen
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
    /// All hits, newest first, as they are read; with --format csv or jsonl
    #[arg(long, conflicts_with_all = ["cursor", "explain", "related"])]
    pub all: bool,
    /// Only what has every word as it stands; nothing is loosened when nothing is found
    #[arg(long)]
    pub strict: bool,
    /// Copies of one story are shown once, with their number
    #[arg(long)]
    pub collapse: bool,
    /// Names so many terms that are over-represented in the result
    #[arg(long, value_name = "COUNT", num_args = 0..=1, default_missing_value = "10", default_value_t = 0)]
    pub related: usize,
    /// Width of the bars of the histogram
    #[arg(long, value_enum, default_value_t = Width::Day)]
    pub interval: Width,
    /// How the query was read, and what each score is made of
    #[arg(long)]
    pub explain: bool,
    /// How to print; `json` is the whole answer with facets and histogram, `atom` and `feed` (JSON Feed) can be subscribed to
    #[arg(long, value_enum)]
    pub format: Option<Form>,
}

/// The order of hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Best match first
    Relevance,
    /// Newest first
    Time,
    /// Best match first, where a match counts half after three days
    Recent,
}

/// Width of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Width {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
    Auto,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Columns for people
    Table,
    /// The whole answer
    Json,
    /// One hit a line
    Jsonl,
    /// Comma-separated values with a header
    Csv,
    /// An Atom feed
    Atom,
    /// A JSON Feed
    Feed,
}

pub(super) fn search(common: &Common, config: Config, args: SearchArgs) -> Result<End> {
    let brain = brain()?;
    let directory = common.data_dir.join("index");
    let index = match SearchIndex::open_read(&directory, brain.tokens.clone(), &brain.fingerprint)? {
        Some(index) => index,
        None => SearchIndex::open(&directory, brain.tokens.clone(), &brain.fingerprint)?.0,
    };
    match index_gap(&*open::store(common)?, &index) {
        Ok(_) => {}
        // The daemon writes; it is up to date there within a second.
        Err(error) if matches!(error.downcast_ref::<SearchError>(), Some(SearchError::Busy)) => {}
        Err(error) => return Err(error.context("the index could not be brought up to date")),
    }
    let request = Request {
        query: args.query.join(" "),
        sort: match args.sort {
            By::Relevance => Sort::Relevance,
            By::Time => Sort::Time,
            By::Recent => Sort::Recent,
        },
        limit: args.limit,
        cursor: args.cursor,
        now: (open::wall_clock())(),
    };
    let options = Options {
        strict: args.strict,
        collapse: args.collapse,
        related: args.related,
        explain: args.explain,
        interval: match args.interval {
            Width::Minute => Interval::Minute,
            Width::Hour => Interval::Hour,
            Width::Day => Interval::Day,
            Width::Week => Interval::Week,
            Width::Month => Interval::Month,
            Width::Year => Interval::Year,
            Width::Auto => Interval::Auto,
        },
        ..Options::default()
    };
    let form = args.format.unwrap_or_else(|| match chosen(None) {
        Format::Table => Form::Table,
        _ => Form::Jsonl,
    });
    if args.all {
        return all(&index, &request, &options, form);
    }
    let answer = index.answer(&request, &options).map_err(usage)?;
    let base = format!("http://{}", config.http.listen);
    match form {
        Form::Json => {
            let mut whole = serde_json::to_value(&answer)?;
            whole["permalink"] = results::permalink(&base, &request, &options).into();
            writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&whole)?)?;
        }
        Form::Atom => write!(std::io::stdout(), "{}", results::atom(&base, &request, &options, &answer))?,
        Form::Feed => {
            let feed = results::json_feed(&base, &request, &options, &answer);
            writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&feed)?)?;
        }
        Form::Table => rows(
            &answer.hits,
            &["published_at", "kind", "source", "services", "outage", "title", "snippet.text"],
            Format::Table,
        )?,
        Form::Jsonl => rows(&answer.hits, &[], Format::Jsonl)?,
        Form::Csv => rows(&answer.hits.iter().map(Row::from).collect::<Vec<_>>(), &Row::COLUMNS, Format::Csv)?,
    }
    told(&answer);
    Ok(End::Done)
}

fn usage(error: SearchError) -> anyhow::Error {
    match error {
        SearchError::Query(_) | SearchError::Cursor(_) => Usage(error.to_string()).into(),
        other => other.into(),
    }
}

/// What belongs beside the hits.
fn told(answer: &Answer) {
    let note = match answer.level {
        Level::All => "",
        Level::Pairs => " (by pairs of letters: no document has every word as it stands)",
        Level::Some => " (with some of the words: no document has all of them)",
    };
    let partial = answer.hits.iter().filter(|hit| hit.partial).count();
    let partial = if partial > 0 { format!("; {partial} more with some of the words") } else { String::new() };
    let next = answer.next.as_ref().map_or_else(String::new, |next| format!("; more with --cursor {next}"));
    eprintln!("{} found{note}{partial}{next}", answer.total);
    for suggestion in &answer.suggestions {
        eprintln!("did you mean {} ({})", safe(&suggestion.query), suggestion.reason);
    }
    if !answer.related.is_empty() {
        let terms = answer.related.iter().map(|related| format!("{} ({}/{})", related.term, related.hits, related.all));
        eprintln!("more often here than elsewhere: {}", terms.collect::<Vec<_>>().join(", "));
    }
    if let Some(explain) = &answer.explain {
        eprintln!("read as {}", safe(&explain.plan));
        for word in &explain.words {
            let list = |name: &str, values: &[String]| match values {
                [] => String::new(),
                values => format!("; {name} {}", values.join(", ")),
            };
            let (parts, same) = (list("parts", &word.parts), list("same as", &word.synonyms));
            eprintln!("  {}: terms {}{parts}{same}", safe(&word.word), word.terms.join(", "));
        }
        for hit in answer.hits.iter().filter(|hit| !hit.why.is_empty()) {
            let why = hit.why.iter().map(|why| format!("{} {:.2}", why.matched, why.score)).collect::<Vec<_>>();
            eprintln!("  {} {:.2} = {}", safe(&hit.id), hit.score.unwrap_or_default(), why.join(" + "));
        }
    }
}

/// Every hit, newest first, page by page: memory stays the same however many there are.
fn all(index: &SearchIndex, request: &Request, options: &Options, form: Form) -> Result<End> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let csv = match form {
        Form::Csv => true,
        Form::Jsonl => false,
        _ => return Err(Usage("--all writes csv or jsonl: give --format csv or --format jsonl".into()).into()),
    };
    let mut written = 0;
    results::export(index, request, options, csv, &mut |line| {
        written += 1;
        Ok(out.write_all(line)?)
    })
    .map_err(|error| match error.downcast::<SearchError>() {
        Ok(error) => usage(error),
        Err(other) => other,
    })?;
    out.flush()?;
    eprintln!("{} written", written - usize::from(csv));
    Ok(End::Done)
}

pub(super) fn reindex(common: &Common) -> Result<End> {
    let brain = brain()?;
    let store = open::store(common)?;
    let directory: PathBuf = common.data_dir.join("index");
    let (documents, _) = store.document_count()?;
    let terminal = std::io::stderr().is_terminal();
    // The index in use serves until the new one is whole.
    let rebuild =
        Rebuild::begin(&directory, brain.tokens.clone(), &brain.fingerprint).map_err(|error| match error {
            SearchError::Busy => anyhow::anyhow!("another reindex runs — wait for it"),
            other => other.into(),
        })?;
    let mut told = 0;
    let mut progress = |done: usize| {
        let percent = done * 100 / usize::try_from(documents.max(1)).unwrap_or(usize::MAX);
        if terminal {
            eprint!("\r{done} of {documents} documents, {} % ", percent.min(100));
            let _ = std::io::stderr().flush();
        } else if percent >= told + 10 {
            told = percent;
            eprintln!("{done} of {documents} documents");
        }
    };
    let indexed = index_with(&store, rebuild.index(), &mut progress)?;
    rebuild.finish().context("the new index could not take the place of the old one")?;
    if terminal {
        eprintln!();
    }
    eprintln!("{indexed} documents indexed");
    Ok(End::Done)
}
