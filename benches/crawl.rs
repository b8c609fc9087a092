//! How fast answers are read: feeds in megabytes, article pages in pieces.

use std::hint::black_box;

use chrono::DateTime;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use meoktong::crawl::article::{self, Rules};
use meoktong::crawl::{charset, feed};
use url::Url;

fn crawl(criterion: &mut Criterion) {
    let now = DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").expect("a valid time");
    let at = Url::parse("https://paper.example/rss/allArticle.xml").expect("a valid address");
    let lead = "메시지가 전송되지 않는 장애가 났다고 이용자들이 말했다. 회사는 원인을 찾고 있다고 밝혔다. ".repeat(12);
    let items: String = (0..1000)
        .map(|n| {
            format!(
                "<item><title><![CDATA[가람톡 전송 장애 {n}]]></title><link>https://paper.example/news/articleView.html?idxno={n}</link>\
                 <description><![CDATA[{lead}]]></description><author>기자</author><pubDate>Mon, 09 Mar 2026 09:14:00 +0900</pubDate></item>"
            )
        })
        .collect();
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><rss version=\"2.0\"><channel><title>가람</title><link>https://paper.example/</link><description>x</description>{items}</channel></rss>"
    );
    let mut group = criterion.benchmark_group("crawl");
    group.throughput(Throughput::Bytes(xml.len() as u64));
    group.bench_function("feed", |bencher| {
        bencher.iter(|| feed::read(&charset::decode(black_box(xml.as_bytes()), None), &at, now).expect("a feed"));
    });
    let korean = encoding_rs::EUC_KR.encode(&xml).0.into_owned();
    group.throughput(Throughput::Bytes(korean.len() as u64));
    group.bench_function("feed in EUC-KR", |bencher| {
        bencher.iter(|| feed::read(&charset::decode(black_box(&korean), None), &at, now).expect("a feed"));
    });
    // A page of 100 kB, nearly all of it beside the article, as real ones are.
    let page = include_str!("../tests/pages/joongang-1.html");
    let beside: String = (0..700)
        .map(|n| format!("<li class=\"card\"><a href=\"/a/{n}\"><img src=\"/i/{n}.jpg\"><strong>다른 기사 제목 {n}</strong><span>3분 전</span></a></li>\n"))
        .collect();
    let page = page.replace("</body>", &format!("<div class=\"list\"><ul>{beside}</ul></div></body>"));
    for (name, address) in [
        ("page with a rule", "https://www.joongang.co.kr/article/1"),
        ("page without a rule", "https://unknown.example/1"),
    ] {
        let url = Url::parse(address).expect("a valid address");
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("{name}, {} kB", page.len() / 1000), |bencher| {
            bencher.iter(|| {
                article::read(black_box(&page), &url, Rules::bundled(), None, now).article.expect("an article")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, crawl);
criterion_main!(benches);
