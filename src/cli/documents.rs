//! `replay`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use meoktong_index::Document;

use super::End;
use super::analyze::{Seen, lines};
use super::output::{Format, rows};
use super::replay::Recorded;
use crate::detect::Settings;
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
