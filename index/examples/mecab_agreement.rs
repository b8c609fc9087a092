//! How far the segmenter agrees with mecab-ko, and how fast it is beside lindera's own, on text files given by path.
//!
//! ```text
//! cargo run --release -p meoktong-index --example mecab_agreement -- sentences FILE... > sentences.txt
//! python3 index/examples/mecab_reference.py sentences.txt > mecab.jsonl        # pip install python-mecab-ko
//! cargo run --release -p meoktong-index --example mecab_agreement -- compare sentences.txt mecab.jsonl [--show 20]
//! cargo run --release -p meoktong-index --example mecab_agreement -- bench sentences.txt [rounds]
//! ```
//!
//! `sentences` takes JSON and JSON Lines (all strings of ten characters or more that hold Hangul) and plain text, and
//! splits at line ends and behind `.`, `!` and `?`. Each sentence comes once.

use std::collections::HashSet;
use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use lindera::mode::Mode;
use meoktong_index::segment::{Lattice, Segmenter, Token};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["sentences", ref files @ ..] if !files.is_empty() => sentences(files),
        ["compare", text, reference] => compare(text, reference, 0),
        ["compare", text, reference, "--show", count] => compare(text, reference, count.parse()?),
        ["bench", text] => bench(text, 5),
        ["bench", text, rounds] => bench(text, rounds.parse()?),
        _ => {
            Err("give `sentences FILE...`, `compare SENTENCES REFERENCE [--show N]` or `bench SENTENCES [ROUNDS]`"
                .into())
        }
    }
}

fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}").into())
}

fn sentences(files: &[&str]) -> Result<()> {
    let mut seen = HashSet::new();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for file in files {
        let content = read(file)?;
        let mut texts = Vec::new();
        if file.ends_with(".jsonl") {
            for line in content.lines().filter(|line| !line.trim().is_empty()) {
                strings(&serde_json::from_str(line)?, &mut texts);
            }
        } else if file.ends_with(".json") {
            strings(&serde_json::from_str(&content)?, &mut texts);
        } else {
            texts.push(content);
        }
        for sentence in texts.iter().flat_map(|text| split(text)) {
            if sentence.chars().count() >= 10 && seen.insert(sentence.to_owned()) {
                writeln!(out, "{sentence}")?;
            }
        }
    }
    Ok(())
}

fn strings(value: &serde_json::Value, out: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) if text.chars().any(|c| ('가'..='힣').contains(&c)) => out.push(text.clone()),
        serde_json::Value::Array(values) => values.iter().for_each(|value| strings(value, out)),
        serde_json::Value::Object(fields) => fields.values().for_each(|value| strings(value, out)),
        _ => {}
    }
}

fn split(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut start = 0;
        let mut ended = false;
        for (at, c) in line.char_indices() {
            if ended && c == ' ' {
                found.push(line[start..at].trim());
                start = at;
            }
            ended = matches!(c, '.' | '!' | '?');
        }
        found.push(line[start..].trim());
    }
    found
}

fn compare(text: &str, reference: &str, show: usize) -> Result<()> {
    let (text, reference) = (read(text)?, read(reference)?);
    let segmenter = Segmenter::new("")?;
    let (mut lattice, mut tokens) = (Lattice::default(), Vec::new());
    let (mut count, mut identical, mut same_surfaces) = (0usize, 0usize, 0usize);
    let (mut ours_total, mut theirs_total, mut common) = (0usize, 0usize, 0usize);
    let mut shown = 0;
    if text.lines().count() != reference.lines().count() {
        return Err(
            "sentences and reference differ in their number of lines: make the reference from these sentences".into()
        );
    }
    for (sentence, line) in text.lines().zip(reference.lines()) {
        // (start byte, end byte, tag) of each token
        let theirs: Vec<(u32, u32, String)> = serde_json::from_str(line)?;
        tokens.clear();
        segmenter.segment(sentence, &mut lattice, &mut tokens);
        let ours: Vec<(u32, u32, String)> =
            tokens.iter().map(|token| (token.start, token.end, segmenter.tag(token).to_owned())).collect();
        count += 1;
        ours_total += ours.len();
        theirs_total += theirs.len();
        let set: HashSet<_> = theirs.iter().collect();
        common += ours.iter().filter(|token| set.contains(token)).count();
        same_surfaces += usize::from(ours.iter().map(|t| (t.0, t.1)).eq(theirs.iter().map(|t| (t.0, t.1))));
        if ours == theirs {
            identical += 1;
        } else if shown < show {
            shown += 1;
            let read = |tokens: &[(u32, u32, String)], others: &[(u32, u32, String)]| {
                let differing = tokens.iter().filter(|token| !others.contains(token));
                differing
                    .map(|t| format!("{}/{}", &sentence[t.0 as usize..t.1 as usize], t.2))
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            println!("{sentence}\n  ours:   {}\n  theirs: {}", read(&ours, &theirs), read(&theirs, &ours));
        }
    }
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    println!("sentences {count}");
    println!("identical surfaces and tags {identical} ({:.2} %)", percent(identical, count));
    println!("identical surfaces {same_surfaces} ({:.2} %)", percent(same_surfaces, count));
    println!(
        "token F1 {:.3} % (ours {ours_total}, theirs {theirs_total})",
        percent(2 * common, ours_total + theirs_total)
    );
    Ok(())
}

/// Surface and tag of every token, one sentence after the other, both in one run, in turns. The best round counts.
fn bench(text: &str, rounds: usize) -> Result<()> {
    let text = read(text)?;
    let sentences: Vec<&str> = text.lines().collect();
    let start = Instant::now();
    let segmenter = Segmenter::new("")?;
    println!("ours: ready in {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let lindera = lindera::segmenter::Segmenter::new(Mode::Normal, meoktong_ko_dic::load()?, None);
    println!("lindera: ready in {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let mut worker = lindera.new_worker();

    let (mut ours, mut theirs) = (Duration::MAX, Duration::MAX);
    let mut counts = (0usize, 0usize);
    let (mut lattice, mut tokens) = (Lattice::default(), Vec::<Token>::new());
    for _ in 0..rounds.max(1) {
        let start = Instant::now();
        counts.0 = 0;
        for sentence in &sentences {
            tokens.clear();
            segmenter.segment(sentence, &mut lattice, &mut tokens);
            counts.0 += tokens.len();
            for token in &tokens {
                black_box((token.text(sentence), segmenter.tag(token)));
            }
        }
        ours = ours.min(start.elapsed());

        let start = Instant::now();
        counts.1 = 0;
        for sentence in &sentences {
            let mut tokens = worker.segment(sentence)?;
            counts.1 += tokens.len();
            for token in &mut tokens {
                black_box((token.surface.len(), token.get_detail(0).map(str::len)));
            }
        }
        theirs = theirs.min(start.elapsed());
    }
    let rate = |time: Duration| text.len() as f64 / 1e6 / time.as_secs_f64();
    println!("{} sentences, {:.2} MB, best of {rounds} rounds, one thread", sentences.len(), text.len() as f64 / 1e6);
    println!("ours:    {:8.1} ms, {:.2} MB/s, {} tokens", ours.as_secs_f64() * 1e3, rate(ours), counts.0);
    println!("lindera: {:8.1} ms, {:.2} MB/s, {} tokens", theirs.as_secs_f64() * 1e3, rate(theirs), counts.1);
    println!("ours is {:.2} times as fast", theirs.as_secs_f64() / ours.as_secs_f64());
    Ok(())
}
