//! Dashboard and API over a store that holds what the worst of authors would write.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use chrono::{DateTime, FixedOffset};
use meoktong::analyse::Analysis;
use meoktong::config::{Config, Scope, Token};
use meoktong::http::{Shared, access, router};
use meoktong::pipeline::{Deliver, Detect, Move, Parts, Pipeline, Sending};
use meoktong::store::{
    Attempt, ChangeRow, Exposure, FetchState, IncidentRow, Named, NewDocument, OutboxRow, Progress, Store,
    TransitionCommit, Verdict,
};
use meoktong::wiring::{Brain, brain};
use meoktong_index::{Document, Kind, Published, SearchIndex};
use tower::ServiceExt;

use crate::support::fetcher;

const NOW: &str = "2026-03-09T12:00:00+09:00";

/// Markup, direction marks, what is invisible, marks that climb, a control, a quote out of an attribute.
const HOSTILE: &str = "<script>alert(1)</script>\u{202E}kcab\u{200B}\u{FEFF}\" onload=\"x\u{0007}<img src=x onerror=alert(1)>Z\u{0336}\u{0336}&lt;'";

struct Quiet;

impl Detect for Quiet {
    fn observe(&mut self, _: &Document, _: &Analysis, _: &str, _: Option<&str>) {}
    fn tick(&mut self, _: DateTime<FixedOffset>) -> Vec<Move> {
        Vec::new()
    }
    fn memory(&self) -> Vec<u8> {
        Vec::new()
    }
    fn version(&self) -> i64 {
        1
    }
    fn remembers(&self) -> bool {
        true
    }
    fn alive(&mut self, _: Kind, _: DateTime<FixedOffset>) {}
    fn broken(&self, _: &str, _: &str, _: DateTime<FixedOffset>) -> Vec<OutboxRow> {
        Vec::new()
    }
}

impl Deliver for Quiet {
    fn deliver<'a>(&'a self, _: &'a OutboxRow, now: DateTime<FixedOffset>) -> Sending<'a> {
        Box::pin(async move {
            Attempt { at: now.timestamp(), status: None, took_ms: 0, error: None, verdict: Verdict::Dead }
        })
    }
}

fn now() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(NOW).unwrap()
}

fn incident(id: &str, at: &str) -> IncidentRow {
    let reach = |via: &str| Exposure {
        service: HOSTILE.into(),
        feature: Some(HOSTILE.into()),
        name: HOSTILE.into(),
        via: via.into(),
    };
    IncidentRow {
        id: id.into(),
        service: "kakaotalk".into(),
        name: HOSTILE.into(),
        state: "open".into(),
        impact: HOSTILE.into(),
        opened_at: at.into(),
        updated_at: at.into(),
        closed_at: None,
        first_evidence_at: Some(HOSTILE.into()),
        first_notice_at: None,
        score: 12.0,
        failed: vec![Named { feature: HOSTILE.into(), name: HOSTILE.into() }],
        exposed: vec![reach(HOSTILE)],
        unaffected: vec![reach("stand-alone")],
    }
}

/// A change as the detector writes it, with hostile words wherever a text's words may stand.
fn change(id: &str, at: &str) -> ChangeRow {
    let detail = serde_json::json!({
        "at": at, "incident": id, "change": "confirmed", "service": "kakaotalk", "features": [HOSTILE], "impact": "major",
        "state": "confirmed", "score": 12.0, "threshold": 10.0,
        "evidence": [{"document": "doc_0", "family": "social", "weight": 1.5, "source": HOSTILE, "at": at}],
        "exposed": [], "unaffected": [], "onset": {"at": at, "source": "official"},
        "cause": {"text": HOSTILE, "document": "doc_0", "official": false},
        "explanation": {"ko": HOSTILE, "en": HOSTILE},
    });
    ChangeRow { at: at.into(), change: "confirmed".into(), detail }
}

fn analysis(id: &str) -> Analysis {
    serde_json::from_value(serde_json::json!({
        "id": id, "is_outage_report": true, "is_current": true, "probability": 0.9,
        "services": [{"service": format!("unlisted:{HOSTILE}"), "name": HOSTILE, "role": "failed", "features": []},
            {"service": "kakaotalk", "name": "카카오톡", "role": "failed", "features": []}],
        "signals": [
            {"term": HOSTILE, "symptom": HOSTILE, "service": HOSTILE, "feature": null, "assertion": "affirmed", "start": 0, "end": 8, "text": HOSTILE},
            {"term": "x", "symptom": "x", "service": null, "feature": null, "assertion": "planned", "start": 999_999, "end": 1_999_999, "text": "x"}],
        "events": [{"service": "kakaotalk", "name": HOSTILE, "features": [], "start": NOW, "start_precision": "minute", "end": null,
            "duration_minutes": null, "duration_bound": null, "cause": HOSTILE, "status": "unknown", "historical": true}],
    }))
    .unwrap()
}

fn documents() -> Vec<NewDocument> {
    let kinds = [Kind::Post, Kind::News, Kind::Trend, Kind::Review, Kind::Notice];
    let links = [
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "https://a.example/\"><script>alert(1)</script>",
    ];
    let made = kinds.into_iter().enumerate().map(|(number, kind)| {
        let id = format!("doc_{number}");
        let title = if number == 1 { HOSTILE.repeat(1200) } else { format!("카카오톡 먹통 {HOSTILE}") };
        let document = Document {
            id: id.clone(),
            kind,
            title,
            text: format!("카카오톡 오류 {HOSTILE}"),
            url: Some(links[number % 3].into()),
            published_at: Some(Published::parse("2026-03-09T11:30:00+09:00").unwrap()),
            source: Some(HOSTILE.into()),
            about: Some(HOSTILE.into()),
            ..Document::default()
        };
        NewDocument {
            document,
            fetched_at: now(),
            story: format!("s{number}"),
            author: Some(HOSTILE.into()),
            analysis: analysis(&id),
        }
    });
    made.collect()
}

fn app(config: Config, brain: &Brain) -> (Router, Arc<Pipeline>) {
    let store = Arc::new(Store::in_memory().unwrap());
    store.commit_documents_with_reports(&documents()).unwrap();
    let row = OutboxRow {
        id: "dlv_1".into(),
        alert: "alt_1".into(),
        incident: Some("inc_one".into()),
        endpoint: HOSTILE.into(),
        body: HOSTILE.into(),
        created_at: now().timestamp(),
        tries: 0,
    };
    let commit = TransitionCommit {
        incidents: vec![incident("inc_one", "2026-03-09T11:00:00+09:00")],
        changes: vec![("inc_one".into(), change("inc_one", "2026-03-09T11:05:00+09:00"))],
        evidence: (0..5).map(|number| ("inc_one".into(), format!("doc_{number}"))).collect(),
        outbox: vec![row],
        at: now().timestamp(),
        ..TransitionCommit::default()
    };
    store.commit_transition_with_outbox(&commit).unwrap();
    let failed = Attempt {
        at: now().timestamp(),
        status: Some(500),
        took_ms: 3,
        error: Some(HOSTILE.into()),
        verdict: Verdict::Dead,
    };
    store.commit_attempt("dlv_1", HOSTILE, &failed).unwrap();
    let source = config.source[0].name.clone();
    let state =
        FetchState { checked_at: Some(1), last_error: Some(HOSTILE.into()), error_count: 3, ..FetchState::default() };
    store.commit_failure(&source, &state, &Progress::default()).unwrap();
    let pipeline = Pipeline::start(Parts {
        config,
        store,
        index: Arc::new(SearchIndex::in_memory(brain.tokens.clone()).unwrap()),
        fetcher: Arc::new(fetcher(true)),
        catalogue: brain.catalogue.clone(),
        analyse: brain.analyse.clone(),
        detector: Box::new(Quiet),
        deliver: Arc::new(Quiet),
        clock: Arc::new(now),
    })
    .unwrap();
    let pipeline = Arc::new(pipeline);
    let (_, stop) = tokio::sync::watch::channel(false);
    (router(Shared::new(pipeline.clone(), brain.clone(), stop)), pipeline)
}

fn plain() -> Config {
    let mut config = Config::load(None).unwrap();
    config.http.rate_per_minute = 0;
    config
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

async fn ask(app: &Router, method: Method, path: &str, with: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in with {
        request = request.header(*name, *value);
    }
    let answer = app.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

async fn get(app: &Router, path: &str) -> Answer {
    ask(app, Method::GET, path, &[("accept", "text/html"), ("accept-language", "ko")], "").await
}

const PAGES: [&str; 14] = [
    "/",
    "/incidents",
    "/incidents/inc_one",
    "/search?q=%EC%B9%B4%EC%B9%B4%EC%98%A4%ED%86%A1",
    "/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    "/services",
    "/services/kakaotalk",
    "/trends",
    "/trends?hours=2160",
    "/sources",
    "/alerts",
    "/dictionary",
    "/api",
    "/login?back=//b.example",
];

#[tokio::test]
async fn hostile_text_is_shown_harmlessly_in_every_field() {
    let brain = brain().unwrap();
    let (app, _) = app(plain(), &brain);
    for path in PAGES {
        let page = get(&app, path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        let text = &page.text;
        for bad in [
            "<script>",
            "<img",
            "javascript:",
            "href=\"data:",
            "\" onload",
            "\u{202E}",
            "\u{200B}",
            "\u{FEFF}",
            "\u{0007}",
            "\u{0336}",
        ] {
            assert!(
                !text.contains(bad),
                "{path} shows {bad:?} at {:?}",
                text.find(bad).map(|at| text[at.saturating_sub(80)..].chars().take(160).collect::<String>())
            );
        }
        assert!(text.len() < 300_000, "{path} has {} bytes: a long title is not cut", text.len());
        assert!(page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("script-src 'self'"));
    }
    // It is shown all the same, as what it is.
    assert!(get(&app, "/incidents/inc_one").await.text.contains("&lt;script&gt;alert(1)"));
    let form = format!(
        "kind=news&title={0}&text={0}",
        url::form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect::<String>()
    );
    let kind = [("content-type", "application/x-www-form-urlencoded"), ("accept", "text/html")];
    let read = ask(&app, Method::POST, "/dictionary", &kind, &form).await;
    assert_eq!(read.status, StatusCode::OK);
    assert!(!read.text.contains("<script>") && !read.text.contains("<img"));
}

#[tokio::test]
async fn feeds_are_well_formed_whatever_they_tell() {
    let brain = brain().unwrap();
    let (app, _) = app(plain(), &brain);
    let atom = ask(&app, Method::GET, "/feed.atom", &[("host", "a.example\"<x")], "").await.text;
    let mut reader = quick_xml::Reader::from_str(&atom);
    let mut entries = 0;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(tag) if tag.name().as_ref() == "entry" => entries += 1,
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(entries, 1);
    let json: serde_json::Value = serde_json::from_str(&get(&app, "/feed.json").await.text).unwrap();
    assert_eq!(json["items"][0]["id"], "urn:meoktong:inc_one");
    let calendar = get(&app, "/feed.ics").await.text;
    assert!(calendar.starts_with("BEGIN:VCALENDAR\r\n") && calendar.ends_with("END:VCALENDAR\r\n"));
    assert!(calendar.contains("UID:inc_one@meoktong\r\n") && calendar.split("\r\n").all(|line| line.len() <= 75));
    let metrics = get(&app, "/metrics").await.text;
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("meoktong_") && value.parse::<f64>().is_ok(), "{line}");
        let family = name.split('{').next().unwrap();
        assert!(metrics.contains(&format!("# HELP {family} ")), "{family} says nothing of itself");
    }
}

#[tokio::test]
async fn writing_needs_a_token_with_the_scope_and_a_page_of_ours() {
    let brain = brain().unwrap();
    let mut config = plain();
    let (all, reader) = ("mkt_all", "mkt_read");
    let token = |name: &str, token: &str, scopes: &[Scope]| Token {
        name: name.into(),
        sha256: access::hash(token),
        scopes: scopes.into(),
    };
    config.token = vec![
        token("ops", all, &[Scope::Incidents, Scope::Alerts, Scope::Sources]),
        token("eye", reader, &[Scope::Read]),
    ];
    let source = config.source[0].name.clone();
    let (app, pipeline) = app(config, &brain);
    let run = format!("/api/v1/sources/{source}/run");
    let writes = [
        ("/api/v1/incidents/inc_one/acknowledgement", "{\"note\":\"보는 중\"}", StatusCode::NO_CONTENT),
        ("/api/v1/deliveries/dlv_1/retry", "", StatusCode::ACCEPTED),
        (run.as_str(), "", StatusCode::ACCEPTED),
    ];
    for (path, body, done) in writes {
        let post = async |with: &[(&str, &str)]| {
            let with: Vec<_> =
                with.iter().copied().chain([("content-type", "application/json"), ("host", "a.example")]).collect();
            ask(&app, Method::POST, path, &with, body).await.status
        };
        assert_eq!(post(&[]).await, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(post(&[("authorization", "Bearer wrong")]).await, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(post(&[("authorization", &format!("Bearer {reader}"))]).await, StatusCode::FORBIDDEN, "{path}");
        let cookie = format!("meoktong_token={all}");
        let theirs = [("cookie", cookie.as_str()), ("origin", "https://b.example")];
        assert_eq!(post(&theirs).await, StatusCode::FORBIDDEN, "{path}: a page of another site");
        assert_eq!(post(&[("cookie", cookie.as_str()), ("origin", "https://a.example")]).await, done, "{path}");
        assert_eq!(post(&[("authorization", &format!("Bearer {all}"))]).await, done, "{path}");
    }
    let seen = pipeline.store.acknowledgement("inc_one").unwrap().unwrap();
    assert_eq!((seen.by.as_str(), seen.note.as_str()), ("ops", "보는 중"));
    assert_eq!(pipeline.store.deliveries(1).unwrap()[0].state, "pending");
    assert_eq!(pipeline.store.fetch_state(&source).unwrap().next_check_at, now().timestamp());
    let bearer = [("authorization", "Bearer mkt_all"), ("content-type", "application/json")];
    let gone = ask(&app, Method::POST, "/api/v1/incidents/inc_none/acknowledgement", &bearer, "{}").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn reading_can_be_protected() {
    let brain = brain().unwrap();
    let mut config = plain();
    config.http.protect_reads = true;
    config.token = vec![
        Token { name: "eye".into(), sha256: access::hash("r"), scopes: vec![Scope::Read] },
        Token { name: "hand".into(), sha256: access::hash("w"), scopes: vec![Scope::Alerts] },
    ];
    let (app, _) = app(config, &brain);
    let api = ask(&app, Method::GET, "/api/v1/incidents", &[], "").await;
    assert_eq!(
        (api.status, api.headers[header::CONTENT_TYPE].to_str().unwrap()),
        (StatusCode::UNAUTHORIZED, "application/problem+json")
    );
    assert!(!api.text.contains("kakaotalk"));
    let page = get(&app, "/incidents").await;
    assert_eq!(
        (page.status, page.headers[header::LOCATION].to_str().unwrap()),
        (StatusCode::SEE_OTHER, "/login?back=%2Fincidents")
    );
    for path in ["/feed.atom", "/metrics", "/api/openapi.json"] {
        assert_eq!(ask(&app, Method::GET, path, &[], "").await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(
        ask(&app, Method::GET, "/api/v1/incidents", &[("authorization", "Bearer w")], "").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        ask(&app, Method::GET, "/api/v1/incidents", &[("authorization", "Bearer r")], "").await.status,
        StatusCode::OK
    );
    assert_eq!(get(&app, "/healthz").await.status, StatusCode::OK);
    let form =
        [("content-type", "application/x-www-form-urlencoded"), ("host", "a.example"), ("origin", "http://a.example")];
    let wrong = ask(&app, Method::POST, "/login", &form, "token=x").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let right = ask(&app, Method::POST, "/login", &form, "token=r&back=%2Fsources").await;
    assert_eq!((right.status, right.headers[header::LOCATION].to_str().unwrap()), (StatusCode::SEE_OTHER, "/sources"));
    let cookie = right.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
}

#[tokio::test]
async fn answers_are_validated_paced_and_hardened() {
    let brain = brain().unwrap();
    let mut config = plain();
    config.http.cors_origins = vec!["https://ops.example".into()];
    let (open, _) = app(config, &brain);
    let first = get(&open, "/api/v1/incidents").await;
    let tag = first.headers[header::ETAG].to_str().unwrap().to_owned();
    let again = ask(&open, Method::GET, "/api/v1/incidents", &[("if-none-match", &tag)], "").await;
    assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    for (name, value) in
        [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer")]
    {
        assert_eq!(first.headers[name], value);
    }
    assert!(!first.headers.contains_key("access-control-allow-origin"), "nobody is allowed unless named");
    for (origin, allowed) in [("https://ops.example", true), ("https://b.example", false)] {
        let answer = ask(&open, Method::GET, "/api/v1/services", &[("origin", origin)], "").await;
        let told = answer.headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap());
        assert_eq!(told, allowed.then_some(origin));
    }

    let problem = ask(&open, Method::GET, "/api/v1/search?q=service:(", &[], "").await;
    let body: serde_json::Value = serde_json::from_str(&problem.text).unwrap();
    assert_eq!(
        (problem.status, &body["status"], &body["type"]),
        (StatusCode::BAD_REQUEST, &400.into(), &"about:blank".into())
    );
    for path in [
        "/api/v1/incidents?limit=0",
        "/api/v1/incidents?unknown=1",
        "/api/v1/incidents?cursor=x",
        "/api/v1/trends?hours=0",
        "/api/v1/history?cursor=9",
    ] {
        assert_eq!(ask(&open, Method::GET, path, &[], "").await.status, StatusCode::BAD_REQUEST, "{path}");
    }
    assert_eq!(ask(&open, Method::PUT, "/api/v1/incidents", &[], "").await.status, StatusCode::METHOD_NOT_ALLOWED);
    let missing = get(&open, "/nothing").await;
    assert!(missing.status == StatusCode::NOT_FOUND && missing.text.contains("<h1>"), "people see a page");

    let mut config = plain();
    config.http.rate_per_minute = 8;
    let (slow, _) = app(config, &brain);
    let mut refused = None;
    for _ in 0..4 {
        refused = Some(get(&slow, "/api/v1/services").await);
    }
    let refused = refused.unwrap();
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers[header::RETRY_AFTER].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(get(&slow, "/healthz").await.status, StatusCode::OK, "health is asked at any pace");
}

#[tokio::test]
async fn every_described_address_answers_and_every_page_of_rows_leads_on() {
    let brain = brain().unwrap();
    let (app, pipeline) = app(plain(), &brain);
    let described: serde_json::Value = serde_json::from_str(&get(&app, "/api/openapi.json").await.text).unwrap();
    for wanted in ["search", "incidents", "incidents/{id}", "services", "sources", "trends", "history", "events"] {
        assert!(described["paths"][format!("/api/v1/{wanted}")]["get"].is_object(), "{wanted}");
    }
    for (path, methods) in described["paths"].as_object().unwrap() {
        let path = path.replace("incidents/{id}", "incidents/inc_one").replace("services/{id}", "services/toss");
        if methods.get("get").is_some() && !path.ends_with("/events") {
            let answer = ask(&app, Method::GET, &path, &[], "").await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        }
    }
    let more: Vec<IncidentRow> =
        (0..25).map(|n| incident(&format!("inc_{n:02}"), "2026-03-08T10:00:00+09:00")).collect();
    pipeline
        .store
        .commit_transition_with_outbox(&TransitionCommit { incidents: more, ..TransitionCommit::default() })
        .unwrap();
    let (mut seen, mut path) = (Vec::new(), "/api/v1/incidents?limit=10".to_owned());
    loop {
        let page: serde_json::Value = serde_json::from_str(&get(&app, &path).await.text).unwrap();
        seen.extend(page["incidents"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/incidents?limit=10&cursor={next}");
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((count, seen.len()), (26, 26), "each once");
}

#[tokio::test]
async fn the_stream_tells_changes_and_what_was_missed() {
    let brain = brain().unwrap();
    let (app, _) = app(plain(), &brain);
    let request = Request::get("/api/v1/events").header("last-event-id", "0").body(Body::empty()).unwrap();
    let answer = app.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut body = answer.into_body().into_data_stream();
    let piece = tokio::time::timeout(Duration::from_secs(5), futures_util::StreamExt::next(&mut body)).await.unwrap();
    let text = String::from_utf8(piece.unwrap().unwrap().to_vec()).unwrap();
    assert!(
        text.contains("event: incident") && text.contains("id: 1") && text.contains("\"change\":\"confirmed\""),
        "{text}"
    );
}
