//! A document as it is indexed, with what the analysis found.

use std::hash::{DefaultHasher, Hash, Hasher};

use tantivy::TantivyDocument;

use crate::document::Document;
use crate::schema::{self, Fields};

/// A document as it is indexed, with what the analysis found.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// Row number in the store; rises.
    pub row: i64,
    /// The text.
    pub document: &'a Document,
    /// When it was fetched, seconds since 1970.
    pub fetched: i64,
    /// Ids of failed services.
    pub services: Vec<String>,
    /// Ids of failed features.
    pub features: Vec<String>,
    /// Ids of affirmed symptoms.
    pub symptoms: Vec<String>,
    /// What is said of the symptoms: `affirmed`, `negated`, `planned` …
    pub assertions: Vec<String>,
    /// Whether it reports an outage.
    pub outage: bool,
    /// Whether that outage is current.
    pub current: bool,
    /// Probability of an outage report.
    pub probability: f64,
    /// Story that it is a copy of.
    pub story: &'a str,
}

impl Entry<'_> {
    /// Publication, or fetch where that is unknown, in seconds since 1970.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        self.document.published_at.map_or(self.fetched, |published| published.at.timestamp())
    }

    /// The exact values of a field.
    pub(crate) fn exact(&self, name: &str) -> &[String] {
        match name {
            "service" => &self.services,
            "feature" => &self.features,
            "symptom" => &self.symptoms,
            "assertion" => &self.assertions,
            "source" => self.document.source.as_slice(),
            _ => &[],
        }
    }

    pub(crate) fn engine_document(&self, f: &Fields) -> TantivyDocument {
        let document = self.document;
        let mut made = TantivyDocument::new();
        made.add_text(f.id, &document.id);
        made.add_text(f.title, &document.title);
        made.add_text(f.body, &document.text);
        made.add_text(f.pairs, &document.title);
        made.add_text(f.pairs, &document.text);
        for name in ["service", "feature", "symptom", "assertion", "source"] {
            for value in self.exact(name) {
                made.add_text(f.exact(name), value);
            }
        }
        made.add_text(f.kind, document.kind.as_str());
        if let Some(url) = &document.url {
            made.add_text(f.url, url);
        }
        made.add_text(f.story, self.story);
        let mut story = DefaultHasher::new();
        if self.story.is_empty() {
            document.id.hash(&mut story)
        } else {
            self.story.hash(&mut story)
        }
        made.add_u64(f.story_key, story.finish());
        if let Some(published) = document.published_at {
            made.add_i64(f.published, published.at.timestamp());
        }
        made.add_i64(f.fetched, self.fetched);
        made.add_u64(f.row, self.row.max(0) as u64);
        made.add_u64(f.place, schema::place(self.seconds(), self.row));
        made.add_bool(f.outage, self.outage);
        made.add_bool(f.current, self.current);
        made.add_f64(f.probability, self.probability);
        made
    }
}
