//! What meoktong knows beforehand: the catalogue of services and the lexicon of outage words.
//!
//! Both are TOML beside this crate, embedded at build time; nothing is read at run time unless a user lays
//! own files over the bundled ones. Every mistake is reported at once, with file and line.

pub mod catalogue;
pub mod lexicon;
pub mod pattern;
pub mod publishers;
mod source;
pub mod user_words;

pub use catalogue::{Catalogue, Edge, EdgeKind, Feature, FeatureRef, Service};
pub use lexicon::{Cue, Lexicon, Symptom};
pub use publishers::{PageRule, Publishers};
pub use source::{Mistake, Source};

/// The bundled files: name and content.
pub mod bundled {
    use crate::Source;

    macro_rules! services {
        ($($name:literal),+ $(,)?) => {
            /// The catalogue, one file per class of service.
            #[must_use]
            pub fn services() -> Vec<Source> {
                vec![$(Source::new(
                    concat!("services/", $name, ".toml"),
                    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/services/", $name, ".toml")),
                )),+]
            }
        };
    }
    services!(
        "ai",
        "auth",
        "bank",
        "card",
        "cloud",
        "commerce",
        "delivery",
        "exchange",
        "features",
        "game",
        "government",
        "group",
        "infra",
        "insurance",
        "internet_bank",
        "media",
        "messenger",
        "mobility",
        "payment",
        "portal",
        "securities",
        "social",
        "telecom",
        "work",
    );

    /// The lexicon of outage words.
    #[must_use]
    pub fn lexicon() -> Vec<Source> {
        vec![Source::new("outage.toml", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/outage.toml")))]
    }

    /// The page rules of publishers.
    #[must_use]
    pub fn publishers() -> Source {
        Source::new("publishers.toml", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/publishers.toml")))
    }

    /// A linear model by name; empty where there is none of that name.
    #[must_use]
    pub fn model(name: &str) -> &'static str {
        macro_rules! models {
            ($($model:literal),+ $(,)?) => {
                match name {
                    $($model => include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/", $model, ".tsv")),)+
                    _ => "",
                }
            };
        }
        models!("current", "failed", "feature", "ongoing", "report_chatter", "report_press", "restored", "start")
    }
}
