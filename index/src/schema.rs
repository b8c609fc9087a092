//! What the index holds of a document.

use tantivy::schema::{FAST, Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions};

/// Raised whenever a field changes; an index of another version is rebuilt.
pub const VERSION: u32 = 2;

/// Name under which the Korean analyzer is registered.
pub(crate) const KOREAN: &str = "korean";
/// Name under which the pairs of letters are registered.
pub(crate) const PAIRS: &str = "pairs";

/// The fields with a value that is looked up as it stands and counted.
pub(crate) const FACETS: [&str; 5] = ["service", "feature", "symptom", "source", "kind"];

/// The fields, by name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) id: Field,
    pub(crate) title: Field,
    pub(crate) body: Field,
    /// Pairs of letters of title and body. Only whether a pair is there is kept, not how often or where: that ranks
    /// better (a pair that comes again says nothing new) and takes a third of the room.
    pub(crate) pairs: Field,
    pub(crate) service: Field,
    pub(crate) feature: Field,
    pub(crate) symptom: Field,
    pub(crate) assertion: Field,
    pub(crate) kind: Field,
    pub(crate) source: Field,
    pub(crate) story: Field,
    /// Hash of the story, or of the document where it has none.
    pub(crate) story_key: Field,
    pub(crate) url: Field,
    /// Seconds since 1970; absent when unknown.
    pub(crate) published: Field,
    /// Seconds since 1970.
    pub(crate) fetched: Field,
    /// Row in the store, for the newest one.
    pub(crate) row: Field,
    /// Publication (or fetch) time and row in one number: a total order by time, for cursors.
    pub(crate) place: Field,
    pub(crate) outage: Field,
    pub(crate) current: Field,
    pub(crate) probability: Field,
}

/// The schema and its fields.
pub(crate) fn schema() -> (Schema, Fields) {
    let text = |name: &str, option| TextFieldIndexing::default().set_tokenizer(name).set_index_option(option);
    let korean = || {
        TextOptions::default().set_indexing_options(text(KOREAN, IndexRecordOption::WithFreqsAndPositions)).set_stored()
    };
    let pairs = text(PAIRS, IndexRecordOption::Basic).set_fieldnorms(false);
    let mut builder = Schema::builder();
    let fields = Fields {
        id: builder.add_text_field("id", STRING | STORED),
        title: builder.add_text_field("title", korean()),
        body: builder.add_text_field("body", korean()),
        pairs: builder.add_text_field("pairs", TextOptions::default().set_indexing_options(pairs)),
        service: builder.add_text_field("service", STRING | STORED | FAST),
        feature: builder.add_text_field("feature", STRING | STORED | FAST),
        symptom: builder.add_text_field("symptom", STRING | STORED | FAST),
        assertion: builder.add_text_field("assertion", STRING | STORED | FAST),
        kind: builder.add_text_field("kind", STRING | STORED | FAST),
        source: builder.add_text_field("source", STRING | STORED | FAST),
        story: builder.add_text_field("story", STRING | STORED),
        story_key: builder.add_u64_field("story_key", FAST),
        url: builder.add_text_field("url", STORED),
        published: builder.add_i64_field("published", FAST | STORED),
        fetched: builder.add_i64_field("fetched", FAST | STORED),
        row: builder.add_u64_field("row", FAST),
        place: builder.add_u64_field("place", FAST | STORED),
        outage: builder.add_bool_field("outage", tantivy::schema::INDEXED | FAST | STORED),
        current: builder.add_bool_field("current", tantivy::schema::INDEXED | FAST | STORED),
        probability: builder.add_f64_field("probability", FAST | STORED),
    };
    (builder.build(), fields)
}

impl Fields {
    /// The field with exact values of this name.
    pub(crate) fn exact(&self, name: &str) -> Field {
        match name {
            "service" => self.service,
            "feature" => self.feature,
            "symptom" => self.symptom,
            "assertion" => self.assertion,
            "kind" => self.kind,
            "source" => self.source,
            "story" => self.story,
            _ => self.id,
        }
    }
}

/// Bits of [`place`] that hold the row: a billion documents.
const ROW_BITS: u32 = 30;

/// The total order by time: seconds, then the row.
pub(crate) fn place(seconds: i64, row: i64) -> u64 {
    ((seconds.max(0) as u64) << ROW_BITS) | (row as u64 & ((1 << ROW_BITS) - 1))
}

/// The row of a place.
pub(crate) fn row_of(place: u64) -> u64 {
    place & ((1 << ROW_BITS) - 1)
}

/// The seconds of a place.
pub(crate) fn seconds_of(place: u64) -> i64 {
    (place >> ROW_BITS) as i64
}
