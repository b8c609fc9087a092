//! Cursors that stay right while documents arrive: they carry all that the order of a result hangs on.
//!
//! A page behind a cursor is asked as of the moment of the first page: rows that came later are left out, the time is
//! that of the first page, and the frequencies with which the score was reckoned are those of the first page. So the
//! pages together are the result as it stood, in any process, without anything kept between two requests.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tantivy::query::Bm25StatisticsProvider;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

use crate::plan::Level;
use crate::survey::Key;

/// What a page leaves behind for the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) level: Level,
    /// The last hit that was shown.
    pub(crate) after: Key,
    /// The newest row of the first page's moment.
    pub(crate) newest: u64,
    /// The first page's moment, seconds since 1970.
    pub(crate) now: i64,
    /// Frequencies in the order in which the engine asks for them.
    pub(crate) statistics: Vec<u64>,
}

const VERSION: u8 = 1;

impl Cursor {
    /// As text; `about` is what query and order the cursor belongs to.
    pub(crate) fn write(&self, about: u32) -> String {
        let mut bytes = vec![VERSION, self.level as u8];
        bytes.extend(about.to_le_bytes());
        bytes.extend(self.after.value.to_le_bytes());
        for number in [self.after.place, self.newest, self.now.max(0) as u64].iter().chain(&self.statistics) {
            let mut rest = *number;
            while rest >= 0x80 {
                bytes.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            bytes.push(rest as u8);
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The cursor in a text, if it is one and belongs to this query and order.
    pub(crate) fn read(text: &str, about: u32) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (head, rest) = bytes.split_at_checked(10)?;
        let level = match head[1] {
            0 => Level::All,
            1 => Level::Pairs,
            2 => Level::Some,
            _ => return None,
        };
        let four = |at: usize| head[at..at + 4].try_into().map(u32::from_le_bytes).ok();
        if head[0] != VERSION || four(2)? != about {
            return None;
        }
        let mut numbers = Vec::new();
        let (mut number, mut shift) = (0u64, 0);
        for byte in rest {
            number |= u64::from(byte & 0x7F).checked_shl(shift).filter(|_| shift < 64)?;
            if byte & 0x80 == 0 {
                numbers.push(std::mem::take(&mut number));
                shift = 0;
            } else {
                shift += 7;
            }
        }
        let mut numbers = numbers.into_iter();
        let (place, newest, now) = (numbers.next()?, numbers.next()?, numbers.next()?);
        let now = i64::try_from(now).ok()?;
        let after = Key { value: four(6)?, place };
        Some(Self { level, after, newest, now, statistics: numbers.collect() })
    }
}

/// Frequencies that are noted when they are first asked for, or answered as they were noted.
pub(crate) struct Statistics<'a> {
    searcher: &'a Searcher,
    noted: Mutex<Noted>,
    replay: bool,
}

#[derive(Default)]
struct Noted {
    answers: Vec<u64>,
    next: usize,
    docs: u64,
}

impl<'a> Statistics<'a> {
    /// Notes what the searcher answers.
    pub(crate) fn note(searcher: &'a Searcher) -> Self {
        Self { searcher, noted: Mutex::default(), replay: false }
    }

    /// Answers as noted.
    pub(crate) fn replay(searcher: &'a Searcher, noted: Vec<u64>) -> Self {
        Self { searcher, noted: Mutex::new(Noted { answers: noted, ..Noted::default() }), replay: true }
    }

    /// What was noted.
    pub(crate) fn noted(self) -> Vec<u64> {
        self.noted.into_inner().unwrap_or_else(PoisonError::into_inner).answers
    }

    fn answer(&self, ask: impl FnOnce() -> tantivy::Result<u64>) -> tantivy::Result<u64> {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if self.replay {
            // A cursor that was cut short goes on with the frequencies of today.
            let Some(&known) = noted.answers.get(noted.next) else { return ask() };
            noted.next += 1;
            return Ok(known);
        }
        let answer = ask()?;
        noted.answers.push(answer);
        Ok(answer)
    }
}

impl Bm25StatisticsProvider for Statistics<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        self.answer(|| self.searcher.total_num_tokens(field))
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        let docs = self.answer(|| self.searcher.total_num_docs())?.max(1);
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).docs = docs;
        Ok(docs)
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let frequency = self.answer(|| Searcher::doc_freq(self.searcher, term))?;
        // The engine panics where a term is in more documents than there are, which a forged cursor could say.
        Ok(frequency.min(self.noted.lock().unwrap_or_else(PoisonError::into_inner).docs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let cursor = Cursor {
            level: Level::Some,
            after: Key { value: 3.5f32.to_bits(), place: 1 << 60 },
            newest: 300,
            now: 1_665_810_000,
            statistics: vec![0, 1, 127, 128, 1_000_000],
        };
        let text = cursor.write(7);
        assert_eq!(Cursor::read(&text, 7), Some(cursor));
        assert_eq!(Cursor::read(&text, 8), None, "of another query");
        assert_eq!(Cursor::read(&text[..9], 7), None);
        assert_eq!(Cursor::read("r20", 7), None);
    }
}
