//! The detector's numbers, each with its unit. The defaults come from a simulated year (ARCHITECTURE.md).

use serde::{Deserialize, Serialize};

/// Source families; documents of one family may echo each other, so each has its own ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Posts on boards, blogs and social networks.
    Social,
    /// App-store reviews.
    Reviews,
    /// Press articles.
    News,
    /// Search-trend entries.
    Trends,
    /// The operator's own notices and status pages.
    Official,
}

/// How many families there are.
pub const FAMILIES: usize = 5;

impl Family {
    /// Every family, in the order of all arrays of this module.
    pub const ALL: [Family; FAMILIES] =
        [Family::Social, Family::Reviews, Family::News, Family::Trends, Family::Official];

    /// The place in those arrays.
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }

    /// The name used in data formats.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        ["social", "reviews", "news", "trends", "official"][self.index()]
    }

    /// The Korean name.
    #[must_use]
    pub fn korean(self) -> &'static str {
        ["커뮤니티", "앱 리뷰", "뉴스", "트렌드", "공식 공지"][self.index()]
    }
}

/// Everything that can be tuned; arrays are in the order of [`Family::ALL`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Score in nats from which an outage is suspected.
    pub suspect: f64,
    /// Score in nats from which it can be confirmed, if a second kind of source agrees.
    pub confirm: f64,
    /// Nats that the second family must bring.
    pub second_family: f64,
    /// Nats from which social posts alone confirm.
    pub social_alone: f64,
    /// Independent authors that this needs.
    pub social_authors: usize,
    /// Publishers with stories of their own from which the press alone confirms.
    pub press_alone: usize,
    /// Share of outage reports in the texts on which the probability was calibrated.
    pub prevalence: f64,
    /// Least probability of a post that says of a service that it fails, whatever the model of single texts makes of it: short
    /// complaints are hard to tell one by one, and it takes several to open anything.
    pub affirmed: f64,
    /// Null hypothesis: how many times the learned rate still counts as usual.
    pub null: [f64; FAMILIES],
    /// Extra documents a minute that an outage brings at least.
    pub alternative: [f64; FAMILIES],
    /// Trust: how much of a family is no echo of the others, 0 to 1.
    pub trust: [f64; FAMILIES],
    /// Most nats that a family may hold.
    pub caps: [f64; FAMILIES],
    /// After how many minutes a flood of look-alikes counts half.
    pub flood_half_life: f64,
    /// Minutes in which one author counts once.
    pub author_minutes: i64,
    /// Minutes in which copies of one story count once.
    pub story_minutes: i64,
    /// Minutes of the past that a late document may still change.
    pub late_minutes: i64,
    /// Minutes after a family's last document from which it is blind and silence means nothing.
    pub blind_minutes: [i64; FAMILIES],
    /// Score in nats of a whole day of date-only documents from which an outage is suspected.
    pub day_suspect: f64,
    /// The same, confirmed by reviews alone.
    pub day_confirm: f64,
    /// Independent authors that this needs.
    pub day_authors: usize,
    /// Null hypothesis for whole days: how many times the learned daily rate still counts as usual.
    pub day_null: f64,
    /// Extra documents a day that an outage brings at least.
    pub day_alternative: f64,
    /// Least minutes over which reports are counted to see whether they have ceased: while suspected, and once confirmed.
    pub close_window: [i64; 2],
    /// Minutes for which they must have ceased.
    pub close_quiet: i64,
    /// Share of the busiest quarter of an hour below which reports count as ceased.
    pub close_share: f64,
    /// Posts from which an outage is judged over by its posts: those who complain fall silent first.
    pub close_posts: u32,
    /// Minutes between the notice of recovery and the end of the incident.
    pub settle_minutes: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            suspect: 7.5,
            confirm: 8.4,
            second_family: 1.5,
            social_alone: 11.0,
            social_authors: 4,
            press_alone: 3,
            prevalence: 0.5,
            affirmed: 0.8,
            null: [5.0, 5.0, 2.0, 1.5, 1.5],
            alternative: [0.10, 0.01, 0.02, 0.03, 0.01],
            trust: [0.9, 0.5, 0.7, 0.6, 0.8],
            caps: [40.0, 6.0, 20.0, 8.0, 20.0],
            flood_half_life: 10.0,
            author_minutes: 30,
            story_minutes: 48 * 60,
            late_minutes: 90,
            blind_minutes: [1440, 1440, 1440, 1440, 2880],
            day_suspect: 8.0,
            day_confirm: 20.0,
            day_authors: 15,
            day_null: 3.0,
            day_alternative: 8.0,
            close_window: [25, 25],
            close_quiet: 9,
            close_share: 0.05,
            close_posts: 5,
            settle_minutes: 15,
        }
    }
}

impl Settings {
    /// The same with other values: each change is `NAME=JSON`.
    ///
    /// # Errors
    /// What is wrong with a change, and the way out.
    pub fn with(&self, changes: &[String]) -> Result<Self, String> {
        let mut value = serde_json::to_value(self).map_err(|error| error.to_string())?;
        for change in changes {
            let (name, text) = change
                .split_once('=')
                .ok_or_else(|| format!("setting {change:?}: write NAME=VALUE, such as suspect=8"))?;
            if value.get(name).is_none() {
                return Err(format!("setting {name:?} is unknown: their names stand in src/detect/settings.rs"));
            }
            value[name] = serde_json::from_str(text).map_err(|error| format!("setting {change:?}: {error}"))?;
        }
        serde_json::from_value(value).map_err(|error| format!("settings {changes:?}: {error}"))
    }
}
