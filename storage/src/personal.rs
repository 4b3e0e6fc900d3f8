//! The data about a person beside the calls: alerts, measurements, and the encrypted parts of the
//! audit trail.
//!
//! Owns: finding them by interview, and decrypting with the person's key. Never does: erase
//! anything (`erasure` does).

use chrono::{DateTime, Utc};
use entity::alerts::{self, Column as Alert};
use entity::event_logs::{self, Column as Event};
use entity::metrics::{self, Column as Measurement};
use entity::{Resolution, Severity, interviews};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::Entry;
use super::crypto::PersonKey;
use super::error::StorageError;
use super::log;
use super::store::Storage;

/// An alert about an interview, with the notes on it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HeldAlert {
    pub id: Uuid,
    pub severity: Severity,
    pub title: String,
    pub description: String,
    pub metric_name: String,
    pub current_value: f64,
    pub threshold: f64,
    pub raised_at: DateTime<Utc>,
    #[schema(required)]
    pub acknowledged_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub acknowledged_by: Option<String>,
    #[schema(required)]
    pub resolved_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub resolved_by: Option<String>,
    #[schema(required)]
    pub resolution: Option<Resolution>,
    #[schema(required)]
    pub note: Option<String>,
}

/// A measurement of an interview, such as a score or a response time.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HeldMeasurement {
    pub metric_name: String,
    pub value: f64,
    #[schema(value_type = Object)]
    pub labels: Value,
    pub recorded_at: DateTime<Utc>,
}

/// The records about people in a workspace.
pub struct Personal<'a>(pub(super) &'a Storage);

impl Personal<'_> {
    /// Lists the alerts about the interview. The oldest comes first.
    pub async fn alerts(&self, interview: Uuid) -> Result<Vec<HeldAlert>, StorageError> {
        let rows = alerts::Entity::find()
            .filter(Alert::WorkspaceId.eq(self.0.workspace))
            .filter(Alert::InterviewId.eq(interview))
            .order_by_asc(Alert::Id)
            .all(&self.0.db)
            .await?;
        Ok(rows.into_iter().map(HeldAlert::from).collect())
    }

    /// Lists the measurements of the interview in the order in which they were written.
    pub async fn measurements(&self, interview: Uuid) -> Result<Vec<HeldMeasurement>, StorageError> {
        let rows = metrics::Entity::find()
            .filter(Measurement::WorkspaceId.eq(self.0.workspace))
            .filter(Measurement::InterviewId.eq(interview))
            .order_by_asc(Measurement::Id)
            .all(&self.0.db)
            .await?;
        Ok(rows.into_iter().map(HeldMeasurement::from).collect())
    }

    /// Lists the entries of the audit trail about the interview and about these alerts. The oldest
    /// comes first. Encrypted parts are decrypted unless the key has been destroyed.
    pub async fn trail(&self, interview: &interviews::Model, alerts: &[HeldAlert]) -> Result<Vec<Entry>, StorageError> {
        let about = alerts.iter().map(|alert| alert.id).chain([interview.id]);
        let rows = event_logs::Entity::find()
            .filter(Event::WorkspaceId.eq(self.0.workspace))
            .filter(Event::EntityType.ne(log::ENTITY_TYPE))
            .filter(Event::EntityId.is_in(about))
            .order_by_asc(Event::Id)
            .all(&self.0.db)
            .await?;
        let key = PersonKey::find(&self.0.db, self.0.workspace, &interview.respondent_id).await?;
        let opened = |mut row: event_logs::Model| {
            if let (Some(key), Some(sealed)) = (&key, row.payload["personal"]["enc"].as_str()) {
                let plain = key.open_beside(&row.entity_type, row.entity_id, row.seq, sealed)?;
                row.payload["personal"] = plain;
            }
            Ok(Entry::from(row))
        };
        rows.into_iter().map(opened).collect()
    }
}

impl From<alerts::Model> for HeldAlert {
    fn from(row: alerts::Model) -> Self {
        Self {
            id: row.id,
            severity: row.severity,
            title: row.title,
            description: row.description,
            metric_name: row.metric_name,
            current_value: row.current_value,
            threshold: row.threshold,
            raised_at: row.raised_at,
            acknowledged_at: row.acknowledged_at,
            acknowledged_by: row.acknowledged_by,
            resolved_at: row.resolved_at,
            resolved_by: row.resolved_by,
            resolution: row.resolution,
            note: row.note,
        }
    }
}

impl From<metrics::Model> for HeldMeasurement {
    fn from(row: metrics::Model) -> Self {
        Self { metric_name: row.metric_name, value: row.value, labels: row.labels, recorded_at: row.recorded_at }
    }
}
