//! From bytes to text. Korean servers lie about the encoding often enough that the bytes have the last word.

use encoding_rs::{EUC_KR, Encoding, UTF_8};

/// Decodes an answer. Order of belief: byte-order mark, XML declaration or `<meta charset>`, HTTP header, the bytes. A
/// declared encoding that does not fit the bytes is not believed; EUC-KR means CP949, as everywhere in Korea.
#[must_use]
pub fn decode(bytes: &[u8], content_type: Option<&str>) -> String {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0.into_owned();
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(2048)]).to_lowercase();
    let declared = after(&head, "encoding=").filter(|_| head.trim_start().starts_with("<?xml"));
    let declared = declared.or_else(|| after(&head, "charset="));
    let header = content_type.map(str::to_lowercase).and_then(|value| after(&value, "charset="));
    // Hangul in UTF-8 is three bytes each, and three such bytes in a row are no EUC-KR text that anyone writes.
    if let Ok(text) = std::str::from_utf8(bytes)
        && text.chars().any(|c| c >= '\u{0800}')
    {
        return text.to_owned();
    }
    for label in [declared, header].into_iter().flatten() {
        if let Some(encoding) = Encoding::for_label(label.as_bytes()) {
            let (text, _, wrong) = encoding.decode(bytes);
            if !wrong {
                return text.into_owned();
            }
        }
    }
    let (text, _, wrong) = UTF_8.decode(bytes);
    if !wrong {
        return text.into_owned();
    }
    let (korean, _, wrong) = EUC_KR.decode(bytes);
    // Damaged in both: UTF-8 loses single characters only, EUC-KR may go on out of step.
    if wrong { text.into_owned() } else { korean.into_owned() }
}

fn after(text: &str, mark: &str) -> Option<String> {
    let rest = text.split_once(mark)?.1.trim_start_matches(['"', '\'']);
    let label: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    (!label.is_empty()).then_some(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_have_the_last_word() {
        let korean = EUC_KR.encode("<p>먹통</p>").0.into_owned();
        assert_eq!(decode(&korean, Some("text/html; charset=euc-kr")), "<p>먹통</p>");
        assert_eq!(decode(&korean, Some("text/html; charset=UTF-8")), "<p>먹통</p>", "a header that lies");
        assert_eq!(decode("먹통".as_bytes(), Some("text/html; charset=euc-kr")), "먹통", "and the other way");
        let declared = EUC_KR.encode("<?xml version=\"1.0\" encoding=\"EUC-KR\"?><a>똠방</a>").0.into_owned();
        assert!(decode(&declared, None).contains("똠방"), "CP949 beyond KS X 1001");
        assert_eq!(decode("\u{FEFF}가".as_bytes(), None), "가");
        assert_eq!(decode(&[0xFE, 0xFF, 0xAC, 0x00], None), "가", "UTF-16BE");
    }
}
