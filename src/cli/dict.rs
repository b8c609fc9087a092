//! `meoktong dict`: checks the dictionaries, a user's own files among them.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{End, Usage};
use meoktong_dictionaries::{Catalogue, Lexicon, Mistake, Source, bundled};
use meoktong_index::morpheme::{Analyzer, Workspace};

/// Arguments of `dict`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Checks catalogue and lexicon and reports every mistake at once
    Check {
        /// Folder with files of your own to lay over the bundled ones: services/*.toml and outage.toml
        #[arg(long)]
        own: Option<PathBuf>,
    },
}

/// The bundled dictionary files, and behind them those of a user's folder.
///
/// # Errors
/// If the folder or a file in it cannot be read.
pub fn sources(own: Option<&Path>) -> Result<(Vec<Source>, Vec<Source>)> {
    let (mut services, mut lexicon) = (bundled::services(), bundled::lexicon());
    if let Some(folder) = own {
        let entries = |folder: &Path| -> Result<Vec<PathBuf>> {
            let listed = fs::read_dir(folder).with_context(|| {
                format!("{} cannot be listed — give a folder with services/*.toml or outage.toml", folder.display())
            })?;
            let mut paths: Vec<PathBuf> = listed
                .filter_map(|entry| entry.ok().map(|e| e.path()))
                .filter(|p| p.extension().is_some_and(|e| e == "toml"))
                .collect();
            paths.sort();
            Ok(paths)
        };
        let read = |path: &Path| -> Result<Source> {
            let content = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
            Ok(Source::new(path.display().to_string(), content))
        };
        let nested = folder.join("services");
        if nested.is_dir() {
            for path in entries(&nested)? {
                services.push(read(&path)?);
            }
        }
        for path in entries(folder)? {
            if path.file_name().is_some_and(|name| name == "outage.toml") {
                lexicon.push(read(&path)?);
            } else {
                services.push(read(&path)?);
            }
        }
    }
    Ok((services, lexicon))
}

/// Every mistake of catalogue and lexicon, the examples that their patterns do not match among them.
///
/// # Errors
/// If the user dictionary that the catalogue gives is refused by the segmenter.
pub fn check(services: &[Source], lexicon: &[Source]) -> Result<(Catalogue, Lexicon, Vec<Mistake>)> {
    let (catalogue, mut mistakes) = Catalogue::read(services);
    let (lexicon, more) = Lexicon::read(lexicon);
    mistakes.extend(more);
    let analyzer = Analyzer::new(&catalogue, &lexicon)?;
    let mut space = Workspace::default();
    for (at, entry) in lexicon.entries().iter().enumerate() {
        let folded = analyzer.fold(&entry.example);
        let (mut morphs, mut hits) = (Vec::new(), Vec::new());
        analyzer.morphemes(&folded.text, 0, &mut space, &mut morphs);
        lexicon.hits(&morphs, &mut hits);
        if !hits.iter().any(|hit| hit.entry == at) {
            mistakes.push(lexicon.unproved(at));
        }
    }
    mistakes.sort();
    Ok((catalogue, lexicon, mistakes))
}

/// Runs the command: mistakes on standard output, exit code 2 when there is one.
///
/// # Errors
/// If a file cannot be read.
pub fn run(args: &Args) -> Result<End> {
    let Args::Check { own } = args;
    let (services, lexicon) = sources(own.as_deref())?;
    let (catalogue, lexicon, mistakes) = check(&services, &lexicon)?;
    let mut out = io::stdout().lock();
    for mistake in &mistakes {
        writeln!(out, "{mistake}")?;
    }
    let features: usize = catalogue.services().iter().map(|s| s.features.len()).sum();
    eprintln!(
        "{} services, {features} features, {} dependencies, {} patterns, {} spelling folds: {}",
        catalogue.services().len(),
        catalogue.edges().len(),
        lexicon.entries().len(),
        lexicon.folds().len(),
        match mistakes.len() {
            0 => "no mistake".to_owned(),
            1 => "1 mistake".to_owned(),
            count => format!("{count} mistakes"),
        }
    );
    if mistakes.is_empty() {
        return Ok(End::Done);
    }
    Err(Usage("the dictionaries have mistakes: mend the lines above".into()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(services: &str, lexicon: &str) -> Vec<String> {
        let (_, _, found) =
            check(&[Source::new("own.toml", services)], &[Source::new("outage.toml", lexicon)]).unwrap();
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_bundled_dictionaries_have_no_mistake() {
        let (_, _, mistakes) = check(&bundled::services(), &bundled::lexicon()).unwrap();
        assert!(mistakes.is_empty(), "{mistakes:#?}");
    }

    #[test]
    fn every_mistake_is_reported_at_once_with_file_and_line() {
        let services = r#"
[[service]]
id = "zeta"
name = "제타은행"
name_en = "Zeta Bank"
operator = "제타"
class = "bnak"
tier = "S"
[[service.edge]]
feature = "trnsfer"
on = "zeta"
kind = "settle"
evidence = "x"
source = "x"
[[service]]
id = "alpha"
name = "제타은행"
name_en = "Alpha"
operator = "알파"
class = "bank"
tier = "S"
"#;
        let lexicon = r#"
[[symptom]]
id = "unavailable"
name = "이용 불가"
name_en = "unavailable"
patterns = [
  { match = "먹통/N", example = "앱이 느려요" },
  { match = "@nothing ~ 되/V", example = "안 된다" },
]
"#;
        let found = mistakes(services, lexicon);
        let has = |line: &str, what: &str| {
            assert!(found.iter().any(|m| m.starts_with(line) && m.contains(what)), "{line} {what}: {found:#?}")
        };
        has("own.toml:7:", "perhaps \"bank\" is meant");
        has("own.toml:10:", "has no feature \"trnsfer\"");
        has("own.toml:16:", "sort the services");
        has("own.toml:16:", "also one of");
        has("outage.toml:7:", "does not match in its example");
        has("outage.toml:8:", "@nothing is not known");
    }
}
