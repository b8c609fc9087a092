//! How well paragraphs are found by questions about them, on a file of KorQuAD 1.0, and what each stage brings.
//!
//! ```text
//! cargo run --release --example relevance -- KorQuAD_v1.0_dev.json
//! ```
//!
//! Every question has one right paragraph. Asked are the question as it stands, three random words of it (of those with
//! two letters and more, without the last, which asks `what` or `who`; seed 7) and the question without spaces. Printed is
//! the mean reciprocal rank within the first ten. Then queries of one, two and three nouns of one paragraph, joined by
//! AND: how many are answered at all. The nouns are lindera's, not our own, so that they are cut differently at times.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use meoktong_dictionaries::{Catalogue, Lexicon};
use meoktong_index::morpheme::Analyzer;
use meoktong_index::tokens::Term;
use meoktong_index::{Document, Entry, Korean, Options, Request, SearchIndex, Tokens};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// xorshift64*: the same seed gives the same words.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit.max(1)
    }
}

/// The Korean terms with some stages left out.
struct Without {
    korean: Arc<Korean>,
    parts: bool,
    synonyms: bool,
}

impl Tokens for Without {
    fn tokens(&self, text: &str, sink: &mut dyn FnMut(Term<'_>)) {
        self.korean.tokens(text, &mut |term| {
            if self.parts || !term.part {
                sink(term);
            }
        });
    }

    fn synonyms(&self, word: &str) -> Vec<String> {
        if self.synonyms { self.korean.synonyms(word) } else { Vec::new() }
    }
}

fn main() -> Result<()> {
    let path = std::env::args().nth(1).ok_or("give the path of KorQuAD_v1.0_dev.json")?;
    let (paragraphs, questions) = read(&path)?;
    println!("{} paragraphs, {} questions", paragraphs.len(), questions.len());
    let mut dice = Dice(7);
    let whole: Vec<(String, usize)> = questions.clone();
    let short = questions.iter().map(|(text, right)| (three_words(text, &mut dice), *right)).collect();
    let tight = questions.iter().map(|(text, right)| (text.replace(char::is_whitespace, ""), *right)).collect();
    let sets: [Vec<(String, usize)>; 3] = [whole, short, tight];

    let (catalogue, lexicon) = (Catalogue::bundled(), Lexicon::bundled());
    let korean = Arc::new(Korean::new(Analyzer::new(&catalogue, &lexicon)?, &catalogue, &lexicon)?);
    let with = |parts, synonyms| Arc::new(Without { korean: korean.clone(), parts, synonyms });
    println!("MRR@10                                   question  3 words  no space");
    let plain = Options { pairs: false, suggest: false, excerpts: false, counts: false, ..Options::default() };
    let strict = Options { strict: true, ..plain.clone() };
    let paired = Options { pairs: true, ..plain.clone() };
    measure("morphemes, every word", with(false, false), &paragraphs, &sets, &strict)?;
    measure("+ some words where that is short", with(false, false), &paragraphs, &sets, &plain)?;
    measure("+ pairs of letters", with(false, false), &paragraphs, &sets, &paired)?;
    measure("+ parts of compounds", with(true, false), &paragraphs, &sets, &paired)?;
    measure("+ synonyms: as shipped", with(true, true), &paragraphs, &sets, &paired)?;
    answered(&paragraphs, korean)
}

/// Paragraphs, and questions with the number of the paragraph that answers them.
type Set = (Vec<String>, Vec<(String, usize)>);

fn read(path: &str) -> Result<Set> {
    let file: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let mut paragraphs: Vec<String> = Vec::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut questions = Vec::new();
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    for article in list(&file["data"]) {
        for paragraph in list(&article["paragraphs"]) {
            let text = paragraph["context"].as_str().unwrap_or_default().to_owned();
            let number = *numbers.entry(text.clone()).or_insert_with(|| {
                paragraphs.push(text);
                paragraphs.len() - 1
            });
            for question in list(&paragraph["qas"]) {
                questions.push((question["question"].as_str().unwrap_or_default().to_owned(), number));
            }
        }
    }
    Ok((paragraphs, questions))
}

fn three_words(question: &str, dice: &mut Dice) -> String {
    let words = question.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    let mut words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.pop();
    words.retain(|word| word.chars().count() > 1);
    while words.len() > 3 {
        words.remove(dice.below(words.len()));
    }
    if words.is_empty() { question.to_owned() } else { words.join(" ") }
}

fn build(paragraphs: &[String], tokens: Arc<dyn Tokens>) -> Result<SearchIndex> {
    let index = SearchIndex::in_memory(tokens)?;
    let documents: Vec<Document> = paragraphs
        .iter()
        .enumerate()
        .map(|(at, text)| Document { id: at.to_string(), text: text.clone(), ..Document::default() })
        .collect();
    let entries: Vec<Entry<'_>> = documents.iter().zip(1..).map(|(document, row)| entry(document, row)).collect();
    index.commit(&entries, entries.len() as i64)?;
    Ok(index)
}

fn entry(document: &Document, row: i64) -> Entry<'_> {
    Entry {
        row,
        document,
        fetched: 0,
        services: vec![],
        features: vec![],
        symptoms: vec![],
        assertions: vec![],
        outage: false,
        current: false,
        probability: 0.0,
        story: "",
    }
}

/// A question as people type it, without signs that the query language would take for its own.
fn typed(text: &str) -> String {
    let plain: String = text.chars().map(|c| if matches!(c, '"' | '(' | ')' | ':' | '-') { ' ' } else { c }).collect();
    plain.replace(" AND ", " and ").replace(" OR ", " or ").replace(" NOT ", " not ")
}

fn measure(
    name: &str,
    tokens: Arc<dyn Tokens>,
    paragraphs: &[String],
    sets: &[Vec<(String, usize)>; 3],
    options: &Options,
) -> Result<()> {
    let index = build(paragraphs, tokens)?;
    let mut line = format!("{name:<40}");
    let begun = Instant::now();
    for set in sets {
        let mut sum = 0.0;
        for (question, right) in set {
            let request = Request {
                query: typed(question),
                sort: Default::default(),
                limit: 10,
                cursor: None,
                now: chrono::DateTime::UNIX_EPOCH.fixed_offset(),
            };
            let hits = index.answer(&request, options)?.hits;
            let right = right.to_string();
            sum += hits.iter().position(|hit| hit.id == right).map_or(0.0, |at| 1.0 / (at + 1) as f64);
        }
        line += &format!("   {:.4}", sum / set.len() as f64);
    }
    println!("{line}   ({:.1} s)", begun.elapsed().as_secs_f64());
    Ok(())
}

/// AND queries of nouns of one paragraph.
fn answered(paragraphs: &[String], korean: Arc<Korean>) -> Result<()> {
    let index = build(paragraphs, korean)?;
    let dictionary = meoktong_ko_dic::load().map_err(|error| error.to_string())?;
    let lindera = lindera::segmenter::Segmenter::new(lindera::mode::Mode::Normal, dictionary, None);
    let mut dice = Dice(11);
    let nouns = paragraphs.iter().map(|text| {
        let mut nouns = Vec::new();
        for mut token in lindera.segment(text.as_str().into()).map_err(|error| error.to_string())? {
            let noun = token.details().first().is_some_and(|tag| matches!(*tag, "NNG" | "NNP"));
            if noun && token.surface.chars().count() > 1 {
                nouns.push(token.surface.to_string());
            }
        }
        Ok(nouns)
    });
    let nouns: Vec<Vec<String>> = nouns.collect::<std::result::Result<_, String>>()?;
    for count in 1..=3 {
        let (mut asked, mut strict, mut found) = (0, 0, 0);
        for nouns in nouns.iter().filter(|nouns| nouns.len() >= 3) {
            for _ in 0..3 {
                let words: Vec<&str> = (0..count).map(|_| nouns[dice.below(nouns.len())].as_str()).collect();
                let request = Request {
                    query: words.join(" AND "),
                    sort: Default::default(),
                    limit: 10,
                    cursor: None,
                    now: chrono::DateTime::UNIX_EPOCH.fixed_offset(),
                };
                let options =
                    |strict| Options { strict, suggest: false, excerpts: false, counts: false, ..Options::default() };
                asked += 1;
                strict += usize::from(index.answer(&request, &options(true))?.total > 0);
                let answer = index.answer(&request, &options(false))?;
                found += usize::from(answer.total > 0 && answer.level != meoktong_index::Level::Some);
            }
        }
        let share = |part: usize| 100.0 * part as f64 / asked as f64;
        println!(
            "{count} nouns of one paragraph joined by AND: {:.2} % answered by morphemes, {:.2} % with pairs ({asked} asked)",
            share(strict),
            share(found)
        );
    }
    Ok(())
}
