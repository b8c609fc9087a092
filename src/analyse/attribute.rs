//! Who failed, with which features; who is exposed through them; whom the text sets apart.

use std::collections::{BTreeMap, BTreeSet};

use meoktong_dictionaries::lexicon::Meaning;
use meoktong_dictionaries::{Cue, EdgeKind};
use meoktong_index::Kind;

use super::Analyser;
use super::evidence;
use super::facts::Facts;
use super::linear::Features;
use super::names::Who;
use super::report::{ReportedFeature, ReportedService, Role};
use super::text::Zone;

/// From which probability a service counts as failed, and a feature; chosen by F1 on labelled articles that the
/// models were not trained on.
const FAILED: f64 = 0.33;
const FEATURE: f64 = 0.3;
/// From which the likeliest feature counts where none reaches that.
const LIKELIEST: f64 = 0.2;

/// Words that set a service apart from what failed.
pub const APART: [&str; 7] = ["별도", "별개", "독립", "구분", "자체", "단독", "무관"];

/// A service that failed, as sure as the model is.
#[derive(Debug, Clone)]
pub struct Failed {
    /// Which.
    pub who: Who,
    /// Probability.
    pub probability: f64,
    /// Failed features: ids and names.
    pub features: Vec<ReportedFeature>,
}

/// A feature word's occurrences: sentence, first morpheme, behind the last.
pub type Places = Vec<(usize, usize, usize)>;

impl Analyser {
    /// Id and Korean name of a service.
    #[must_use]
    pub fn label(&self, who: &Who) -> (String, String) {
        match who {
            Who::Known(at) => {
                let service = &self.catalogue.services()[*at];
                (service.id.clone(), service.name.clone())
            }
            Who::Unlisted(name) => (format!("unlisted:{name}"), name.clone()),
        }
    }

    /// Class of a service, for the models.
    fn class(&self, who: &Who) -> &str {
        match who {
            Who::Known(at) => &self.catalogue.services()[*at].class,
            Who::Unlisted(_) => "unlisted",
        }
    }

    /// The features that a text may speak of for a service, with their places; the class's main feature is among them
    /// even where nobody names it.
    #[must_use]
    pub fn feature_candidates(&self, facts: &Facts<'_>, who: &Who, failed: &[Who]) -> Vec<(ReportedFeature, Places)> {
        let mut found: BTreeMap<ReportedFeature, Places> = BTreeMap::new();
        let features = self.names.features();
        let mut add = |feature: usize, place: (usize, usize, usize)| {
            let key = &features[feature];
            found.entry(ReportedFeature { feature: key.id.clone(), name: key.name.clone() }).or_default().push(place);
        };
        match who {
            Who::Known(at) => {
                let own = self.names.features_of(*at);
                let service = &self.catalogue.services()[*at];
                let words: Vec<_> = facts
                    .words
                    .iter()
                    .filter(|w| own.contains(&w.feature) && speaks_of(facts, w.sentence, w.from, who, failed))
                    .collect();
                for word in &words {
                    // PC버전은 로그인이 안 됐다: what fails on the PC is the PC version.
                    let absorbed = words.iter().any(|w| {
                        w.sentence == word.sentence
                            && w.feature != word.feature
                            && features[w.feature].id == "pc"
                            && facts.sentences[w.sentence].clauses.get(w.from)
                                == facts.sentences[w.sentence].clauses.get(word.from)
                            && w.from < word.from
                            && word.from - w.from <= 6
                    });
                    // MTS 접속 오류, 인터넷 접속 장애: the access is that of the feature named right before.
                    let part = matches!(features[word.feature].id.as_str(), "access" | "login")
                        && words.iter().any(|w| {
                            w.sentence == word.sentence
                                && w.to <= word.from
                                && word.from - w.to <= 1
                                && !matches!(features[w.feature].id.as_str(), "access" | "login")
                                && facts.sentences[w.sentence].morphs[w.to..word.from]
                                    .iter()
                                    .all(|m| matches!(m.form, "에" | "의" | "을" | "를"))
                        });
                    if !absorbed && !part {
                        // …and what is said of the word it takes in is said of it.
                        let to = words
                            .iter()
                            .filter(|w| {
                                features[word.feature].id == "pc"
                                    && w.sentence == word.sentence
                                    && w.from >= word.to
                                    && w.from - word.to <= 3
                                    && facts.sentences[w.sentence].clauses.get(w.from)
                                        == facts.sentences[w.sentence].clauses.get(word.from)
                            })
                            .map(|w| w.to)
                            .min()
                            .unwrap_or(word.to);
                        add(word.feature, (word.sentence, word.from, to));
                    }
                }
                if let Some(main) = service.feature(main_feature(&service.class)) {
                    found.entry(ReportedFeature { feature: main.id.clone(), name: main.name.clone() }).or_default();
                }
            }
            Who::Unlisted(_) => {
                let mut last = None;
                for word in facts.words.iter().filter(|w| speaks_of(facts, w.sentence, w.from, who, failed)) {
                    let place = (word.sentence, word.from, word.to);
                    // Of the features that share a word, the one that most services have.
                    if last != Some(place) {
                        let best = facts
                            .words
                            .iter()
                            .filter(|w| (w.sentence, w.from, w.to) == place)
                            .max_by_key(|w| (self.names.popularity(w.feature), std::cmp::Reverse(w.feature)));
                        add(best.unwrap_or(word).feature, place);
                    }
                    last = Some(place);
                }
            }
        }
        found.into_iter().collect()
    }

    /// What speaks for a feature of a service having failed.
    #[must_use]
    pub fn feature_evidence(
        &self,
        facts: &Facts<'_>,
        who: &Who,
        feature: &ReportedFeature,
        places: &Places,
        named: bool,
    ) -> Features {
        evidence::feature(self, facts, &feature.feature, places, self.class(who), named)
    }

    /// Who failed according to a report.
    pub(super) fn failed(&self, facts: &Facts<'_>, explain: bool, why: &mut Vec<(f64, String)>) -> Vec<Failed> {
        let mut failed: Vec<(Who, f64)> = match &facts.about {
            // A review speaks of its app; a competitor that it names is most often the one that works.
            Some(about) if facts.kind != Kind::News && facts.kind != Kind::Notice => match about {
                Who::Known(at) if self.catalogue.services()[*at].class != "game" => vec![(about.clone(), 0.95)],
                // What a board or a store page is about may be no name at all, and games are in the catalogue to be told
                // apart, not to be watched: the complaint stands, nobody is blamed.
                _ => Vec::new(),
            },
            _ => {
                let candidates = evidence::candidates(self, facts, explain);
                let mut judged: Vec<(Who, f64)> = Vec::new();
                for candidate in candidates {
                    // Who is named deep in a text, never near a failure, did not fail, whatever else speaks for it.
                    let probability =
                        if candidate.blamed { self.models.failed.probability(&candidate.features) } else { 0.0 };
                    let (id, _) = self.label(&candidate.who);
                    for (feature, weight) in self.models.failed.carried(&candidate.features, 3) {
                        why.push((weight.abs(), format!("{id} failed {probability:.2}: {feature} {weight:+.2}")));
                    }
                    judged.push((candidate.who, probability));
                }
                judged.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
                let sure = judged.iter().filter(|(_, p)| *p >= FAILED).count();
                // A report has somebody who failed: the likeliest, if at all likely.
                judged.truncate(if sure == 0 {
                    usize::from(judged.first().is_some_and(|(_, p)| *p >= 0.15))
                } else {
                    sure
                });
                judged
            }
        };
        let hosted = self.hosted_failures(facts, &failed);
        for (who, _) in &hosted {
            if !failed.iter().any(|(known, _)| known == who) {
                failed.push((who.clone(), 0.6));
            }
        }
        // A name that the catalogue does not hold gives way to a known one of which it is part, and the other way round.
        let names: Vec<String> = failed.iter().map(|(who, _)| self.label(who).1).collect();
        let mut at = 0;
        failed.retain(|(who, _)| {
            let name = &names[at];
            at += 1;
            !(matches!(who, Who::Unlisted(_))
                && names
                    .iter()
                    .any(|other| other != name && (other.contains(name.as_str()) || name.contains(other.as_str()))))
        });
        let all: Vec<Who> = failed.iter().map(|(who, _)| who.clone()).collect();
        failed
            .into_iter()
            .map(|(who, probability)| {
                let inside = || hosted.iter().any(|(known, _)| *known == who);
                // 카카오뱅크 앱은 정상이나 챗봇은 먹통: what the text sets apart failed only in what runs inside another.
                let mut features = if inside() && self.set_apart(facts, &who) {
                    Vec::new()
                } else {
                    self.failed_features(facts, &who, &all, explain, why)
                };
                for (_, feature) in hosted.iter().filter(|(known, _)| *known == who) {
                    if !features.contains(feature) {
                        features.push(feature.clone());
                    }
                }
                Failed { who, probability, features }
            })
            .collect()
    }

    /// A feature that runs inside a failed service and of which the text itself says that it failed: 카카오뱅크 챗봇의
    /// 먹통 while KakaoTalk is down. Its service failed in that feature, whatever else goes on.
    fn hosted_failures(&self, facts: &Facts<'_>, failed: &[(Who, f64)]) -> Vec<(Who, ReportedFeature)> {
        let mut found = Vec::new();
        for (host, _) in failed {
            let Who::Known(at) = host else { continue };
            for edge in
                self.catalogue.dependents(&self.catalogue.services()[*at].id).filter(|e| e.kind == EdgeKind::Hosted)
            {
                let (Some(place), Some(id)) =
                    (self.catalogue.position(&edge.dependent.service), &edge.dependent.feature)
                else {
                    continue;
                };
                let Some(feature) = self.catalogue.services()[place].feature(id) else { continue };
                let who = Who::Known(place);
                let said = facts.signals.iter().filter(|s| Facts::live(s)).any(|signal| {
                    facts
                        .mentions
                        .iter()
                        .filter(|m| m.who == who && m.sentence == signal.sentence && m.to <= signal.from)
                        .any(|mention| {
                            facts.words.iter().any(|w| {
                                w.sentence == signal.sentence
                                    && w.from >= mention.from
                                    && w.from <= signal.from
                                    && signal.from - mention.to <= 6
                                    && self.names.features()[w.feature].id == *id
                            })
                        })
                });
                if said {
                    found.push((who, ReportedFeature { feature: feature.id.clone(), name: feature.name.clone() }));
                }
            }
        }
        found
    }

    fn failed_features(
        &self,
        facts: &Facts<'_>,
        who: &Who,
        failed: &[Who],
        explain: bool,
        why: &mut Vec<(f64, String)>,
    ) -> Vec<ReportedFeature> {
        let mut judged: Vec<(f64, ReportedFeature, bool)> = Vec::new();
        for (feature, places) in self.feature_candidates(facts, who, failed) {
            let evidence = self.feature_evidence(facts, who, &feature, &places, explain);
            let probability = self.models.feature.probability(&evidence);
            if let Some((carried, weight)) = self.models.feature.carried(&evidence, 1).first() {
                why.push((
                    weight.abs() * 0.5,
                    format!("{} failed {probability:.2}: {carried} {weight:+.2}", feature.feature),
                ));
            }
            judged.push((probability, feature, places.is_empty()));
        }
        let sure: Vec<ReportedFeature> =
            judged.iter().filter(|(p, ..)| *p >= FEATURE).map(|(_, f, _)| f.clone()).collect();
        if !sure.is_empty() {
            return sure;
        }
        // Something of it failed: the likeliest, and of a messenger of which nothing is said the messages.
        let messenger = self.class(who) == "messenger";
        judged.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        judged
            .into_iter()
            .find(|(p, _, unnamed)| *p >= LIKELIEST || (messenger && *unnamed))
            .map(|(_, f, _)| f)
            .into_iter()
            .collect()
    }

    /// Features of other services that run inside, log in through or are notified by what failed.
    pub(super) fn exposed(&self, failed: &[Failed]) -> Vec<ReportedService> {
        let mut found: BTreeMap<(String, String), (String, BTreeSet<ReportedFeature>)> = BTreeMap::new();
        for down in failed {
            let Who::Known(at) = down.who else { continue };
            let provider = &self.catalogue.services()[at];
            for edge in self.catalogue.dependents(&provider.id) {
                if !matches!(edge.kind, EdgeKind::Hosted | EdgeKind::Auth | EdgeKind::Notify) {
                    continue;
                }
                let hit = match &edge.provider.feature {
                    // A whole app that cannot be reached takes everything hosted in it along.
                    Some(feature) => {
                        down.features.iter().any(|f| f.feature == *feature)
                            || (edge.kind == EdgeKind::Hosted
                                && (down.features.is_empty()
                                    || down.features.iter().any(|f| f.feature == "access" || f.feature == "message")))
                    }
                    None => edge.kind == EdgeKind::Hosted,
                };
                let Some(service) = self.catalogue.service(&edge.dependent.service).filter(|_| hit) else { continue };
                let named = edge.dependent.feature.as_ref().and_then(|id| service.feature(id));
                let already = failed.iter().any(|f| {
                    self.label(&f.who).0 == service.id
                        && named.is_none_or(|n| f.features.iter().any(|x| x.feature == n.id))
                });
                if already {
                    continue;
                }
                let via = match &edge.provider.feature {
                    Some(feature) => format!("{}:{}/{feature}", edge.kind.as_str(), provider.id),
                    None => format!("{}:{}", edge.kind.as_str(), provider.id),
                };
                let entry =
                    found.entry((service.id.clone(), via)).or_insert_with(|| (service.name.clone(), BTreeSet::new()));
                entry.1.extend(named.map(|n| ReportedFeature { feature: n.id.clone(), name: n.name.clone() }));
            }
        }
        found
            .into_iter()
            .map(|((service, via), (name, features))| ReportedService {
                service,
                name,
                role: Role::Exposed,
                features: features.into_iter().collect(),
                via: Some(via),
            })
            .collect()
    }

    /// Whether a text says of a service that it goes on or runs apart from what failed.
    fn set_apart(&self, facts: &Facts<'_>, who: &Who) -> bool {
        facts.mentions.iter().filter(|m| m.who == *who).any(|mention| {
            let sentence = &facts.sentences[mention.sentence];
            let negated = sentence.hits.iter().any(|hit| self.is_cue(hit, Cue::Negated) && hit.from >= mention.to);
            negated || sentence.morphs.iter().any(|m| APART.contains(&m.form))
        })
    }

    /// Services that the text says go on, or whose stand-alone app it sets apart.
    pub(super) fn unaffected(&self, facts: &Facts<'_>, failed: &[Failed]) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for mention in &facts.mentions {
            let Who::Known(at) = mention.who else { continue };
            let sentence = &facts.sentences[mention.sentence];
            let list_end = evidence::list_end(facts, mention).0;
            let service = &self.catalogue.services()[at];
            let cues = |kind: Cue| {
                sentence.hits.iter().any(|hit| {
                    // 제주은행은 별도 서버를 써 영향을 받지 않았다: up to the next name all is said of this one.
                    self.lexicon.entries()[hit.entry].meaning == Meaning::Cue(kind)
                        && hit.from >= mention.to
                        && !facts
                            .mentions_in(mention.sentence)
                            .iter()
                            .any(|m| m.who != mention.who && m.from >= list_end && m.to <= hit.from)
                })
            };
            let apart = sentence.morphs.iter().any(|m| APART.contains(&m.form));
            let is_failed = failed.iter().any(|f| f.who == mention.who);
            let goes_on = !is_failed
                && (cues(Cue::Negated) || (cues(Cue::Restored) && sentence.morphs.iter().any(|m| m.form == "정상")));
            let set_apart = service.stand_alone && apart && failed.iter().any(|f| f.who != mention.who);
            if (goes_on || set_apart) && service.class != "group" && sentence.zone != Zone::Furniture {
                found.insert(at);
            }
        }
        found
    }
}

/// Whether a place of a text speaks of a service: the failed services of its sentence, else the one named last before,
/// else the first.
fn speaks_of(facts: &Facts<'_>, sentence: usize, at: usize, who: &Who, failed: &[Who]) -> bool {
    if failed.len() < 2 {
        return true;
    }
    let named: Vec<&Who> =
        facts.mentions_in(sentence).iter().filter(|m| failed.contains(&m.who)).map(|m| &m.who).collect();
    if !named.is_empty() {
        // A와 B에서 결제가 막혔다 speaks of both; A는 송금이, B는 결제가 막혔다 of the one before.
        let clause = |at: usize| facts.sentences[sentence].clauses.get(at).copied();
        let near: Vec<&Who> = facts
            .mentions_in(sentence)
            .iter()
            .filter(|m| failed.contains(&m.who) && clause(m.from) == clause(at))
            .map(|m| &m.who)
            .collect();
        return if near.is_empty() { named.contains(&who) } else { near.contains(&who) };
    }
    // A sentence of two or more names before opens a topic of them all.
    let before = (0..sentence).rev().find_map(|s| {
        let named: Vec<&Who> =
            facts.mentions_in(s).iter().filter(|m| failed.contains(&m.who)).map(|m| &m.who).collect();
        (!named.is_empty()).then_some(named)
    });
    before.is_none_or(|named| named.contains(&who))
}

/// The feature that "it does not work" means for a class of service when nothing is named.
pub fn main_feature(class: &str) -> &'static str {
    match class {
        "messenger" => "message",
        "telecom" => "data",
        _ => "access",
    }
}
