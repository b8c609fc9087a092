//! From a document to what it claims: which services failed, which features, since when, why. Pure.

pub mod attribute;
pub mod cause;
pub mod decide;
pub mod event;
pub mod evidence;
pub mod facts;
pub mod linear;
pub mod names;
pub mod report;
pub mod signal;
pub mod text;
pub mod time;
pub mod unlisted;

use aho_corasick::AhoCorasick;
use meoktong_dictionaries::{Catalogue, Lexicon, bundled};
use meoktong_index::morpheme::{Analyzer, Workspace};
use meoktong_index::{Document, Kind};

use linear::Model;
use names::Names;
pub use report::{
    Analysis, Assertion, Bound, Event, Precision, ReportedFeature, ReportedService, Role, Signal, Status,
};

/// The linear models, each trained by `examples/train_models.rs` on `tests/corpus`.
#[derive(Debug, Clone, Default)]
pub struct Models {
    /// Whether an article or a notice is an outage report.
    pub report_press: Model,
    /// Whether a review or a post is one.
    pub report_chatter: Model,
    /// Whether a reported outage is current.
    pub current: Model,
    /// Whether a service that a text names failed.
    pub failed: Model,
    /// Whether a feature that a text names failed.
    pub feature: Model,
    /// Whether a time expression is the start of an outage.
    pub start: Model,
    /// Whether a reported outage is over.
    pub restored: Model,
    /// Whether a reported outage goes on.
    pub ongoing: Model,
}

impl Models {
    /// The bundled models.
    ///
    /// # Panics
    /// If a bundled file is wrong, which a test excludes.
    #[must_use]
    pub fn bundled() -> Self {
        let read = |name: &str| {
            Model::read(bundled::model(name)).unwrap_or_else(|what| panic!("bundled model {name}: {what}"))
        };
        Self {
            report_press: read("report_press"),
            report_chatter: read("report_chatter"),
            current: read("current"),
            failed: read("failed"),
            feature: read("feature"),
            start: read("start"),
            restored: read("restored"),
            ongoing: read("ongoing"),
        }
    }
}

/// Everything that analysis needs, loaded once.
pub struct Analyser {
    /// Services and their dependencies.
    pub catalogue: Catalogue,
    /// Outage words.
    pub lexicon: Lexicon,
    /// The Korean analyzer.
    pub analyzer: Analyzer,
    names: Names,
    models: Models,
    cues: AhoCorasick,
    strong_cues: AhoCorasick,
    bias: time::Bias,
}

/// Stems without which a press text tells of no outage.
const STRONG_CUES: [&str; 62] = [
    "장애",
    "오류",
    "에러",
    "먹통",
    "마비",
    "불통",
    "두절",
    "불가",
    "중단",
    "다운",
    "지연",
    "지체",
    "늦",
    "느려",
    "느리",
    "느림",
    "튕",
    "팅",
    "띵",
    "꺼지",
    "꺼져",
    "꺼졌",
    "꺼진",
    "꺼짐",
    "끊",
    "막히",
    "막혀",
    "막혔",
    "막힌",
    "멈",
    "안되",
    "안 되",
    "안돼",
    "안 돼",
    "안됨",
    "안 됨",
    "안된",
    "안 된",
    "안됩",
    "안 됩",
    "안됐",
    "안 됐",
    "안댐",
    "않되",
    "실패",
    "차질",
    "불편",
    "버그",
    "렉",
    "버벅",
    "로딩",
    "뺑뺑",
    "셧다운",
    "터졌",
    "터짐",
    "뻗",
    "말썽",
    "대란",
    "올스톱",
    "원활",
    "블랙아웃",
    "불능",
];
/// Stems that may tell of one in chatter, or behind a stronger one.
const WEAK_CUES: [&str; 26] = [
    "않", "안 ", "못", "없", "이상", "문제", "접속", "점검", "복구", "정상", "어렵", "힘들", "제한", "거절", "누락",
    "이중", "중복", "품절", "잘못", "다르", "나만", "저만", "흰", "하얀", "무한", "반응",
];

impl Analyser {
    /// The bundled dictionaries and models.
    ///
    /// # Errors
    /// If the user dictionary made of the catalogue is refused.
    pub fn bundled() -> anyhow::Result<Self> {
        Self::new(Catalogue::bundled(), Lexicon::bundled(), Models::bundled())
    }

    /// An analyser over given dictionaries and models.
    ///
    /// # Errors
    /// If the user dictionary made of the catalogue is refused.
    pub fn new(catalogue: Catalogue, lexicon: Lexicon, models: Models) -> anyhow::Result<Self> {
        let analyzer = Analyzer::new(&catalogue, &lexicon)?;
        let names = Names::new(&catalogue);
        let cues = AhoCorasick::new(STRONG_CUES.iter().chain(&WEAK_CUES))?;
        let strong_cues = AhoCorasick::builder().kind(Some(aho_corasick::AhoCorasickKind::DFA)).build(STRONG_CUES)?;
        Ok(Self { catalogue, lexicon, analyzer, names, models, cues, strong_cues, bias: time::Bias::Past })
    }

    /// The same analyser reading bare days with another bias.
    #[must_use]
    pub fn with_bias(mut self, bias: time::Bias) -> Self {
        self.bias = bias;
        self
    }

    /// The names of the catalogue.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Whether a text can tell of an outage at all; what fails here is never segmented.
    #[must_use]
    pub fn may_report(&self, kind: Kind, text: &str) -> bool {
        self.strong_cues.is_match(text) || ((kind.is_chatter() || kind == Kind::Trend) && self.cues.is_match(text))
    }

    /// Analyses one document.
    #[must_use]
    pub fn analyse(&self, document: &Document, explain: bool, space: &mut Workspace) -> Analysis {
        decide::analyse(self, document, explain, space)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_without_text_is_no_report_and_no_fault() {
        let analyser = Analyser::bundled().unwrap();
        for kind in [Kind::News, Kind::Notice, Kind::Review, Kind::Trend] {
            let document = Document { id: "empty".into(), kind, ..Document::default() };
            for explain in [false, true] {
                let analysis = analyser.analyse(&document, explain, &mut Workspace::default());
                assert!(!analysis.is_outage_report && analysis.services.is_empty(), "{kind:?}: {analysis:?}");
            }
        }
    }
}
