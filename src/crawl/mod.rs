//! From sources to entries: schedule, plan of requests, fetch (the only HTTP GET), and one reader per format.

pub mod article;
pub mod challenge;
pub mod charset;
pub mod feed;
pub mod fetch;
pub mod fields;
pub mod guard;
pub mod habit;
pub mod keywords;
pub mod notices;
pub mod plan;
pub mod read;
pub mod reviews;
pub mod robots;
pub mod schedule;
pub mod search;
pub mod sitemap;
pub mod social;
pub mod status;
pub mod trends;
mod xml;

use meoktong_index::Published;
use serde_json::Value;
use thiserror::Error;

/// One entry of a source, before it is a document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// What the source calls it: guid, review id, query and day.
    pub key: Option<String>,
    /// Where it stands.
    pub url: Option<String>,
    /// Headline, clean.
    pub title: String,
    /// Body or excerpt, clean.
    pub text: String,
    /// When it was published.
    pub published: Option<Published>,
    /// Whether the source tells no time, so that the time of fetching is the best guess there is.
    pub estimated: bool,
    /// Who wrote it, as the source says; stored only as a salted hash.
    pub author: Option<String>,
    /// Publisher, where the source collects several.
    pub publisher: Option<String>,
    /// What it is about, for boards and reviews.
    pub about: Option<String>,
    /// Rank of a trend.
    pub rank: Option<f64>,
    /// Places that a trend has moved up; none for a new one.
    pub delta: Option<i64>,
    /// Volume of a trend.
    pub volume: Option<f64>,
    /// Stars of a review.
    pub rating: Option<f64>,
}

/// What one answer held.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Its entries, in the source's order.
    pub entries: Vec<Entry>,
    /// Entries set aside: neither headline nor text, or not what the format says.
    pub skipped: usize,
    /// Whether the source says that there is more behind.
    pub more: bool,
    /// The source's own id of the newest entry, for asking from there on.
    pub newest: Option<String>,
    /// What the source wants to be told to give the next page.
    pub token: Option<String>,
    /// Minutes that the feed says it stays as it is.
    pub ttl_minutes: Option<u32>,
}

impl Reading {
    /// Takes an entry that has a headline or a text; others are counted.
    fn take(&mut self, entry: Entry) {
        if entry.title.is_empty() && entry.text.is_empty() {
            self.skipped += 1;
        } else {
            self.entries.push(entry);
        }
    }
}

/// Why an answer could not be read.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// It is no feed.
    #[error("the answer is no feed ({0}) — open the address in a browser and look for its feed")]
    Feed(String),
    /// It is a page where data was expected.
    #[error("the answer is a web page, not {0} — the address has moved or the site wants a browser")]
    Page(&'static str),
    /// A guard before the site answered.
    #[error("the answer is {0} — the site wants a browser: set enabled = false or poll it less often")]
    Challenge(&'static str),
    /// It ends in the middle.
    #[error("the answer is cut off or damaged ({0}) — the next crawl asks again")]
    Damaged(String),
    /// It is built to do harm.
    #[error("the answer is refused ({0}) — if the source is sound, tell its operator")]
    Hostile(String),
    /// There is nothing in it.
    #[error("the answer is empty — the next crawl asks again")]
    Empty,
    /// The interface says no.
    #[error("the interface refused: {0}")]
    Refused(String),
    /// What the format promises is not there.
    #[error("the answer holds no {0} — the format has changed, or the field map is wrong")]
    Missing(String),
    /// A page has not the structure that the configuration says.
    #[error("nothing on the page matches {0:?} — the page has changed: correct the selector")]
    Selector(String),
}

/// Reads JSON, and names what stands in its place.
fn json(bytes: &[u8], wanted: &'static str) -> Result<Value, ReadError> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii();
    match text.first() {
        None => Err(ReadError::Empty),
        Some(b'<') => {
            let page = charset::decode(text, None);
            Err(challenge::name(&page).map_or(ReadError::Page(wanted), ReadError::Challenge))
        }
        Some(_) => serde_json::from_slice(text).map_err(|error| ReadError::Damaged(error.to_string())),
    }
}

/// Refuses a web page where XML is wanted.
fn no_page(text: &str, wanted: &'static str) -> Result<(), ReadError> {
    let head: String = text.trim_start().chars().take(600).collect::<String>().to_lowercase();
    if head.is_empty() {
        return Err(ReadError::Empty);
    }
    let page = head.starts_with("<!doctype html") || head.starts_with("<html") || head.contains("<html");
    // Some guards answer with a bare script.
    match challenge::name(text) {
        Some(guard) if page || head.starts_with("<script") => Err(ReadError::Challenge(guard)),
        _ if page || head.starts_with("<script") => Err(ReadError::Page(wanted)),
        _ if !head.starts_with(['<', '{']) => Err(ReadError::Feed(format!("it begins with {:?}", cut(text, 40)))),
        _ => Ok(()),
    }
}

fn cut(text: &str, most: usize) -> String {
    text.trim_start().chars().filter(|c| !c.is_control()).take(most).collect()
}
