//! A search result in forms that leave the program: a link, a feed, a table for other programs.

use anyhow::Result;
use meoktong_index::{Answer, Hit, Options, Request, SearchIndex, Sort};
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use crate::demo::sites::escape;

/// Hits read at a time by an export.
const PAGE: usize = 500;

/// A hit as a row of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    id: String,
    published_at: Option<String>,
    kind: String,
    source: Option<String>,
    services: String,
    features: String,
    symptoms: String,
    outage: bool,
    current: bool,
    probability: f64,
    story: Option<String>,
    url: Option<String>,
    title: String,
    excerpt: String,
}

impl Row {
    /// Columns in their order.
    pub const COLUMNS: [&'static str; 14] = [
        "id",
        "published_at",
        "kind",
        "source",
        "services",
        "features",
        "symptoms",
        "outage",
        "current",
        "probability",
        "story",
        "url",
        "title",
        "excerpt",
    ];
}

impl From<&Hit> for Row {
    fn from(hit: &Hit) -> Self {
        Self {
            id: hit.id.clone(),
            published_at: hit.published_at.clone(),
            kind: hit.kind.clone(),
            source: hit.source.clone(),
            services: hit.services.join(" "),
            features: hit.features.join(" "),
            symptoms: hit.symptoms.join(" "),
            outage: hit.outage,
            current: hit.current,
            probability: hit.probability,
            story: hit.story.clone(),
            url: hit.url.clone(),
            title: guarded(&hit.title),
            excerpt: guarded(&hit.snippet.text),
        }
    }
}

/// A text that a spreadsheet would take for a formula begins with an apostrophe.
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

/// Every hit, newest first, as lines of CSV (with a header) or JSON; `line` gets each as it is read. What arrives meanwhile
/// is left out, and memory stays the same however many hits there are.
///
/// # Errors
/// When the query is wrong, the engine fails or `line` does.
pub fn export(
    index: &SearchIndex,
    request: &Request,
    options: &Options,
    csv: bool,
    line: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut request = Request { sort: Sort::Time, limit: PAGE, cursor: None, ..request.clone() };
    let options = Options { counts: false, suggest: false, ..options.clone() };
    let mut text = Vec::new();
    if csv {
        csv::Writer::from_writer(&mut text).write_record(Row::COLUMNS)?;
        line(&text)?;
    }
    loop {
        let answer = index.answer(&request, &options)?;
        for hit in &answer.hits {
            text.clear();
            if csv {
                csv::WriterBuilder::new().has_headers(false).from_writer(&mut text).serialize(Row::from(hit))?;
            } else {
                serde_json::to_writer(&mut text, hit)?;
                text.push(b'\n');
            }
            line(&text)?;
        }
        request.cursor = answer.next;
        if request.cursor.is_none() {
            return Ok(());
        }
    }
}

/// The address at which the dashboard shows this result again.
#[must_use]
pub fn permalink(base: &str, request: &Request, options: &Options) -> String {
    address(base, "/search", request, options)
}

fn address(base: &str, path: &str, request: &Request, options: &Options) -> String {
    let Ok(mut url) = Url::parse(base).and_then(|base| base.join(path)) else { return String::new() };
    {
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("q", &request.query);
        match request.sort {
            Sort::Relevance => {}
            Sort::Time => drop(pairs.append_pair("sort", "time")),
            Sort::Recent => drop(pairs.append_pair("sort", "recent")),
        }
        if options.collapse {
            pairs.append_pair("collapse", "true");
        }
    }
    url.into()
}

fn headline(hit: &Hit) -> &str {
    if hit.title.is_empty() { &hit.snippet.text } else { &hit.title }
}

/// Text that may stand in XML: escaped, without the control characters that XML forbids.
fn xml(text: &str) -> String {
    let allowed = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    escape(&text.chars().filter(allowed).collect::<String>())
}

/// The result as an Atom feed (RFC 4287).
#[must_use]
pub fn atom(base: &str, request: &Request, options: &Options, answer: &Answer) -> String {
    use std::fmt::Write as _;
    let now = request.now.to_rfc3339();
    let time =
        |hit: &Hit| hit.published_at.as_ref().or(hit.fetched_at.as_ref()).cloned().unwrap_or_else(|| now.clone());
    let updated = answer.hits.iter().map(time).max().unwrap_or_else(|| now.clone());
    let link = permalink(base, request, options);
    let mut feed = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>{id}</id>\
         <title>{title}</title><author><name>meoktong</name></author><updated>{updated}</updated>\
         <link rel=\"alternate\" type=\"text/html\" href=\"{id}\"/>\n",
        id = xml(&link),
        title = xml(&format!("먹통 (meoktong): {}", request.query)),
        updated = xml(&updated),
    );
    for hit in &answer.hits {
        let _ = write!(
            feed,
            "<entry><id>urn:meoktong:{}</id><title>{}</title><updated>{}</updated>",
            xml(&hit.id),
            xml(headline(hit)),
            xml(&time(hit))
        );
        if let Some(url) = hit.url.as_deref().filter(|url| web(url)) {
            let _ = write!(feed, "<link href=\"{}\"/>", xml(url));
        }
        for service in &hit.services {
            let _ = write!(feed, "<category term=\"{}\"/>", xml(service));
        }
        let _ = writeln!(feed, "<summary>{}</summary></entry>", xml(&hit.snippet.text));
    }
    feed + "</feed>\n"
}

/// The result as a JSON Feed 1.1.
#[must_use]
pub fn json_feed(base: &str, request: &Request, options: &Options, answer: &Answer) -> Value {
    let items = answer.hits.iter().map(|hit| {
        let mut item = json!({
            "id": format!("urn:meoktong:{}", hit.id),
            "title": headline(hit),
            "content_text": hit.snippet.text,
            "tags": hit.services,
        });
        if let Some(at) = &hit.published_at {
            item["date_published"] = at.clone().into();
        }
        if let Some(url) = hit.url.as_deref().filter(|url| web(url)) {
            item["url"] = url.into();
        }
        item
    });
    let items: Vec<Value> = items.collect();
    json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": format!("먹통 (meoktong): {}", request.query),
        "home_page_url": permalink(base, request, options),
        "language": "ko",
        "items": items,
    })
}

/// Whether an address leads to a page, and not to a script.
fn web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}
