//! The `meoktong` program.

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(version, about)]
enum Command {
    /// Analyses documents without storing them
    Analyze(meoktong::cli::analyze::Args),
    /// Checks the dictionaries
    #[command(subcommand)]
    Dict(meoktong::cli::dict::Args),
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Analyze(args) => meoktong::cli::analyze::run(&args),
        Command::Dict(args) => meoktong::cli::dict::run(&args),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
