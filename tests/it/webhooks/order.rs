//! The events of one interview come in their order, whatever happens to each; those of others don't wait for them.

use std::sync::Arc;

use entity::{DeliveryState, Queue};
use interview::webhook::WebhookEvent;
use storage::tasks::TaskFilter;

use super::receiver::{BROKEN, FINE, Receiver, Reply};
use super::{Names, Office};
use crate::support::{conversation, scheduled};
use storage::Actor;

#[actix_web::test]
async fn an_event_waits_for_the_one_before_it_and_for_no_other_interviews() {
    // Each event is refused once before it is taken.
    let receiver = Receiver::start(|_, before| if before == 0 { BROKEN } else { FINE }).await;
    let office = Office::open(Arc::new(Names::default()), &[]).await;
    let (webhook, _) = office.webhook(&receiver.url("/"), &WebhookEvent::ALL).await;
    let mut interviews = Vec::new();
    for _ in 0..5 {
        let id = scheduled(&office.storage).await;
        office.storage.event_log().append(id, &conversation()).await.unwrap();
        interviews.push(id.to_string());
    }
    let rows = office.settled(webhook.id).await;
    assert_eq!(rows.iter().filter(|row| row.state == DeliveryState::Delivered).count(), 20, "{rows:#?}");
    let received = receiver.received();
    for id in interviews {
        let events: Vec<String> = received
            .iter()
            .map(super::receiver::Received::json)
            .filter(|body| body["data"]["interview_id"] == id.as_str())
            .map(|body| body["event"].as_str().unwrap().to_owned())
            .collect();
        let twice = ["interview.scheduled", "interview.started", "quality.alert", "interview.completed"]
            .map(|event| [event, event]);
        assert_eq!(events, twice.concat(), "each refused once, then taken, before the next");
    }
}

#[actix_web::test]
async fn one_that_is_given_up_lets_the_next_one_through() {
    let receiver =
        Receiver::start(|received, _| if received.json()["event"] == "interview.started" { BROKEN } else { FINE })
            .await;
    let office = Office::open(Arc::new(Names::default()), &[]).await;
    let (webhook, _) = office.webhook(&receiver.url("/"), &WebhookEvent::ALL).await;
    let id = scheduled(&office.storage).await;
    office.storage.event_log().append(id, &conversation()).await.unwrap();
    let rows = office.settled(webhook.id).await;
    let states: Vec<DeliveryState> = rows.iter().map(|row| row.state).collect();
    assert_eq!(
        states,
        [DeliveryState::Delivered, DeliveryState::Dead, DeliveryState::Delivered, DeliveryState::Delivered]
    );
    let text = office.metrics.render().unwrap();
    for line in [
        r#"webhook_deliveries_total{event="interview.started",outcome="dead"} 1"#,
        r#"webhook_deliveries_total{event="interview.started",outcome="failed"} 2"#,
        r#"webhook_deliveries_total{event="interview.completed",outcome="delivered"} 1"#,
        "webhook_delivery_duration_seconds_count 6",
    ] {
        assert!(text.contains(line), "{line}");
    }
}

#[actix_web::test]
async fn cancelling_an_attempt_gives_its_delivery_up() {
    let receiver = Receiver::start(|_, before| if before == 0 { Reply::Hang } else { FINE }).await;
    let office = Office::open(Arc::new(Names::default()), &[("WEBHOOKS_TIMEOUT_SECONDS", "30")]).await;
    let (webhook, _) = office.webhook(&receiver.url("/"), &[WebhookEvent::InterviewScheduled]).await;
    scheduled(&office.storage).await;
    receiver.until(|received| received.len() == 1).await;
    let filter = TaskFilter { queue: Some(Queue::Webhooks), limit: 10, ..TaskFilter::default() };
    let task = office.storage.tasks().list(filter).await.unwrap().remove(0);
    office.storage.tasks().cancel(task.id, Actor::ENGINE).await.unwrap();
    let row = office.settled(webhook.id).await.remove(0);
    assert_eq!((row.state, row.last_error.as_deref()), (DeliveryState::Dead, Some("its task was cancelled")));
    // Whoever thinks better of it replays it.
    office.storage.webhooks().replay(webhook.id, row.id, Actor::ENGINE).await.unwrap();
    let row = office.settled(webhook.id).await.remove(0);
    assert_eq!(row.state, DeliveryState::Delivered, "{row:?}");
    assert_eq!(receiver.received().len(), 2);
}
