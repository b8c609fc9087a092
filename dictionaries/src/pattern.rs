//! Patterns over morphemes with gaps.
//!
//! A pattern is a row of steps, separated by spaces:
//!
//! | step | matches |
//! |---|---|
//! | `송금` | a morpheme of this form, whatever its tag |
//! | `되/V` | this form with a tag of the family: N nouns, V verbs and adjectives (also derived ones), J particles, E endings, M modifiers, X affixes, S signs |
//! | `*/J` | any morpheme of the family |
//! | `막히\|멈추` | one of several steps |
//! | `@transfer` | a class of the lexicon: any of its sequences |
//! | `이?` | a step that may be missing |
//! | `~`, `~5` | up to three (five) morphemes that do not change the meaning: particles, adverbs but not 안 or 못, plural and honorific affixes, quotes |
//! | `..4` | up to four morphemes of any kind, not across the end of a sentence |
//!
//! Verbs are matched by their stem (`튕기`, not 튕겼다), so one step stands for all inflections.

use std::collections::HashMap;
use std::hash::Hasher as _;

use fnv::{FnvHashMap, FnvHasher};

/// Family of a mecab-ko tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Nouns, pronouns, numerals, roots, foreign words.
    N,
    /// Verbs, adjectives, copulas, derivational verb affixes.
    V,
    /// Particles.
    J,
    /// Endings.
    E,
    /// Modifiers, interjections.
    M,
    /// Prefixes and noun affixes.
    X,
    /// Signs.
    S,
}

impl Family {
    /// The family of a tag such as `NNG` or `XSV`.
    #[must_use]
    pub fn of(tag: &str) -> Family {
        match tag.as_bytes() {
            [b'N', ..] | [b'X', b'R', ..] | [b'S', b'L' | b'N' | b'H', ..] | [b'U', ..] => Family::N,
            [b'V', ..] | [b'X', b'S', b'V' | b'A', ..] => Family::V,
            [b'J', ..] => Family::J,
            [b'E', ..] => Family::E,
            [b'M' | b'I', ..] => Family::M,
            [b'X', ..] => Family::X,
            _ => Family::S,
        }
    }
}

/// What a pattern needs to know of a morpheme.
pub trait Morph {
    /// Form; of a verb the stem.
    fn form(&self) -> &str;
    /// Family of its tag.
    fn family(&self) -> Family;
    /// Whether a gap `~` may pass over it.
    fn is_light(&self) -> bool;
    /// Whether it ends a sentence or a line.
    fn is_stop(&self) -> bool;
}

#[derive(Debug, Clone)]
enum Step {
    /// One of these forms, as hashes.
    Literal(Vec<(u64, Option<Family>)>),
    /// Any morpheme of a family.
    Any(Family),
    /// One of these sequences.
    Class(Class),
    Maybe(Box<Step>),
    Gap {
        light: bool,
        most: usize,
    },
}

/// Sequences of which one must match, found by the form with which they begin.
#[derive(Debug, Clone)]
struct Class {
    sequences: Vec<Vec<Step>>,
    by_first: FnvHashMap<u64, Vec<usize>>,
    /// Those that can begin with any form.
    anywhere: Vec<usize>,
}

impl Class {
    fn new(sequences: Vec<Vec<Step>>) -> Self {
        let mut by_first: FnvHashMap<u64, Vec<usize>> = FnvHashMap::default();
        let mut anywhere = Vec::new();
        for (at, sequence) in sequences.iter().enumerate() {
            let mut forms = Vec::new();
            if collect_first(sequence, &mut forms) {
                for form in forms {
                    let list = by_first.entry(form).or_default();
                    if list.last() != Some(&at) {
                        list.push(at);
                    }
                }
            } else {
                anywhere.push(at);
            }
        }
        Self { sequences, by_first, anywhere }
    }
}

/// A morpheme as patterns see it: its form as a hash, so that a comparison is one of numbers.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    form: u64,
    family: Family,
    light: bool,
    stop: bool,
}

impl Cell {
    /// Prepares a morpheme.
    pub fn of<M: Morph>(morph: &M) -> Self {
        Self { form: form(morph.form()), family: morph.family(), light: morph.is_light(), stop: morph.is_stop() }
    }

    /// The hash of its form.
    #[must_use]
    pub fn form(&self) -> u64 {
        self.form
    }
}

/// 64-bit FNV-1a of a form; two of some thousand forms collide once in 10^12 lexicons.
fn form(text: &str) -> u64 {
    let mut hasher = FnvHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    steps: Vec<Step>,
}

/// Classes by name, each a list of compiled sequences.
#[derive(Debug, Clone, Default)]
pub struct Classes {
    by_name: HashMap<String, Vec<Vec<Step>>>,
}

impl Classes {
    /// Adds a class; its sequences may refer to classes added before.
    ///
    /// # Errors
    /// What is wrong with which sequence.
    pub fn add(&mut self, name: &str, sequences: &[String]) -> Result<(), String> {
        let compiled = sequences.iter().map(|text| compile(text, self)).collect::<Result<Vec<_>, _>>()?;
        self.by_name.entry(name.to_owned()).or_default().extend(compiled);
        Ok(())
    }

    /// Names of all classes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }
}

fn compile(text: &str, classes: &Classes) -> Result<Vec<Step>, String> {
    let steps = text.split_whitespace().map(|word| step(word, classes)).collect::<Result<Vec<_>, _>>()?;
    match steps.first() {
        None => Err(format!("pattern {text:?} is empty")),
        Some(Step::Gap { .. } | Step::Maybe(_)) => {
            Err(format!("pattern {text:?} begins with a gap or an optional step: begin with a word"))
        }
        Some(_) if matches!(steps.last(), Some(Step::Gap { .. })) => {
            Err(format!("pattern {text:?} ends with a gap: drop it"))
        }
        Some(_) => Ok(steps),
    }
}

fn step(word: &str, classes: &Classes) -> Result<Step, String> {
    let number = |digits: &str, default: usize| {
        if digits.is_empty() {
            Ok(default)
        } else {
            digits.parse().map_err(|_| format!("gap {word:?} needs a number, like ~5"))
        }
    };
    if let Some(rest) = word.strip_prefix("..") {
        return Ok(Step::Gap { light: false, most: number(rest, 3)? });
    }
    if let Some(rest) = word.strip_prefix('~') {
        return Ok(Step::Gap { light: true, most: number(rest, 3)? });
    }
    if let Some(rest) = word.strip_suffix('?').filter(|rest| !rest.is_empty()) {
        return Ok(Step::Maybe(Box::new(step(rest, classes)?)));
    }
    let mut literals = Vec::new();
    let mut sequences = Vec::new();
    for choice in word.split('|') {
        if let Some(name) = choice.strip_prefix('@') {
            let class = classes.by_name.get(name).ok_or_else(|| {
                let hint = crate::source::nearest(name, classes.names())
                    .map_or_else(String::new, |near| format!(", perhaps @{near} is meant"));
                format!("class @{name} is not known{hint}")
            })?;
            sequences.extend(class.iter().cloned());
            continue;
        }
        let (form, family) = match choice.rsplit_once('/') {
            Some((form, family)) if !form.is_empty() => (form, Some(family_named(family)?)),
            _ => (choice, None),
        };
        if form == "*" {
            let family = family.ok_or_else(|| format!("step {word:?}: * needs a family, like */J"))?;
            sequences.push(vec![Step::Any(family)]);
        } else if form.is_empty() {
            return Err(format!("step {word:?} has an empty choice"));
        } else {
            literals.push((self::form(form), family));
        }
    }
    if sequences.is_empty() {
        return Ok(Step::Literal(literals));
    }
    if !literals.is_empty() {
        sequences.push(vec![Step::Literal(literals)]);
    }
    if sequences.len() == 1 && sequences[0].len() == 1 {
        return Ok(sequences.remove(0).remove(0));
    }
    Ok(Step::Class(Class::new(sequences)))
}

fn family_named(name: &str) -> Result<Family, String> {
    Ok(match name {
        "N" => Family::N,
        "V" => Family::V,
        "J" => Family::J,
        "E" => Family::E,
        "M" => Family::M,
        "X" => Family::X,
        "S" => Family::S,
        _ => return Err(format!("tag family {name:?} is not one of N V J E M X S")),
    })
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is wrong and how to mend it.
    pub fn new(text: &str, classes: &Classes) -> Result<Self, String> {
        Ok(Self { steps: compile(text, classes)? })
    }

    /// Matches at one place; gives the place behind the match.
    #[must_use]
    pub fn match_at(&self, cells: &[Cell], at: usize) -> Option<usize> {
        follow(&self.steps, &[], cells, at)
    }

    /// Hashes of the forms with which a match can begin; `None` where it can begin with anything of a family.
    #[must_use]
    pub fn first_forms(&self) -> Option<Vec<u64>> {
        let mut forms = Vec::new();
        collect_first(&self.steps, &mut forms).then_some(forms)
    }
}

fn collect_first(steps: &[Step], forms: &mut Vec<u64>) -> bool {
    match steps.first() {
        Some(Step::Literal(choices)) => {
            forms.extend(choices.iter().map(|(form, _)| *form));
            true
        }
        Some(Step::Class(class)) => class.sequences.iter().all(|sequence| collect_first(sequence, forms)),
        _ => false,
    }
}

/// Follows `steps`, then each continuation of `rest` (innermost first), backtracking over gaps and choices.
fn follow(steps: &[Step], rest: &[&[Step]], cells: &[Cell], at: usize) -> Option<usize> {
    let Some((step, tail)) = steps.split_first() else {
        return match rest.split_last() {
            Some((next, outer)) => follow(next, outer, cells, at),
            None => Some(at),
        };
    };
    match step {
        Step::Literal(choices) => {
            let cell = cells.get(at)?;
            choices
                .iter()
                .any(|(form, needs)| *form == cell.form && needs.is_none_or(|needs| needs == cell.family))
                .then(|| follow(tail, rest, cells, at + 1))
                .flatten()
        }
        Step::Any(family) => (cells.get(at)?.family == *family).then(|| follow(tail, rest, cells, at + 1)).flatten(),
        Step::Class(class) => {
            let cell = cells.get(at)?;
            let listed = class.by_first.get(&cell.form).map_or(&[][..], Vec::as_slice);
            if listed.is_empty() && class.anywhere.is_empty() {
                return None;
            }
            let mut continued = Vec::with_capacity(rest.len() + 1);
            continued.extend_from_slice(rest);
            continued.push(tail);
            listed
                .iter()
                .chain(&class.anywhere)
                .filter_map(|&sequence| follow(&class.sequences[sequence], &continued, cells, at))
                .max()
        }
        Step::Maybe(step) => {
            let mut continued = Vec::with_capacity(rest.len() + 1);
            continued.extend_from_slice(rest);
            continued.push(tail);
            follow(std::slice::from_ref(&**step), &continued, cells, at).or_else(|| follow(tail, rest, cells, at))
        }
        Step::Gap { light, most } => {
            for skipped in 0..=*most {
                if let Some(end) = follow(tail, rest, cells, at + skipped) {
                    return Some(end);
                }
                let cell = cells.get(at + skipped)?;
                if cell.stop || (*light && !cell.light) {
                    return None;
                }
            }
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct M(&'static str, &'static str);
    impl Morph for M {
        fn form(&self) -> &str {
            self.0
        }
        fn family(&self) -> Family {
            Family::of(self.1)
        }
        fn is_light(&self) -> bool {
            self.1.starts_with('J') || (self.1 == "MAG" && self.0 != "안")
        }
        fn is_stop(&self) -> bool {
            self.1 == "SF"
        }
    }

    fn matches(pattern: &str, morphs: &[M]) -> bool {
        let mut classes = Classes::default();
        classes.add("not", &["안/M".into(), "못/M".into()]).unwrap();
        classes.add("fail", &["@not ~ 되/V".into(), "되/V 지/E ~ 않/V".into(), "막히/V".into()]).unwrap();
        Pattern::new(pattern, &classes).unwrap().match_at(&morphs.iter().map(Cell::of).collect::<Vec<_>>(), 0).is_some()
    }

    #[test]
    fn gaps_pass_particles_and_adverbs_but_not_sentences() {
        let text = [M("송금", "NNG"), M("이", "JKS"), M("자꾸", "MAG"), M("안", "MAG"), M("되", "VV")];
        assert!(matches("송금|이체 ~ @fail", &text));
        let stopped = [M("송금", "NNG"), M(".", "SF"), M("안", "MAG"), M("되", "VV")];
        assert!(!matches("송금 ~ @fail", &stopped));
        assert!(!matches("송금 ..9 @fail", &stopped));
    }

    #[test]
    fn a_class_may_be_followed_by_more() {
        let text = [
            M("접속", "NNG"),
            M("이", "JKS"),
            M("되", "VV"),
            M("지", "EC"),
            M("도", "JX"),
            M("않", "VX"),
            M("는", "ETM"),
            M("현상", "NNG"),
        ];
        assert!(matches("접속 ~ @fail 는/E 현상", &text));
        assert!(!matches("접속 ~ @fail 은/E 현상", &text));
    }

    #[test]
    fn mistakes_name_the_way_out() {
        let classes = Classes::default();
        assert!(Pattern::new("~ 송금", &classes).unwrap_err().contains("begin with a word"));
        assert!(Pattern::new("송금 ~", &classes).unwrap_err().contains("drop it"));
        assert!(Pattern::new("@fial", &classes).unwrap_err().contains("not known"));
        assert!(Pattern::new("되/Q", &classes).unwrap_err().contains("N V J E M X S"));
    }
}
