//! How Korean text becomes morphemes and a searchable index.

mod compile;
mod cursor;
pub mod document;
mod entry;
mod explain;
mod hangul;
mod histogram;
mod korean;
mod life;
mod linked;
pub mod morpheme;
mod percolate;
mod plan;
pub mod query;
mod related;
mod schema;
pub mod search;
pub mod segment;
mod snippet;
mod steady;
mod suggest;
mod survey;
#[cfg(test)]
mod tests;
pub mod tokens;

pub use document::{Document, Kind, Published};
pub use entry::Entry;
pub use explain::{Explained, ExplainedWord, Why};
pub use histogram::{Bar, Interval};
pub use korean::Korean;
pub use life::{Opened, Rebuild, SearchIndex};
pub use linked::Linked;
pub use percolate::Percolator;
pub use plan::Level;
pub use query::{Query, QueryError};
pub use related::Related;
pub use schema::VERSION as SCHEMA_VERSION;
pub use search::{Answer, FacetCount, Hit, Options, Request, SearchError, Sort};
pub use snippet::Snippet;
pub use suggest::Suggestion;
pub use tokens::{Pairs, Tokens};
