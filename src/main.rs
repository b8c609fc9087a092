//! The `meoktong` program.

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(version, about)]
enum Command {
    /// Analyses documents without storing them
    Analyze(meoktong::cli::analyze::Args),
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Analyze(args) => meoktong::cli::analyze::run(&args),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
