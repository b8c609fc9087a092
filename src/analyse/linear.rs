//! Linear models over named features: they decide where rules reach their limit, and can say what carried.

use std::collections::HashMap;
use std::fmt::Write as _;

/// A logistic model. Its file has one `weight<TAB>feature` a line; lines with `#` are comments, `# scale A B` is the
/// calibration that turns the raw score s into the probability 1 / (1 + exp(-(A·s + B))).
#[derive(Debug, Clone, Default)]
pub struct Model {
    weights: HashMap<String, f64>,
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
        let mut model = Self { weights: HashMap::new(), scale: (1.0, 0.0) };
        for (number, line) in content.lines().enumerate() {
            if let Some(comment) = line.strip_prefix('#') {
                if let Some(scale) = comment.trim().strip_prefix("scale ") {
                    let numbers: Vec<f64> = scale.split_whitespace().filter_map(|n| n.parse().ok()).collect();
                    let [a, b] = numbers[..] else {
                        return Err(format!("line {}: scale needs two numbers", number + 1));
                    };
                    model.scale = (a, b);
                }
                continue;
            }
            let (weight, feature) = line
                .split_once('\t')
                .ok_or_else(|| format!("line {}: no tab between weight and feature", number + 1))?;
            let weight = weight.parse().map_err(|_| format!("line {}: {weight:?} is no number", number + 1))?;
            model.weights.insert(feature.to_owned(), weight);
        }
        Ok(model)
    }

    /// A model from weights, as training makes it.
    #[must_use]
    pub fn new(weights: HashMap<String, f64>, scale: (f64, f64)) -> Self {
        Self { weights, scale }
    }

    /// The file of this model; `note` says how it was made.
    #[must_use]
    pub fn write(&self, note: &str) -> String {
        let mut lines: Vec<(&String, f64)> = self.weights.iter().map(|(feature, &weight)| (feature, weight)).collect();
        lines.sort_by(|a, b| a.0.cmp(b.0));
        let mut file = String::new();
        for line in note.lines() {
            let _ = writeln!(file, "# {line}");
        }
        let _ = writeln!(file, "# scale {:.4} {:.4}", self.scale.0, self.scale.1);
        for (feature, weight) in lines.into_iter().filter(|(_, weight)| weight.abs() >= 0.01) {
            let _ = writeln!(file, "{weight:.3}\t{feature}");
        }
        file
    }

    /// The raw score of a set of features.
    #[must_use]
    pub fn score(&self, features: &[String]) -> f64 {
        let bias = self.weights.get(BIAS).copied().unwrap_or(0.0);
        bias + features.iter().filter_map(|feature| self.weights.get(feature)).sum::<f64>()
    }

    /// The calibrated probability of a set of features.
    #[must_use]
    pub fn probability(&self, features: &[String]) -> f64 {
        1.0 / (1.0 + (-(self.scale.0 * self.score(features) + self.scale.1)).exp())
    }

    /// The features that carried most, strongest first: feature and weight.
    #[must_use]
    pub fn carried<'a>(&self, features: &'a [String], most: usize) -> Vec<(&'a str, f64)> {
        let mut parts: Vec<(&str, f64)> = features
            .iter()
            .filter_map(|feature| self.weights.get(feature).map(|&weight| (feature.as_str(), weight)))
            .collect();
        parts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(b.0)));
        parts.truncate(most);
        parts
    }
}

/// A labelled example: its features and whether the answer is yes; `weight` says how much it counts.
#[derive(Debug, Clone)]
pub struct Example {
    /// Binary features.
    pub features: Vec<String>,
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
    for feature in examples.iter().flat_map(|example| &example.features) {
        *counts.entry(feature).or_default() += 1;
    }
    let mut names: Vec<&str> = counts.iter().filter(|(_, count)| **count >= 3).map(|(name, _)| *name).collect();
    names.sort_unstable();
    for (number, name) in names.iter().enumerate() {
        numbers.insert(name, number + 1);
    }
    let rows: Vec<Vec<usize>> = examples
        .iter()
        .map(|example| {
            std::iter::once(0)
                .chain(example.features.iter().filter_map(|feature| numbers.get(feature.as_str()).copied()))
                .collect()
        })
        .collect();
    let mut weights = vec![0.0; names.len() + 1];
    let mut squares = vec![1e-8; names.len() + 1];
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
    let named = names.into_iter().map(str::to_owned).zip(weights[1..].iter().copied());
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
        let example = |features: &[&str], yes| Example {
            features: features.iter().map(|f| (*f).to_owned()).collect(),
            yes,
            weight: 1.0,
            group: 0,
        };
        let examples: Vec<_> = (0..20)
            .map(|i| example(if i % 2 == 0 { &["먹통", "오늘"] } else { &["보상", "오늘"] }, i % 2 == 0))
            .collect();
        let model = Model::new(train(&examples, 0.1, 200), (1.0, 0.0));
        let read = Model::read(&model.write("made by a test")).unwrap();
        assert!(read.probability(&["먹통".into()]) > 0.9);
        assert!(read.probability(&["보상".into()]) < 0.1);
        assert_eq!(read.carried(&["먹통".into(), "오늘".into()], 1)[0].0, "먹통");
        assert!(Model::read("no tab here").unwrap_err().contains("line 1"));
    }
}
