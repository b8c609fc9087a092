//! Reports that concern a feature without naming it.

use std::ops::Range;

use serde::Serialize;
use tantivy::TantivyDocument;
use tantivy::collector::TopDocs;

use crate::compile::compile;
use crate::life::SearchIndex;
use crate::plan::{Level, Plan, plan};
use crate::query::Query;
use crate::search::{Hit, SearchError};
use crate::snippet::Wanted;

/// A report that fits a feature's profile.
#[derive(Debug, Clone, Serialize)]
pub struct Linked {
    /// Document id.
    pub document: String,
    /// Its story; copies are one voice.
    pub story: Option<String>,
    /// What in it fits, in raw text.
    pub excerpt: String,
    /// RFC 3339 in Korean time.
    pub published_at: Option<String>,
    /// How well it fits, 0 to 1: relevance to the profile against the best of the window, times the probability that it
    /// reports an outage at all.
    pub score: f64,
    /// Services that it does blame; empty for most.
    pub services: Vec<String>,
}

impl SearchIndex {
    /// Over a window of time (seconds since 1970), the reports of an outage that fit a feature's profile (in the query
    /// language) and in which neither the service nor one of its names stands. The best first, one of each story.
    ///
    /// # Errors
    /// When the profile is no query, or the engine fails.
    pub fn linked(
        &self,
        service: &str,
        names: &[String],
        profile: &str,
        window: Range<i64>,
        limit: usize,
    ) -> Result<Vec<Linked>, SearchError> {
        let at = chrono::DateTime::from_timestamp(window.end, 0).unwrap_or_default().fixed_offset();
        let profile = Query::parse(profile, at)?;
        let mut clauses = vec![
            plan(&profile, Level::All, &*self.tokens),
            Plan::Time(Some(window.start), Some(window.end)),
            Plan::Flag("outage", true),
            Plan::Not(Box::new(Plan::Exact("service", service.to_owned()))),
        ];
        for name in names {
            let named = plan(&Query::Phrase(name.clone()), Level::All, &*self.tokens);
            clauses.push(Plan::Not(Box::new(named)));
        }
        let plan = Plan::And(clauses);
        let searcher = self.generation().reader.searcher();
        let collector = TopDocs::with_limit(limit.clamp(1, 1000) * 4).order_by_score();
        let best = searcher.search(&*compile(&plan, &self.fields), &collector)?;
        let most = best.first().map_or(1.0, |(score, _)| f64::from(*score).max(f64::MIN_POSITIVE));
        let wanted = Wanted::of(&plan);
        let mut found: Vec<Linked> = Vec::new();
        for (score, address) in best {
            let document: TantivyDocument = searcher.doc(address)?;
            let Hit { id, story, title, snippet, published_at, probability, services, .. } =
                self.hit(&document, Some(&wanted));
            if story.is_some() && found.iter().any(|known| known.story == story) {
                continue;
            }
            found.push(Linked {
                document: id,
                story,
                excerpt: if snippet.highlights.is_empty() { title } else { snippet.text },
                published_at,
                score: f64::from(score) / most * probability,
                services,
            });
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(limit);
        Ok(found)
    }
}
