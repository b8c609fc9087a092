//! Rows of any JSON or CSV, by a map that says which field is what.

use chrono::{DateTime, FixedOffset};
use serde::Deserialize;
use serde_json::Value;

use meoktong_index::Published;
use meoktong_index::document::kst;

use super::{Entry, ReadError, Reading};
use crate::normalise::{date, line, paragraphs, without_tags};

/// Where a row keeps what: keys of JSON, with dots into the depth (`author.name`, `tags.0`), or columns of CSV.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fields {
    /// Where the array of rows stands; none when the answer itself is the array or the one row.
    pub rows: Option<String>,
    /// What tells one row from another; none: its address, or its texts.
    pub id: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// Text; markup is taken out.
    pub text: Option<String>,
    /// When it was published: a date of any usual form, or seconds or milliseconds since 1970.
    pub published_at: Option<String>,
    /// Address.
    pub url: Option<String>,
    /// Who wrote it; kept as a salted hash only.
    pub author: Option<String>,
    /// Publisher.
    pub source: Option<String>,
    /// What it is about.
    pub about: Option<String>,
    /// Rank of a trend.
    pub rank: Option<String>,
    /// Volume of a trend.
    pub volume: Option<String>,
    /// Stars of a review.
    pub rating: Option<String>,
}

/// Names that the map of a command line may have.
pub const NAMES: [&str; 12] =
    ["rows", "id", "title", "text", "published_at", "url", "author", "source", "about", "rank", "volume", "rating"];

impl Fields {
    /// The map in which every field has the name that documents give it.
    #[must_use]
    pub fn own() -> Self {
        let mut own = Self::default();
        for name in NAMES.iter().filter(|name| **name != "rows") {
            own.set(name, name);
        }
        own
    }

    /// Sets one entry of the map. False when the name is none of [`NAMES`].
    pub fn set(&mut self, name: &str, path: &str) -> bool {
        let slot = match name {
            "rows" => &mut self.rows,
            "id" => &mut self.id,
            "title" => &mut self.title,
            "text" => &mut self.text,
            "published_at" => &mut self.published_at,
            "url" => &mut self.url,
            "author" => &mut self.author,
            "source" => &mut self.source,
            "about" => &mut self.about,
            "rank" => &mut self.rank,
            "volume" => &mut self.volume,
            "rating" => &mut self.rating,
            _ => return false,
        };
        *slot = Some(path.to_owned());
        true
    }

    /// Reads a map of the form `title=제목,text=내용`, over the names that documents have.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(map: &str) -> Result<Self, String> {
        let mut fields = Self::own();
        for pair in map.split(',').filter(|pair| !pair.trim().is_empty()) {
            let (name, column) =
                pair.split_once('=').ok_or_else(|| format!("{pair:?} is no NAME=COLUMN, like title=제목"))?;
            if !fields.set(name.trim(), column.trim()) {
                return Err(format!("{:?} is no field — give one of {}", name.trim(), NAMES.join(", ")));
            }
        }
        Ok(fields)
    }
}

/// Reads an answer.
///
/// # Errors
/// When it is no JSON, or holds no array where the map says.
pub fn read(bytes: &[u8], fields: &Fields, now: DateTime<FixedOffset>) -> Result<Reading, ReadError> {
    let answer = super::json(bytes, "JSON")?;
    let found = fields.rows.as_deref().map_or(Some(&answer), |path| at(&answer, path));
    let rows = match found {
        Some(Value::Array(rows)) => rows.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => return Err(ReadError::Missing(fields.rows.clone().unwrap_or_else(|| "an array".into()))),
    };
    let mut reading = Reading::default();
    for row in rows {
        match entry(row, fields, now) {
            Some(entry) => reading.entries.push(entry),
            None => reading.skipped += 1,
        }
    }
    Ok(reading)
}

/// The entry of one row; none when it has neither headline nor text.
#[must_use]
pub fn entry(row: &Value, fields: &Fields, now: DateTime<FixedOffset>) -> Option<Entry> {
    let value = |path: &Option<String>| path.as_deref().and_then(|path| at(row, path));
    let text = |path: &Option<String>| value(path).and_then(written).filter(|text| !text.trim().is_empty());
    let number = |path: &Option<String>| text(path).and_then(|text| text.replace(',', "").trim().parse().ok());
    let entry = Entry {
        key: text(&fields.id),
        url: text(&fields.url),
        title: text(&fields.title).map(|raw| line(&without_tags(&raw))).unwrap_or_default(),
        text: text(&fields.text).map(|raw| paragraphs(&without_tags(&raw))).unwrap_or_default(),
        published: value(&fields.published_at).and_then(|value| time(value, now)),
        author: text(&fields.author),
        publisher: text(&fields.source),
        about: text(&fields.about),
        rank: number(&fields.rank),
        volume: number(&fields.volume),
        rating: number(&fields.rating),
        ..Entry::default()
    };
    (!entry.title.is_empty() || !entry.text.is_empty()).then_some(entry)
}

fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    // A key may itself hold dots, as `im:rating.label` of a spreadsheet's header does.
    if let Some(found) = value.get(path) {
        return Some(found);
    }
    path.split('.').try_fold(value, |value, part| match value {
        Value::Array(many) => many.get(part.parse::<usize>().ok()?),
        other => other.get(part),
    })
}

fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// A time as text, or as seconds or milliseconds since 1970.
pub(super) fn time(value: &Value, now: DateTime<FixedOffset>) -> Option<Published> {
    let text = written(value)?;
    let text = text.trim();
    // Eight digits are a day; ten and more count seconds, thirteen milliseconds.
    if let Ok(number) = text.parse::<i64>()
        && text.len() >= 10
        && text.len() <= 13
    {
        let seconds = if text.len() > 11 { number.div_euclid(1000) } else { number };
        let at = DateTime::from_timestamp(seconds, 0)?.with_timezone(&kst());
        return Some(Published { at, day_only: false }).filter(|found| found.at <= now + chrono::Duration::hours(1));
    }
    date(text, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap()
    }

    #[test]
    fn fields_are_found_in_the_depth_and_times_counted_since_1970() {
        let fields: Fields = toml::from_str(
            "rows = \"data.items\"\nid = \"no\"\ntitle = \"subject\"\ntext = \"body.html\"\npublished_at = \"ts\"\nauthor = \"user.nick\"",
        )
        .unwrap();
        let answer = r#"{"data":{"items":[{"no":7,"subject":"카톡 &lt;먹통&gt;","body":{"html":"<p>안<br>됨</p>"},"ts":1773015240000,"user":{"nick":"a"}},
            {"no":8},{"no":9,"subject":"토스 송금 오류","ts":"2026.03.09 09:14"}]}}"#;
        let found = read(answer.as_bytes(), &fields, now()).unwrap();
        assert_eq!((found.entries.len(), found.skipped), (2, 1));
        assert_eq!(found.entries[0].title, "카톡 <먹통>");
        assert_eq!(found.entries[0].text, "안\n됨");
        assert_eq!(found.entries[0].key.as_deref(), Some("7"));
        assert_eq!(found.entries[0].published.unwrap().at.to_rfc3339(), "2026-03-09T09:14:00+09:00");
        assert_eq!(found.entries[1].published, found.entries[0].published);
        assert!(matches!(read(b"{}", &fields, now()), Err(ReadError::Missing(path)) if path == "data.items"));
        assert!(matches!(read(b"<html>", &fields, now()), Err(ReadError::Page(_))));
        assert!(matches!(read(b"{\"data\":", &fields, now()), Err(ReadError::Damaged(_))));
    }

    #[test]
    fn a_map_of_the_command_line_names_what_it_does_not_know() {
        let fields = Fields::parse("title=제목, text=내용").unwrap();
        assert_eq!((fields.title.as_deref(), fields.url.as_deref()), (Some("제목"), Some("url")));
        assert!(Fields::parse("titel=제목").unwrap_err().contains("published_at"));
        assert!(Fields::parse("제목").unwrap_err().contains("NAME=COLUMN"));
    }
}
