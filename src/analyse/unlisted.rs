//! Services that the catalogue does not hold, found by how their names stand in a sentence.

use meoktong_dictionaries::pattern::Family;

use super::names::{Mention, Who};
use super::signal::Found;
use super::text::{Sentence, Zone};

/// Words behind a name that say it is a service: 앱, 홈페이지, 누리집 …
const HEADS: &[&str] = &[
    "앱",
    "어플",
    "애플리케이션",
    "홈페이지",
    "누리집",
    "사이트",
    "웹사이트",
    "포털",
    "서비스",
    "시스템",
    "서버",
    "플랫폼",
    "접속",
    "로그인",
    "예약",
    "예매",
    "예약앱",
    "모바일",
    "온라인",
    "전산",
    "전산망",
    "이용자",
    "사용자",
    "고객",
    "회원",
    "측",
    "서버도",
    "결제",
    "주문",
    "배달",
    "화면",
    "페이지",
    "게시판",
    "웹",
    "공식",
    "통합",
    "자체",
    "인터넷",
    "키오스크",
    "단말기",
    "시청",
    "채팅",
    "검색",
    "먹통",
    "장애",
    "오류",
];

/// Ends of names of organisations and services.
const TAILS: &[&str] = &[
    "은행",
    "증권",
    "카드",
    "페이",
    "톡",
    "병원",
    "의료원",
    "대학교",
    "대학",
    "대",
    "시청",
    "구청",
    "도청",
    "군청",
    "공단",
    "공사",
    "교육청",
    "도서관",
    "버스",
    "캠퍼스",
    "마켓",
    "몰",
    "뱅크",
    "보험",
    "생명",
    "화재",
    "택시",
    "맵",
    "24",
    "닷컴",
    "콜",
    "패스",
    "클라우드",
    "게임즈",
    "온라인",
    "월드",
    "텔레콤",
    "통신",
    "케이블",
    "미디어",
    "알림장",
    "저축은행",
    "협회",
    "중앙회",
];

/// Nouns that stand where names stand and name nothing.
const COMMON: &[&str] = &[
    "이용자",
    "사용자",
    "고객",
    "시민",
    "누리꾼",
    "네티즌",
    "투자자",
    "소비자",
    "가입자",
    "회사",
    "업체",
    "업계",
    "은행",
    "은행권",
    "금융권",
    "금융사",
    "증권사",
    "카드사",
    "거래소",
    "통신사",
    "당국",
    "정부",
    "경찰",
    "소방당국",
    "관계자",
    "측",
    "서비스",
    "시스템",
    "서버",
    "전산",
    "앱",
    "어플",
    "홈페이지",
    "사이트",
    "모바일",
    "인터넷",
    "네트워크",
    "데이터",
    "데이터센터",
    "센터",
    "화면",
    "메시지",
    "사진",
    "알림",
    "로그인",
    "접속",
    "결제",
    "송금",
    "이체",
    "거래",
    "주문",
    "매도",
    "매수",
    "체결",
    "입금",
    "출금",
    "조회",
    "인증",
    "오류",
    "장애",
    "먹통",
    "문제",
    "현상",
    "원인",
    "복구",
    "정상화",
    "점검",
    "공지",
    "안내",
    "이날",
    "오전",
    "오후",
    "지난",
    "현재",
    "당시",
    "사태",
    "사고",
    "일부",
    "전국",
    "서울",
    "한국",
    "국내",
    "해외",
    "미국",
    "일본",
    "유럽",
    "아시아",
    "전체",
    "대부분",
    "모든",
    "기능",
    "상품",
    "제품",
    "업무",
    "글",
    "불만",
    "불편",
    "기자",
    "사람",
    "학생",
    "학부모",
    "직원",
    "점주",
    "상인",
    "매장",
    "가맹점",
    "기관",
    "기업",
    "직장인",
    "환자",
    "승객",
    "주민",
    "커뮤니티",
    "온라인",
    "트래픽",
    "화재",
    "전력",
    "냉각",
    "카톡",
];

/// Adds names that may be services. They are candidates only: a model decides later whether they failed.
pub fn find(
    sentences: &[Sentence<'_>],
    signals: &[Found],
    known: &[(usize, usize, usize)],
    mentions: &mut Vec<Mention>,
) {
    for (at, sentence) in sentences.iter().enumerate() {
        if sentence.zone == Zone::Furniture
            || (sentence.zone == Zone::Body && !signals.iter().any(|s| s.sentence == at))
        {
            continue;
        }
        let morphs = &sentence.morphs;
        let mut from = 0;
        while from < morphs.len() {
            if !is_name_part(morphs[from].tag, morphs[from].form) {
                from += 1;
                continue;
            }
            let mut to = from + 1;
            while to < morphs.len() && is_name_part(morphs[to].tag, morphs[to].form) && to - from < 7 {
                to += 1;
            }
            if let Some((first, last)) = name_in(sentence, from, to) {
                let covered = known.iter().any(|&(s, f, t)| s == at && f < last && first < t);
                let outage = signals.iter().any(|s| s.sentence == at && s.from < last && first < s.to);
                if !covered && !outage {
                    let name: String = spelled(sentence, first, last);
                    mentions.push(Mention { who: Who::Unlisted(name), sentence: at, from: first, to: last });
                }
            }
            from = to;
        }
    }
}

fn is_name_part(tag: &str, form: &str) -> bool {
    matches!(tag, "NNP" | "NNG" | "SL" | "SN" | "XPN" | "XSN" | "UNKNOWN" | "XR" | "SH" | "NA")
        && !matches!(form, "들" | "적" | "씨")
}

/// The part of a run of nouns that can be a name: up to a head word, or the whole run where a subject particle follows.
fn name_in(sentence: &Sentence<'_>, from: usize, to: usize) -> Option<(usize, usize)> {
    let morphs = &sentence.morphs;
    let head = (from..to).find(|&at| HEADS.contains(&morphs[at].form));
    let headed = head.is_some_and(|at| at > from);
    let last = head.unwrap_or(to);
    if last == from {
        return None;
    }
    let particle = morphs
        .get(to)
        .filter(|m| m.family == Family::J && matches!(m.form, "이" | "가" | "은" | "는" | "에서" | "의" | "도"));
    let quoted = morphs.get(to).is_some_and(|m| matches!(m.form, "'" | "’" | "”" | "\""))
        && from > 0
        && matches!(morphs[from - 1].form, "'" | "‘" | "“" | "\"");
    // A run of nouns before a head or a subject particle: drop leading common words of another eojeol.
    let mut first = from;
    while first + 1 < last && COMMON.contains(&morphs[first].form) && morphs[first + 1].spaced {
        first += 1;
    }
    // Only the last eojeol can be the name unless the whole is short.
    while last - first > 4 {
        first += 1;
    }
    if last <= first || !(headed || particle.is_some() || quoted || sentence.zone == Zone::Title) {
        return None;
    }
    let name = spelled(sentence, first, last);
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    if letters < 2 || name.chars().count() > 24 || COMMON.contains(&name.as_str()) || morphs[first].tag == "SN" {
        return None;
    }
    let proper = (first..last).any(|at| matches!(morphs[at].tag, "NNP" | "SL" | "UNKNOWN"));
    let tailed = TAILS.iter().any(|tail| name.len() > tail.len() && name.ends_with(tail));
    let all_common = (first..last).all(|at| COMMON.contains(&morphs[at].form));
    ((proper || tailed || quoted) && !all_common).then_some((first, last))
}

/// A run of morphemes as written, with its spaces.
fn spelled(sentence: &Sentence<'_>, from: usize, to: usize) -> String {
    let mut name = String::new();
    for at in from..to {
        let morph = &sentence.morphs[at];
        if at > from && morph.spaced {
            name.push(' ');
        }
        name.push_str(morph.form);
    }
    name
}
