//! What indexing and searching cost: ratios against segmentation, sizes, latencies, percolation.
//!
//! ```text
//! cargo run --release --example search_speed -- DOCUMENTS FILE...
//! ```
//!
//! Documents of 400 characters are made of sentences of the files (text or JSON; all strings with Hangul), drawn with a
//! fixed seed; of every twelve the title is a sentence too. Times are those on the processor, not on the wall, so that
//! other work on the machine does not count: of the process for builds, of the thread for queries. Queries are of one to
//! three nouns of one document. The index is written to a temporary directory and removed at the end.

use std::collections::HashMap;
use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use meoktong_dictionaries::{Catalogue, Lexicon};
use meoktong_index::morpheme::Analyzer;
use meoktong_index::segment::{Lattice, Token as Morph};
use meoktong_index::{
    Document, Entry, Korean, Options, Percolator, Published, Query, Rebuild, Request, SearchIndex, Sort, Tokens,
};
use tantivy::schema::{IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const CHARS: usize = 400;

/// xorshift64*: the same seed gives the same documents.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit.max(1)
    }
}

/// Seconds that this process was on a processor.
fn process_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> =
        stat.rsplit(") ").next().unwrap_or("").split(' ').filter_map(|field| field.parse().ok()).collect();
    // The state is no number, so user and system time are the 11th and 12th; ticks are hundredths of a second.
    (fields.get(10).unwrap_or(&0.0) + fields.get(11).unwrap_or(&0.0)) / 100.0
}

/// Microseconds that this thread was on a processor.
fn thread_micros() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(0.0) / 1000.0
}

fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn sentences(files: &[String]) -> Result<Vec<String>> {
    fn strings(value: &serde_json::Value, into: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => into.push(text.clone()),
            serde_json::Value::Array(many) => many.iter().for_each(|value| strings(value, into)),
            serde_json::Value::Object(many) => many.values().for_each(|value| strings(value, into)),
            _ => {}
        }
    }
    let mut texts = Vec::new();
    for file in files {
        let content = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        if file.ends_with(".json") {
            strings(&serde_json::from_str(&content)?, &mut texts);
        } else if file.ends_with(".jsonl") {
            for line in content.lines() {
                strings(&serde_json::from_str(line)?, &mut texts);
            }
        } else {
            texts.push(content);
        }
    }
    let split = texts.iter().flat_map(|text| text.split_inclusive(['.', '!', '?', '\n'])).map(str::trim);
    let hangul = |text: &str| text.chars().filter(|c| ('가'..='힣').contains(c)).count() > 8;
    let mut found: Vec<String> = split.filter(|text| hangul(text)).map(str::to_owned).collect();
    found.sort();
    found.dedup();
    Ok(found)
}

fn make(number: usize, sentences: &[String], dice: &mut Dice) -> Document {
    let mut text = String::new();
    while text.chars().count() < CHARS {
        text.push_str(&sentences[dice.below(sentences.len())]);
        text.push(' ');
    }
    let title = if number.is_multiple_of(12) { sentences[dice.below(sentences.len())].clone() } else { String::new() };
    let at = chrono::DateTime::from_timestamp(1_577_836_800 + (dice.below(6 * 365 * 1440) * 60) as i64, 0);
    Document {
        id: format!("doc_{number:08x}"),
        title,
        text: text.chars().take(CHARS).collect(),
        published_at: at
            .map(|at| Published { at: at.with_timezone(&meoktong_index::document::kst()), day_only: false }),
        source: Some(format!("source-{}", dice.below(40))),
        ..Document::default()
    }
}

fn entry<'a>(row: i64, document: &'a Document, dice: &mut Dice) -> Entry<'a> {
    let some = |dice: &mut Dice, name: &str, of: usize, one_in: usize| {
        if dice.below(one_in) == 0 { vec![format!("{name}-{}", dice.below(of))] } else { vec![] }
    };
    let services = some(dice, "service", 200, 4);
    Entry {
        row,
        document,
        fetched: 1_700_000_000,
        features: some(dice, "feature", 40, 6),
        symptoms: some(dice, "symptom", 20, 3),
        assertions: vec![],
        outage: !services.is_empty(),
        current: false,
        probability: 0.5,
        story: "",
        services,
    }
}

/// The engine with one text field and nothing else, through a plain adapter.
#[derive(Clone)]
struct OneField(Arc<Korean>, Vec<Token>);

struct Stream<'a>(&'a [Token], usize, Token);

impl Tokenizer for OneField {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        self.1.clear();
        let into = &mut self.1;
        self.0.tokens(text, &mut |term| {
            into.push(Token {
                offset_from: term.start,
                offset_to: term.end,
                position: term.position as usize,
                text: term.text.to_owned(),
                position_length: 1,
            });
        });
        Stream(&self.1, 0, Token::default())
    }
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        let found = self.0.get(self.1).cloned();
        self.1 += 1;
        found.map(|token| self.2 = token).is_some()
    }

    fn token(&self) -> &Token {
        &self.2
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.2
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, files @ ..] = &arguments[..] else { return Err("give DOCUMENTS FILE...".into()) };
    let count: usize = count.parse()?;
    let sentences = sentences(files)?;
    let (catalogue, lexicon) = (Catalogue::bundled(), Lexicon::bundled());
    let analyzer = Analyzer::new(&catalogue, &lexicon)?;
    let korean = Arc::new(Korean::new(analyzer.clone(), &catalogue, &lexicon)?);
    ratios(count.min(20_000), &sentences, &analyzer, &korean)?;

    let directory = tempfile::tempdir()?;
    let mut dice = Dice(3);
    let (mut bytes, mut row) = (0, 0);
    let mut asked: Vec<Vec<String>> = Vec::new();
    let begun = process_seconds();
    let rebuild = Rebuild::begin(directory.path(), korean.clone(), "speed")?;
    while row < count {
        let documents: Vec<Document> = (row..count.min(row + 20_000)).map(|n| make(n, &sentences, &mut dice)).collect();
        bytes += documents.iter().map(|document| document.title.len() + document.text.len()).sum::<usize>();
        for document in documents.iter().step_by(documents.len().div_ceil(20).max(1)) {
            asked.push(nouns(&analyzer, &document.text));
        }
        let entries: Vec<Entry<'_>> =
            documents.iter().enumerate().map(|(at, d)| entry((row + at + 1) as i64, d, &mut dice)).collect();
        row += documents.len();
        rebuild.index().commit(&entries, row as i64)?;
        eprintln!("{row} documents, {:.0} s on the processor", process_seconds() - begun);
    }
    rebuild.finish()?;
    let opened = Instant::now();
    let (index, _) = SearchIndex::open(directory.path(), korean.clone(), "speed")?;
    println!("opened in {:.1} ms on the wall", opened.elapsed().as_secs_f64() * 1e3);
    println!(
        "{} documents, {:.1} MB of text, index {:.1} MB: {:.2} times the text; {:.1} s to build",
        index.len(),
        bytes as f64 / 1e6,
        index.bytes() as f64 / 1e6,
        index.bytes() as f64 / bytes as f64,
        process_seconds() - begun
    );
    latencies(&index, &asked, &mut dice)?;
    println!("{:.0} MiB resident after the queries", resident_mib());
    percolation(&korean, &sentences, &asked, &mut dice)
}

fn ratios(count: usize, sentences: &[String], analyzer: &Analyzer, korean: &Arc<Korean>) -> Result<()> {
    let mut dice = Dice(5);
    let documents: Vec<Document> = (0..count).map(|n| make(n, sentences, &mut dice)).collect();
    let entries: Vec<Entry<'_>> =
        documents.iter().enumerate().map(|(at, document)| entry(at as i64 + 1, document, &mut dice)).collect();
    let mut rounds = Vec::new();
    for _ in 0..3 {
        let begun = process_seconds();
        let (mut lattice, mut tokens): (Lattice, Vec<Morph>) = Default::default();
        for document in &documents {
            for text in [&document.title, &document.text] {
                tokens.clear();
                analyzer.segmenter().segment(text, &mut lattice, &mut tokens);
                black_box(&tokens);
            }
        }
        let segmented = process_seconds();
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("korean")
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let body = schema.add_text_field("body", TextOptions::default().set_indexing_options(indexing) | STORED);
        let directory = tempfile::tempdir()?;
        let engine = tantivy::Index::create_in_dir(directory.path(), schema.build())?;
        engine.tokenizers().register("korean", OneField(korean.clone(), Vec::new()));
        let mut writer: tantivy::IndexWriter = engine.writer_with_num_threads(1, 128 << 20)?;
        for document in &documents {
            let mut made = tantivy::TantivyDocument::new();
            made.add_text(body, format!("{}\n{}", document.title, document.text));
            writer.add_document(made)?;
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        let one = process_seconds();
        let directory = tempfile::tempdir()?;
        let rebuild = Rebuild::begin(directory.path(), korean.clone(), "speed")?;
        rebuild.index().commit(&entries, count as i64)?;
        rebuild.finish()?;
        let all = process_seconds();
        rounds.push((segmented - begun, one - segmented, all - one));
    }
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (segmentation, one, all) in rounds {
        println!(
            "{count} documents: segmentation {segmentation:.2} s, one field {one:.2} s ({:.2}), all fields {all:.2} s ({:.2})",
            one / segmentation,
            all / segmentation
        );
    }
    Ok(())
}

fn nouns(analyzer: &Analyzer, text: &str) -> Vec<String> {
    let (mut lattice, mut tokens) = (Lattice::default(), Vec::new());
    analyzer.segmenter().segment(text, &mut lattice, &mut tokens);
    let noun = |token: &&Morph| {
        matches!(analyzer.segmenter().tag(token), "NNG" | "NNP") && token.text(text).chars().count() > 1
    };
    tokens.iter().filter(noun).map(|token| token.text(text).to_owned()).collect()
}

fn latencies(index: &SearchIndex, asked: &[Vec<String>], dice: &mut Dice) -> Result<()> {
    let now = chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default().fixed_offset();
    let shapes: [(&str, Options, usize); 3] = [
        ("best ten", Options { counts: false, strict: true, excerpts: false, ..Options::default() }, 10),
        ("best ten, facets, histogram", Options { strict: true, excerpts: false, ..Options::default() }, 10),
        ("twenty with excerpts, facets, histogram, loosened where short", Options::default(), 20),
    ];
    for (name, options, limit) in shapes {
        for count in 1..=3 {
            let mut times: Vec<f64> = Vec::new();
            let mut hits = 0;
            for _ in 0..500 {
                let nouns = &asked[dice.below(asked.len())];
                let words: Vec<&str> = (0..count).map(|_| nouns[dice.below(nouns.len())].as_str()).collect();
                let request = Request { query: words.join(" "), sort: Sort::Relevance, limit, cursor: None, now };
                let begun = thread_micros();
                let answer = index.answer(&request, &options)?;
                times.push(thread_micros() - begun);
                hits += answer.total;
            }
            times.sort_by(f64::total_cmp);
            println!(
                "{name}, {count} words: p50 {:.2} ms, p99 {:.2} ms, {} hits on average",
                times[times.len() / 2] / 1e3,
                times[times.len() * 99 / 100] / 1e3,
                hits / times.len()
            );
        }
    }
    Ok(())
}

fn percolation(korean: &Arc<Korean>, sentences: &[String], asked: &[Vec<String>], dice: &mut Dice) -> Result<()> {
    let now = chrono::DateTime::UNIX_EPOCH.fixed_offset();
    let mut queries: HashMap<String, Query> = HashMap::new();
    while queries.len() < 1000 {
        let nouns = &asked[dice.below(asked.len())];
        let word = |dice: &mut Dice| nouns[dice.below(nouns.len())].clone();
        let text = match dice.below(4) {
            0 => word(dice),
            1 => format!("{} {}", word(dice), word(dice)),
            2 => format!("({} OR {}) -{}", word(dice), word(dice), word(dice)),
            _ => format!("\"{} {}\" OR {}", word(dice), word(dice), word(dice)),
        };
        queries.insert(text.clone(), Query::parse(&text, now)?);
    }
    let percolator = Percolator::new(queries, &**korean);
    let documents: Vec<Document> = (0..1000).map(|n| make(n, sentences, dice)).collect();
    let (begun, mut hits) = (thread_micros(), 0);
    for document in &documents {
        hits += percolator.matches(&entry(1, document, dice), &**korean).len();
    }
    println!(
        "{} saved queries: {:.3} ms a document, {:.1} hits each",
        percolator.len(),
        (thread_micros() - begun) / 1e3 / documents.len() as f64,
        hits as f64 / documents.len() as f64
    );
    Ok(())
}
