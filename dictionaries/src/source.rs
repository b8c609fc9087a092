//! Files with their names, and mistakes found in them.

use std::fmt;

/// A dictionary file: its name for messages and its content.
#[derive(Debug, Clone)]
pub struct Source {
    /// Name shown in messages.
    pub name: String,
    /// The whole content.
    pub content: String,
}

impl Source {
    /// Pairs a name with a content.
    pub fn new(name: impl Into<String>, content: impl Into<String>) -> Self {
        Self { name: name.into(), content: content.into() }
    }

    /// The line, from 1, in which a byte offset lies.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        1 + self.content.as_bytes()[..offset.min(self.content.len())].iter().filter(|&&b| b == b'\n').count()
    }

    /// A mistake at a byte offset.
    pub(crate) fn mistake(&self, offset: usize, what: impl Into<String>) -> Mistake {
        Mistake { file: self.name.clone(), line: self.line(offset), what: what.into() }
    }
}

/// One mistake in a dictionary file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The file's name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and how to mend it.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// The known word nearest to a wrong one, if one is near enough to be meant.
pub(crate) fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|word| (distance(wrong, word), word))
        .filter(|&(d, word)| d <= 1 + word.chars().count() / 4)
        .min()
        .map(|(_, word)| word)
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_answered_with_what_was_meant() {
        assert_eq!(nearest("kakaotlak", ["kakaotalk", "toss"].into_iter()), Some("kakaotalk"));
        assert_eq!(nearest("unrelated", ["kakaotalk", "toss"].into_iter()), None);
    }
}
