//! From what sources write to one form: normal form C, entities, white space, URLs, dates. Pure.

use std::sync::LazyLock;

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use regex::Regex;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use url::Url;

use meoktong_index::Published;
use meoktong_index::document::kst;

/// The first 64 bits of a SHA-256 over the parts, in hexadecimal: short enough to read, long enough not to collide
/// within one installation.
#[must_use]
pub fn short_hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One line of text: entities decoded once, normal form C, no control or zero-width characters, single spaces.
#[must_use]
pub fn line(raw: &str) -> String {
    paragraphs(raw).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text with its paragraphs: like [`line()`], but line ends stay, blank lines do not.
#[must_use]
pub fn paragraphs(raw: &str) -> String {
    clean(&entities(raw))
}

/// Like [`paragraphs`], for text of which a parser has decoded the entities already.
#[must_use]
pub fn clean(text: &str) -> String {
    let composed: String = text.nfc().filter(|c| !is_invisible(*c)).collect();
    let lines = composed.split(['\n', '\r', '\u{2028}', '\u{2029}']);
    let lines = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn is_invisible(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{00AD}')
}

/// Decodes character references exactly once: `&amp;lt;` becomes `&lt;` and stays so.
#[must_use]
pub fn entities(raw: &str) -> String {
    let mut decoded = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        // The longest known name has eight letters, the longest number seven digits.
        let end = rest.char_indices().take(12).find(|(_, c)| *c == ';').map(|(end, _)| end);
        match end.and_then(|end| Some((end, character(&rest[1..end])?))) {
            Some((end, c)) => {
                decoded.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                decoded.push('&');
                rest = &rest[1..];
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| *c != '\0');
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "hellip" => '…',
        "middot" => '·',
        "bull" => '•',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "ndash" => '–',
        "mdash" => '—',
        "laquo" => '«',
        "raquo" => '»',
        "times" => '×',
        "deg" => '°',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "uarr" => '↑',
        "darr" => '↓',
        "rarr" => '→',
        "larr" => '←',
        _ => return None,
    })
}

/// Takes markup out of a fragment of HTML, once; block ends become line ends. Entities stay for [`entities`].
#[must_use]
pub fn without_tags(html: &str) -> String {
    static DROPPED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?is)<(?:script|style)\b.*?</(?:script|style)\s*>|<!--.*?-->").expect("a fixed pattern")
    });
    static BLOCK: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?i)<(?:br|/p|/div|/li|/h[1-6]|/tr)\b[^>]*>").expect("a fixed pattern"));
    static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"</?[A-Za-z!][^>]*>").expect("a fixed pattern"));
    let html = DROPPED.replace_all(html, " ");
    let html = BLOCK.replace_all(&html, "\n");
    TAG.replace_all(&html, "").into_owned()
}

/// Drops what is not the article: bylines with the reporter's name, e-mail addresses, rights notices.
#[must_use]
pub fn without_bylines(text: &str) -> String {
    static WIRE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^\s*[(\[【][^)\]】\n]{1,24}=[^)\]】\n]{1,24}[)\]】]\s*(?:[가-힣·, ]{2,24}(?:기자|특파원|인턴기자)\s*=?\s*)?")
            .expect("a fixed pattern")
    });
    static REPORTER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^\s*(?:[가-힣]{2,4}\s*(?:선임|수석|인턴)?\s*(?:기자|특파원))(?:\s*[=|]\s*|\s*$)|\s*[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
            .expect("a fixed pattern")
    });
    const RIGHTS: [&str; 6] =
        ["무단전재", "무단 전재", "재배포 금지", "재배포금지", "재판매 및 DB 금지", "공감언론 뉴시스"];
    let text = WIRE.replace_all(text, "");
    let text = REPORTER.replace_all(&text, "");
    let kept = text.lines().filter(|line| !RIGHTS.iter().any(|mark| line.contains(mark)));
    clean(&kept.collect::<Vec<_>>().join("\n"))
}

/// The URL that stands for all spellings of it: `https`, host in lower case, no fragment, no tracking parameters.
/// Other parameters stay: on many Korean sites they are the article's number.
#[must_use]
pub fn canonical_url(url: &str) -> Option<String> {
    const TRACKING: [&str; 15] = [
        "fbclid", "gclid", "igshid", "plink", "cooper", "ref", "referer", "from", "sid", "rss", "_ga", "mc_cid", "spm",
        "input", "ntype",
    ];
    let mut url = Url::parse(url.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_fragment(None);
    if url.scheme() == "http" && url.port().is_none() {
        let _ = url.set_scheme("https");
    }
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !name.starts_with("utm_") && !TRACKING.contains(&name.to_lowercase().as_str()))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    Some(url.into())
}

/// What two spellings of one address have in common: no `www.` or `m.`, no AMP twin, one form for articles that Naver hosts.
/// Takes a canonical URL; gives a key for comparing, not an address.
#[must_use]
pub fn address_key(canonical: &str) -> String {
    static NAVER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^/(?:mnews/)?article/(?:comment/)?(\d{3})/(\d{10})").expect("a fixed pattern"));
    let Ok(url) = Url::parse(canonical) else { return canonical.to_owned() };
    let host = url.host_str().unwrap_or_default();
    let pair = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    if host.ends_with("news.naver.com") {
        let path = NAVER.captures(url.path()).map(|found| (found[1].to_owned(), found[2].to_owned()));
        if let Some((office, article)) = path.or_else(|| pair("oid").zip(pair("aid"))) {
            return format!("news.naver.com/{office}/{article}");
        }
    }
    let mut bare = host;
    for prefix in ["www.", "m.", "mobile.", "amp.", "www."] {
        bare = bare.strip_prefix(prefix).filter(|rest| rest.contains('.')).unwrap_or(bare);
    }
    let path = url.path().replace("articleViewAmp.html", "articleView.html").replace("/amp/", "/");
    let path = path.strip_suffix("/amp").or_else(|| path.strip_suffix(".amp")).unwrap_or(&path);
    let kept: Vec<String> = url
        .query_pairs()
        .filter(|(name, value)| name != "amp" && !(name == "outputType" && value == "amp"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{bare}{port}{}?{}", path.trim_end_matches('/'), kept.join("&"))
}

/// Reads the dates that Korean feeds and pages write. Without a zone Korean time is meant. Future dates become `now`:
/// a page that is dated ahead is out now.
#[must_use]
pub fn date(raw: &str, now: DateTime<FixedOffset>) -> Option<Published> {
    let text = raw.trim();
    let found = standard(text).or_else(|| written(text)).or_else(|| relative(text, now))?;
    Some(if found.at > now + Duration::hours(1) { Published { at: now, day_only: false } } else { found })
}

fn standard(text: &str) -> Option<Published> {
    if let Ok(found) = Published::parse(text) {
        return Some(found);
    }
    if let Ok(at) = DateTime::parse_from_rfc2822(text) {
        return Some(exactly(at));
    }
    let spaced = text.replace(',', ", ").split_whitespace().collect::<Vec<_>>().join(" ");
    let bare = spaced.split_once(", ").map_or(spaced.as_str(), |(_, rest)| rest);
    let bare = bare.replace(" GMT", " +0000").replace(" UTC", " +0000").replace(" KST", " +0900");
    for form in ["%d %b %Y %H:%M:%S %z", "%d %m %Y %H:%M:%S %z", "%d %b %Y %H:%M %z", "%Y-%m-%d %H:%M:%S %z"] {
        if let Ok(at) = DateTime::parse_from_str(&bare, form) {
            return Some(exactly(at));
        }
    }
    for form in ["%d %b %Y %H:%M:%S", "%d %m %Y %H:%M:%S", "%Y%m%d%H%M%S", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M"] {
        if let Ok(naive) = NaiveDateTime::parse_from_str(&bare, form) {
            return Some(in_korea(naive, false));
        }
    }
    None
}

/// `입력 2026.01.06. 오후 6:23`, `2025.12.16 05:32`, `2026년 1월 6일 17시 45분`, `2026-01-06`.
fn written(text: &str) -> Option<Published> {
    static WRITTEN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*[.일]?\s*\(?\s*(?:(오전|오후)\s*)?(?:(\d{1,2})\s*[:시]\s*(\d{1,2})?(?::(\d{1,2}))?)?",
        )
        .expect("a fixed pattern")
    });
    let parts = WRITTEN.captures(text)?;
    let number = |at: usize| parts.get(at).and_then(|part| part.as_str().parse::<u32>().ok());
    let day = NaiveDate::from_ymd_opt(number(1)? as i32, number(2)?, number(3)?)?;
    let Some(hour) = number(5) else {
        return Some(in_korea(day.and_time(NaiveTime::MIN), true));
    };
    let hour = match parts.get(4).map(|half| half.as_str()) {
        Some("오후") if hour < 12 => hour + 12,
        Some("오전") if hour == 12 => 0,
        _ => hour,
    };
    let time = NaiveTime::from_hms_opt(hour, number(6).unwrap_or(0), number(7).unwrap_or(0))?;
    Some(in_korea(day.and_time(time), false))
}

/// `방금 전`, `3분 전`, `1시간 전`, `어제 10:20`.
fn relative(text: &str, now: DateTime<FixedOffset>) -> Option<Published> {
    static AGO: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(\d{1,4})\s*(초|분|시간|일)\s*전").expect("a fixed pattern"));
    static YESTERDAY: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"어제\s*(\d{1,2}):(\d{2})").expect("a fixed pattern"));
    if text.contains("방금") {
        return Some(exactly(now));
    }
    if let Some(parts) = AGO.captures(text) {
        let number: i64 = parts[1].parse().ok()?;
        let back = match &parts[2] {
            "초" => Duration::seconds(number),
            "분" => Duration::minutes(number),
            "시간" => Duration::hours(number),
            _ => Duration::days(number),
        };
        return Some(exactly(now - back));
    }
    let parts = YESTERDAY.captures(text)?;
    let time = NaiveTime::from_hms_opt(parts[1].parse().ok()?, parts[2].parse().ok()?, 0)?;
    let day = now.with_timezone(&kst()).date_naive().pred_opt()?;
    Some(in_korea(day.and_time(time), false))
}

fn exactly(at: DateTime<FixedOffset>) -> Published {
    Published { at: at.with_timezone(&kst()), day_only: false }
}

fn in_korea(naive: NaiveDateTime, day_only: bool) -> Published {
    let at = kst().from_local_datetime(&naive).single().expect("a fixed offset has no gaps");
    Published { at, day_only }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_decoded_exactly_once() {
        assert_eq!(entities("A&amp;amp;B &lt;b&gt; &#48260;&#xC2A4; &none; &"), "A&amp;B <b> 버스 &none; &");
        assert_eq!(line("&quot;먹통&quot;&nbsp;&nbsp;사태\n 속보"), "\"먹통\" 사태 속보");
    }

    #[test]
    fn cleaning_twice_is_cleaning_once() {
        for text in ["\u{1106}\u{1165}\u{11A8}\u{1110}\u{1169}\u{11BC}\u{200B} 난  카톡\r\n\r\n둘째", "", " \u{FEFF}가"]
        {
            let once = clean(text);
            assert_eq!(clean(&once), once);
        }
        assert_eq!(clean("\u{1106}\u{1165}\u{11A8}\u{1110}\u{1169}\u{11BC}"), "먹통");
    }

    #[test]
    fn article_numbers_survive_and_tracking_does_not() {
        let canonical = |url| canonical_url(url).unwrap();
        assert_eq!(
            canonical("http://News.Example.kr/news/articleView.html?idxno=12&utm_source=rss#top"),
            "https://news.example.kr/news/articleView.html?idxno=12"
        );
        assert_eq!(canonical("https://a.example/?no=7&plink=RSS"), "https://a.example/?no=7");
        assert_eq!(canonical_url("javascript:alert(1)"), None);
    }

    #[test]
    fn twins_of_an_address_have_one_key() {
        let key = |url: &str| address_key(&canonical_url(url).unwrap());
        for (one, other) in [
            (
                "https://m.paper.example/news/articleViewAmp.html?idxno=7",
                "http://www.paper.example/news/articleView.html?idxno=7",
            ),
            (
                "https://n.news.naver.com/mnews/article/001/0012345678?sid=105",
                "https://news.naver.com/main/read.naver?mode=LSD&oid=001&aid=0012345678",
            ),
            ("https://paper.example/a/1/amp", "https://paper.example/a/1/"),
            ("https://paper.example/a/1?outputType=amp&utm_source=x", "https://www.paper.example/a/1"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        assert_ne!(key("https://a.example/?no=1"), key("https://a.example/?no=2"));
        assert_ne!(key("https://m.example/1"), key("https://n.example/1"), "a short host is a host");
    }

    #[test]
    fn dates_of_feeds_and_pages() {
        let now = DateTime::parse_from_rfc3339("2026-11-22T12:00:00+09:00").unwrap();
        let read = |text| date(text, now).map(|p| p.at.to_rfc3339());
        let same = Some("2022-07-16T22:01:07+09:00".to_owned());
        for text in [
            "Sat, 16 Jul 2022 22:01:07 +0900",
            "Sat,16 Jul 2022 22:01:07 +0900",
            "Sat, 16  Jul 2022 13:01:07 GMT",
            "16 Jul 2022 22:01:07 +0900",
            "Sat, 16 07 2022 22:01:07 +0900",
            "2022-07-16T22:01:07+09:00",
            "2022-07-16 22:01:07",
            "Sat, 16 Jul 2022 22:01:07",
        ] {
            assert_eq!(read(text), same, "{text}");
        }
        assert_eq!(read("2026.01.06. 오후 6:23."), Some("2026-01-06T18:23:00+09:00".into()));
        assert_eq!(read("입력 2026.01.06 (17:45)"), Some("2026-01-06T17:45:00+09:00".into()));
        assert_eq!(read("3분 전"), Some("2026-11-22T11:57:00+09:00".into()));
        assert_eq!(read("어제 10:20"), Some("2026-11-21T10:20:00+09:00".into()));
        assert!(date("2026.01.06", now).unwrap().day_only);
        assert_eq!(read("2031-01-01T00:00:00Z"), Some(now.to_rfc3339()), "a date ahead becomes now");
        assert_eq!(read("언젠가"), None);
    }

    #[test]
    fn bylines_and_rights_notices_go() {
        let text = "(서울=연합뉴스) 김모 기자 = 카카오톡에서 전송이 되지 않았다.\n제보는 news@example.kr\n무단전재 및 재배포 금지";
        assert_eq!(without_bylines(text), "카카오톡에서 전송이 되지 않았다.\n제보는");
        assert_eq!(without_tags("<p>가<b>나</b></p><script>x<y</script>1 < 2"), "가나\n 1 < 2");
    }
}
