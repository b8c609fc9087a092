//! The detector's yardstick: simulated years of services of four sizes, through the same code that runs live.
//!
//! `cargo run --release --example simulated_year -- --seeds 5200..5224` prints what was found, how fast, and what was not there.
//! Calibrate on some seeds, report on others. `--counts` compares the generator with the reference; `--rows FILE` runs a year
//! drawn by another program instead (see [`outside`]).

mod generate;
mod outside;
mod score;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Parser;
use meoktong::detect::{Family, Settings};
use meoktong_dictionaries::Catalogue;

use generate::{CLASSES, Channel, SIZES, Size, Without, Year, year};
use score::{Score, Told, quantile, run, score};

/// Simulated service-years through the detector.
#[derive(Debug, Parser)]
struct Arguments {
    /// Seeds, the last one left out
    #[arg(long, default_value = "1..9")]
    seeds: String,
    /// Sizes of service
    #[arg(long, value_delimiter = ',', default_value = "L,M,S,XS")]
    sizes: Vec<String>,
    /// Without posts
    #[arg(long)]
    no_social: bool,
    /// Without posts and reviews
    #[arg(long)]
    no_chatter: bool,
    /// Without outages and without noise: plain chatter
    #[arg(long)]
    plain: bool,
    /// Another value of a setting: NAME=JSON
    #[arg(long = "set")]
    settings: Vec<String>,
    /// Only counts what is drawn
    #[arg(long)]
    counts: bool,
    /// Years drawn elsewhere, one file each
    #[arg(long)]
    rows: Vec<std::path::PathBuf>,
    /// Threads
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

/// Draws or reads one year; the number is the place of its size.
type Draw<'a> = Box<dyn Fn() -> Result<(usize, Year)> + Sync + 'a>;

/// One year, run.
struct Ran {
    size: usize,
    suspected: Score,
    confirmed: Score,
    seconds: f64,
    documents: usize,
    state: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let sizes: Vec<Size> =
        SIZES.iter().filter(|size| arguments.sizes.iter().any(|name| name == size.name)).copied().collect();
    let seeds = seeds(&arguments.seeds)?;
    if arguments.counts {
        return counts(&sizes, &seeds);
    }
    let settings = Settings::default().with(&arguments.settings).map_err(anyhow::Error::msg)?;
    let alive: Vec<Family> = Family::ALL
        .into_iter()
        .filter(|family| match family {
            Family::Social => !arguments.no_social && !arguments.no_chatter,
            Family::Reviews => !arguments.no_chatter,
            _ => true,
        })
        .collect();
    let without = Without { outages: arguments.plain, noise: arguments.plain };
    let draws: Vec<Draw<'_>> = if arguments.rows.is_empty() {
        let pairs = seeds.iter().flat_map(|seed| sizes.iter().enumerate().map(move |(at, size)| (at, size, *seed)));
        pairs.map(|(at, size, seed)| Box::new(move || Ok((at, year(size, seed, without)))) as Box<_>).collect()
    } else {
        let sizes = &sizes;
        arguments.rows.iter().map(|file| Box::new(move || outside::read(file, sizes)) as Box<_>).collect()
    };
    let catalogue = Catalogue::bundled();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads.max(1) {
            scope.spawn(|| {
                while let Some(draw) = draws.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ran = draw().map(|(at, year)| one(at, sizes[at].name, &year, &catalogue, &settings, &alive));
                    done.lock().unwrap_or_else(PoisonError::into_inner).push(ran);
                }
            });
        }
    });
    let ran = done.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect::<Result<Vec<_>>>()?;
    report(&sizes, &ran);
    Ok(())
}

fn one(at: usize, size: &str, year: &Year, catalogue: &Catalogue, settings: &Settings, alive: &[Family]) -> Ran {
    let begun = Instant::now();
    let (told, state) = run(year, size, catalogue, settings, alive);
    let seconds = begun.elapsed().as_secs_f64();
    let suspected: Vec<(f64, f64)> = told.iter().map(|told| (told.opened, told.closed)).collect();
    let sure = |told: &Told| told.confirmed.map(|confirmed| (confirmed, told.closed));
    let confirmed: Vec<(f64, f64)> = told.iter().filter_map(sure).collect();
    Ran {
        size: at,
        suspected: score(year, &suspected),
        confirmed: score(year, &confirmed),
        seconds,
        documents: year.rows.len(),
        state,
    }
}

fn report(sizes: &[Size], ran: &[Ran]) {
    let years = ran.len() as f64;
    println!("{years} service-years");
    for (level, of) in [
        ("suspected", (|ran: &Ran| ran.suspected.clone()) as fn(&Ran) -> Score),
        ("confirmed", |ran: &Ran| ran.confirmed.clone()),
    ] {
        let scores: Vec<(usize, Score)> = ran.iter().map(|ran| (ran.size, of(ran))).collect();
        println!(
            "\n{level}: false alarms a service-year, and outages found with median and 90th percentile of delay in minutes"
        );
        line("all", scores.iter().map(|(_, score)| score));
        for (at, size) in sizes.iter().enumerate() {
            line(size.name, scores.iter().filter(|(of, _)| *of == at).map(|(_, score)| score));
        }
        let mut causes: Vec<(&str, usize)> = Vec::new();
        for why in scores.iter().flat_map(|(_, score)| &score.false_alarms) {
            match causes.iter_mut().find(|(known, _)| known == why) {
                Some((_, count)) => *count += 1,
                None => causes.push((why, 1)),
            }
        }
        causes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let told: Vec<String> = causes.iter().map(|(why, count)| format!("{why} {count}")).collect();
        println!("  false ones by cause: {}", told.join(", "));
        let lags: Vec<f64> = scores.iter().flat_map(|(_, score)| score.lags.clone()).collect();
        let [p10, p50, p90] = [0.1, 0.5, 0.9].map(|share| quantile(&lags, share));
        let fragments: Vec<f64> = scores.iter().flat_map(|(_, score)| score.fragments.clone()).collect();
        let mean = fragments.iter().sum::<f64>() / fragments.len().max(1) as f64;
        println!(
            "  closed {p50:.0} minutes after the true end (p10 {p10:.0}, p90 {p90:.0}); {mean:.2} incidents an outage"
        );
    }
    let slowest = ran.iter().map(|ran| ran.seconds).fold(0.0, f64::max);
    let documents: usize = ran.iter().map(|ran| ran.documents).sum();
    let seconds: f64 = ran.iter().map(|ran| ran.seconds).sum();
    let state = ran.iter().map(|ran| ran.state).max().unwrap_or(0) as f64 / (1 << 20) as f64;
    println!(
        "\n{documents} documents, {:.0} a second and thread; slowest year {slowest:.2} s; largest state {state:.1} MiB",
        documents as f64 / seconds
    );
}

fn line<'a>(name: &str, scores: impl Iterator<Item = &'a Score>) {
    let scores: Vec<&Score> = scores.collect();
    let alarms: usize = scores.iter().map(|score| score.false_alarms.len()).sum();
    print!("  {name:4} {:5.2}", alarms as f64 / scores.len() as f64);
    for (class, name) in CLASSES.iter().enumerate() {
        let delays: Vec<f64> = scores.iter().flat_map(|score| score.delays[class].clone()).collect();
        let found = delays.iter().filter(|delay| delay.is_finite()).count();
        let shown = |share: f64| match quantile(&delays, share) {
            minutes if minutes.is_finite() => format!("{minutes:.0}"),
            _ => "-".to_owned(),
        };
        let share = 100.0 * found as f64 / delays.len().max(1) as f64;
        print!("  {name} {share:.1}% {}/{} (n {})", shown(0.5), shown(0.9), delays.len());
    }
    println!();
}

/// Mean documents a year by kind and reason, for comparison with the reference generator.
fn counts(sizes: &[Size], seeds: &[u64]) -> Result<()> {
    const REASONS: [&str; 9] =
        ["base", "outage", "follow", "policy", "game", "update", "bleed", "trend", "maintenance"];
    for size in sizes {
        let mut sums = vec![[0_usize; 5]; REASONS.len()];
        let mut small = Vec::new();
        for seed in seeds {
            let year = year(size, *seed, Without::default());
            for row in &year.rows {
                let why = REASONS.iter().position(|why| *why == row.why).context("a reason without a name")?;
                sums[why][row.channel as usize] += 1;
            }
            small.extend(year.truth.iter().filter(|t| t.class == 1).map(|t| t.first_post - t.start));
        }
        let any = small.iter().filter(|delay| delay.is_finite()).count() as f64 / small.len().max(1) as f64;
        println!(
            "{}: first post of small outages {:.0} min ({:.0} % have one)",
            size.name,
            quantile(&small, 0.5),
            any * 100.0
        );
        for (why, sums) in REASONS.iter().zip(&sums) {
            let mean = |channel: Channel| sums[channel as usize] as f64 / seeds.len() as f64;
            println!(
                "  {why:12} social {:9.1}  reviews {:8.1}  news {:8.1}  trends {:5.1}  official {:5.1}",
                mean(Channel::Social),
                mean(Channel::Reviews),
                mean(Channel::News),
                mean(Channel::Trends),
                mean(Channel::Official)
            );
        }
    }
    Ok(())
}

fn seeds(text: &str) -> Result<Vec<u64>> {
    let (from, to) = text.split_once("..").context("--seeds wants FROM..TO, such as 5200..5224")?;
    let (from, to): (u64, u64) = (from.parse()?, to.parse()?);
    if from >= to {
        bail!("--seeds {text}: the first must be below the last");
    }
    Ok((from..to).collect())
}
