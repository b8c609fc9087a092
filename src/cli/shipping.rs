//! What packages need: completions and man pages.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, CommandFactory};

use super::{Arguments, End};

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
