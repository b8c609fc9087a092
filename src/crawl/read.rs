//! From an answer to entries, by the source's adapter. Pure.

use chrono::{DateTime, FixedOffset};
use url::Url;

use super::{
    Entry, ReadError, Reading, charset, feed, fields, keywords, notices, reviews, search, sitemap, social, status,
};
use super::{no_page, trends};
use crate::config::{Adapter, Source};

/// Most entries taken from one answer; what is more is counted as set aside.
const MOST_ENTRIES: usize = 1000;

/// What a server answered.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The body.
    pub bytes: &'a [u8],
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
    /// Where it came from in the end.
    pub url: &'a Url,
}

/// Reads an answer.
///
/// # Errors
/// When it is not what the source's adapter reads.
pub fn read(source: &Source, answer: Answer<'_>, now: DateTime<FixedOffset>) -> Result<Reading, ReadError> {
    let Answer { bytes, content_type, url } = answer;
    let decoded = || charset::decode(bytes, content_type);
    let mut reading = match source.adapter {
        Adapter::Feed => feed::read(&decoded(), url, now)?,
        Adapter::Sitemap => sitemap::read(bytes, content_type, now)?,
        Adapter::Trends => listed(trends::read(&decoded(), now)?),
        Adapter::DaumTrends => keywords::daum(bytes, now)?,
        Adapter::NateTrends => keywords::nate(bytes, now)?,
        Adapter::SignalTrends => keywords::signal(bytes, now)?,
        Adapter::Reviews => {
            let entries = reviews::read(&decoded(), now)?;
            // Fifty a page; a full page of new ones has more behind it.
            Reading { more: entries.len() >= 50, entries, ..Reading::default() }
        }
        Adapter::Notices => match &source.layout {
            Some(layout) => listed(notices::read(&decoded(), url, layout, now)?),
            None => return Err(ReadError::Selector("layout.row".into())),
        },
        Adapter::NaverSearch => search::naver(bytes, now)?,
        Adapter::KakaoSearch => search::kakao(bytes, now)?,
        Adapter::Statuspage => status::statuspage(bytes, now)?,
        Adapter::AwsStatus => status::aws(bytes, now)?,
        Adapter::GcpStatus => status::gcp(bytes, now)?,
        Adapter::Mastodon => social::mastodon(bytes, now)?,
        Adapter::XSearch => social::x(bytes, now)?,
        Adapter::Json | Adapter::Inbound => {
            let own = fields::Fields::own();
            fields::read(bytes, source.fields.as_ref().unwrap_or(&own), now)?
        }
        // These do not come as answers to a GET.
        Adapter::Bluesky | Adapter::Folder => return Err(ReadError::Missing("poll: it is no polled source".into())),
    };
    if reading.entries.len() > MOST_ENTRIES {
        reading.skipped += reading.entries.len() - MOST_ENTRIES;
        reading.entries.truncate(MOST_ENTRIES);
    }
    Ok(reading)
}

fn listed(entries: Vec<Entry>) -> Reading {
    Reading { entries, ..Reading::default() }
}

/// Whether an answer is the page of a guard, for answers that are pages.
///
/// # Errors
/// Which guard.
pub fn guarded(text: &str) -> Result<(), ReadError> {
    match no_page(text, "an article") {
        Err(challenge @ ReadError::Challenge(_)) => Err(challenge),
        _ => Ok(()),
    }
}
