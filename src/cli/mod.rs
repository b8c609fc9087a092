//! The command line: data on standard output, progress and logs on standard error.
//! Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 something is down.

mod alerts;
pub mod analyze;
mod backtest;
mod backup;
mod demo;
pub mod dict;
mod doctor;
mod documents;
mod import;
mod incidents;
mod live;
mod open;
mod output;
pub mod replay;
mod run;
mod search;
mod searches;
mod shipping;
mod sources;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use open::Opened;
pub use output::Format;

use crate::config::{Config, Mistake};

/// Everything that can be said on the command line.
#[derive(Debug, Parser)]
#[command(version, about = "먹통: an outage radar for Korean messenger and finance services", propagate_version = true)]
pub struct Arguments {
    /// What holds for all commands
    #[command(flatten)]
    pub common: Common,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What holds for all commands.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Configuration over the defaults; `meoktong config default` prints those
    #[arg(long, global = true, value_name = "FILE", env = "MEOKTONG_CONFIG")]
    pub config: Option<PathBuf>,
    /// Where database and index live
    #[arg(long, global = true, value_name = "DIR", default_value = "data", env = "MEOKTONG_DATA_DIR")]
    pub data_dir: PathBuf,
    /// Form of the log on standard error
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Logs what is crawled, found and sent; twice, everything. `MEOKTONG_LOG` and `RUST_LOG` say it in detail
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One object a line
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The whole pipeline on a bundled recorded day, then the dashboard
    Demo(demo::DemoArgs),
    /// The daemon: scheduled crawls, analysis, index, detection, alerts, dashboard and API
    Run,
    /// Crawls now, once; all enabled sources or those named
    Crawl(sources::CrawlArgs),
    /// Each source: schedule, next run, last result, error
    Sources(sources::SourcesArgs),
    /// Analyses documents without storing them
    Analyze(analyze::Args),
    /// Catalogue and lexicon: check them, your own files among them
    #[command(subcommand)]
    Dict(dict::Args),
    /// Stores and indexes documents from JSON lines, CSV or JSON
    Import(import::ImportArgs),
    /// Copies the database to a file, also while `run` is running
    Backup(backup::BackupArgs),
    /// Full-text search with filters: service: feature: symptom: kind: source: outage: current: since: after: before:
    Search(search::SearchArgs),
    /// Saved searches: list, save, remove, what they found
    Searches(searches::SearchesArgs),
    /// Incidents, or one with its timeline and evidence
    Incidents(incidents::IncidentsArgs),
    /// Runs a recorded stream through the detector in event time
    Replay(documents::ReplayArgs),
    /// Labelled days through the detector: what was found, how early, and what was not there
    Backtest(backtest::BacktestArgs),
    /// Outages per service and year as extracted from reports
    History(incidents::HistoryArgs),
    /// Messages: test an endpoint, list, retry
    #[command(subcommand)]
    Alerts(alerts::AlertsCommand),
    /// The configuration: print the defaults, check, show what holds
    #[command(subcommand)]
    Config(doctor::ConfigCommand),
    /// Rebuilds the index from the store
    Reindex,
    /// What is configured, reachable, stale or broken, with the way out
    Doctor(doctor::DoctorArgs),
    /// Completions for a shell
    Completions(shipping::CompletionsArgs),
    /// Man pages
    Man(shipping::ManArgs),
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// 0.
    Done,
    /// 1: it went on, but something failed, and was said on standard error.
    Failed,
    /// 3.
    Down,
}

/// Wrong usage or configuration: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Runs a command.
#[must_use]
pub fn run(arguments: Arguments) -> ExitCode {
    // The demo ends in a report; what it crawls on the way would bury that.
    let quiet = matches!(arguments.command, Command::Demo(_));
    output::log(arguments.common.log_format, arguments.common.verbose, quiet);
    let ended = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(dispatch(arguments)));
    match ended {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::Failed) => ExitCode::FAILURE,
        Ok(End::Down) => ExitCode::from(3),
        // The reader went away, as `head` does: nothing is wrong.
        Err(error)
            if error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe) =>
        {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
        }
    }
}

async fn dispatch(Arguments { common, command }: Arguments) -> Result<End> {
    match command {
        Command::Analyze(args) => analyze::run(&args),
        Command::Dict(args) => dict::run(&args),
        Command::Config(command) => doctor::config(&common, &command),
        Command::Demo(args) => demo::demo(config(&common)?, args).await,
        Command::Run => run::run(&common, config(&common)?).await,
        Command::Crawl(args) => sources::crawl(&common, config(&common)?, args).await,
        Command::Sources(args) => sources::sources(&common, config(&common)?, args).await,
        Command::Import(args) => import::import(&common, config(&common)?, args),
        Command::Backup(args) => backup::backup(&common, &args),
        Command::Search(args) => search::search(&common, config(&common)?, args),
        Command::Searches(args) => searches::searches(&common, &config(&common)?, args),
        Command::Replay(args) => documents::replay(args),
        Command::Backtest(args) => backtest::run(&args),
        Command::Incidents(args) => incidents::incidents(&common, &args),
        Command::History(args) => incidents::history(&common, &args),
        Command::Alerts(command) => alerts::alerts(&common, config(&common)?, command).await,
        Command::Reindex => search::reindex(&common),
        Command::Doctor(args) => doctor::doctor(&common, config(&common)?, &args).await,
        Command::Completions(args) => shipping::completions(&args),
        Command::Man(args) => shipping::man(&args),
    }
}

/// The configuration, or all its mistakes.
fn config(common: &Common) -> Result<Config> {
    Config::load(common.config.as_deref()).map_err(|mistakes| Usage(told(&mistakes)).into())
}

fn told(mistakes: &[Mistake]) -> String {
    let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    format!("the configuration has mistakes:\n{}", lines.join("\n"))
}
