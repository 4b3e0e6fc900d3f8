//! Receivers by https: whose certificates are trusted, and that the name decides, not the address.

use std::sync::Arc;

use entity::DeliveryState;
use interview::webhook::WebhookEvent;
use interviewer::tls::server_config;

use super::receiver::{FINE, Receiver};
use super::{Names, Office};
use crate::support::scheduled;

#[actix_web::test]
async fn an_authority_of_the_operators_is_trusted_for_its_names_only() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["hooks.test".to_owned()]).unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let receiver = Receiver::tls(Arc::new(server_config(&cert, &key).unwrap()), |_, _| FINE).await;
    let port = receiver.address.port();
    let (ours, others) = (format!("https://hooks.test:{port}/ours"), format!("https://others.test:{port}/others"));
    let names = || {
        let names = Names::default();
        names.say("hooks.test", &["127.0.0.1"]);
        names.say("others.test", &["127.0.0.1"]);
        Arc::new(names)
    };

    let trusting = Office::open(names(), &[("WEBHOOKS_CA_CERT", cert.to_str().unwrap())]).await;
    let (reached, _) = trusting.webhook(&ours, &[WebhookEvent::InterviewScheduled]).await;
    let (misnamed, _) = trusting.webhook(&others, &[WebhookEvent::InterviewScheduled]).await;
    scheduled(&trusting.storage).await;
    let row = trusting.settled(reached.id).await.remove(0);
    assert_eq!((row.state, row.attempts), (DeliveryState::Delivered, 1), "{row:?}");
    let row = trusting.settled(misnamed.id).await.remove(0);
    let reason = row.last_error.unwrap_or_default();
    assert!(row.state == DeliveryState::Dead && reason.starts_with("TLS: "), "{reason}");

    let doubting = Office::open(names(), &[]).await;
    let (unknown, _) = doubting.webhook(&ours, &[WebhookEvent::InterviewScheduled]).await;
    scheduled(&doubting.storage).await;
    let row = doubting.settled(unknown.id).await.remove(0);
    let reason = row.last_error.unwrap_or_default();
    assert!(row.state == DeliveryState::Dead && reason.starts_with("TLS: "), "{reason}");

    let received = receiver.received();
    assert_eq!(received.len(), 1, "only who is trusted was told anything");
    assert!(received[0].headers["webhook-signature"].to_str().unwrap().starts_with("v1,"));
}
