//! The searchable index: opened, written to, asked.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use tantivy::aggregation::AggregationCollector;
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{BooleanQuery, Query as Planned, RangeQuery};
use tantivy::schema::Value;
use tantivy::{DocAddress, Index, IndexReader, IndexWriter, Order, ReloadPolicy, TantivyDocument, Term};

use crate::document::{Document, kst};
use crate::plan::{Through, plan};
use crate::query::{Query, QueryError};
use crate::schema::{self, Fields};
use crate::snippet::{Snippet, snippet};
use crate::tokens::{Adapter, Bigrams, Tokens, terms};

/// Bytes that the writer may hold before it writes a segment.
const WRITER_MEMORY: usize = 32 << 20;

/// What goes wrong in the index.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The query is wrong.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The cursor is none of ours.
    #[error("cursor {0:?} is not one that a search returned — start again without a cursor")]
    Cursor(String),
    /// The engine failed.
    #[error("search index: {0} — `meoktong reindex` builds it anew")]
    Engine(#[from] tantivy::TantivyError),
    /// The directory cannot be used.
    #[error("search index in {0}: {1} — is the directory writable and does no other process use it?")]
    Directory(String, String),
}

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
    /// Whether it reports an outage.
    pub outage: bool,
    /// Whether that outage is current.
    pub current: bool,
    /// Probability of an outage report.
    pub probability: f64,
    /// Story that it is a copy of.
    pub story: &'a str,
}

/// In which order hits come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// Best match first.
    #[default]
    Relevance,
    /// Newest first.
    Time,
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
    /// Failed services.
    pub services: Vec<String>,
    /// Failed features.
    pub features: Vec<String>,
    /// Symptoms.
    pub symptoms: Vec<String>,
    /// Whether it reports an outage.
    pub outage: bool,
    /// Whether that is current.
    pub current: bool,
    /// Probability of an outage report.
    pub probability: f64,
    /// Story id.
    pub story: Option<String>,
    /// Relevance; absent when sorted by time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// Why it was found.
    pub snippet: Snippet,
}

/// One value of a facet and how many hits have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FacetCount {
    /// The value.
    pub value: String,
    /// Hits with it.
    pub count: u64,
}

/// Hits of one day in Korea.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayCount {
    /// `2022-10-15`.
    pub day: String,
    /// Hits published on it.
    pub count: u64,
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// Hits on all pages.
    pub total: usize,
    /// Whether the Korean analyzer found nothing and pairs of syllables were tried instead.
    pub fallback: bool,
    /// This page.
    pub hits: Vec<Hit>,
    /// Cursor of the next page, if there is one.
    pub next: Option<String>,
    /// Counts per service, feature, symptom, source and kind.
    pub facets: BTreeMap<&'static str, Vec<FacetCount>>,
    /// Hits per day, oldest first.
    pub histogram: Vec<DayCount>,
}

/// Whether an existing index could be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// It is as it was left.
    Kept,
    /// There was none, or it was made by another version; why.
    Empty(String),
}

/// The index in a directory.
pub struct SearchIndex {
    index: Index,
    reader: IndexReader,
    writer: Mutex<Option<IndexWriter>>,
    fields: Fields,
    tokens: Arc<dyn Tokens>,
}

/// Scored documents of a page, and the cursor of the next.
type Page = (Vec<(Option<f32>, DocAddress)>, Option<String>);
/// Facets and days.
type Counts = (BTreeMap<&'static str, Vec<FacetCount>>, Vec<DayCount>);

const STAMP: &str = "meoktong.json";

#[derive(Serialize, Deserialize, PartialEq)]
struct Stamp {
    schema: u32,
    fingerprint: String,
}

impl SearchIndex {
    /// Opens the index in `directory`, or makes an empty one when there is none that fits this schema and the
    /// analyzer's fingerprint.
    ///
    /// # Errors
    /// When the directory cannot be read or written.
    pub fn open(directory: &Path, tokens: Arc<dyn Tokens>, fingerprint: &str) -> Result<(Self, Opened), SearchError> {
        let trouble =
            |error: std::io::Error| SearchError::Directory(directory.display().to_string(), error.to_string());
        let stamp = Stamp { schema: schema::VERSION, fingerprint: fingerprint.to_owned() };
        let path = directory.join(STAMP);
        std::fs::create_dir_all(directory).map_err(trouble)?;
        let found = std::fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str::<Stamp>(&text).ok());
        let reason = match &found {
            None => Some("there was no index".to_owned()),
            Some(found) if found.schema != stamp.schema => Some("the index has another layout".to_owned()),
            Some(found) if *found != stamp => {
                Some("the index was built with another dictionary or analyzer".to_owned())
            }
            Some(_) => None,
        };
        let (opened, index) = match reason {
            None => match Index::open_in_dir(directory) {
                Ok(index) => (Opened::Kept, index),
                Err(error) => {
                    (Opened::Empty(format!("the index was damaged ({error})")), Self::create(directory, &stamp)?)
                }
            },
            Some(reason) => (Opened::Empty(reason), Self::create(directory, &stamp)?),
        };
        Ok((Self::over(index, tokens)?, opened))
    }

    /// An index in memory, for tests and one-off questions.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn in_memory(tokens: Arc<dyn Tokens>) -> Result<Self, SearchError> {
        Self::over(Index::create_in_ram(schema::schema().0), tokens)
    }

    fn create(directory: &Path, stamp: &Stamp) -> Result<Index, SearchError> {
        let trouble =
            |error: std::io::Error| SearchError::Directory(directory.display().to_string(), error.to_string());
        std::fs::remove_dir_all(directory).map_err(trouble)?;
        std::fs::create_dir_all(directory).map_err(trouble)?;
        let index = Index::create_in_dir(directory, schema::schema().0)?;
        // The stamp comes last: a crash in between leaves an index without stamp, which is built anew.
        let text = serde_json::to_string(stamp).expect("two plain fields are serialisable");
        std::fs::write(directory.join(STAMP), text).map_err(trouble)?;
        Ok(index)
    }

    fn over(index: Index, tokens: Arc<dyn Tokens>) -> Result<Self, SearchError> {
        index.tokenizers().register(schema::KOREAN, Adapter(tokens.clone()));
        index.tokenizers().register(schema::BIGRAM, Adapter(Arc::new(Bigrams)));
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { index, reader, writer: Mutex::new(None), fields: schema::schema().1, tokens })
    }

    /// The last row that the index holds.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn last_row(&self) -> Result<i64, SearchError> {
        Ok(self.index.load_metas()?.payload.and_then(|row| row.parse().ok()).unwrap_or(0))
    }

    /// How many documents it holds.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds or replaces documents and remembers `last_row` in the same commit: after a crash either both or
    /// neither are there.
    ///
    /// # Errors
    /// When the engine fails; nothing of the batch is visible then.
    pub fn commit(&self, entries: &[Entry<'_>], last_row: i64) -> Result<(), SearchError> {
        let mut slot = self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut writer = match slot.take() {
            Some(writer) => writer,
            None => self.index.writer_with_num_threads(1, WRITER_MEMORY)?,
        };
        for entry in entries {
            writer.delete_term(Term::from_field_text(self.fields.id, &entry.document.id));
            writer.add_document(self.tantivy_document(entry))?;
        }
        let mut prepared = writer.prepare_commit()?;
        prepared.set_payload(&last_row.to_string());
        prepared.commit()?;
        *slot = Some(writer);
        self.reader.reload()?;
        Ok(())
    }

    fn tantivy_document(&self, entry: &Entry<'_>) -> TantivyDocument {
        let f = &self.fields;
        let document = entry.document;
        let mut made = TantivyDocument::new();
        made.add_text(f.id, &document.id);
        made.add_text(f.title, &document.title);
        made.add_text(f.body, &document.text);
        made.add_text(f.bigram, format!("{}\n{}", document.title, document.text));
        for (field, values) in
            [(f.service, &entry.services), (f.feature, &entry.features), (f.symptom, &entry.symptoms)]
        {
            for value in values {
                made.add_text(field, value);
            }
        }
        made.add_text(f.kind, document.kind.as_str());
        if let Some(source) = &document.source {
            made.add_text(f.source, source);
        }
        if let Some(url) = &document.url {
            made.add_text(f.url, url);
        }
        made.add_text(f.story, entry.story);
        if let Some(published) = document.published_at {
            made.add_i64(f.published, published.at.timestamp());
        }
        let seconds = document.published_at.map_or(entry.fetched, |p| p.at.timestamp());
        made.add_u64(f.place, schema::place(seconds, entry.row));
        made.add_bool(f.outage, entry.outage);
        made.add_bool(f.current, entry.current);
        made.add_f64(f.probability, entry.probability);
        made
    }

    /// Answers a query.
    ///
    /// # Errors
    /// When the query or the cursor is wrong, or the engine fails.
    pub fn search(&self, request: &Request) -> Result<Answer, SearchError> {
        let query = Query::parse(&request.query, request.now)?;
        let searcher = self.reader.searcher();
        let mut fallback = false;
        let mut planned = plan(&query, &self.fields, Through::Analyzer(&*self.tokens));
        let mut total = searcher.search(&planned, &Count)?;
        if total == 0 && !query.words().is_empty() {
            let second = plan(&query, &self.fields, Through::Fallback);
            let found = searcher.search(&second, &Count)?;
            if found > 0 {
                (planned, total, fallback) = (second, found, true);
            }
        }
        let cursor = request.cursor.as_deref().map(|text| Cursor::read(text, request.sort)).transpose()?;
        let (page, next) = self.page(&*planned, request, cursor)?;
        let (facets, histogram) = self.counts(&*planned)?;
        let tokens: &dyn Tokens = if fallback { &Bigrams } else { &*self.tokens };
        let wanted: HashSet<String> = query.words().into_iter().flat_map(|word| terms(tokens, word)).collect();
        let hits = page
            .into_iter()
            .map(|(score, address)| Ok(self.hit(&searcher.doc(address)?, score, &wanted, tokens)))
            .collect::<Result<_, SearchError>>()?;
        Ok(Answer { total, fallback, hits, next, facets, histogram })
    }

    fn page(&self, planned: &dyn Planned, request: &Request, cursor: Option<Cursor>) -> Result<Page, SearchError> {
        let searcher = self.reader.searcher();
        let limit = request.limit.clamp(1, 1000);
        match request.sort {
            Sort::Relevance => {
                let skip = cursor.map_or(0, |c| c.0 as usize);
                let collector = TopDocs::with_limit(limit + 1).and_offset(skip).order_by_score();
                let mut found = searcher.search(planned, &collector)?;
                let more = found.len() > limit;
                found.truncate(limit);
                let page = found.into_iter().map(|(score, address)| (Some(score), address)).collect();
                Ok((page, more.then(|| format!("r{}", skip + limit))))
            }
            Sort::Time => {
                let collector = TopDocs::with_limit(limit + 1).order_by_fast_field::<u64>("place", Order::Desc);
                let mut found = match cursor {
                    None => searcher.search(planned, &collector)?,
                    Some(Cursor(place)) => {
                        let before = RangeQuery::new(
                            std::ops::Bound::Unbounded,
                            std::ops::Bound::Excluded(Term::from_field_u64(self.fields.place, place)),
                        );
                        let both = BooleanQuery::intersection(vec![planned.box_clone(), Box::new(before)]);
                        searcher.search(&both, &collector)?
                    }
                };
                let more = found.len() > limit;
                found.truncate(limit);
                let next = found.last().and_then(|(place, _)| *place).filter(|_| more).map(|place| format!("t{place}"));
                Ok((found.into_iter().map(|(_, address)| (None, address)).collect(), next))
            }
        }
    }

    fn counts(&self, planned: &dyn Planned) -> Result<Counts, SearchError> {
        const FACETS: [&str; 5] = ["service", "feature", "symptom", "source", "kind"];
        const DAY: i64 = 86_400;
        let mut wanted = serde_json::Map::new();
        for name in FACETS {
            wanted.insert(name.into(), serde_json::json!({"terms": {"field": name, "size": 50}}));
        }
        // A Korean day begins nine hours before the one of UTC.
        wanted.insert(
            "days".into(),
            serde_json::json!({"histogram": {"field": "published", "interval": DAY, "offset": 15 * 3600, "min_doc_count": 1}}),
        );
        let wanted: Aggregations = serde_json::from_value(wanted.into()).expect("the request is well formed");
        let collector = AggregationCollector::from_aggs(wanted, Default::default());
        let found = self.reader.searcher().search(planned, &collector)?;
        let found = serde_json::to_value(found).unwrap_or_default();
        let buckets = |name: &str| found[name]["buckets"].as_array().cloned().unwrap_or_default();
        let facets = FACETS.map(|name| {
            let counts = buckets(name)
                .iter()
                .map(|bucket| FacetCount {
                    value: bucket["key"].as_str().unwrap_or_default().to_owned(),
                    count: bucket["doc_count"].as_u64().unwrap_or_default(),
                })
                .collect();
            (name, counts)
        });
        let histogram = buckets("days")
            .iter()
            .filter_map(|bucket| {
                let at = DateTime::from_timestamp(bucket["key"].as_f64()? as i64, 0)?.with_timezone(&kst());
                Some(DayCount { day: at.format("%Y-%m-%d").to_string(), count: bucket["doc_count"].as_u64()? })
            })
            .collect();
        Ok((facets.into(), histogram))
    }

    fn hit(&self, found: &TantivyDocument, score: Option<f32>, wanted: &HashSet<String>, tokens: &dyn Tokens) -> Hit {
        let f = &self.fields;
        let text = |field| found.get_first(field).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let some = |field| found.get_first(field).and_then(|value| value.as_str()).map(str::to_owned);
        let all = |field| found.get_all(field).filter_map(|v| v.as_str()).map(str::to_owned).collect::<Vec<_>>();
        let flag = |field| found.get_first(field).and_then(|value| value.as_bool()).unwrap_or_default();
        let published = found.get_first(f.published).and_then(|value| value.as_i64());
        Hit {
            id: text(f.id),
            title: text(f.title),
            kind: text(f.kind),
            source: some(f.source),
            url: some(f.url),
            published_at: published
                .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
                .map(|at| at.with_timezone(&kst()).to_rfc3339()),
            services: all(f.service),
            features: all(f.feature),
            symptoms: all(f.symptom),
            outage: flag(f.outage),
            current: flag(f.current),
            probability: found.get_first(f.probability).and_then(|value| value.as_f64()).unwrap_or_default(),
            story: some(f.story).filter(|story| !story.is_empty()),
            score,
            snippet: snippet(&text(f.body), wanted, tokens),
        }
    }
}

struct Cursor(u64);

impl Cursor {
    fn read(text: &str, sort: Sort) -> Result<Self, SearchError> {
        let mark = match sort {
            Sort::Relevance => 'r',
            Sort::Time => 't',
        };
        let number = text.strip_prefix(mark).and_then(|number| number.parse().ok());
        number.map(Self).ok_or_else(|| SearchError::Cursor(text.to_owned()))
    }
}
