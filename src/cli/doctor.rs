//! `config` and `doctor`.

use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::output::{Format, rows};
use super::{Common, End, open};
use crate::config::{Config, DEFAULT, Scope};
use crate::http::access::{hash, new_token};
use crate::wiring::{brain, endpoints};

/// `config …`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Prints the commented defaults
    Default,
    /// Names every mistake with its line
    Check,
    /// What holds in the end; secrets are hidden
    Show,
    /// Makes a token for the API, and the lines for the configuration that let it in
    Token {
        /// Whose it is
        name: String,
        /// What it allows; may stand several times
        #[arg(long = "scope", value_enum, default_values_t = [Scope::Incidents, Scope::Alerts, Scope::Sources])]
        scopes: Vec<Scope>,
    },
}

pub(super) fn config(common: &Common, command: &ConfigCommand) -> Result<End> {
    let mut out = std::io::stdout().lock();
    match command {
        ConfigCommand::Token { name, scopes } => {
            let token = new_token()?;
            let name = toml::Value::String(name.clone());
            let scopes: Vec<String> = scopes.iter().map(|scope| format!("{:?}", scope.as_str())).collect();
            eprintln!("the token, shown this once:");
            writeln!(out, "{token}")?;
            eprintln!("\nfor the configuration, which keeps only its hash:\n");
            eprintln!("[[token]]\nname = {name}\nsha256 = \"{}\"\nscopes = [{}]", hash(&token), scopes.join(", "));
        }
        ConfigCommand::Default => write!(out, "{DEFAULT}")?,
        ConfigCommand::Check => {
            let config = super::config(common)?;
            writeln!(out, "ok: {} sources, {} endpoints", config.source.len(), config.endpoint.len())?;
        }
        ConfigCommand::Show => {
            let config = super::config(common)?;
            let endpoints: Vec<_> = config
                .endpoint
                .iter()
                .map(|e| json!({"name": e.name, "url": e.url.as_ref().map(|_| "hidden"), "secret": e.secret.as_ref().map(|_| "hidden"),
                    "url_env": e.url_env, "secret_env": e.secret_env, "services": e.services}))
                .collect();
            let sources: Vec<_> = config
                .source
                .iter()
                .map(|s| {
                    json!({"name": s.name, "adapter": s.adapter, "kind": s.kind, "url": s.url, "schedule": s.schedule,
                    "enabled": s.enabled, "pages": s.pages})
                })
                .collect();
            let crawl = &config.crawl;
            let shown = json!({
                "crawl": {"contact": crawl.contact, "timeout_seconds": crawl.timeout_seconds, "max_body_mib": crawl.max_body_mib,
                    "host_delay_ms": crawl.host_delay_ms, "concurrency": crawl.concurrency, "robots": crawl.robots,
                    "allow_private": crawl.allow_private, "stale_hours": crawl.stale_hours},
                "documents": {"keep_chars": config.documents.keep_chars, "index_days": config.documents.index_days},
                "detect": {"tick_seconds": config.detect.tick_seconds},
                "http": {"listen": config.http.listen, "protect_reads": config.http.protect_reads, "rate_per_minute": config.http.rate_per_minute,
                    "behind_proxy": config.http.behind_proxy, "cors_origins": config.http.cors_origins},
                "token": config.token.iter().map(|t| json!({"name": t.name, "sha256": "hidden", "scopes": t.scopes})).collect::<Vec<_>>(),
                "endpoint": endpoints,
                "source": sources,
            });
            writeln!(out, "{}", serde_json::to_string_pretty(&shown)?)?;
        }
    }
    Ok(End::Done)
}

/// `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Only ask the running daemon whether it lives; for health checks of containers
    #[arg(long)]
    pub alive: bool,
}

/// Asks `/healthz` of the daemon that this configuration describes.
async fn is_alive(config: &Config) -> Result<End> {
    let mut address: SocketAddr = config.http.listen.parse()?;
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET /healthz HTTP/1.0\r\nhost: localhost\r\n\r\n").await?;
        let mut answer = Vec::new();
        stream.take(4096).read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(answer.starts_with(b"HTTP/1.0 200") || answer.starts_with(b"HTTP/1.1 200"))
    };
    match tokio::time::timeout(Duration::from_secs(4), ask).await {
        Ok(Ok(true)) => Ok(End::Done),
        Ok(Ok(false)) => bail!("{address} answers, but not that it is well — is it another program?"),
        Ok(Err(error)) => bail!("{address}: {error} — is `meoktong run` up?"),
        Err(_) => bail!("{address} did not answer within 4 s"),
    }
}

pub(super) async fn doctor(common: &Common, config: Config, args: &DoctorArgs) -> Result<End> {
    if args.alive {
        return is_alive(&config).await;
    }
    let mut found = Vec::new();
    let mut say = |what: &str, ok: bool, detail: String| found.push(json!({"check": what, "ok": ok, "detail": detail}));
    let enabled = config.source.iter().filter(|source| source.enabled).count();
    say(
        "configuration",
        enabled > 0,
        format!("{enabled} of {} sources enabled, {} endpoints", config.source.len(), config.endpoint.len()),
    );
    match endpoints(&config.endpoint) {
        Ok(_) if config.endpoint.is_empty() => {
            say("endpoints", true, "none: nobody is told of incidents — add [[endpoint]]".into())
        }
        Ok(known) => say("endpoints", true, format!("{} usable", known.len())),
        Err(error) => say("endpoints", false, format!("{error:#}")),
    }
    let brain = brain()?;
    say("dictionaries", true, format!("{} services", brain.catalogue.services().len()));
    match open::store(common) {
        Err(error) => say("database", false, format!("{error:#}")),
        Ok(store) => {
            let integrity = store.integrity()?;
            let (documents, last_row) = store.document_count()?;
            say(
                "database",
                integrity == "ok",
                format!("{integrity}; {documents} documents in {}", common.data_dir.display()),
            );
            match open::index(common, &brain) {
                Err(error) => say("index", false, format!("{error:#}")),
                Ok(index) => {
                    let lag = last_row - index.last_row()?;
                    say(
                        "index",
                        true,
                        format!("{} documents, {lag} rows behind (caught up at the next start)", index.len()),
                    );
                }
            }
            for (name, reason) in store.disabled_endpoints()? {
                let why = reason.unwrap_or_default();
                say(
                    "endpoint",
                    false,
                    format!("{name} answered 410 ({why}) — `meoktong alerts retry ID` turns it on again"),
                );
            }
            for source in config.source.iter().filter(|source| source.enabled) {
                let state = store.fetch_state(&source.name)?;
                if let Some(error) = state.last_error {
                    say("source", false, format!("{}: {error}", source.name));
                }
            }
        }
    }
    let broken = found.iter().any(|row| row["ok"] == false);
    rows(&found, &["check", "ok", "detail"], Format::Table)?;
    Ok(if broken { End::Failed } else { End::Done })
}
