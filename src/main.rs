//! The `meoktong` program.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    meoktong::cli::run(meoktong::cli::Arguments::parse())
}
