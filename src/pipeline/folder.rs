//! Documents from files: what is dropped into a folder, and what the command line imports.

use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};
use meoktong_index::{Document, Kind};
use serde_json::{Map, Value};

use super::Pipeline;
use super::crawl::{CrawlReport, Failure, Gathered};
use crate::config::Source;
use crate::crawl::Entry;
use crate::crawl::charset;
use crate::crawl::fields::{self, Fields};
use crate::normalise::{address_key, canonical_url, short_hash};

/// Longest file taken, in bytes.
const LONGEST: u64 = 256 << 20;
/// A file that was written to a moment ago may not be complete, in seconds.
const SETTLED: u64 = 2;

impl Pipeline {
    /// Reads the files of a source's folder and moves them to `done` or `failed` below it.
    pub(super) async fn read_folder(
        &self,
        source: &Source,
        gathered: &mut Gathered,
        now: DateTime<FixedOffset>,
        report: &mut CrawlReport,
    ) -> Result<(), Failure> {
        let folder = PathBuf::from(&source.url);
        let files = waiting(&folder).map_err(|error| {
            Failure::new(format!("folder {} cannot be read ({error}) — make it, or correct url", folder.display()))
        })?;
        report.unchanged = files.is_empty();
        for file in files {
            let own = source.clone();
            let path = file.clone();
            let read = tokio::task::spawn_blocking(move || -> std::io::Result<_> {
                let bytes = std::fs::read(&path)?;
                Ok(rows(&bytes, &path, own.fields.as_ref(), now))
            });
            let read = read.await.map_err(anyhow::Error::from)?;
            let outcome = match read {
                Err(error) => Err(error.to_string()),
                Ok(Err(what)) => Err(what),
                Ok(Ok(found)) => {
                    report.requests += 1;
                    report.skipped += found.bad.len();
                    for entry in &found.entries {
                        self.take_entry(source, entry, true, gathered, now)?;
                    }
                    Ok(found.bad)
                }
            };
            let (place, told) = match outcome {
                Ok(bad) if bad.is_empty() => ("done", String::new()),
                Ok(bad) => ("done", bad.join("\n")),
                Err(what) => {
                    report.note = Some(format!("{}: {what}", file.display()));
                    ("failed", what)
                }
            };
            // A file that cannot be moved is read again; its documents are known then.
            if let Err(error) = put_away(&folder, &file, place, &told) {
                report.note = Some(format!("{} cannot be moved to {place} ({error})", file.display()));
            }
        }
        Ok(())
    }
}

fn waiting(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let kind = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_lowercase();
        let Ok(about) = path.metadata() else { continue };
        let settled = about.modified().ok().and_then(|at| at.elapsed().ok()).is_none_or(|age| age.as_secs() >= SETTLED);
        if about.is_file()
            && settled
            && about.len() <= LONGEST
            && matches!(kind.as_str(), "jsonl" | "ndjson" | "json" | "csv")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn put_away(folder: &Path, file: &Path, place: &str, told: &str) -> std::io::Result<()> {
    let target = folder.join(place);
    std::fs::create_dir_all(&target)?;
    let name = file.file_name().unwrap_or_default();
    if !told.is_empty() {
        std::fs::write(target.join(format!("{}.errors.txt", name.to_string_lossy())), told)?;
    }
    std::fs::rename(file, target.join(name))
}

/// What a file held.
#[derive(Debug, Default)]
pub struct Rows {
    /// Entries, in the file's order.
    pub entries: Vec<Entry>,
    /// What is wrong with which line.
    pub bad: Vec<String>,
}

/// Reads a file by its ending: CSV with a header, a JSON array, or JSON a line; EUC-KR is understood.
///
/// # Errors
/// When nothing of it can be read.
pub fn rows(bytes: &[u8], path: &Path, map: Option<&Fields>, now: DateTime<FixedOffset>) -> Result<Rows, String> {
    let own = Fields::own();
    let map = map.unwrap_or(&own);
    let text = charset::decode(bytes, None);
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
    let mut found = Rows::default();
    let mut take = |number: usize, row: Result<Value, String>| {
        let entry =
            row.and_then(|row| fields::entry(&row, map, now).ok_or_else(|| "neither title nor text".to_owned()));
        match entry {
            Ok(entry) => found.entries.push(entry),
            Err(what) => found.bad.push(format!("row {number}: {what}")),
        }
    };
    match ending.as_str() {
        "csv" | "tsv" => {
            for (number, row) in csv_rows(&text, ending == "tsv", map)? {
                take(number, row);
            }
        }
        "json" => {
            let reading = fields::read(text.as_bytes(), map, now).map_err(|error| error.to_string())?;
            let bad = vec!["a row has neither title nor text".to_owned(); reading.skipped];
            return Ok(Rows { entries: reading.entries, bad });
        }
        _ => {
            for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
                take(at + 1, serde_json::from_str(line).map_err(|error| format!("no JSON: {error}")));
            }
        }
    }
    Ok(found)
}

/// A row of a file with its number, or what is wrong with it.
type Numbered = (usize, Result<Value, String>);

/// The rows of a CSV file as JSON objects, with their numbers.
fn csv_rows(text: &str, tabs: bool, map: &Fields) -> Result<Vec<Numbered>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if tabs { b'\t' } else { b',' })
        .flexible(true)
        .from_reader(text.as_bytes());
    let header: Vec<String> = reader
        .headers()
        .map_err(|error| format!("no CSV: {error}"))?
        .iter()
        .map(|name| name.trim().to_owned())
        .collect();
    let has = |column: &Option<String>| column.as_ref().is_some_and(|name| header.contains(name));
    if !has(&map.title) && !has(&map.text) {
        return Err(format!(
            "the header has neither the column {:?} nor {:?}, but {} — give --map title=COLUMN,text=COLUMN",
            map.title.as_deref().unwrap_or("title"),
            map.text.as_deref().unwrap_or("text"),
            header.join(", ")
        ));
    }
    let mut rows = Vec::new();
    // The header is row 1.
    for (at, record) in reader.records().enumerate() {
        let row = record.map_err(|error| error.to_string()).map(|record| {
            let cells = header.iter().cloned().zip(record.iter().map(|cell| Value::String(cell.to_owned())));
            Value::Object(cells.collect::<Map<String, Value>>())
        });
        rows.push((at + 2, row));
    }
    Ok(rows)
}

/// The document of an imported row: its own id where it has one, so that a second import changes nothing.
#[must_use]
pub fn imported(entry: &Entry, kind: Kind, source: &str) -> Document {
    let canonical = entry.url.as_deref().and_then(canonical_url);
    let id = entry.key.clone().unwrap_or_else(|| {
        let of = canonical.as_deref().map_or_else(
            || {
                short_hash(&[
                    source,
                    &entry.title,
                    &entry.text,
                    &entry.published.map_or_else(String::new, |p| p.at.to_rfc3339()),
                ])
            },
            |url| short_hash(&[&address_key(url)]),
        );
        format!("doc_{of}")
    });
    Document {
        id,
        kind,
        title: entry.title.clone(),
        text: entry.text.clone(),
        published_at: entry.published,
        source: Some(entry.publisher.clone().unwrap_or_else(|| source.to_owned())),
        url: canonical,
        about: entry.about.clone(),
        rank: entry.rank,
        volume: entry.volume,
        rating: entry.rating,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap()
    }

    #[test]
    fn a_korean_spreadsheet_with_its_own_columns() {
        let map = Fields::parse("title=제목,text=내용,published_at=작성일,url=링크").unwrap();
        let text = "번호,제목,내용,작성일,링크\r\n1,카톡 안됨,\"아까부터, 계속\",2026.03.09 09:14,https://b.example/1\r\n2,,,,\r\n3,토스 오류,x,어제 10:20,\r\n";
        let bytes = encoding_rs::EUC_KR.encode(text).0.into_owned();
        let found = rows(&bytes, Path::new("a.csv"), Some(&map), now()).unwrap();
        assert_eq!(found.entries.len(), 2);
        assert_eq!(found.entries[0].text, "아까부터, 계속");
        assert_eq!(found.entries[0].published.unwrap().at.to_rfc3339(), "2026-03-09T09:14:00+09:00");
        assert_eq!(found.bad, ["row 3: neither title nor text"]);
        let wrong = rows(&bytes, Path::new("a.csv"), None, now()).unwrap_err();
        assert!(wrong.contains("번호, 제목") && wrong.contains("--map"), "{wrong}");
        let twice = [0, 0].map(|_| imported(&found.entries[1], Kind::Post, "a").id);
        assert_eq!(twice[0], twice[1]);
    }

    #[test]
    fn lines_and_arrays_of_json() {
        let lines =
            rows(b"{\"id\":\"1\",\"title\":\"a\"}\n\nnope\n{\"id\":\"2\"}\n", Path::new("a.jsonl"), None, now())
                .unwrap();
        assert_eq!((lines.entries.len(), lines.bad.len()), (1, 2));
        assert!(lines.bad[0].starts_with("row 3: no JSON"));
        let array = rows(b"[{\"title\":\"a\"},{}]", Path::new("a.json"), None, now()).unwrap();
        assert_eq!((array.entries.len(), array.bad.len()), (1, 1));
    }
}
