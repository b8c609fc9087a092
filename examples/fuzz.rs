//! Throws broken input at what parses: documents, dictionaries, time expressions, queries, search terms, and what
//! comes from outside.
//!
//! ```text
//! cargo run --release --example fuzz -- TARGET [MINUTES] [SEED]
//! ```
//!
//! Targets: analyze, dict, time; feed, page, dates, charset, robots, trends, interfaces.
//!
//! Inputs are mutated from the labelled corpus, the bundled dictionaries and the pages of the tests: bytes flipped, pieces cut, doubled and
//! spliced, hostile pieces put in. A panic ends the run with the input that caused it; so does an input that takes
//! longer than ten seconds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use meoktong::analyse::{Analyser, time};
use meoktong::cli::analyze;
use meoktong::crawl::robots::Rules;
use meoktong::crawl::{article, charset, feed, fields, keywords, reviews, search, sitemap, social, status, trends};
use meoktong::normalise::date;
use meoktong_dictionaries::{Catalogue, Lexicon, Source, bundled};
use meoktong_index::morpheme::Workspace;
use meoktong_index::{
    Document, Entry, Korean, Options, Pairs, Percolator, Query, Request, SearchError, SearchIndex, Sort, Tokens,
};

const HOSTILE: [&[u8]; 22] = [
    b"\0",
    b"\xFF\xFE",
    "\u{FEFF}".as_bytes(),
    "\u{202E}".as_bytes(),
    "\u{200B}".as_bytes(),
    "ㅋㅋㅋㅋㅋㅋㅋㅋ".as_bytes(),
    "0000년 13월 32일".as_bytes(),
    "25시 61분".as_bytes(),
    "99999999999999999999년".as_bytes(),
    b"\\ud800",
    "각".as_bytes(),
    "2월 31일부터 2월 30일까지".as_bytes(),
    "오전 오후 오전 12시".as_bytes(),
    "지난 지난달 지난해".as_bytes(),
    b"\"",
    b"{",
    b"]]",
    "먹통먹통먹통".as_bytes(),
    "이날 전날 그날".as_bytes(),
    "만에 째 동안".as_bytes(),
    "[[symptom]]".as_bytes(),
    "~ ..9 @fail?".as_bytes(),
];

const QUERIES: [&str; 12] = [
    "카톡 전송 service:kakaotalk -해킹 since:2h (\"로그인 오류\" OR symptom:login_failure)",
    "카카오 뱅크 송금 NOT 토스",
    "zkxhr 오류 outage:true current:false",
    "after:2022-10-15 before:2022-10-16T15:30 kind:news",
    "source:\"가나 일보\" assertion:affirmed story:s id:d",
    "((카뱅 OR 케뱅) AND 로그인) OR -\"서버 다운\"",
    "수·발신 12:30 :-) KT망 5G",
    "카톡\nAQAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "송금 오류\nAQIAAAAAAAAAAAAAAAAA_____w8AAAAAAP___w8BAQE",
    "servce:x",
    "튕겼다 튕김 ㅋㅋㅋ ㅠㅠ",
    "since:99999999999999999w",
];

/// A document as the index takes it.
fn entry(document: &Document) -> Entry<'_> {
    Entry {
        row: 1,
        document,
        fetched: 0,
        services: vec![],
        features: vec![],
        symptoms: vec![],
        assertions: vec![],
        outage: false,
        current: false,
        probability: 0.0,
        story: "",
    }
}

/// xorshift64*: the same seed gives the same run.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % below.max(1)
    }

    fn mutate(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = seeds[self.next(seeds.len())].clone();
        for _ in 0..=self.next(6) {
            let at = self.next(input.len() + 1);
            let to = (at + self.next(40)).min(input.len());
            match self.next(7) {
                0 if at < input.len() => input[at] ^= 1 << self.next(8),
                1 => drop(input.drain(at..to)),
                2 => {
                    let piece = input[at..to].to_vec();
                    input.splice(at..at, piece);
                }
                3 => drop(input.splice(at..at, HOSTILE[self.next(HOSTILE.len())].iter().copied())),
                4 => {
                    let other = &seeds[self.next(seeds.len())];
                    let from = self.next(other.len() + 1);
                    let until = (from + self.next(200)).min(other.len());
                    input.splice(at..to, other[from..until].iter().copied());
                }
                5 => input.truncate(at),
                _ => {
                    let digit = b'0' + self.next(10) as u8;
                    if let Some(place) = input[at..].iter().position(u8::is_ascii_digit) {
                        input[at + place] = digit;
                    }
                }
            }
        }
        input
    }
}

/// What is fuzzed: takes an input and must not panic.
type Target<'a> = Box<dyn FnMut(&[u8]) + 'a>;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let target = args.first().map_or("analyze", String::as_str);
    let minutes: f64 = args.get(1).map_or(Ok(1.0), |text| text.parse())?;
    let mut dice = Dice(args.get(2).map_or(Ok(20_200_302), |text| text.parse())?);
    let analyser = Analyser::bundled()?;
    let mut space = Workspace::default();
    let seeds: Vec<Vec<u8>> = match target {
        "dict" => bundled::services()
            .iter()
            .chain(&bundled::lexicon())
            .flat_map(|s| s.content.split("\n\n[[").map(|part| format!("[[{part}").into_bytes()).collect::<Vec<_>>())
            .collect(),
        "feed" | "robots" | "trends" | "interfaces" | "dates" => answers(target),
        "page" => files("tests/pages", |bytes| vec![bytes])?,
        "charset" => files("tests/pages", |bytes| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            vec![
                bytes,
                encoding_rs::EUC_KR.encode(&text).0.into_owned(),
                text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            ]
        })?,
        "query" => QUERIES.iter().map(|query| query.as_bytes().to_vec()).collect(),
        _ => corpus()?,
    };
    let korean = Arc::new(Korean::new(analyser.analyzer.clone(), &analyser.catalogue, &analyser.lexicon)?);
    let index = SearchIndex::in_memory(korean.clone())?;
    if target == "query" {
        let text = "카카오톡 메시지 전송이 안 되고 카카오뱅크 송금 오류가 났다. 수·발신 지연".to_owned();
        let documents = [Document { id: "doc_1".into(), title: "카톡 먹통".into(), text, ..Document::default() }];
        index.commit(&documents.each_ref().map(entry), 1)?;
    }
    let now = chrono::DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00")?;
    let url = url::Url::parse("https://www.yna.co.kr/view/1")?;
    let mut run: Target<'_> = match target {
        "analyze" => Box::new(|input| {
            if let Ok(document) = analyze::document(input) {
                drop(analyser.analyse(&document, input.len() % 2 == 0, &mut space));
            }
        }),
        "dict" => Box::new(|input| {
            let content = String::from_utf8_lossy(input).into_owned();
            drop(Catalogue::read(&[Source::new("fuzz", content.clone())]));
            drop(Lexicon::read(&[Source::new("fuzz", content)]));
        }),
        "time" => Box::new(|input| {
            let text = String::from_utf8_lossy(input);
            let published = meoktong_index::Published::parse("2020-02-29T23:59").ok();
            for bias in [time::Bias::Past, time::Bias::Future] {
                let anchor = time::Anchor {
                    published: published.filter(|_| input.len() % 3 > 0).map(|p| p.at),
                    date_only: input.len() % 2 == 0,
                    bias,
                };
                for expr in time::find(&text, &anchor) {
                    assert!(text.get(expr.start..expr.end).is_some(), "a span cuts a letter");
                }
            }
        }),
        "feed" => Box::new(|input| {
            let text = charset::decode(input, None);
            for entry in feed::read(&text, &url, now).map(|reading| reading.entries).unwrap_or_default() {
                assert!(!entry.title.is_empty() || !entry.text.is_empty(), "an entry without words");
            }
            drop(sitemap::read(input, None, now));
            drop(reviews::read(&text, now));
        }),
        "page" => Box::new(|input| {
            let html = charset::decode(input, None);
            let page = article::read(&html, &url, article::Rules::bundled(), None, now);
            assert!(page.article.is_none_or(|found| !found.text.is_empty()), "an article without text");
        }),
        "dates" => Box::new(|input| {
            let text = String::from_utf8_lossy(input);
            if let Some(found) = date(&text, now) {
                assert!(found.at <= now + chrono::Duration::hours(1), "a date ahead");
            }
        }),
        "charset" => Box::new(|input| {
            let text = charset::decode(input, None);
            drop(charset::decode(text.as_bytes(), Some("text/html; charset=utf-16le")));
            drop(charset::decode(input, Some("text/html; charset=euc-kr")));
        }),
        "robots" => Box::new(|input| {
            let rules = Rules::read("meoktong", input);
            let _ = rules.allows("https://paper.example/news/1?no=2");
            assert!(
                rules.delay_seconds().is_none_or(|seconds| (0.0..=30.0).contains(&seconds)),
                "a delay out of bounds"
            );
        }),
        "trends" => Box::new(|input| {
            drop(trends::read(&charset::decode(input, None), now));
            drop(keywords::daum(input, now));
            drop(keywords::nate(input, now));
            drop(keywords::signal(input, now));
        }),
        "interfaces" => Box::new(|input| {
            drop(search::naver(input, now));
            drop(search::kakao(input, now));
            drop(social::x(input, now));
            drop(social::mastodon(input, now));
            drop(social::jetstream(&String::from_utf8_lossy(input), now));
            drop(status::statuspage(input, now));
            drop(status::aws(input, now));
            drop(status::gcp(input, now));
            drop(fields::read(input, &fields::Fields::own(), now));
        }),
        // A query is read, run at every level, explained and matched against a new document; its cursor too is broken.
        "query" => Box::new(|input| {
            let text = String::from_utf8_lossy(input);
            let (query, cursor) = text.split_once('\n').map_or((&*text, None), |(query, rest)| (query, Some(rest)));
            let now = chrono::DateTime::UNIX_EPOCH.fixed_offset();
            let cursor = cursor.map(str::to_owned);
            let request = Request { query: query.to_owned(), sort: Sort::Relevance, limit: 1, cursor, now };
            let options = Options { explain: true, related: 3, collapse: input.len() % 2 == 0, ..Options::default() };
            match index.answer(&request, &options) {
                Err(SearchError::Query(error)) => assert!(error.position <= query.chars().count()),
                Err(SearchError::Cursor(_)) | Ok(_) => {}
                Err(other) => panic!("{other}"),
            }
            if let Ok(parsed) = Query::parse(query, now) {
                let document = Document { id: "d".into(), text: query.to_owned(), ..Document::default() };
                drop(Percolator::new([("q".to_owned(), parsed)], &*korean).matches(&entry(&document), &*korean));
            }
        }),
        "terms" => Box::new(|input| {
            let text = String::from_utf8_lossy(input);
            let mut last = 0;
            korean.tokens(&text, &mut |term| {
                assert!(text.get(term.start..term.end).is_some(), "a span cuts a letter");
                assert!(term.part || term.position >= last, "places go back");
                last = term.position;
            });
            Pairs.tokens(&text, &mut |pair| assert!(text.get(pair.start..pair.end).is_some(), "a span cuts a letter"));
        }),
        other => anyhow::bail!("{other:?} is no target — see the head of examples/fuzz.rs"),
    };
    let end = Instant::now() + Duration::from_secs_f64(minutes * 60.0);
    let mut executions = 0u64;
    let mut slowest = Duration::ZERO;
    while Instant::now() < end {
        let input = dice.mutate(&seeds);
        let start = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| run(&input)));
        let took = start.elapsed();
        slowest = slowest.max(took);
        executions += 1;
        if outcome.is_err() || took > Duration::from_secs(10) {
            println!("finding after {executions} executions ({took:?}): {:?}", String::from_utf8_lossy(&input));
            std::process::exit(1);
        }
    }
    println!("{target}: {executions} executions in {minutes} minutes, no finding, slowest {slowest:?}");
    Ok(())
}

/// What servers answer, one of each form.
fn answers(target: &str) -> Vec<Vec<u8>> {
    let texts: &[&str] = match target {
        "feed" => &[
            "<?xml version=\"1.0\" encoding=\"euc-kr\"?><rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>가람</title><link>https://p.example/</link><item><title><![CDATA[카톡 &quot;먹통&quot;]]></title><link>https://p.example/?no=1</link><description>&lt;p&gt;전송이 &amp;lt;안&amp;gt; 된다&lt;br&gt;</description><dc:date>2026-03-09T09:14:00+09:00</dc:date><pubDate>Mon, 09 03 2026 09:14:00 +0900</pubDate><guid>1</guid></item></channel></rss>",
            "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>t</title><id>f</id><updated>2026-03-09T00:14:00Z</updated><entry><title type=\"html\">E&amp;amp;S</title><id>e</id><link href=\"https://p.example/1\"/><updated>2026-03-09T00:14:00Z</updated><content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">x</div></content></entry></feed>",
            "<!DOCTYPE rss [<!ENTITY a \"b\">]><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\"><channel><title>t</title></channel><item><title>&a;</title><link>https://p.example/1</link></item></rdf:RDF>",
            "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"t\",\"items\":[{\"id\":\"1\",\"title\":\"a\",\"date_published\":\"2026-03-09T09:14:00+09:00\"}]}",
            "<urlset xmlns:news=\"n\"><url><loc>https://p.example/1</loc><news:news><news:publication><news:name>p</news:name></news:publication><news:title>t</news:title><news:publication_date>2026-03-09</news:publication_date></news:news></url></urlset>",
            "<feed xmlns:im=\"x\"><entry><id>7</id><title>튕겨요</title><content>a</content><im:rating>1</im:rating></entry></feed>",
        ],
        "robots" => &[
            "User-agent: *\nDisallow: /news\nAllow: /news/rss$\nCrawl-delay: 2.5\nSitemap: https://p.example/s.xml\n\nUser-agent: meoktong\nDisallow: /*?no=*\n",
        ],
        "trends" => &[
            "<rss xmlns:ht=\"https://trends.google.com/trending/rss\"><channel><item><title>카카오톡 오류</title><ht:approx_traffic>2,000+</ht:approx_traffic><pubDate>Sun, 8 Mar 2026 17:20:00 -0700</pubDate></item></channel></rss>",
            "<script>[{\"type\":\"REALTIME_TREND_TOP\",\"data\":{\"updatedAt\":\"2026-03-09T11:50:00+09:00\",\"keywords\":[{\"keyword\":\"카톡\",\"rank\":1,\"status\":\"-3\"}]}}]</script>",
            "[[\"1\",\"카카오톡 오류\",\"n\",\"0\",\"x\"],[\"2\",\"y\",\"+\",\"3\",\"y\"]]",
            "{\"now\":1773025200000,\"top10\":[{\"rank\":1,\"keyword\":\"카톡\",\"state\":\"n\"}]}",
        ],
        "dates" => &[
            "Sat, 16 Jul 2022 22:01:07 +0900",
            "Sat,16 07 2022 22:01:07 GMT",
            "2022-07-16T22:01:07.123+09:00",
            "2022-07-16 22:01",
            "2026.01.06. 오후 6:23.",
            "입력 2026년 1월 6일 17시 45분",
            "3분 전",
            "어제 10:20",
            "20260309091400",
            "방금 전",
        ],
        _ => &[
            "{\"total\":1,\"items\":[{\"title\":\"<b>카톡</b> &quot;x&quot;\",\"originallink\":\"https://q.example/1\",\"link\":\"https://n.news.naver.com/1\",\"pubDate\":\"Mon, 09 Mar 2026 10:01:00 +0900\",\"postdate\":\"20260309\"}]}",
            "{\"meta\":{\"is_end\":false},\"documents\":[{\"title\":\"a\",\"url\":\"https://c.example/1\",\"datetime\":\"2026-03-09T10:02:11.000+09:00\"}]}",
            "{\"data\":[{\"id\":\"2\",\"text\":\"a\",\"created_at\":\"2026-03-09T00:14:00.000Z\"}],\"meta\":{\"newest_id\":\"2\",\"result_count\":1,\"next_token\":\"n\"}}",
            "[{\"id\":\"110\",\"created_at\":\"2026-03-09T00:14:00.000Z\",\"content\":\"<p>카톡</p>\",\"account\":{\"acct\":\"a\"}}]",
            "{\"did\":\"did:plc:a\",\"time_us\":1773015240000000,\"kind\":\"commit\",\"commit\":{\"operation\":\"create\",\"collection\":\"app.bsky.feed.post\",\"rkey\":\"k\",\"record\":{\"text\":\"카톡\",\"langs\":[\"ko\"]}}}",
            "{\"page\":{\"name\":\"E\"},\"incidents\":[{\"name\":\"a\",\"impact\":\"major\",\"incident_updates\":[{\"id\":\"u\",\"status\":\"resolved\",\"body\":\"x\",\"created_at\":\"2026-03-09T01:00:00Z\"}]}]}",
            "[{\"date\":\"1773015240\",\"arn\":\"a\",\"service\":\"ec2\",\"status\":\"2\",\"event_log\":[{\"summary\":\"s\",\"timestamp\":1773015240}]}]",
            "[{\"id\":\"a\",\"begin\":\"2026-03-09T00:00:00+00:00\",\"most_recent_update\":{\"when\":\"2026-03-09T00:14:00+00:00\"}}]",
        ],
    };
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn files(folder: &str, forms: impl Fn(Vec<u8>) -> Vec<Vec<u8>>) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(format!("{}/{folder}", env!("CARGO_MANIFEST_DIR")))? {
        found.extend(forms(std::fs::read(entry?.path())?));
    }
    found.sort();
    Ok(found)
}

fn corpus() -> anyhow::Result<Vec<Vec<u8>>> {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus"))? {
        let path = entry?.path();
        lines.extend(std::fs::read_to_string(path)?.lines().map(|line| line.as_bytes().to_vec()));
    }
    lines.sort();
    Ok(lines)
}
