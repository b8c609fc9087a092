//! Questions and answers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use tantivy::collector::{Count, TopDocs};
use tantivy::query::Query as Engine;
use tantivy::schema::Value;
use tantivy::{DocAddress, Score, Searcher, TantivyDocument};

use crate::compile::compile;
use crate::cursor::{Cursor, Statistics};
use crate::document::kst;
use crate::explain::{Explained, Why, explained, why};
use crate::histogram::{Bar, Interval, histogram};
use crate::life::SearchIndex;
use crate::plan::{Level, Plan, plan};
use crate::query::{Query, QueryError};
use crate::related::{Related, related};
use crate::schema::FACETS;
use crate::snippet::{Snippet, Wanted, snippet};
use crate::suggest::{Suggestion, suggestions};
use crate::survey::{Found, Key, Survey, place};

/// What goes wrong in the index.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The query is wrong.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The cursor is none of ours.
    #[error("cursor {0:?} is not one that this search returned — start again without a cursor")]
    Cursor(String),
    /// The engine failed.
    #[error("search index: {0} — `meoktong reindex` builds it anew")]
    Engine(#[from] tantivy::TantivyError),
    /// Another process writes.
    #[error("search index: another process writes to it — it is up to date there; wait, or stop `meoktong run`")]
    Busy,
    /// The directory cannot be used.
    #[error("search index in {0}: {1} — is the directory writable and does no other process use it?")]
    Directory(String, String),
}

/// In which order hits come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// Best match first.
    #[default]
    Relevance,
    /// Newest first.
    Time,
    /// Best match first, where a match counts half after three days.
    Recent,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// In the query language.
    pub query: String,
    /// The order.
    pub sort: Sort,
    /// Most hits on a page.
    pub limit: usize,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// What `since:` counts back from.
    pub now: DateTime<FixedOffset>,
}

/// How it is answered.
#[derive(Debug, Clone)]
pub struct Options {
    /// Only what has every word, as it stands: nothing is loosened when nothing is found.
    pub strict: bool,
    /// Whether the pairs of letters in the words help to find and to rank what the dictionary does not know.
    pub pairs: bool,
    /// Whether to look for what may have been meant where a query does not find what it asks for.
    pub suggest: bool,
    /// Whether hits carry the part of their text that matched; without, answers are quicker.
    pub excerpts: bool,
    /// Whether copies of one story are shown once.
    pub collapse: bool,
    /// Whether values and times of all hits are counted.
    pub counts: bool,
    /// Width of the bars of the histogram.
    pub interval: Interval,
    /// How many terms to name that are over-represented in the result.
    pub related: usize,
    /// Whether to say how query and scores came about.
    pub explain: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            strict: false,
            pairs: true,
            suggest: true,
            excerpts: true,
            collapse: false,
            counts: true,
            interval: Interval::Day,
            related: 0,
            explain: false,
        }
    }
}

/// A document found.
#[derive(Debug, Clone, Serialize)]
pub struct Hit {
    /// Document id.
    pub id: String,
    /// Headline.
    pub title: String,
    /// Kind of document.
    pub kind: String,
    /// Source id.
    pub source: Option<String>,
    /// Where it stands.
    pub url: Option<String>,
    /// RFC 3339 in Korean time.
    pub published_at: Option<String>,
    /// When it was fetched, likewise.
    pub fetched_at: Option<String>,
    /// Failed services.
    pub services: Vec<String>,
    /// Failed features.
    pub features: Vec<String>,
    /// Symptoms.
    pub symptoms: Vec<String>,
    /// What is said of the symptoms.
    pub assertions: Vec<String>,
    /// Whether it reports an outage.
    pub outage: bool,
    /// Whether that is current.
    pub current: bool,
    /// Probability of an outage report.
    pub probability: f64,
    /// Story id.
    pub story: Option<String>,
    /// Hits of the same story, this one included; absent unless stories are collapsed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies: Option<u64>,
    /// Relevance; absent when sorted by time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// Whether it has only some of the words; such hits fill up a short first page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// Why it was found.
    pub snippet: Snippet,
    /// What its score is made of, when asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<Why>,
}

/// One value of a facet and how many hits have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FacetCount {
    /// The value.
    pub value: String,
    /// Hits with it.
    pub count: u64,
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// Hits on all pages, without partial ones.
    pub total: usize,
    /// How far the query was stretched.
    pub level: Level,
    /// Whether it was stretched: no document has every word as it stands.
    pub fallback: bool,
    /// This page.
    pub hits: Vec<Hit>,
    /// Cursor of the next page, if there is one.
    pub next: Option<String>,
    /// Counts per service, feature, symptom, source and kind.
    pub facets: BTreeMap<&'static str, Vec<FacetCount>>,
    /// Width of the bars of the histogram.
    pub interval: Interval,
    /// When the hits were published, oldest first; bars without a hit are left out.
    pub histogram: Vec<Bar>,
    /// What may have been meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
    /// Terms that are over-represented in the result, when asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
    /// How the query was read, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<Explained>,
}

/// Values of a facet that are named; the rest is beyond what anyone reads.
const FACET_VALUES: usize = 50;
/// Most hits on a page.
const PAGE: usize = 1000;
/// Hits of one score beyond the page that are looked at to bring them into their order.
const TIES: usize = 32;

impl SearchIndex {
    /// Answers a query. Words side by side must all be there. Where no document has them all, they are also sought by
    /// the pairs of letters in them, and then some of them are enough; [`Answer::level`] says so.
    ///
    /// # Errors
    /// When the query or the cursor is wrong, or the engine fails.
    pub fn search(&self, request: &Request) -> Result<Answer, SearchError> {
        self.answer(request, &Options::default())
    }

    /// As [`SearchIndex::search`], answered as `options` say.
    ///
    /// # Errors
    /// Likewise.
    pub fn answer(&self, request: &Request, options: &Options) -> Result<Answer, SearchError> {
        let about = about(request, options);
        let cursor = match &request.cursor {
            Some(text) => Some(Cursor::read(text, about).ok_or_else(|| SearchError::Cursor(text.clone()))?),
            None => None,
        };
        let now = cursor.as_ref().map_or(request.now.timestamp(), |cursor| cursor.now);
        let moment = DateTime::from_timestamp(now, 0).unwrap_or_default().with_timezone(&kst());
        let query = Query::parse(&request.query, moment)?;
        let searcher = self.generation().reader.searcher();
        let limit = request.limit.clamp(1, PAGE);
        let survey = Survey {
            sort: request.sort,
            limit: limit + 1,
            after: cursor.as_ref().map(|cursor| cursor.after),
            newest: cursor.as_ref().map_or(u64::MAX, |cursor| cursor.newest),
            now,
            counts: options.counts,
            collapse: options.collapse,
        };
        let levels: &[Level] = match &cursor {
            Some(cursor) => std::slice::from_ref(&cursor.level),
            None if options.strict || query.words().is_empty() => &[Level::All],
            None if !options.pairs => &[Level::All, Level::Some],
            None => &[Level::All, Level::Pairs, Level::Some],
        };
        let noted = cursor.as_ref().map(|cursor| cursor.statistics.clone());
        let mut answered = None;
        for &level in levels {
            let plan = self.plan(&query, level, options);
            let engine = compile(&plan, &self.fields);
            let (found, statistics) = self.survey(&searcher, &*engine, &survey, noted.clone())?;
            let some = found.total > 0;
            answered = Some((level, plan, engine, found, statistics));
            if some {
                break;
            }
        }
        let (level, plan, engine, mut found, statistics) = answered.expect("there is at least one level");
        let more = found.hits.len() > limit;
        found.hits.truncate(limit);
        let next = found.hits.last().filter(|_| more).map(|(key, _, _)| {
            let newest = if survey.newest == u64::MAX { newest(&searcher) } else { survey.newest };
            Cursor { level, after: *key, newest, now, statistics }.write(about)
        });
        let wanted = options.excerpts.then(|| Wanted::of(&plan));
        let mut hits = Vec::with_capacity(found.hits.len());
        for (at, (_, score, address)) in found.hits.iter().enumerate() {
            let mut hit = self.hit(&searcher.doc(*address)?, wanted.as_ref());
            hit.score = (request.sort != Sort::Time).then_some(*score);
            hit.copies = options.collapse.then(|| found.copies[at]);
            if options.explain && request.sort != Sort::Time {
                hit.why = why(&plan, &self.fields, &searcher, *address)?;
            }
            hits.push(hit);
        }
        // What has all the words stands first; a page that has room shows more.
        let room = !more && hits.len() < limit && query.loose_words() > 1 && level != Level::Some;
        if room && request.cursor.is_none() && !options.strict && request.sort != Sort::Time {
            let taken: HashSet<DocAddress> = found.hits.iter().map(|(_, _, address)| *address).collect();
            self.fill(&self.plan(&query, Level::Some, options), options, &searcher, limit, &taken, &mut hits)?;
        }
        let suggestions = match level {
            _ if !options.suggest => Vec::new(),
            Level::All if found.total > 0 => Vec::new(),
            _ => suggestions(&query, &request.query, &searcher, &self.fields, &*self.tokens)?,
        };
        let related = match options.related {
            0 => Vec::new(),
            count => related(&*engine, &plan, count, &searcher, &self.fields, &*self.tokens)?,
        };
        let (interval, histogram) = histogram(&found.times, options.interval);
        Ok(Answer {
            total: found.total,
            level,
            fallback: level != Level::All,
            hits,
            next,
            facets: facets(found.facets),
            interval,
            histogram,
            suggestions,
            related,
            explain: options.explain.then(|| explained(&query, &plan, level, &*self.tokens)),
        })
    }

    fn plan(&self, query: &Query, level: Level, options: &Options) -> Plan {
        let plan = plan(query, level, &*self.tokens);
        if options.pairs { plan } else { plan.without_pairs() }
    }

    fn survey(
        &self,
        searcher: &Searcher,
        engine: &dyn Engine,
        survey: &Survey,
        noted: Option<Vec<u64>>,
    ) -> Result<(Found, Vec<u64>), SearchError> {
        let quick = !survey.counts && !survey.collapse && survey.sort == Sort::Relevance && survey.after.is_none();
        if quick && let Some(done) = self.quick(searcher, engine, survey)? {
            return Ok(done);
        }
        let statistics = match noted {
            Some(noted) => Statistics::replay(searcher, noted.clone()),
            None => Statistics::note(searcher),
        };
        let found = searcher.search_with_statistics_provider(engine, survey, &statistics)?;
        Ok((found, statistics.noted()))
    }

    /// The best hits alone, without a look at every hit; none when more of them have one score than can be put in order.
    fn quick(
        &self,
        searcher: &Searcher,
        engine: &dyn Engine,
        survey: &Survey,
    ) -> Result<Option<(Found, Vec<u64>)>, SearchError> {
        let asked = survey.limit + TIES;
        let statistics = Statistics::note(searcher);
        let top = TopDocs::with_limit(asked).order_by_score();
        let best = searcher.search_with_statistics_provider(engine, &top, &statistics)?;
        if best.len() == asked && best[survey.limit - 1].0 == best[asked - 1].0 {
            return Ok(None);
        }
        let total = if best.len() < asked { best.len() } else { searcher.search(engine, &Count)? };
        let mut hits: Vec<(Key, Score, DocAddress)> = Vec::with_capacity(best.len());
        for (score, address) in best {
            let place = place(searcher.segment_reader(address.segment_ord), address.doc_id)?;
            hits.push((Key { value: score.max(0.0).to_bits(), place }, score, address));
        }
        hits.sort_by_key(|hit| std::cmp::Reverse(hit.0));
        hits.truncate(survey.limit);
        let copies = vec![1; hits.len()];
        Ok(Some((Found { hits, copies, total, ..Found::default() }, statistics.noted())))
    }

    /// Fills a page that has room with the best of what has only some of the words.
    fn fill(
        &self,
        plan: &Plan,
        options: &Options,
        searcher: &Searcher,
        limit: usize,
        taken: &HashSet<DocAddress>,
        hits: &mut Vec<Hit>,
    ) -> Result<(), SearchError> {
        let top = TopDocs::with_limit(limit).order_by_score();
        let wanted = options.excerpts.then(|| Wanted::of(plan));
        for (score, address) in searcher.search(&*compile(plan, &self.fields), &top)? {
            if hits.len() < limit && !taken.contains(&address) {
                let hit = self.hit(&searcher.doc(address)?, wanted.as_ref());
                hits.push(Hit { partial: true, score: Some(score), ..hit });
            }
        }
        Ok(())
    }

    pub(crate) fn hit(&self, found: &TantivyDocument, wanted: Option<&Wanted>) -> Hit {
        let f = &self.fields;
        let text = |field| found.get_first(field).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let some = |field| found.get_first(field).and_then(|value| value.as_str()).map(str::to_owned);
        let all = |field| found.get_all(field).filter_map(|v| v.as_str()).map(str::to_owned).collect::<Vec<_>>();
        let flag = |field| found.get_first(field).and_then(|value| value.as_bool()).unwrap_or_default();
        let time = |field| {
            let seconds = found.get_first(field).and_then(|value| value.as_i64())?;
            Some(DateTime::from_timestamp(seconds, 0)?.with_timezone(&kst()).to_rfc3339())
        };
        Hit {
            id: text(f.id),
            title: text(f.title),
            kind: text(f.kind),
            source: some(f.source),
            url: some(f.url),
            published_at: time(f.published),
            fetched_at: time(f.fetched),
            services: all(f.service),
            features: all(f.feature),
            symptoms: all(f.symptom),
            assertions: all(f.assertion),
            outage: flag(f.outage),
            current: flag(f.current),
            probability: found.get_first(f.probability).and_then(|value| value.as_f64()).unwrap_or_default(),
            story: some(f.story).filter(|story| !story.is_empty()),
            copies: None,
            score: None,
            partial: false,
            snippet: wanted.map(|wanted| snippet(&text(f.body), wanted, &*self.tokens)).unwrap_or_default(),
            why: Vec::new(),
        }
    }
}

/// What a cursor belongs to.
fn about(request: &Request, options: &Options) -> u32 {
    let mut hasher = DefaultHasher::new();
    (&request.query, request.sort, options.collapse).hash(&mut hasher);
    hasher.finish() as u32
}

/// The newest row that a searcher sees.
fn newest(searcher: &Searcher) -> u64 {
    let segments = searcher.segment_readers().iter();
    segments.filter_map(|segment| Some(segment.fast_fields().u64("row").ok()?.max_value())).max().unwrap_or(0)
}

fn facets(found: BTreeMap<&'static str, HashMap<String, u64>>) -> BTreeMap<&'static str, Vec<FacetCount>> {
    let mut made: BTreeMap<&'static str, Vec<FacetCount>> = FACETS.iter().map(|name| (*name, Vec::new())).collect();
    for (name, counts) in found {
        let mut counts: Vec<FacetCount> =
            counts.into_iter().map(|(value, count)| FacetCount { value, count }).collect();
        counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        counts.truncate(FACET_VALUES);
        made.insert(name, counts);
    }
    made
}
