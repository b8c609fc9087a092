//! What packages need: completions, man pages; and a copy of the data.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, CommandFactory};

use super::{Arguments, Common, End, open};

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Whose
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Writes a page for each command into this directory instead of printing the first
    pub directory: Option<PathBuf>,
}

/// `backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// Where the copy goes; it must not exist yet
    pub file: PathBuf,
}

pub(super) fn completions(args: &CompletionsArgs) -> Result<End> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "meoktong", &mut text);
    std::io::stdout().lock().write_all(&text)?;
    Ok(End::Done)
}

pub(super) fn man(args: &ManArgs) -> Result<End> {
    let command = Arguments::command();
    match &args.directory {
        None => {
            let mut text = Vec::new();
            clap_mangen::Man::new(command).render(&mut text)?;
            std::io::stdout().lock().write_all(&text)?;
        }
        Some(directory) => {
            std::fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
            clap_mangen::generate_to(command, directory)
                .with_context(|| format!("cannot write man pages into {}", directory.display()))?;
        }
    }
    Ok(End::Done)
}

/// A copy that a running daemon does not disturb; `meoktong reindex` makes its index.
pub(super) fn backup(common: &Common, args: &BackupArgs) -> Result<End> {
    open::store(common)?.backup(&args.file).with_context(|| {
        format!("backup into {} failed — is there room, and no file of this name?", args.file.display())
    })?;
    let bytes = std::fs::metadata(&args.file).map_or(0, |file| file.len());
    eprintln!("{} bytes in {}", bytes, args.file.display());
    Ok(End::Done)
}
