//! Receivers that misbehave, and names that lead where nobody may go. The forbidden address is 127.0.0.2, with a listener
//! that must stay untouched; 127.0.0.1 is on the allow list.

use std::sync::Arc;
use std::time::Duration;

use entity::DeliveryState;
use interview::webhook::WebhookEvent;
use storage::webhooks::Health;

use super::receiver::{BROKEN, FINE, Received, Receiver, Reply};
use super::{Names, Office};
use crate::support::scheduled;
use storage::{Actor, Edit};

async fn alerts(office: &Office) -> Vec<entity::alerts::Model> {
    let filter = storage::alerts::AlertFilter { limit: 10, ..Default::default() };
    office.storage.alerts().list(filter).await.unwrap()
}

fn misbehaving(received: &Received, before: usize) -> Reply {
    match received.path.as_str() {
        "/hang" => Reply::Hang,
        "/drip-head" => Reply::DripHead,
        "/drip-body" => Reply::DripBody,
        "/10-GB" => Reply::Endless,
        "/endless-head" => Reply::EndlessHead,
        "/500" => BROKEN,
        "/500-once" if before == 0 => BROKEN,
        "/429-once" if before == 0 => Reply::Status(429, &["Retry-After: 1"], "slowly"),
        "/fine" | "/500-once" | "/429-once" => FINE,
        "/410" => Reply::Status(410, &[], "enough"),
        "/redirect" => {
            let port = received.headers["host"].to_str().unwrap().rsplit(':').next().unwrap();
            Reply::Redirect(format!("http://127.0.0.2:{port}/"))
        }
        "/close" => Reply::Close,
        "/garbage" => Reply::Garbage,
        other => panic!("{other}"),
    }
}

/// Where it goes, and what is to become of it: state, attempts that are made, and what the reason mentions.
const CASES: &[(&str, DeliveryState, i32, &str)] = &[
    ("/fine", DeliveryState::Delivered, 1, ""),
    ("/hang", DeliveryState::Dead, 3, "no answer within"),
    ("/drip-head", DeliveryState::Dead, 3, "no answer within"),
    ("/drip-body", DeliveryState::Delivered, 1, ""),
    ("/10-GB", DeliveryState::Delivered, 1, ""),
    ("/endless-head", DeliveryState::Dead, 3, "no HTTP answer"),
    ("/500", DeliveryState::Dead, 3, "500"),
    ("/500-once", DeliveryState::Delivered, 2, ""),
    ("/429-once", DeliveryState::Delivered, 2, ""),
    ("/410", DeliveryState::Dead, 1, "410"),
    ("/redirect", DeliveryState::Dead, 3, "redirects are not followed"),
    ("/close", DeliveryState::Dead, 3, "no HTTP answer"),
    ("/garbage", DeliveryState::Dead, 3, "no HTTP answer"),
    ("http://127.0.0.2:PORT/", DeliveryState::Dead, 3, "a loopback address"),
    ("https://forbidden.test:PORT/", DeliveryState::Dead, 3, "resolves to 127.0.0.2"),
    // Allowed at the first look-up, forbidden at the second: an attempt has one look-up, so the second attempt is refused.
    ("https://rebinding.test:PORT/", DeliveryState::Dead, 3, "resolves to 127.0.0.2"),
    ("https://metadata.test/", DeliveryState::Dead, 3, "a cloud's metadata service"),
    ("https://private.test/", DeliveryState::Dead, 3, "a private address"),
    ("https://mapped.test/", DeliveryState::Dead, 3, "a loopback address"),
    ("https://nowhere.test/", DeliveryState::Dead, 3, "can't be resolved"),
];

#[actix_web::test]
async fn every_kind_of_receiver_gets_its_attempts_and_none_is_reached_that_must_not_be() {
    let receiver = Receiver::start(misbehaving).await;
    let port = receiver.address.port();
    let forbidden = std::net::TcpListener::bind(("127.0.0.2", port)).unwrap();
    forbidden.set_nonblocking(true).unwrap();
    let names = Arc::new(Names::default());
    names.say("forbidden.test", &["127.0.0.2"]);
    names.say("rebinding.test", &["127.0.0.1", "127.0.0.2"]);
    names.say("metadata.test", &["169.254.169.254"]);
    names.say("private.test", &["10.0.0.7"]);
    names.say("mapped.test", &["::ffff:127.0.0.2"]);
    let office = Office::open(names, &[("WEBHOOKS_RETRY_LONGEST_SECONDS", "2")]).await;
    let mut webhooks = Vec::new();
    for case in CASES {
        let url =
            if case.0.starts_with('/') { receiver.url(case.0) } else { case.0.replace("PORT", &port.to_string()) };
        webhooks.push(office.webhook(&url, &[WebhookEvent::InterviewScheduled]).await.0);
    }
    let began = tokio::time::Instant::now();
    scheduled(&office.storage).await;
    let mut wrong = Vec::new();
    println!("{:<32} {:>8} {:<10} {:>6}  error", "receiver", "attempts", "outcome", "status");
    for ((place, state, attempts, reason), webhook) in CASES.iter().zip(&webhooks) {
        let row = office.settled(webhook.id).await.remove(0);
        let error = row.last_error.clone().unwrap_or_default();
        let status = row.last_status.map_or("-".to_owned(), |status| status.to_string());
        println!("{place:<32} {:>8} {:<10} {status:>6}  {error}", row.attempts, format!("{:?}", row.state));
        if (row.state, row.attempts) != (*state, *attempts) || !error.contains(reason) {
            wrong.push(row.clone());
        }
        // Attempts of one event carry the same id and the same body.
        let received = receiver.at_path(place);
        assert!(received.iter().all(|one| one.id() == row.outbox_id.to_string() && one.body == received[0].body));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(forbidden.accept().is_err(), "somebody came to 127.0.0.2");
    println!("127.0.0.2:{port}: 0 connections");

    // The receiver that answers is not kept waiting by those that don't.
    let fine = receiver.at_path("/fine").remove(0).at - began;
    let slowest = receiver.at_path("/hang").last().unwrap().at - began;
    assert!(fine < slowest, "{fine:?} {slowest:?}");
    let waited = receiver.at_path("/429-once");
    assert!(waited[1].at - waited[0].at >= Duration::from_secs(1), "Retry-After is heeded");
    let taken = receiver.sent("/10-GB");
    println!("of 10 GB {taken} bytes could be sent");
    assert!(taken < 32 << 20, "what the sockets' buffers hold, and no more: {taken}");
    let excerpt = office.settled(webhooks[4].id).await.remove(0).response_excerpt.unwrap();
    assert_eq!(excerpt.len(), 4_096);

    // 410 ends it: the webhook is switched off, somebody is told, and nothing more is sent to it.
    let gone = office.storage.webhooks().get(webhooks[9].id).await.unwrap();
    assert_eq!((gone.is_active, gone.health), (false, Health::Disabled));
    assert!(gone.disabled_reason.unwrap().contains("410"));
    let alerts = alerts(&office).await;
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    assert!(alerts[0].subject.contains(&webhooks[9].id.to_string()) && alerts[0].description.contains("410"));
    scheduled(&office.storage).await;
    assert_eq!(office.storage.webhooks().deliveries(webhooks[9].id, None, None, 10).await.unwrap().len(), 1);
}

#[actix_web::test]
async fn receivers_that_hang_delay_nobody_else() {
    let receiver = Receiver::start(misbehaving).await;
    // Six places, of which failing endpoints may take three: five that hang would fill them all.
    let more = [
        ("WEBHOOKS_CONCURRENT", "6"),
        ("WEBHOOKS_CONCURRENT_PER_ENDPOINT", "1"),
        ("WEBHOOKS_TIMEOUT_SECONDS", "3"),
        ("WEBHOOKS_ATTEMPTS", "100"),
    ];
    let office = Office::open(Arc::new(Names::default()), &more).await;
    for _ in 0..5 {
        office.webhook(&receiver.url("/hang"), &[WebhookEvent::InterviewScheduled]).await;
    }
    for _ in 0..8 {
        scheduled(&office.storage).await;
    }
    // Each of the five has failed once.
    receiver.until(|received| received.len() >= 8).await;
    let (fine, _) = office.webhook(&receiver.url("/fine"), &[WebhookEvent::InterviewScheduled]).await;
    for _ in 0..10 {
        scheduled(&office.storage).await;
    }
    let rows = office.until(fine.id, |rows| rows.iter().all(|row| row.state == DeliveryState::Delivered)).await;
    assert_eq!(rows.len(), 10);
    let hung = receiver.at_path("/hang").len();
    assert!(hung < 5 * 8, "the others still hang: {hung}");
}

#[actix_web::test]
async fn an_endpoint_that_only_fails_is_switched_off_after_its_time_and_can_come_back() {
    let broken = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let state = Arc::clone(&broken);
    let receiver =
        Receiver::start(move |_, _| if state.load(std::sync::atomic::Ordering::SeqCst) { BROKEN } else { FINE }).await;
    // Two seconds, given in days.
    let more = [("WEBHOOKS_DISABLE_AFTER_DAYS", "0.00002"), ("WEBHOOKS_ATTEMPTS", "1000")];
    let office = Office::open(Arc::new(Names::default()), &more).await;
    let (webhook, _) = office.webhook(&receiver.url("/"), &[WebhookEvent::InterviewScheduled]).await;
    scheduled(&office.storage).await;
    scheduled(&office.storage).await;
    let rows = office.settled(webhook.id).await;
    assert!(rows.iter().all(|row| row.state == DeliveryState::Dead), "{rows:#?}");
    let seen = office.storage.webhooks().get(webhook.id).await.unwrap();
    assert_eq!((seen.is_active, seen.health, seen.success_count), (false, Health::Disabled, 0));
    assert!(seen.failure_count >= 2 && seen.failing_since.is_some());
    let raised = alerts(&office).await;
    assert_eq!(raised.len(), 1, "one alert, not one a delivery");
    assert_eq!((raised[0].metric_name.as_str(), raised[0].severity), ("webhook.failures", entity::Severity::Error));
    assert!(raised[0].current_value >= raised[0].threshold, "{raised:?}");

    broken.store(false, std::sync::atomic::Ordering::SeqCst);
    let on = storage::WebhookSettings { is_active: true, ..seen.settings() };
    let on = office.storage.webhooks().update(webhook.id, on, &Edit::by(Actor::ENGINE)).await.unwrap();
    assert_eq!((on.health, on.disabled_reason, on.failing_since), (Health::Healthy, None, None));
    assert!(alerts(&office).await[0].resolved_at.is_some());
    // Dead letters can be replayed, with the same id.
    for row in &rows {
        office.storage.webhooks().replay(webhook.id, row.id, Actor::ENGINE).await.unwrap();
    }
    let again = office.settled(webhook.id).await;
    assert!(again.iter().all(|row| row.state == DeliveryState::Delivered && row.attempts == 1), "{again:#?}");
    for row in &rows {
        let received = receiver.received();
        let same = received.iter().filter(|one| one.id() == row.outbox_id.to_string());
        assert!(same.count() >= 2, "the first time and the replay");
    }
}
