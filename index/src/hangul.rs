//! Syllables and their letters, distances between words, and what a word would be on the other keyboard layout.

/// Initial consonants in the order of Unicode.
const INITIALS: [char; 19] =
    ['ㄱ', 'ㄲ', 'ㄴ', 'ㄷ', 'ㄸ', 'ㄹ', 'ㅁ', 'ㅂ', 'ㅃ', 'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅉ', 'ㅊ', 'ㅋ', 'ㅌ', 'ㅍ', 'ㅎ'];
/// Vowels in the order of Unicode.
const VOWELS: [char; 21] = [
    'ㅏ', 'ㅐ', 'ㅑ', 'ㅒ', 'ㅓ', 'ㅔ', 'ㅕ', 'ㅖ', 'ㅗ', 'ㅘ', 'ㅙ', 'ㅚ', 'ㅛ', 'ㅜ', 'ㅝ', 'ㅞ', 'ㅟ', 'ㅠ', 'ㅡ',
    'ㅢ', 'ㅣ',
];
/// Final consonants in the order of Unicode; the first means none.
const FINALS: [char; 28] = [
    '\0', 'ㄱ', 'ㄲ', 'ㄳ', 'ㄴ', 'ㄵ', 'ㄶ', 'ㄷ', 'ㄹ', 'ㄺ', 'ㄻ', 'ㄼ', 'ㄽ', 'ㄾ', 'ㄿ', 'ㅀ', 'ㅁ', 'ㅂ', 'ㅄ',
    'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅊ', 'ㅋ', 'ㅌ', 'ㅍ', 'ㅎ',
];
/// Two keys that make one letter.
const PAIRS: [(char, char, char); 18] = [
    ('ㅗ', 'ㅏ', 'ㅘ'),
    ('ㅗ', 'ㅐ', 'ㅙ'),
    ('ㅗ', 'ㅣ', 'ㅚ'),
    ('ㅜ', 'ㅓ', 'ㅝ'),
    ('ㅜ', 'ㅔ', 'ㅞ'),
    ('ㅜ', 'ㅣ', 'ㅟ'),
    ('ㅡ', 'ㅣ', 'ㅢ'),
    ('ㄱ', 'ㅅ', 'ㄳ'),
    ('ㄴ', 'ㅈ', 'ㄵ'),
    ('ㄴ', 'ㅎ', 'ㄶ'),
    ('ㄹ', 'ㄱ', 'ㄺ'),
    ('ㄹ', 'ㅁ', 'ㄻ'),
    ('ㄹ', 'ㅂ', 'ㄼ'),
    ('ㄹ', 'ㅅ', 'ㄽ'),
    ('ㄹ', 'ㅌ', 'ㄾ'),
    ('ㄹ', 'ㅍ', 'ㄿ'),
    ('ㄹ', 'ㅎ', 'ㅀ'),
    ('ㅂ', 'ㅅ', 'ㅄ'),
];
/// The Korean standard keyboard (두벌식) over the Latin one.
const KEYS: [(char, char); 33] = [
    ('q', 'ㅂ'),
    ('w', 'ㅈ'),
    ('e', 'ㄷ'),
    ('r', 'ㄱ'),
    ('t', 'ㅅ'),
    ('y', 'ㅛ'),
    ('u', 'ㅕ'),
    ('i', 'ㅑ'),
    ('o', 'ㅐ'),
    ('p', 'ㅔ'),
    ('a', 'ㅁ'),
    ('s', 'ㄴ'),
    ('d', 'ㅇ'),
    ('f', 'ㄹ'),
    ('g', 'ㅎ'),
    ('h', 'ㅗ'),
    ('j', 'ㅓ'),
    ('k', 'ㅏ'),
    ('l', 'ㅣ'),
    ('z', 'ㅋ'),
    ('x', 'ㅌ'),
    ('c', 'ㅊ'),
    ('v', 'ㅍ'),
    ('b', 'ㅠ'),
    ('n', 'ㅜ'),
    ('m', 'ㅡ'),
    ('Q', 'ㅃ'),
    ('W', 'ㅉ'),
    ('E', 'ㄸ'),
    ('R', 'ㄲ'),
    ('T', 'ㅆ'),
    ('O', 'ㅒ'),
    ('P', 'ㅖ'),
];

/// The keys that are pressed for a text, as single letters; double vowels and finals are two.
pub(crate) fn letters(text: &str) -> Vec<char> {
    let mut found = Vec::new();
    let mut push = |letter: char| match PAIRS.iter().find(|(_, _, both)| *both == letter) {
        Some((first, second, _)) => found.extend([*first, *second]),
        None => found.push(letter),
    };
    for c in text.chars() {
        let code = (c as u32).wrapping_sub(0xAC00) as usize;
        if code < 11_172 {
            push(INITIALS[code / 588]);
            push(VOWELS[code % 588 / 28]);
            if !code.is_multiple_of(28) {
                push(FINALS[code % 28]);
            }
        } else {
            push(c);
        }
    }
    found
}

/// What a Latin text would be had the Korean layout been on, if that gives whole syllables: `zkxhr` is 카톡.
pub(crate) fn typed_in_latin(text: &str) -> Option<String> {
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    let key = |c: char| {
        let found = KEYS.iter().find(|(latin, _)| *latin == c);
        found.or_else(|| KEYS.iter().find(|(latin, _)| *latin == c.to_ascii_lowercase())).map(|(_, letter)| *letter)
    };
    let keys: Vec<char> = text.chars().filter_map(key).collect();
    let composed = compose(&keys);
    composed.chars().all(|c| ('가'..='힣').contains(&c)).then_some(composed)
}

/// What a Korean text would be had the Latin layout been on: ㅏㅏㅐ is `kko`.
pub(crate) fn typed_in_hangul(text: &str) -> Option<String> {
    let latin: Option<String> = letters(text)
        .into_iter()
        .map(|letter| match KEYS.iter().find(|(_, key)| *key == letter) {
            Some((latin, _)) => Some(latin.to_ascii_lowercase()),
            None => letter.is_ascii_alphanumeric().then_some(letter),
        })
        .collect();
    latin.filter(|latin| latin.chars().any(|c| c.is_ascii_alphabetic()))
}

fn pair(first: char, second: char) -> Option<char> {
    PAIRS.iter().find(|(a, b, _)| (*a, *b) == (first, second)).map(|(_, _, both)| *both)
}

/// Syllables from keys, as an input method puts them together.
fn compose(keys: &[char]) -> String {
    let vowel = |c: Option<&char>| c.is_some_and(|c| VOWELS.contains(c));
    let mut text = String::new();
    let mut at = 0;
    while at < keys.len() {
        let initial = INITIALS.iter().position(|&c| c == keys[at]);
        let (Some(initial), true) = (initial, vowel(keys.get(at + 1))) else {
            text.push(keys[at]);
            at += 1;
            continue;
        };
        let mut middle = keys[at + 1];
        at += 2;
        if let Some(both) = keys.get(at).and_then(|&next| pair(middle, next)) {
            middle = both;
            at += 1;
        }
        let mut last = 0;
        // A consonant before a vowel begins the next syllable.
        let ends = |at: usize| keys.get(at).is_some() && !vowel(keys.get(at)) && !vowel(keys.get(at + 1));
        if ends(at)
            && let Some(found) = FINALS.iter().skip(1).position(|&c| c == keys[at])
        {
            last = found + 1;
            at += 1;
            if ends(at)
                && let Some(both) = pair(keys[at - 1], keys[at])
            {
                last = FINALS.iter().position(|&c| c == both).unwrap_or(last);
                at += 1;
            }
        }
        let vowel = VOWELS.iter().position(|&c| c == middle).unwrap_or(0);
        text.extend(char::from_u32((0xAC00 + initial * 588 + vowel * 28 + last) as u32));
    }
    text
}

/// Keys to change, leave out, put in or swap with the neighbour to get from one word to the other; Hangul by its letters.
pub(crate) fn distance(one: &str, other: &str) -> usize {
    distance_of(&letters(one), &letters(other))
}

/// As [`distance`], for letters that are known.
pub(crate) fn distance_of(one: &[char], other: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut least = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut last, next);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_keyboard_layout_is_undone() {
        for (typed, meant) in
            [("zkxhr", "카톡"), ("zkzkdhqodzm", "카카오뱅크"), ("dhfb", "오류"), ("thdrma", "송금"), ("djqtdj", "없어")]
        {
            assert_eq!(typed_in_latin(typed).as_deref(), Some(meant), "{typed}");
        }
        assert_eq!(typed_in_latin("kakao"), None, "no syllables");
        assert_eq!(typed_in_hangul("샌").as_deref(), Some("tos"));
        assert_eq!(typed_in_hangul("ㅏㅏㅐ").as_deref(), Some("kko"));
    }

    #[test]
    fn distance_counts_keys_and_swaps() {
        assert_eq!(distance("카톡", "카톡"), 0);
        assert_eq!(distance("카카오톡", "카카오통"), 1);
        assert_eq!(distance("카톡", "캌톡"), 1);
        assert_eq!(distance("services", "servcies"), 1);
        assert_eq!(distance("", "가"), 2);
    }

    #[test]
    fn every_syllable_is_typed_and_put_together_again() {
        for code in (0xAC00..=0xD7A3).step_by(7) {
            let syllable = char::from_u32(code).unwrap();
            assert_eq!(compose(&letters(&syllable.to_string())), syllable.to_string());
        }
    }
}
