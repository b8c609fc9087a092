//! Which services and features a text names, and where.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use meoktong_dictionaries::Catalogue;
use meoktong_dictionaries::pattern::Family;

use super::text::{Sentence, Zone};

/// A service, known or not.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Who {
    /// Place in the catalogue.
    Known(usize),
    /// A name that the catalogue does not hold.
    Unlisted(String),
}

/// A service named at a place.
#[derive(Debug, Clone)]
pub struct Mention {
    /// Which.
    pub who: Who,
    /// Sentence.
    pub sentence: usize,
    /// First morpheme.
    pub from: usize,
    /// Behind the last morpheme.
    pub to: usize,
}

/// A feature word at a place.
#[derive(Debug, Clone)]
pub struct FeatureWord {
    /// Index into [`Names::features`].
    pub feature: usize,
    /// Sentence.
    pub sentence: usize,
    /// First morpheme.
    pub from: usize,
    /// Behind the last morpheme.
    pub to: usize,
}

/// A feature as several services may have it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FeatureKey {
    /// Feature id.
    pub id: String,
    /// Korean name.
    pub name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alias {
    Safe(usize),
    Risky(usize),
    /// A phrase in which an alias means something else.
    Not,
}

/// The names of a catalogue, ready to be found.
pub struct Names {
    aliases: AhoCorasick,
    meanings: Vec<Vec<Alias>>,
    triggers: AhoCorasick,
    trigger_features: Vec<Vec<usize>>,
    features: Vec<FeatureKey>,
    /// Features of each service, as indices into `features`.
    of_service: Vec<Vec<usize>>,
    by_name: HashMap<String, usize>,
    popularity: Vec<usize>,
}

/// Words too common to name a service although an alias is written so; they count where the service is named otherwise.
const PRONOUN_LIKE: [&str; 14] =
    ["우리", "하나", "다음", "나무", "국민", "기업", "신한", "삼성", "현대", "롯데", "농협", "키움", "대신", "톡"];

impl Names {
    /// Prepares a catalogue.
    ///
    /// # Panics
    /// Never for a catalogue that was read without mistakes: aliases are plain words.
    #[must_use]
    pub fn new(catalogue: &Catalogue) -> Self {
        let mut meanings: HashMap<String, Vec<Alias>> = HashMap::new();
        for (at, service) in catalogue.services().iter().enumerate() {
            for (words, risky) in [(&service.aliases, false), (&service.risky, true)] {
                for word in words {
                    for form in spellings(word) {
                        let alias = if risky { Alias::Risky(at) } else { Alias::Safe(at) };
                        let known = meanings.entry(form).or_default();
                        if !known.contains(&alias) {
                            known.push(alias);
                        }
                    }
                }
            }
            for phrase in &service.not {
                meanings.entry(phrase.to_lowercase()).or_insert_with(|| vec![Alias::Not]);
            }
        }
        // Sorted, so that the same catalogue always gives the same automaton.
        let mut meanings: Vec<_> = meanings.into_iter().collect();
        meanings.sort_by(|a, b| a.0.cmp(&b.0));
        let (words, meanings): (Vec<_>, Vec<_>) = meanings.into_iter().unzip();
        let aliases = longest(&words);

        let mut features: Vec<FeatureKey> = Vec::new();
        let mut places: HashMap<FeatureKey, usize> = HashMap::new();
        let mut triggers: HashMap<String, Vec<usize>> = HashMap::new();
        let mut of_service = Vec::new();
        for service in catalogue.services() {
            let mut own = Vec::new();
            for feature in &service.features {
                let key = FeatureKey { id: feature.id.clone(), name: feature.name.clone() };
                let place = *places.entry(key.clone()).or_insert_with(|| {
                    features.push(key);
                    features.len() - 1
                });
                own.push(place);
                for trigger in &feature.triggers {
                    let known = triggers.entry(trigger.to_lowercase()).or_default();
                    if !known.contains(&place) {
                        known.push(place);
                    }
                }
            }
            of_service.push(own);
        }
        let mut triggers: Vec<_> = triggers.into_iter().collect();
        triggers.sort_by(|a, b| a.0.cmp(&b.0));
        let (words, trigger_features): (Vec<_>, Vec<_>) = triggers.into_iter().unzip();
        let triggers = longest(&words);

        let by_name = catalogue
            .services()
            .iter()
            .enumerate()
            .flat_map(|(at, service)| {
                service
                    .aliases
                    .iter()
                    .chain(&service.risky)
                    .chain(std::iter::once(&service.name))
                    .map(move |word| (bare(word), at))
            })
            .collect();
        let mut popularity = vec![0; features.len()];
        of_service.iter().flatten().for_each(|&feature: &usize| popularity[feature] += 1);
        Self { aliases, meanings, triggers, trigger_features, features, of_service, by_name, popularity }
    }

    /// Every feature of the catalogue.
    #[must_use]
    pub fn features(&self) -> &[FeatureKey] {
        &self.features
    }

    /// Features of a service, as indices into [`Names::features`].
    #[must_use]
    pub fn features_of(&self, service: usize) -> &[usize] {
        &self.of_service[service]
    }

    /// How many services have a feature.
    #[must_use]
    pub fn popularity(&self, feature: usize) -> usize {
        self.popularity[feature]
    }

    /// The service that a label such as `케이뱅크` or `Toss` names.
    #[must_use]
    pub fn service_called(&self, label: &str) -> Option<usize> {
        self.by_name.get(&bare(label)).copied()
    }

    /// Whether a text names any service at all; nothing is segmented to learn it.
    #[must_use]
    pub fn any(&self, lowered: &str) -> bool {
        self.aliases.is_match(lowered)
    }

    /// Names in the sentences of a text. `lowered` is the folded text with Latin letters lowered, byte for byte.
    #[must_use]
    pub fn mentions(&self, lowered: &str, sentences: &[Sentence<'_>]) -> Vec<Mention> {
        let mut found = Vec::new();
        let mut doubtful = Vec::new();
        let mut sentence = 0;
        for hit in self.aliases.find_iter(lowered) {
            while sentences.get(sentence).is_some_and(|s| s.end <= hit.start()) {
                sentence += 1;
            }
            let Some(place) = sentences.get(sentence).filter(|s| s.start <= hit.start() && s.zone != Zone::Furniture)
            else {
                continue;
            };
            if !stands_alone(lowered, hit.start(), hit.end(), place) {
                continue;
            }
            let from = place.morph_at(hit.start());
            let to = place.morphs.partition_point(|m| (m.start as usize) < hit.end()).max(from);
            let word = &lowered[hit.start()..hit.end()];
            for meaning in &self.meanings[hit.pattern().as_usize()] {
                match *meaning {
                    Alias::Safe(service) => found.push(Mention { who: Who::Known(service), sentence, from, to }),
                    Alias::Risky(service) => {
                        doubtful.push((word.to_owned(), Mention { who: Who::Known(service), sentence, from, to }))
                    }
                    Alias::Not => {}
                }
            }
        }
        // A risky name counts where the service is named safely too, or where it stands as a noun in a sentence with an
        // outage word and is no everyday word.
        for (word, mention) in doubtful {
            let named = found.iter().any(|sure| sure.who == mention.who);
            let place = &sentences[mention.sentence];
            let noun = place.morphs.get(mention.from).is_some_and(|m| {
                matches!(m.tag, "NNP" | "NNG" | "SL") || m.family == Family::N && m.tag != "NP" && m.tag != "NR"
            });
            let everyday = PRONOUN_LIKE.contains(&word.as_str()) || word.chars().count() < 2;
            if (named && noun)
                || (noun && !everyday && !place.hits.is_empty())
                || (noun && !everyday && place.zone == Zone::Title)
            {
                found.push(mention);
            }
        }
        found.sort_by_key(|m| (m.sentence, m.from, m.to));
        found.dedup_by(|b, a| a.who == b.who && a.sentence == b.sentence && a.from == b.from);
        found
    }

    /// Feature words in the sentences of a text.
    #[must_use]
    pub fn feature_words(&self, lowered: &str, sentences: &[Sentence<'_>]) -> Vec<FeatureWord> {
        let mut found = Vec::new();
        let mut sentence = 0;
        for hit in self.triggers.find_iter(lowered) {
            while sentences.get(sentence).is_some_and(|s| s.end <= hit.start()) {
                sentence += 1;
            }
            let Some(place) = sentences.get(sentence).filter(|s| s.start <= hit.start() && s.zone != Zone::Furniture)
            else {
                continue;
            };
            let from = place.morph_at(hit.start());
            let Some(first) = place.morphs.get(from) else { continue };
            // 이체 in 전체 is none: a feature word begins where a word begins.
            if first.start as usize != hit.start() {
                continue;
            }
            let to = place.morphs.partition_point(|m| (m.start as usize) < hit.end()).max(from + 1);
            for &feature in &self.trigger_features[hit.pattern().as_usize()] {
                found.push(FeatureWord { feature, sentence, from, to });
            }
        }
        found
    }
}

fn longest(words: &[String]) -> AhoCorasick {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(words)
        .expect("names are plain words")
}

/// A name as written and without its spaces, lowered.
fn spellings(word: &str) -> Vec<String> {
    let lowered = word.to_lowercase();
    let closed = bare(word);
    if closed == lowered { vec![lowered] } else { vec![lowered, closed] }
}

fn bare(word: &str) -> String {
    word.to_lowercase().chars().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '㈜')).collect()
}

/// Whether a name is a word of its own and not part of a longer one.
fn stands_alone(text: &str, start: usize, end: usize, sentence: &Sentence<'_>) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    let name_is_latin = text[start..end].chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    let ends_latin = text[start..end].chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric());
    let left = match before {
        None => true,
        Some(c) if c.is_ascii_alphanumeric() => {
            !name_is_latin && sentence.morphs.iter().any(|m| m.start as usize == start)
        }
        Some(c) if is_hangul(c) => name_is_latin || sentence.morphs.iter().any(|m| m.start as usize == start),
        Some(_) => true,
    };
    let right = match after {
        None => true,
        Some(c) if c.is_ascii_alphanumeric() => !ends_latin,
        Some(c) if is_hangul(c) => {
            ends_latin || sentence.morphs.iter().any(|m| m.end as usize == end) || particle_follows(&text[end..])
        }
        Some(_) => true,
    };
    left && right
}

fn is_hangul(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

/// Whether a particle and then no more of the word follows.
fn particle_follows(rest: &str) -> bool {
    const PARTICLES: [&str; 40] = [
        "에서는",
        "에서도",
        "으로는",
        "이라는",
        "에서의",
        "에게는",
        "에서",
        "으로",
        "이나",
        "까지",
        "부터",
        "에게",
        "에는",
        "에도",
        "이랑",
        "이라",
        "처럼",
        "보다",
        "마저",
        "조차",
        "측은",
        "측이",
        "은",
        "는",
        "이",
        "가",
        "을",
        "를",
        "의",
        "에",
        "도",
        "만",
        "과",
        "와",
        "로",
        "나",
        "측",
        "랑",
        "들",
        "앱",
    ];
    PARTICLES
        .iter()
        .any(|particle| rest.strip_prefix(particle).is_some_and(|tail| !tail.chars().next().is_some_and(is_hangul)))
}
