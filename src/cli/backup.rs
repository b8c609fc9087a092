//! `backup`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use super::{Common, End, Usage, open};
use crate::store::Store;

/// `backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// Where the copy goes: a new file, or a directory in which it is called meoktong-DATE.db
    pub to: PathBuf,
}

/// Copies the database while others read and write it, and checks the copy.
pub(super) fn backup(common: &Common, args: &BackupArgs) -> Result<End> {
    if !common.data_dir.join("meoktong.db").exists() {
        return Err(Usage(format!("{} holds no database — correct --data-dir", common.data_dir.display())).into());
    }
    let now = (open::wall_clock())();
    let to = if args.to.is_dir() {
        args.to.join(format!("meoktong-{}.db", now.format("%Y%m%d-%H%M%S")))
    } else {
        args.to.clone()
    };
    if to.exists() {
        return Err(
            Usage(format!("{} exists already — nothing is overwritten, choose another name", to.display())).into()
        );
    }
    // Under another name until it is whole: a copy with the right name is a good one.
    let unfinished = to.with_extension("db.part");
    let _ = std::fs::remove_file(&unfinished);
    let store = open::store(common)?;
    store.backup(&unfinished).with_context(|| format!("{} cannot be written", unfinished.display()))?;
    let integrity = Store::check(&unfinished)?;
    anyhow::ensure!(integrity == "ok", "the copy is damaged ({integrity}) — is the disk full?");
    std::fs::rename(&unfinished, &to).with_context(|| format!("{} cannot be written", to.display()))?;
    let bytes = to.metadata()?.len();
    eprintln!(
        "{}: {:.1} MB, checked; put it back as meoktong.db and run `meoktong reindex`",
        to.display(),
        bytes as f64 / 1e6
    );
    Ok(End::Done)
}
