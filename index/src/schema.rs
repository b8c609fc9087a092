//! What the index holds of a document.

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};

/// Raised whenever a field changes; an index of another version is rebuilt.
pub const VERSION: u32 = 1;

/// Name under which the Korean analyzer is registered.
pub(crate) const KOREAN: &str = "korean";
/// Name under which the fallback is registered.
pub(crate) const BIGRAM: &str = "bigram";

/// The fields, by name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) id: Field,
    pub(crate) title: Field,
    pub(crate) body: Field,
    pub(crate) bigram: Field,
    pub(crate) service: Field,
    pub(crate) feature: Field,
    pub(crate) symptom: Field,
    pub(crate) kind: Field,
    pub(crate) source: Field,
    pub(crate) story: Field,
    pub(crate) url: Field,
    /// Seconds since 1970; absent when unknown.
    pub(crate) published: Field,
    /// Publication (or fetch) time and row in one number: a total order by time, for cursors.
    pub(crate) place: Field,
    pub(crate) outage: Field,
    pub(crate) current: Field,
    pub(crate) probability: Field,
}

/// The schema and its fields.
pub(crate) fn schema() -> (Schema, Fields) {
    let text = |name: &str| {
        TextOptions::default().set_indexing_options(
            TextFieldIndexing::default().set_tokenizer(name).set_index_option(IndexRecordOption::WithFreqsAndPositions),
        )
    };
    let mut builder = Schema::builder();
    let fields = Fields {
        id: builder.add_text_field("id", STRING | STORED),
        title: builder.add_text_field("title", text(KOREAN).set_stored()),
        body: builder.add_text_field("body", text(KOREAN).set_stored()),
        bigram: builder.add_text_field("bigram", text(BIGRAM)),
        service: builder.add_text_field("service", STRING | STORED | FAST),
        feature: builder.add_text_field("feature", STRING | STORED | FAST),
        symptom: builder.add_text_field("symptom", STRING | STORED | FAST),
        kind: builder.add_text_field("kind", STRING | STORED | FAST),
        source: builder.add_text_field("source", STRING | STORED | FAST),
        story: builder.add_text_field("story", STRING | STORED),
        url: builder.add_text_field("url", STORED),
        published: builder.add_i64_field("published", INDEXED | FAST | STORED),
        place: builder.add_u64_field("place", INDEXED | FAST | STORED),
        outage: builder.add_bool_field("outage", INDEXED | FAST | STORED),
        current: builder.add_bool_field("current", INDEXED | FAST | STORED),
        probability: builder.add_f64_field("probability", FAST | STORED),
    };
    (builder.build(), fields)
}

/// The total order by time: seconds, then the last 24 bits of the row.
pub(crate) fn place(seconds: i64, row: i64) -> u64 {
    ((seconds.max(0) as u64) << 24) | (row as u64 & 0xFF_FFFF)
}
