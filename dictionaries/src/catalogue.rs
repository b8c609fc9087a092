//! The catalogue: services, their features, their names, and who hangs on whom.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use toml::Spanned;
use unicode_normalization::is_nfc;

use crate::source::nearest;
use crate::{Mistake, Source};

/// Classes of service, in the order in which pages show them.
pub const CLASSES: [&str; 23] = [
    "messenger",
    "bank",
    "internet-bank",
    "securities",
    "exchange",
    "card",
    "payment",
    "insurance",
    "telecom",
    "portal",
    "cloud",
    "datacentre",
    "auth",
    "government",
    "commerce",
    "delivery",
    "mobility",
    "game",
    "social",
    "media",
    "ai",
    "work",
    "infra",
];

/// A feature of a service: what people do with it and how they name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// Id, unique in its service: `message`.
    pub id: String,
    /// Korean name: 메시지 송수신.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Words and phrases that point to it.
    pub triggers: Vec<String>,
}

/// How one service hangs on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EdgeKind {
    /// Runs inside the other app and fails with it.
    Hosted,
    /// Logs in or proves identity through it.
    Auth,
    /// Sends its notices through it; the service itself goes on.
    Notify,
    /// Money passes through it.
    Settle,
    /// Stands in its data centre or on its network.
    Infra,
}

impl EdgeKind {
    /// The name used in data formats.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            EdgeKind::Hosted => "hosted",
            EdgeKind::Auth => "auth",
            EdgeKind::Notify => "notify",
            EdgeKind::Settle => "settle",
            EdgeKind::Infra => "infra",
        }
    }
}

/// A service, and one of its features where one is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeatureRef {
    /// Service id.
    pub service: String,
    /// Feature id; none means the whole service.
    pub feature: Option<String>,
}

/// "This feature depends on that one", with the reason why we believe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// What depends.
    pub dependent: FeatureRef,
    /// What it depends on.
    pub provider: FeatureRef,
    /// How.
    pub kind: EdgeKind,
    /// Evidence in a sentence.
    pub evidence: String,
    /// Where the evidence stands.
    pub source: String,
}

/// A service of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Id: `kakaotalk`.
    pub id: String,
    /// Korean name: 카카오톡.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Who runs it.
    pub operator: String,
    /// One of [`CLASSES`] or `group`.
    pub class: String,
    /// Size of its audience: L (national), M, S, XS. The detector's priors hang on it.
    pub tier: Tier,
    /// Names that count wherever they stand as a word; name and English name are among them.
    pub aliases: Vec<String>,
    /// Names that are also ordinary words; they count only next to an outage or finance word.
    pub risky: Vec<String>,
    /// Phrases in which an alias does not mean the service.
    pub not: Vec<String>,
    /// App Store id.
    pub ios: Option<u64>,
    /// Play Store package.
    pub android: Option<String>,
    /// Official notice pages and accounts.
    pub channels: Vec<String>,
    /// Whether its app has servers of its own although its host or operator is another service.
    pub stand_alone: bool,
    /// What it offers.
    pub features: Vec<Feature>,
}

impl Feature {
    /// What people write about it, in the query language of the search: its words and phrases, one of which is enough.
    #[must_use]
    pub fn profile(&self) -> String {
        let quoted = |words: &String| format!("\"{}\"", words.replace('"', " "));
        let words = self.triggers.iter().filter(|words| !words.trim().is_empty()).map(quoted).collect::<Vec<_>>();
        if words.is_empty() { quoted(&self.name) } else { words.join(" OR ") }
    }
}

impl Service {
    /// A feature by id.
    #[must_use]
    pub fn feature(&self, id: &str) -> Option<&Feature> {
        self.features.iter().find(|feature| feature.id == id)
    }
}

/// Size of a service's audience (DETECTION.md §2.1 gives the rates that go with each).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
pub enum Tier {
    /// National: everybody uses it.
    L,
    /// Millions.
    M,
    /// Some hundred thousand.
    S,
    /// Smaller.
    XS,
}

/// All services, with their dependencies.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    services: Vec<Service>,
    by_id: HashMap<String, usize>,
    edges: Vec<Edge>,
    by_provider: HashMap<String, Vec<usize>>,
    by_dependent: HashMap<String, Vec<usize>>,
}

impl Catalogue {
    /// The bundled catalogue.
    ///
    /// # Panics
    /// If the bundled files are wrong, which a test of this crate excludes.
    #[must_use]
    pub fn bundled() -> Self {
        let (catalogue, mistakes) = Self::read(&crate::bundled::services());
        assert!(mistakes.is_empty(), "the bundled catalogue has mistakes: {mistakes:?}");
        catalogue
    }

    /// Reads files in order; a service in a later file replaces one of the same id in an earlier file.
    /// Returns what could be used, and every mistake.
    #[must_use]
    pub fn read(sources: &[Source]) -> (Self, Vec<Mistake>) {
        reader::read(sources)
    }

    /// Every service, in the order of the files.
    #[must_use]
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// A service by id.
    #[must_use]
    pub fn service(&self, id: &str) -> Option<&Service> {
        self.by_id.get(id).map(|&at| &self.services[at])
    }

    /// A service's place in [`Catalogue::services`].
    #[must_use]
    pub fn position(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Every dependency.
    #[must_use]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The dependencies of others on a service.
    pub fn dependents<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a Edge> + 'a {
        self.by_provider.get(service).into_iter().flatten().map(|&at| &self.edges[at])
    }

    /// The dependencies of a service on others.
    pub fn providers<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a Edge> + 'a {
        self.by_dependent.get(service).into_iter().flatten().map(|&at| &self.edges[at])
    }
}

mod reader {
    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        template: Vec<RawTemplate>,
        #[serde(default)]
        service: Vec<RawService>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct RawTemplate {
        id: Spanned<String>,
        #[serde(default)]
        feature: Vec<RawFeature>,
    }

    #[derive(Deserialize, Clone)]
    #[serde(deny_unknown_fields)]
    struct RawFeature {
        id: Spanned<String>,
        name: Spanned<String>,
        name_en: String,
        #[serde(default)]
        triggers: Vec<Spanned<String>>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct RawService {
        id: Spanned<String>,
        name: Spanned<String>,
        name_en: Spanned<String>,
        operator: String,
        class: Spanned<String>,
        tier: Tier,
        #[serde(default)]
        aliases: Vec<Spanned<String>>,
        #[serde(default)]
        risky: Vec<Spanned<String>>,
        #[serde(default)]
        not: Vec<Spanned<String>>,
        #[serde(default)]
        apps: RawApps,
        #[serde(default)]
        channels: Vec<String>,
        #[serde(default)]
        stand_alone: bool,
        #[serde(default)]
        features: Option<Spanned<String>>,
        #[serde(default)]
        feature: Vec<RawFeature>,
        #[serde(default)]
        edge: Vec<RawEdge>,
    }

    #[derive(Deserialize, Default)]
    #[serde(deny_unknown_fields)]
    struct RawApps {
        ios: Option<u64>,
        android: Option<String>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct RawEdge {
        feature: Option<Spanned<String>>,
        on: Spanned<String>,
        kind: EdgeKind,
        evidence: Spanned<String>,
        source: String,
    }

    struct Reading<'a> {
        mistakes: Vec<Mistake>,
        templates: HashMap<String, Vec<Feature>>,
        pending: BTreeMap<(usize, usize), (&'a Source, RawEdge)>,
    }

    pub(super) fn read(sources: &[Source]) -> (Catalogue, Vec<Mistake>) {
        let mut reading = Reading { mistakes: Vec::new(), templates: HashMap::new(), pending: BTreeMap::new() };
        let mut files = Vec::new();
        for source in sources {
            match toml::from_str::<File>(&source.content) {
                Ok(file) => files.push((source, file)),
                Err(error) => {
                    let offset = error.span().map_or(0, |span| span.start);
                    reading.mistakes.push(source.mistake(offset, error.message().to_owned()));
                }
            }
        }
        for (source, file) in &files {
            for template in &file.template {
                let features = template.feature.iter().map(|raw| reading.feature(source, raw)).collect();
                if reading.templates.insert(template.id.get_ref().clone(), features).is_some() {
                    let what = format!("template {:?} is defined twice: rename one", template.id.get_ref());
                    reading.mistakes.push(source.mistake(template.id.span().start, what));
                }
            }
        }
        let mut catalogue = Catalogue::default();
        for (source, file) in files {
            let mut last = String::new();
            let mut seen = HashMap::new();
            for raw in file.service {
                let offset = raw.id.span().start;
                let id = raw.id.get_ref().clone();
                if id < last {
                    let what = format!("service {id:?} stands after {last:?}: sort the services of a file by id");
                    reading.mistakes.push(source.mistake(offset, what));
                }
                if seen.insert(id.clone(), ()).is_some() {
                    let what = format!("service {id:?} stands twice in this file: merge the two");
                    reading.mistakes.push(source.mistake(offset, what));
                }
                last.clone_from(&id);
                let place = catalogue.by_id.get(&id).copied().unwrap_or(catalogue.services.len());
                let service = reading.service(source, raw, place);
                if place == catalogue.services.len() {
                    catalogue.services.push(service);
                } else {
                    catalogue.services[place] = service;
                }
                catalogue.by_id.insert(id, place);
            }
        }
        reading.claims(sources, &catalogue);
        reading.edges(&mut catalogue);
        reading.mistakes.sort();
        (catalogue, reading.mistakes)
    }

    impl<'a> Reading<'a> {
        fn words(&mut self, source: &Source, words: &[Spanned<String>], what: &str) -> Vec<String> {
            for word in words {
                let text = word.get_ref();
                let offset = word.span().start;
                if text.trim() != text || text.is_empty() {
                    self.mistakes.push(
                        source.mistake(offset, format!("{what} {text:?} is empty or has spaces around it: trim it")),
                    );
                }
                if !is_nfc(text) {
                    self.mistakes.push(
                        source.mistake(
                            offset,
                            format!("{what} {text:?} is not in normal form C: type it again composed"),
                        ),
                    );
                }
            }
            words.iter().map(|word| word.get_ref().clone()).collect()
        }

        fn feature(&mut self, source: &Source, raw: &RawFeature) -> Feature {
            if raw.triggers.is_empty() {
                let what =
                    format!("feature {:?} has no trigger word: nothing would ever point to it", raw.id.get_ref());
                self.mistakes.push(source.mistake(raw.id.span().start, what));
            }
            Feature {
                id: raw.id.get_ref().clone(),
                name: self.words(source, std::slice::from_ref(&raw.name), "name").remove(0),
                name_en: raw.name_en.clone(),
                triggers: self.words(source, &raw.triggers, "trigger"),
            }
        }

        fn service(&mut self, source: &'a Source, raw: RawService, place: usize) -> Service {
            let class = raw.class.get_ref();
            if !CLASSES.contains(&class.as_str()) && class != "group" {
                let hint = nearest(class, CLASSES.into_iter())
                    .map_or_else(String::new, |near| format!(", perhaps {near:?} is meant"));
                self.mistakes
                    .push(source.mistake(raw.class.span().start, format!("class {class:?} is not known{hint}")));
            }
            let mut features = Vec::new();
            if let Some(template) = &raw.features {
                match self.templates.get(template.get_ref()) {
                    Some(known) => features.clone_from(known),
                    None => {
                        let hint = nearest(template.get_ref(), self.templates.keys().map(String::as_str))
                            .map_or_else(String::new, |near| format!(", perhaps {near:?} is meant"));
                        let what = format!("feature template {:?} is not known{hint}", template.get_ref());
                        self.mistakes.push(source.mistake(template.span().start, what));
                    }
                }
            }
            for own in &raw.feature {
                let own = self.feature(source, own);
                match features.iter_mut().find(|feature| feature.id == own.id) {
                    Some(same) => *same = own,
                    None => features.push(own),
                }
            }
            let mut aliases = vec![raw.name.get_ref().clone(), raw.name_en.get_ref().to_lowercase()];
            for alias in self.words(source, &raw.aliases, "alias") {
                if !aliases.contains(&alias) {
                    aliases.push(alias);
                }
            }
            let risky = self.words(source, &raw.risky, "risky alias");
            // A name that is declared risky is no safe alias, though it is the service's own name: 라인, 토스.
            aliases.retain(|alias| !risky.iter().any(|r| r.to_lowercase() == alias.to_lowercase()));
            let id = raw.id.get_ref().clone();
            self.pending.retain(|&(known, _), _| known != place);
            for edge in raw.edge {
                self.pending.insert((place, edge.on.span().start), (source, edge));
            }
            Service {
                id,
                name: self.words(source, std::slice::from_ref(&raw.name), "name").remove(0),
                name_en: raw.name_en.get_ref().clone(),
                operator: raw.operator,
                class: raw.class.get_ref().clone(),
                tier: raw.tier,
                aliases,
                risky,
                not: self.words(source, &raw.not, "exception"),
                ios: raw.apps.ios,
                android: raw.apps.android,
                channels: raw.channels,
                stand_alone: raw.stand_alone,
                features,
            }
        }

        /// A safe alias belongs to one service; two that claim it must both call it risky.
        fn claims(&mut self, sources: &[Source], catalogue: &Catalogue) {
            let mut owner: HashMap<String, &Service> = HashMap::new();
            for service in &catalogue.services {
                for alias in &service.aliases {
                    let key: String = alias.to_lowercase().split_whitespace().collect();
                    if let Some(first) = owner.insert(key, service)
                        && first.id != service.id
                    {
                        let (source, offset) = find(sources, &service.id);
                        let what = format!(
                            "alias {alias:?} of {:?} is also one of {:?}: make it risky in both or remove it from one",
                            service.id, first.id
                        );
                        self.mistakes.push(source.mistake(offset, what));
                    }
                }
            }
        }

        fn edges(&mut self, catalogue: &mut Catalogue) {
            for ((place, _), (source, edge)) in std::mem::take(&mut self.pending) {
                let service = &catalogue.services[place];
                let offset = edge.on.span().start;
                if let Some(feature) = &edge.feature
                    && service.feature(feature.get_ref()).is_none()
                {
                    let hint = nearest(feature.get_ref(), service.features.iter().map(|f| f.id.as_str()))
                        .map_or_else(String::new, |near| format!(", perhaps {near:?} is meant"));
                    let what = format!("{:?} has no feature {:?}{hint}", service.id, feature.get_ref());
                    self.mistakes.push(source.mistake(feature.span().start, what));
                    continue;
                }
                let (on, on_feature) = match edge.on.get_ref().split_once('/') {
                    Some((on, feature)) => (on, Some(feature.to_owned())),
                    None => (edge.on.get_ref().as_str(), None),
                };
                let Some(provider) = catalogue.service(on) else {
                    let hint = nearest(on, catalogue.services.iter().map(|s| s.id.as_str()))
                        .map_or_else(String::new, |near| format!(", perhaps {near:?} is meant"));
                    self.mistakes.push(source.mistake(offset, format!("edge to unknown service {on:?}{hint}")));
                    continue;
                };
                if let Some(feature) = &on_feature
                    && provider.feature(feature).is_none()
                {
                    let hint = nearest(feature, provider.features.iter().map(|f| f.id.as_str()))
                        .map_or_else(String::new, |near| format!(", perhaps {near:?} is meant"));
                    self.mistakes
                        .push(source.mistake(offset, format!("edge to unknown feature {feature:?} of {on:?}{hint}")));
                    continue;
                }
                if edge.evidence.get_ref().trim().is_empty() {
                    self.mistakes
                        .push(source.mistake(edge.evidence.span().start, "an edge needs its evidence in a sentence"));
                }
                let edge = Edge {
                    dependent: FeatureRef {
                        service: service.id.clone(),
                        feature: edge.feature.map(Spanned::into_inner),
                    },
                    provider: FeatureRef { service: on.to_owned(), feature: on_feature },
                    kind: edge.kind,
                    evidence: edge.evidence.into_inner(),
                    source: edge.source,
                };
                let at = catalogue.edges.len();
                catalogue.by_provider.entry(edge.provider.service.clone()).or_default().push(at);
                catalogue.by_dependent.entry(edge.dependent.service.clone()).or_default().push(at);
                catalogue.edges.push(edge);
            }
        }
    }

    /// Where a service is defined last.
    fn find<'a>(sources: &'a [Source], id: &str) -> (&'a Source, usize) {
        let line = format!("id = \"{id}\"");
        sources
            .iter()
            .rev()
            .find_map(|source| source.content.find(&line).map(|at| (source, at)))
            .unwrap_or((&sources[0], 0))
    }
}
