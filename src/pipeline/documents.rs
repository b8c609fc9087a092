//! Documents on their way into the store, wherever they come from.

use std::sync::PoisonError;

use anyhow::{Context, Result};
use chrono::{DateTime, FixedOffset};

use meoktong_index::Document;

use super::{Pipeline, about};
use crate::normalise::{clean, short_hash};
use crate::store::{Committed, Crawled, NewDocument};

/// A document that has arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The text, whole.
    pub document: Document,
    /// Who wrote it, as the source says.
    pub author: Option<String>,
}

impl Pipeline {
    /// Analyses documents, finds their stories, stores them with their reports and hands them to the detector.
    /// `keep_chars` characters of a text are kept; 0 keeps all.
    ///
    /// CPU work: call it off the async threads.
    ///
    /// # Errors
    /// When the store fails; the detector has then seen none of them.
    pub fn take_in(
        &self,
        arrived: Vec<Arrived>,
        now: DateTime<FixedOffset>,
        keep_chars: usize,
        source: Option<(&str, Crawled)>,
    ) -> Result<Committed> {
        let analysed: Vec<_> = arrived
            .into_iter()
            .map(|Arrived { mut document, author }| {
                document.title = clean(&document.title);
                document.text = clean(&document.text);
                let analysis = (self.analyse)(&document);
                (document, author, analysis)
            })
            .collect();
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut documents = Vec::with_capacity(analysed.len());
        for (mut document, author, analysis) in analysed {
            if self.store.has_document(&document.id)? {
                documents.push(NewDocument { document, fetched_at: now, story: String::new(), author: None, analysis });
                continue;
            }
            let at = document.published_at.map_or(now, |p| p.at).timestamp();
            let story = writing.stories.place(&document, at, &about(&analysis));
            if keep_chars > 0 && document.text.chars().count() > keep_chars {
                document.text = document.text.chars().take(keep_chars).chain(['…']).collect();
            }
            let author = author
                .map(|name| short_hash(&["author", &self.salt, document.source.as_deref().unwrap_or_default(), &name]));
            documents.push(NewDocument { document, fetched_at: now, story, author, analysis });
        }
        let done = match source {
            Some((name, mut crawled)) => {
                crawled.documents = documents;
                let done = self.store.commit_crawl(name, &crawled);
                documents = crawled.documents;
                done
            }
            None => self.store.commit_documents_with_reports(&documents),
        }
        .context("documents could not be stored")?;
        for new in documents.iter().filter(|new| !done.known.contains(&new.document.id)) {
            writing.detector.observe(&new.document, &new.analysis, &new.story, new.author.as_deref());
        }
        if let Some(&last) = done.rows.last() {
            writing.seen = writing.seen.max(last);
            self.stir();
        }
        Ok(done)
    }
}
