//! From bytes to text. Korean servers lie about the encoding often enough that the bytes have the last word.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
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
    let labelled = [declared, header].into_iter().flatten().filter_map(|label| Encoding::for_label(label.as_bytes()));
    // The reading that loses least; the declared one where none is better. A cut or half character costs a few places
    // in the right encoding, and nearly all of them in a wrong one.
    let mut best: Option<(usize, String)> = None;
    for encoding in labelled.chain([UTF_8, EUC_KR]) {
        let (text, wrong) = encoding.decode_without_bom_handling(bytes);
        let lost = if wrong { text.matches('\u{FFFD}').count() } else { 0 };
        if best.as_ref().is_none_or(|(least, _)| lost < *least) {
            best = Some((lost, text.into_owned()));
        }
        if lost == 0 {
            break;
        }
    }
    let (lost, text) = best.unwrap_or_default();
    if lost * 4 <= text.chars().count() {
        return text;
    }
    // Neither: what is at the beginning tells enough, and a long answer must not be read twice for it.
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes[..bytes.len().min(64 << 10)], true);
    let (other, wrong) = detector.guess(Some(b"kr"), Utf8Detection::Allow).decode_without_bom_handling(bytes);
    if wrong { text } else { other.into_owned() }
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
        let mut halved = korean.clone();
        halved.truncate(korean.len() - 5);
        assert!(decode(&halved, Some("text/html; charset=utf-8")).starts_with("<p>먹"), "half a character at the end");
        let mut torn = EUC_KR.encode("카카오톡 먹통 사태가 이어지고 있다").0.into_owned();
        torn.remove(9);
        assert!(decode(&torn, None).starts_with("카카오톡"), "half a character in the middle");
        assert_eq!(
            decode(b"caf\xe9 au lait, d\xe9j\xe0 vu", Some("text/plain; charset=iso-8859-1")),
            "café au lait, déjà vu"
        );
        assert_eq!(decode("\u{FEFF}가".as_bytes(), None), "가");
        assert_eq!(decode(&[0xFE, 0xFF, 0xAC, 0x00], None), "가", "UTF-16BE");
    }
}
