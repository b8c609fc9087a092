//! What ids are called on pages.

use maud::{Markup, html};
use meoktong_dictionaries::EdgeKind;

use crate::detect::{Change, Family, OnsetSource};
use crate::http::Shared;
use crate::http::outside::{TITLE, said, tame};
use crate::http::view::View;

/// Where an incident stands: class and words.
pub(super) fn state(view: &View, state: &str) -> (&'static str, &'static str) {
    match state {
        "suspected" => ("suspected", view.pick("의심", "Suspected")),
        "open" => ("failed", view.pick("장애", "Down")),
        "restored" => ("restored", view.pick("복구 확인 중", "Recovering")),
        "resolved" => ("over", view.pick("종료", "Resolved")),
        _ => ("over", view.pick("철회", "Withdrawn")),
    }
}

pub(super) fn state_tag(view: &View, of: &str) -> Markup {
    let (class, word) = state(view, of);
    html! { span.tag.(class) { (word) } }
}

pub(super) fn impact(view: &View, impact: &str) -> &'static str {
    match impact {
        "critical" => view.pick("심각", "Critical"),
        "major" => view.pick("주요", "Major"),
        _ => view.pick("경미", "Minor"),
    }
}

pub(super) fn change(view: &View, change: Change) -> &'static str {
    match change {
        Change::Opened => view.pick("의심", "Suspected"),
        Change::Confirmed => view.pick("확인", "Confirmed"),
        Change::FeatureAdded => view.pick("기능 추가", "More features"),
        Change::ImpactRaised => view.pick("영향 확대", "Impact raised"),
        Change::Restored => view.pick("복구 보고", "Reported restored"),
        Change::Resolved => view.pick("종료", "Resolved"),
        Change::Retracted => view.pick("철회", "Withdrawn"),
        #[allow(unreachable_patterns, reason = "changes are added to the detector before they have words here")]
        other => other.as_str(),
    }
}

pub(super) fn onset(view: &View, source: OnsetSource) -> &'static str {
    match source {
        OnsetSource::Official => view.pick("공지 기준", "stated by the operator"),
        OnsetSource::Agreed => view.pick("여러 보도 일치", "sources agree"),
        OnsetSource::Stated => view.pick("보도 기준", "stated in a text"),
        OnsetSource::ChangePoint => view.pick("보고 급증 시점", "when reports rose"),
        OnsetSource::Day => view.pick("날짜만 확인", "only the day is known"),
    }
}

pub(super) fn family(view: &View, family: Family) -> &'static str {
    let en = match family {
        Family::Social => "Community",
        Family::Reviews => "App reviews",
        Family::News => "News",
        Family::Trends => "Trends",
        Family::Official => "Official",
    };
    view.pick(family.korean(), en)
}

pub(super) fn kind(view: &View, kind: &str) -> String {
    match kind {
        "news" => view.pick("뉴스", "News"),
        "notice" => view.pick("공지", "Notice"),
        "post" => view.pick("게시글", "Post"),
        "review" => view.pick("리뷰", "Review"),
        "trend" => view.pick("트렌드", "Trend"),
        "status" => view.pick("상태", "Status"),
        other => other,
    }
    .to_owned()
}

pub(super) fn assertion(view: &View, assertion: &str) -> &'static str {
    match assertion {
        "affirmed" => view.pick("지금 일어남", "affirmed"),
        "negated" => view.pick("부정", "negated"),
        "hypothetical" => view.pick("가정", "hypothetical"),
        "historical" => view.pick("과거", "historical"),
        "restored" => view.pick("복구됨", "restored"),
        _ => view.pick("예정", "planned"),
    }
}

pub(super) fn edge(view: &View, kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Hosted => view.pick("앱 안에서 동작", "runs inside"),
        EdgeKind::Auth => view.pick("로그인·인증", "signs in through"),
        EdgeKind::Notify => view.pick("알림 발송", "notifies through"),
        EdgeKind::Settle => view.pick("정산·이체망", "settles through"),
        EdgeKind::Infra => view.pick("기반 시설", "runs on"),
    }
}

/// Why something is exposed or spared: `hosted:kakaotalk/message`, `stand-alone`, `said:doc_…`.
pub(super) fn via(shared: &Shared, view: &View, via: &str) -> String {
    let (kind, of) = via.split_once(':').unwrap_or((via, ""));
    let known = match kind {
        "hosted" => EdgeKind::Hosted,
        "auth" => EdgeKind::Auth,
        "notify" => EdgeKind::Notify,
        "settle" => EdgeKind::Settle,
        "infra" => EdgeKind::Infra,
        "said" => return view.pick("정상이라는 보도", "reported to work").to_owned(),
        _ => return view.pick("자체 앱", "own app and servers").to_owned(),
    };
    let (service, feature) = of.split_once('/').map_or((of, None), |(service, feature)| (service, Some(feature)));
    let name = match feature {
        Some(feature) => self::feature(shared, view, service, feature),
        None => service_name(shared, view, service),
    };
    format!("{} · {name}", edge(view, known))
}

/// A service by the name that the page's readers know it by.
pub(super) fn service_name(shared: &Shared, view: &View, id: &str) -> String {
    match shared.brain.catalogue.service(id) {
        Some(known) => view.pick(&known.name, &known.name_en).clone(),
        None => tame(id.trim_start_matches("unlisted:"), TITLE),
    }
}

pub(super) fn feature(shared: &Shared, view: &View, service: &str, id: &str) -> String {
    let known = shared.brain.catalogue.service(service).and_then(|service| service.feature(id));
    known.map_or_else(|| tame(id, TITLE), |feature| view.pick(&feature.name, &feature.name_en).clone())
}

/// A service that leads to its page, if the catalogue holds it.
pub(super) fn service_link(shared: &Shared, view: &View, id: &str) -> Markup {
    html! {
        @match shared.brain.catalogue.service(id) {
            Some(known) => { a href=(format!("/services/{}", known.id)) { (view.pick(&known.name, &known.name_en)) } },
            None => { (said(id.trim_start_matches("unlisted:"))) },
        }
    }
}

/// A feature whose service is not said, as many services have it under one id.
pub(super) fn any_feature(shared: &Shared, view: &View, id: &str) -> String {
    let known = shared.brain.catalogue.services().iter().find_map(|service| service.feature(id));
    known.map_or_else(|| tame(id, TITLE), |feature| view.pick(&feature.name, &feature.name_en).clone())
}

pub(super) fn symptom(shared: &Shared, view: &View, id: &str) -> String {
    let known = shared.brain.lexicon.symptoms().iter().find(|symptom| symptom.id == id);
    known.map_or_else(|| id.to_owned(), |symptom| view.pick(&symptom.name, &symptom.name_en).clone())
}

/// Kind of service.
pub(super) fn class<'a>(view: &View, class: &'a str) -> &'a str {
    match class {
        "messenger" => view.pick("메신저", "Messenger"),
        "bank" => view.pick("은행", "Banks"),
        "internet-bank" => view.pick("인터넷은행", "Internet banks"),
        "securities" => view.pick("증권", "Securities"),
        "exchange" => view.pick("거래소·가상자산", "Exchanges"),
        "card" => view.pick("카드", "Cards"),
        "payment" => view.pick("간편결제", "Payment"),
        "insurance" => view.pick("보험", "Insurance"),
        "telecom" => view.pick("통신", "Telecom"),
        "portal" => view.pick("포털", "Portals"),
        "cloud" => view.pick("클라우드", "Cloud"),
        "datacentre" => view.pick("데이터센터", "Data centres"),
        "auth" => view.pick("인증", "Identity"),
        "government" => view.pick("공공", "Government"),
        "commerce" => view.pick("쇼핑", "Commerce"),
        "delivery" => view.pick("배달", "Delivery"),
        "mobility" => view.pick("이동", "Mobility"),
        "game" => view.pick("게임", "Games"),
        "social" => view.pick("소셜", "Social"),
        "media" => view.pick("미디어", "Media"),
        "ai" => view.pick("AI", "AI"),
        "work" => view.pick("업무", "Work"),
        "infra" => view.pick("금융 기반", "Infrastructure"),
        "group" => view.pick("그룹", "Groups"),
        other => other,
    }
}
