//! A small server that answers what a test says, and documents.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use meoktong::analyse::Analysis;
use meoktong::crawl::fetch::{Fetcher, Limits};
use meoktong::crawl::guard::Allowed;
use meoktong_index::{Document, Published};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Raw answers by path; every request head is kept.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) async fn new(answers: &[(&str, Vec<u8>)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answers: HashMap<String, Vec<u8>> =
            answers.iter().map(|(path, raw)| ((*path).to_owned(), raw.clone())).collect();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = seen.clone();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut head = vec![0; 8192];
                let length = socket.read(&mut head).await.unwrap_or(0);
                let head = String::from_utf8_lossy(&head[..length]).into_owned();
                let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
                kept.lock().unwrap().push(head);
                let missing = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec();
                let _ = socket.write_all(answers.get(&path).unwrap_or(&missing)).await;
                let _ = socket.shutdown().await;
            }
        });
        Self { address, seen }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut raw = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len())
        .into_bytes();
    raw.extend_from_slice(body);
    raw
}

pub(crate) fn fetcher(private: bool) -> Fetcher {
    let limits = Limits {
        timeout: Duration::from_secs(5),
        body_bytes: 1 << 20,
        host_delay: Duration::ZERO,
        contact: "https://example.com/".into(),
        robots: true,
        proxy: false,
    };
    Fetcher::new(limits, Allowed { private, ..Allowed::default() }).unwrap()
}

pub(crate) fn document(id: &str, title: &str, at: &str) -> Document {
    Document {
        id: id.into(),
        title: title.into(),
        published_at: Some(Published::parse(at).unwrap()),
        ..Document::default()
    }
}

pub(crate) fn silent(id: &str) -> Analysis {
    serde_json::from_value(
        serde_json::json!({"id": id, "is_outage_report": false, "is_current": false, "probability": 0.0,
        "services": [], "signals": [], "events": []}),
    )
    .unwrap()
}
