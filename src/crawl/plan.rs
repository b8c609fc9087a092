//! Which requests a source takes: addresses, queries, pages, and how many of them its quota allows. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Duration, FixedOffset, Months, NaiveTime, Utc};
use meoktong_dictionaries::catalogue::Tier;
use meoktong_dictionaries::{Catalogue, Service};
use meoktong_index::document::kst;
use serde::{Deserialize, Serialize};
use url::Url;

use super::Reading;
use super::fetch::Request;
use crate::config::{Adapter, Source};

/// Words of outage that are searched for when a source names none: what people write in the first minutes.
const SYMPTOMS: [&str; 5] = ["장애", "먹통", "오류", "안됨", "접속"];
/// Longest query of X's recent search at the lowest level.
const X_QUERY: usize = 512;
/// What X bills for a post that is read, in millionths of a US dollar.
pub const X_POST_MICROS: u64 = 5_000;
/// Posts of one answer of X.
pub const X_PAGE: u64 = 100;
/// Most pages followed when everything on a page is new.
pub const MOST_PAGES: usize = 5;

/// How far a source is read; stored with its documents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cursor {
    /// Place in the round of queries.
    pub turn: usize,
    /// Newest id seen by query or tag; empty where a query was asked and the source has no ids.
    pub since: BTreeMap<String, String>,
    /// The clock of a stream, in microseconds.
    pub time_us: Option<u64>,
}

/// One request with what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What is sent.
    pub request: Request,
    /// Query or tag; empty for a source with one address.
    pub about: String,
    /// Page, from 1.
    pub page: usize,
}

/// Keys out of the environment.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// Key, client id or bearer token.
    pub key: String,
    /// Client secret.
    pub secret: String,
    /// Headers with their secrets filled in.
    pub headers: Vec<(String, String)>,
}

impl Keys {
    /// Reads what a source names.
    ///
    /// # Errors
    /// Which variable is missing.
    pub fn of(source: &Source) -> Result<Self, String> {
        let mut headers = Vec::new();
        for (name, value) in &source.headers {
            let value = match value.strip_prefix("env:") {
                Some(variable) => source.secret(Some(&variable.to_owned()))?,
                None => value.clone(),
            };
            headers.push((name.clone(), value));
        }
        // The token of an inbound webhook is asked for where it is received.
        let secret = if source.adapter == Adapter::Inbound {
            String::new()
        } else {
            source.secret(source.secret_env.as_ref())?
        };
        Ok(Self { key: source.secret(source.key_env.as_ref())?, secret, headers })
    }
}

/// The queries of a search source: its own, or each service with each word of outage, the first word for all services first.
#[must_use]
pub fn queries(source: &Source, catalogue: &Catalogue) -> Vec<String> {
    if !source.queries.is_empty() {
        return source.queries.clone();
    }
    let services = services(source, catalogue);
    if source.adapter == Adapter::XSearch {
        return x_queries(&services, &symptoms(source));
    }
    let symptoms = symptoms(source);
    symptoms
        .iter()
        .flat_map(|symptom| services.iter().map(move |service| format!("{} {symptom}", service.name)))
        .collect()
}

fn symptoms(source: &Source) -> Vec<String> {
    if source.symptoms.is_empty() { SYMPTOMS.map(str::to_owned).to_vec() } else { source.symptoms.clone() }
}

fn services<'a>(source: &Source, catalogue: &'a Catalogue) -> Vec<&'a Service> {
    if source.services.is_empty() {
        catalogue.services().iter().filter(|service| service.tier == Tier::L && service.class != "group").collect()
    } else {
        source.services.iter().filter_map(|id| catalogue.service(id)).collect()
    }
}

/// As few queries as the allowed length permits: each costs a request, and each post is billed once.
fn x_queries(services: &[&Service], symptoms: &[String]) -> Vec<String> {
    let tail = format!(") ({}) lang:ko -is:retweet", symptoms.join(" OR "));
    let mut queries = Vec::new();
    let mut names = String::new();
    for service in services {
        let name = if service.name.contains(' ') { format!("\"{}\"", service.name) } else { service.name.clone() };
        if !names.is_empty() && names.chars().count() + name.chars().count() + tail.chars().count() + 5 > X_QUERY {
            queries.push(format!("({names}{tail}"));
            names.clear();
        }
        if !names.is_empty() {
            names.push_str(" OR ");
        }
        names.push_str(&name);
    }
    if !names.is_empty() {
        queries.push(format!("({names}{tail}"));
    }
    queries
}

/// The requests of one run, `most` at the most; searches go on where the last run stopped.
#[must_use]
pub fn calls(
    source: &Source,
    catalogue: &Catalogue,
    keys: &Keys,
    cursor: &Cursor,
    most: usize,
    now: DateTime<FixedOffset>,
) -> Vec<Call> {
    let about: Vec<String> = match source.adapter {
        Adapter::NaverSearch | Adapter::KakaoSearch | Adapter::XSearch => queries(source, catalogue),
        Adapter::Mastodon => source.tags.clone(),
        _ => vec![String::new()],
    };
    let from = cursor.turn % about.len().max(1);
    let turn = about.iter().cycle().skip(from).take(most.min(about.len()));
    turn.filter_map(|about| call(source, keys, cursor, about, now)).collect()
}

fn call(source: &Source, keys: &Keys, cursor: &Cursor, about: &str, now: DateTime<FixedOffset>) -> Option<Call> {
    let base = source.address().trim_end_matches('/');
    let mut headers = keys.headers.clone();
    let mut header = |name: &str, value: String| headers.push((name.to_owned(), value));
    let since = cursor.since.get(about).filter(|id| !id.is_empty());
    let kind = source.search.as_deref().unwrap_or_default();
    let url = match source.adapter {
        Adapter::NaverSearch => {
            let legacy = source.provider.as_deref() == Some("legacy");
            let [id, secret] = if legacy {
                ["X-Naver-Client-Id", "X-Naver-Client-Secret"]
            } else {
                ["X-NCP-APIGW-API-KEY-ID", "X-NCP-APIGW-API-KEY"]
            };
            header(id, keys.key.clone());
            header(secret, keys.secret.clone());
            let path = if legacy { format!("{base}/{kind}.json") } else { format!("{base}/{kind}") };
            with(&path, &[("query", about), ("display", "100"), ("start", "1"), ("sort", "date")], !legacy)?
        }
        Adapter::KakaoSearch => {
            header("Authorization", format!("KakaoAK {}", keys.key));
            let path = format!("{base}/{kind}");
            with(&path, &[("query", about), ("sort", "recency"), ("page", "1"), ("size", "50")], false)?
        }
        Adapter::XSearch => {
            header("Authorization", format!("Bearer {}", keys.key));
            let mut pairs =
                vec![("query", about), ("max_results", "100"), ("tweet.fields", "created_at,lang,author_id")];
            pairs.extend(since.map(|id| ("since_id", id.as_str())));
            with(base, &pairs, false)?
        }
        Adapter::Mastodon => {
            if !keys.key.is_empty() {
                header("Authorization", format!("Bearer {}", keys.key));
            }
            let mut url = Url::parse(base).ok()?;
            url.path_segments_mut().ok()?.pop_if_empty().extend(["api", "v1", "timelines", "tag", about]);
            url.query_pairs_mut().append_pair("limit", "40");
            if let Some(id) = since {
                url.query_pairs_mut().append_pair("since_id", id);
            }
            url.into()
        }
        // The list is cached by address; this is how its own page asks for a fresh one.
        Adapter::NateTrends if !base.contains('?') => format!("{base}?v={}", now.format("%Y%m%d%H%M")),
        _ => source.address().to_owned(),
    };
    let request = Request { url, headers, contract: source.adapter.is_contract() };
    Some(Call { request, about: about.to_owned(), page: 1 })
}

fn with(path: &str, pairs: &[(&str, &str)], format: bool) -> Option<String> {
    let mut url = Url::parse(path).ok()?;
    url.query_pairs_mut().extend_pairs(pairs);
    if format {
        url.query_pairs_mut().append_pair("format", "json");
    }
    Some(url.into())
}

/// The next page, for when a page held nothing but news and the source has more. What lies further back than
/// [`MOST_PAGES`] is left: it was read before, or it is old.
#[must_use]
pub fn next_page(source: &Source, call: &Call, reading: &Reading) -> Option<Call> {
    if !reading.more || call.page >= MOST_PAGES {
        return None;
    }
    let page = call.page + 1;
    let url = match source.adapter {
        Adapter::KakaoSearch => replaced(&call.request.url, "page", &page.to_string())?,
        Adapter::XSearch => replaced(&call.request.url, "next_token", reading.token.as_deref()?)?,
        Adapter::Reviews => {
            let now = format!("/page={}/", call.page);
            call.request.url.contains(&now).then(|| call.request.url.replace(&now, &format!("/page={page}/")))?
        }
        _ => return None,
    };
    Some(Call { request: Request { url, ..call.request.clone() }, about: call.about.clone(), page })
}

fn replaced(url: &str, key: &str, value: &str) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    let mut pairs: Vec<(String, String)> =
        url.query_pairs().filter(|(name, _)| name != key).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
    pairs.push((key.to_owned(), value.to_owned()));
    url.query_pairs_mut().clear().extend_pairs(pairs);
    Some(url.into())
}

/// What one call takes from an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The account: provider and the variable that holds its key, never the key.
    pub account: String,
    /// Day or month for which the limit holds.
    pub period: String,
    /// How much.
    pub amount: u64,
    /// The most in the period.
    pub limit: u64,
}

/// What a call takes from which accounts; none where there is no quota.
#[must_use]
pub fn charges(source: &Source, now: DateTime<FixedOffset>) -> Vec<Charge> {
    let key = source.key_env.as_deref().unwrap_or_default();
    let day = now.with_timezone(&kst()).format("%Y-%m-%d").to_string();
    let month = now.with_timezone(&Utc).format("%Y-%m").to_string();
    let daily = |name: &str, limit: u64| Charge {
        account: format!("{name} {key}").trim_end().to_owned(),
        period: day.clone(),
        amount: 1,
        limit,
    };
    match source.adapter {
        Adapter::NaverSearch => vec![daily("naver-search", source.daily_calls.unwrap_or(25_000))],
        Adapter::KakaoSearch => {
            let kind = source.search.as_deref().unwrap_or_default();
            vec![daily("kakao-search", source.daily_calls.unwrap_or(50_000)), daily(&format!("kakao-{kind}"), 30_000)]
        }
        Adapter::XSearch => {
            // Without a ceiling of the user's own nothing is bought.
            let usd = source.monthly_usd.unwrap_or(0.0);
            let micros = (usd * 1e6).round() as u64;
            let posts = source.monthly_posts.unwrap_or(micros / X_POST_MICROS);
            let monthly = |name: &str, amount, limit| Charge {
                account: format!("{name} {key}"),
                period: month.clone(),
                amount,
                limit,
            };
            vec![monthly("x-posts", X_PAGE, posts), monthly("x-usd-micros", X_PAGE * X_POST_MICROS, micros)]
        }
        _ => match source.daily_calls {
            Some(limit) => vec![Charge { account: source.name.clone(), period: day, amount: 1, limit }],
            None => Vec::new(),
        },
    }
}

impl Charge {
    /// Seconds that are left of its period.
    #[must_use]
    pub fn rest(&self, now: DateTime<FixedOffset>) -> i64 {
        if self.period.len() > "2026-03".len() {
            return (midnight(now) - now).num_seconds();
        }
        let utc = now.with_timezone(&Utc).naive_utc();
        let next = utc.date().with_day(1).and_then(|first| first.checked_add_months(Months::new(1)));
        next.map_or(86_400, |next| (next.and_time(NaiveTime::MIN) - utc).num_seconds())
    }
}

/// How many calls this run may make, so that what is left of a period is spread over the rest of it: `left` calls for
/// `rest` seconds, at one run each `interval`, by `sharing` sources with the same account.
#[must_use]
pub fn share(left: u64, rest: i64, interval: Duration, sharing: usize) -> usize {
    let runs = (rest / interval.num_seconds().max(1)).max(1) as u64;
    let fair = left / (runs * sharing.max(1) as u64);
    // As long as anything is left, one: rounding down must not silence a source.
    fair.max(u64::from(left > 0)).min(10_000) as usize
}

/// The next midnight in Korea, when daily quotas begin anew.
#[must_use]
pub fn midnight(now: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
    let korea = now.with_timezone(&kst());
    let next = korea.date_naive() + Duration::days(1);
    next.and_time(NaiveTime::MIN).and_local_timezone(kst()).single().unwrap_or(korea + Duration::days(1))
}

/// Whether Naver's old interface is used so late that its end is near.
#[must_use]
pub fn legacy_ends(source: &Source, now: DateTime<FixedOffset>) -> bool {
    source.provider.as_deref() == Some("legacy") && (now.year(), now.month()) >= (2027, 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap()
    }

    fn naver(provider: &str) -> Source {
        Source {
            name: "n".into(),
            adapter: Adapter::NaverSearch,
            search: Some("news".into()),
            provider: Some(provider.into()),
            services: vec!["kakaotalk".into(), "toss".into()],
            symptoms: vec!["장애".into(), "먹통".into()],
            key_env: Some("ID".into()),
            ..Source::default()
        }
    }

    #[test]
    fn both_providers_of_naver_and_the_round_of_queries() {
        let catalogue = Catalogue::bundled();
        let keys = Keys { key: "id".into(), secret: "s".into(), ..Keys::default() };
        let cursor = Cursor { turn: 1, ..Cursor::default() };
        let hub = calls(&naver("hub"), &catalogue, &keys, &cursor, 2, now());
        let asked: Vec<&str> = hub.iter().map(|call| call.about.as_str()).collect();
        assert_eq!(asked, ["토스 장애", "카카오톡 먹통"]);
        let url = &hub[0].request.url;
        assert!(url.starts_with("https://naverapihub.apigw.ntruss.com/search/v1/news?query=%ED%86%A0"), "{url}");
        assert!(url.ends_with("display=100&start=1&sort=date&format=json"), "{url}");
        assert!(hub[0].request.headers.contains(&("X-NCP-APIGW-API-KEY-ID".into(), "id".into())));
        let legacy = calls(&naver("legacy"), &catalogue, &keys, &cursor, 9, now());
        assert_eq!(legacy.len(), 4, "no query twice in one run");
        assert!(legacy[0].request.url.starts_with("https://openapi.naver.com/v1/search/news.json?"));
        assert!(legacy[0].request.headers.contains(&("X-Naver-Client-Secret".into(), "s".into())));
        let late = DateTime::parse_from_rfc3339("2027-05-01T00:00:00+09:00").unwrap();
        assert!(legacy_ends(&naver("legacy"), late) && !legacy_ends(&naver("legacy"), now()));
    }

    #[test]
    fn pages_follow_while_the_source_has_more() {
        let catalogue = Catalogue::bundled();
        let kakao = Source {
            adapter: Adapter::KakaoSearch,
            search: Some("cafe".into()),
            queries: vec!["카톡 안됨".into()],
            ..Source::default()
        };
        let first = calls(&kakao, &catalogue, &Keys::default(), &Cursor::default(), 1, now()).remove(0);
        assert!(first.request.url.starts_with("https://dapi.kakao.com/v2/search/cafe?query="));
        let more = Reading { more: true, ..Reading::default() };
        let second = next_page(&kakao, &first, &more).unwrap();
        assert!(second.request.url.ends_with("page=2") && !second.request.url.contains("page=1"));
        assert_eq!(next_page(&kakao, &first, &Reading::default()), None);
        let apple = Source {
            adapter: Adapter::Reviews,
            url: "https://a.example/kr/rss/customerreviews/page=1/id=1/json".into(),
            ..Source::default()
        };
        let first = calls(&apple, &catalogue, &Keys::default(), &Cursor::default(), 1, now()).remove(0);
        assert!(next_page(&apple, &first, &more).unwrap().request.url.contains("/page=2/id=1/"));
    }

    #[test]
    fn x_packs_services_into_queries_and_buys_nothing_without_a_ceiling() {
        let catalogue = Catalogue::bundled();
        let mut x = Source { adapter: Adapter::XSearch, key_env: Some("X".into()), ..Source::default() };
        for query in queries(&x, &catalogue) {
            assert!(query.chars().count() <= X_QUERY && query.ends_with("lang:ko -is:retweet"), "{query}");
        }
        assert!(charges(&x, now()).iter().all(|charge| charge.limit == 0));
        x.monthly_usd = Some(10.0);
        let limits: Vec<u64> = charges(&x, now()).iter().map(|charge| charge.limit).collect();
        assert_eq!(limits, [2000, 10_000_000]);
        let cursor =
            Cursor { since: [(queries(&x, &catalogue)[0].clone(), "77".to_owned())].into(), ..Cursor::default() };
        let call = calls(&x, &catalogue, &Keys::default(), &cursor, 1, now()).remove(0);
        assert!(call.request.url.contains("since_id=77"));
    }

    #[test]
    fn what_is_left_of_a_quota_is_spread_over_the_rest_of_its_period() {
        let hourly = Duration::hours(1);
        let day = charges(&naver("hub"), now())[0].rest(now());
        assert_eq!(day, 12 * 3600);
        assert_eq!(share(25_000, day, hourly, 1), 2083);
        assert_eq!(share(25_000, day, Duration::minutes(1), 3), 11);
        assert_eq!(share(5, day, Duration::minutes(1), 3), 1);
        assert_eq!(share(0, day, hourly, 1), 0);
        assert_eq!(midnight(now()).to_rfc3339(), "2026-03-10T00:00:00+09:00");
        let x = Source { adapter: Adapter::XSearch, monthly_usd: Some(20.0), ..Source::default() };
        let month = charges(&x, now())[0].rest(now());
        assert_eq!(month, 22 * 86_400 + 21 * 3600, "the month of X is one of UTC");
        assert_eq!(share(40, month, Duration::minutes(2), 1), 1);
    }
}
