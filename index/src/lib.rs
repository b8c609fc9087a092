//! How Korean text becomes morphemes and a searchable index.

pub mod document;
pub mod morpheme;
mod plan;
pub mod query;
mod schema;
pub mod search;
pub mod segment;
mod snippet;
pub mod tokens;

pub use document::{Document, Kind, Published};
pub use query::{Query, QueryError};
pub use schema::VERSION as SCHEMA_VERSION;
pub use search::{Answer, Entry, Hit, Opened, Request, SearchError, SearchIndex, Sort};
pub use snippet::Snippet;
pub use tokens::{Bigrams, Tokens};
