//! Sentences, clauses and zones of a text; page furniture set aside.

use meoktong_dictionaries::lexicon::Hit;
use meoktong_dictionaries::pattern::Family;
use meoktong_index::morpheme::Morpheme;

/// Where in a document a sentence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Zone {
    /// The headline.
    Title,
    /// The first two sentences of the body: what the text is about.
    Lead,
    /// The rest.
    Body,
    /// Bylines, captions, related lists, share bars, copyright: not the text.
    Furniture,
}

impl Zone {
    /// Name used in model features.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Zone::Title => "title",
            Zone::Lead => "lead",
            Zone::Body => "body",
            Zone::Furniture => "furniture",
        }
    }
}

/// A sentence of the folded text.
#[derive(Debug, Clone)]
pub struct Sentence<'a> {
    /// First byte.
    pub start: usize,
    /// Byte behind the last.
    pub end: usize,
    /// Where it stands.
    pub zone: Zone,
    /// Number of its line, 0 the title.
    pub line: usize,
    /// Its morphemes; empty where nothing in it could matter.
    pub morphs: Vec<Morpheme<'a>>,
    /// Clause number of each morpheme.
    pub clauses: Vec<u16>,
    /// What the lexicon found.
    pub hits: Vec<Hit>,
}

impl Sentence<'_> {
    /// The morpheme at or behind a byte of the text.
    #[must_use]
    pub fn morph_at(&self, byte: usize) -> usize {
        self.morphs.partition_point(|m| (m.end as usize) <= byte)
    }
}

/// Span, line and zone of every sentence of `full` (title, line feed, body).
#[must_use]
pub fn sentences(full: &str) -> Vec<(usize, usize, usize, Zone)> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut body_sentences = 0;
    let mut related = false;
    for (line, text) in full.split('\n').enumerate() {
        let end = start + text.len();
        if line > 0 && opens_related_list(text) {
            related = true;
        }
        // A list of unrelated headlines ends where prose begins again.
        if related && text.chars().count() > 60 && text.trim_end().ends_with("다.") {
            related = false;
        }
        let furniture = line > 0 && (related || is_furniture(text));
        for (from, to) in split(text) {
            let zone = match (line, furniture) {
                (0, _) => Zone::Title,
                (_, true) => Zone::Furniture,
                _ => {
                    body_sentences += 1;
                    if body_sentences <= 2 { Zone::Lead } else { Zone::Body }
                }
            };
            found.push((start + from, start + to, line, zone));
        }
        start = end + 1;
    }
    found
}

/// Splits a line at sentence ends.
fn split(line: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut letters = line.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, letter)) = letters.next() {
        if matches!(letter, '.' | '!' | '?' | '…' | '。') && !(letter == '.' && before.is_ascii_digit()) {
            let mut end = at + letter.len_utf8();
            let bare = end;
            while let Some(&(next, sign)) = letters.peek() {
                if matches!(sign, '.' | '!' | '?' | '…' | '"' | '\'' | '”' | '’' | ')' | ']') {
                    end = next + sign.len_utf8();
                    letters.next();
                } else {
                    break;
                }
            }
            let ends = match letters.peek() {
                None => true,
                Some(&(_, next)) if next.is_whitespace() => letter != '…' || end - at > 3,
                // 했다.카카오는: crawled pages lose the space.
                Some(&(_, next)) => {
                    end == bare
                        && matches!(before, '다' | '요' | '음' | '함' | '됨')
                        && letter == '.'
                        && ('가'..='힣').contains(&next)
                }
            };
            if ends && end > start {
                found.push((start, end));
                start = end;
            }
        }
        before = letter;
        // A run without any sentence end is cut, so that no sentence grows without limit.
        let length = at.saturating_sub(start);
        if length > 4000 && letter.is_whitespace() || length > 8000 {
            let end = at + letter.len_utf8();
            found.push((start, end));
            start = end;
        }
    }
    if start < line.len() {
        found.push((start, line.len()));
    }
    found.retain(|&(from, to)| !line[from..to].trim().is_empty());
    found
}

const RELATED: [&str; 18] = [
    "관련기사",
    "관련 기사",
    "관련뉴스",
    "관련 뉴스",
    "많이 본 뉴스",
    "많이 본 기사",
    "많이본 뉴스",
    "인기기사",
    "인기 기사",
    "추천기사",
    "추천 기사",
    "주요뉴스",
    "주요 뉴스",
    "이 시각 주요",
    "실시간 인기",
    "함께 본 기사",
    "함께 보면",
    "다른 기사",
];

fn opens_related_list(line: &str) -> bool {
    let text = line.trim_start_matches(|c: char| !c.is_alphanumeric());
    RELATED.iter().any(|word| text.starts_with(word))
        || line.contains("[관련기사")
        || line.contains("<관련기사")
        || line.contains("랭킹뉴스")
}

/// Lines of a page that are not its text.
fn is_furniture(line: &str) -> bool {
    let text = line.trim();
    if text.is_empty() {
        return false;
    }
    if ["무단전재", "무단 전재", "재배포 금지", "재배포금지", "저작권자", "Copyright", "All rights reserved", "ⓒ", "©"]
        .iter()
        .any(|word| text.contains(word))
    {
        return true;
    }
    let short = text.chars().count() <= 90;
    let captioned = ["사진=", "사진 =", "사진제공", "자료사진", "/사진", "캡처]", "제공]", "이미지=", "출처=", "[사진"]
        .iter()
        .any(|word| text.contains(word));
    if text.starts_with(['▲', '△', '▼', '◀', '◁', '▷']) && (short || captioned) {
        return true;
    }
    if short && captioned {
        return true;
    }
    // Share bars: several names of networks and buttons, no predicate.
    let buttons = [
        "페이스북",
        "트위터",
        "카카오스토리",
        "URL",
        "공유",
        "스크랩",
        "프린트",
        "인쇄",
        "글씨",
        "글자크기",
        "댓글",
        "북마크",
        "기사저장",
        "구독",
        "좋아요",
        "카카오톡 공유",
        "밴드",
        "메일",
    ]
    .iter()
    .filter(|word| text.contains(**word))
    .count();
    if buttons >= 3 && !text.contains("다.") && !text.contains("요.") && short {
        return true;
    }
    // Bylines: 홍길동 기자 name@press.example
    let byline = (text.contains("기자") || text.contains("특파원") || text.contains("@")) && text.chars().count() <= 40;
    byline && !text.contains("다.") && !text.ends_with('다') && !text.contains("요.") && !text.contains('?')
}

/// Endings behind which a new statement begins: 고 (and), 며 (while), 지만 (but), 면서, 다가 …
const CONNECTIVES: [&str; 31] = [
    "고",
    "며",
    "으며",
    "지만",
    "는데",
    "은데",
    "ㄴ데",
    "던데",
    "면서",
    "으면서",
    "다가",
    "자",
    "자마자",
    "으나",
    "나",
    "니",
    "으니",
    "아서",
    "어서",
    "여서",
    "서",
    "므로",
    "으므로",
    "어",
    "아",
    "더니",
    "거나",
    "도록",
    "자니",
    "어도",
    "아도",
];

/// Numbers the clauses of a sentence.
#[must_use]
pub fn clauses(morphs: &[Morpheme<'_>]) -> Vec<u16> {
    let mut clause = 0u16;
    let mut numbers = Vec::with_capacity(morphs.len());
    for (at, morph) in morphs.iter().enumerate() {
        numbers.push(clause);
        let next = morphs.get(at + 1);
        let breaks = match morph.family {
            // 있다, 않다, 싶다 behind an ending continue the same predicate.
            Family::E => {
                let comma = next.is_some_and(|n| n.form == ",");
                let ends = morph.tag == "EF" || (morph.tag == "EC" && CONNECTIVES.contains(&morph.form));
                let auxiliary = next
                    .is_some_and(|n| n.tag == "VX" || n.word == morph.word || n.form == "있" || n.family == Family::E);
                let weak = matches!(morph.form, "어" | "아" | "도록" | "고")
                    && !comma
                    && next.is_some_and(|n| n.family == Family::V);
                (ends && !auxiliary && !weak) || (comma && morph.tag.starts_with('E'))
            }
            Family::S => matches!(morph.tag, "SF") || matches!(morph.form, "…" | ";" | "ㅠㅠ" | "ㅋㅋ"),
            _ => false,
        };
        if breaks {
            clause = clause.saturating_add(1);
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(text: &str) -> Vec<(String, Zone)> {
        sentences(text).into_iter().map(|(from, to, _, zone)| (text[from..to].trim().to_owned(), zone)).collect()
    }

    #[test]
    fn sentences_end_where_statements_end() {
        let found = zones("제목\n오전 9.5시는 아니다. \"안 된다.\"라고 했다.카카오는 사과했다! 2026. 1. 2. 기준");
        let texts: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(
            texts,
            ["제목", "오전 9.5시는 아니다.", "\"안 된다.\"라고 했다.", "카카오는 사과했다!", "2026. 1. 2. 기준"]
        );
    }

    #[test]
    fn page_furniture_is_no_text() {
        let found = zones(
            "제목\n본문이다.\n▲ 접속 오류 화면 /사진=독자 제공\n관련기사\n카톡 또 먹통\n은행 앱 마비\n무단전재 및 재배포 금지",
        );
        assert_eq!(found.iter().filter(|(_, zone)| *zone != Zone::Furniture).count(), 2, "{found:?}");
    }

    #[test]
    fn an_endless_line_is_cut() {
        let long = format!("\n{}", "가 ".repeat(20_000));
        assert!(sentences(&long).iter().all(|(from, to, ..)| to - from <= 8_004));
    }
}
