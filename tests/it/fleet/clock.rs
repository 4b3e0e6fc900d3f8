//! The database's clock is an hour ahead of this machine's, and so of every engine's: it alone counts.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{call_leases, tasks, webhook_deliveries};
use interview::io::CallState;
use interview::webhook::WebhookEvent;
use interviewer::tasks::Queue;
use reqwest::StatusCode;
use sea_orm::EntityTrait as _;
use serde_json::json;
use storage::idempotency::Claim;
use storage::tasks::{Due, NewTask, Wanted};
use storage::webhooks::Bounds;
use storage::{Actor, Storage, WebhookSettings};

use super::engine;
use crate::support::caller::{is_question, is_state};
use crate::support::{Home, open_store};

const LEASE: TimeDelta = TimeDelta::seconds(30);

/// A home whose clock is an hour ahead.
async fn ahead() -> Home {
    let home = Home::new().await;
    home.set_clock_ahead(1).await;
    home
}

/// Whether the time is so long after the present of the database's clock, to some seconds.
async fn is_in(storage: &Storage, time: Option<DateTime<Utc>>, wait: TimeDelta) {
    let now = storage.now().await.unwrap();
    assert!((now - Utc::now() - TimeDelta::hours(1)).abs() < TimeDelta::seconds(5), "the clock is ahead");
    let off = time.unwrap() - (now + wait);
    assert!(off.abs() < TimeDelta::seconds(5), "{off} off");
}

#[tokio::test]
#[ignore = "PostgreSQL's: scripts/test runs it there"]
async fn leases_and_what_is_due_are_times_of_the_databases_clock() {
    let home = ahead().await;
    let storage = open_store(&home).await;
    storage.schema().migrate().await.unwrap();

    let task = |due| NewTask { due, ..NewTask::new(Queue::Analytics, "test", json!({})) };
    let id = storage.tasks().enqueue(storage.connection(), task(Due::Now)).await.unwrap();
    is_in(&storage, Some(storage.tasks().get(id).await.unwrap().run_at), TimeDelta::zero()).await;
    let later = storage.tasks().enqueue(storage.connection(), task(Due::After(LEASE))).await.unwrap();
    is_in(&storage, Some(storage.tasks().get(later).await.unwrap().run_at), LEASE).await;
    let wanted = Wanted { queue: Queue::Analytics, kinds: &["test"], ids: None, limit: 5 };
    let claimed = storage.tasks().claim(&wanted, "one", storage.now().await.unwrap(), LEASE).await.unwrap();
    assert_eq!(claimed.iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
    is_in(&storage, claimed[0].lease_until, LEASE).await;

    let settings = WebhookSettings {
        name: "crm".to_owned(),
        url: "https://crm.example/hook".to_owned(),
        events: vec![WebhookEvent::InterviewScheduled],
        headers: std::collections::BTreeMap::new(),
        is_active: true,
    };
    storage.webhooks().create(settings, Actor::ENGINE).await.unwrap();
    let interview = crate::support::scheduled(&storage).await;
    let bounds = Bounds { all: 5, each: 5, failing: 5 };
    assert!(storage.deliveries().any_due().await.unwrap());
    assert_eq!(storage.deliveries().take(LEASE, bounds).await.unwrap(), 1);
    assert!(!storage.deliveries().any_due().await.unwrap(), "it is leased");
    let delivery = webhook_deliveries::Entity::find().one(storage.connection()).await.unwrap().unwrap();
    is_in(&storage, Some(delivery.next_attempt_at), TimeDelta::zero()).await;
    is_in(&storage, delivery.leased_until, LEASE).await;
    let job = storage.deliveries().begin(delivery.id, LEASE * 2).await.unwrap().unwrap();
    is_in(&storage, Some(job.begun_at), TimeDelta::zero()).await;
    let sent: Vec<tasks::Model> = tasks::Entity::find().all(storage.connection()).await.unwrap();
    let sent = sent.iter().find(|row| row.kind == storage::webhooks::SEND).unwrap();
    is_in(&storage, Some(sent.run_at), TimeDelta::zero()).await;

    storage.leases().take(interview, "one").await.unwrap();
    let lease = call_leases::Entity::find().one(storage.connection()).await.unwrap().unwrap();
    is_in(&storage, lease.expires_at, storage::leases::LASTS).await;

    assert!(matches!(storage.idempotency().claim("key", [1; 32]).await.unwrap(), Claim::Ours(_)));
    assert!(matches!(storage.idempotency().claim("key", [1; 32]).await.unwrap(), Claim::UnderWay));
}

#[actix_web::test]
#[ignore = "PostgreSQL's: scripts/test runs it there"]
async fn interviews_are_held_and_taken_over_by_engines_whose_clocks_are_wrong() {
    let home = ahead().await;
    let (one, two) = (engine(&home, None).await, engine(&home, None).await);
    // It is scheduled for now, by the database's clock, and so it is open.
    let invitation = one.invite(2).await;
    let (mut call, mut page) = one.called(&invitation).await;
    page.answer_until(&call, is_question("q1")).await;
    assert_eq!(two.caller.offer_only(&invitation.token, "").await.status(), StatusCode::CONFLICT);
    let mut page = two.caller.page(&invitation.token, None).await;
    let taken = two.caller.join(&invitation.token, "?takeover=true").await.expect("taken over");
    call.closed().await;
    page.answer_until(&taken, is_state(CallState::Ended)).await;
    two.live(0).await;
    assert_eq!(two.interview(&invitation).await["status"], "completed");
    one.engine.stop(Duration::ZERO).await;
    two.engine.stop(Duration::ZERO).await;
}
