//! Article pages of new entries, and whether the page rules still match them.

use chrono::{DateTime, FixedOffset};
use meoktong_index::Document;
use scraper::Selector;

use super::Pipeline;
use super::crawl::{CrawlReport, Gathered};
use crate::config::Source;
use crate::crawl::article::{self, Page, Rules};
use crate::crawl::charset;
use crate::crawl::fetch::{Fetched, Validators};
use crate::crawl::read::guarded;

/// Pages in a row that a rule does not match before it is called drift: single pages are of another make now and then.
const DRIFT: i64 = 3;

impl Pipeline {
    /// Puts the texts of the entries' pages in place of their excerpts.
    pub(super) async fn add_pages(
        &self,
        source: &Source,
        gathered: &mut Gathered,
        now: DateTime<FixedOffset>,
        report: &mut CrawlReport,
    ) {
        let progress = &mut gathered.crawled.progress;
        for arrived in &mut gathered.arrived {
            let Some(url) = arrived.document.url.clone() else { continue };
            let Some(page) = self.page(source, &url, now).await else {
                report.pages_failed += 1;
                continue;
            };
            if let Some(rule) = &page.drift {
                progress.pages_missed += 1;
                if progress.pages_missed >= DRIFT {
                    progress.drift_at = progress.drift_at.or(Some(now.timestamp()));
                    report.note = Some(format!(
                        "drift: the page rule {rule:?} no longer matches its pages — correct it in dictionaries/publishers.toml, or give the source a body"
                    ));
                }
            } else if page.article.as_ref().is_some_and(|found| found.by == article::By::Rule) {
                (progress.pages_missed, progress.drift_at) = (0, None);
                progress.pages_read += 1;
            }
            match page.article {
                Some(found) => {
                    arrived.author = arrived.author.take().or(found.author.clone());
                    fill(&mut arrived.document, found);
                }
                None => report.pages_failed += 1,
            }
        }
    }

    async fn page(&self, source: &Source, url: &str, now: DateTime<FixedOffset>) -> Option<Page> {
        let fetched = self.fetcher.get(url, &Validators::default()).await;
        let (url, bytes, content_type) = match fetched {
            Ok(Fetched::Fresh { url, bytes, content_type, .. }) => (url, bytes, content_type),
            Ok(Fetched::Unchanged) => return None,
            Err(error) => {
                tracing::debug!(source = %source.name, "{error}");
                return None;
            }
        };
        let body = source.body.clone();
        let read = tokio::task::spawn_blocking(move || {
            let html = charset::decode(&bytes, content_type.as_deref());
            let own = body.and_then(|body| Selector::parse(&body).ok());
            let page = article::read(&html, &url, Rules::bundled(), own.as_ref(), now);
            // A guard's page is no drift of the rules.
            if page.drift.is_some() && guarded(&html).is_err() { Page::default() } else { page }
        });
        read.await.ok()
    }
}

/// What the page knows better than the feed.
fn fill(document: &mut Document, page: article::Article) {
    if page.text.chars().count() > document.text.chars().count() {
        document.text = page.text;
    }
    if document.title.is_empty() {
        document.title = page.title;
    }
    let vague = document.published_at.is_none_or(|published| published.day_only);
    if vague && page.published.is_some() {
        document.published_at = page.published;
    }
}
