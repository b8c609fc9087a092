//! The lexicon: symptoms, cues, false friends, spelling folds.

use std::collections::BTreeMap;

use fnv::FnvHashMap;
use serde::Deserialize;
use toml::Spanned;
use unicode_normalization::is_nfc;

use crate::pattern::{Cell, Classes, Morph, Pattern};
use crate::{Mistake, Source};

/// A way in which a service fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symptom {
    /// Id: `transfer_failure`.
    pub id: String,
    /// Korean name.
    pub name: String,
    /// English name.
    pub name_en: String,
}

/// What decides whether an outage word tells of an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cue {
    /// 장애가 없었다: it did not happen.
    Negated,
    /// 우려, -ㄹ 경우: it might.
    Hypothetical,
    /// 지난해, 당시: it happened long ago.
    Historical,
    /// 복구됐다: it is over.
    Restored,
    /// 복구 중, 여전히: it is not over.
    NotRestored,
    /// 점검 예정: it is meant to be.
    Planned,
    /// 해결 방법: a guide.
    Howto,
    /// 보상, 국감: what follows an outage.
    Aftermath,
    /// 불만이 쏟아졌다: many people say so.
    Crowd,
    /// 관계자는, 공지: the operator speaks.
    Official,
    /// 때문, 과부하: why.
    Cause,
}

impl Cue {
    /// All kinds.
    pub const ALL: [Cue; 11] = [
        Cue::Negated,
        Cue::Hypothetical,
        Cue::Historical,
        Cue::Restored,
        Cue::NotRestored,
        Cue::Planned,
        Cue::Howto,
        Cue::Aftermath,
        Cue::Crowd,
        Cue::Official,
        Cue::Cause,
    ];

    /// The name used in data formats.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Cue::Negated => "negated",
            Cue::Hypothetical => "hypothetical",
            Cue::Historical => "historical",
            Cue::Restored => "restored",
            Cue::NotRestored => "not_restored",
            Cue::Planned => "planned",
            Cue::Howto => "howto",
            Cue::Aftermath => "aftermath",
            Cue::Crowd => "crowd",
            Cue::Official => "official",
            Cue::Cause => "cause",
        }
    }
}

/// One entry of the lexicon: its pattern, where it stands, and the example that proves it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What a match means.
    pub meaning: Meaning,
    /// The pattern as written.
    pub text: String,
    /// A sentence in which it matches.
    pub example: String,
    /// File and line, for messages.
    pub place: (String, usize),
    pattern: Pattern,
}

/// What a match of an entry means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Index into [`Lexicon::symptoms`].
    Symptom(usize),
    /// A cue.
    Cue(Cue),
    /// The outage word within says nothing.
    Friend,
}

/// A match: entry and the morphemes `from..to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Index into [`Lexicon::entries`].
    pub entry: usize,
    /// First morpheme.
    pub from: usize,
    /// Behind the last morpheme.
    pub to: usize,
}

/// The compiled lexicon.
#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    symptoms: Vec<Symptom>,
    entries: Vec<Entry>,
    folds: Vec<(String, String)>,
    synonyms: Vec<Vec<String>>,
    by_first: FnvHashMap<u64, Vec<usize>>,
    anywhere: Vec<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    folds: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    synonyms: Vec<Vec<Spanned<String>>>,
    #[serde(default)]
    class: Vec<RawClass>,
    #[serde(default)]
    symptom: Vec<RawSymptom>,
    #[serde(default)]
    cue: Vec<RawCue>,
    #[serde(default)]
    friend: Vec<RawPattern>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClass {
    name: Spanned<String>,
    any: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSymptom {
    id: Spanned<String>,
    name: Spanned<String>,
    name_en: String,
    patterns: Vec<RawPattern>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCue {
    kind: Spanned<Cue>,
    patterns: Vec<RawPattern>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPattern {
    #[serde(rename = "match")]
    pattern: Spanned<String>,
    example: Spanned<String>,
}

impl Lexicon {
    /// The bundled lexicon.
    ///
    /// # Panics
    /// If the bundled file is wrong, which a test of this crate excludes.
    #[must_use]
    pub fn bundled() -> Self {
        let (lexicon, mistakes) = Self::read(&crate::bundled::lexicon());
        assert!(mistakes.is_empty(), "the bundled lexicon has mistakes: {mistakes:?}");
        lexicon
    }

    /// Reads files in order; later files add to earlier ones. Returns what could be used, and every mistake.
    #[must_use]
    pub fn read(sources: &[Source]) -> (Self, Vec<Mistake>) {
        let mut lexicon = Self::default();
        let mut classes = Classes::default();
        let mut mistakes = Vec::new();
        for source in sources {
            match toml::from_str::<File>(&source.content) {
                Ok(file) => lexicon.add(source, file, &mut classes, &mut mistakes),
                Err(error) => {
                    let offset = error.span().map_or(0, |span| span.start);
                    mistakes.push(source.mistake(offset, error.message().to_owned()));
                }
            }
        }
        for (at, entry) in lexicon.entries.iter().enumerate() {
            match entry.pattern.first_forms() {
                Some(forms) => {
                    for form in forms {
                        let list = lexicon.by_first.entry(form).or_default();
                        if list.last() != Some(&at) {
                            list.push(at);
                        }
                    }
                }
                None => lexicon.anywhere.push(at),
            }
        }
        mistakes.sort();
        (lexicon, mistakes)
    }

    fn add(&mut self, source: &Source, file: File, classes: &mut Classes, mistakes: &mut Vec<Mistake>) {
        let mut last = 0;
        for (from, to) in &file.folds {
            let at = from.span().start;
            if at < last {
                mistakes.push(source.mistake(at, format!("fold {:?} is out of order: sort the folds", from.get_ref())));
            }
            last = at;
            for word in [from, to] {
                if !is_nfc(word.get_ref()) {
                    mistakes.push(source.mistake(
                        word.span().start,
                        format!("{:?} is not in normal form C: type it again composed", word.get_ref()),
                    ));
                }
            }
            if from.get_ref() == to.get_ref() || from.get_ref().is_empty() {
                mistakes.push(source.mistake(at, format!("fold {:?} changes nothing: remove it", from.get_ref())));
            }
            self.folds.push((from.get_ref().clone(), to.get_ref().clone()));
        }
        for group in &file.synonyms {
            for word in group {
                if !is_nfc(word.get_ref()) || word.get_ref().trim().is_empty() {
                    let what = format!("synonym {:?} is empty or not in normal form C: type it again", word.get_ref());
                    mistakes.push(source.mistake(word.span().start, what));
                }
            }
            self.synonyms.push(group.iter().map(|word| word.get_ref().clone()).collect());
        }
        for class in &file.class {
            for sequence in &class.any {
                if let Err(what) = classes.add(class.name.get_ref(), std::slice::from_ref(sequence.get_ref())) {
                    mistakes.push(
                        source.mistake(sequence.span().start, format!("class {:?}: {what}", class.name.get_ref())),
                    );
                }
            }
        }
        let mut last = String::new();
        for symptom in file.symptom {
            let id = symptom.id.get_ref().clone();
            if id < last {
                mistakes.push(source.mistake(
                    symptom.id.span().start,
                    format!("symptom {id:?} stands after {last:?}: sort the symptoms by id"),
                ));
            }
            last.clone_from(&id);
            let at = self.symptoms.iter().position(|known| known.id == id).unwrap_or_else(|| {
                self.symptoms.push(Symptom { id, name: symptom.name.get_ref().clone(), name_en: symptom.name_en });
                self.symptoms.len() - 1
            });
            self.take(source, Meaning::Symptom(at), symptom.patterns, classes, mistakes);
        }
        for cue in file.cue {
            self.take(source, Meaning::Cue(*cue.kind.get_ref()), cue.patterns, classes, mistakes);
        }
        self.take(source, Meaning::Friend, file.friend, classes, mistakes);
    }

    fn take(
        &mut self,
        source: &Source,
        meaning: Meaning,
        patterns: Vec<RawPattern>,
        classes: &Classes,
        mistakes: &mut Vec<Mistake>,
    ) {
        for raw in patterns {
            let text = raw.pattern.get_ref();
            let at = raw.pattern.span().start;
            if !is_nfc(text) || !is_nfc(raw.example.get_ref()) {
                mistakes.push(source.mistake(
                    at,
                    format!("pattern {text:?} or its example is not in normal form C: type it again composed"),
                ));
            }
            if self.entries.iter().any(|known| known.meaning == meaning && known.text == *text) {
                mistakes.push(source.mistake(at, format!("pattern {text:?} stands twice: remove one")));
            }
            match Pattern::new(text, classes) {
                Ok(pattern) => self.entries.push(Entry {
                    meaning,
                    text: text.clone(),
                    example: raw.example.get_ref().clone(),
                    place: (source.name.clone(), source.line(at)),
                    pattern,
                }),
                Err(what) => mistakes.push(source.mistake(at, what)),
            }
        }
    }

    /// Every symptom.
    #[must_use]
    pub fn symptoms(&self) -> &[Symptom] {
        &self.symptoms
    }

    /// Every entry.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Spelling folds: written form, standard form.
    #[must_use]
    pub fn folds(&self) -> &[(String, String)] {
        &self.folds
    }

    /// Words of one meaning, group by group: the search takes one for the other.
    #[must_use]
    pub fn synonyms(&self) -> &[Vec<String>] {
        &self.synonyms
    }

    /// Every match in a row of morphemes, in order of the first morpheme.
    pub fn hits<M: Morph>(&self, morphs: &[M], found: &mut Vec<Hit>) {
        let cells: Vec<Cell> = morphs.iter().map(Cell::of).collect();
        for from in 0..cells.len() {
            let listed = self.by_first.get(&cells[from].form()).map_or(&[][..], Vec::as_slice);
            for &entry in listed.iter().chain(&self.anywhere) {
                if let Some(to) = self.entries[entry].pattern.match_at(&cells, from) {
                    found.push(Hit { entry, from, to });
                }
            }
        }
    }

    /// The mistake to report when an entry's example does not match it.
    #[must_use]
    pub fn unproved(&self, entry: usize) -> Mistake {
        let entry = &self.entries[entry];
        Mistake {
            file: entry.place.0.clone(),
            line: entry.place.1,
            what: format!(
                "pattern {:?} does not match in its example {:?}: change one of the two",
                entry.text, entry.example
            ),
        }
    }
}
