//! Importing, backing up and crawling from the command line.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::replay::{Replay, ok, source, with};

fn meoktong(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_meoktong"))
        .args(["--data-dir", &folder.join("data").display().to_string()])
        .args(args)
        .env_remove("MEOKTONG_CONFIG")
        .env_remove("MEOKTONG_DATA_DIR")
        .env_remove("MEOKTONG_LOG")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

#[test]
fn a_spreadsheet_is_imported_once_and_backed_up_whole() {
    let folder = tempfile::tempdir().unwrap();
    let sheet = folder.path().join("posts.csv");
    let text = "번호,제목,내용,작성일\n1,카카오톡 안됨,아까부터 메시지 전송이 안 돼요,2026-03-09 09:14\n2,,,\n";
    std::fs::write(&sheet, encoding_rs::EUC_KR.encode(text).0).unwrap();
    let map = "id=번호,title=제목,text=내용,published_at=작성일";
    let sheet = sheet.display().to_string();
    let import = ["import", "--map", map, "--kind", "post", sheet.as_str()];
    let (code, _, err) = meoktong(folder.path(), &import);
    assert_eq!(code, 1, "one row was bad: {err}");
    assert!(err.contains("row 3: neither title nor text") && err.contains("1 documents stored and indexed"), "{err}");
    let (_, _, err) = meoktong(folder.path(), &import);
    assert!(err.contains("0 documents stored and indexed, 1 known already"), "{err}");
    let (_, out, _) = meoktong(folder.path(), &["search", "메시지", "--format", "jsonl"]);
    assert!(out.contains("카카오톡 안됨"), "{out}");
    let (code, _, err) = meoktong(folder.path(), &["import", "--map", "titel=제목", &sheet]);
    assert!(code == 2 && err.contains("--map") && err.contains("title"), "{code} {err}");

    let copy = folder.path().join("copy.db").display().to_string();
    let (code, _, err) = meoktong(folder.path(), &["backup", &copy]);
    assert!(code == 0 && err.contains("checked"), "{code} {err}");
    let (code, _, err) = meoktong(folder.path(), &["backup", &copy]);
    assert!(code == 2 && err.contains("nothing is overwritten"), "{code} {err}");
    std::fs::remove_dir_all(folder.path().join("data")).unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::fs::rename(&copy, folder.path().join("data/meoktong.db")).unwrap();
    let (_, out, _) = meoktong(folder.path(), &["search", "메시지", "--format", "jsonl"]);
    assert!(out.contains("카카오톡 안됨"), "put back, it is found again: {out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crawl_by_hand_tells_of_each_source_and_a_test_stores_nothing() {
    let server = Replay::new().await;
    let feed = "<rss version=\"2.0\"><channel><title>p</title><link>https://p.example/</link><description>x</description><item><title>카카오톡 전송 장애</title><link>https://p.example/1</link><pubDate>2026-03-09 09:14:00</pubDate></item></channel></rss>";
    server.at("/rss", &[ok("text/xml", feed.as_bytes())]);
    server.at("/gone", &[with("410 Gone", "", b"")]);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("c.toml");
    let sources = source("good", "feed", "news", &server.url("/rss"), "")
        + &source("bad", "feed", "news", &server.url("/gone"), "");
    std::fs::write(&config, format!("[crawl]\nallow_private = true\nhost_delay_ms = 1\n{sources}")).unwrap();
    let config = config.display().to_string();
    let place = folder.path().to_owned();
    let run = move |args: &[&str]| {
        let args: Vec<String> = ["--config", &config].iter().chain(args).map(|arg| (*arg).to_owned()).collect();
        let place = place.clone();
        async move {
            tokio::task::spawn_blocking(move || meoktong(&place, &args.iter().map(String::as_str).collect::<Vec<_>>()))
                .await
                .unwrap()
        }
    };
    let (code, out, err) = run(&["sources", "test", "good", "--format", "jsonl"]).await;
    assert!(code == 0 && out.contains("카카오톡 전송 장애") && err.contains("1 entries"), "{code} {out} {err}");
    let (code, out, _) = run(&["crawl", "good", "bad", "--format", "jsonl"]).await;
    let rows: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((code, rows[0]["new"].as_u64(), rows[1]["new"].as_u64()), (1, Some(1), Some(0)));
    assert!(rows[1]["error"].as_str().unwrap().contains("the address is gone"), "{out}");
    let (_, out, _) = run(&["sources", "--format", "jsonl"]).await;
    let shown =
        |name: &str| out.lines().find(|line| line.contains(&format!("\"source\":\"{name}\""))).unwrap().to_owned();
    assert!(shown("bad").contains("\"condition\":\"failing\"") && shown("good").contains("\"stored\":1"), "{out}");
    let (code, _, err) = run(&["crawl", "goood"]).await;
    assert!(code == 2 && err.contains("\"good\""), "{code} {err}");
}
