//! Which documents are copies of one story. Pure.
//!
//! Korean papers print wire stories with small edits; such copies are one vote. Two texts written independently
//! about the same outage stay two stories. Thresholds: measured on edited Korean text, body 5-gram containment
//! of .4 found all copies and no same-topic article (highest .14); headline 2-gram Jaccard of .6 found all light edits.

use std::collections::VecDeque;
use std::sync::LazyLock;

use regex::Regex;

use meoktong_index::{Document, Kind};

use crate::normalise::{short_hash, without_bylines};

/// Share of the shorter body's 5-grams that the other holds too.
pub const BODY_CONTAINMENT: f64 = 0.4;
/// Jaccard similarity of headline 2-grams.
pub const TITLE_JACCARD: f64 = 0.6;
/// Bodies are compared this far back, in seconds.
const BODY_WINDOW: i64 = 48 * 3600;
/// Headlines alone are compared this far back, in seconds.
const TITLE_WINDOW: i64 = 12 * 3600;
/// A shorter body counts as headline only, in characters without spaces.
const SHORT_BODY: usize = 80;
/// Most documents remembered: at a hundred a minute, more than the window of a busy day needs.
const MOST: usize = 20_000;

/// The recent documents that a new one is compared with.
#[derive(Debug, Default)]
pub struct Stories {
    recent: VecDeque<Member>,
}

#[derive(Debug)]
struct Member {
    at: i64,
    story: String,
    press: bool,
    body: Vec<u64>,
    title: Vec<u64>,
    about: Vec<String>,
}

impl Stories {
    /// Finds the story of a document published at second `at`: that of the one it copies, or a new one. `about` names the
    /// services and features it reports on, which headlines alone must share.
    pub fn place(&mut self, document: &Document, at: i64, about: &[String]) -> String {
        let member = member(document, at, about);
        let story = self
            .recent
            .iter()
            .filter(|other| is_copy(&member, other))
            .map(|other| other.story.clone())
            .next()
            .unwrap_or_else(|| format!("sty_{}", short_hash(&[&document.id])));
        self.remember(Member { story: story.clone(), ..member });
        story
    }

    /// Remembers a document of which the story is known, as at start.
    pub fn restore(&mut self, document: &Document, at: i64, about: &[String], story: &str) {
        self.remember(Member { story: story.to_owned(), ..member(document, at, about) });
    }

    fn remember(&mut self, member: Member) {
        let newest = self.recent.back().map_or(member.at, |last| last.at.max(member.at));
        self.recent.push_back(member);
        while self.recent.len() > MOST || self.recent.front().is_some_and(|first| first.at < newest - BODY_WINDOW) {
            self.recent.pop_front();
        }
    }
}

fn member(document: &Document, at: i64, about: &[String]) -> Member {
    let body = letters(&without_bylines(&document.text));
    let mut about = about.to_vec();
    about.sort();
    Member {
        at,
        story: String::new(),
        press: matches!(document.kind, Kind::News | Kind::Notice | Kind::Status),
        body: if body.len() >= SHORT_BODY { grams(&body, 5) } else { Vec::new() },
        title: grams(&letters(&without_marks(&document.title)), 2),
        about,
    }
}

fn is_copy(one: &Member, other: &Member) -> bool {
    let apart = (one.at - other.at).abs();
    if apart > BODY_WINDOW {
        return false;
    }
    if !one.body.is_empty() && !other.body.is_empty() {
        let common = common(&one.body, &other.body);
        return common as f64 / one.body.len().min(other.body.len()) as f64 >= BODY_CONTAINMENT;
    }
    // Two people who write 카톡 안됨 are two people: short texts are copies only between publishers.
    if !one.press || !other.press || apart > TITLE_WINDOW || one.title.is_empty() || one.about != other.about {
        return false;
    }
    let common = common(&one.title, &other.title);
    common as f64 / (one.title.len() + other.title.len() - common) as f64 >= TITLE_JACCARD
}

/// A headline without `[속보]`, `(종합2보)` and the publisher behind a dash.
#[must_use]
pub fn without_marks(title: &str) -> String {
    static MARK: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[\[<【(][^\]>】)]{1,12}[\]>】)]").expect("a fixed pattern"));
    static TAIL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\s[-|]\s[^-|]{1,20}$").expect("a fixed pattern"));
    TAIL.replace(&MARK.replace_all(title, " "), "").trim().to_owned()
}

fn letters(text: &str) -> Vec<char> {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Sorted, distinct hashes of the windows of `size` characters.
fn grams(letters: &[char], size: usize) -> Vec<u64> {
    let mut grams: Vec<u64> = letters
        .windows(size)
        .map(|window| {
            window.iter().fold(0xcbf2_9ce4_8422_2325, |hash, c| (hash ^ u64::from(*c)).wrapping_mul(0x0100_0000_01b3))
        })
        .collect();
    grams.sort_unstable();
    grams.dedup();
    grams
}

fn common(one: &[u64], other: &[u64]) -> usize {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < one.len() && j < other.len() {
        match one[i].cmp(&other[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, common) = (i + 1, j + 1, common + 1),
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIRE: &str = "카카오톡에서 오전 9시 12분부터 메시지 전송이 되지 않는 장애가 발생했다. 이용자들은 사진과 파일도 \
                        보내지지 않는다고 호소했다. 회사는 내부 시스템을 점검하고 있으며 원인을 파악하는 대로 알리겠다고 밝혔다.";

    fn news(id: &str, title: &str, text: &str) -> Document {
        Document { id: id.into(), title: title.into(), text: text.into(), ..Document::default() }
    }

    #[test]
    fn an_edited_wire_copy_is_the_same_story() {
        let mut stories = Stories::default();
        let first = stories.place(&news("1", "카카오톡 전송 장애", WIRE), 0, &[]);
        let edited = format!(
            "(서울=가람통신) 김모 기자 = {} 한편 지난달에도 같은 일이 있었다.",
            WIRE.replace("호소했다", "전했다")
        );
        assert_eq!(stories.place(&news("2", "[속보] 카톡 전송 안 돼", &edited), 3600, &[]), first);
        let own = "출근길 직장인들이 업무 대화방을 쓰지 못해 문자와 전화로 연락을 돌렸다. 한 회사원은 회의 자료를 제때 받지 못했다고 \
                   말했다. 다른 이용자는 모바일 앱을 여러 번 다시 켰지만 소용이 없었다고 했다. 피해 규모는 알려지지 않았다.";
        assert_ne!(stories.place(&news("3", "카카오톡 전송 장애", own), 3700, &[]), first);
    }

    #[test]
    fn bare_headlines_must_agree_on_the_service_and_the_hour() {
        let about = ["kakaotalk".to_owned()];
        let mut stories = Stories::default();
        let first = stories.place(&news("1", "[속보] 카카오톡 메시지 전송 장애", ""), 0, &about);
        assert_eq!(stories.place(&news("2", "카카오톡 메시지 전송 장애(종합)", ""), 60, &about), first);
        assert_ne!(stories.place(&news("3", "카카오톡 메시지 전송 장애", ""), 60, &["toss".to_owned()]), first);
        assert_ne!(stories.place(&news("4", "카카오톡 메시지 전송 장애", ""), 13 * 3600, &about), first);
    }

    #[test]
    fn two_people_with_the_same_words_are_two_voices() {
        let post = |id: &str| Document { kind: Kind::Post, ..news(id, "카톡 안됨", "") };
        let mut stories = Stories::default();
        assert_ne!(stories.place(&post("1"), 0, &[]), stories.place(&post("2"), 1, &[]));
    }
}
