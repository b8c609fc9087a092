//! From a change to what arrives at the receiver.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Duration, FixedOffset};
use meoktong_dictionaries::Catalogue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::delivery::{Sender, is_public};
use super::message::message;
use super::outbox::{Delivery, DeliveryState, Outcome, RETRIES, Verdict, alert_id, enqueue};
use super::route::{Endpoint, Format};
use super::webhook::Secret;
use crate::detect::{Change, Impact, Transition, tests};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn endpoint(url: &str) -> Endpoint {
    Endpoint {
        name: "ops".into(),
        url: url.into(),
        secret: Some(Secret::parse(SECRET).unwrap()),
        format: Format::Webhook,
        services: Vec::new(),
        impact: Impact::Minor,
        changes: Vec::new(),
        english: false,
        disabled: false,
    }
}

fn now() -> DateTime<FixedOffset> {
    tests::at("2022-10-12", "14:08")
}

fn change(kind: Change) -> Transition {
    tests::messenger().into_iter().find(|change| change.change == kind).expect("the scenario has it")
}

fn delivery() -> Delivery {
    let rows =
        enqueue(&Catalogue::bundled(), &[endpoint("https://example.com/hook")], &change(Change::Confirmed), now());
    rows.into_iter().next().expect("the endpoint wants confirmations")
}

#[test]
fn a_message_says_what_since_when_what_is_exposed_and_which_clocks_run() {
    let message = message(&Catalogue::bundled(), &change(Change::Confirmed));
    let ko = message.ko.plain();
    for part in [
        "[장애 확인] 카카오톡 메시지 송수신, 10월 12일 14:04부터",
        "장애: 메시지 송수신",
        "카카오뱅크 챗봇·상담 (그 안에서 실행)",
        "영향 없음: 카카오뱅크 (자체 앱)",
        "독립된 출처로 확인, 영향 중대",
        "14:08 확인(13.8)",
        "과학기술정보통신부 최초 보고 14:14까지(6분 남음)",
        "이용자 고지 16:04까지(116분 남음)",
    ] {
        assert!(ko.contains(part), "{part:?} is missing in\n{ko}");
    }
    let en = message.en.plain();
    for part in
        ["[outage confirmed] KakaoTalk", "since 12 Oct 14:04", "exposed: ", "not affected: KakaoBank (app of its own)"]
    {
        assert!(en.contains(part), "{part:?} is missing in\n{en}");
    }
    assert!(!en.contains(|c: char| ('가'..='힣').contains(&c)), "no Korean in the English text:\n{en}");
    let over = super::message::message(&Catalogue::bundled(), &change(Change::Resolved)).ko.plain();
    assert!(over.contains("복구: 10월 12일 15:02") && over.contains("원인: \"네트워크_오류\" (운영사)"), "{over}");
    assert!(over.contains("시작: 10월 12일 14:02 (운영사 발표)") && !over.contains("법정 시한"), "{over}");
}

#[test]
fn a_payload_is_small_versioned_and_the_same_each_time() {
    let (catalogue, confirmed) = (Catalogue::bundled(), change(Change::Confirmed));
    let body = super::webhook::body(&catalogue, &endpoint("https://example.com"), &confirmed);
    assert_eq!(body, super::webhook::body(&catalogue, &endpoint("https://example.com"), &confirmed));
    assert!(body.len() < 20_000, "{} bytes", body.len());
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(json["type"], "incident.confirmed");
    assert_eq!(json["data"]["schema"], 1);
    assert_eq!(json["data"]["alert"], serde_json::json!(alert_id(&confirmed)));
    for field in [
        "at", "incident", "change", "service", "features", "impact", "score", "evidence", "exposed", "onset", "message",
    ] {
        assert!(!json["data"][field].is_null(), "{field} is missing");
    }
    assert_eq!(json["data"]["exposed"][0]["service"], confirmed.exposed[0].service);
}

#[test]
fn endpoints_are_told_what_they_asked_for() {
    let (opened, confirmed) = (change(Change::Opened), change(Change::Confirmed));
    let all = endpoint("https://example.com");
    assert!(!all.wants(&opened) && all.wants(&confirmed), "suspicions are for the dashboard");
    let early = Endpoint { changes: vec![Change::Opened], ..all.clone() };
    assert!(early.wants(&opened) && !early.wants(&confirmed));
    assert!(!Endpoint { impact: Impact::Critical, ..all.clone() }.wants(&confirmed));
    assert!(!Endpoint { services: vec!["kbank".into()], ..all.clone() }.wants(&confirmed));
    assert!(!Endpoint { disabled: true, ..all.clone() }.wants(&confirmed));
    assert!(endpoint("https://api.kakaowork.com/v1/messages.send").depends_on("카카오") && !all.depends_on("카카오"));
    let shown = format!("{:?}", endpoint("https://hooks.example.com/T0/B0/token"));
    assert!(!shown.contains("token") && !shown.contains("whsec"), "{shown}");
}

#[test]
fn tries_follow_the_schedule_and_end_in_the_dead_letters() {
    let mut delivery = delivery();
    let (alert, mut at) = (delivery.alert.clone(), now());
    for wait in RETRIES {
        assert_eq!(delivery.tried(Outcome::Unreachable { error: "connection refused".into() }, at, 0.5), Verdict::Keep);
        assert_eq!((delivery.state, delivery.next_at), (DeliveryState::Pending, at + Duration::seconds(wait)));
        at = delivery.next_at;
    }
    assert_eq!(at - now(), Duration::minutes(75 * 60 + 35) + Duration::seconds(5));
    delivery.tried(Outcome::Refused { status: 503, retry_after: None }, at, 0.5);
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Dead, 10));
    assert_eq!(delivery.alert, alert, "the receiver can tell that it is the same");
    delivery.revive(at);
    assert_eq!((delivery.state, delivery.attempts, delivery.next_at), (DeliveryState::Pending, 0, at));
}

#[test]
fn waits_are_spread_and_receivers_may_ask_for_patience() {
    let next = |outcome: Outcome, chance: f64| {
        let mut delivery = delivery();
        delivery.attempts = 1;
        delivery.tried(outcome, now(), chance);
        (delivery.next_at - now()).num_seconds()
    };
    let refused = |status, retry_after| Outcome::Refused { status, retry_after };
    assert_eq!((next(refused(500, None), 0.0), next(refused(500, None), 0.999_999)), (240, 360));
    assert_eq!(next(refused(429, Some(900)), 0.5), 900);
    assert_eq!(next(refused(503, Some(1)), 0.5), 300, "never sooner than the schedule");
    assert_eq!(next(refused(503, Some(i64::MAX)), 0.5), 86_400, "never later than a day");
}

#[test]
fn what_no_repetition_changes_is_not_repeated() {
    let after = |outcome: Outcome| {
        let mut delivery = delivery();
        let verdict = delivery.tried(outcome, now(), 0.5);
        (delivery.state, verdict)
    };
    let refused = |status| Outcome::Refused { status, retry_after: None };
    assert_eq!(after(Outcome::Accepted { status: 202 }), (DeliveryState::Delivered, Verdict::Keep));
    assert_eq!(after(refused(410)), (DeliveryState::Dead, Verdict::Disable));
    assert_eq!(after(refused(404)), (DeliveryState::Dead, Verdict::Keep));
    assert_eq!(after(Outcome::Forbidden { reason: "private".into() }), (DeliveryState::Dead, Verdict::Keep));
    for passing in [301, 302, 408, 425, 429, 500, 502, 504] {
        assert_eq!(after(refused(passing)), (DeliveryState::Pending, Verdict::Keep), "{passing}");
    }
}

#[test]
fn ids_are_those_of_the_change_and_of_the_endpoint() {
    let two = [endpoint("https://a.example"), Endpoint { name: "night".into(), ..endpoint("https://b.example") }];
    let rows = |kind| enqueue(&Catalogue::bundled(), &two, &change(kind), now());
    let (first, again, other) = (rows(Change::Confirmed), rows(Change::Confirmed), rows(Change::Resolved));
    assert_eq!(first, again);
    assert_eq!(first[0].alert, first[1].alert);
    assert_ne!(first[0].id, first[1].id);
    assert_ne!(first[0].alert, other[0].alert);
}

#[test]
fn addresses_that_lead_inside_are_not_public() {
    for inside in [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001:db8::1",
        "2001::1",
    ] {
        assert!(!is_public(inside.parse::<IpAddr>().unwrap()), "{inside}");
    }
    for outside in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"] {
        assert!(is_public(outside.parse::<IpAddr>().unwrap()), "{outside}");
    }
}

/// A receiver on loopback that gives these answers in turn and keeps what it was sent.
async fn receiver(answers: Vec<&'static str>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?token=geheim", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&requests);
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            loop {
                let read = stream.read(&mut buffer).await.unwrap();
                request.extend_from_slice(&buffer[..read]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let length =
                    text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
                let complete =
                    text.split_once("\r\n\r\n").zip(length).is_some_and(|((_, body), length)| body.len() >= length);
                if complete || read == 0 {
                    kept.lock().unwrap().push(text);
                    break;
                }
            }
            let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, requests)
}

#[tokio::test]
async fn what_arrives_is_signed_and_only_2xx_is_success() {
    let answers = vec![
        "204 No Content",
        "302 Found\r\nlocation: http://127.0.0.1:1/",
        "429 Too Many Requests\r\nretry-after: 77",
        "503 Unavailable\r\nretry-after: Wed, 12 Oct 2022 14:10:00 +0900",
        "410 Gone",
    ];
    let (url, requests) = receiver(answers).await;
    let (sender, endpoint, delivery) = (Sender::new(true).unwrap(), endpoint(&url), delivery());
    let refused = |status, retry_after| Outcome::Refused { status, retry_after };
    for expected in [
        Outcome::Accepted { status: 204 },
        refused(302, None),
        refused(429, Some(77)),
        refused(503, Some(120)),
        refused(410, None),
    ] {
        assert_eq!(sender.send(&endpoint, &delivery, now()).await, expected);
    }
    let request = requests.lock().unwrap()[0].clone();
    let header = |name: &str| {
        let line = request.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("{name} is missing in {request}")).to_owned()
    };
    assert_eq!(header("webhook-id"), delivery.alert);
    assert_eq!(header("webhook-timestamp"), now().timestamp().to_string());
    let expected = Secret::parse(SECRET).unwrap().sign(&delivery.alert, now().timestamp(), &delivery.body);
    assert_eq!(header("webhook-signature"), expected);
    assert_eq!(request.split_once("\r\n\r\n").unwrap().1, delivery.body);
    let unreachable = sender.send(&endpoint, &delivery, now()).await;
    assert!(matches!(&unreachable, Outcome::Unreachable { error } if !error.contains("geheim")), "{unreachable:?}");
}

#[tokio::test]
async fn private_addresses_are_refused_before_anything_is_sent() {
    let (url, requests) = receiver(vec!["200 OK"]).await;
    let sender = Sender::new(false).unwrap();
    let named = url.replace("127.0.0.1", "localhost");
    for inside in [
        url.clone(),
        url.replace("http", "https"),
        named.replace("http", "https"),
        "https://[::1]:9/".into(),
        "ftp://x".into(),
    ] {
        let outcome = sender.send(&endpoint(&inside), &delivery(), now()).await;
        assert!(matches!(outcome, Outcome::Forbidden { .. }), "{inside}: {outcome:?}");
    }
    assert!(requests.lock().unwrap().is_empty());
}
