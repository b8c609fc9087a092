//! How many copies of a wire story are found, and how many stories of their own are taken for copies: pairs made from the
//! labelled articles by the edits that papers make.

use std::collections::HashMap;
use std::path::Path;

use meoktong::dedupe::Stories;
use meoktong_index::Document;
use serde_json::Value;

fn articles() -> Vec<Document> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut found = Vec::new();
    for name in ["articles_finance", "articles_messenger", "articles_more"] {
        let text = std::fs::read_to_string(folder.join(format!("{name}.jsonl"))).unwrap();
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let row = if row["document"].is_object() { row["document"].clone() } else { row };
            let document: Document = serde_json::from_value(row).unwrap();
            if document.text.chars().filter(|c| c.is_alphanumeric()).count() >= 120 {
                found.push(document);
            }
        }
    }
    assert!(found.len() > 100, "{} articles are long enough", found.len());
    found
}

fn sentences(text: &str) -> Vec<&str> {
    text.split_inclusive(". ").flat_map(|part| part.split('\n')).map(str::trim).filter(|s| !s.is_empty()).collect()
}

/// Tags, suffix and byline.
fn light(document: &Document) -> Document {
    let text =
        format!("(서울=가람통신) 김모 기자 = {}\n제보는 news@garam.example\n무단전재 및 재배포 금지", document.text);
    Document {
        id: format!("{}-1", document.id),
        title: format!("[속보] {}(종합)", document.title),
        text,
        ..document.clone()
    }
}

/// Other endings, and one sentence dropped.
fn medium(document: &Document) -> Document {
    let mut text = document.text.clone();
    for (from, to) in [
        ("밝혔다", "전했다"),
        ("했다", "한 것으로 알려졌다"),
        ("에 따르면", "는"),
        ("이용자", "사용자"),
        ("오전", "이날 오전"),
    ] {
        text = text.replace(from, to);
    }
    let kept = sentences(&text);
    let middle = kept.len() / 2;
    let text: Vec<&str> =
        kept.iter().enumerate().filter(|(at, _)| kept.len() < 3 || *at != middle).map(|(_, s)| *s).collect();
    Document {
        id: format!("{}-2", document.id),
        title: format!("{} - 나루일보", document.title),
        text: text.join(" "),
        ..document.clone()
    }
}

/// Cut to the lead and reworded, with a sentence of one's own before it.
fn heavy(document: &Document) -> Document {
    let edited = medium(document);
    let letters: Vec<char> = edited.text.chars().collect();
    let text: String = letters[..letters.len() * 6 / 10].iter().collect();
    let text = format!("장애 소식이 전해지자 온라인에서는 불만이 쏟아졌다. {text}");
    Document { id: format!("{}-3", document.id), title: "이용자 불만 쏟아져".into(), text, ..document.clone() }
}

#[test]
fn copies_of_a_story_are_found_and_stories_of_their_own_are_not() {
    let articles = articles();
    let mut lines = Vec::new();
    for (name, edit, least) in
        [("light", light as fn(&Document) -> Document, 1.0), ("medium", medium, 0.99), ("heavy", heavy, 0.9)]
    {
        let found = articles.iter().filter(|document| {
            let mut stories = Stories::default();
            let first = stories.place(document, 0, &[]);
            stories.place(&edit(document), 3600, &[]) == first
        });
        let recall = found.count() as f64 / articles.len() as f64;
        lines.push(format!("{name}: recall {recall:.4}"));
        assert!(recall >= least, "{name}: {recall}");
    }
    // All of them at once, as if published in one hour: whoever joins another's story is a wrong pair.
    let mut stories = Stories::default();
    let mut members: HashMap<String, Vec<&str>> = HashMap::new();
    for (at, document) in articles.iter().enumerate() {
        members.entry(stories.place(document, at as i64, &[])).or_default().push(&document.id);
    }
    let wrong: Vec<_> = members.values().filter(|ids| ids.len() > 1).collect();
    let joined: usize = wrong.iter().map(|ids| ids.len() - 1).sum();
    let precision = 1.0 - joined as f64 / articles.len() as f64;
    lines.push(format!("{} articles, {joined} joined to another: precision {precision:.4} {wrong:?}", articles.len()));
    println!("{}", lines.join("\n"));
    assert!(precision >= 0.99, "{wrong:?}");
}
