//! The recorded day, crawled over HTTP, analysed, detected and told of: what comes out is what happened on it.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, FixedOffset};
use meoktong::config::Config;
use meoktong::demo::day::{What, day};
use meoktong::demo::{self, Told};
use meoktong::wiring::brain;

fn at(time: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(&format!("2026-03-09T{time}:00+09:00")).unwrap()
}

fn expected() -> serde_json::Value {
    serde_json::from_str(include_str!("day_expected.json")).unwrap()
}

/// Kind, headline and minute: by these a stored document is found again in the recording.
type Face = (String, String, String);

fn face(kind: &str, title: &str, at: DateTime<FixedOffset>) -> Face {
    (kind.to_owned(), title.trim().to_owned(), at.format("%H:%M").to_string())
}

/// The recording's number of what was published.
fn recorded() -> HashMap<Face, String> {
    let day = day().into_iter().map(|published| {
        let (kind, title) = match &published.what {
            What::News { title, .. } => ("news", title),
            What::Notice { title, .. } => ("notice", title),
            What::Post { title, .. } => ("post", title),
            What::Review { title, .. } => ("review", title),
            What::Trend { query, .. } => ("trend", query),
        };
        (face(kind, title, published.at), published.id)
    });
    day.collect()
}

fn of<'a>(incidents: &'a [Told], service: &str) -> &'a Told {
    incidents.iter().find(|told| told.row.service == service).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_recorded_day_has_two_outages_and_no_more() {
    let demo = demo::replay(&brain().unwrap(), Config::load(None).unwrap(), |_| {}).await.unwrap();
    let outcome = &demo.outcome;
    assert_eq!(outcome.failures, Vec::<String>::new());
    let boards: BTreeSet<String> = day()
        .into_iter()
        .filter_map(|one| if let What::Notice { service, .. } = one.what { Some(service) } else { None })
        .collect();
    let (least, most) = (day().len(), day().len() + boards.len());
    // An empty notice board shows one undated row, which is stored too.
    assert!((least..=most).contains(&(outcome.documents as usize)), "everything is stored once: {}", outcome.documents);

    let expected = expected();
    let services = |of: &mut dyn Iterator<Item = String>| of.collect::<BTreeSet<_>>();
    let happened = expected["incidents"].as_array().unwrap();
    assert_eq!(
        services(&mut outcome.incidents.iter().map(|told| told.row.service.clone())),
        services(&mut happened.iter().map(|one| one["service"].as_str().unwrap().to_owned())),
    );
    assert_eq!(outcome.incidents.len(), happened.len(), "each of them once");

    let talk = of(&outcome.incidents, "kakaotalk");
    assert!((at("09:00")..=at("09:05")).contains(&talk.onset), "{}", talk.onset);
    let notice = talk.row.first_notice_at.as_deref().expect("the operator spoke");
    assert_eq!(DateTime::parse_from_rfc3339(notice).unwrap(), at("09:34"));
    assert!(talk.confirmed_at < at("09:34"), "{}", talk.confirmed_at);
    assert_eq!(talk.lead_minutes, Some((at("09:34") - talk.confirmed_at).num_minutes()));
    assert_eq!(talk.ended, Some(at("10:21")));
    let timeline = demo.pipeline.store.timeline(&talk.row.id).unwrap();
    let restored: Vec<_> = timeline.iter().filter(|change| change.change == "restored").collect();
    assert!(
        !restored.is_empty()
            && restored.iter().all(|change| DateTime::parse_from_rfc3339(&change.at).unwrap() >= at("10:20"))
    );
    assert!(talk.row.failed.iter().any(|failed| failed.feature == "message"), "{:?}", talk.row.failed);
    for (service, feature) in [("kakaobank", "chatbot"), ("kakaopay", "talk-receive")] {
        let exposed = talk.row.exposed.iter().any(|e| e.service == service && e.feature.as_deref() == Some(feature));
        assert!(exposed, "{service}/{feature} runs inside the messenger: {:?}", talk.row.exposed);
    }
    for service in ["kakaobank", "kakaopay"] {
        assert!(talk.row.unaffected.iter().any(|one| one.service == service), "{service} has its own app");
    }

    let bank = of(&outcome.incidents, "kfcc");
    assert!((at("18:00")..=at("18:10")).contains(&bank.onset), "{}", bank.onset);
    // Five posts and an article are not enough for a suspicion; the notice of 18:36 is, and confirms it.
    let suspected = DateTime::parse_from_rfc3339(&bank.row.opened_at).unwrap();
    assert!(suspected <= at("18:36") && bank.confirmed_at <= at("18:36"), "{suspected} {}", bank.confirmed_at);
    assert!(bank.ended.is_some_and(|ended| (at("18:40")..=at("18:44")).contains(&ended)), "{:?}", bank.ended);
    assert!(bank.row.failed.iter().any(|failed| failed.feature == "transfer"), "{:?}", bank.row.failed);

    let recorded = recorded();
    let friends: BTreeSet<&str> =
        expected["false_friends"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    for told in &outcome.incidents {
        let evidence = demo.pipeline.store.evidence(&told.row.id).unwrap();
        assert!(evidence.len() >= 5, "{} rests on {} documents", told.row.service, evidence.len());
        let known: Vec<&String> = evidence
            .iter()
            .filter_map(|one| {
                let at = DateTime::parse_from_rfc3339(one.published_at.as_deref()?).ok()?;
                recorded.get(&face(one.kind.as_deref()?, one.title.as_deref()?, at))
            })
            .collect();
        assert!(known.len() * 10 >= evidence.len() * 9, "{} of {} found in the recording", known.len(), evidence.len());
        let wrong: Vec<_> = known.iter().filter(|id| friends.contains(id.as_str())).collect();
        assert!(wrong.is_empty(), "{} rests on {wrong:?}", told.row.service);
    }

    let (received, genuine) = outcome.webhooks;
    assert!(received >= 3 * outcome.incidents.len(), "each is confirmed, restored and resolved: {received} webhooks");
    assert_eq!(received, genuine, "every webhook is validly signed");
    let told = |service: &str| outcome.bodies.iter().any(|body| body.contains(&format!("\"{service}\"")));
    assert!(told("kakaotalk") && told("kfcc"));
}
