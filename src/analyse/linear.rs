//! Linear models over named features: they decide where rules reach their limit, and can say what carried.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::hash::Hasher as _;

use fnv::{FnvHashMap, FnvHasher};

/// Binary features of one question, each once: 64-bit FNV-1a hashes of their names, and the names themselves where
/// somebody wants to read them. Words are kept apart, so that a model may do without them.
#[derive(Debug, Clone, Default)]
pub struct Features {
    plain: Vec<u64>,
    words: Vec<u64>,
    twice: bool,
    names: Option<Vec<(bool, String)>>,
}

/// Hashes text as it is written, byte by byte, so that pieces give the same as the whole.
struct Name {
    hash: FnvHasher,
    again: FnvHasher,
    head: [u8; 3],
    length: usize,
}

/// What stands before the second name of a feature that is pushed twice.
const AGAIN: &str = "u/";

impl Name {
    fn new() -> Self {
        let mut again = FnvHasher::default();
        again.write(AGAIN.as_bytes());
        Self { hash: FnvHasher::default(), again, head: [0; 3], length: 0 }
    }
}

impl fmt::Write for Name {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (at, &byte) in text.as_bytes().iter().enumerate().take(3usize.saturating_sub(self.length)) {
            self.head[self.length + at] = byte;
        }
        self.length += text.len();
        self.hash.write(text.as_bytes());
        self.again.write(text.as_bytes());
        Ok(())
    }
}

fn hash(name: &str) -> u64 {
    let mut hasher = FnvHasher::default();
    hasher.write(name.as_bytes());
    hasher.finish()
}

impl Features {
    /// No features yet; `named` keeps their names.
    #[must_use]
    pub fn new(named: bool) -> Self {
        Self { names: named.then(Vec::new), plain: Vec::with_capacity(128), ..Self::default() }
    }

    /// As [`Features::new`], but every feature that does not begin with `unl` counts a second time as `u/…`.
    #[must_use]
    pub fn twice(named: bool) -> Self {
        Self { twice: true, ..Self::new(named) }
    }

    /// Adds a feature.
    pub fn push(&mut self, name: fmt::Arguments<'_>) {
        let mut hashed = Name::new();
        let _ = hashed.write_fmt(name);
        self.plain.push(hashed.hash.finish());
        let again = self.twice && hashed.head != *b"unl";
        if again {
            self.plain.push(hashed.again.finish());
        }
        if let Some(names) = &mut self.names {
            let name = name.to_string();
            if again {
                names.push((false, format!("{AGAIN}{name}")));
            }
            names.push((false, name));
        }
    }

    /// Adds a word of the text.
    pub fn push_word(&mut self, name: fmt::Arguments<'_>) {
        let mut hashed = Name::new();
        let _ = hashed.write_fmt(name);
        self.words.push(hashed.hash.finish());
        if let Some(names) = &mut self.names {
            names.push((true, name.to_string()));
        }
    }

    /// Whether a feature was added.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.plain.contains(&hash(name))
    }

    /// Each feature once.
    #[must_use]
    pub fn finish(mut self) -> Self {
        for hashes in [&mut self.plain, &mut self.words] {
            hashes.sort_unstable();
            hashes.dedup();
        }
        if let Some(names) = &mut self.names {
            names.sort_unstable();
            names.dedup();
        }
        self
    }

    /// These features without the words.
    #[must_use]
    pub fn wordless(&self) -> Self {
        Self {
            plain: self.plain.clone(),
            words: Vec::new(),
            twice: self.twice,
            names: self.names.as_ref().map(|names| names.iter().filter(|(word, _)| !word).cloned().collect()),
        }
    }

    /// The names, sorted; none where they were not kept.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.names.iter().flatten().map(|(_, name)| name.as_str()).collect();
        names.sort_unstable();
        names
    }
}

/// A logistic model. Its file has one `weight<TAB>feature` a line; lines with `#` are comments, `# scale A B` is the
/// calibration that turns the raw score s into the probability 1 / (1 + exp(-(A·s + B))).
#[derive(Debug, Clone, Default)]
pub struct Model {
    weights: FnvHashMap<u64, f64>,
    bias: f64,
    scale: (f64, f64),
}

/// Name of the constant term in a model file.
const BIAS: &str = "(bias)";

impl Model {
    /// Reads a model file.
    ///
    /// # Errors
    /// The line that is no weight.
    pub fn read(content: &str) -> Result<Self, String> {
        let mut weights = HashMap::new();
        let mut scale = (1.0, 0.0);
        for (number, line) in content.lines().enumerate() {
            if let Some(comment) = line.strip_prefix('#') {
                if let Some(told) = comment.trim().strip_prefix("scale ") {
                    let numbers: Vec<f64> = told.split_whitespace().filter_map(|n| n.parse().ok()).collect();
                    let [a, b] = numbers[..] else {
                        return Err(format!("line {}: scale needs two numbers", number + 1));
                    };
                    scale = (a, b);
                }
                continue;
            }
            let (weight, feature) = line
                .split_once('\t')
                .ok_or_else(|| format!("line {}: no tab between weight and feature", number + 1))?;
            let weight: f64 = weight.parse().map_err(|_| format!("line {}: {weight:?} is no number", number + 1))?;
            weights.insert(feature.to_owned(), weight);
        }
        Ok(Self::new(&weights, scale))
    }

    /// A model from named weights, as training makes them.
    #[must_use]
    pub fn new(weights: &HashMap<String, f64>, scale: (f64, f64)) -> Self {
        Self {
            bias: weights.get(BIAS).copied().unwrap_or(0.0),
            weights: weights.iter().map(|(name, &weight)| (hash(name), weight)).collect(),
            scale,
        }
    }

    /// The raw score of a set of features.
    #[must_use]
    pub fn score(&self, features: &Features) -> f64 {
        let sum = |hashes: &[u64]| hashes.iter().filter_map(|hash| self.weights.get(hash)).sum::<f64>();
        self.bias + sum(&features.plain) + sum(&features.words)
    }

    /// The calibrated probability of a set of features.
    #[must_use]
    pub fn probability(&self, features: &Features) -> f64 {
        1.0 / (1.0 + (-(self.scale.0 * self.score(features) + self.scale.1)).exp())
    }

    /// The features that carried most, strongest first: feature and weight. Needs features whose names were kept.
    #[must_use]
    pub fn carried<'a>(&self, features: &'a Features, most: usize) -> Vec<(&'a str, f64)> {
        let mut parts: Vec<(&str, f64)> = features
            .names()
            .into_iter()
            .filter_map(|name| self.weights.get(&hash(name)).map(|&weight| (name, weight)))
            .collect();
        parts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(b.0)));
        parts.truncate(most);
        parts
    }
}

/// The file of a model with these weights; `note` says how it was made.
#[must_use]
pub fn write(weights: &HashMap<String, f64>, scale: (f64, f64), note: &str) -> String {
    let mut lines: Vec<(&String, f64)> = weights.iter().map(|(feature, &weight)| (feature, weight)).collect();
    lines.sort_by(|a, b| a.0.cmp(b.0));
    let mut file = String::new();
    for line in note.lines() {
        let _ = writeln!(file, "# {line}");
    }
    let _ = writeln!(file, "# scale {:.4} {:.4}", scale.0, scale.1);
    for (feature, weight) in lines.into_iter().filter(|(_, weight)| weight.abs() >= 0.01) {
        let _ = writeln!(file, "{weight:.3}\t{feature}");
    }
    file
}

/// A labelled example: its features and whether the answer is yes; `weight` says how much it counts.
#[derive(Debug, Clone)]
pub struct Example {
    /// Binary features, with their names.
    pub features: Features,
    /// The answer.
    pub yes: bool,
    /// How much it counts.
    pub weight: f64,
    /// Examples of one group (a document) are never split between training and checking.
    pub group: u64,
}

/// Trains by gradient descent with per-feature step sizes and a quadratic penalty; the same examples give the same model.
#[must_use]
pub fn train(examples: &[Example], penalty: f64, rounds: usize) -> HashMap<String, f64> {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut counts: HashMap<&str, u32> = HashMap::new();
    let names: Vec<Vec<&str>> = examples.iter().map(|example| example.features.names()).collect();
    for &feature in names.iter().flatten() {
        *counts.entry(feature).or_default() += 1;
    }
    let mut kept: Vec<&str> = counts.iter().filter(|(_, count)| **count >= 3).map(|(name, _)| *name).collect();
    kept.sort_unstable();
    for (number, name) in kept.iter().enumerate() {
        numbers.insert(name, number + 1);
    }
    let rows: Vec<Vec<usize>> = names
        .iter()
        .map(|names| std::iter::once(0).chain(names.iter().filter_map(|name| numbers.get(name).copied())).collect())
        .collect();
    let mut weights = vec![0.0; kept.len() + 1];
    let mut squares = vec![1e-8; kept.len() + 1];
    let total: f64 = examples.iter().map(|example| example.weight).sum::<f64>().max(1.0);
    for _ in 0..rounds {
        let mut gradient = vec![0.0; weights.len()];
        for (row, example) in rows.iter().zip(examples) {
            let score: f64 = row.iter().map(|&at| weights[at]).sum();
            let error = 1.0 / (1.0 + (-score).exp()) - f64::from(u8::from(example.yes));
            for &at in row {
                gradient[at] += example.weight * error;
            }
        }
        for at in 0..weights.len() {
            let slope = (gradient[at] + if at == 0 { 0.0 } else { penalty * weights[at] }) / total;
            squares[at] += slope * slope;
            weights[at] -= 0.3 * slope / f64::sqrt(squares[at]);
        }
    }
    let named = kept.into_iter().map(str::to_owned).zip(weights[1..].iter().copied());
    named.chain(std::iter::once((BIAS.to_owned(), weights[0]))).collect()
}

/// Fits `scale` so that probabilities are honest on raw scores that the model has not been trained on (Platt 1999).
#[must_use]
pub fn calibrate(scores: &[(f64, bool)]) -> (f64, f64) {
    let (mut a, mut b) = (1.0, 0.0);
    let total = scores.len().max(1) as f64;
    for _ in 0..3000 {
        let (mut slope_a, mut slope_b) = (0.0, 0.0);
        for &(score, yes) in scores {
            let error = 1.0 / (1.0 + f64::exp(-(a * score + b))) - f64::from(u8::from(yes));
            slope_a += error * score;
            slope_b += error;
        }
        a -= 0.05 * slope_a / total;
        b -= 0.05 * slope_b / total;
    }
    (a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_learns_what_separates_and_survives_its_file() {
        let set = |names: &[&str]| {
            let mut features = Features::new(true);
            names.iter().for_each(|name| features.push(format_args!("{name}")));
            features.finish()
        };
        let example = |features: &[&str], yes| Example { features: set(features), yes, weight: 1.0, group: 0 };
        let examples: Vec<_> = (0..20)
            .map(|i| example(if i % 2 == 0 { &["먹통", "오늘"] } else { &["보상", "오늘"] }, i % 2 == 0))
            .collect();
        let weights = train(&examples, 0.1, 200);
        let read = Model::read(&write(&weights, (1.0, 0.0), "made by a test")).unwrap();
        assert!(read.probability(&set(&["먹통"])) > 0.9);
        assert!(read.probability(&set(&["보상"])) < 0.1);
        assert_eq!(read.carried(&set(&["먹통", "오늘"]), 1)[0].0, "먹통");
        assert!(Model::read("no tab here").unwrap_err().contains("line 1"));
    }
}
