//! Rules of the source tree that no compiler holds.

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under a folder, build output and version control aside.
fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            // A target folder is marked as cache by cargo, whatever its name.
            if name != ".git" && name != "data" && !path.join("CACHEDIR.TAG").exists() {
                files(&path, into);
            }
        } else {
            into.push(path);
        }
    }
}

/// Source files with their path from the root and their text without tests and comments.
fn sources(under: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let start = root().join(under);
    if start.is_dir() {
        files(&start, &mut found)
    } else {
        found.push(start)
    }
    found.retain(|path| {
        path.extension().is_some_and(|e| e == "rs") && path.file_name().is_some_and(|name| name != "tests.rs")
    });
    assert!(!found.is_empty(), "{under} holds no source: correct this test");
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let program = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let lines: Vec<&str> = program.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        (path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/"), lines.join("\n"))
    };
    found.into_iter().map(read).collect()
}

#[test]
fn what_decides_reads_no_file_no_network_and_no_clock() {
    let forbidden = [
        "std::fs",
        "std::net",
        "fs::",
        "tokio",
        "reqwest",
        "rusqlite",
        "SystemTime::now",
        "Instant::now",
        "Utc::now",
        "Local::now",
    ];
    for under in ["src/analyse", "src/detect", "src/normalise.rs", "src/dedupe.rs"] {
        for (file, text) in sources(under) {
            for word in forbidden {
                assert!(!text.contains(word), "{file} names {word}: hand the value in from outside");
            }
        }
    }
}

#[test]
fn sql_and_http_stand_in_one_place_each() {
    let sql = ["rusqlite", "insert into", "delete from", "select ", "pragma "];
    let mut seen = [false; 3];
    for (file, text) in sources("src") {
        let lower = text.to_lowercase();
        // tokio::select! and the select of a form are no SQL.
        let asks = |line: &str| line.contains("select ") && (line.contains(" from ") || line.contains('\\'));
        let holds_sql = sql.iter().any(|word| *word != "select " && lower.contains(word)) || lower.lines().any(asks);
        seen[0] |= holds_sql && file.starts_with("src/store/");
        assert!(!holds_sql || file.starts_with("src/store/"), "{file} holds SQL: it belongs into src/store");
        let gets = text.contains("client.get(") || text.contains("reqwest::get(");
        seen[1] |= gets;
        assert!(!gets || file == "src/crawl/fetch.rs", "{file} fetches: only src/crawl/fetch.rs does");
        let posts = text.contains("client.post(") || text.contains("Method::POST");
        seen[2] |= posts;
        assert!(!posts || file == "src/alert/delivery.rs", "{file} posts: only src/alert/delivery.rs does");
        let client = text.contains("Client::builder") || text.contains("Client::new");
        assert!(
            !client || ["src/crawl/fetch.rs", "src/alert/delivery.rs"].contains(&file.as_str()),
            "{file} makes an HTTP client of its own"
        );
    }
    assert_eq!(seen, [true; 3], "the patterns of this test find nothing any more: SQL, GET, POST");
}

#[test]
fn no_file_is_over_ten_mebibytes() {
    let mut found = Vec::new();
    files(root(), &mut found);
    assert!(found.len() > 100);
    for path in found {
        let bytes = path.metadata().unwrap().len();
        assert!(bytes <= 10 << 20, "{} has {bytes} bytes: split it or make it at build time", path.display());
    }
}

#[test]
fn every_service_file_is_bundled() {
    let mut on_disk: Vec<String> = std::fs::read_dir(root().join("dictionaries/services"))
        .unwrap()
        .map(|entry| format!("services/{}", entry.unwrap().file_name().to_string_lossy()))
        .filter(|name| name.ends_with(".toml"))
        .collect();
    on_disk.sort();
    let mut bundled: Vec<String> =
        meoktong_dictionaries::bundled::services().into_iter().map(|source| source.name).collect();
    bundled.sort();
    assert_eq!(bundled, on_disk, "name the file in dictionaries/src/lib.rs");
}
