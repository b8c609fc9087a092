//! `import`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use meoktong_index::Kind;

use super::documents::read;
use super::{Common, End, Usage, open};
use crate::config::Config;
use crate::crawl::fields::Fields;
use crate::pipeline::{Arrived, imported, rows};

/// Documents stored in one transaction.
const BATCH: usize = 500;

/// `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Files of JSON lines, or .csv, .tsv and .json; `-` reads JSON lines from standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Which column or key is what, like title=제목,text=내용,published_at=작성일; files are then rows, not documents
    #[arg(long, value_name = "MAP")]
    pub map: Option<String>,
    /// What the rows of such files are
    #[arg(long, value_enum, default_value_t = RowKind::News)]
    pub kind: RowKind,
    /// Where they are from; none: the file's name
    #[arg(long)]
    pub source: Option<String>,
}

/// What rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RowKind {
    /// Press articles
    News,
    /// An operator's notices
    Notice,
    /// Posts
    Post,
    /// Reviews of apps
    Review,
    /// Trending searches
    Trend,
    /// Entries of a status page
    Status,
}

impl From<RowKind> for Kind {
    fn from(kind: RowKind) -> Self {
        match kind {
            RowKind::News => Kind::News,
            RowKind::Notice => Kind::Notice,
            RowKind::Post => Kind::Post,
            RowKind::Review => Kind::Review,
            RowKind::Trend => Kind::Trend,
            RowKind::Status => Kind::Status,
        }
    }
}

pub(super) fn import(common: &Common, config: Config, args: ImportArgs) -> Result<End> {
    let map = args.map.as_deref().map(Fields::parse).transpose().map_err(|what| Usage(format!("--map: {what}")))?;
    let opened = open::pipeline(common, config)?;
    let now = (opened.pipeline.clock)();
    let progress = ProgressBar::new_spinner().with_style(
        ProgressStyle::with_template("{spinner} {pos} documents, {per_sec}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    let (mut new, mut known, mut bad) = (0, 0, 0);
    let mut batch = Vec::new();
    let mut store = |batch: &mut Vec<Arrived>| -> Result<()> {
        let count = batch.len() as u64;
        // What is imported is one's own: all of it is kept.
        let done = opened.pipeline.take_in(std::mem::take(batch), now, 0, None)?;
        new += done.rows.len();
        known += done.known.len();
        progress.inc(count);
        Ok(())
    };
    for file in &args.files {
        let tabular = file.extension().is_some_and(|e| e == "csv" || e == "tsv" || e == "json");
        if !tabular && map.is_none() {
            bad += read(std::slice::from_ref(file), |document| {
                batch.push(Arrived { document, author: None });
                if batch.len() >= BATCH { store(&mut batch) } else { Ok(()) }
            })?;
            continue;
        }
        let name = file.display().to_string();
        let found = std::fs::read(file)
            .map_err(|error| format!("cannot be opened ({error}) — check the path"))
            .and_then(|bytes| rows(&bytes, file, map.as_ref(), now));
        match found {
            Ok(found) => {
                bad += found.bad.len();
                found.bad.iter().for_each(|what| eprintln!("{name}: {what} — the row is skipped"));
                let source = args.source.clone().unwrap_or_else(|| stem(file));
                for entry in &found.entries {
                    let document = imported(entry, args.kind.into(), &source);
                    batch.push(Arrived { document, author: entry.author.clone() });
                    if batch.len() >= BATCH {
                        store(&mut batch)?;
                    }
                }
            }
            Err(what) => {
                bad += 1;
                eprintln!("{name}: {what}");
            }
        }
    }
    store(&mut batch)?;
    progress.finish_and_clear();
    opened.pipeline.index_gap()?;
    opened.pipeline.tick(now)?;
    eprintln!("{new} documents stored and indexed, {known} known already, {bad} lines skipped");
    Ok(if bad > 0 { End::Failed } else { End::Done })
}

fn stem(file: &Path) -> String {
    file.file_stem().map_or_else(|| "import".to_owned(), |stem| stem.to_string_lossy().into_owned())
}
