//! What monitoring reads, in the text format of Prometheus.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::api::blocking;
use super::health::{self, Health};
use super::problem::Problem;

#[derive(Default)]
struct Written(String);

impl Written {
    /// A family of measurements: labels and value of each.
    fn family(&mut self, name: &str, kind: &str, help: &str, of: impl IntoIterator<Item = (String, f64)>) {
        let _ = writeln!(self.0, "# HELP meoktong_{name} {help}\n# TYPE meoktong_{name} {kind}");
        for (labels, value) in of {
            let _ = writeln!(self.0, "meoktong_{name}{labels} {value}");
        }
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.family(name, "gauge", help, [(String::new(), value)]);
    }
}

fn label(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{{{name}=\"{value}\"}}")
}

/// Measurements of the process itself, where the system tells them.
fn process(written: &mut Written) {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return };
    let kib = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok()
    };
    if let Some(resident) = kib("VmRSS:") {
        written.gauge("resident_memory_bytes", "Memory of the process that is in RAM", resident * 1024.0);
    }
}

pub(super) async fn metrics(State(shared): State<Shared>) -> Result<Response, Problem> {
    let readers = shared.live.receiver_count();
    let text = blocking(move || {
        let (pipeline, store) = (&shared.pipeline, &shared.pipeline.store);
        let now = (pipeline.clock)().timestamp();
        let mut written = Written::default();
        let version = label("version", env!("CARGO_PKG_VERSION"));
        written.family("build_info", "gauge", "Version of the program; always 1", [(version, 1.0)]);
        let (documents, last_row) = store.document_count()?;
        written.gauge("documents", "Documents in the store", documents as f64);
        let lag = last_row - pipeline.index.last_row()?;
        written.gauge("index_lag_documents", "Stored documents that cannot be found yet", lag as f64);
        let states = store.incident_counts()?;
        let live = states.iter().filter(|(state, _)| matches!(state.as_str(), "suspected" | "open" | "restored"));
        written.gauge("incidents_open", "Incidents that go on", live.map(|(_, count)| count).sum::<i64>() as f64);
        let by_state = states.iter().map(|(state, count)| (label("state", state), *count as f64));
        written.family("incidents", "gauge", "Incidents by where they stand", by_state);
        let deliveries = store.delivery_counts()?;
        let of = ["pending", "delivered", "dead"].map(|state| {
            let count = deliveries.iter().find(|(known, _)| known == state).map_or(0, |(_, count)| *count);
            (label("state", state), count as f64)
        });
        written.family("deliveries", "gauge", "Messages by where they stand", of);
        let watched = health::sources(&shared)?;
        let each = |value: &dyn Fn(&health::Watched) -> Option<f64>| {
            let rows = watched.iter().filter(|one| one.health != Health::Off);
            rows.filter_map(|one| Some((label("source", &one.source.name), value(one)?))).collect::<Vec<_>>()
        };
        let failures = each(&|one| Some(one.state.error_count as f64));
        written.family("source_errors", "gauge", "Failures of a source in a row", failures);
        let stored = each(&|one| Some(one.state.stored as f64));
        written.family("source_documents_total", "counter", "Documents stored from a source", stored);
        let age = each(&|one| one.state.succeeded_at.map(|at| (now - at) as f64));
        written.family("source_age_seconds", "gauge", "Time since a source answered", age);
        let silence = each(&|one| one.state.newest_at.map(|at| (now - at) as f64));
        written.family("source_silence_seconds", "gauge", "Age of the newest entry of a source", silence);
        let silent = each(&|one| Some(f64::from(u8::from(one.health == Health::Silent))));
        written.family("source_silent", "gauge", "1 where nothing new has come for crawl.stale_hours", silent);
        written.gauge("event_streams", "Readers of the event stream", readers as f64);
        process(&mut written);
        Ok(written.0)
    });
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text.await?).into_response())
}
