//! What analysis costs beside lindera's segmentation of the same text, in one run: `cargo bench --bench analysis`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lindera::mode::Mode;
use meoktong::analyse::Analyser;
use meoktong_index::morpheme::Workspace;
use meoktong_index::{Document, Kind};

/// The articles of the labelled corpus.
fn articles() -> Vec<Document> {
    ["articles_messenger", "articles_finance", "articles_hard"]
        .iter()
        .flat_map(|name| {
            let path = format!("{}/tests/corpus/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
            let content = std::fs::read_to_string(path).expect("the corpus is in the repository");
            content
                .lines()
                .map(|line| serde_json::from_str(line).expect("a corpus line is a document"))
                .collect::<Vec<Document>>()
        })
        .collect()
}

/// Reads the part of speech of every token, as any use of a segmentation does.
fn tagged(mut tokens: Vec<lindera::token::Token<'_>>) -> usize {
    tokens.iter_mut().map(|token| token.details().first().map_or(0, |tag| tag.len())).sum()
}

fn analysis(c: &mut Criterion) {
    let analyser = Analyser::bundled().expect("the bundled dictionaries load");
    let documents = articles();
    let texts: Vec<String> = documents.iter().map(Document::full_text).collect();
    let bytes: u64 = texts.iter().map(|text| text.len() as u64).sum();
    let lindera =
        lindera::segmenter::Segmenter::new(Mode::Normal, meoktong_ko_dic::load().expect("the dictionary loads"), None);

    let mut group = c.benchmark_group("article");
    group.throughput(Throughput::Bytes(bytes));
    group.sample_size(20);
    group.bench_function("lindera segmentation", |b| {
        let mut worker = lindera.new_worker();
        b.iter(|| {
            texts.iter().map(|text| tagged(worker.segment(text).expect("lindera segments any text"))).sum::<usize>()
        });
    });
    group.bench_function("whole analysis", |b| {
        let mut space = Workspace::default();
        b.iter(|| {
            documents.iter().map(|document| analyser.analyse(document, false, &mut space).signals.len()).sum::<usize>()
        });
    });
    group.finish();

    // Prose without any outage word: the prefilter alone answers.
    let calm = "서울시는 한강공원에 나무를 더 심고 산책길을 넓힌다고 밝혔다. 시민들은 봄꽃을 보며 걸을 수 있게 됐다며 반겼다. ".repeat(2000);
    let mut group = c.benchmark_group("prefilter");
    group.throughput(Throughput::Bytes(calm.len() as u64));
    group.bench_function("text without a cue", |b| b.iter(|| analyser.may_report(Kind::News, &calm)));
    group.finish();
}

criterion_group!(benches, analysis);
criterion_main!(benches);
