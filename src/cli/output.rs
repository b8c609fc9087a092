//! Rows for people and for programs.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;
use tracing_subscriber::EnvFilter;

use super::LogFormat;

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for people
    Table,
    /// One array
    Json,
    /// One object a line
    Jsonl,
    /// Comma-separated values with a header
    Csv,
}

/// Table on a terminal, JSON lines elsewhere, unless said otherwise.
pub(super) fn chosen(format: Option<Format>) -> Format {
    format.unwrap_or_else(|| if io::stdout().is_terminal() { Format::Table } else { Format::Jsonl })
}

/// Prints rows; a table and CSV have these columns, which are keys of the rows (`a.b` reaches inside).
pub(super) fn rows<T: Serialize>(rows: &[T], columns: &[&str], format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let values: Vec<Value> = rows.iter().map(|row| serde_json::to_value(row).unwrap_or_default()).collect();
    let cells = |row: &Value| columns.iter().map(|column| cell(row, column)).collect::<Vec<_>>();
    match format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&values)?),
        Format::Jsonl => values.iter().try_for_each(|row| writeln!(out, "{row}")),
        Format::Csv => {
            let mut csv = csv::Writer::from_writer(out);
            csv.write_record(columns)?;
            for row in &values {
                csv.write_record(cells(row))?;
            }
            csv.flush()
        }
        Format::Table => {
            let table: Vec<Vec<String>> = values.iter().map(cells).collect();
            table_of(&mut out, columns, &table)
        }
    }
}

fn cell(row: &Value, column: &str) -> String {
    let value = column.split('.').fold(row, |value, key| &value[key]);
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(many) => many.iter().map(short).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    safe(&text)
}

fn short(value: &Value) -> String {
    value["name"].as_str().or(value.as_str()).map_or_else(|| value.to_string(), str::to_owned)
}

/// Text from outside must not move the cursor or colour the terminal.
pub(super) fn safe(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn table_of(out: &mut impl Write, columns: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    const WIDEST: usize = 48;
    let heads: Vec<String> =
        columns.iter().map(|column| column.rsplit('.').next().unwrap_or(column).to_uppercase()).collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|at| rows.iter().map(|row| width(&row[at])).chain([width(&heads[at])]).max().unwrap_or(0).min(WIDEST))
        .collect();
    for row in std::iter::once(&heads).chain(rows) {
        let mut line = String::new();
        for (at, text) in row.iter().enumerate() {
            let text = cut(text, widths[at]);
            line.push_str(&text);
            line.push_str(&" ".repeat(widths[at] - width(&text) + 2));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Text filled up with spaces to so many columns.
pub(super) fn padded(text: &str, columns: usize) -> String {
    text.to_owned() + &" ".repeat(columns.saturating_sub(width(text)))
}

/// The part of a text that fits into so many columns.
pub(super) fn cut(text: &str, widest: usize) -> String {
    if width(text) <= widest {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if width(&kept) + width(&c.to_string()) >= widest {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// Columns on a terminal: Hangul and other wide letters take two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| match c {
            '\u{1100}'..='\u{115F}'
            | '\u{2E80}'..='\u{A4CF}'
            | '\u{AC00}'..='\u{D7A3}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{FE30}'..='\u{FE6F}'
            | '\u{FF00}'..='\u{FF60}'
            | '\u{1F300}'..='\u{1FAFF}' => 2,
            _ => 1,
        })
        .sum()
}

/// Starts the log on standard error: what the environment asks for, else by how often `-v` stands on the command line.
pub(super) fn log(format: LogFormat, verbose: u8, quiet: bool) {
    let usual = match (verbose, quiet) {
        (0, true) => "warn",
        (0, false) | (1, _) => "warn,meoktong=info",
        _ => "info,meoktong=debug",
    };
    let asked = |variable: &str| std::env::var(variable).ok().and_then(|filter| EnvFilter::try_new(filter).ok());
    let filter = asked("MEOKTONG_LOG").or_else(|| asked("RUST_LOG")).unwrap_or_else(|| EnvFilter::new(usual));
    let colour = std::env::var_os("NO_COLOR").is_none() && io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(colour);
    // A second start, as in tests, keeps the first.
    let _ = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hangul_takes_two_columns_and_control_characters_none() {
        assert_eq!((width("먹통a"), cut("가나다라", 5).as_str()), (5, "가나…"));
        assert_eq!(safe("a\u{1b}[31mb"), "a [31mb");
        let mut out = Vec::new();
        table_of(&mut out, &["a", "x.b"], &[vec!["가".into(), "1".into()]]).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "A   B\n가  1\n");
    }
}
