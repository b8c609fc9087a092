//! What changes, as it changes: server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::sync::broadcast::{self, error::RecvError};
use utoipa::ToSchema;

use super::Shared;
use super::api::blocking;
use super::problem::Problem;
use crate::store::{LoggedChange, Which};

/// Events that a slow reader may fall behind before it is told to look anew.
const KEPT: usize = 256;
/// Missed changes sent again to a reader that comes back.
const AGAIN: usize = 200;
/// The state is told at most this often.
const PAUSE: Duration = Duration::from_millis(700);

/// A change of an incident, as the stream tells it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Changed<'a> {
    /// RFC 3339.
    at: &'a str,
    /// Incident id.
    incident: &'a str,
    /// `opened`, `confirmed`, `feature_added`, `impact_raised`, `restored`, `resolved`, `retracted`.
    change: &'a str,
    /// Service id.
    service: &'a str,
    /// Korean name of the service.
    name: &'a str,
    /// `minor`, `major` or `critical`.
    impact: &'a str,
}

/// How things stand, as the stream tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Standing {
    /// Documents in the store.
    documents: i64,
    /// Incidents that go on.
    open: usize,
}

/// One event, made once for all readers.
#[derive(Debug, Clone)]
pub(super) struct News {
    number: Option<i64>,
    name: &'static str,
    text: Arc<str>,
}

impl News {
    fn change(logged: &LoggedChange) -> Self {
        let incident = &logged.incident;
        let changed = Changed {
            at: &logged.change.at,
            incident: &incident.id,
            change: &logged.change.change,
            service: &incident.service,
            name: &incident.name,
            impact: &incident.impact,
        };
        Self { number: Some(logged.number), name: "incident", text: json(&changed) }
    }

    fn event(&self) -> Event {
        let event = Event::default().event(self.name).data(&*self.text);
        match self.number {
            Some(number) => event.id(number.to_string()),
            None => event,
        }
    }
}

fn json(value: &impl Serialize) -> Arc<str> {
    serde_json::to_string(value).unwrap_or_default().into()
}

/// Where readers of the stream listen.
pub(super) type Live = broadcast::Sender<Arc<[News]>>;

/// A channel for events.
pub(super) fn channel() -> Live {
    broadcast::Sender::new(KEPT)
}

/// Watches the pipeline and tells readers, until `stop`.
pub(super) async fn watch(shared: Shared, mut stop: tokio::sync::watch::Receiver<bool>) {
    let mut stirred = shared.pipeline.stirred.subscribe();
    let mut last = {
        let pipeline = shared.pipeline.clone();
        blocking(move || Ok(pipeline.store.last_change()?)).await.unwrap_or(0)
    };
    let mut known = None;
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            changed = stirred.changed() => if changed.is_err() { return },
        }
        let pipeline = shared.pipeline.clone();
        let read = blocking(move || {
            let store = &pipeline.store;
            let open = store.incidents_page(Which::Live, None, None, 1000)?.len();
            Ok((store.changes_after(last, KEPT)?, Standing { documents: store.document_count()?.0, open }))
        });
        if let Ok((changes, standing)) = read.await {
            last = changes.last().map_or(last, |change| change.number);
            let mut news: Vec<News> = changes.iter().map(News::change).collect();
            if known.as_ref() != Some(&standing) {
                news.push(News { number: None, name: "standing", text: json(&standing) });
                known = Some(standing);
            }
            if !news.is_empty() {
                // Nobody listening is no fault.
                let _ = shared.live.send(news.into());
            }
        }
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Changes of incidents as they happen
///
/// `event: incident` carries a change and its number in the log as `id`; a reader that comes back with `Last-Event-ID` gets
/// what it missed. `event: standing` says how many documents and open incidents there are; `event: behind` that the
/// reader was too slow and should look anew.
#[utoipa::path(get, path = "/api/v1/events", tag = "incidents",
    params(("Last-Event-ID" = Option<i64>, Header, description = "Number of the last change that was read")),
    responses((status = 200, description = "A stream of events", content_type = "text/event-stream", body = String),
        (status = 429, description = "Too many requests", content_type = "application/problem+json", body = super::problem::Body)))]
pub(super) async fn events(
    State(shared): State<Shared>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    // Listen first, then read what was missed: nothing falls between.
    let listening = shared.live.subscribe();
    let seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|id| id.parse::<i64>().ok());
    let pipeline = shared.pipeline.clone();
    let missed = blocking(move || match seen {
        Some(seen) => Ok(pipeline.store.changes_after(seen, AGAIN)?),
        None => Ok(Vec::new()),
    })
    .await?;
    let sent = missed.last().map(|change| change.number).or(seen).unwrap_or(0);
    let waiting: VecDeque<News> = missed.iter().map(News::change).collect();
    let stop = shared.stop.clone();
    let events = stream::unfold(
        (listening, waiting, sent, stop),
        |(mut listening, mut waiting, mut sent, mut stop)| async move {
            loop {
                if let Some(news) = waiting.pop_front() {
                    return Some((Ok(news.event()), (listening, waiting, sent, stop)));
                }
                let heard = tokio::select! {
                    _ = stop.wait_for(|stop| *stop) => return None,
                    heard = listening.recv() => heard,
                };
                match heard {
                    Ok(news) => {
                        for one in news.iter() {
                            if one.number.is_none_or(|number| number > sent) {
                                sent = one.number.unwrap_or(sent);
                                waiting.push_back(one.clone());
                            }
                        }
                    }
                    Err(RecvError::Lagged(_)) => {
                        waiting.push_back(News { number: None, name: "behind", text: "{}".into() })
                    }
                    Err(RecvError::Closed) => return None,
                }
            }
        },
    );
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)).text("here")))
}
