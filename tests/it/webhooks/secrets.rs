//! What is sent is signed, and what signs is seen by nobody.

use std::sync::Arc;

use interview::webhook::WebhookEvent;
use sea_orm::{ConnectionTrait as _, Statement};
use standardwebhooks::Webhook as Verifier;

use super::receiver::{FINE, Receiver};
use super::{Names, Office};
use crate::support::scheduled;
use storage::Actor;

#[actix_web::test]
async fn the_body_is_as_promised_and_signed_with_what_was_told_once() {
    let receiver = Receiver::start(|_, _| FINE).await;
    let office = Office::open(Arc::new(Names::default()), &[]).await;
    let (webhook, secret) = office.webhook(&receiver.url("/in?a=b"), &WebhookEvent::ALL).await;
    let id = scheduled(&office.storage).await;
    let received = receiver.until(|received| !received.is_empty()).await.remove(0);
    assert_eq!(received.path, "/in?a=b");
    assert_eq!(received.headers["content-type"], "application/json");
    assert_eq!(received.headers["x-api-key"], "of the receiver");
    assert_eq!(received.headers["host"].to_str().unwrap(), receiver.address.to_string());
    let body = received.json();
    let mut keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["data", "event", "timestamp"]);
    assert_eq!(
        (&body["event"], &body["data"]["interview_id"]),
        (&"interview.scheduled".into(), &id.to_string().into())
    );
    assert!(chrono::DateTime::parse_from_rfc3339(body["timestamp"].as_str().unwrap()).is_ok());
    assert!(secret.starts_with("whsec_"));
    Verifier::new(&secret).unwrap().verify(&received.body, &received.headers).unwrap();
    let mut forged = received.body.clone();
    forged[0] = b' ';
    assert!(Verifier::new(&secret).unwrap().verify(&forged, &received.headers).is_err());
    let row = office.settled(webhook.id).await.remove(0);
    assert_eq!(received.id(), row.outbox_id.to_string());
    assert_eq!((row.last_status, row.response_excerpt.as_deref()), (Some(200), Some("thanks")));
    let webhook = office.storage.webhooks().get(webhook.id).await.unwrap();
    assert_eq!((webhook.success_count, webhook.failure_count), (1, 0));
    assert!(webhook.last_triggered_at.is_some());
}

#[actix_web::test]
async fn while_a_secret_is_rotated_both_sign() {
    let receiver = Receiver::start(|_, _| FINE).await;
    let office = Office::open(Arc::new(Names::default()), &[]).await;
    let (webhook, old) = office.webhook(&receiver.url("/"), &WebhookEvent::ALL).await;
    let hour = chrono::Duration::hours(1);
    let (rotated, new) = office.storage.webhooks().rotate_secret(webhook.id, hour, Actor::ENGINE).await.unwrap();
    assert!(rotated.previous_secret_until.is_some());
    assert_ne!(old, new);
    scheduled(&office.storage).await;
    let received = receiver.until(|received| !received.is_empty()).await.remove(0);
    for secret in [&old, &new] {
        Verifier::new(secret).unwrap().verify(&received.body, &received.headers).unwrap();
    }
    // The time of the old one is over at once.
    let (rotated, newest) =
        office.storage.webhooks().rotate_secret(webhook.id, chrono::Duration::zero(), Actor::ENGINE).await.unwrap();
    assert!(rotated.previous_secret_until.is_none());
    office.storage.webhooks().test(webhook.id, Actor::ENGINE).await.unwrap();
    let received = receiver.until(|received| received.len() == 2).await.remove(1);
    assert_eq!(received.json()["event"], "webhook.test");
    Verifier::new(&newest).unwrap().verify(&received.body, &received.headers).unwrap();
    assert!(Verifier::new(&new).unwrap().verify(&received.body, &received.headers).is_err());
}

#[actix_web::test]
async fn neither_secrets_nor_headers_stand_in_the_tables() {
    let office = Office::open(Arc::new(Names::default()), &[]).await;
    let (webhook, secret) = office.webhook("https://hooks.test/a-key-in-the-path", &WebhookEvent::ALL).await;
    office.storage.webhooks().rotate_secret(webhook.id, chrono::Duration::hours(1), Actor::ENGINE).await.unwrap();
    let db = office.storage.connection();
    let all = |sql: &str| Statement::from_string(db.get_database_backend(), sql.to_owned());
    let row = db.query_one_raw(all("SELECT * FROM webhooks")).await.unwrap().unwrap();
    for column in ["secret", "previous_secret"] {
        let sealed: Vec<u8> = row.try_get("", column).unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains(&secret["whsec_".len()..]));
    }
    let headers: serde_json::Value = row.try_get("", "headers").unwrap();
    assert!(!headers.to_string().contains("of the receiver"), "{headers}");
    let trail = office.storage.audit().list(storage::AuditFilter { limit: 10, ..Default::default() }).await;
    let trail = serde_json::to_string(&trail.unwrap()).unwrap();
    assert!(trail.contains("webhook.secret_rotated") && trail.contains("hooks.test"), "{trail}");
    for hidden in ["whsec_", "of the receiver", "a-key-in-the-path"] {
        assert!(!trail.contains(hidden), "{trail}");
    }
    assert_eq!(office.storage.webhooks().get(webhook.id).await.unwrap().headers["X-Api-Key"], "of the receiver");
}
