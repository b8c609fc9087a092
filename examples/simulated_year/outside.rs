//! Years drawn by another program, such as the reference generator in Python: a table of comma-separated values.
//!
//! `size,L` first; then `outage,START,END,CLASS` and `document,ARRIVAL,CHANNEL,LOG_ODDS,STORY,WHY,PUBLISHED` in order of
//! arrival, with the channels 0 social, 1 reviews, 2 news, 3 trends, 4 official and times in minutes.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::generate::{CLASSES, Channel, Row, Size, Truth, Year};

const REASONS: [&str; 9] = ["base", "outage", "follow", "policy", "game", "update", "bleed", "trend", "maint"];

/// The place of its size and the year.
pub(crate) fn read(file: &Path, sizes: &[Size]) -> Result<(usize, Year)> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let (mut at, mut year) = (None, Year::default());
    for (number, line) in text.lines().enumerate() {
        let fields: Vec<&str> = line.split(',').collect();
        let place = || format!("{}:{}: {line:?}", file.display(), number + 1);
        match fields.as_slice() {
            ["size", name] => at = sizes.iter().position(|size| size.name == *name),
            ["outage", start, end, class] => year.truth.push(Truth {
                start: start.parse().with_context(place)?,
                end: end.parse().with_context(place)?,
                class: CLASSES.iter().position(|name| name == class).with_context(place)?,
                first_post: f64::INFINITY,
            }),
            ["document", arrival, channel, odds, story, why, published] => {
                let channels = [Channel::Social, Channel::Reviews, Channel::News, Channel::Trends, Channel::Official];
                let channel: usize = channel.parse().with_context(place)?;
                year.rows.push(Row {
                    arrival: arrival.parse().with_context(place)?,
                    published: published.parse().with_context(place)?,
                    channel: *channels.get(channel).with_context(place)?,
                    odds: odds.parse().with_context(place)?,
                    story: story.parse().with_context(place)?,
                    why: REASONS.iter().find(|known| *known == why).copied().unwrap_or("other"),
                });
            }
            _ => bail!("{}: neither size, outage nor document", place()),
        }
    }
    Ok((at.with_context(|| format!("{}: a size that is not asked for", file.display()))?, year))
}
