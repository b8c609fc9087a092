//! What every page shares: language, theme, the frame around it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use chrono::{DateTime, FixedOffset};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Shared;
use super::access::cookie;
use super::assets;
use super::problem::Problem;
use crate::config::Scope;

/// The language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Ko,
    En,
}

impl Language {
    /// The one of two wordings that is in this language.
    pub(super) fn pick<T>(self, ko: T, en: T) -> T {
        if self == Language::Ko { ko } else { en }
    }

    /// The language's code.
    pub(super) fn code(self) -> &'static str {
        self.pick("ko", "en")
    }

    fn of(headers: &HeaderMap) -> Self {
        match cookie(headers, "lang") {
            Some("ko") => return Language::Ko,
            Some("en") => return Language::En,
            _ => {}
        }
        let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        // The order in which browsers write them is the order of preference.
        let known = asked.split(',').find_map(|one| match one.trim().get(..2) {
            Some("ko") => Some(Language::Ko),
            Some("en") => Some(Language::En),
            _ => None,
        });
        known.unwrap_or(Language::Ko)
    }
}

/// Who looks at a page, and how.
pub(super) struct View {
    pub(super) language: Language,
    pub(super) now: DateTime<FixedOffset>,
    theme: Option<&'static str>,
    place: String,
    signed_in: Option<String>,
    scopes: Vec<Scope>,
}

/// The places of the dashboard: path, key, Korean, English.
const PLACES: [(&str, char, &str, &str); 9] = [
    ("/", 'n', "현황", "Now"),
    ("/incidents", 'i', "장애", "Incidents"),
    ("/search", 's', "검색", "Search"),
    ("/services", 'v', "서비스", "Services"),
    ("/trends", 't', "추이", "Trends"),
    ("/sources", 'c', "수집원", "Sources"),
    ("/alerts", 'a', "알림", "Alerts"),
    ("/dictionary", 'd', "사전", "Dictionary"),
    ("/api", 'p', "API", "API"),
];

impl FromRequestParts<Shared> for View {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Self::Rejection> {
        Ok(Self::of(shared, &parts.headers, &parts.uri))
    }
}

impl View {
    pub(super) fn of(shared: &Shared, headers: &HeaderMap, uri: &Uri) -> Self {
        let caller = shared.access.caller(headers);
        let theme = match cookie(headers, "theme") {
            Some("dark") => Some("dark"),
            Some("light") => Some("light"),
            _ => None,
        };
        Self {
            language: Language::of(headers),
            now: (shared.pipeline.clock)(),
            theme,
            place: uri.path_and_query().map_or_else(|| "/".to_owned(), |place| place.as_str().to_owned()),
            signed_in: caller.map(|token| token.name.clone()),
            scopes: caller.map(|token| token.scopes.clone()).unwrap_or_default(),
        }
    }

    /// The one of two wordings that is in the page's language.
    pub(super) fn pick<T>(&self, ko: T, en: T) -> T {
        self.language.pick(ko, en)
    }

    /// Whether who looks may do this.
    pub(super) fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// A time as people say it: the hour today, the day besides otherwise. Machines read the attribute.
    pub(super) fn time(&self, at: DateTime<FixedOffset>) -> Markup {
        let form = if at.date_naive() == self.now.date_naive() {
            "%H:%M"
        } else if at.format("%Y").to_string() == self.now.format("%Y").to_string() {
            "%m-%d %H:%M"
        } else {
            "%Y-%m-%d %H:%M"
        };
        html! { time datetime=(at.to_rfc3339()) title=(at.format("%Y-%m-%d %H:%M:%S %:z")) { (at.format(form)) } }
    }

    /// The same out of the store's text.
    pub(super) fn stored(&self, at: Option<&str>) -> Markup {
        match at.and_then(|at| DateTime::parse_from_rfc3339(at).ok()) {
            Some(at) => self.time(at),
            None => html! { span.none { "–" } },
        }
    }

    /// A length of time in minutes, as people say it.
    pub(super) fn length(&self, minutes: i64) -> String {
        let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
        match (days, hours, rest) {
            (0, 0, m) => self.pick(format!("{m}분"), format!("{m} min")),
            (0, h, 0) => self.pick(format!("{h}시간"), format!("{h} h")),
            (0, h, m) => self.pick(format!("{h}시간 {m}분"), format!("{h} h {m} min")),
            (d, 0, _) => self.pick(format!("{d}일"), format!("{d} d")),
            (d, h, _) => self.pick(format!("{d}일 {h}시간"), format!("{d} d {h} h")),
        }
    }

    /// How long ago something was.
    pub(super) fn ago(&self, at: DateTime<FixedOffset>) -> String {
        let minutes = (self.now - at).num_minutes();
        if minutes < 1 {
            return self.pick("방금", "just now").to_owned();
        }
        let length = self.length(minutes);
        self.pick(format!("{length} 전"), format!("{length} ago"))
    }

    /// The page around `body`. `live` says that what changes elsewhere changes it.
    pub(super) fn page(&self, title: &str, live: bool, body: &Markup) -> Markup {
        let body = super::outside::without_unseen(body);
        let here = self.place.split('?').next().unwrap_or("/");
        let other = self.pick("en", "ko");
        let back = url::form_urlencoded::byte_serialize(self.place.as_bytes()).collect::<String>();
        html! {
            (DOCTYPE)
            html lang=(self.language.code()) data-theme=[self.theme] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="robots" content="noindex, nofollow";
                    title { (super::outside::tame(title, 120)) " · 먹통" }
                    link rel="stylesheet" href=(assets::STYLE.address());
                    link rel="icon" type="image/svg+xml" href=(assets::ICON.address());
                    link rel="alternate" type="application/atom+xml" title="먹통 Atom" href="/feed.atom";
                    link rel="alternate" type="application/feed+json" title="먹통 JSON Feed" href="/feed.json";
                    link rel="search" type="application/opensearchdescription+xml" title="먹통" href="/opensearch.xml";
                    script defer src=(assets::SCRIPT.address()) {}
                }
                body data-live=[live.then_some("")] {
                    a.skip href="#main" { (self.pick("본문으로 건너뛰기", "Skip to content")) }
                    header.top {
                        div.bar {
                            a.brand href="/" {
                                (PreEscaped(assets::MARK))
                                span.name { "먹통" }
                                span.latin aria-hidden="true" { "meoktong" }
                            }
                            nav.places aria-label=(self.pick("주요 화면", "Main")) {
                                ul {
                                    @for (path, key, ko, en) in PLACES {
                                        @let current = here == path || (path != "/" && here.starts_with(&format!("{path}/")));
                                        li { a href=(path) data-key=(key) aria-current=[current.then_some("page")] { (self.pick(ko, en)) } }
                                    }
                                }
                            }
                            div.tools {
                                span.pulse hidden data-pulse title=(self.pick("실시간 연결", "live connection")) {
                                    span.dot aria-hidden="true" {} span.word { (self.pick("실시간", "Live")) }
                                }
                                a.tool href=(format!("/set?lang={other}&back={back}")) lang=(other) hreflang=(other) {
                                    (self.pick("EN", "한")) span.sr { (self.pick(", switch to English", ", 한국어로 보기")) }
                                }
                                (self.themes(&back))
                                @if let Some(name) = &self.signed_in {
                                    a.tool href="/login" title=(self.pick("로그인됨", "signed in")) { (super::outside::said(name)) }
                                }
                            }
                        }
                    }
                    main #main tabindex="-1" { (body) }
                    footer.foot {
                        p {
                            (self.pick("공개된 글에서 장애를 읽어 냅니다. 시각은 한국 표준시(KST)입니다.", "Outages, read out of public texts. Times are Korean Standard Time (KST)."))
                        }
                        p.links {
                            a href="/feed.atom" { "Atom" } a href="/feed.json" { "JSON" } a href="/feed.ics" { "iCalendar" }
                            a href="/metrics" { "Prometheus" } a href="/api/openapi.json" { "OpenAPI" }
                            @if self.signed_in.is_none() { a href="/login" { (self.pick("로그인", "Sign in")) } }
                            button type="button" data-help hidden { (self.pick("단축키 ?", "Keys ?")) }
                        }
                    }
                    div.sr role="status" aria-live="polite" data-announce {}
                    (self.keys())
                }
            }
        }
    }

    fn themes(&self, back: &str) -> Markup {
        // System, light and dark in turn: one link that names what comes next.
        let (next, sign, ko, en) = match self.theme {
            None => ("dark", "◐", "어두운 화면으로", "Switch to dark"),
            Some("dark") => ("light", "☾", "밝은 화면으로", "Switch to light"),
            _ => ("system", "☀", "시스템 설정대로", "Follow the system"),
        };
        html! {
            a.tool href=(format!("/set?theme={next}&back={back}")) aria-label=(self.pick(ko, en)) title=(self.pick(ko, en)) { (sign) "\u{FE0E}" }
        }
    }

    fn keys(&self) -> Markup {
        html! {
            dialog.keys data-keys aria-labelledby="keys-title" {
                h2 #keys-title { (self.pick("단축키", "Keyboard")) }
                dl {
                    @for (key, ko, en) in [("/", "검색창으로", "to the search box"), ("j k", "다음·이전 항목", "next, previous row"),
                        ("Enter", "항목 열기", "open the row"), ("?", "이 도움말", "this help"), ("Esc", "닫기", "close")] {
                        div { dt { kbd { (key) } } dd { (self.pick(ko, en)) } }
                    }
                    @for (_, key, ko, en) in PLACES {
                        div { dt { kbd { "g " (key) } } dd { (self.pick(ko, en)) } }
                    }
                }
                form method="dialog" { button { (self.pick("닫기", "Close")) } }
            }
        }
    }

    /// An error for people.
    pub(super) fn trouble(&self, problem: &Problem) -> Markup {
        let (ko, en) = match problem.status.as_u16() {
            400 => ("요청을 이해하지 못했습니다", "The request was not understood"),
            401 => ("로그인이 필요합니다", "Please sign in"),
            403 => ("권한이 없습니다", "Not allowed"),
            404 => ("찾는 것이 없습니다", "There is nothing here"),
            429 => ("요청이 너무 많습니다", "Too many requests"),
            _ => ("처리하지 못했습니다", "That did not work"),
        };
        let body = html! {
            div.lone {
                p.code { (problem.status.as_u16()) }
                h1 { (self.pick(ko, en)) }
                p lang="en" { (super::outside::said(&problem.detail)) }
                p {
                    @if problem.status.as_u16() == 401 { a.button href="/login" { (self.pick("로그인", "Sign in")) } " " }
                    a.button href="/" { (self.pick("현황으로", "Back to Now")) }
                }
            }
        };
        self.page(self.pick(ko, en), false, &body)
    }
}
