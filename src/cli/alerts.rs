//! `alerts`.

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::json;

use super::output::{Format, chosen, rows};
use super::{Common, End, Usage, open};
use crate::config::Config;
use crate::normalise::short_hash;
use crate::store::OutboxRow;

/// `alerts …`.
#[derive(Debug, Subcommand)]
pub enum AlertsCommand {
    /// Sends a test message to an endpoint
    Test {
        /// Its name in the configuration
        endpoint: String,
    },
    /// Messages and how they stand, newest first
    List {
        /// Most rows
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// How to print
        #[arg(long, value_enum)]
        format: Option<Format>,
    },
    /// Makes a message due again
    Retry {
        /// `dlv_…`
        id: String,
    },
}

pub(super) async fn alerts(common: &Common, config: Config, command: AlertsCommand) -> Result<End> {
    match command {
        AlertsCommand::List { limit, format } => {
            let listed = open::store(common)?.deliveries(limit)?;
            rows(
                &listed,
                &["id", "endpoint", "state", "tries", "status", "created_at", "due_at", "incident", "error"],
                chosen(format),
            )?;
            Ok(End::Done)
        }
        AlertsCommand::Retry { id } => {
            let opened = open::pipeline(common, config)?;
            let now = (opened.pipeline.clock)().timestamp();
            if !opened.pipeline.store.retry_message(&id, now)? {
                bail!("there is no message {id:?} — `meoktong alerts list` shows them");
            }
            opened.pipeline.deliver_due().await?;
            told(&opened, &id)
        }
        AlertsCommand::Test { endpoint } => {
            if !config.endpoint.iter().any(|known| known.name == endpoint) {
                return Err(Usage(format!(
                    "endpoint {endpoint:?} is not configured — add an [[endpoint]] with this name"
                ))
                .into());
            }
            let opened = open::pipeline(common, config)?;
            let now = (opened.pipeline.clock)();
            let id = short_hash(&["test", &endpoint, &now.to_rfc3339()]);
            let body = json!({"type": "test", "timestamp": now.to_rfc3339(), "data": {"text": "meoktong: 시험 메시지 (test message)"}});
            let row = OutboxRow {
                id: format!("dlv_{id}"),
                alert: format!("alt_{id}"),
                incident: None,
                endpoint,
                body: body.to_string(),
                created_at: now.timestamp(),
                tries: 0,
            };
            opened.pipeline.store.commit_outbox(std::slice::from_ref(&row))?;
            opened.pipeline.deliver_due().await?;
            told(&opened, &row.id)
        }
    }
}

fn told(opened: &super::Opened, id: &str) -> Result<End> {
    let listed = opened.pipeline.store.deliveries(10_000)?;
    let Some(row) = listed.into_iter().find(|row| row.id == id) else { bail!("message {id:?} is gone") };
    match &row.error {
        None if row.state == "delivered" => {
            eprintln!("{id} delivered to {} with status {}", row.endpoint, row.status.unwrap_or_default());
            Ok(End::Done)
        }
        error => bail!(
            "{id} was not delivered to {}: {} — it is {}",
            row.endpoint,
            error.as_deref().unwrap_or("it is not due yet"),
            row.due_at
                .map_or_else(|| "given up".to_owned(), |due| format!("tried again at {due} while `meoktong run` runs")),
        ),
    }
}
