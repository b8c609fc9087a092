//! The bundled day: what was published when, and by whom. Publishers and boards are invented; so is the day.

use chrono::{DateTime, FixedOffset};
use serde::Deserialize;

/// Something that was published.
#[derive(Debug, Clone, Deserialize)]
pub struct Published {
    /// When.
    pub at: DateTime<FixedOffset>,
    /// Its number in the recording.
    pub id: String,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
}

/// What was published.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum What {
    /// An article.
    News {
        /// The paper's name.
        publisher: String,
        /// The paper's id.
        publisher_id: String,
        /// Headline.
        title: String,
        /// Lead, as the feed has it.
        description: String,
        /// The text.
        paragraphs: Vec<String>,
        /// Who wrote it.
        #[serde(default)]
        byline: Option<String>,
        /// Caption of its picture.
        #[serde(default)]
        caption: Option<String>,
    },
    /// An operator's notice.
    Notice {
        /// Service id.
        service: String,
        /// Title.
        title: String,
        /// Text.
        text: String,
    },
    /// A post on a board.
    Post {
        /// The board's name.
        board: String,
        /// Title.
        title: String,
        /// Text.
        text: String,
        /// Pen name.
        author: String,
    },
    /// A review of an app.
    Review {
        /// Service id.
        app: String,
        /// Title.
        title: String,
        /// Text.
        text: String,
        /// Stars.
        rating: u8,
    },
    /// A trending search.
    Trend {
        /// The query.
        query: String,
        /// Rank.
        rank: u32,
        /// Searches.
        traffic: u32,
    },
}

/// The whole day, in order of time.
///
/// # Panics
/// If the bundled file is damaged, which a test excludes.
#[must_use]
pub fn day() -> Vec<Published> {
    let mut day: Vec<Published> = include_str!("day.jsonl")
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("demo day: {error} in {line}")))
        .collect();
    day.sort_by_key(|published| published.at);
    day
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_day_can_be_read_and_lies_within_one_day() {
        let day = super::day();
        assert!(day.len() > 100);
        assert!(day.last().unwrap().at - day[0].at < chrono::Duration::days(1));
    }
}
