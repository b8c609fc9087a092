//! The web as the recorded day had it: publishers, boards, an app store, search trends and notices, each in the format
//! that the real ones use, each under a host name of its own.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};
use encoding_rs::EUC_KR;
use serde_json::json;

use crate::config::{Adapter, Source};
use crate::crawl::notices::Layout;
use crate::normalise::short_hash;
use meoktong_dictionaries::Catalogue;
use meoktong_index::Kind;

use super::day::{Published, What};

/// Newest entries in a feed.
const FEED_LENGTH: usize = 30;

/// The content systems of publishers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    /// The one of most small papers, UTF-8; times without zone.
    Common,
    /// The same in EUC-KR.
    CommonKorean,
    /// Linked data and a body without telling names.
    Linked,
    /// Open Graph and a `div`.
    OpenGraph,
}

/// An answer of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub bytes: Vec<u8>,
}

/// All sites of the day.
pub struct Sites {
    day: Vec<Published>,
    publishers: BTreeMap<String, (String, System)>,
    boards: BTreeMap<String, String>,
    apps: BTreeMap<String, String>,
    notices: BTreeMap<String, String>,
}

impl Sites {
    /// The sites that publish in this day.
    #[must_use]
    pub fn new(day: Vec<Published>) -> Self {
        let catalogue = Catalogue::bundled();
        let name = |id: &str| catalogue.service(id).map_or_else(|| id.to_owned(), |service| service.name.clone());
        let (mut papers, mut boards) = (BTreeMap::new(), BTreeMap::new());
        let (mut apps, mut notices) = (BTreeMap::new(), BTreeMap::new());
        for published in &day {
            match &published.what {
                What::News { publisher, publisher_id, .. } => {
                    papers.insert(publisher_id.clone(), publisher.clone());
                }
                What::Post { board, .. } => {
                    boards.insert(format!("board-{}", &short_hash(&[board])[..6]), board.clone());
                }
                What::Review { app, .. } => {
                    apps.insert(app.clone(), name(app));
                }
                What::Notice { service, .. } => {
                    notices.insert(service.clone(), name(service));
                }
                What::Trend { .. } => {}
            }
        }
        let systems = [System::Common, System::Linked, System::OpenGraph, System::CommonKorean];
        let publishers = papers
            .into_iter()
            .zip(systems.into_iter().cycle())
            .map(|((id, name), system)| (id, (name, system)))
            .collect();
        Self { day, publishers, boards, apps, notices }
    }

    /// Every host name.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        let mut hosts = vec![host("trends"), host("apps")];
        hosts.extend(self.publishers.keys().chain(self.boards.keys()).map(|id| host(id)));
        hosts.extend(self.notices.keys().map(|id| host(&format!("notice-{id}"))));
        hosts
    }

    /// The configuration that polls all of them.
    #[must_use]
    pub fn sources(&self) -> Vec<Source> {
        let source = |name: &str, adapter, kind, url: String, schedule: &str| Source {
            name: name.to_owned(),
            adapter,
            kind,
            url,
            schedule: schedule.to_owned(),
            enabled: true,
            ..Source::default()
        };
        let mut sources = vec![source(
            "trends",
            Adapter::Trends,
            Kind::Trend,
            format!("http://{}/trending/rss?geo=KR", host("trends")),
            "*/5 * * * *",
        )];
        for (id, (_, system)) in &self.publishers {
            let path = match system {
                System::Common | System::CommonKorean => "rss/allArticle.xml",
                System::Linked => "feed/all",
                System::OpenGraph => "rss.xml",
            };
            let mut made = source(id, Adapter::Feed, Kind::News, format!("http://{}/{path}", host(id)), "*/2 * * * *");
            made.pages = true;
            sources.push(made);
        }
        for id in self.boards.keys() {
            sources.push(source(id, Adapter::Feed, Kind::Post, format!("http://{}/rss", host(id)), "*/2 * * * *"));
        }
        for (id, name) in &self.apps {
            let url = format!("http://{}/kr/rss/customerreviews/page=1/id={id}/sortby=mostrecent/json", host("apps"));
            let mut made = source(&format!("apple-{id}"), Adapter::Reviews, Kind::Review, url, "*/5 * * * *");
            made.about = Some(name.clone());
            sources.push(made);
        }
        for (id, name) in &self.notices {
            let url = format!("http://{}/support/notice", host(&format!("notice-{id}")));
            let mut made = source(&format!("notice-{id}"), Adapter::Notices, Kind::Notice, url, "*/2 * * * *");
            made.about = Some(name.clone());
            made.layout = Some(Layout {
                row: "table.board tbody tr".into(),
                title: "td.subject a".into(),
                date: "td.date".into(),
                text: Some("td.subject .summary".into()),
            });
            sources.push(made);
        }
        sources
    }

    /// What a host answers to a path at a moment; none is 404.
    #[must_use]
    pub fn answer(&self, host: &str, path: &str, now: DateTime<FixedOffset>) -> Option<Page> {
        let id = host.strip_suffix(".example")?;
        if id == "trends" {
            return Some(self.trends(now));
        }
        if id == "apps" {
            return Some(self.reviews(path.split_once("id=")?.1.split('/').next()?, now));
        }
        if let Some(service) = id.strip_prefix("notice-") {
            return self.notices.contains_key(service).then(|| self.notice_list(service, now));
        }
        if let Some(board) = self.boards.get(id) {
            return Some(self.board(id, board, now));
        }
        let (name, system) = self.publishers.get(id)?;
        if path.contains("rss") || path.contains("feed") {
            return Some(self.feed(id, name, *system, now));
        }
        let number = path.rsplit(['=', '/']).next()?.trim_end_matches(".html");
        let article = self.until(now).rev().find(|published| published.id == number)?;
        Some(page(article, name, *system))
    }

    fn until(&self, now: DateTime<FixedOffset>) -> impl DoubleEndedIterator<Item = &Published> {
        self.day.iter().filter(move |published| published.at <= now)
    }

    fn feed(&self, id: &str, name: &str, system: System, now: DateTime<FixedOffset>) -> Page {
        let mut items = String::new();
        let own =
            self.until(now).rev().filter(|p| matches!(&p.what, What::News { publisher_id, .. } if publisher_id == id));
        for published in own.take(FEED_LENGTH) {
            let What::News { title, description, .. } = &published.what else { continue };
            let link = article_url(id, &published.id, system);
            let date = match system {
                System::Common | System::CommonKorean => published.at.format("%Y-%m-%d %H:%M:%S").to_string(),
                _ => published.at.to_rfc2822(),
            };
            // The common system quotes in CDATA and still escapes; the others escape only.
            let (title, description) = match system {
                System::Common | System::CommonKorean => (cdata(&escape(title)), cdata(&escape(description))),
                _ => (escape(title), escape(&format!("<p>{}</p>", escape(description)))),
            };
            let guid = if system == System::Linked {
                format!("<guid isPermaLink=\"false\">{}</guid>", published.id)
            } else {
                String::new()
            };
            items.push_str(&format!(
                "<item><title>{title}</title><link>{}</link><description>{description}</description><pubDate>{date}</pubDate>{guid}</item>\n",
                escape(&link)
            ));
        }
        rss(name, &items, system == System::CommonKorean)
    }

    fn board(&self, id: &str, board: &str, now: DateTime<FixedOffset>) -> Page {
        let mut items = String::new();
        let own = self.until(now).rev().filter(|p| matches!(&p.what, What::Post { board: b, .. } if b == board));
        for published in own.take(FEED_LENGTH * 2) {
            let What::Post { title, text, author, .. } = &published.what else { continue };
            items.push_str(&format!(
                "<item><title>{}</title><link>http://{}/zboard/view.php?no={}</link><description>{}</description>\
                 <author>{}</author><hits>[0|12|0|0]</hits><pubDate>{}</pubDate></item>\n",
                escape(title),
                host(id),
                published.id,
                cdata(&format!("<p>{}</p>", escape(text))),
                escape(author),
                published.at.to_rfc2822(),
            ));
        }
        rss(board, &items, false)
    }

    fn trends(&self, now: DateTime<FixedOffset>) -> Page {
        let mut items = String::new();
        let recent = self.until(now).rev().filter(|p| now - p.at < chrono::Duration::hours(4));
        for published in recent.filter(|p| matches!(p.what, What::Trend { .. })).take(10) {
            let What::Trend { query, traffic, .. } = &published.what else { continue };
            let pacific = published.at.with_timezone(&FixedOffset::west_opt(7 * 3600).expect("seven hours"));
            items.push_str(&format!(
                "<item><title>{}</title><ht:approx_traffic>{traffic}+</ht:approx_traffic><description></description>\
                 <link>http://{}/trending/rss?geo=KR</link><pubDate>{}</pubDate><ht:picture></ht:picture></item>\n",
                escape(query),
                host("trends"),
                pacific.to_rfc2822(),
            ));
        }
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss xmlns:ht=\"https://trends.google.com/trending/rss\" version=\"2.0\">\
             <channel><title>Daily Search Trends</title><description>Recent searches</description>\n{items}</channel></rss>"
        );
        Page { content_type: "text/xml; charset=utf-8", bytes: text.into_bytes() }
    }

    fn reviews(&self, app: &str, now: DateTime<FixedOffset>) -> Page {
        let own = self.until(now).rev().filter(|p| matches!(&p.what, What::Review { app: a, .. } if a == app));
        let mut entries: Vec<_> = own
            .take(50)
            .filter_map(|published| {
                let What::Review { title, text, rating, .. } = &published.what else { return None };
                let pacific = published.at.with_timezone(&FixedOffset::west_opt(7 * 3600)?);
                Some(json!({
                    "author": {"name": {"label": format!("user-{}", published.id)}, "uri": {"label": ""}},
                    "updated": {"label": pacific.to_rfc3339()},
                    "im:rating": {"label": rating.to_string()},
                    "im:version": {"label": "26.3.0"},
                    "id": {"label": published.id},
                    "title": {"label": title},
                    "content": {"label": text, "attributes": {"type": "text"}},
                }))
            })
            .collect();
        // The store leaves `entry` out when there is none and writes a single one without brackets.
        let feed = match entries.len() {
            0 => json!({"title": {"label": "Customer reviews"}}),
            1 => json!({"title": {"label": "Customer reviews"}, "entry": entries.remove(0)}),
            _ => json!({"title": {"label": "Customer reviews"}, "entry": entries}),
        };
        Page { content_type: "text/javascript; charset=utf-8", bytes: json!({ "feed": feed }).to_string().into_bytes() }
    }

    fn notice_list(&self, service: &str, now: DateTime<FixedOffset>) -> Page {
        let mut rows =
            String::from("<tr class=\"head\"><td class=\"subject\">제목 없음</td><td class=\"date\"></td></tr>");
        for published in self.until(now).rev() {
            let What::Notice { service: of, title, text } = &published.what else { continue };
            if of == service {
                rows.push_str(&format!(
                    "<tr><td class=\"no\">공지</td><td class=\"subject\"><a href=\"/support/notice/{}\">{}</a><p class=\"summary\">{}</p></td>\
                     <td class=\"date\">{}</td></tr>\n",
                    published.id,
                    escape(title),
                    escape(text).replace('\n', "<br>"),
                    published.at.format("%Y.%m.%d %H:%M"),
                ));
            }
        }
        // A list without notices still shows one row, as real ones do; it has no date.
        if !rows.contains("/support/notice/") {
            rows.push_str("<tr><td class=\"subject\"><a>이용 안내</a></td><td class=\"date\">2026.01.02</td></tr>");
        }
        html(format!(
            "<!DOCTYPE html><html lang=\"ko\"><head><meta charset=\"utf-8\"><title>공지사항</title></head><body>\
             <table class=\"board\"><thead><tr><th>번호</th></tr></thead><tbody>{rows}</tbody></table></body></html>"
        ))
    }
}

/// The host name of a site; `.example` is reserved and never resolves.
fn host(id: &str) -> String {
    format!("{id}.example")
}

fn article_url(id: &str, number: &str, system: System) -> String {
    let path = match system {
        System::Common | System::CommonKorean => format!("news/articleView.html?idxno={number}"),
        System::Linked => format!("article/{number}"),
        System::OpenGraph => format!("view/{number}.html"),
    };
    format!("http://{}/{path}", host(id))
}

fn page(published: &Published, name: &str, system: System) -> Page {
    let What::News { title, description, paragraphs, byline, caption, .. } = &published.what else {
        return html(String::new());
    };
    let body: String = paragraphs.iter().map(|paragraph| format!("<p>{}</p>\n", escape(paragraph))).collect();
    let figure = caption.as_deref().map_or_else(String::new, |caption| {
        format!("<figure><img src=\"/p.jpg\" alt=\"\"><figcaption>{}</figcaption></figure>", escape(caption))
    });
    let byline = escape(byline.as_deref().unwrap_or_default());
    let (safe_title, at) = (escape(title), published.at.to_rfc3339());
    let text = match system {
        System::Common | System::CommonKorean => {
            let charset = if system == System::Common { "utf-8" } else { "euc-kr" };
            format!(
                "<!DOCTYPE html><html lang=\"ko\"><head><meta charset=\"{charset}\"><meta property=\"og:title\" content=\"{safe_title}\">\
                 <title>{safe_title} - {name}</title></head><body><h1 class=\"heading\">{safe_title}</h1><div class=\"info-group\">\
                 <ul class=\"breadcrumbs\"><li>입력 {}</li></ul><em class=\"info-name\">{byline}</em></div>\
                 <div id=\"article-view-content-div\" itemprop=\"articleBody\">{figure}\n{body}<p>저작권자 © {name} 무단전재 및 재배포 금지</p></div>\
                 <div class=\"tag-group\"><a class=\"tag\">뉴스</a></div></body></html>",
                published.at.format("%Y.%m.%d %H:%M")
            )
        }
        System::Linked => {
            let data = json!({"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, {"@type": "NewsArticle", "headline": title,
                "datePublished": at, "publisher": {"@type": "Organization", "name": name}}]});
            let data = data.to_string().replace('<', "\\u003c");
            format!(
                "<!DOCTYPE html><html lang=\"ko\"><head><meta charset=\"utf-8\"><title>{name}</title>\
                 <script type=\"application/ld+json\">{data}</script></head><body><nav><p>정치</p><p>경제</p></nav><main><section class=\"c-1\">\
                 <h1>{safe_title}</h1>{figure}<div class=\"story-news\">{body}</div></section></main></body></html>"
            )
        }
        System::OpenGraph => format!(
            "<html lang=\"ko\"><head><meta charset=\"utf-8\"><meta property=\"og:title\" content=\"{safe_title}\">\
             <meta property=\"og:description\" content=\"{}\"><meta property=\"article:published_time\" content=\"{at}\"></head><body>\
             <div class=\"wrap\"><div class=\"news-text\">{figure}{body}</div><div class=\"foot\"><p>{byline}</p></div></div></body></html>",
            escape(description)
        ),
    };
    if system == System::CommonKorean {
        let bytes = EUC_KR.encode(&text).0.into_owned();
        return Page { content_type: "text/html; charset=euc-kr", bytes };
    }
    html(text)
}

fn html(text: String) -> Page {
    Page { content_type: "text/html; charset=utf-8", bytes: text.into_bytes() }
}

fn rss(title: &str, items: &str, korean: bool) -> Page {
    let encoding = if korean { "EUC-KR" } else { "UTF-8" };
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n<rss version=\"2.0\"><channel><title>{}</title><link>http://x.example/</link>\
         <description></description>\n{items}</channel></rss>",
        escape(title)
    );
    if korean {
        // The encoding stands in the declaration only, as in real Korean feeds.
        return Page { content_type: "text/xml", bytes: EUC_KR.encode(&text).0.into_owned() };
    }
    Page { content_type: "application/rss+xml; charset=utf-8", bytes: text.into_bytes() }
}

fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

/// Escapes text for XML and HTML.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
