//! Every kind of source over real HTTP, on good days and on bad ones.

use std::io::Write;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use meoktong::pipeline::{CrawlReport, Pipeline};
use meoktong::store::StoredDocument;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

use crate::replay::{Hand, Replay, Reply, fresh, ok, source, with};

const NOW: &str = "2026-03-09T12:00:00+09:00";
/// A variable that cargo sets for tests: it stands in for a key.
const KEYS: &str = "key_env = \"CARGO_PKG_NAME\"\nsecret_env = \"CARGO_PKG_NAME\"\n";

async fn crawl(pipeline: &Arc<Pipeline>, name: &str) -> CrawlReport {
    let source = pipeline.config.source(name).unwrap().clone();
    pipeline.crawl(&source).await.unwrap()
}

fn stored(pipeline: &Pipeline) -> Vec<StoredDocument> {
    pipeline.store.documents_after(0, 20_000).unwrap()
}

fn rss(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"><channel><title>가람일보</title><link>https://p.example/</link><description>x</description>{items}</channel></rss>"
    )
}

fn item(number: usize) -> String {
    format!(
        "<item><title>가람톡 장애 {number}</title><link>https://p.example/news/articleView.html?idxno={number}</link><pubDate>2026-03-09 09:14:00</pubDate></item>"
    )
}

/// Adapter, kind, options, path, body; then how many documents, and the first one's headline.
type Case = (&'static str, &'static str, &'static str, &'static str, Vec<u8>, usize, &'static str);

#[tokio::test]
async fn every_kind_of_source_stores_what_its_format_holds() {
    let server = Replay::new().await;
    let korean = |text: &str| encoding_rs::EUC_KR.encode(text).0.into_owned();
    let mut wide = vec![0xFE, 0xFF];
    wide.extend(
        r#"[{"date":"1773015240","arn":"a","service":"ec2","region_name":"Seoul","status":"2","summary":"errors"}]"#
            .encode_utf16()
            .flat_map(u16::to_be_bytes),
    );
    let cases: Vec<Case> = vec![
        ("feed", "news", "", "/rss", rss(&item(1)).into_bytes(), 1, "가람톡 장애 1"),
        ("feed", "news", "", "/cp949", korean(&rss(&item(2)).replace("UTF-8", "EUC-KR")), 1, "가람톡 장애 2"),
        ("sitemap", "news", "", "/sitemap", "<urlset><url><loc>https://p.example/v?n=1</loc><news:news xmlns:news='n'><news:title>가람톡 멈춤</news:title><news:publication_date>2026-03-09T09:14:00+09:00</news:publication_date></news:news></url></urlset>".into(), 1, "가람톡 멈춤"),
        ("trends", "trend", "", "/trends", "<rss xmlns:ht='https://trends.google.com/trends/trendingsearches/daily'><channel><item><title>가람톡 오류</title><ht:approx_traffic>2,000+</ht:approx_traffic><pubDate>Sun, 8 Mar 2026 17:20:00 -0700</pubDate></item></channel></rss>".into(), 1, "가람톡 오류"),
        ("daum-trends", "trend", "", "/daum", "<script>{\"REALTIME_TREND_TOP\":{\"updatedAt\":\"2026-03-09T11:50:00+09:00\",\"keywords\":[{\"keyword\":\"다온페이\",\"rank\":1,\"status\":\"0\"}]}}</script>".into(), 1, "다온페이"),
        ("nate-trends", "trend", "", "/nate.js", korean("[[\"1\",\"누리은행 오류\",\"n\",\"0\",\"x\"]]"), 1, "누리은행 오류"),
        ("signal-trends", "trend", "", "/signal", r#"{"now":1773025200000,"top10":[{"rank":1,"keyword":"가람톡","state":"+"}]}"#.into(), 1, "가람톡"),
        ("reviews", "review", "", "/r/page=1/json", r#"{"feed":{"entry":{"id":{"label":"7"},"im:rating":{"label":"1"},"title":{"label":"튕겨요"},"content":{"label":"x"},"updated":{"label":"2026-03-08T17:10:00-07:00"},"author":{"name":{"label":"a"}}}}}"#.into(), 1, "튕겨요"),
        ("notices", "notice", "layout = { row = \"li\", title = \"a\", date = \".d\" }", "/notice", "<ul><li><a href='?n=1'>접속 장애 안내</a><span class=d>2026.03.09 09:14</span></li></ul>".into(), 1, "접속 장애 안내"),
        ("naver-search", "news", "search = \"news\"\nqueries = [\"가람톡 장애\"]", "/naver/news", r#"{"total":1,"items":[{"title":"<b>가람톡</b> &quot;장애&quot;","originallink":"https://q.example/1","link":"https://n.news.naver.com/article/001/1","description":"x","pubDate":"Mon, 09 Mar 2026 10:01:00 +0900"}]}"#.into(), 1, "가람톡 \"장애\""),
        ("kakao-search", "post", "search = \"cafe\"\nqueries = [\"가람톡\"]", "/kakao/cafe", r#"{"meta":{"is_end":true},"documents":[{"title":"가람톡 <b>안됨</b>","contents":"x","url":"https://c.example/1","datetime":"2026-03-09T10:02:11.000+09:00"}]}"#.into(), 1, "가람톡 안됨"),
        ("x-search", "post", "queries = [\"가람톡\"]\nmonthly_usd = 5.0", "/x", r#"{"data":[{"id":"2","text":"가람톡 먹통","created_at":"2026-03-09T00:14:00.000Z","author_id":"7"}],"meta":{"newest_id":"2","result_count":1}}"#.into(), 1, ""),
        ("mastodon", "post", "tags = [\"먹통\"]", "", r#"[{"id":"110","created_at":"2026-03-09T00:14:00.000Z","content":"<p>가람톡 안됨</p>","url":"https://m.example/@a/110","account":{"acct":"a"}}]"#.into(), 1, ""),
        ("statuspage", "status", "", "/status", r#"{"page":{"name":"E"},"incidents":[{"name":"API","status":"resolved","impact":"major","incident_updates":[{"id":"u1","status":"investigating","body":"x","created_at":"2026-03-09T01:00:00Z"},{"id":"u2","status":"resolved","body":"y","created_at":"2026-03-09T01:30:00Z"}]}]}"#.into(), 2, "E API: 장애 발생, 확인 중 (investigating), major"),
        ("aws-status", "status", "", "/aws", wide, 1, "AWS ec2 Seoul: 장애 발생, 확인 중 (investigating)"),
        ("gcp-status", "status", "", "/gcp", r#"[{"id":"a","begin":"2026-03-09T00:00:00+00:00","service_name":"Compute","external_desc":"x","most_recent_update":{"when":"2026-03-09T00:14:00+00:00"}}]"#.into(), 1, "Google Cloud Compute: 장애 발생, 확인 중 (investigating)"),
        ("json", "post", "fields = { rows = \"d\", id = \"n\", title = \"t\", published_at = \"ts\" }\nheaders = { x-token = \"env:CARGO_PKG_NAME\" }", "/json", r#"{"d":[{"n":1,"t":"다온페이 먹통","ts":1773015240}]}"#.into(), 1, "다온페이 먹통"),
    ];
    let mut config = String::new();
    for (number, (adapter, kind, more, path, body, ..)) in cases.iter().enumerate() {
        let path = if *adapter == "mastodon" { "/api/v1/timelines/tag/%EB%A8%B9%ED%86%B5" } else { path };
        server.at(path, &[ok("text/plain", body)]);
        let base = path.trim_end_matches("/news").trim_end_matches("/cafe");
        let url = if *adapter == "mastodon" {
            server.url("")
        } else {
            server.url(if adapter.contains("search") { base } else { path })
        };
        let keys = if adapter.contains("search") { KEYS } else { "" };
        config.push_str(&source(&format!("s{number}"), adapter, kind, &url, &format!("{keys}{more}")));
    }
    let pipeline = fresh(&config, &Hand::at(NOW));
    for (number, (adapter, _, _, path, _, count, title)) in cases.iter().enumerate() {
        let name = format!("s{number}");
        let before = stored(&pipeline).len();
        let report = crawl(&pipeline, &name).await;
        assert_eq!(report.error, None, "{adapter} {path}");
        assert_eq!(report.new, *count, "{adapter} {path}: {report:?}");
        let found = stored(&pipeline);
        assert_eq!(found[before].document.title, *title, "{adapter}");
        assert!(found[before].document.published_at.is_some() || *adapter == "nate-trends", "{adapter}");
        let again = crawl(&pipeline, &name).await;
        assert_eq!((again.new, again.error), (0, None), "{adapter}: nothing is stored twice");
    }
    let json = server.asked("/json")[0].to_lowercase();
    assert!(json.contains("x-token: meoktong"), "{json}");
    assert!(server.asked("/naver/news")[0].contains("sort=date"));
    assert!(server.asked("/x")[1].contains("since_id=2"), "the second search asks for what is newer");
    let ranks = pipeline.store.ranks("누리은행 오류", 0).unwrap();
    assert_eq!((ranks.len(), ranks[0].1.rank, ranks[0].1.delta), (1, 1, None));
}

#[tokio::test]
async fn bad_days_are_told_with_their_name_and_harm_nobody_else() {
    let server = Replay::new().await;
    let bomb = {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&vec![b' '; 64 << 20]).unwrap();
        packed.finish().unwrap()
    };
    assert!(bomb.len() < 100_000, "small on the wire");
    let mut half = encoding_rs::EUC_KR.encode(&rss(&item(20_002)).replace("UTF-8", "EUC-KR")).0.into_owned();
    let cut = half.windows(2).position(|pair| pair == encoding_rs::EUC_KR.encode("톡").0.as_ref()).unwrap();
    half.remove(cut);
    let many: String = (0..10_000).map(item).collect();
    let deep = format!("<rss><channel>{}", "<item>".repeat(10_000));
    let laughs = "<!DOCTYPE rss [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>".to_owned()
        + &rss("<item><title>&c;&c;&c;&c;</title><link>https://p.example/l</link></item>").replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "");
    let gzip = with("200 OK", "content-type: text/xml\r\ncontent-encoding: gzip\r\n", &bomb);
    let cases: Vec<(&str, Reply, Result<usize, &str>)> = vec![
        (
            "401",
            with("401 Unauthorized", "", br#"{"errorMessage":"NID AUTH Result Invalid","errorCode":"024"}"#),
            Err("024: NID AUTH Result Invalid"),
        ),
        (
            "403",
            with("403 Forbidden", "cf-mitigated: challenge\r\n", b"<html><title>Just a moment...</title>"),
            Err("Cloudflare challenge"),
        ),
        ("404", with("404 Not Found", "", b""), Err("the address is gone")),
        ("410", with("410 Gone", "", b""), Err("the address is gone")),
        ("429", with("429 Too Many Requests", "", b""), Err("answered 429")),
        ("429later", with("429 Too Many Requests", "retry-after: 7200\r\n", b""), Err("answered 429")),
        ("503", with("503 Service Unavailable", "", b""), Err("answered 503")),
        ("stall", Reply::Stall(Vec::new()), Err("did not answer within")),
        (
            "drip",
            Reply::Stall(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n<rss>".to_vec()),
            Err("did not answer within"),
        ),
        ("reset", Reply::Reset, Err("broke off")),
        ("cut", Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n<rss>".to_vec()), Err("broke off")),
        ("bomb", gzip, Err("longer than 4 MiB")),
        ("nogzip", with("200 OK", "content-encoding: gzip\r\n", b"this is no gzip"), Err("broke off")),
        ("deep", ok("text/xml", deep.as_bytes()), Err("nested")),
        ("page", ok("text/html", b"<!DOCTYPE html><html><body>moved</body></html>"), Err("web page")),
        ("captcha", ok("text/html", "<html>자동등록방지 문자를 입력</html>".as_bytes()), Err("captcha")),
        ("empty", ok("text/xml", b""), Err("empty")),
        ("none", ok("text/xml", rss("").as_bytes()), Ok(0)),
        ("many", ok("text/xml", rss(&many).as_bytes()), Ok(1000)),
        ("half", ok("text/xml; charset=utf-8", &half), Ok(1)),
        ("utf8", ok("text/xml", &[rss(&item(20_001)).as_bytes(), b"\xFF\xFE"].concat()), Ok(1)),
    ];
    let mut config = source("laughs", "feed", "news", &server.url("/laughs"), "");
    config.push_str(&source("loop", "feed", "news", &server.url("/loop"), ""));
    server.at("/laughs", &[ok("text/xml", laughs.as_bytes())]);
    server.at("/loop", &[with("302 Found", "location: /loop\r\n", b"")]);
    for (name, reply, _) in &cases {
        server.at(&format!("/{name}"), std::slice::from_ref(reply));
        config.push_str(&source(&format!("t{name}"), "feed", "news", &server.url(&format!("/{name}")), ""));
    }
    let clock = Hand::at(NOW);
    let pipeline = fresh(&config, &clock);
    for (name, _, wanted) in &cases {
        let report = crawl(&pipeline, &format!("t{name}")).await;
        let state = pipeline.store.fetch_state(&format!("t{name}")).unwrap();
        match wanted {
            Ok(count) => assert_eq!((report.new, &report.error), (*count, &None), "{name}"),
            Err(text) => {
                let error = report.error.unwrap_or_else(|| panic!("{name} must fail"));
                assert!(error.contains(text) && error.contains(" — "), "{name}: {error}");
                assert_eq!((state.error_count, state.etag), (1, None), "{name}");
            }
        }
        let wait = state.next_check_at - clock.now().timestamp();
        let least = match *name {
            "429later" => 7200,
            "401" | "403" | "404" | "410" => 3600,
            _ => 1,
        };
        assert!(wait >= least, "{name} is asked again after {wait} s");
    }
    assert_eq!(crawl(&pipeline, "tmany").await.error, None);
    assert!(pipeline.store.progress("tmany").unwrap().skipped >= 9000, "what is too much is counted");
    assert!(crawl(&pipeline, "loop").await.error.unwrap().contains("more than five times"));
    assert_eq!(server.asked("/loop").len(), 6);
    let laughed: usize = {
        crawl(&pipeline, "laughs").await;
        stored(&pipeline).iter().map(|d| d.document.title.len()).max().unwrap()
    };
    assert!(laughed < 200, "{laughed}");
}

#[tokio::test]
async fn a_source_breaks_is_shown_and_recovers_by_itself() {
    let server = Replay::new().await;
    let bad = with("500 Internal Server Error", "", b"");
    server.at("/rss", &[bad.clone(), bad.clone(), bad, ok("text/xml", rss(&item(1)).as_bytes())]);
    let config = format!("[crawl]\nbroken_after = 3\n{}", source("s", "feed", "news", &server.url("/rss"), ""));
    let clock = Hand::at(NOW);
    let pipeline = fresh(&config, &clock);
    let mut waits = Vec::new();
    for round in 0..3 {
        assert_eq!(pipeline.due().unwrap().len(), 1, "round {round}");
        crawl(&pipeline, "s").await;
        let wait = pipeline.store.fetch_state("s").unwrap().next_check_at - clock.now().timestamp();
        assert_eq!(pipeline.due().unwrap().len(), 0, "it rests");
        clock.forward(wait);
        waits.push(wait);
    }
    assert!(pipeline.store.progress("s").unwrap().broken_at.is_some());
    let told = pipeline.store.claim_due_messages(clock.now().timestamp(), 60, 10).unwrap();
    assert_eq!(told.len(), 1, "it is told once");
    let report = crawl(&pipeline, "s").await;
    assert_eq!((report.new, report.error), (1, None));
    let progress = pipeline.store.progress("s").unwrap();
    assert_eq!((progress.broken_at, pipeline.store.fetch_state("s").unwrap().error_count), (None, 0));
}

#[tokio::test]
async fn what_did_not_change_is_not_read_again_and_an_update_is_a_version() {
    let server = Replay::new().await;
    let first = with(
        "200 OK",
        "content-type: text/xml\r\netag: \"1\"\r\ncache-control: max-age=420\r\n",
        rss(&item(1)).as_bytes(),
    );
    let same = Reply::Raw(b"HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n".to_vec());
    let changed = ok("text/xml", rss(&item(1).replace("장애 1", "장애 1 (종합)")).as_bytes());
    server.at("/rss", &[first, same, changed.clone(), changed]);
    let clock = Hand::at(NOW);
    let pipeline = fresh(&source("s", "feed", "news", &server.url("/rss"), "max_minutes = 30"), &clock);
    crawl(&pipeline, "s").await;
    assert!(
        pipeline.store.fetch_state("s").unwrap().next_check_at >= clock.now().timestamp() + 420,
        "max-age is believed"
    );
    assert!(crawl(&pipeline, "s").await.unchanged);
    assert!(server.asked("/rss")[1].to_lowercase().contains("if-none-match: \"1\""));
    clock.forward(600);
    assert_eq!(crawl(&pipeline, "s").await.new, 0);
    assert!(crawl(&pipeline, "s").await.unchanged, "the same body without a validator");
    let known = stored(&pipeline);
    assert_eq!(known.len(), 1, "an update is no other report");
    let versions = pipeline.store.versions(&known[0].document.id).unwrap();
    assert_eq!(versions.iter().map(|(_, title)| title.as_str()).collect::<Vec<_>>(), ["가람톡 장애 1 (종합)"]);
}

#[tokio::test]
async fn pages_are_turned_while_all_is_new_and_the_ledger_holds() {
    let server = Replay::new().await;
    let page = |number: usize, end: bool| {
        let rows: Vec<String> = (0..2).map(|n| format!("{{\"title\":\"가람톡 {number} {n}\",\"url\":\"https://c.example/{number}/{n}\",\"datetime\":\"2026-03-09T10:02:11.000+09:00\"}}")).collect();
        ok(
            "application/json",
            format!("{{\"meta\":{{\"is_end\":{end}}},\"documents\":[{}]}}", rows.join(",")).as_bytes(),
        )
    };
    server.at("/k/cafe", &[page(1, false), page(2, false), page(3, true)]);
    let config = source(
        "k",
        "kakao-search",
        "post",
        &server.url("/k"),
        &format!("search = \"cafe\"\nqueries = [\"가람톡\"]\ndaily_calls = 4\n{KEYS}"),
    );
    let clock = Hand::at(NOW);
    let pipeline = fresh(&config, &clock);
    assert_eq!(crawl(&pipeline, "k").await.requests, 1, "the first time everything is new: no page is turned");
    clock.forward(300);
    let second = crawl(&pipeline, "k").await;
    assert_eq!((second.requests, second.new), (2, 4));
    assert!(server.asked("/k/cafe")[2].contains("page=2"));
    crawl(&pipeline, "k").await;
    let refused = crawl(&pipeline, "k").await;
    assert!(refused.note.unwrap().contains("quota"), "four calls a day");
    assert_eq!(server.asked("/k/cafe").len(), 4);
    let midnight = pipeline.store.fetch_state("k").unwrap().next_check_at;
    assert_eq!(chrono::DateTime::from_timestamp(midnight, 0).unwrap().to_rfc3339(), "2026-03-09T15:00:00+00:00");
    clock.forward(12 * 3600);
    assert_eq!(crawl(&pipeline, "k").await.requests, 1, "a new day");
}

#[tokio::test]
async fn keys_stay_with_their_host_and_inner_addresses_are_refused_behind_a_redirect() {
    let (server, other) = (Replay::new().await, Replay::new().await);
    server.at("/json", &[with("302 Found", &format!("location: {}\r\n", other.url("/stolen")), b"")]);
    other.at("/stolen", &[ok("application/json", b"[]")]);
    let config = source(
        "j",
        "json",
        "post",
        &server.url("/json"),
        "fields = { title = \"t\" }\nheaders = { authorization = \"env:CARGO_PKG_NAME\" }",
    );
    let pipeline = fresh(&config, &Hand::at(NOW));
    assert_eq!(crawl(&pipeline, "j").await.error, None);
    assert!(
        server.asked("/json")[0].contains("meoktong\r\n")
            || server.asked("/json")[0].to_lowercase().contains("authorization: meoktong")
    );
    assert!(!other.asked("/stolen")[0].to_lowercase().contains("authorization"));
}

#[tokio::test]
async fn robots_are_asked_once_and_obeyed_as_rfc_9309_says() {
    let server = Replay::new().await;
    server.at("/robots.txt", &[with("302 Found", "location: /elsewhere.txt\r\n", b"")]);
    server.at("/elsewhere.txt", &[ok("text/plain", b"User-agent: *\nDisallow: /closed\n")]);
    let feed = ok("text/xml", rss(&item(1)).as_bytes());
    server.at("/open", std::slice::from_ref(&feed));
    server.at("/closed", std::slice::from_ref(&feed));
    let broken = Replay::new().await;
    broken.at("/robots.txt", &[with("503 Service Unavailable", "", b"")]);
    broken.at("/rss", &[feed]);
    let config = [
        source("open", "feed", "news", &server.url("/open"), ""),
        source("closed", "feed", "news", &server.url("/closed"), ""),
        source("unsaid", "feed", "news", &broken.url("/rss"), ""),
    ];
    let pipeline = fresh(&config.concat(), &Hand::at(NOW));
    assert_eq!(crawl(&pipeline, "open").await.error, None);
    assert!(crawl(&pipeline, "closed").await.error.unwrap().contains("robots.txt forbids /closed"));
    assert!(crawl(&pipeline, "unsaid").await.error.unwrap().contains("could not be read"));
    assert_eq!(
        (server.asked("/robots.txt").len(), server.asked("/closed").len(), broken.asked("/rss").len()),
        (1, 0, 0)
    );
}

#[tokio::test]
async fn a_stream_is_filtered_and_taken_up_where_it_broke_off() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/subscribe", listener.local_addr().unwrap());
    let post = |key: &str, time: u64, text: &str| {
        format!(
            r#"{{"did":"did:plc:a","time_us":{time},"kind":"commit","commit":{{"operation":"create","collection":"app.bsky.feed.post","rkey":"{key}","record":{{"text":"{text}","createdAt":"2026-03-09T02:59:00Z"}}}}}}"#
        )
    };
    let gone = post("k1", 30_000_000, "x").replace("create", "delete");
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let heads = asked.clone();
    let served = tokio::spawn(async move {
        for frames in [
            vec![
                post("k1", 10_000_000, "카카오톡 또 먹통이네 안됨"),
                r#"{"did":"d","time_us":11,"kind":"identity"}"#.to_owned(),
                post("k2", 20_000_000, "good morning"),
            ],
            vec![gone, post("k3", 40_000_000, "토스 송금 안됨 오류나요")],
        ] {
            let (socket, _) = listener.accept().await.unwrap();
            #[expect(clippy::result_large_err, reason = "the library's own signature")]
            let callback = |request: &tokio_tungstenite::tungstenite::handshake::server::Request, response| {
                heads.lock().unwrap().push(request.uri().to_string());
                Ok(response)
            };
            let mut socket = tokio_tungstenite::accept_hdr_async(socket, callback).await.unwrap();
            for frame in frames {
                socket.send(Message::text(frame)).await.unwrap();
            }
            let _ = socket.close(None).await;
            while let Some(Ok(_)) = socket.next().await {}
        }
    });
    let mut config = source("b", "bluesky", "post", &url, "");
    config = config.replace("schedule = \"*/5 * * * *\"\n", "");
    let pipeline = fresh(&config, &Hand::at(NOW));
    // The analysis of this test finds nothing in anything, so that only the stream's clock is left to look at.
    crawl(&pipeline, "b").await;
    crawl(&pipeline, "b").await;
    served.await.unwrap();
    let asked = asked.lock().unwrap();
    assert!(asked[0].contains("wantedCollections=app.bsky.feed.post") && !asked[0].contains("cursor"));
    assert!(asked[1].contains("cursor=18000000"), "two seconds before the last frame: {}", asked[1]);
    assert!(pipeline.store.progress("b").unwrap().cursor.contains("40000000"));
}

#[tokio::test]
async fn files_that_are_dropped_are_read_once_and_put_away() {
    let folder = tempfile::tempdir().unwrap();
    let drop = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let past = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
        std::fs::File::options().write(true).open(path).unwrap().set_modified(past).unwrap();
    };
    drop("a.csv", &encoding_rs::EUC_KR.encode("제목,작성일\n가람톡 먹통,2026-03-09 09:14\n").0);
    drop("b.jsonl", b"{\"id\":\"1\",\"title\":\"x\"}\nno json\n");
    drop("c.csv", b"unknown,columns\n1,2\n");
    std::fs::write(folder.path().join("d.csv"), "제목\n아직 쓰는 중\n").unwrap();
    let config = source(
        "f",
        "folder",
        "news",
        &folder.path().display().to_string(),
        "fields = { title = \"제목\", published_at = \"작성일\", id = \"id\" }",
    );
    let pipeline = fresh(&config.replace("id = \\\"id\\\"", ""), &Hand::at(NOW));
    let report = crawl(&pipeline, "f").await;
    assert_eq!(report.error, None);
    assert!(stored(&pipeline).iter().any(|d| d.document.title == "가람톡 먹통"));
    let there = |path: &str| folder.path().join(path).exists();
    assert!(there("done/a.csv") && there("failed/c.csv") && there("failed/c.csv.errors.txt") && there("d.csv"));
    assert_eq!(crawl(&pipeline, "f").await.new, 0);
    assert!(
        fresh(
            &config.replace("folder\"", "folder\"\n").replace(&folder.path().display().to_string(), "/nowhere/at/all"),
            &Hand::at(NOW)
        )
        .config
        .source
        .len()
            == 1
    );
}

#[tokio::test]
async fn page_rules_that_stop_matching_are_drift() {
    let server = Replay::new().await;
    let items: String = (1..=4)
        .map(|n| item(n).replace("https://p.example/news/articleView.html?idxno=", &server.url("/a/")))
        .collect();
    server.at("/rss", &[ok("text/xml", rss(&items).as_bytes())]);
    let text = "메시지가 전송되지 않는 장애가 났다고 이용자들이 말했다. 회사는 원인을 찾고 있다고 밝혔다. 복구 시점은 알려지지 않았다.";
    for n in 1..=4 {
        // The mark of the content system is there, its text has moved.
        let page = format!(
            "<html><h1>x</h1><div id=\"article-view-content-div\"></div><div class=\"new\"><p>{text}</p></div></html>"
        );
        server.at(&format!("/a/{n}"), &[ok("text/html", page.as_bytes())]);
    }
    let pipeline = fresh(&source("s", "feed", "news", &server.url("/rss"), "pages = true"), &Hand::at(NOW));
    let report = crawl(&pipeline, "s").await;
    assert_eq!((report.new, report.pages_failed), (4, 0));
    assert!(report.note.unwrap().contains("drift"), "it is told");
    assert!(pipeline.store.progress("s").unwrap().drift_at.is_some());
    assert!(
        stored(&pipeline).iter().all(|d| d.document.text.starts_with("메시지가")),
        "and the pages are read all the same"
    );
}
