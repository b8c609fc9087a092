use std::sync::{Arc, OnceLock};

use proptest::prelude::*;

use super::lattice::Entry;
use super::{Lattice, SegmentError, Segmenter, Token, WordId, WordKind};

/// 카뱅 and 튕기다 are what mecab-ko-dic of 2018 lacks.
const USER: &str = "\
# brands
카뱅,1786,3546,1500,NNP,*,T,카뱅,*,*,*,*
카카오뱅크,1786,3545,1000,NNP,*,F,카카오뱅크,Compound,*,*,카카오/NNP/*+뱅크/NNG/*

튕김,2420,12,2000,VV+ETN,*,T,튕김,Inflect,VV,ETN,튕기/VV/*+ᄆ/ETN/*
튕깁니다,2420,5,2000,VV+EF,*,F,튕깁니다,Inflect,VV,EF,튕기/VV/*+ᄇ니다/EF/*
";

fn plain() -> &'static Segmenter {
    static PLAIN: OnceLock<Segmenter> = OnceLock::new();
    PLAIN.get_or_init(|| Segmenter::new("").expect("the embedded dictionary loads"))
}

fn with_user_words() -> &'static Segmenter {
    static USER_WORDS: OnceLock<Segmenter> = OnceLock::new();
    USER_WORDS.get_or_init(|| Segmenter::new(USER).expect("the rows are good"))
}

fn tokens(segmenter: &Segmenter, text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    segmenter.segment(text, &mut Lattice::default(), &mut out);
    out
}

/// `송금/NNG 이/JKS`
fn read(segmenter: &Segmenter, text: &str) -> String {
    let words: Vec<String> =
        tokens(segmenter, text).iter().map(|token| format!("{}/{}", token.text(text), segmenter.tag(token))).collect();
    words.join(" ")
}

/// Every byte is in exactly one token or is a space between tokens.
fn covers(text: &str, tokens: &[Token]) -> bool {
    let space = |range: &str| range.chars().all(|c| matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\r'));
    let mut at = 0;
    for token in tokens {
        if token.end <= token.start || (token.start as usize) < at || !space(&text[at..token.start as usize]) {
            return false;
        }
        at = token.end as usize;
    }
    space(&text[at..])
}

#[test]
fn reads_as_mecab_ko() {
    // What mecab-ko 0.9.2 makes of these. 돼요 is a connective ending (EC) to it unless a full stop follows.
    for (text, expected) in [
        ("송금이 안 돼요", "송금/NNG 이/JKS 안/MAG 돼요/VV+EC"),
        ("송금이 안 돼요.", "송금/NNG 이/JKS 안/MAG 돼요/VV+EF ./SF"),
        ("로그인안됨", "로그인/NNG 안/MAG 됨/VV+ETN"),
        ("함께 사용하기에 만족", "함께/MAG 사용/NNG 하/XSV 기/ETN 에/JKB 만족/NNG"),
        ("오전 9시 30분부터 접속 장애", "오전/NNG 9/SN 시/NNBC 30/SN 분/NNBC 부터/JX 접속/NNG 장애/NNG"),
        ("서비스가 복구됐습니다.", "서비스/NNG 가/JKS 복구/NNG 됐/XSV+EP 습니다/EF ./SF"),
    ] {
        assert_eq!(read(plain(), text), expected);
    }
}

#[test]
fn a_space_before_a_particle_costs() {
    // Attached, 시 would as well be the honorific ending (EP) here, and 이 the copula (VCP).
    assert_eq!(read(plain(), "서울 시 에서"), "서울/NNP 시/NNG 에서/JKB");
    let penalty = |word: &str| -> Vec<i32> {
        let entries = plain().system.dictionary.prefix_dictionary.find_surface(word);
        entries.iter().map(|e| plain().system.penalty[e.left_id() as usize]).collect()
    };
    assert_eq!(penalty("까지"), [0, 0, 6000, 6000, 6000, 0]);
    assert_eq!(penalty("습니다"), [3000, 3000]);
    assert_eq!(penalty("하늘"), [0, 0, 0, 0]);
}

#[test]
fn unknown_words_group_by_class_as_in_mecab() {
    // SF is a word of the dictionary, the run of the rest is one symbol.
    assert_eq!(read(plain(), "왜!!!"), "왜/MAG !/SF !!/SY");
    assert_eq!(read(plain(), "Toss 3.2.1"), "Toss/SL 3/SN ./SY 2/SN ./SY 1/SN");
    assert_eq!(read(plain(), "뛟뛟"), "뛟뛟/UNKNOWN");
    // Above U+FFFF there are no classes; a run of emoji is one word.
    assert_eq!(tokens(plain(), "😀👍").len(), 1);
    // A run of 25 groups, one of 26 does not: its first digit is split off.
    let lengths = |count: usize| -> Vec<u32> {
        tokens(plain(), &"9".repeat(count)).iter().map(|token| token.end - token.start).collect()
    };
    assert_eq!(lengths(25), [25]);
    assert_eq!(lengths(26), [1, 25]);
}

#[test]
fn user_words_are_read_with_their_particles() {
    let segmenter = with_user_words();
    assert_eq!(segmenter.user_words(), 4);
    assert_eq!(read(plain(), "카뱅이 안돼요"), "카/IC 뱅/NNP 이/JKS 안/MAG 돼요/VV+EC");
    assert_eq!(read(segmenter, "카뱅이 안돼요"), "카뱅/NNP 이/JKS 안/MAG 돼요/VV+EC");
    assert_eq!(read(segmenter, "카뱅이 안돼요."), "카뱅/NNP 이/JKS 안/MAG 돼요/VV+EF ./SF");
    assert_eq!(read(segmenter, "카뱅은 되는데"), "카뱅/NNP 은/JX 되/VV 는데/EC");
    assert_eq!(read(segmenter, "앱이 자꾸 튕깁니다"), "앱/NNG 이/JKS 자꾸/MAG 튕깁니다/VV+EF");
    assert_eq!(read(segmenter, "계속 튕김"), "계속/MAG 튕김/VV+ETN");
}

#[test]
fn parts_of_words() {
    let segmenter = with_user_words();
    let parts = |text: &str| -> Vec<(String, String)> {
        let token = tokens(segmenter, text)[0];
        assert_eq!(token.text(text), text, "one token");
        segmenter.parts(&token).map(|(form, tag)| (form.to_owned(), tag.to_owned())).collect()
    };
    let pair = |form: &str, tag: &str| (form.to_owned(), tag.to_owned());
    assert_eq!(parts("돼요"), [pair("되", "VV"), pair("어요", "EC")]);
    assert_eq!(parts("카카오뱅크"), [pair("카카오", "NNP"), pair("뱅크", "NNG")]);
    assert_eq!(parts("튕깁니다"), [pair("튕기", "VV"), pair("ᄇ니다", "EF")]);
    assert_eq!(parts("송금"), []);

    let token = tokens(segmenter, "돼요")[0];
    assert_eq!(segmenter.expression(&token), Some("되/VV/*+어요/EC/*"));
    assert_eq!(token.word.kind(), WordKind::System);
    let token = tokens(segmenter, "뛟뛟")[0];
    assert_eq!((token.word.kind(), segmenter.expression(&token)), (WordKind::Unknown, None));
    let token = tokens(segmenter, "카뱅")[0];
    assert_eq!((token.word.kind(), token.word.index()), (WordKind::User, 0));
    assert_eq!(segmenter.meaning(&tokens(segmenter, "서울")[0]), Some("지명"));
}

#[test]
fn parts_without_form_are_left_out() {
    let parts = super::Parts { rest: "고양이/NNG/*+/VCP/*+로소이다/EF/*" };
    assert_eq!(parts.collect::<Vec<_>>(), [("고양이", "NNG"), ("로소이다", "EF")]);
}

#[test]
fn all_bad_rows_are_named() {
    let rows = "\
카뱅,1786,3546,1500,NNP,*,T,카뱅,*,*,*,*
토뱅,1786,3546
# comment

케뱅,9999,3546,1500,NNP,*,T,케뱅,*,*,*,*
네페,1786,3546,40000,NNP,*,F,네페,*,*,*,*
페이,1786,3546,100,,*,F,페이,*,*,*,*
톡,1786,3546,100,NNP,*,F,톡,Compound,*,*,카카오톡/NNP/*
,1786,3546,100,NNP,*,F,*,*,*,*,*
톡,1786,3546,100,NNP,*,X,톡,*,*,*,*
톡,1786,3546,100,NNP,*,T,톡,Other,*,*,*
";
    let Err(SegmentError::UserRows(errors)) = Segmenter::new(rows) else { panic!("the rows are bad") };
    let lines: Vec<usize> = errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [2, 5, 6, 7, 8, 9, 10, 11]);
    let message = SegmentError::UserRows(errors).to_string();
    assert!(
        message.starts_with("8 rows of the user dictionary cannot be used:\n  line 2: 3 fields, expected 12"),
        "{message}"
    );
    assert!(message.contains("line 5: left id \"9999\" of 케뱅 is not a number below 2693"), "{message}");
}

#[test]
fn user_trie_finds_every_prefix_in_order() {
    let rows = ["가", "가나", "가나다", "가다", "나", "𐀀가"]
        .map(|word| format!("{word},1786,3545,1000,NNP,*,F,{word},*,*,*,*"))
        .join("\n");
    let segmenter = Segmenter::new(&rows).expect("the rows are good");
    let search = |text: &str| {
        let chars: Vec<char> = text.chars().collect();
        let mut found = Vec::new();
        segmenter.user.search(&chars, |entry, length| found.push((entry.word.index(), length)));
        found
    };
    assert_eq!(search("가나다라"), [(0, 1), (1, 2), (2, 3)]);
    assert_eq!(search("가다"), [(0, 1), (3, 2)]);
    assert_eq!(search("나가"), [(4, 1)]);
    assert_eq!(search("𐀀가가"), [(5, 2)]);
    assert_eq!(search("라"), []);
    assert_eq!(search(""), []);
}

#[test]
fn entries_are_read_as_lindera_does() {
    let trie = &plain().system.dictionary.prefix_dictionary;
    for word in ["이", "하늘", "됐", "."] {
        let chars: Vec<char> = word.chars().collect();
        let ours: Vec<_> = trie
            .common_prefix_search(&chars)
            .filter(|(_, length)| *length == chars.len())
            .flat_map(|(bytes, _)| bytes.as_chunks::<10>().0.iter().map(Entry::system))
            .map(|e| (e.word.index(), e.cost, u32::from(e.left), u32::from(e.right)))
            .collect();
        let theirs: Vec<_> = trie
            .find_surface(word)
            .iter()
            .map(|e| (e.word_id().id(), e.word_cost(), e.left_id(), e.right_id()))
            .collect();
        assert!(!ours.is_empty());
        assert_eq!(ours, theirs, "{word}");
    }
}

#[test]
fn tags_agree_with_the_details_of_the_dictionary() {
    let dictionary = &plain().system.dictionary;
    for id in (0..meoktong_ko_dic::word_count()).step_by(997) {
        assert_eq!(dictionary.word_details_iter(id).next(), Some(meoktong_ko_dic::tag(id as u32)), "word {id}");
    }
    assert_eq!(meoktong_ko_dic::word_count(), 816_283);
    assert_eq!(meoktong_ko_dic::tag(u32::MAX), "");
}

#[test]
fn packed_word_ids_come_apart() {
    for kind in [WordKind::System, WordKind::User, WordKind::Unknown] {
        for index in [0, 1, 816_282, (1 << 30) - 1] {
            let word = WordId::new(kind, index);
            assert_eq!((word.kind(), word.index()), (kind, index));
        }
    }
}

#[test]
fn nothing_and_spaces_give_no_tokens() {
    for text in ["", " ", "\n", " \t\r\n \n"] {
        assert_eq!(tokens(plain(), text), []);
    }
}

#[test]
fn a_line_end_ends_the_sentence() {
    let (first, second) = ("접속이", "안돼요 ㅠㅠ");
    let text = format!("{first}\n\r\n  {second}\n");
    assert_eq!(read(plain(), &text), format!("{} {}", read(plain(), first), read(plain(), second)));
}

#[test]
fn a_lattice_may_be_used_again() {
    let (mut lattice, mut out) = (Lattice::default(), Vec::new());
    for text in ["서비스가 복구됐습니다.", "왜", "로그인이 안돼요", "서비스가 복구됐습니다."]
    {
        out.clear();
        with_user_words().segment(text, &mut lattice, &mut out);
        assert_eq!(out, tokens(with_user_words(), text));
    }
}

#[test]
fn long_lines_are_cut_behind_a_sentence() {
    // 11 characters with the space: 4,096 is no multiple, so the cut has to look back.
    let sentence = "송금이 안 돼요 왜. ";
    let text = sentence.repeat(1200);
    let once = tokens(plain(), sentence).len();
    let all = tokens(plain(), &text);
    assert!(covers(&text, &all));
    assert_eq!(all.len(), once * 1200);
    let spaced = "송금 ".repeat(5000);
    assert_eq!(tokens(plain(), &spaced).len(), 5000);
}

#[test]
fn texts_without_a_space_take_linear_time() {
    let start = std::time::Instant::now();
    for unit in ["뛟", "ㅋ", "a", "!", "가나다라마바사", "9", "😀", " "] {
        let text = unit.repeat(300_000 / unit.len());
        assert!(covers(&text, &tokens(plain(), &text)), "{unit}");
    }
    // Some 2 s in all unoptimised on a slow machine; were it quadratic, minutes.
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn the_segmenter_is_shared_between_threads() {
    let segmenter = Arc::new(Segmenter::new(USER).expect("the rows are good"));
    let expected = read(&segmenter, "카뱅이 또 튕김");
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let (segmenter, expected) = (Arc::clone(&segmenter), &expected);
            scope.spawn(move || assert_eq!(&read(&segmenter, "카뱅이 또 튕김"), expected));
        }
    });
}

/// Text such as people write, and text such as nobody writes.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[가-힣]{1,4}",
        "[ㄱ-ㅣᄀ-ᇿ]{1,3}",
        "[ -~]{1,6}",
        "\\PC{1,3}",
        any::<char>().prop_map(String::from),
        prop::sample::select(vec![" ", "\n", "\r\n", "카뱅", "튕김", "\u{FFFF}", "\0", "　"]).prop_map(String::from),
        ("[가ㅋa9! ]", 1usize..40).prop_map(|(unit, count)| unit.repeat(count)),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tokens_and_spaces_give_the_text_back(text in any_text()) {
        for segmenter in [plain(), with_user_words()] {
            let tokens = tokens(segmenter, &text);
            prop_assert!(covers(&text, &tokens), "{:?}", tokens);
            for token in &tokens {
                prop_assert!(!segmenter.tag(token).is_empty());
                for (form, tag) in segmenter.parts(token) {
                    prop_assert!(!form.is_empty() && !tag.is_empty());
                }
            }
        }
    }
}
