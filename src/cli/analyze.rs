//! `meoktong analyze`: analyses documents without storing them.

use std::collections::hash_map::RandomState;
use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::hash::BuildHasher;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;

use anyhow::{Context, Result};
use meoktong_index::morpheme::Workspace;
use meoktong_index::{Document, Published};

use super::End;
use crate::analyse::report::{Analysis, Role};
use crate::analyse::{Analyser, time};

/// Longest line that is read, in bytes. A document is a page of text; what is longer is a broken stream.
const LONGEST_LINE: usize = 16 << 20;
/// Longest title and text together, in bytes. The analysis relates outage words to all names of the text, so its time
/// grows with the square of the length; a page of news has a hundredth of this.
const LONGEST_TEXT: usize = 1 << 20;
/// Lines handed to a thread at once.
const BATCH: usize = 32;

/// Arguments of `analyze`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files to read; none or `-` reads standard input
    pub files: Vec<PathBuf>,
    /// What the files hold
    #[arg(long, value_enum, default_value_t = Input::Jsonl)]
    pub input: Input,
    /// How to print; the default is a table on a terminal and JSON lines elsewhere
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Publication time of plain text: RFC 3339 or a date
    #[arg(long, value_parser = published)]
    pub published_at: Option<Published>,
    /// Which way a bare day leans
    #[arg(long, value_enum, default_value_t = Bias::Past)]
    pub bias: Bias,
    /// Add tokens, times and what decided to each line
    #[arg(long)]
    pub explain: bool,
    /// Threads; the default is one a core
    #[arg(long)]
    pub threads: Option<usize>,
}

/// Form of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Input {
    /// One JSON object a line
    Jsonl,
    /// Plain text, first line the title
    Text,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Columns for people
    Table,
    /// One JSON array
    Json,
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values with a heading
    Csv,
}

/// Which way a bare day leans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Bias {
    /// The latest not after publication, as in news
    Past,
    /// The next, as in notices
    Future,
}

fn published(value: &str) -> Result<Published, String> {
    Published::parse(value)
}

/// The ids of a stream, as far as they are remembered: the last half million to a million, so that memory has a bound.
#[derive(Debug, Default)]
pub struct Seen {
    hasher: RandomState,
    now: HashSet<u64>,
    before: HashSet<u64>,
}

impl Seen {
    /// Ids kept before the older half is forgotten.
    const HALF: usize = 1 << 19;

    /// Whether an id is new.
    fn insert(&mut self, id: &str) -> bool {
        let hash = self.hasher.hash_one(id);
        if self.before.contains(&hash) {
            return false;
        }
        if self.now.len() >= Self::HALF {
            self.before = std::mem::take(&mut self.now);
        }
        self.now.insert(hash)
    }
}

/// One unit of work: where it came from, and the document or what is wrong with it.
type Parsed = Result<Document, String>;

/// Runs the command.
///
/// # Errors
/// If an output cannot be written or the dictionaries cannot be loaded. Bad lines are reported on standard error, the
/// rest goes on, and the exit code is 1.
pub fn run(args: &Args) -> Result<End> {
    let bias = match args.bias {
        Bias::Past => time::Bias::Past,
        Bias::Future => time::Bias::Future,
    };
    let analyser = Arc::new(Analyser::bundled()?.with_bias(bias));
    let format =
        args.format.unwrap_or(if io::IsTerminal::is_terminal(&io::stdout()) { Format::Table } else { Format::Jsonl });
    let mut printer = Printer::new(format, io::BufWriter::new(io::stdout().lock()));
    let threads = args.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, Into::into)).clamp(1, 64);
    let mut bad = 0;
    let result = thread::scope(|scope| -> Result<()> {
        // Every worker has its own short queue and batches go round in turn, so output keeps the order of the input and
        // memory does not grow with the number of documents.
        let mut inputs = Vec::new();
        let mut outputs = Vec::new();
        for _ in 0..threads {
            let (to_worker, work) = mpsc::sync_channel::<Vec<Parsed>>(2);
            let (done, from_worker) = mpsc::sync_channel::<Vec<Result<Analysis, String>>>(2);
            let analyser = Arc::clone(&analyser);
            let explain = args.explain;
            scope.spawn(move || {
                let mut space = Workspace::default();
                for batch in work {
                    let answers = batch
                        .into_iter()
                        .map(|parsed| parsed.map(|d| analyser.analyse(&d, explain, &mut space)))
                        .collect();
                    if done.send(answers).is_err() {
                        return;
                    }
                }
            });
            inputs.push(to_worker);
            outputs.push(from_worker);
        }
        let mut turn = 0;
        let mut waiting: VecDeque<usize> = VecDeque::new();
        let mut batch = Vec::with_capacity(BATCH);
        let mut send = |batch: Vec<Parsed>, printer: &mut Printer<_>, bad: &mut usize| -> Result<()> {
            if batch.is_empty() {
                return Ok(());
            }
            if waiting.len() >= threads * 2 {
                let worker = waiting.pop_front().unwrap_or_default();
                print(&outputs[worker], printer, bad)?;
            }
            inputs[turn].send(batch).context("an analysis thread has stopped")?;
            waiting.push_back(turn);
            turn = (turn + 1) % threads;
            Ok(())
        };
        for_each_document(args, &mut |parsed| {
            batch.push(parsed);
            if batch.len() == BATCH {
                send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)), &mut printer, &mut bad)?;
            }
            Ok(())
        })?;
        send(batch, &mut printer, &mut bad)?;
        for worker in waiting {
            print(&outputs[worker], &mut printer, &mut bad)?;
        }
        drop(inputs);
        printer.finish()
    });
    match result {
        // A reader such as `head` that has seen enough is no failure.
        Err(error) if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) => {
            Ok(End::Done)
        }
        Err(error) => Err(error),
        Ok(()) => Ok(if bad > 0 { End::Failed } else { End::Done }),
    }
}

fn print<W: Write>(
    from: &mpsc::Receiver<Vec<Result<Analysis, String>>>,
    printer: &mut Printer<W>,
    bad: &mut usize,
) -> Result<()> {
    for answer in from.recv().context("an analysis thread has stopped")? {
        match answer {
            Ok(analysis) => printer.print(&analysis)?,
            Err(what) => {
                *bad += 1;
                eprintln!("{what}");
            }
        }
    }
    Ok(())
}

fn for_each_document(args: &Args, take: &mut dyn FnMut(Parsed) -> Result<()>) -> Result<()> {
    let standard = [PathBuf::from("-")];
    let mut seen = Seen::default();
    for path in if args.files.is_empty() { &standard[..] } else { &args.files } {
        let name = if path.as_os_str() == "-" { "stdin".to_owned() } else { path.display().to_string() };
        let opened: io::Result<Box<dyn Read>> = if path.as_os_str() == "-" {
            Ok(Box::new(io::stdin()))
        } else {
            File::open(path).map(|file| Box::new(file) as Box<dyn Read>)
        };
        let input = match opened {
            Ok(input) => input,
            Err(error) => {
                take(Err(format!("{name}: cannot be opened ({error}) — check the path")))?;
                continue;
            }
        };
        match args.input {
            Input::Jsonl => lines(BufReader::new(input), &name, &mut seen, take)?,
            Input::Text => take(plain(input, &name, args.published_at))?,
        }
    }
    Ok(())
}

/// Reads documents line by line; what is wrong with a line names file and line.
///
/// # Errors
/// Only what `take` returns.
pub fn lines(
    mut input: impl BufRead,
    name: &str,
    seen: &mut Seen,
    take: &mut dyn FnMut(Parsed) -> Result<()>,
) -> Result<()> {
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        number += 1;
        let read = match input.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut line) {
            Ok(read) => read,
            Err(error) => {
                take(Err(format!("{name}:{number}: cannot be read ({error})")))?;
                return Ok(());
            }
        };
        if read == 0 {
            return Ok(());
        }
        if read > LONGEST_LINE && line.last() != Some(&b'\n') {
            skip_line(&mut input)?;
            take(Err(format!("{name}:{number}: line is longer than {} MB — split the document", LONGEST_LINE >> 20)))?;
            continue;
        }
        if number == 1 && line.starts_with(b"\xEF\xBB\xBF") {
            line.drain(..3);
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let parsed = document(&line).and_then(|document| {
            if seen.insert(&document.id) {
                return Ok(document);
            }
            Err(format!("id {:?} came before — every document needs one that is unique in the stream", document.id))
        });
        take(parsed.map_err(|what| format!("{name}:{number}: {what}")))?;
    }
}

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|&b| b == b'\n');
        let used = end.map_or(buffer.len(), |at| at + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

/// Reads one line as a document.
///
/// # Errors
/// What is wrong, where in the line, and the way out.
pub fn document(line: &[u8]) -> Parsed {
    let text = std::str::from_utf8(line).map_err(|error| {
        format!(
            "byte {} is not UTF-8 — convert the file first (EUC-KR: iconv -f CP949 -t UTF-8)",
            error.valid_up_to() + 1
        )
    })?;
    let document: Document = serde_json::from_str(text.trim()).map_err(|error| format!("not a document: {error}"))?;
    if document.id.is_empty() {
        return Err("field `id` is empty — every document needs one that is unique in the stream".into());
    }
    short_enough(document)
}

fn short_enough(document: Document) -> Parsed {
    let bytes = document.title.len() + document.text.len();
    if bytes > LONGEST_TEXT {
        return Err(format!("title and text have {bytes} bytes, more than {LONGEST_TEXT} — split the document"));
    }
    Ok(document)
}

fn plain(mut input: Box<dyn Read>, name: &str, published_at: Option<Published>) -> Parsed {
    let mut bytes = Vec::new();
    input
        .by_ref()
        .take(LONGEST_LINE as u64)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("{name}: cannot be read ({error})"))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        format!(
            "{name}: byte {} is not UTF-8 — convert the file first (EUC-KR: iconv -f CP949 -t UTF-8)",
            error.utf8_error().valid_up_to() + 1
        )
    })?;
    let text = text.trim_start_matches('\u{FEFF}');
    let (title, body) = text.split_once('\n').unwrap_or((text, ""));
    let document = Document {
        id: name.to_owned(),
        title: title.trim().to_owned(),
        text: body.to_owned(),
        published_at,
        ..Document::default()
    };
    short_enough(document).map_err(|what| format!("{name}: {what}"))
}

struct Printer<W> {
    format: Format,
    out: W,
    printed: usize,
}

impl<W: Write> Printer<W> {
    fn new(format: Format, out: W) -> Self {
        Self { format, out, printed: 0 }
    }

    fn print(&mut self, analysis: &Analysis) -> Result<()> {
        let first = self.printed == 0;
        self.printed += 1;
        match self.format {
            Format::Jsonl => {
                serde_json::to_writer(&mut self.out, analysis).map_err(io::Error::from)?;
                writeln!(self.out)?;
            }
            Format::Json => {
                self.out.write_all(if first { b"[\n" } else { b",\n" })?;
                serde_json::to_writer(&mut self.out, analysis).map_err(io::Error::from)?;
            }
            Format::Csv => {
                if first {
                    writeln!(
                        self.out,
                        "id,is_outage_report,is_current,probability,failed,exposed,unaffected,since,minutes"
                    )?;
                }
                let [id, report, current, probability, failed, exposed, unaffected, since, minutes] = columns(analysis);
                let quoted = |text: &str| {
                    if text.contains(['"', ',', '\n']) {
                        format!("\"{}\"", text.replace('"', "\"\""))
                    } else {
                        text.to_owned()
                    }
                };
                writeln!(
                    self.out,
                    "{},{report},{current},{probability},{},{},{},{since},{minutes}",
                    quoted(&id),
                    quoted(&failed),
                    quoted(&exposed),
                    quoted(&unaffected)
                )?;
            }
            Format::Table => {
                if first {
                    writeln!(self.out, "{:<24} {:<7} {:<8} {:>5}  FAILED / 장애", "ID", "REPORT", "CURRENT", "PROB")?;
                }
                let [id, report, current, probability, failed, exposed, unaffected, since, minutes] = columns(analysis);
                writeln!(self.out, "{id:<24} {report:<7} {current:<8} {probability:>5}  {failed}")?;
                for (label, value) in
                    [("since", since), ("minutes", minutes), ("exposed", exposed), ("unaffected", unaffected)]
                {
                    if !value.is_empty() {
                        writeln!(self.out, "{:24} {label}: {value}", "")?;
                    }
                }
                if let Some(explanation) = &analysis.explanation {
                    for line in explanation.why.iter().take(12) {
                        writeln!(self.out, "{:24} why: {line}", "")?;
                    }
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        if self.format == Format::Json {
            self.out.write_all(if self.printed == 0 { b"[]\n" } else { b"\n]\n" })?;
        }
        Ok(self.out.flush()?)
    }
}

fn columns(analysis: &Analysis) -> [String; 9] {
    let with_role = |role: Role| {
        let named: Vec<String> = analysis
            .services
            .iter()
            .filter(|s| s.role == role)
            .map(|s| {
                let features: Vec<&str> = s.features.iter().map(|f| f.name.as_str()).collect();
                if features.is_empty() { s.name.clone() } else { format!("{} ({})", s.name, features.join(", ")) }
            })
            .collect();
        named.join("; ")
    };
    let own = analysis.events.iter().find(|event| !event.historical);
    [
        analysis.id.clone(),
        (if analysis.is_outage_report { "yes" } else { "no" }).into(),
        (if analysis.is_current { "yes" } else { "no" }).into(),
        format!("{:.2}", analysis.probability),
        with_role(Role::Failed),
        with_role(Role::Exposed),
        with_role(Role::Unaffected),
        own.and_then(|e| e.start).map_or_else(String::new, |start| start.to_rfc3339()),
        own.and_then(|e| e.duration_minutes).map_or_else(String::new, |minutes| minutes.to_string()),
    ]
}
