//! What stands in a text before anything is decided: sentences, names, outage expressions, times.

use std::collections::HashSet;

use chrono::{DateTime, FixedOffset};
use meoktong_dictionaries::Cue;
use meoktong_dictionaries::lexicon::Meaning;
use meoktong_index::morpheme::{Folded, Workspace};
use meoktong_index::{Document, Kind};

use super::Analyser;
use super::names::{FeatureWord, Mention, Who};
use super::report::Assertion;
use super::signal::{self, Found};
use super::text::{self, Sentence, Zone};
use super::time::{self, Form, TimeExpr};

/// A time expression with its sentence.
#[derive(Debug, Clone)]
pub struct Timed {
    /// Sentence.
    pub sentence: usize,
    /// First morpheme at or behind it.
    pub from: usize,
    /// The expression.
    pub expr: TimeExpr,
}

/// Sentences that are read closely; an article has some dozens. What follows in an endless text is kept but not judged,
/// so that no document costs more than a fixed time.
const LONGEST: usize = 600;

/// Everything found in one text.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Kind of document.
    pub kind: Kind,
    /// Publication, if known.
    pub published: Option<DateTime<FixedOffset>>,
    /// Whether only the day of publication is known.
    pub day_only: bool,
    /// Sentences of the folded text.
    pub sentences: Vec<Sentence<'a>>,
    /// Outage expressions.
    pub signals: Vec<Found>,
    /// Services named.
    pub mentions: Vec<Mention>,
    /// Feature words.
    pub words: Vec<FeatureWord>,
    /// Time expressions.
    pub times: Vec<Timed>,
    /// What a review or a board is about.
    pub about: Option<Who>,
}

/// The elements of one sentence in a list sorted by sentence.
fn within<T>(all: &[T], sentence: usize, of: impl Fn(&T) -> usize) -> &[T] {
    let from = all.partition_point(|item| of(item) < sentence);
    let length = all[from..].partition_point(|item| of(item) == sentence);
    &all[from..from + length]
}

impl Facts<'_> {
    /// Outage expressions of a sentence.
    #[must_use]
    pub fn signals_in(&self, sentence: usize) -> &[Found] {
        within(&self.signals, sentence, |s| s.sentence)
    }

    /// Services named in a sentence.
    #[must_use]
    pub fn mentions_in(&self, sentence: usize) -> &[Mention] {
        within(&self.mentions, sentence, |m| m.sentence)
    }

    /// Feature words of a sentence.
    #[must_use]
    pub fn words_in(&self, sentence: usize) -> &[FeatureWord] {
        within(&self.words, sentence, |w| w.sentence)
    }

    /// Time expressions of a sentence.
    #[must_use]
    pub fn times_in(&self, sentence: usize) -> &[Timed] {
        within(&self.times, sentence, |t| t.sentence)
    }

    /// Whether a sentence looks back at an earlier day.
    #[must_use]
    pub fn looks_back(&self, sentence: usize) -> bool {
        self.times_in(sentence).iter().any(|t| t.expr.historical && t.expr.form != Form::Duration)
    }

    /// Whether an outage expression says that something fails or failed on this occasion.
    #[must_use]
    pub fn live(signal: &Found) -> bool {
        matches!(signal.assertion, Assertion::Affirmed | Assertion::Restored)
    }

    /// Cues of a kind in a sentence.
    #[must_use]
    pub fn has_cue(&self, analyser: &Analyser, sentence: usize, kind: Cue) -> bool {
        self.sentences[sentence]
            .hits
            .iter()
            .any(|hit| analyser.lexicon.entries()[hit.entry].meaning == Meaning::Cue(kind))
    }

    /// Every service named, in order of first mention.
    #[must_use]
    pub fn candidates(&self) -> Vec<Who> {
        let mut seen = HashSet::new();
        self.mentions.iter().filter(|m| seen.insert(m.who.clone())).map(|m| m.who.clone()).collect()
    }
}

/// Lowers ASCII letters; places stay.
#[must_use]
pub fn lowered(text: &str) -> String {
    let mut lowered = text.to_owned();
    lowered.make_ascii_lowercase();
    lowered
}

impl Analyser {
    /// Finds everything in a folded text.
    pub fn facts<'a>(
        &'a self,
        document: &Document,
        folded: &'a Folded,
        lowered: &str,
        space: &mut Workspace,
    ) -> Facts<'a> {
        let text = folded.text.as_str();
        let chatter = document.kind.is_chatter() || document.kind == Kind::Trend;
        let mut sentences = Vec::new();
        for (start, end, line, zone) in text::sentences(text) {
            let mut sentence =
                Sentence { start, end, zone, line, morphs: Vec::new(), clauses: Vec::new(), hits: Vec::new() };
            // Deep in a long text only sentences that name something or hold an outage word are worth the lattice.
            let matters = zone <= Zone::Lead
                || chatter
                || sentences.len() < 12
                || self.cues.is_match(&text[start..end])
                || self.names.any(&lowered[start..end]);
            if zone != Zone::Furniture && matters && sentences.len() < LONGEST {
                self.analyzer.morphemes(&text[start..end], start, space, &mut sentence.morphs);
                sentence.clauses = text::clauses(&sentence.morphs);
                self.lexicon.hits(&sentence.morphs, &mut sentence.hits);
            }
            sentences.push(sentence);
        }
        let mut signals = Vec::new();
        for (at, sentence) in sentences.iter().enumerate() {
            signal::find(&self.lexicon, at, sentence, &mut signals);
        }
        let mut mentions = self.names.mentions(lowered, &sentences);
        let known: Vec<(usize, usize, usize)> = mentions.iter().map(|m| (m.sentence, m.from, m.to)).collect();
        super::unlisted::find(&sentences, &signals, &known, &mut mentions);
        mentions.sort_by_key(|m| (m.sentence, m.from, m.to));
        let words = self.names.feature_words(lowered, &sentences);
        let anchor = time::Anchor {
            published: document.published_at.map(|p| p.at),
            date_only: document.published_at.is_some_and(|p| p.day_only),
            bias: self.bias,
        };
        let times = if signals.is_empty() { Vec::new() } else { time::find(text, &anchor) };
        let times = times
            .into_iter()
            .filter_map(|expr| {
                let sentence = sentences.partition_point(|s| s.end <= expr.start);
                let place = sentences.get(sentence).filter(|s| s.zone != Zone::Furniture && s.start <= expr.start)?;
                Some(Timed { sentence, from: place.morph_at(expr.start), expr })
            })
            .collect();
        let about = document.about.as_deref().filter(|label| !label.trim().is_empty()).map(|label| {
            self.names.service_called(label).map_or_else(|| Who::Unlisted(label.trim().to_owned()), Who::Known)
        });
        Facts {
            kind: document.kind,
            published: document.published_at.map(|p| p.at),
            day_only: anchor.date_only,
            sentences,
            signals,
            mentions,
            words,
            times,
            about,
        }
    }
}
