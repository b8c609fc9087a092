//! What a page says of itself: linked data, Open Graph and other metadata, and the dates that it shows.

use std::sync::LazyLock;

use chrono::{DateTime, Duration, FixedOffset};
use meoktong_index::Published;
use regex::Regex;
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

use crate::normalise::{date, line};

/// Names of metadata with the time of publication, most trusted first.
const PUBLISHED: [&str; 12] = [
    "article:published_time",
    "og:article:published_time",
    "dable:published_time",
    "article:published",
    "datePublished",
    "og:regDate",
    "og:pubdate",
    "pubdate",
    "dc.date.issued",
    "DC.date.issued",
    "article.published",
    "date",
];
/// Names of metadata with the time of the last change.
const UPDATED: [&str; 4] = ["article:modified_time", "og:updated_time", "dateModified", "lastmod"];
/// Names of metadata with the author.
const AUTHORS: [&str; 5] = ["dable:author", "article:author", "og:article:author", "author", "byl"];
/// Where dates are shown.
const SHOWN: &str = "time[datetime], .info-group .breadcrumbs li, .update-time, .news_info .date, .datetime, .date, \
                     .input-date, .article_date, .news_date, .info_date, .view_date, .firstDate, .date_time, .reg_date, \
                     .dates li, .infoLine .txt, .byline, .txt_time, .article-date, .post-date, .entry-date, .write_date";

static SCRIPTS: LazyLock<Selector> =
    LazyLock::new(|| Selector::parse("script[type=\"application/ld+json\"]").expect("a fixed selector"));
static METAS: LazyLock<Selector> = LazyLock::new(|| Selector::parse("meta").expect("a fixed selector"));
static DATES: LazyLock<Selector> = LazyLock::new(|| Selector::parse(SHOWN).expect("a fixed selector"));
static HEAD: LazyLock<Selector> = LazyLock::new(|| Selector::parse("h1").expect("a fixed selector"));
static TITLE: LazyLock<Selector> = LazyLock::new(|| Selector::parse("title").expect("a fixed selector"));
static CANONICAL: LazyLock<Selector> =
    LazyLock::new(|| Selector::parse("link[rel=canonical][href]").expect("a fixed selector"));

/// Metadata of a page.
#[derive(Debug, Default)]
pub(super) struct Meta {
    linked: Option<Value>,
    named: Vec<(String, String)>,
    heads: Vec<String>,
    title: Option<String>,
}

impl Meta {
    pub(super) fn of(page: &Html) -> Self {
        let named = page.select(&METAS).filter_map(|element| {
            let element = element.value();
            let name =
                element.attr("property").or_else(|| element.attr("name")).or_else(|| element.attr("itemprop"))?;
            let content = element.attr("content").map(str::trim).filter(|content| !content.is_empty())?;
            Some((name.to_owned(), content.to_owned()))
        });
        let text = |element: ElementRef<'_>| line(&element.text().collect::<String>());
        Self {
            linked: linked_data(page),
            named: named.collect(),
            heads: page.select(&HEAD).take(4).map(text).filter(|head| !head.is_empty()).collect(),
            title: page.select(&TITLE).next().map(text),
        }
    }

    fn named(&self, name: &str) -> Option<&str> {
        self.named.iter().find(|(known, _)| known == name).map(|(_, content)| content.as_str())
    }

    fn linked(&self, name: &str) -> Option<String> {
        written(&self.linked.as_ref()?[name])
    }

    pub(super) fn body(&self) -> Option<String> {
        self.linked("articleBody")
    }

    /// The headline. The one that the page itself shows decides which of the others is whole.
    pub(super) fn title(&self, publisher: Option<&str>) -> Option<String> {
        let site = self.named("og:site_name").or(publisher);
        let graph = self.named("og:title").map(|raw| without_site(&line(raw), site));
        let linked = self.linked("headline").map(|raw| without_site(&line(&raw), site));
        let tab = self.title.as_deref().map(|raw| without_site(raw, site));
        let told: Vec<String> = [graph, linked].into_iter().flatten().filter(|title| !title.is_empty()).collect();
        // A heading that is one of them, or of which one of them is a cut form, is the headline as printed.
        let whole = self
            .heads
            .iter()
            .find(|head| told.iter().any(|title| *head == title || cut_from(title, head) || cut_from(head, title)));
        let whole = whole.map(|head| told.iter().find(|title| cut_from(head, title)).unwrap_or(head).clone());
        whole.or_else(|| told.first().cloned()).or_else(|| self.heads.first().cloned()).or(tab)
    }

    pub(super) fn published(&self, page: &Html, now: DateTime<FixedOffset>) -> Option<Published> {
        let linked = self.linked("datePublished").and_then(|raw| date_in(&raw, now));
        let named = || PUBLISHED.iter().find_map(|name| self.named(name).and_then(|raw| date_in(raw, now)));
        let told = linked.or_else(named);
        let shown = || shown_dates(page, now);
        match told {
            // Some write Korean time and call it UTC; what the page shows to readers is right then.
            Some(told) if !told.day_only => {
                let lied = shown().find(|shown| {
                    let apart = (shown.at - told.at).num_minutes();
                    !shown.day_only && (apart.abs() - 540).abs() <= 1
                });
                Some(lied.unwrap_or(told))
            }
            Some(told) => shown().find(|shown| shown.at.date_naive() == told.at.date_naive()).or(Some(told)),
            None => shown().next().or_else(|| labelled(page, now)),
        }
    }

    pub(super) fn updated(&self, _page: &Html, now: DateTime<FixedOffset>) -> Option<Published> {
        let linked = self.linked("dateModified").and_then(|raw| date_in(&raw, now));
        linked.or_else(|| UPDATED.iter().find_map(|name| self.named(name).and_then(|raw| date_in(raw, now))))
    }

    pub(super) fn author(&self) -> Option<String> {
        let linked = self.linked.as_ref().map(|linked| match &linked["author"] {
            Value::Array(many) => many.first().cloned().unwrap_or_default(),
            one => one.clone(),
        });
        let linked = linked.and_then(|author| written(&author).or_else(|| written(&author["name"])));
        let named = AUTHORS.iter().find_map(|name| self.named(name).map(str::to_owned));
        linked.or(named).map(|raw| line(&raw)).filter(|name| !name.is_empty() && !name.contains("://"))
    }

    pub(super) fn section(&self) -> Option<String> {
        let linked = self.linked("articleSection");
        linked.or_else(|| self.named("article:section").map(str::to_owned)).map(|raw| line(&raw))
    }

    pub(super) fn canonical(&self, page: &Html) -> Option<String> {
        let link = page.select(&CANONICAL).next().and_then(|link| link.value().attr("href"));
        link.or_else(|| self.named("og:url")).map(str::to_owned)
    }
}

fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// Whether `cut` is the beginning of `whole`, with or without dots for the rest.
fn cut_from(cut: &str, whole: &str) -> bool {
    let stem = cut.trim_end_matches(['.', '…']).trim_end();
    stem.chars().count() >= 10 && whole.len() > stem.len() && whole.starts_with(stem)
}

/// A headline without the site's name behind or before it.
fn without_site(title: &str, site: Option<&str>) -> String {
    let mut title = title.trim();
    for mark in [" | ", " - ", " :: ", " < ", " – ", " ㅣ ", "|", " : "] {
        if let Some((head, tail)) = title.rsplit_once(mark) {
            let named = site.is_some_and(|site| {
                same(tail, site) || (mark != " : " && (tail.contains(site) || site.contains(tail.trim())))
            });
            let short = tail.chars().count() <= 12 && head.chars().count() >= 8;
            let paper = ["일보", "신문", "뉴스", "경제", "News", "news", "데일리", "타임스", "투데이", ".com"];
            if named || (short && mark != " : " && paper.iter().any(|word| tail.contains(word))) {
                title = head.trim();
            }
        }
    }
    // `제목 < 섹션 < 기사본문 - 신문` is the form of a common content system.
    let title = title.split(" < ").next().unwrap_or(title);
    match (site, title.split_once(['|', ':'])) {
        (Some(site), Some((head, tail))) if same(head, site) => tail.trim().to_owned(),
        _ => title.trim().to_owned(),
    }
}

fn same(one: &str, other: &str) -> bool {
    one.trim().eq_ignore_ascii_case(other.trim())
}

/// The first date in a text; a label such as 입력 (entered) may stand before it, others behind it.
pub(super) fn date_in(raw: &str, now: DateTime<FixedOffset>) -> Option<Published> {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:기사\s*)?(?:입력|등록|승인|송고|발행|게재|작성)[^\d]{0,12}(\d{4}.*)").expect("a fixed pattern")
    });
    let text = raw.replace(['\n', '\u{A0}'], " ");
    if let Some(entered) = LABEL.captures(&text)
        && let Some(found) = date(&entered[1], now)
    {
        return Some(found);
    }
    date(&text, now)
}

/// Dates that the page shows: those with a label of publication first, never those with one of change only.
fn shown_dates(page: &Html, now: DateTime<FixedOffset>) -> impl Iterator<Item = Published> {
    const MOST: usize = 24;
    let mut found: Vec<(bool, Published)> = Vec::new();
    for element in page.select(&DATES).take(MOST) {
        let text: String = element.text().take(40).collect();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let entered = ["입력", "등록", "승인", "송고", "발행", "작성"].iter().any(|label| text.contains(label));
        if text.chars().count() > 120
            || (!entered && ["수정", "최종", "업데이트"].iter().any(|label| text.contains(label)))
        {
            continue;
        }
        let attribute = element.value().attr("datetime").or_else(|| element.value().attr("content"));
        let exact = attribute.and_then(|raw| date(raw, now));
        if let Some(date) = exact.or_else(|| date_in(&text, now)).filter(|date| date.at <= now + Duration::minutes(1)) {
            found.push((!entered, date));
        }
    }
    found.sort_by_key(|(unlabelled, _)| *unlabelled);
    found.into_iter().map(|(_, date)| date)
}

/// The first date anywhere on the page that has a label of publication before it.
fn labelled(page: &Html, now: DateTime<FixedOffset>) -> Option<Published> {
    static LABELLED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?:입력|등록|승인|송고|발행|게재|작성)(?:일시|시간|일)?[\s:|]{0,6}((?:19|20)\d{2}\s*[-./년].{0,30})",
        )
        .expect("a fixed pattern")
    });
    // Texts of one block may stand in several elements, the label in one and the date in the next.
    let mut before = String::new();
    for node in page.tree.root().descendants() {
        let Some(text) = node.value().as_text() else { continue };
        if text.trim().is_empty() || text.len() > 400 {
            continue;
        }
        let joined = format!("{before} {}", text.trim());
        if let Some(found) = LABELLED.captures(&joined).and_then(|found| date(&found[1], now)) {
            return Some(found);
        }
        before = text.trim().chars().rev().take(12).collect::<Vec<_>>().into_iter().rev().collect();
    }
    None
}

/// The `NewsArticle` among the page's linked data; it may stand in an array or in a graph.
fn linked_data(page: &Html) -> Option<Value> {
    page.select(&SCRIPTS).find_map(|script| {
        let text: String = script.text().collect();
        let text = text.trim().trim_start_matches("<![CDATA[").trim_end_matches("]]>").trim_end_matches(';');
        // Line ends within strings are a common slip of templates.
        let parsed = serde_json::from_str::<Value>(text);
        let parsed = parsed.or_else(|_| serde_json::from_str(&text.replace(['\n', '\r', '\t'], " "))).ok()?;
        article_in(&parsed, 0).cloned()
    })
}

fn article_in(value: &Value, depth: usize) -> Option<&Value> {
    if depth > 4 {
        return None;
    }
    match value {
        Value::Array(many) => many.iter().find_map(|one| article_in(one, depth + 1)),
        Value::Object(fields) => {
            let kinds = match fields.get("@type") {
                Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
                Some(Value::String(one)) => vec![one.as_str()],
                _ => Vec::new(),
            };
            if kinds.iter().any(|kind| kind.ends_with("NewsArticle") || matches!(*kind, "Article" | "BlogPosting")) {
                return Some(value);
            }
            ["@graph", "mainEntity", "mainEntityOfPage"]
                .iter()
                .find_map(|key| fields.get(*key).and_then(|inner| article_in(inner, depth + 1)))
        }
        _ => None,
    }
}
