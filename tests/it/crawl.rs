//! The fetcher against servers that misbehave.

use meoktong::crawl::charset::decode;
use meoktong::crawl::fetch::{FetchError, Fetched, Validators};

use crate::support::{Server, answer, fetcher};

#[tokio::test]
async fn validators_are_sent_back_and_304_is_unchanged() {
    let server = Server::new(&[
        ("/a", answer("200 OK", "etag: \"1\"\r\n", b"x")),
        ("/b", b"HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n".to_vec()),
    ])
    .await;
    let fetcher = fetcher(true);
    let Fetched::Fresh { validators, bytes, .. } =
        fetcher.get(&server.url("/a"), &Validators::default()).await.unwrap()
    else {
        panic!("a first answer is fresh")
    };
    assert_eq!((validators.etag.as_deref(), bytes.as_slice()), (Some("\"1\""), &b"x"[..]));
    assert_eq!(fetcher.get(&server.url("/b"), &validators).await, Ok(Fetched::Unchanged));
    let heads = server.seen.lock().unwrap().join("\n").to_lowercase();
    assert!(heads.contains("if-none-match: \"1\""), "{heads}");
    assert!(heads.contains("user-agent: meoktong/") && heads.contains("+https://example.com/"), "{heads}");
}

#[tokio::test]
async fn errors_say_what_failed_and_when_to_come_back() {
    let long = answer("200 OK", "", &vec![b'x'; (1 << 20) + 1]);
    let server = Server::new(&[
        ("/busy", answer("429 Too Many Requests", "retry-after: 120\r\n", b"")),
        ("/loop", answer("302 Found", "location: /loop\r\n", b"")),
        ("/cut", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\nconnection: close\r\n\r\n<rss>".to_vec()),
        ("/long", long),
    ])
    .await;
    let fetcher = fetcher(true);
    let failed = async |path: &str| fetcher.get(&server.url(path), &Validators::default()).await.unwrap_err();
    assert!(matches!(failed("/gone").await, FetchError::Status { status: 404, .. }));
    assert_eq!(failed("/busy").await.retry_after(), Some(120));
    assert!(matches!(failed("/loop").await, FetchError::Redirects(_)));
    assert!(matches!(failed("/cut").await, FetchError::Network(..)));
    assert!(matches!(failed("/long").await, FetchError::TooLong(..)));
}

#[tokio::test]
async fn inner_addresses_and_forbidden_paths_are_never_asked() {
    let robots = answer("200 OK", "", b"User-agent: *\nDisallow: /private");
    let server = Server::new(&[("/robots.txt", robots), ("/private/a", answer("200 OK", "", b"x"))]).await;
    let refused = fetcher(false).get(&server.url("/private/a"), &Validators::default()).await;
    assert!(matches!(refused, Err(FetchError::Private(_))), "{refused:?}");
    assert!(server.seen.lock().unwrap().is_empty());
    let refused = fetcher(true).get(&server.url("/private/a"), &Validators::default()).await;
    assert!(matches!(refused, Err(FetchError::Robots(_))), "{refused:?}");
    assert!(server.seen.lock().unwrap().iter().all(|head| head.starts_with("GET /robots.txt")));
}

#[tokio::test]
async fn a_korean_page_with_a_lying_header_is_read() {
    let bytes = encoding_rs::EUC_KR.encode("<html>카카오톡 먹통</html>").0.into_owned();
    let server = Server::new(&[("/", answer("200 OK", "content-type: text/html; charset=utf-8\r\n", &bytes))]).await;
    let Ok(Fetched::Fresh { bytes, content_type, .. }) =
        fetcher(true).get(&server.url("/"), &Validators::default()).await
    else {
        panic!("the page is there")
    };
    assert!(decode(&bytes, content_type.as_deref()).contains("카카오톡 먹통"));
}
