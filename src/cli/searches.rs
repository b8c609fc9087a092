//! `searches`: queries that every new document is matched against.

use anyhow::Result;
use clap::{Args, Subcommand};
use meoktong_index::Query;

use super::output::{Format, chosen, rows};
use super::{Common, End, Usage, open};
use crate::config::Config;

/// `searches`.
#[derive(Debug, Args)]
pub struct SearchesArgs {
    /// What to do; nothing lists them
    #[command(subcommand)]
    pub command: Option<SearchesCommand>,
    /// How to print
    #[arg(long, value_enum, global = true)]
    pub format: Option<Format>,
}

/// `searches …`.
#[derive(Debug, Subcommand)]
pub enum SearchesCommand {
    /// The saved searches
    List,
    /// Keeps a query under a name; new documents are matched against it as they arrive
    Save {
        /// Its name
        name: String,
        /// In the query language
        #[arg(required = true)]
        query: Vec<String>,
        /// Endpoint of the configuration that is told of each hit; several times for several
        #[arg(long, value_name = "ENDPOINT")]
        alert: Vec<String>,
    },
    /// Forgets a saved search and what it found
    Remove {
        /// Its name
        name: String,
    },
    /// What the saved searches found, newest first
    Hits {
        /// Of this one only
        name: Option<String>,
        /// Most hits
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
}

pub(super) fn searches(common: &Common, config: &Config, args: SearchesArgs) -> Result<End> {
    let store = open::store(common)?;
    let format = chosen(args.format);
    match args.command.unwrap_or(SearchesCommand::List) {
        SearchesCommand::List => {
            rows(&store.saved_searches()?, &["name", "query", "endpoints", "created_at"], format)?;
        }
        SearchesCommand::Save { name, query, alert } => {
            let now = (open::wall_clock())();
            let query = query.join(" ");
            Query::parse(&query, now).map_err(|error| Usage(error.to_string()))?;
            for endpoint in &alert {
                if !config.endpoint.iter().any(|known| known.name == *endpoint) {
                    let known: Vec<&str> = config.endpoint.iter().map(|known| known.name.as_str()).collect();
                    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                    let what =
                        format!("endpoint {endpoint:?} is not configured (there is: {known}) — add [[endpoint]]");
                    return Err(Usage(what).into());
                }
            }
            // The first call says where news begins.
            store.percolated()?;
            store.save_search(&name, &query, &alert, now.timestamp())?;
            eprintln!("saved {name:?}: documents that arrive from now on are matched");
        }
        SearchesCommand::Remove { name } => {
            if !store.remove_search(&name)? {
                return Err(Usage(format!("there is no saved search {name:?} — `meoktong searches` lists them")).into());
            }
            eprintln!("removed {name:?}");
        }
        SearchesCommand::Hits { name, limit } => {
            rows(&store.saved_hits(name.as_deref(), limit)?, &["at", "search", "document"], format)?;
        }
    }
    Ok(End::Done)
}
