//! One normalised text: article, notice, post, review, trend entry.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Korean Standard Time. Korea keeps no daylight saving time since 1988, so a fixed offset is exact.
#[must_use]
pub fn kst() -> FixedOffset {
    FixedOffset::east_opt(9 * 3600).expect("nine hours is a valid offset")
}

/// What kind of text a document is; it decides how the text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A press article.
    #[default]
    News,
    /// An operator's own notice.
    Notice,
    /// A post on a board, a blog or a social network.
    Post,
    /// An app-store review.
    Review,
    /// A search-trend entry; the query is the title.
    Trend,
    /// An entry of a status page.
    Status,
}

impl Kind {
    /// The name used in data formats.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::News => "news",
            Kind::Notice => "notice",
            Kind::Post => "post",
            Kind::Review => "review",
            Kind::Trend => "trend",
            Kind::Status => "status",
        }
    }

    /// Whether one person speaks about an own experience.
    #[must_use]
    pub fn is_chatter(self) -> bool {
        matches!(self, Kind::Post | Kind::Review)
    }
}

/// When a text was published: an instant, or a day in Korea of which the hour is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Published {
    /// The instant in Korean time; midnight where only the day is known.
    pub at: DateTime<FixedOffset>,
    /// Whether only the day is known.
    pub day_only: bool,
}

impl Published {
    /// Reads RFC 3339, the same without offset or seconds (Korean time is meant then), or a bare date; a month or a year
    /// alone stands for its last day.
    ///
    /// # Errors
    /// A sentence that names the value and the accepted forms.
    pub fn parse(value: &str) -> Result<Self, String> {
        let value = value.trim();
        let published = Self::read(value)?;
        // Beyond these, a date is a slip or a placeholder, and sums with it leave what a date can hold.
        if !(1900..2200).contains(&published.at.year()) {
            return Err(format!("{value:?} is not a year between 1900 and 2199"));
        }
        Ok(published)
    }

    fn read(value: &str) -> Result<Self, String> {
        if let Ok(at) = DateTime::parse_from_rfc3339(value) {
            return Ok(Self { at: at.with_timezone(&kst()), day_only: false });
        }
        for form in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"] {
            if let Ok(naive) = NaiveDateTime::parse_from_str(value, form) {
                return Ok(Self { at: in_korea(naive), day_only: false });
            }
        }
        NaiveDate::parse_from_str(value, "%Y-%m-%d")
            .or_else(|error| last_day(value).ok_or(error))
            .map(|day| Self { at: in_korea(day.and_time(NaiveTime::MIN)), day_only: true })
            .map_err(|_| format!("{value:?} is neither an RFC 3339 time nor a date like 2020-03-02"))
    }
}

/// The last day of a month (`2024-11`) or a year (`2024`): the latest that a text with so vague a date can be of.
fn last_day(value: &str) -> Option<NaiveDate> {
    let next = match value.split_once('-') {
        Some((year, month)) if month.len() == 2 => {
            let (year, month): (i32, u32) = (year.parse().ok()?, month.parse().ok()?);
            NaiveDate::from_ymd_opt(year, month, 1)?.checked_add_months(chrono::Months::new(1))?
        }
        None if value.len() == 4 => NaiveDate::from_ymd_opt(value.parse::<i32>().ok()? + 1, 1, 1)?,
        _ => return None,
    };
    next.pred_opt()
}

fn in_korea(naive: NaiveDateTime) -> DateTime<FixedOffset> {
    kst().from_local_datetime(&naive).single().expect("a fixed offset has no gaps")
}

impl Serialize for Published {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.day_only {
            to.collect_str(&self.at.format("%Y-%m-%d"))
        } else {
            to.serialize_str(&self.at.to_rfc3339())
        }
    }
}

impl<'de> Deserialize<'de> for Published {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = String::deserialize(from)?;
        Published::parse(&value).map_err(serde::de::Error::custom)
    }
}

/// One document as it enters the pipeline, in the form of the command-line contract.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Unique in its stream.
    pub id: String,
    /// What kind of text it is.
    #[serde(default)]
    pub kind: Kind,
    /// Headline; may be empty. A trend's query.
    #[serde(default, deserialize_with = "null_as_default")]
    pub title: String,
    /// Body or excerpt; may be empty.
    #[serde(default, deserialize_with = "null_as_default")]
    pub text: String,
    /// When it was published; absent means unknown, and then nothing relative is guessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Published>,
    /// Publisher or source id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What a review or a board is about, as people write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Rank of a trend entry, 1 the highest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<f64>,
    /// Searches behind a trend entry, as its source counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<f64>,
    /// Stars of a review, 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<f64>,
}

fn null_as_default<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(from)?.unwrap_or_default())
}

impl Document {
    /// The text that spans of an analysis refer to: title, line feed, body, in normal form C.
    #[must_use]
    pub fn full_text(&self) -> String {
        use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
        let joined = format!("{}\n{}", self.title, self.text);
        match is_nfc_quick(joined.chars()) {
            IsNormalized::Yes => joined,
            _ => joined.nfc().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publication_times_are_korean_unless_they_say_otherwise() {
        let shown = |value: &str| Published::parse(value).map(|p| p.at.to_rfc3339());
        assert_eq!(shown("2020-03-02T00:10:00Z").unwrap(), "2020-03-02T09:10:00+09:00");
        assert_eq!(shown("2020-03-02T09:10").unwrap(), "2020-03-02T09:10:00+09:00");
        assert!(Published::parse("2020-03-02").unwrap().day_only);
        assert!(Published::parse("2020-02-31").unwrap_err().contains("2020-02-31"));
        for absurd in ["0000-01-01", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "+200000-01-01"] {
            assert!(Published::parse(absurd).unwrap_err().contains("between 1900 and 2199"), "{absurd}");
        }
    }

    #[test]
    fn decomposed_hangul_becomes_composed() {
        let document =
            Document { title: "\u{1106}\u{1165}\u{11A8}\u{1110}\u{1169}\u{11BC}".into(), ..Document::default() };
        assert_eq!(document.full_text(), "먹통\n");
    }
}
