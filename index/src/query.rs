//! The query language: `카톡 전송 service:kakaotalk -해킹 since:2h ("로그인 오류" OR symptom:login_failure)`.

use std::fmt;

use chrono::{DateTime, Duration, FixedOffset};

use crate::document::Published;
use crate::hangul::distance;

/// The fields that a query can name.
pub const FIELDS: [&str; 13] = [
    "service",
    "feature",
    "symptom",
    "assertion",
    "kind",
    "source",
    "story",
    "id",
    "outage",
    "current",
    "since",
    "after",
    "before",
];

/// Values of `kind:`.
pub const KINDS: [&str; 6] = ["news", "notice", "post", "review", "trend", "status"];
/// Values of `assertion:`.
pub const ASSERTIONS: [&str; 6] = ["affirmed", "negated", "hypothetical", "historical", "restored", "planned"];

/// What a query asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// Everything.
    All,
    /// All of these.
    And(Vec<Query>),
    /// At least one of these.
    Or(Vec<Query>),
    /// Not this.
    Not(Box<Query>),
    /// A word, analysed as the documents were.
    Word(String),
    /// Words in this order, one behind the other.
    Phrase(String),
    /// An exact value of `service`, `feature`, `symptom`, `assertion`, `kind`, `source`, `story` or `id`.
    Field(&'static str, String),
    /// `outage:` or `current:`.
    Flag(&'static str, bool),
    /// Published at this second or later.
    After(i64),
    /// Published before this second.
    Before(i64),
}

/// A mistake in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// Where, in characters from 0.
    pub position: usize,
    /// What stands there.
    pub found: String,
    /// What was expected.
    pub expected: String,
    /// The whole query as it may have been meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "query, character {}: found {}, expected {}", self.position + 1, self.found, self.expected)?;
        match &self.suggestion {
            Some(query) => write!(f, " — did you mean {query}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for QueryError {}

impl Query {
    /// Reads a query; `now` is what `since:` counts back from.
    ///
    /// # Errors
    /// The first mistake, with its place and what was expected.
    pub fn parse(text: &str, now: DateTime<FixedOffset>) -> Result<Query, QueryError> {
        let mut parser = Parser { chars: text.chars().collect(), at: 0, now, depth: 0 };
        parser.space();
        if parser.peek().is_none() {
            return Ok(Query::All);
        }
        let query = parser.any()?;
        parser.space();
        match parser.peek() {
            None => Ok(query),
            Some(_) => Err(parser.error("a word or the end of the query")),
        }
    }

    /// The words and phrases that may be highlighted: all that are not under a `NOT`.
    #[must_use]
    pub fn words(&self) -> Vec<&str> {
        match self {
            Query::And(parts) | Query::Or(parts) => parts.iter().flat_map(Query::words).collect(),
            Query::Word(word) | Query::Phrase(word) => vec![word],
            _ => Vec::new(),
        }
    }
}

impl Query {
    /// How many words may be left out when no document has them all: those that stand side by side at the top.
    pub(crate) fn loose_words(&self) -> usize {
        match self {
            Query::Word(_) => 1,
            Query::And(parts) => parts.iter().filter(|part| matches!(part, Query::Word(_))).count(),
            _ => 0,
        }
    }

    /// The fields with an exact value, and these.
    pub(crate) fn values(&self) -> Vec<(&'static str, &str)> {
        match self {
            Query::And(parts) | Query::Or(parts) => parts.iter().flat_map(Query::values).collect(),
            Query::Not(inner) => inner.values(),
            Query::Field(name, value) => vec![(name, value)],
            _ => Vec::new(),
        }
    }
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    now: DateTime<FixedOffset>,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn error(&self, expected: impl Into<String>) -> QueryError {
        self.error_at(self.at, expected)
    }

    fn error_at(&self, position: usize, expected: impl Into<String>) -> QueryError {
        let found = match self.chars.get(position) {
            Some(c) => format!("{c:?}"),
            None => "the end of the query".to_owned(),
        };
        QueryError { position, found, expected: expected.into(), suggestion: None }
    }

    /// An error about the characters from `position` on, with the nearest of what could stand there.
    fn error_near(&self, position: usize, typed: &str, known: &[&str], expected: impl Into<String>) -> QueryError {
        let nearest = known
            .iter()
            .map(|known| (distance(typed, known), *known))
            .filter(|(distance, known)| distance * 3 <= known.chars().count().max(3))
            .min();
        let suggestion = nearest.map(|(_, known)| {
            let behind = position + typed.chars().count();
            let (before, after) = (&self.chars[..position], &self.chars[behind.min(self.chars.len())..]);
            before.iter().copied().chain(known.chars()).chain(after.iter().copied()).collect()
        });
        QueryError { suggestion, ..self.error_at(position, expected) }
    }

    /// The bare word at the cursor, without moving.
    fn word_ahead(&self) -> String {
        self.chars[self.at..].iter().take_while(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '"')).collect()
    }

    fn keyword(&mut self, word: &str) -> bool {
        self.space();
        let found = self.word_ahead() == word;
        if found {
            self.at += word.len();
        }
        found
    }

    fn any(&mut self) -> Result<Query, QueryError> {
        let mut parts = vec![self.all()?];
        while self.keyword("OR") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Query::Or(parts) })
    }

    fn all(&mut self) -> Result<Query, QueryError> {
        let mut parts = vec![self.one()?];
        loop {
            let required = self.keyword("AND");
            self.space();
            match self.peek() {
                None | Some(')') if !required => break,
                _ if !required && self.word_ahead() == "OR" => break,
                _ => parts.push(self.one()?),
            }
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Query::And(parts) })
    }

    fn one(&mut self) -> Result<Query, QueryError> {
        self.space();
        // A query is typed by a person; this depth is far beyond any, and keeps the stack safe from a hostile one.
        if self.depth > 32 {
            return Err(self.error("at most 32 nested parentheses or negations"));
        }
        self.depth += 1;
        let query = self.one_inside();
        self.depth -= 1;
        query
    }

    fn one_inside(&mut self) -> Result<Query, QueryError> {
        if matches!(self.word_ahead().as_str(), "AND" | "OR") {
            return Err(self.error("a word, a phrase, a filter or \"(\" before AND and OR"));
        }
        if self.keyword("NOT") {
            return Ok(Query::Not(Box::new(self.one()?)));
        }
        match self.peek() {
            None => Err(self.error("a word, a phrase, a filter or \"(\"")),
            Some(')') => Err(self.error("a word, a phrase or a filter before \")\"")),
            Some('-') => {
                self.at += 1;
                if self.peek().is_none_or(char::is_whitespace) {
                    return Err(self.error("a word right behind \"-\""));
                }
                Ok(Query::Not(Box::new(self.one()?)))
            }
            Some('(') => {
                self.at += 1;
                let query = self.any()?;
                self.space();
                if self.peek() != Some(')') {
                    return Err(self.error("\")\""));
                }
                self.at += 1;
                Ok(query)
            }
            Some('"') => self.quoted().map(Query::Phrase),
            Some(_) => self.word_or_filter(),
        }
    }

    fn quoted(&mut self) -> Result<String, QueryError> {
        let open = self.at;
        self.at += 1;
        let length = self.chars[self.at..].iter().position(|&c| c == '"');
        let Some(length) = length else {
            return Err(self.error_at(open, "a closing quotation mark to this one"));
        };
        let phrase: String = self.chars[self.at..self.at + length].iter().collect();
        if phrase.trim().is_empty() {
            return Err(self.error("words between the quotation marks"));
        }
        self.at += length + 1;
        Ok(phrase)
    }

    fn word_or_filter(&mut self) -> Result<Query, QueryError> {
        let start = self.at;
        let word = self.word_ahead();
        let name = word.split_once(':').map(|(name, _)| name).filter(|name| {
            // 12:30 is a word, as is :-)
            !name.is_empty() && !name.chars().all(|c| c.is_ascii_digit())
        });
        let Some(name) = name else {
            self.at += word.chars().count();
            return Ok(Query::Word(word));
        };
        let Some(&field) = FIELDS.iter().find(|field| **field == name.to_lowercase()) else {
            let expected = format!("one of {}: or the words in quotation marks", FIELDS.join(":, "));
            return Err(self.error_near(start, name, &FIELDS, expected));
        };
        self.at += name.chars().count() + 1;
        let from = self.at;
        let value = if self.peek() == Some('"') {
            self.quoted()?
        } else {
            let value = self.word_ahead();
            self.at += value.chars().count();
            value
        };
        if value.is_empty() {
            return Err(self.error_at(from, format!("a value right behind {field}:")));
        }
        self.filter(field, &value).map_err(|expected| {
            let known: &[&str] = match field {
                "kind" => &KINDS,
                "assertion" => &ASSERTIONS,
                "outage" | "current" => &["true", "false"],
                _ => &[],
            };
            self.error_near(from, &value, known, expected)
        })
    }

    fn filter(&self, field: &'static str, value: &str) -> Result<Query, String> {
        match field {
            "outage" | "current" => match value {
                "true" => Ok(Query::Flag(field, true)),
                "false" => Ok(Query::Flag(field, false)),
                _ => Err("true or false".to_owned()),
            },
            "since" => {
                let back = span(value).ok_or("a number with m, h, d or w, like since:2h")?;
                Ok(Query::After((self.now - back).timestamp()))
            }
            "after" | "before" => {
                let at = Published::parse(value).map_err(|_| "a day or time, like 2022-10-15 or 2022-10-15T15:30")?;
                let seconds = at.at.timestamp();
                Ok(if field == "after" { Query::After(seconds) } else { Query::Before(seconds) })
            }
            "kind" if !KINDS.contains(&value) => Err(KINDS.join(", ")),
            "assertion" if !ASSERTIONS.contains(&value) => Err(ASSERTIONS.join(", ")),
            _ => Ok(Query::Field(field, value.to_owned())),
        }
    }
}

/// Reads `90m`, `2h`, `3d`, `1w`.
#[must_use]
pub fn span(value: &str) -> Option<Duration> {
    let unit = value.chars().last()?;
    let number: i64 = value[..value.len() - unit.len_utf8()].parse().ok().filter(|n| *n >= 0)?;
    let minutes = match unit {
        'm' => 1,
        'h' => 60,
        'd' => 24 * 60,
        'w' => 7 * 24 * 60,
        _ => return None,
    };
    Duration::try_minutes(number.checked_mul(minutes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Query, QueryError> {
        let now = DateTime::parse_from_rfc3339("2022-10-15T16:00:00+09:00").unwrap();
        Query::parse(text, now)
    }

    fn word(text: &str) -> Query {
        Query::Word(text.into())
    }

    #[test]
    fn words_are_joined_and_or_binds_weaker() {
        assert_eq!(
            parse("카톡 전송 OR 결제 NOT 해킹"),
            Ok(Query::Or(vec![
                Query::And(vec![word("카톡"), word("전송")]),
                Query::And(vec![word("결제"), Query::Not(Box::new(word("해킹")))]),
            ]))
        );
        assert_eq!(parse("  "), Ok(Query::All));
        assert_eq!(parse("-a"), Ok(Query::Not(Box::new(word("a")))));
        assert_eq!(parse("12:30"), Ok(word("12:30")));
    }

    #[test]
    fn filters_become_values_and_seconds() {
        assert_eq!(parse("service:kakaotalk"), Ok(Query::Field("service", "kakaotalk".into())));
        assert_eq!(parse("outage:true"), Ok(Query::Flag("outage", true)));
        assert_eq!(parse("since:2h"), Ok(Query::After(1_665_810_000)));
        assert_eq!(parse("after:2022-10-15"), Ok(Query::After(1_665_759_600)));
        assert_eq!(parse("source:\"가나 일보\""), Ok(Query::Field("source", "가나 일보".into())));
    }

    #[test]
    fn mistakes_are_answered_with_place_and_expectation() {
        let mistake = |text: &str| parse(text).map(|q| format!("{q:?}")).unwrap_err().to_string();
        assert_eq!(mistake("카톡 (전송"), "query, character 7: found the end of the query, expected \")\"");
        assert_eq!(
            mistake("카톡 AND"),
            "query, character 7: found the end of the query, expected a word, a phrase, a filter or \"(\""
        );
        assert!(mistake("a )").contains("character 3"), "{}", mistake("a )"));
        assert!(mistake("OR a").contains("character 1"));
        assert!(mistake("servce:kakaotalk").contains("service:"));
        assert!(mistake("a \"b").contains("closing quotation mark"));
        assert!(mistake("outage:maybe").contains("true or false"));
        assert!(mistake("since:2y").contains("since:2h"));
        assert!(mistake(&"(".repeat(5000)).contains("32 nested"));
    }

    #[test]
    fn a_mistyped_name_is_answered_with_the_query_that_was_meant() {
        let meant = |text: &str| parse(text).unwrap_err().suggestion;
        assert_eq!(meant("카톡 servce:kakaotalk -해킹").as_deref(), Some("카톡 service:kakaotalk -해킹"));
        assert_eq!(meant("kind:new 카톡").as_deref(), Some("kind:news 카톡"));
        assert_eq!(meant("outage:ture").as_deref(), Some("outage:true"));
        assert_eq!(meant("카톡 (전송"), None);
    }
}
