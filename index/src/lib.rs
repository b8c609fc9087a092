//! How Korean text becomes morphemes and a searchable index.

pub mod document;
pub mod morpheme;
pub mod segment;

pub use document::{Document, Kind, Published};
