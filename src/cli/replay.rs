//! `meoktong replay`: a recorded stream through the detector in event time, one line per change of an incident.

use std::io::{self, Write};

use chrono::Duration;
use meoktong_dictionaries::Catalogue;
use meoktong_index::Document;
use serde::Serialize;

use crate::analyse::Analysis;
use crate::detect::clock::{Minute, day, day_start, instant, minute};
use crate::detect::line::Line;
use crate::detect::{Detector, Settings, Transition};

/// Hours that the virtual clock runs on behind the last document, so that what had ended is seen to end.
const RUN_OUT: i64 = 48;

/// A document of a recorded stream with its analysis.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The text.
    pub document: Document,
    /// What it claims.
    pub analysis: Analysis,
    /// Who wrote it, where the recording says so.
    pub author: Option<String>,
}

/// What a replay went through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Documents with a time.
    pub documents: usize,
    /// Documents without one; nothing can be said of when they count.
    pub undated: usize,
    /// Changes of incidents.
    pub changes: usize,
}

/// When a document counts: a date-only one at the end of its day, because its hour is not known.
fn due(document: &Document) -> Option<Minute> {
    let published = document.published_at?;
    let at = minute(&published.at);
    Some(if published.day_only { day_start(day(at) + 1) - 1 } else { at })
}

/// Replays documents in order of publication, whatever order they come in, and hands every change to `tell`.
///
/// # Errors
/// What `tell` returns.
pub fn replay<E>(
    documents: impl IntoIterator<Item = Recorded>,
    catalogue: &Catalogue,
    settings: Settings,
    mut tell: impl FnMut(&Transition) -> Result<(), E>,
) -> Result<Summary, E> {
    let mut summary = Summary::default();
    let mut dated: Vec<(Minute, Recorded)> = Vec::new();
    for recorded in documents {
        match due(&recorded.document) {
            Some(due) => dated.push((due, recorded)),
            None => summary.undated += 1,
        }
    }
    dated.sort_by(|a, b| (a.0, &a.1.document.id).cmp(&(b.0, &b.1.document.id)));
    summary.documents = dated.len();
    let mut detector = Detector::new(catalogue, settings);
    let mut told = |detector: &mut Detector, at: Minute| -> Result<(), E> {
        for change in detector.tick(instant(at)) {
            summary.changes += 1;
            tell(&change)?;
        }
        Ok(())
    };
    let mut clock = None;
    for (due, Recorded { document, analysis, author }) in &dated {
        if let Some(before) = clock.filter(|before| before != due) {
            told(&mut detector, before)?;
        }
        detector.observe_by(document, analysis, None, author.as_deref());
        clock = Some(*due);
    }
    if let Some(last) = clock {
        told(&mut detector, last)?;
        told(&mut detector, minute(&(instant(last) + Duration::hours(RUN_OUT))))?;
    }
    Ok(summary)
}

/// Replays and writes one JSON object a line.
///
/// # Errors
/// If the output cannot be written.
pub fn run(
    documents: impl IntoIterator<Item = Recorded>,
    catalogue: &Catalogue,
    settings: Settings,
    out: &mut impl Write,
) -> io::Result<Summary> {
    replay(documents, catalogue, settings, |change| {
        serde_json::to_writer(&mut *out, &Line::from(change))?;
        out.write_all(b"\n")
    })
}
