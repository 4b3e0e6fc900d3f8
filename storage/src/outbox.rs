//! The outbox: what webhooks are told of, written in the transaction of what happened.
//!
//! A row for each entry; its id is the `webhook-id` of every delivery. In the same transaction it gets a delivery for each
//! webhook that wants it, so that neither is ever there without the other, and a webhook is told of nothing that happened
//! before it was made. Entries of one interview are numbered in their order; those that belong to no interview are
//! numbered for their workspace.
//!
//! Owns: writing entries and their deliveries, and what is told of an interview. Never does: send anything, or tell what
//! a respondent said.

use chrono::{DateTime, Utc};
use entity::{Channel, DeliveryState, Status, interviews, webhook_deliveries, webhook_outbox, webhooks};
use interview::webhook::WebhookEvent;
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::clock;
use super::error::StorageError;
use super::json::to_json;
use super::locks;
use super::store::Storage;

/// `data` of the events whose names begin with `interview.`: the interview as it is at that moment.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WebhookInterviewData)]
pub struct InterviewData {
    pub interview_id: Uuid,
    pub call_guide_id: Uuid,
    pub call_guide_version_id: Uuid,
    pub channel: Channel,
    pub status: Status,
    #[schema(required)]
    pub status_reason: Option<String>,
    #[schema(required)]
    pub scheduled_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub started_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub completed_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub duration_seconds: Option<i32>,
    pub requires_human_review: bool,
    /// The scores are in 0…1, and null where there was nothing to compute them from.
    #[schema(required)]
    pub completion_rate: Option<f64>,
    #[schema(required)]
    pub engagement_score: Option<f64>,
    #[schema(required)]
    pub data_quality_score: Option<f64>,
}

impl From<&interviews::Model> for InterviewData {
    fn from(row: &interviews::Model) -> Self {
        let score = |metrics: &Value, name: &str| metrics.get(name).and_then(Value::as_f64);
        Self {
            interview_id: row.id,
            call_guide_id: row.call_guide_id,
            call_guide_version_id: row.call_guide_version_id,
            channel: row.channel,
            status: row.status,
            status_reason: row.status_reason.clone(),
            scheduled_at: row.scheduled_at,
            started_at: row.started_at,
            completed_at: row.completed_at,
            duration_seconds: row.duration_seconds,
            requires_human_review: row.requires_human_review,
            completion_rate: score(&row.quality_metrics, "completion_rate"),
            engagement_score: score(&row.engagement_metrics, "engagement_score"),
            data_quality_score: score(&row.quality_metrics, "data_quality_score"),
        }
    }
}

/// Writes an entry, and a delivery for each webhook of the workspace that wants it. `db` is the transaction of what
/// happened; where that changes an interview, its row has been read for update before. `data` is an object of ids, states,
/// times and figures; its `interview_id`, if it has one, is whose order the event is in.
///
/// The entry's id is returned: the `webhook-id` of every delivery.
pub async fn publish(
    db: &impl ConnectionTrait,
    workspace: Uuid,
    event: WebhookEvent,
    data: Value,
) -> Result<Uuid, StorageError> {
    let interview = data.get("interview_id").and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok());
    let entry = enter(db, workspace, event.as_str(), interview.unwrap_or(workspace), data).await?;
    let wanting = webhooks::Entity::find()
        .filter(webhooks::Column::WorkspaceId.eq(workspace))
        .filter(webhooks::Column::IsActive.eq(true))
        // None of them is removed before the deliveries are there; counts may be written meanwhile.
        .lock(LockType::KeyShare)
        .all(db)
        .await?;
    for webhook in wanting {
        let wants = webhook.events.as_array().is_some_and(|names| names.iter().any(|name| name == event.as_str()));
        if wants {
            address(db, &entry, webhook.id).await?;
        }
    }
    Ok(entry.id)
}

/// The same for a change of an interview.
pub(super) async fn publish_interview(
    db: &impl ConnectionTrait,
    event: WebhookEvent,
    row: &interviews::Model,
) -> Result<(), StorageError> {
    publish(db, row.workspace_id, event, to_json("event's data", InterviewData::from(row))?).await?;
    Ok(())
}

/// Writes an entry, the next of its subject.
pub(super) async fn enter(
    db: &impl ConnectionTrait,
    workspace: Uuid,
    event: &str,
    subject: Uuid,
    data: Value,
) -> Result<webhook_outbox::Model, StorageError> {
    locks::hold(db, locks::of_entity(subject)).await?;
    let last: Option<Option<i64>> = webhook_outbox::Entity::find()
        .select_only()
        .column_as(webhook_outbox::Column::Sequence.max(), "last")
        .filter(webhook_outbox::Column::SubjectId.eq(subject))
        .into_tuple()
        .one(db)
        .await?;
    let row = webhook_outbox::ActiveModel {
        id: Set(Uuid::now_v7()),
        workspace_id: Set(workspace),
        event: Set(event.to_owned()),
        subject_id: Set(subject),
        sequence: Set(last.flatten().unwrap_or(0) + 1),
        data: Set(data),
        created_at: Set(clock::now(db).await?),
    };
    Ok(row.insert(db).await?)
}

/// A webhook is to be told of it, as soon as may be.
pub(super) async fn address(
    db: &impl ConnectionTrait,
    entry: &webhook_outbox::Model,
    webhook: Uuid,
) -> Result<webhook_deliveries::Model, StorageError> {
    let row = webhook_deliveries::ActiveModel {
        id: Set(Uuid::now_v7()),
        workspace_id: Set(entry.workspace_id),
        webhook_id: Set(webhook),
        outbox_id: Set(entry.id),
        event: Set(entry.event.clone()),
        subject_id: Set(entry.subject_id),
        sequence: Set(entry.sequence),
        state: Set(DeliveryState::Pending),
        attempts: Set(0),
        next_attempt_at: Set(entry.created_at),
        leased_until: Set(None),
        last_attempt_at: Set(None),
        last_status: Set(None),
        last_error: Set(None),
        response_excerpt: Set(None),
        delivered_at: Set(None),
        requested_by: Set(None),
        created_at: Set(entry.created_at),
        updated_at: Set(entry.created_at),
    };
    Ok(row.insert(db).await?)
}

/// What a workspace's webhooks are told.
pub struct Outbox<'a>(pub(super) &'a Storage);

impl Outbox<'_> {
    /// What the workspace's webhooks are told of an interview, in its order; those that belong to none for the
    /// workspace's own id.
    pub async fn entries(&self, subject: Uuid) -> Result<Vec<webhook_outbox::Model>, StorageError> {
        Ok(webhook_outbox::Entity::find()
            .filter(webhook_outbox::Column::WorkspaceId.eq(self.0.workspace))
            .filter(webhook_outbox::Column::SubjectId.eq(subject))
            .order_by_asc(webhook_outbox::Column::Sequence)
            .all(&self.0.db)
            .await?)
    }
}
