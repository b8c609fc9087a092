//! From sources to entries: schedule, fetch (the only HTTP GET), and one reader per format.

pub mod article;
pub mod charset;
pub mod feed;
pub mod fetch;
pub mod guard;
pub mod notices;
pub mod reviews;
pub mod robots;
pub mod schedule;
pub mod trends;
mod xml;

use meoktong_index::Published;
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
    /// Who wrote it, as the source says; stored only as a salted hash.
    pub author: Option<String>,
    /// Publisher, where the source collects several.
    pub publisher: Option<String>,
    /// What it is about, for boards and reviews.
    pub about: Option<String>,
    /// Rank of a trend.
    pub rank: Option<f64>,
    /// Volume of a trend.
    pub volume: Option<f64>,
    /// Stars of a review.
    pub rating: Option<f64>,
}

/// Why an answer could not be read.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// It is no feed.
    #[error("the answer is no RSS or Atom feed ({0}) — open the address in a browser and look for its feed")]
    Feed(String),
    /// It is a page where data was expected.
    #[error("the answer is a web page, not {0} — the address has moved or the site wants a browser")]
    Page(&'static str),
    /// It ends in the middle.
    #[error("the answer is cut off or damaged ({0}) — the next crawl asks again")]
    Damaged(String),
    /// A page has not the structure that the configuration says.
    #[error("nothing on the page matches {0:?} — the page has changed: correct the selector")]
    Selector(String),
}
