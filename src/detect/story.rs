//! Copies of one text: a sketch of character runs, compared without the texts. Used where no deduplication stage has named
//! the story.

use serde::{Deserialize, Serialize};

/// Length of a run in characters; Korean words are two to four syllables.
const RUN: usize = 5;
/// Hashes kept.
const KEPT: usize = 48;
/// Texts with fewer runs are too short to tell a copy from a common complaint.
const LEAST: usize = 24;
/// Share of common runs from which two texts are one story: wire copies are cut and retouched.
const SAME: f64 = 0.4;

/// The smallest hashes of a text's character runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sketch(Vec<u32>);

impl Sketch {
    /// Sketches a text; spaces, punctuation and bracketed tags do not count.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let letters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).take(1500).collect();
        let mut hashes: Vec<u32> = letters
            .windows(RUN)
            .map(|run| {
                let hash = run.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, c| {
                    (hash ^ u64::from(u32::from(*c))).wrapping_mul(0x0000_0100_0000_01b3)
                });
                (mixed(hash) >> 32) as u32
            })
            .collect();
        hashes.sort_unstable();
        hashes.dedup();
        if hashes.len() < LEAST {
            return Self::default();
        }
        hashes.truncate(KEPT);
        Self(hashes)
    }

    /// Whether two texts are versions of one story; never for texts that are too short to tell.
    #[must_use]
    pub fn is_copy_of(&self, other: &Sketch) -> bool {
        if self.0.is_empty() || other.0.is_empty() {
            return false;
        }
        // Jaccard similarity, estimated on the smallest hashes of the union.
        let kept = KEPT.min(self.0.len().max(other.0.len()));
        let (mut i, mut j, mut union, mut common) = (0, 0, 0, 0);
        while union < kept && (i < self.0.len() || j < other.0.len()) {
            match (self.0.get(i), other.0.get(j)) {
                (Some(a), Some(b)) if a == b => {
                    common += 1;
                    i += 1;
                    j += 1;
                }
                (Some(a), Some(b)) if a < b => i += 1,
                (Some(_), None) => i += 1,
                _ => j += 1,
            }
            union += 1;
        }
        f64::from(common) / union as f64 >= SAME
    }
}

fn mixed(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(0xff51_afd7_ed55_8ccd);
    x ^ (x >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIRE: &str = "가온톡에서 12일 오후 2시부터 사진 전송이 되지 않는 오류가 발생해 이용자들이 불편을 겪고 있다. \
        운영사는 원인을 파악하는 대로 복구하겠다고 밝혔다. 오류는 일부 이용자에게서만 나타난 것으로 전해졌다.";

    #[test]
    fn a_retouched_wire_story_is_a_copy_and_another_report_is_not() {
        let copy = format!(
            "[속보] {} 가온일보 기자",
            WIRE.replace("이용자들이 불편을 겪고 있다", "이용자 불편이 이어지고 있다")
        );
        let other = "직장인 A씨는 점심시간에 가온톡으로 사진을 보내려다 실패했다. 게시판에는 같은 글이 잇따랐고, 회사는 \
            서버 점검 중이라고만 답했다. 결국 다른 메신저로 옮겨 갔다는 이용자도 많았다.";
        assert!(Sketch::of(&copy).is_copy_of(&Sketch::of(WIRE)));
        assert!(!Sketch::of(other).is_copy_of(&Sketch::of(WIRE)));
    }

    #[test]
    fn short_complaints_are_never_copies() {
        assert!(!Sketch::of("접속이 안돼요").is_copy_of(&Sketch::of("접속이 안돼요")));
    }
}
