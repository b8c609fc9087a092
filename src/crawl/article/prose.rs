//! The text of an element: paragraphs without captions, lists of other articles, share bars, bylines and rights notices.

use std::sync::LazyLock;

use regex::Regex;
use scraper::{ElementRef, Html, Node, Selector};

use crate::normalise::{clean, line, without_bylines};

/// Elements that are never article text.
const NEVER: [&str; 25] = [
    "script",
    "style",
    "noscript",
    "figure",
    "figcaption",
    "aside",
    "button",
    "iframe",
    "ins",
    "svg",
    "form",
    "select",
    "textarea",
    "nav",
    "footer",
    "video",
    "audio",
    "template",
    "object",
    "input",
    "label",
    "dialog",
    "canvas",
    "map",
    "head",
];
/// Words of class and id that name what stands beside the text. Words, not letters: `ad` is one in `ad-box` and in `topAd`,
/// none in `head`.
const BESIDE: [&str; 66] = [
    "ad",
    "ads",
    "adv",
    "advert",
    "advertise",
    "advertisement",
    "adsense",
    "banner",
    "sponsor",
    "promotion",
    "related",
    "relation",
    "relate",
    "rel",
    "recommend",
    "recommended",
    "reco",
    "share",
    "sns",
    "social",
    "copyright",
    "copy",
    "byline",
    "reporter",
    "journalist",
    "writer",
    "author",
    "profile",
    "caption",
    "desc",
    "imgdesc",
    "tag",
    "tags",
    "keyword",
    "keywords",
    "subscribe",
    "subscription",
    "newsletter",
    "emotion",
    "reaction",
    "like",
    "comment",
    "comments",
    "reply",
    "poll",
    "quiz",
    "tts",
    "fontsize",
    "print",
    "toolbar",
    "utility",
    "util",
    "btn",
    "button",
    "popular",
    "ranking",
    "hidden",
    "blind",
    "skip",
    "widget",
    "subtitle",
    "subheading",
    "midtitle",
    "summary",
    "summury",
    "subtit",
];
/// Elements that end a line.
const BLOCKS: [&str; 24] = [
    "p",
    "br",
    "div",
    "li",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "tr",
    "table",
    "blockquote",
    "section",
    "article",
    "header",
    "pre",
    "hr",
    "center",
];
/// No page nests deeper for good reason; deeper parts are left out, and our stack is safe.
const DEEPEST: usize = 200;

/// The text of an element, without what matches `drop`.
pub(super) fn of(element: ElementRef<'_>, drop: &[Selector]) -> String {
    let whole = letters(element, 0);
    let mut text = String::new();
    collect(element, drop, whole.max(1), &mut text, 0);
    tidy(&clean(&text))
}

fn collect(element: ElementRef<'_>, drop: &[Selector], whole: usize, text: &mut String, depth: usize) {
    for child in element.children() {
        match child.value() {
            Node::Text(part) => {
                // A line end in the source is a space on the screen.
                let mut from = 0;
                for (at, c) in part.char_indices().filter(|(_, c)| matches!(c, '\n' | '\r')) {
                    text.push_str(&part[from..at]);
                    text.push(' ');
                    from = at + c.len_utf8();
                }
                text.push_str(&part[from..]);
            }
            Node::Element(value) => {
                let Some(inner) = ElementRef::wrap(child) else { continue };
                let name = value.name();
                if depth > DEEPEST || NEVER.contains(&name) || is_beside(inner, drop, whole) {
                    continue;
                }
                let block = BLOCKS.contains(&name);
                if block && !text.ends_with('\n') {
                    text.push('\n');
                }
                collect(inner, drop, whole, text, depth + 1);
                if block {
                    text.push('\n');
                }
            }
            _ => {}
        }
    }
}

/// Whether an element stands beside the text.
fn is_beside(element: ElementRef<'_>, drop: &[Selector], whole: usize) -> bool {
    let value = element.value();
    if drop.iter().any(|selector| selector.matches(&element)) {
        return true;
    }
    let style = value.attr("style").unwrap_or_default();
    if value.attr("hidden").is_some() || (style.contains("display") && style.replace(' ', "").contains("display:none"))
    {
        return true;
    }
    let names = [value.attr("class"), value.attr("id")];
    let named = names.into_iter().flatten().any(|names| {
        let words: Vec<String> = words(names).collect();
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        has(&BESIDE) || (has(&["sub"]) && has(&["tit", "title", "heading", "head"]))
    });
    let inner = letters(element, 0);
    // An element that holds most of the text is the text, whatever it is called.
    if inner * 5 > whole * 2 {
        return false;
    }
    if named {
        return true;
    }
    match value.name() {
        // A picture in a table, with its caption: the way of older systems.
        "table" => inner < 150 && holds(element, "img", 0),
        "ul" | "ol" | "dl" | "div" | "p" | "section" | "li" => {
            let linked = linked(element, 0);
            inner >= 8 && linked * 10 > inner * 7
        }
        _ => false,
    }
}

/// The words of a class or id: `articleAd_box` is article, ad and box.
fn words(names: &str) -> impl Iterator<Item = String> {
    let mut found = Vec::new();
    let mut word = String::new();
    let mut lower = false;
    for c in names.chars() {
        if (!c.is_ascii_alphabetic() || (c.is_ascii_uppercase() && lower)) && !word.is_empty() {
            found.push(std::mem::take(&mut word));
        }
        if c.is_ascii_alphabetic() {
            word.push(c.to_ascii_lowercase());
        }
        lower = c.is_ascii_lowercase();
    }
    found.push(word);
    found.into_iter()
}

fn letters(element: ElementRef<'_>, depth: usize) -> usize {
    if depth > DEEPEST {
        return 0;
    }
    let mut count = 0;
    for child in element.children() {
        match child.value() {
            Node::Text(part) => count += part.chars().filter(|c| !c.is_whitespace()).count(),
            Node::Element(value) if !NEVER.contains(&value.name()) => {
                count += ElementRef::wrap(child).map_or(0, |inner| letters(inner, depth + 1));
            }
            _ => {}
        }
    }
    count
}

fn linked(element: ElementRef<'_>, depth: usize) -> usize {
    if depth > DEEPEST {
        return 0;
    }
    element
        .children()
        .filter_map(ElementRef::wrap)
        .map(|inner| if inner.value().name() == "a" { letters(inner, depth) } else { linked(inner, depth + 1) })
        .sum()
}

fn holds(element: ElementRef<'_>, name: &str, depth: usize) -> bool {
    depth <= DEEPEST
        && element
            .children()
            .filter_map(ElementRef::wrap)
            .any(|inner| inner.value().name() == name || holds(inner, name, depth + 1))
}

/// How deep a page is nested.
pub(super) fn depth(page: &Html) -> usize {
    page.tree.root().descendants().map(|node| node.ancestors().take(1000).count()).max().unwrap_or(0)
}

/// A headline on one line, without the picture marks of some systems.
pub(super) fn headline(raw: &str) -> String {
    line(raw).trim_matches(['\u{FEFF}', ' ']).to_owned()
}

/// Drops lines that are not the article: who wrote it, whom to tell, what else to read, whose rights.
pub(super) fn tidy(text: &str) -> String {
    static LINE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^(?:[가-힣]{2,4}\s*(?:선임|수석|전문|인턴|객원|온라인|디지털)?\s*(?:기자|특파원|논설위원|앵커|PD|에디터|통신원)(?:\s*[=|/·].*)?",
            r"|[(\[<][가-힣]{2,4}\s*(?:기자|특파원|앵커)[)\]>]",
            r"|.{0,20}[(\[<]\s*[)\]>]",
            r"|글\.\s.{0,20}",
            r"|[가-힣]{2,4}\s*(?:기자|특파원)?\s*[(\[<]?\s*[\w.+-]+@[\w.-]+\s*[)\]>]?",
            r"|(?:글|사진|그래픽|영상|취재|편집|촬영|일러스트)\s*[=:/|·].{0,40}",
            r"|[\[(【<]?\s*(?:(?:사진|자료|화면|이미지)\s*)?(?:사진|자료|이미지|그래픽|출처|제공)\s*[=:].{0,60}",
            r"|.{0,40}(?:사진|자료|이미지|그래픽)\s*[=/]\s?[^.]{0,30}(?:제공|캡처|캡쳐|DB|뉴스1|뉴시스|연합뉴스)?\s*[\])]?",
            r"|[▶☞▷◎■●△➤※→▲]\s?(?:.{0,60}(?:바로가기|구독|관련\s?기사|클릭|보기|다운로드|제보|채널|뉴스레터|카카오톡|네이버|이메일).*)",
            r"|(?:관련\s?기사|연관\s?기사|주요\s?기사|인기\s?기사|추천\s?기사|많이\s?본\s?(?:뉴스|기사)|실시간\s?(?:뉴스|주요)|핫\s?뉴스|태그|키워드|해시태그|공유하기|글자\s?크기|기사\s?공유|프린트|스크랩|좋아요|싫어요|댓글|구독|구독하기|기자\s?페이지|다른\s?기사\s?보기|이 기사를 공유합니다|AD|광고|Advertisement)\s*[\d:]*",
            r"|#[^\s#]+(?:\s+#[^\s#]+)*",
            r")$",
        ))
        .expect("a fixed pattern")
    });
    const ANYWHERE: [&str; 20] = [
        "무단전재",
        "무단 전재",
        "무단복제",
        "재배포 금지",
        "재배포금지",
        "재판매 및 DB",
        "저작권자",
        "Copyright",
        "copyright ⓒ",
        "All rights reserved",
        "All Rights Reserved",
        "ⓒ ",
        "AI 학습",
        "기사제보",
        "기사 제보",
        "제보하기",
        "제보는 카카오톡",
        "여러분의 제보",
        "구독하세요",
        "공감언론 뉴시스",
    ];
    // Behind these only other things follow.
    const ENDS: [&str; 9] = [
        "관련기사",
        "관련 기사",
        "많이 본 뉴스",
        "많이 본 기사",
        "저작권자",
        "무단전재",
        "무단 전재",
        "Copyright",
        "추천 기사",
    ];
    let text = without_bylines(text);
    let total = text.chars().count();
    let mut before = 0;
    let mut kept: Vec<&str> = Vec::new();
    for line in text.lines() {
        let length = line.chars().count();
        let short = length <= 160;
        if short && before * 2 > total && ENDS.iter().any(|mark| line.contains(mark)) && length <= 120 {
            break;
        }
        before += length;
        if short && (ANYWHERE.iter().any(|mark| line.contains(mark)) || LINE.is_match(line)) {
            continue;
        }
        kept.push(line);
    }
    kept.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_names_are_read_by_words() {
        let found: Vec<String> = words("articleAd_box head-line2").filter(|word| !word.is_empty()).collect();
        assert_eq!(found, ["article", "ad", "box", "head", "line"]);
    }

    #[test]
    fn lines_beside_the_article_go_and_its_own_stay() {
        let text = "카카오톡에서 메시지가 전송되지 않는 장애가 났다.\n회사는 \"원인을 파악하고 있다\"고 밝혔다.\n홍길동 기자 a@b.example\n사진=카카오 제공\n\
                    ▶ 네이버에서 구독하기\n관련기사\n토스도 멈췄다\n저작권자 ⓒ 가람일보, 무단전재 및 재배포 금지";
        assert_eq!(
            tidy(text),
            "카카오톡에서 메시지가 전송되지 않는 장애가 났다.\n회사는 \"원인을 파악하고 있다\"고 밝혔다."
        );
    }
}
