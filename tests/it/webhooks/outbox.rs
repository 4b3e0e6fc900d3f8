//! What happens to interviews is in the outbox exactly when it happened, with what is promised and nothing that was said.

use interview::Event;
use interview::io::EndStatus;
use interview::webhook::WebhookEvent;
use serde_json::json;
use storage::{Actor, Edit, outbox};

use super::settings;
use crate::support::{conversation, guide, new_interview, records, scheduled, store};

#[actix_web::test]
async fn an_interviews_life_is_told_once_and_in_order() {
    let (_home, storage) = store().await;
    let id = scheduled(&storage).await;
    let whole = conversation();
    let (first, rest) = whole.split_at(3);
    storage.event_log().append(id, first).await.unwrap();
    storage.event_log().append(id, first).await.unwrap();
    storage.event_log().append(id, rest).await.unwrap();
    storage.event_log().append(id, rest).await.unwrap();
    let told = storage.outbox().entries(id).await.unwrap();
    let names: Vec<(i64, &str)> = told.iter().map(|one| (one.sequence, one.event.as_str())).collect();
    let life = [(1, "interview.scheduled"), (2, "interview.started"), (3, "quality.alert"), (4, "interview.completed")];
    assert_eq!(names, life, "the respondent asked for a person in between");
    assert_eq!((&told[2].data["kind"], &told[2].data["reason"]), (&json!("escalation"), &json!("person_requested")));
    let data = &told[3].data;
    assert_eq!((&data["interview_id"], &data["status"]), (&json!(id), &json!("completed")));
    assert_eq!(data["duration_seconds"], 12);
    for score in ["completion_rate", "engagement_score", "data_quality_score"] {
        assert!(data[score].is_f64() || data[score].is_i64(), "{score}: {data}");
        assert!(told[1].data[score].is_null(), "nothing is scored at the beginning");
    }
    assert_eq!(told[1].data["status"], "in_progress");
    let text = serde_json::to_string(&told.iter().map(|one| &one.data).collect::<Vec<_>>()).unwrap();
    for word in ["bookkeeping", "bakery", "Dana"] {
        assert!(!text.contains(word), "{word} was said or is a name: {text}");
    }
}

#[actix_web::test]
async fn a_failure_is_told_and_a_cancellation_is_not() {
    let (_home, storage) = store().await;
    for (status, last) in
        [(EndStatus::Failed, Some("interview.failed")), (EndStatus::Cancelled, None), (EndStatus::NoShow, None)]
    {
        let id = scheduled(&storage).await;
        storage.event_log().append(id, &records(1, vec![Event::Ended { status, reason: None }])).await.unwrap();
        let told = storage.outbox().entries(id).await.unwrap();
        assert_eq!(told.get(1).map(|one| one.event.as_str()), last, "{status:?}");
    }
}

#[actix_web::test]
async fn what_did_not_happen_is_not_told() {
    let (_home, storage) = store().await;
    let guide = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap();
    let (webhook, _) = storage
        .webhooks()
        .create(settings("https://example.org/", &[WebhookEvent::InterviewScheduled]), Actor::ENGINE)
        .await
        .unwrap();
    // A text that PostgreSQL can't hold and SQLite can: whatever becomes of the interview becomes of the event.
    let respondent_name = Some("a\0b".to_owned());
    let interview = storage::NewInterview { respondent_name, ..new_interview(guide.id) };
    let scheduled = storage.interviews().schedule(interview, Actor::ENGINE).await.is_ok();
    let deliveries = storage.webhooks().deliveries(webhook.id, None, None, 10).await.unwrap();
    assert_eq!(deliveries.len(), usize::from(scheduled));
}

#[actix_web::test]
async fn each_webhook_is_told_of_what_it_asked_for_in_its_workspace_since_it_is_there() {
    let (_home, storage) = store().await;
    let foreign = storage.of(storage.workspaces().create("foreign", Actor::ENGINE).await.unwrap().id);
    let before = scheduled(&storage).await;
    let url = "https://example.org/";
    let all = storage.webhooks().create(settings(url, &WebhookEvent::ALL), Actor::ENGINE).await.unwrap().0;
    let ends =
        storage.webhooks().create(settings(url, &[WebhookEvent::InterviewCompleted]), Actor::ENGINE).await.unwrap().0;
    let off = storage::WebhookSettings { is_active: false, ..settings(url, &WebhookEvent::ALL) };
    let off = storage.webhooks().create(off, Actor::ENGINE).await.unwrap().0;
    let elsewhere = foreign.webhooks().create(settings(url, &WebhookEvent::ALL), Actor::ENGINE).await.unwrap().0;
    storage.event_log().append(before, &conversation()).await.unwrap();
    let data = json!({ "alert_id": "x", "severity": "error" });
    let alert = outbox::publish(storage.connection(), elsewhere.workspace_id, WebhookEvent::QualityAlert, data);
    let alert = alert.await.unwrap();
    let events = |storage: &storage::Storage, id| {
        let storage = storage.clone();
        async move {
            let rows = storage.webhooks().deliveries(id, None, None, 10).await.unwrap();
            rows.into_iter().rev().map(|row| (row.event, row.outbox_id)).collect::<Vec<_>>()
        }
    };
    let of_all = events(&storage, all.id).await;
    let names: Vec<&str> = of_all.iter().map(|(event, _)| event.as_str()).collect();
    assert_eq!(names, ["interview.started", "quality.alert", "interview.completed"]);
    let of_ends = events(&storage, ends.id).await;
    assert_eq!(of_ends, of_all[2..], "the same id for every webhook");
    assert!(events(&storage, off.id).await.is_empty());
    assert_eq!(events(&foreign, elsewhere.id).await, [("quality.alert".to_owned(), alert)]);
}

#[actix_web::test]
async fn a_removed_webhook_takes_its_deliveries_and_old_ones_are_forgotten() {
    let (_home, storage) = store().await;
    let url = "https://example.org/";
    let gone = storage.webhooks().create(settings(url, &WebhookEvent::ALL), Actor::ENGINE).await.unwrap().0;
    let stays = storage.webhooks().create(settings(url, &WebhookEvent::ALL), Actor::ENGINE).await.unwrap().0;
    let id = scheduled(&storage).await;
    storage.webhooks().delete(gone.id, &Edit::by(Actor::ENGINE)).await.unwrap();
    assert_eq!(storage.deliveries().pending().await.unwrap(), 1);
    let later = chrono::Utc::now() + chrono::Duration::days(1);
    assert_eq!(storage.deliveries().forget(later).await.unwrap(), 0, "what is still to be delivered is not old");
    let off = storage::WebhookSettings { is_active: false, ..stays.settings() };
    storage.webhooks().update(stays.id, off, &Edit::by(Actor::ENGINE)).await.unwrap();
    assert_eq!(storage.deliveries().pending().await.unwrap(), 0);
    assert_eq!(storage.outbox().entries(id).await.unwrap().len(), 1);
    assert_eq!(storage.deliveries().forget(later).await.unwrap(), 1);
    assert!(storage.outbox().entries(id).await.unwrap().is_empty());
}
