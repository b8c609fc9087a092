//! `run`: the daemon. It stops at a signal, and takes a changed configuration in at SIGHUP without giving up its address.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sd_notify::NotifyState;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{Common, End, open, told};
use crate::config::Config;
use crate::http::{self, Shared};
use crate::pipeline::Pipeline;
use crate::wiring::{Brain, brain, endpoints};

/// How long a configuration that goes may hold on to store and index.
const PARTING: Duration = Duration::from_secs(10);

/// Why a configuration's time is over.
enum Turn {
    Stop,
    Reload(Box<Config>, String),
}

/// Ends at Ctrl-C or a request to end.
pub(super) async fn stopping() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut end) = signal(SignalKind::terminate()) else { return };
        tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = end.recv() => {} }
    }
    #[cfg(not(unix))]
    let _ = tokio::signal::ctrl_c().await;
}

pub(super) async fn run(common: &Common, mut config: Config) -> Result<End> {
    let mut begun = Instant::now();
    let mut text = written(common);
    let mut listener = http::listen(&config.http.listen).await?.into_std()?;
    let brain = brain()?;
    let mut turns = Turns::new()?;
    loop {
        let served = TcpListener::from_std(listener.try_clone()?)?;
        let (stop, stopped) = watch::channel(false);
        let (pipeline, serving) = start(common, config.clone(), &brain, served, stopped.clone()).await?;
        let turn = {
            let mut running = std::pin::pin!(pipeline.run(stopped));
            tracing::info!(start_ms = begun.elapsed().as_millis() as u64, "ready");
            notify(&[NotifyState::Ready, NotifyState::Status("crawling")]);
            let alive = tokio::spawn(watchdog(pipeline.clone()));
            let turn = tokio::select! {
                turn = turns.next(common, &config, &text) => turn,
                // It ends by itself only when it fails.
                ran = &mut running => {
                    ran?;
                    bail!("the pipeline ended by itself");
                }
            };
            if matches!(turn, Turn::Stop) {
                notify(&[NotifyState::Stopping]);
            }
            let _ = stop.send(true);
            alive.abort();
            tokio::select! {
                ran = &mut running => ran?,
                // Who asks twice does not want to wait.
                () = stopping() => return Ok(End::Failed),
            }
            turn
        };
        serving.await??;
        let Turn::Reload(new, read) = turn else { break };
        parted(pipeline).await;
        if new.http.listen != config.http.listen {
            // The new address was tried before the old one was given up.
            listener = http::listen(&new.http.listen).await?.into_std()?;
        }
        (config, text, begun) = (*new, read, Instant::now());
    }
    tracing::info!("stopped");
    Ok(End::Done)
}

type Task = tokio::task::JoinHandle<Result<()>>;

async fn start(
    common: &Common,
    config: Config,
    brain: &Brain,
    listener: TcpListener,
    stop: watch::Receiver<bool>,
) -> Result<(Arc<Pipeline>, Task)> {
    let (of, with) = (common.clone(), brain.clone());
    let pipeline = tokio::task::spawn_blocking(move || open::pipeline_over(&of, config, &with)).await??;
    let shared = Shared::new(pipeline.clone(), brain.clone(), stop);
    Ok((pipeline, tokio::spawn(http::serve(shared, listener))))
}

/// Waits until nobody holds the pipeline, so that its index can be opened again.
async fn parted(pipeline: Arc<Pipeline>) {
    let until = Instant::now() + PARTING;
    while Arc::strong_count(&pipeline) > 1 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The text of the configuration file; empty without one.
fn written(common: &Common) -> String {
    common.config.as_deref().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default()
}

/// The signals that end or renew.
struct Turns {
    #[cfg(unix)]
    renew: tokio::signal::unix::Signal,
}

impl Turns {
    fn new() -> Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self { renew: signal(SignalKind::hangup()).context("SIGHUP cannot be listened to")? })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    async fn renewed(&mut self) {
        #[cfg(unix)]
        self.renew.recv().await;
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    }

    async fn next(&mut self, common: &Common, now: &Config, text: &str) -> Turn {
        loop {
            tokio::select! {
                () = stopping() => {
                    tracing::info!("stopping");
                    return Turn::Stop;
                }
                () = self.renewed() => {}
            }
            notify_reloading();
            match reload(common, now, text).await {
                Ok(Some((config, read))) => return Turn::Reload(Box::new(config), read),
                Ok(None) => tracing::info!("reload: nothing has changed"),
                Err(error) => tracing::error!("reload refused, the old configuration holds: {error:#}"),
            }
            notify(&[NotifyState::Ready]);
        }
    }
}

/// The new configuration if it differs and can be used.
async fn reload(common: &Common, now: &Config, text: &str) -> Result<Option<(Config, String)>> {
    let new = Config::load(common.config.as_deref()).map_err(|mistakes| anyhow::anyhow!(told(&mistakes)))?;
    endpoints(&new.endpoint)?;
    if new.http.listen != now.http.listen {
        drop(http::listen(&new.http.listen).await?);
    }
    let read = written(common);
    let changes = differences(&Config::plain(text), &Config::plain(&read));
    if changes.is_empty() {
        return Ok(None);
    }
    for change in &changes {
        tracing::info!("reload: {change}");
    }
    Ok(Some((new, read)))
}

/// What differs between two configurations, a line each.
fn differences(old: &toml::Table, new: &toml::Table) -> Vec<String> {
    let mut found = Vec::new();
    compare("", &toml::Value::Table(old.clone()), &toml::Value::Table(new.clone()), &mut found);
    found
}

fn compare(at: &str, old: &toml::Value, new: &toml::Value, found: &mut Vec<String>) {
    let (toml::Value::Table(olds), toml::Value::Table(news)) = (old, new) else {
        if old != new {
            found.push(format!("{at}: {old} → {new}"));
        }
        return;
    };
    let under = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    for (key, value) in olds {
        match news.get(key) {
            Some(other) => compare(&under(key), value, other, found),
            None => found.push(format!("{}: gone", under(key))),
        }
    }
    for key in news.keys().filter(|key| !olds.contains_key(*key)) {
        found.push(format!("{}: new", under(key)));
    }
}

/// Tells systemd, where it listens.
fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("systemd was not told: {error}");
    }
}

fn notify_reloading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        notify(&[NotifyState::Reloading, now]);
    }
}

/// Says at half of systemd's patience that the store still answers; a process that hangs is started anew.
async fn watchdog(pipeline: Arc<Pipeline>) {
    let Some(patience) = sd_notify::watchdog_enabled() else { return };
    let mut beat = tokio::time::interval(patience / 2);
    loop {
        beat.tick().await;
        let pipeline = pipeline.clone();
        let answered = tokio::task::spawn_blocking(move || pipeline.store.document_count());
        if tokio::time::timeout(patience / 2, answered)
            .await
            .is_ok_and(|answer| answer.is_ok_and(|count| count.is_ok()))
        {
            notify(&[NotifyState::Watchdog]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reload_names_what_differs_and_hides_secrets() {
        let old = Config::plain("[[endpoint]]\nname = \"ops\"\nurl = \"https://hooks.example/one-secret\"\n");
        let new = Config::plain(
            "[crawl]\nconcurrency = 9\n[[endpoint]]\nname = \"ops\"\nurl = \"https://hooks.example/two-secret\"\n\
             [[source]]\nname = \"newsis\"\nenabled = false\n[[token]]\nname = \"a\"\nsha256 = \"x\"\nscopes = [\"read\"]\n",
        );
        let changes = differences(&old, &new).join("\n");
        assert!(changes.contains("crawl.concurrency: 4 → 9"), "{changes}");
        assert!(changes.contains("endpoint.ops.url") && !changes.contains("secret"), "{changes}");
        assert!(changes.contains("source.newsis.enabled: new") && changes.contains("token: new"), "{changes}");
        assert_eq!(differences(&old, &old), Vec::<String>::new());
    }
}
