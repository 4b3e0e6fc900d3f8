//! Leases of calls, and what they let an engine append.

use std::sync::Arc;

use interview::Event;
use interviewer::fleet::Leases;
use interviewer::supervised::Stack;
use interviewer::supervisors::{AppendError, Incidents, Patience, Persistence};
use interviewer::telemetry::Metrics;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use storage::leases::{Holder, LASTS, OwnLease, Taking};
use storage::{AuditFilter, Batch, EventRecord, Storage, StorageError};
use uuid::Uuid;

use super::expire;
use crate::support::{conversation, open_store, records, scheduled, store};

async fn take(storage: &Storage, interview: Uuid, engine: &str) -> Taking {
    storage.leases().take(interview, engine).await.unwrap()
}

async fn holder(storage: &Storage, interview: Uuid) -> Option<(String, i64)> {
    let holder = storage.leases().holder(interview).await.unwrap();
    if let Some(Holder { left, .. }) = &holder {
        assert!(*left <= LASTS);
    }
    holder.map(|holder| (holder.engine, holder.fence))
}

#[tokio::test]
async fn a_call_is_one_engines_until_it_is_given_up_or_expires() {
    let (_home, storage) = store().await;
    let (id, leases) = (scheduled(&storage).await, storage.leases());
    assert_eq!(holder(&storage, id).await, None);
    assert_eq!(take(&storage, id, "one").await, Taking::Taken { fence: 1 });
    assert!(
        matches!(take(&storage, id, "two").await, Taking::Held(Holder { engine, fence: 1, .. }) if engine == "one")
    );
    assert_eq!(take(&storage, id, "one").await, Taking::Taken { fence: 2 }, "its own, anew");
    let lease = |fence| OwnLease { interview_id: id, fence };
    assert_eq!(leases.renew("two", &[id]).await.unwrap(), []);
    assert_eq!(leases.renew("one", &[id, Uuid::now_v7()]).await.unwrap(), [lease(2)]);
    // Only who has it gives it up, and only under its number.
    leases.release("two", &lease(2)).await.unwrap();
    leases.release("one", &lease(1)).await.unwrap();
    assert_eq!(holder(&storage, id).await, Some(("one".to_owned(), 2)));
    leases.release("one", &lease(2)).await.unwrap();
    assert_eq!(holder(&storage, id).await, None);
    assert_eq!(take(&storage, id, "two").await, Taking::Taken { fence: 3 }, "numbers grow");

    // Expired, it is still the engine's to renew, until another one has taken the call.
    expire(&storage).await;
    assert_eq!(holder(&storage, id).await, None);
    assert_eq!(leases.renew("two", &[id]).await.unwrap(), [lease(3)]);
    assert!(matches!(take(&storage, id, "one").await, Taking::Held(_)));
    expire(&storage).await;
    assert_eq!(take(&storage, id, "one").await, Taking::Taken { fence: 4 });
    assert_eq!(leases.renew("two", &[id]).await.unwrap(), []);
}

#[tokio::test]
async fn whoever_holds_a_call_is_told_once_what_others_ask() {
    let (_home, storage) = store().await;
    let (id, leases) = (scheduled(&storage).await, storage.leases());
    assert_eq!(leases.ask(id, "two", json!("hand_over")).await.unwrap(), None, "nobody holds it");
    take(&storage, id, "one").await;
    assert_eq!(leases.ask(id, "one", json!("hand_over")).await.unwrap(), None, "nobody asks itself");
    for number in 0..70 {
        assert_eq!(leases.ask(id, "two", json!(number)).await.unwrap().as_deref(), Some("one"));
    }
    assert!(leases.asked("two").await.unwrap().is_empty());
    let asked = leases.asked("one").await.unwrap();
    let orders: Vec<Value> = (6..70).map(Value::from).collect();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].fence, &asked[0].orders), (1, &orders), "the newest, in order");
    assert!(leases.asked("one").await.unwrap().is_empty(), "once");
    // What was asked of a call that is over is not meant for the next one.
    leases.ask(id, "two", json!("hand_over")).await.unwrap();
    take(&storage, id, "one").await;
    assert!(leases.asked("one").await.unwrap().is_empty());
}

fn batch(interview_id: Uuid, fence: Option<i64>, records: &[EventRecord]) -> Batch {
    Batch { interview_id, fence, received_at: chrono::Utc::now(), records: records.to_vec() }
}

/// What is kept of the interview beside its log.
async fn beside(storage: &Storage, id: Uuid) -> Vec<Value> {
    let filter = AuditFilter { entity_id: Some(id), limit: 100, ..AuditFilter::default() };
    let entries = storage.audit().list(filter).await.unwrap();
    entries
        .into_iter()
        .filter(|entry| entry.event_type == "interview.events_too_late")
        .map(|entry| entry.payload)
        .collect()
}

#[tokio::test]
async fn only_events_under_the_present_number_are_part_of_the_log_and_the_others_are_kept() {
    let (_home, storage) = store().await;
    let (id, log, all) = (scheduled(&storage).await, storage.event_log(), conversation());
    take(&storage, id, "one").await;
    let first = batch(id, Some(1), &all[..8]);
    log.append_all(&[&first]).await.unwrap().remove(0).unwrap();
    assert!(matches!(log.append(id, &all[8..9]).await, Err(StorageError::CallHeld)), "a call is on");
    expire(&storage).await;
    take(&storage, id, "two").await;

    let known = log.append_all(&[&first]).await.unwrap().remove(0).unwrap();
    assert_eq!(known.fresh, 0, "what was committed before the call was taken is there");
    let late = batch(id, Some(1), &all[8..10]);
    let next = batch(id, Some(2), &all[8..12]);
    let outcomes = log.append_all(&[&late, &next]).await.unwrap();
    assert!(matches!(outcomes[0], Err(StorageError::LeaseLost { fence: 1, .. })), "{outcomes:?}");
    assert_eq!(outcomes[1].as_ref().unwrap().fresh, 4);
    assert_eq!(log.load(id).await.unwrap(), all[..12]);

    // Any engine finds what came too late, and nobody reads it without the respondent's key.
    let kept = beside(&storage, id).await;
    assert_eq!(kept.len(), 1);
    let told = json!({ "fence": 1, "events": 2, "first_seq": 9, "last_seq": 10 });
    assert!(told.as_object().unwrap().iter().all(|(name, value)| kept[0][name] == *value), "{kept:?}");
    assert!(kept[0]["personal"]["enc"].is_string() && !kept[0].to_string().contains("bakery"));
    let row = storage.interviews().get(id).await.unwrap();
    let opened = storage.personal().trail(&row, &[]).await.unwrap();
    let opened = opened.iter().find(|entry| entry.event_type == "interview.events_too_late").unwrap();
    let read: Vec<EventRecord> = serde_json::from_value(opened.payload["personal"].clone()).unwrap();
    assert_eq!(read, all[8..10], "whose data is exported gets it back");
}

#[tokio::test]
async fn whoever_appends_without_a_call_passes_the_number_of_the_last_one() {
    let (_home, storage) = store().await;
    let (id, log, all) = (scheduled(&storage).await, storage.event_log(), conversation());
    take(&storage, id, "one").await;
    log.append_all(&[&batch(id, Some(1), &all[..6])]).await.unwrap().remove(0).unwrap();
    expire(&storage).await;
    let paused = records(7, vec![Event::Paused { reason: "engine_restarted".to_owned() }]);
    log.append(id, &paused).await.unwrap();
    let late = log.append_all(&[&batch(id, Some(1), &all[6..8])]).await.unwrap().remove(0);
    assert!(matches!(late, Err(StorageError::LeaseLost { .. })), "{late:?}");
    assert_eq!(beside(&storage, id).await.len(), 1);
    assert_eq!(storage.leases().renew("one", &[id]).await.unwrap(), [], "it holds nothing any more");
}

#[tokio::test]
async fn of_erased_interviews_nothing_is_kept_that_comes_too_late() {
    let (_home, storage) = store().await;
    let (id, log, all) = (scheduled(&storage).await, storage.event_log(), conversation());
    take(&storage, id, "one").await;
    log.append_all(&[&batch(id, Some(1), &all[..6])]).await.unwrap().remove(0).unwrap();
    expire(&storage).await;
    take(&storage, id, "two").await;
    // As after an interview's time is over, whose respondent has a younger one and so a key.
    let erased = entity::erasures::ActiveModel {
        id: sea_orm::ActiveValue::Set(Uuid::now_v7()),
        workspace_id: sea_orm::ActiveValue::Set(storage.workspace()),
        interview_id: sea_orm::ActiveValue::Set(id),
        receipt_id: sea_orm::ActiveValue::Set(Uuid::now_v7()),
        files_removed_at: sea_orm::ActiveValue::Set(None),
        created_at: sea_orm::ActiveValue::Set(chrono::Utc::now()),
    };
    sea_orm::ActiveModelTrait::insert(erased, storage.connection()).await.unwrap();
    log.append_all(&[&batch(id, Some(1), &all[6..8])]).await.unwrap().remove(0).unwrap_err();
    let kept = beside(&storage, id).await;
    assert_eq!((&kept[0]["events"], &kept[0]["personal"]), (&json!(2), &Value::Null));
}

/// An engine's writer of the log, and the leases that it has.
struct Engine {
    leases: Leases,
    persistence: Persistence,
    metrics: Arc<Metrics>,
    _parts: Stack,
}

fn engine(storage: &Storage, name: &str) -> Engine {
    let metrics = Arc::new(Metrics::new().unwrap());
    let mut parts = Stack::new(Arc::clone(&metrics)).unwrap();
    let leases = Leases::new(storage.clone(), name.to_owned(), None);
    let (incidents, patience) = (Incidents::default(), Patience::default());
    let persistence =
        Persistence::start(&mut parts, storage.clone(), Arc::clone(&metrics), incidents, leases.clone(), patience);
    Engine { leases, persistence: persistence.unwrap(), metrics, _parts: parts }
}

#[actix::test]
async fn what_waits_in_an_engine_that_was_cut_off_is_kept_when_another_one_went_on() {
    let (home, storage) = store().await;
    let (id, all) = (scheduled(&storage).await, conversation());
    let (one, two) = (engine(&storage, "one"), engine(&open_store(&home).await, "two"));
    let fence = one.leases.take(id, None).await.unwrap();
    one.persistence.append(id, Some(fence), all[..6].to_vec()).await.unwrap().unwrap();
    // The log takes nothing for a while: what is said waits.
    storage.connection().execute_unprepared("ALTER TABLE event_logs RENAME TO away").await.unwrap();
    let waits = one.persistence.append(id, Some(fence), all[6..8].to_vec());
    expire(&storage).await;
    let next = two.leases.take(id, None).await.unwrap();
    assert!(next > fence);
    storage.connection().execute_unprepared("ALTER TABLE away RENAME TO event_logs").await.unwrap();
    two.persistence.append(id, Some(next), all[6..7].to_vec()).await.unwrap().unwrap();
    assert!(matches!(waits.await.unwrap(), Err(AppendError::TakenOver)));
    assert_eq!(storage.event_log().load(id).await.unwrap(), all[..7]);
    assert_eq!(beside(&storage, id).await.len(), 1);
    let text = one.metrics.render().unwrap();
    assert!(text.contains("errors_total{component=\"event_log\",error_type=\"too_late\"} 1"), "{text}");
    one.leases.renew().await.unwrap();
    assert_eq!((one.leases.lost(), one.leases.fence(id)), (vec![id], None), "the engine finds out");
    assert!(!home.path().join("spool/rejected.jsonl").exists(), "nothing is kept here alone");
}
