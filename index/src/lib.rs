//! How Korean text becomes morphemes and a searchable index.

pub mod document;

pub use document::{Document, Kind, Published};
