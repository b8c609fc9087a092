//! Cursor helpers over UTF-8 text, and the prefilter that finds the places where a time expression may begin.
//!
//! Every helper takes a byte position on a character boundary and looks ahead a bounded number of bytes, which keeps the whole search
//! linear in the length of the text.

/// Whether the character is a Hangul syllable.
pub(super) fn is_hangul(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

/// The character at `i`.
pub(super) fn char_at(s: &str, i: usize) -> Option<char> {
    s.get(i..).and_then(|r| r.chars().next())
}

/// The character before `i`.
pub(super) fn char_before(s: &str, i: usize) -> Option<char> {
    s.get(..i).and_then(|r| r.chars().next_back())
}

/// Position after `word` if it stands at `i`.
pub(super) fn eat(s: &str, i: usize, word: &str) -> Option<usize> {
    s.as_bytes().get(i..i + word.len()).filter(|b| *b == word.as_bytes()).map(|_| i + word.len())
}

/// Position after the first of `words` that stands at `i`; list the longer of two words that begin alike first.
pub(super) fn eat_any(s: &str, i: usize, words: &[&str]) -> Option<usize> {
    words.iter().find_map(|w| eat(s, i, w))
}

/// Position after at most two blanks (never a line break).
pub(super) fn blanks(s: &str, i: usize) -> usize {
    let mut at = i;
    for _ in 0..2 {
        match char_at(s, at) {
            Some(c @ (' ' | '\t' | '\u{a0}' | '\u{3000}')) => at += c.len_utf8(),
            _ => break,
        }
    }
    at
}

/// Whether no Hangul syllable stands at `i`: the word is over.
pub(super) fn ends_word(s: &str, i: usize) -> bool {
    !char_at(s, i).is_some_and(is_hangul)
}

/// Particles and endings that may follow a date, a clock time or a length without making another word of it.
const PARTICLES: &[&str] = &[
    "부터", "까지", "에", "은", "는", "이", "가", "을", "를", "의", "도", "과", "와", "로", "으로", "인", "였", "만",
    "보다", "마저", "조차", "밖", "뿐", "하고", "씩", "나", "라", "쯤", "께", "경", "무렵", "가량", "정도", "즈음",
    "여", "남짓", "안팎", "내외", "전후", "넘", "현재", "기준", "입니", "예정", "한", "하루", "일부", "동안", "내내",
    "날", "늦", "중", "말", "초",
];

/// Whether the word is over at `i` or goes on with a particle.
pub(super) fn particle_or_end(s: &str, i: usize) -> bool {
    ends_word(s, i) || eat_any(s, i, PARTICLES).is_some()
}

/// First syllables of the words that may open a time expression (numbers in words, parts of the day, relative days, holidays, prefixes).
const OPENERS: &str = "간거개같광구그근글금길꼬나낮내너넉네노다닷단당대돌동두매며명모목몇무미반발밤밸방보부불빼사삼상새서석설성세수스식신십심아약어얼엊엿여연열예오올우월육음이익일자작장재저전점정제주지차천첫초총최추칠크태토팔핼할향현하한협화";

/// Whether the word at `i`, which begins with the opener `c`, may be one of ours: everyday words drop out here at the price of a few
/// comparisons.
fn plausible(s: &str, i: usize, c: char) -> bool {
    let words: &[&str] = match c {
        '간' => &["간밤"],
        '거' => &["거의"],
        '개' => &["개천절", "개장"],
        '같' => &["같은"],
        '광' => &["광복절"],
        '그' => &["그제", "그저께", "그끄", "그날", "그해", "그 해", "그달", "그 이듬", "그 전날", "그다음"],
        '근' => &["근로자의"],
        '글' => &["글피"],
        '금' => &["금일", "금주", "금년", "금월", "금요일"],
        '길' => &["길게는"],
        '꼬' => &["꼬박"],
        '나' => &["나흘"],
        '내' => &["내일", "내달", "내년", "내주", "내후년"],
        '너' => &["너댓"],
        '노' => &["노동절"],
        '다' => &["다음", "다가오는", "다다음", "다섯"],
        '닷' => &["닷새"],
        '단' => &["단 "],
        '당' => &["당일", "당월"],
        '대' => &["대략", "대여섯"],
        '돌' => &["돌아오는"],
        '동' => &["동년", "동월", "동부"],
        '며' => &["며칠"],
        '명' => &["명일"],
        '모' => &["모레", "모두"],
        '목' => &["목요일"],
        '무' => &["무려"],
        '미' => &["미국", "미 동부", "미 서부", "미 태평양"],
        '반' => &["반나절", "반년"],
        '발' => &["발렌타인"],
        '밸' => &["밸런타인"],
        '방' => &["방금"],
        '보' => &["보름"],
        '부' => &["부처님"],
        '불' => &["불과"],
        '빼' => &["빼빼로"],
        '상' => &["상반기"],
        '새' => &["새벽", "새해"],
        '서' => &["서너", "서른", "서부 시", "서부시"],
        '성' => &["성탄절"],
        '수' => {
            &["수요일", "수십", "수백", "수시간", "수 시간", "수분", "수 분", "수일", "수개월", "수년", "수 ", "수능"]
        }
        '스' => &["스물", "스무", "스승의"],
        '식' => &["식목일"],
        '신' => &["신정"],
        '심' => &["심야"],
        '아' => &["아침", "아홉", "아흐레"],
        '어' => &["어제", "어젯", "어린이날", "어버이날"],
        '얼' => &["얼추"],
        '엊' => &["엊그"],
        '엿' => &["엿새"],
        '여' => &["여섯", "여덟", "여드레"],
        '연' => &["연말", "연초"],
        '예' => &["예닐곱", "예순"],
        '올' => &["올 ", "올해", "올1"],
        '우' => &["우리 시간", "우리시간"],
        '월' => &["월요일"],
        '음' => &["음력설"],
        '익' => &["익일", "익월"],
        '자' => &["자정"],
        '작' => &["작년"],
        '장' => &["장장", "장 초반", "장초반"],
        '재' => &["재작년"],
        '저' => &["저녁", "저번"],
        '전' => &["전날", "전일", "전달", "전월"],
        '점' => &["점심"],
        '정' => &["정오"],
        '제' => &["제헌절"],
        '주' => &["주말"],
        '지' => &["지난", "지금", "지지난"],
        '차' => &["차주"],
        '첫' => &[],
        '초' => &["초파일"],
        '총' => &["총 "],
        '최' => &["최근", "최대", "최장", "최소"],
        '추' => &["추석"],
        '크' => &["크리스마스"],
        '태' => &["태평양"],
        '토' => &["토요일"],
        '핼' => &["핼러윈"],
        '할' => &["할로윈"],
        '향' => &["향후"],
        '현' => &["현지", "현충일"],
        '하' => &["하루", "하반기"],
        '협' => &["협정세계시"],
        '화' => &["화요일", "화이트데이"],
        '한' => &[
            "한시간",
            "한 시간",
            "한시",
            "한 시",
            "한달",
            "한 달",
            "한주",
            "한 주",
            "한해",
            "한 해",
            "한두",
            "한나절",
            "한낮",
            "한밤",
            "한글날",
            "한가위",
            "한국",
        ],
        '두' => &["두시", "두 시", "두달", "두 달", "두주", "두 주", "두해", "두 해", "두세", "두서너", "두어"],
        '세' => &["세시", "세 시", "세달", "세 달", "세 주", "세 해"],
        '네' => &["네시", "네 시", "네달", "네 달", "네댓", "네다섯", "네 주"],
        '석' => &["석달", "석 달", "석가탄신일"],
        '넉' => &["넉달", "넉 달"],
        '몇' => &[
            "몇시간",
            "몇 시간",
            "몇분",
            "몇 분",
            "몇십",
            "몇달",
            "몇 달",
            "몇일",
            "몇 일",
            "몇년",
            "몇 년",
            "몇 주",
            "몇주",
            "몇 개월",
            "몇개월",
        ],
        '이' => &[
            "이날",
            "이달",
            "이번",
            "이듬해",
            "이튿날",
            "이틀",
            "이레",
            "이른 ",
            "이십",
            "이천",
            "이분",
            "이주",
            "이초",
            "이년",
            "이개월",
        ],
        '일' => &["일요일", "일주일", "일곱", "일고여덟", "일분", "일초", "일년", "일개월", "일월", "일일"],
        '사' => &["사흘", "사십", "사분", "사주", "사년", "사개월", "사월"],
        '삼' => &["삼일절", "삼십", "삼분", "삼주", "삼년", "삼개월", "삼월", "삼초"],
        '오' => &["오늘", "오는", "오전", "오후", "오십", "오분", "오주", "오년", "오개월", "오월", "오초"],
        '육' => &["육십", "육분", "육주", "육년", "육개월", "육월"],
        '칠' => &["칠십", "칠분", "칠주", "칠년", "칠개월", "칠월"],
        '팔' => &["팔십", "팔분", "팔주", "팔년", "팔개월", "팔월"],
        '구' => &["구십", "구분", "구년", "구개월", "구월"],
        _ => return true,
    };
    eat_any(s, i, words).is_some()
}

/// One bit for every Hangul syllable: may it open an expression?
struct Openers([u64; 175]);

impl Openers {
    const fn new() -> Self {
        let mut bits = [0u64; 175];
        let bytes = OPENERS.as_bytes();
        let mut i = 0;
        while i + 2 < bytes.len() {
            let c =
                ((bytes[i] as u32 & 0x0f) << 12) | ((bytes[i + 1] as u32 & 0x3f) << 6) | (bytes[i + 2] as u32 & 0x3f);
            let n = c - 0xac00;
            bits[(n / 64) as usize] |= 1 << (n % 64);
            i += 3;
        }
        Openers(bits)
    }

    fn has(&self, code: u32) -> bool {
        let n = code.wrapping_sub(0xac00);
        n < 11_172 && self.0[(n / 64) as usize] >> (n % 64) & 1 == 1
    }
}

static OPEN: Openers = Openers::new();

/// The next byte position at or after `from` where an expression may begin: a digit that opens a number, an opener syllable that opens a
/// word, 오전/오후 anywhere (missing spaces are common in posts), or AM/PM.
pub(super) fn next_candidate(s: &str, from: usize) -> Option<usize> {
    let b = s.as_bytes();
    let mut i = from;
    // Whether the previous character is a Hangul syllable, and the previous byte.
    let mut in_word = char_before(s, from).is_some_and(is_hangul);
    let mut prev = if from == 0 { 0 } else { b[from - 1] };
    while i < b.len() {
        let c = b[i];
        if c < 0x80 {
            if c.is_ascii_digit() {
                if !prev.is_ascii_alphanumeric() && prev != b'_' {
                    return Some(i);
                }
            } else if matches!(c, b'A' | b'P' | b'a' | b'p' | b'U' | b'G')
                && !prev.is_ascii_alphanumeric()
                && matches!(b.get(i + 1), Some(b'M' | b'm' | b'T'))
            {
                return Some(i);
            }
            in_word = false;
            prev = c;
            i += 1;
        } else if c & 0xf0 == 0xe0 {
            let code = ((c as u32 & 0x0f) << 12) | ((b[i + 1] as u32 & 0x3f) << 6) | (b[i + 2] as u32 & 0x3f);
            let hangul = code.wrapping_sub(0xac00) < 11_172;
            if hangul {
                if !in_word {
                    if OPEN.has(code) && char_at(s, i).is_some_and(|c| plausible(s, i, c)) {
                        return Some(i);
                    }
                } else if code == '오' as u32 && eat_any(s, i, &["오전", "오후"]).is_some() {
                    return Some(i);
                }
            }
            in_word = hangul;
            prev = c;
            i += 3;
        } else {
            in_word = false;
            prev = c;
            i += if c & 0xe0 == 0xc0 {
                2
            } else if c & 0xf8 == 0xf0 {
                4
            } else {
                1
            };
        }
    }
    None
}
