//! One walk over all hits: the best of them, their number, the counts of their values, and when they were published.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use crate::schema::{self, FACETS, row_of, seconds_of};
use crate::search::Sort;

/// Order of hits: the value that is sorted by, then the place in time. Both fall from hit to hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// A score of which the bits are kept: scores are never negative, so that bits are ordered as they are.
    pub(crate) value: u32,
    pub(crate) place: u64,
}

/// What is collected.
#[derive(Debug, Clone)]
pub(crate) struct Survey {
    pub(crate) sort: Sort,
    pub(crate) limit: usize,
    /// Only hits behind this one.
    pub(crate) after: Option<Key>,
    /// Only rows up to this one: what arrived later does not move the pages.
    pub(crate) newest: u64,
    /// Seconds since 1970 that the age of a document counts from.
    pub(crate) now: i64,
    /// Whether values and times are counted too.
    pub(crate) counts: bool,
    /// Whether of each story only the best hit is kept.
    pub(crate) collapse: bool,
}

/// A score that halves with age, in seconds. An old document keeps a hundredth, so that relevance still orders old ones.
fn decayed(score: Score, age: i64) -> Score {
    let days = age.max(0) as f64 / 86_400.0;
    (f64::from(score.max(0.0)) * (0.01 + 0.99 * (-days / HALF_LIFE_DAYS).exp2())) as f32
}

/// Days after which a hit counts half, when newer ones are preferred.
const HALF_LIFE_DAYS: f64 = 3.0;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Up to `limit` hits, the best first.
    pub(crate) hits: Vec<(Key, Score, DocAddress)>,
    /// Of each hit how many of its story were found; 1 where stories are not collapsed.
    pub(crate) copies: Vec<u64>,
    pub(crate) total: usize,
    pub(crate) heads: HashMap<u64, Head>,
    pub(crate) facets: BTreeMap<&'static str, HashMap<String, u64>>,
    /// Seconds since 1970 of every hit, when counts are wanted.
    pub(crate) times: Vec<u32>,
}

/// The best hit of a story.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    key: Key,
    score: Score,
    address: DocAddress,
    copies: u64,
}

struct Counted {
    name: &'static str,
    column: StrColumn,
    ords: Column<u64>,
    counts: Vec<u64>,
}

pub(crate) struct SegmentSurvey {
    survey: Survey,
    segment: SegmentOrdinal,
    place: Column<u64>,
    heap: BinaryHeap<Reverse<(Key, u32, DocId)>>,
    total: usize,
    counted: Vec<Counted>,
    times: Vec<u32>,
    story: Option<Column<u64>>,
    heads: HashMap<u64, Head>,
}

impl Collector for Survey {
    type Fruit = Found;
    type Child = SegmentSurvey;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentSurvey> {
        let columns = reader.fast_fields();
        let mut counted = Vec::new();
        for name in FACETS.into_iter().filter(|_| self.counts) {
            if let Some(column) = columns.str(name)? {
                let ords = column.ords().clone();
                counted.push(Counted { name, counts: vec![0; column.num_terms()], column, ords });
            }
        }
        Ok(SegmentSurvey {
            survey: self.clone(),
            segment,
            place: columns.u64("place")?,
            heap: BinaryHeap::with_capacity(self.limit + 1),
            total: 0,
            counted,
            times: Vec::new(),
            story: self.collapse.then(|| columns.u64("story_key")).transpose()?,
            heads: HashMap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        self.sort != Sort::Time
    }

    fn merge_fruits(&self, segments: Vec<Found>) -> tantivy::Result<Found> {
        let mut all = Found::default();
        for segment in segments {
            all.total += segment.total;
            all.hits.extend(segment.hits);
            all.times.extend(segment.times);
            for (story, head) in segment.heads {
                all.heads
                    .entry(story)
                    .and_modify(|known| {
                        let copies = known.copies + head.copies;
                        *known = Head { copies, ..if head.key > known.key { head } else { *known } };
                    })
                    .or_insert(head);
            }
            for (name, counts) in segment.facets {
                let into = all.facets.entry(name).or_default();
                for (value, count) in counts {
                    *into.entry(value).or_default() += count;
                }
            }
        }
        if self.collapse {
            let mut heads: Vec<Head> = std::mem::take(&mut all.heads).into_values().collect();
            // A story of which the best hit was shown is not shown again.
            heads.retain(|head| self.after.is_none_or(|after| head.key < after));
            heads.sort_by_key(|head| Reverse(head.key));
            heads.truncate(self.limit);
            all.copies = heads.iter().map(|head| head.copies).collect();
            all.hits = heads.into_iter().map(|head| (head.key, head.score, head.address)).collect();
            return Ok(all);
        }
        all.hits.sort_by_key(|hit| Reverse(hit.0));
        all.hits.truncate(self.limit);
        all.copies = vec![1; all.hits.len()];
        Ok(all)
    }
}

impl SegmentSurvey {
    fn rank(&mut self, doc: DocId, score: Score, place: u64) {
        let value = match self.survey.sort {
            Sort::Time => 0,
            Sort::Relevance => score.max(0.0).to_bits(),
            Sort::Recent => decayed(score, self.survey.now - seconds_of(place)).to_bits(),
        };
        let key = Key { value, place };
        if let Some(story) = &self.story {
            let address = DocAddress::new(self.segment, doc);
            let head = Head { key, score, address, copies: 1 };
            self.heads
                .entry(story.first(doc).unwrap_or(0))
                .and_modify(|known| {
                    let copies = known.copies + 1;
                    *known = Head { copies, ..if key > known.key { head } else { *known } };
                })
                .or_insert(head);
            return;
        }
        if self.survey.after.is_some_and(|after| key >= after) {
            return;
        }
        if self.heap.len() < self.survey.limit {
            self.heap.push(Reverse((key, score.to_bits(), doc)));
        } else if self.heap.peek().is_some_and(|Reverse((least, _, _))| key > *least) {
            self.heap.pop();
            self.heap.push(Reverse((key, score.to_bits(), doc)));
        }
    }
}

impl SegmentCollector for SegmentSurvey {
    type Fruit = Found;

    fn collect(&mut self, doc: DocId, score: Score) {
        let place = self.place.first(doc).unwrap_or(0);
        if row_of(place) > self.survey.newest {
            return;
        }
        self.total += 1;
        self.rank(doc, score, place);
        if self.survey.counts {
            self.times.push(u32::try_from(seconds_of(place)).unwrap_or(u32::MAX));
            for counted in &mut self.counted {
                for ord in counted.ords.values_for_doc(doc) {
                    counted.counts[ord as usize] += 1;
                }
            }
        }
    }

    fn harvest(self) -> Found {
        let mut facets = BTreeMap::new();
        for counted in self.counted {
            let mut values = HashMap::new();
            let mut value = String::new();
            for (ord, count) in counted.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                value.clear();
                if counted.column.ord_to_str(ord as u64, &mut value).unwrap_or(false) {
                    values.insert(value.clone(), *count);
                }
            }
            facets.insert(counted.name, values);
        }
        let segment = self.segment;
        let hits = self.heap.into_iter();
        Found {
            hits: hits
                .map(|Reverse((key, score, doc))| (key, f32::from_bits(score), DocAddress::new(segment, doc)))
                .collect(),
            copies: Vec::new(),
            total: self.total,
            heads: self.heads,
            facets,
            times: self.times,
        }
    }
}

/// The place column of a document, for hits that were found without a survey.
pub(crate) fn place(reader: &SegmentReader, doc: DocId) -> tantivy::Result<u64> {
    Ok(reader.fast_fields().u64("place")?.first(doc).unwrap_or_else(|| schema::place(0, 0)))
}
