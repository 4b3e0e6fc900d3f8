//! Alerts as they are kept: none twice, and each step of their way once.

use chrono::Utc;
use entity::{Resolution, Severity};
use storage::{Actor, AlertFilter, NewAlert, StorageError};
use uuid::Uuid;

use crate::support::{scheduled, store};

pub fn alert(interview_id: Option<Uuid>, metric: &str, occasion: &str) -> NewAlert {
    NewAlert {
        interview_id,
        call_guide_id: None,
        severity: Severity::Warning,
        title: "Too low".to_owned(),
        description: "It is lower than it should be.".to_owned(),
        metric_name: metric.to_owned(),
        about: String::new(),
        occasion: occasion.to_owned(),
        current_value: 0.4,
        threshold: 0.7,
        raised_at: Utc::now(),
    }
}

#[tokio::test]
async fn one_alert_is_open_on_a_subject_and_an_occasion_is_told_once() {
    let (_home, storage) = store().await;
    let interview = scheduled(&storage).await;
    let alerts = storage.alerts();
    let first = alerts.raise(alert(Some(interview), "engagement_score", "7")).await.unwrap().expect("raised");
    assert_eq!(alerts.raise(alert(Some(interview), "engagement_score", "7")).await.unwrap(), None);
    assert_eq!(alerts.raise(alert(Some(interview), "engagement_score", "9")).await.unwrap(), None, "one is open");
    assert!(alerts.raise(alert(Some(interview), "completion_rate", "7")).await.unwrap().is_some(), "another metric");
    assert!(alerts.raise(alert(None, "engagement_score", "7")).await.unwrap().is_some(), "of no interview");

    assert!(alerts.recover(Some(interview), "engagement_score", "").await.unwrap());
    assert!(!alerts.recover(Some(interview), "engagement_score", "").await.unwrap(), "nothing is open any more");
    assert_eq!(alerts.get(first.id).await.unwrap().resolution, Some(Resolution::Recovered));
    assert_eq!(alerts.raise(alert(Some(interview), "engagement_score", "7")).await.unwrap(), None, "told before");
    assert!(alerts.raise(alert(Some(interview), "engagement_score", "9")).await.unwrap().is_some(), "a new occasion");

    // Without an occasion each time that none is open is one.
    for _ in 0..2 {
        assert!(alerts.raise(alert(None, "component.database", "")).await.unwrap().is_some());
        assert_eq!(alerts.raise(alert(None, "component.database", "")).await.unwrap(), None);
        assert!(alerts.recover(None, "component.database", "").await.unwrap());
    }
}

#[tokio::test]
async fn acknowledging_and_resolving_are_told_once_and_belong_to_the_workspace() {
    let (_home, storage) = store().await;
    let somebody = Actor::named("user:somebody");
    let interview = scheduled(&storage).await;
    let alerts = storage.alerts();
    let raised = alerts.raise(alert(Some(interview), "engagement_score", "1")).await.unwrap().unwrap();
    let seen = alerts.acknowledge(raised.id, Some("I call back.".to_owned()), &somebody).await.unwrap();
    assert_eq!(seen.acknowledged_by.as_deref(), Some("user:somebody"));
    assert_eq!(
        alerts.acknowledge(raised.id, Some("Again.".to_owned()), &somebody).await.unwrap(),
        seen,
        "the first one stands"
    );
    let done = alerts.resolve(raised.id, None, &somebody).await.unwrap();
    assert_eq!((done.resolution, done.note.as_deref()), (Some(Resolution::Person), Some("I call back.")));
    assert_eq!(alerts.resolve(raised.id, None, &somebody).await.unwrap(), done);
    let entries = storage.audit().list(storage::AuditFilter { limit: 10, ..Default::default() }).await.unwrap();
    let told: Vec<&str> =
        entries.iter().filter(|e| e.entity_id == raised.id).map(|entry| entry.event_type.as_str()).collect();
    assert_eq!(told, ["quality_alert.resolved", "quality_alert.acknowledged"]);
    assert!(!serde_json::to_string(&entries).unwrap().contains("call back"), "a note is about a person");

    let elsewhere = storage.of(storage.workspaces().create("Other", Actor::ENGINE).await.unwrap().id);
    assert!(matches!(elsewhere.alerts().resolve(raised.id, None, &somebody).await, Err(StorageError::NotFound(_))));
    assert!(elsewhere.alerts().list(AlertFilter { limit: 9, ..AlertFilter::default() }).await.unwrap().is_empty());
    let open = AlertFilter { open: Some(true), limit: 9, ..AlertFilter::default() };
    assert!(storage.alerts().list(open).await.unwrap().is_empty());
}
