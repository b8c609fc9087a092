//! `[[source]]`: what is polled, read or received, and how.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::de::{DeTable, DeValue};

use meoktong_index::Kind;

use super::{Check, DEFAULT, nearest};
use crate::crawl::fields::Fields;
use crate::crawl::notices::Layout;
use crate::crawl::schedule;

/// How a source is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Adapter {
    /// RSS, RDF, Atom or JSON Feed.
    #[default]
    Feed,
    /// Google News sitemap.
    Sitemap,
    /// Google trending searches.
    Trends,
    /// Daum's real-time trends, inside its front page.
    DaumTrends,
    /// Nate's real-time issues.
    NateTrends,
    /// signal.bz.
    SignalTrends,
    /// Apple reviews.
    Reviews,
    /// A list on a page.
    Notices,
    /// Naver search: news, blog, cafearticle.
    NaverSearch,
    /// Kakao (Daum) search: web, blog, cafe.
    KakaoSearch,
    /// Statuspage.io and what is compatible with it.
    Statuspage,
    /// AWS public events.
    AwsStatus,
    /// Google Cloud incidents.
    GcpStatus,
    /// Mastodon hashtag timelines.
    Mastodon,
    /// X recent search.
    XSearch,
    /// Bluesky Jetstream, a stream.
    Bluesky,
    /// Any JSON, by a field map.
    Json,
    /// What others post to `/inbound/NAME`.
    Inbound,
    /// Files that are dropped into a folder.
    Folder,
}

impl Adapter {
    const ALL: [(&'static str, Adapter); 19] = [
        ("feed", Adapter::Feed),
        ("sitemap", Adapter::Sitemap),
        ("trends", Adapter::Trends),
        ("daum-trends", Adapter::DaumTrends),
        ("nate-trends", Adapter::NateTrends),
        ("signal-trends", Adapter::SignalTrends),
        ("reviews", Adapter::Reviews),
        ("notices", Adapter::Notices),
        ("naver-search", Adapter::NaverSearch),
        ("kakao-search", Adapter::KakaoSearch),
        ("statuspage", Adapter::Statuspage),
        ("aws-status", Adapter::AwsStatus),
        ("gcp-status", Adapter::GcpStatus),
        ("mastodon", Adapter::Mastodon),
        ("x-search", Adapter::XSearch),
        ("bluesky", Adapter::Bluesky),
        ("json", Adapter::Json),
        ("inbound", Adapter::Inbound),
        ("folder", Adapter::Folder),
    ];

    /// Where the source is, unless the configuration says otherwise.
    #[must_use]
    pub fn home(self) -> Option<&'static str> {
        Some(match self {
            Adapter::Trends => "https://trends.google.com/trending/rss?geo=KR",
            Adapter::DaumTrends => "https://www.daum.net/",
            Adapter::NateTrends => "https://www.nate.com/js/data/jsonLiveKeywordDataV1.js",
            Adapter::SignalTrends => "https://api.signal.bz/news/realtime",
            Adapter::NaverSearch => "https://naverapihub.apigw.ntruss.com/search/v1",
            Adapter::KakaoSearch => "https://dapi.kakao.com/v2/search",
            Adapter::AwsStatus => "https://health.aws.amazon.com/public/currentevents",
            Adapter::GcpStatus => "https://status.cloud.google.com/incidents.json",
            Adapter::XSearch => "https://api.x.com/2/tweets/search/recent",
            Adapter::Bluesky => "wss://jetstream2.us-east.bsky.network/subscribe",
            _ => return None,
        })
    }

    /// Whether documents come by themselves, so that nothing is polled.
    #[must_use]
    pub fn is_pushed(self) -> bool {
        matches!(self, Adapter::Inbound | Adapter::Bluesky)
    }

    /// Whether the source is an interface with a key and a contract. Those are asked as their terms say; robots.txt,
    /// which speaks to crawlers, is not consulted.
    #[must_use]
    pub fn is_contract(self) -> bool {
        matches!(
            self,
            Adapter::NaverSearch | Adapter::KakaoSearch | Adapter::XSearch | Adapter::Mastodon | Adapter::Json
        )
    }

    /// Options that the source cannot do without.
    fn needs(self) -> &'static [&'static str] {
        match self {
            Adapter::Notices => &["layout"],
            Adapter::NaverSearch => &["search", "key_env", "secret_env"],
            Adapter::KakaoSearch => &["search", "key_env"],
            Adapter::XSearch => &["key_env"],
            Adapter::Mastodon => &["tags"],
            Adapter::Json => &["fields"],
            Adapter::Inbound => &["secret_env"],
            _ => &[],
        }
    }
}

/// `[[source]]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Source {
    /// Name in commands and documents.
    pub name: String,
    /// How it is read.
    pub adapter: Adapter,
    /// What its documents are.
    pub kind: Kind,
    /// Its address; for interfaces the base address, for a folder its path.
    pub url: String,
    /// Cron expression, Korean time.
    pub schedule: String,
    /// Whether it is polled.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Whether the page of each new entry is fetched.
    pub pages: bool,
    /// Where the text stands on a page, before the page rules of the publisher.
    pub body: Option<String>,
    /// What its documents are about.
    pub about: Option<String>,
    /// Layout of a list of notices.
    pub layout: Option<Layout>,
    /// Environment variable with the key, client id or bearer token.
    pub key_env: Option<String>,
    /// Environment variable with the client secret, or the token that an inbound webhook wants.
    pub secret_env: Option<String>,
    /// Which index of a search interface is asked.
    pub search: Option<String>,
    /// Naver: `hub` or `legacy`.
    pub provider: Option<String>,
    /// Queries as they are; none: made of services and symptoms.
    pub queries: Vec<String>,
    /// Ids of the services searched for; none: those of national size.
    pub services: Vec<String>,
    /// Words of outage searched for with each service.
    pub symptoms: Vec<String>,
    /// Mastodon: hashtags. Bluesky: none.
    pub tags: Vec<String>,
    /// Where a JSON answer, a JSON post or a CSV file keeps its fields.
    pub fields: Option<Fields>,
    /// Headers sent with each request; a value `env:NAME` is read from the environment.
    pub headers: BTreeMap<String, String>,
    /// Calls allowed a day, over all sources with the same key.
    pub daily_calls: Option<u64>,
    /// Posts that may be read a month.
    pub monthly_posts: Option<u64>,
    /// US dollars that may be spent a month.
    pub monthly_usd: Option<f64>,
    /// Least minutes between two polls when it is lively; none: the schedule's own interval.
    pub min_minutes: Option<f64>,
    /// Most minutes between two polls when nothing changes; none: four times the schedule's interval.
    pub max_minutes: Option<f64>,
}

pub(super) const KEYS: [&str; 25] = [
    "name",
    "adapter",
    "kind",
    "url",
    "schedule",
    "enabled",
    "pages",
    "body",
    "about",
    "layout",
    "key_env",
    "secret_env",
    "search",
    "provider",
    "queries",
    "services",
    "symptoms",
    "tags",
    "fields",
    "headers",
    "daily_calls",
    "monthly_posts",
    "monthly_usd",
    "min_minutes",
    "max_minutes",
];

fn yes() -> bool {
    true
}

impl Source {
    /// Its address: the configured one, or the adapter's own.
    #[must_use]
    pub fn address(&self) -> &str {
        if !self.url.is_empty() {
            return &self.url;
        }
        match (self.adapter, self.provider.as_deref()) {
            (Adapter::NaverSearch, Some("legacy")) => "https://openapi.naver.com/v1/search",
            (adapter, _) => adapter.home().unwrap_or_default(),
        }
    }

    /// Secret words that the configuration names, read from the environment.
    ///
    /// # Errors
    /// Which variable is missing.
    pub fn secret(&self, variable: Option<&String>) -> Result<String, String> {
        let Some(variable) = variable else { return Ok(String::new()) };
        std::env::var(variable).ok().filter(|value| !value.trim().is_empty()).ok_or_else(|| {
            format!("environment variable {variable} is not set — set it, or enabled = false for this source")
        })
    }
}

/// Checks one `[[source]]` and adds every mistake.
pub(super) fn check(check: &mut Check<'_>, at: usize, row: &DeTable<'_>) {
    let text =
        |name: &str| row.get(name).and_then(|value| Some((value.span().start, value.get_ref().as_str()?.to_owned())));
    let Some((_, name)) = text("name") else {
        return check.add(at, "a source needs a name");
    };
    let shipped =
        DEFAULT.contains(&format!("\nname = \"{name}\"")) || DEFAULT.contains(&format!("# name = \"{name}\""));
    let adapter = text("adapter").and_then(|(_, name)| Adapter::ALL.iter().find(|(known, _)| *known == name));
    let adapter = adapter.map(|(_, adapter)| *adapter);
    for wanted in ["adapter", "kind", "url", "schedule"] {
        let has_own = match wanted {
            "url" => adapter.is_some_and(|adapter| adapter.home().is_some() || adapter == Adapter::Inbound),
            "schedule" => adapter.is_some_and(Adapter::is_pushed),
            _ => false,
        };
        if text(wanted).is_none() && !shipped && !has_own {
            check.add(at, format!("source {name:?} needs {wanted}"));
        }
    }
    let adapters: Vec<&str> = Adapter::ALL.iter().map(|(name, _)| *name).collect();
    let searches: &[&str] = match adapter {
        Some(Adapter::KakaoSearch) => &["web", "blog", "cafe"],
        _ => &["news", "blog", "cafearticle", "webkr", "web", "cafe"],
    };
    let choices: [(&str, &[&str]); 4] = [
        ("adapter", &adapters),
        ("kind", &["news", "notice", "post", "review", "trend", "status"]),
        ("provider", &["hub", "legacy"]),
        ("search", searches),
    ];
    for (key, allowed) in choices {
        if let Some((offset, value)) = text(key)
            && !allowed.contains(&value.as_str())
        {
            let hint = nearest(&value, allowed.iter().copied());
            check.add(offset, format!("{key} {value:?} is not one of {}{hint}", allowed.join(", ")));
        }
    }
    if let Some((offset, value)) = text("schedule")
        && let Err(what) = schedule::parse(&value)
    {
        check.add(offset, what);
    }
    if let Some((offset, value)) = text("url")
        && adapter != Some(Adapter::Folder)
        && !["https://", "http://", "wss://", "ws://"].iter().any(|scheme| value.starts_with(scheme))
    {
        check.add(offset, format!("url {value:?} must begin with https:// or http://"));
    }
    if let Some((offset, value)) = text("body")
        && scraper::Selector::parse(&value).is_err()
    {
        check.add(offset, format!("body {value:?} is no CSS selector, like \"#article_body\""));
    }
    for option in adapter.map_or(&[][..], Adapter::needs) {
        if row.get(*option).is_none() && !shipped {
            check.add(at, format!("source {name:?} needs {option}{}", like(option)));
        }
    }
    numbers(check, row);
}

/// Amounts must be positive, or nothing is ever polled.
fn numbers(check: &mut Check<'_>, row: &DeTable<'_>) {
    for key in ["daily_calls", "monthly_posts", "monthly_usd", "min_minutes", "max_minutes"] {
        let Some(value) = row.get(key) else { continue };
        let number = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().parse().ok(),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        };
        if !number.is_some_and(|number: f64| number > 0.0) {
            check.add(value.span().start, format!("{key} must be a number above 0"));
        }
    }
}

fn like(option: &str) -> &'static str {
    match option {
        "layout" => ", like { row = \"tr\", title = \"a\", date = \".date\" }",
        "fields" => ", like { rows = \"items\", title = \"title\", published_at = \"date\" }",
        "key_env" | "secret_env" => ", the name of an environment variable",
        "tags" => ", like [\"먹통\"]",
        _ => "",
    }
}
