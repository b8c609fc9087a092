//! Throws broken input at what parses: documents, dictionaries, time expressions.
//!
//! ```text
//! cargo run --release --example fuzz -- analyze|dict|time [MINUTES] [SEED]
//! ```
//!
//! Inputs are mutated from the labelled corpus and the bundled dictionaries: bytes flipped, pieces cut, doubled and
//! spliced, hostile pieces put in. A panic ends the run with the input that caused it; so does an input that takes
//! longer than ten seconds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use meoktong::analyse::{Analyser, time};
use meoktong::cli::analyze;
use meoktong_dictionaries::{Catalogue, Lexicon, Source, bundled};
use meoktong_index::morpheme::Workspace;

const HOSTILE: [&[u8]; 22] = [
    b"\0",
    b"\xFF\xFE",
    "\u{FEFF}".as_bytes(),
    "\u{202E}".as_bytes(),
    "\u{200B}".as_bytes(),
    "ㅋㅋㅋㅋㅋㅋㅋㅋ".as_bytes(),
    "0000년 13월 32일".as_bytes(),
    "25시 61분".as_bytes(),
    "99999999999999999999년".as_bytes(),
    b"\\ud800",
    "각".as_bytes(),
    "2월 31일부터 2월 30일까지".as_bytes(),
    "오전 오후 오전 12시".as_bytes(),
    "지난 지난달 지난해".as_bytes(),
    b"\"",
    b"{",
    b"]]",
    "먹통먹통먹통".as_bytes(),
    "이날 전날 그날".as_bytes(),
    "만에 째 동안".as_bytes(),
    "[[symptom]]".as_bytes(),
    "~ ..9 @fail?".as_bytes(),
];

/// xorshift64*: the same seed gives the same run.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % below.max(1)
    }

    fn mutate(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = seeds[self.next(seeds.len())].clone();
        for _ in 0..=self.next(6) {
            let at = self.next(input.len() + 1);
            let to = (at + self.next(40)).min(input.len());
            match self.next(7) {
                0 if at < input.len() => input[at] ^= 1 << self.next(8),
                1 => drop(input.drain(at..to)),
                2 => {
                    let piece = input[at..to].to_vec();
                    input.splice(at..at, piece);
                }
                3 => drop(input.splice(at..at, HOSTILE[self.next(HOSTILE.len())].iter().copied())),
                4 => {
                    let other = &seeds[self.next(seeds.len())];
                    let from = self.next(other.len() + 1);
                    let until = (from + self.next(200)).min(other.len());
                    input.splice(at..to, other[from..until].iter().copied());
                }
                5 => input.truncate(at),
                _ => {
                    let digit = b'0' + self.next(10) as u8;
                    if let Some(place) = input[at..].iter().position(u8::is_ascii_digit) {
                        input[at + place] = digit;
                    }
                }
            }
        }
        input
    }
}

/// What is fuzzed: takes an input and must not panic.
type Target<'a> = Box<dyn FnMut(&[u8]) + 'a>;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let target = args.first().map_or("analyze", String::as_str);
    let minutes: f64 = args.get(1).map_or(Ok(1.0), |text| text.parse())?;
    let mut dice = Dice(args.get(2).map_or(Ok(20_200_302), |text| text.parse())?);
    let analyser = Analyser::bundled()?;
    let mut space = Workspace::default();
    let seeds: Vec<Vec<u8>> = match target {
        "dict" => bundled::services()
            .iter()
            .chain(&bundled::lexicon())
            .flat_map(|s| s.content.split("\n\n[[").map(|part| format!("[[{part}").into_bytes()).collect::<Vec<_>>())
            .collect(),
        _ => corpus()?,
    };
    let mut run: Target<'_> = match target {
        "analyze" => Box::new(|input| {
            if let Ok(document) = analyze::document(input) {
                drop(analyser.analyse(&document, input.len() % 2 == 0, &mut space));
            }
        }),
        "dict" => Box::new(|input| {
            let content = String::from_utf8_lossy(input).into_owned();
            drop(Catalogue::read(&[Source::new("fuzz", content.clone())]));
            drop(Lexicon::read(&[Source::new("fuzz", content)]));
        }),
        "time" => Box::new(|input| {
            let text = String::from_utf8_lossy(input);
            let published = meoktong_index::Published::parse("2020-02-29T23:59").ok();
            for bias in [time::Bias::Past, time::Bias::Future] {
                let anchor = time::Anchor {
                    published: published.filter(|_| input.len() % 3 > 0).map(|p| p.at),
                    date_only: input.len() % 2 == 0,
                    bias,
                };
                for expr in time::find(&text, &anchor) {
                    assert!(text.get(expr.start..expr.end).is_some(), "a span cuts a letter");
                }
            }
        }),
        other => anyhow::bail!("{other:?} is no target — give analyze, dict or time"),
    };
    let end = Instant::now() + Duration::from_secs_f64(minutes * 60.0);
    let mut executions = 0u64;
    let mut slowest = Duration::ZERO;
    while Instant::now() < end {
        let input = dice.mutate(&seeds);
        let start = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| run(&input)));
        let took = start.elapsed();
        slowest = slowest.max(took);
        executions += 1;
        if outcome.is_err() || took > Duration::from_secs(10) {
            println!("finding after {executions} executions ({took:?}): {:?}", String::from_utf8_lossy(&input));
            std::process::exit(1);
        }
    }
    println!("{target}: {executions} executions in {minutes} minutes, no finding, slowest {slowest:?}");
    Ok(())
}

fn corpus() -> anyhow::Result<Vec<Vec<u8>>> {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus"))? {
        let path = entry?.path();
        lines.extend(std::fs::read_to_string(path)?.lines().map(|line| line.as_bytes().to_vec()));
    }
    lines.sort();
    Ok(lines)
}
