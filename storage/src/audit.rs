//! The audit trail: who changed what, stored in `event_logs` in the transaction of the change.
//!
//! Owns: the event numbers of every entity that no session owns. The log of a live call (entity
//! type `interview`) is numbered by its session. Changes to the interview from outside belong to
//! the entity `interview_admin` with the same id, so that neither log waits for the other, and
//! neither has gaps. Never does: change or delete an entry, or repeat what is in the row itself.

use chrono::{DateTime, Utc};
use entity::event_logs;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::crypto::PersonKey;
use super::edit::Actor;
use super::error::StorageError;
use super::store::Storage;
use super::{locks, log};

const SCHEMA_VERSION: i32 = 1;

/// A change to be recorded.
#[derive(Debug)]
pub struct Change<'a> {
    entity_type: &'static str,
    entity_id: Uuid,
    what: &'static str,
    payload: Value,
    /// Data about this respondent, which nobody else may read.
    personal: Option<(&'a str, Value)>,
}

impl<'a> Change<'a> {
    /// Builds a change. `what` is a name such as `call_guide.updated`.
    pub fn new(entity_type: &'static str, entity_id: Uuid, what: &'static str) -> Self {
        Self { entity_type, entity_id, what, payload: json!({}), personal: None }
    }

    /// Adds an object with details. It must contain nothing about respondents, which belongs in
    /// [`Change::personal`].
    #[must_use]
    pub fn with(mut self, payload: Value) -> Self {
        self.payload = payload;
        self
    }

    /// Adds data about a person, encrypted with that person's key. It is dropped if the key has
    /// been destroyed.
    #[must_use]
    pub fn personal(mut self, respondent_id: &'a str, payload: Value) -> Self {
        self.personal = Some((respondent_id, payload));
        self
    }
}

/// An entry of the audit trail.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct Entry {
    pub id: Uuid,
    pub event_type: String,
    pub entity_type: String,
    pub entity_id: Uuid,
    pub seq: i64,
    /// `local`, `key:ID`, `user:ID`, `cli` or `engine`.
    pub actor: String,
    /// The details. Personal data in them remains encrypted: `{"enc": …}`.
    #[schema(value_type = Object)]
    pub payload: Value,
    pub created_at: DateTime<Utc>,
}

/// The filter on entries. By default, all of them are selected.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub entity_type: Option<String>,
    pub entity_id: Option<Uuid>,
    pub actor: Option<String>,
    /// The last id of the previous page.
    pub after: Option<Uuid>,
    pub limit: u64,
}

/// The audit trail of a workspace.
pub struct AuditTrail<'a>(pub(super) &'a Storage);

impl AuditTrail<'_> {
    /// Records a change in the transaction `tx` that makes it, so that either both are stored or
    /// neither is.
    pub(super) async fn record(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        change: Change<'_>,
    ) -> Result<(), StorageError> {
        let Change { entity_type, entity_id, what, mut payload, personal } = change;
        // Two transactions must not use the same number.
        locks::hold(tx, locks::of_entity(entity_id)).await?;
        let last = event_logs::Entity::find()
            .filter(event_logs::Column::EntityType.eq(entity_type))
            .filter(event_logs::Column::EntityId.eq(entity_id))
            .order_by_desc(event_logs::Column::Seq)
            .one(tx)
            .await?;
        let seq = last.map_or(1, |event| event.seq + 1);
        if let Some((respondent, said)) = personal
            && let Some(key) = PersonKey::find(tx, self.0.workspace, respondent).await?
        {
            payload["personal"] = key.seal_beside(entity_type, entity_id, seq, &said)?;
        }
        let row = event_logs::ActiveModel {
            id: Set(Uuid::now_v7()),
            workspace_id: Set(self.0.workspace),
            event_type: Set(what.to_owned()),
            entity_type: Set(entity_type.to_owned()),
            entity_id: Set(entity_id),
            seq: Set(seq),
            schema_version: Set(SCHEMA_VERSION),
            // The entry has no time on the call clock, because it is not part of a call.
            at_ms: Set(0),
            actor: Set(actor.to_string()),
            payload: Set(payload),
            created_at: Set(Utc::now()),
        };
        row.insert(tx).await?;
        Ok(())
    }

    /// Lists the entries of the workspace, except those about the words in calls. The newest comes
    /// first.
    pub async fn list(&self, filter: AuditFilter) -> Result<Vec<Entry>, StorageError> {
        let mut query = event_logs::Entity::find()
            .filter(event_logs::Column::WorkspaceId.eq(self.0.workspace))
            .filter(event_logs::Column::EntityType.ne(log::ENTITY_TYPE));
        if let Some(entity_type) = filter.entity_type {
            query = query.filter(event_logs::Column::EntityType.eq(entity_type));
        }
        if let Some(id) = filter.entity_id {
            query = query.filter(event_logs::Column::EntityId.eq(id));
        }
        if let Some(actor) = filter.actor {
            query = query.filter(event_logs::Column::Actor.eq(actor));
        }
        if let Some(after) = filter.after {
            query = query.filter(event_logs::Column::Id.lt(after));
        }
        let rows = query.order_by_desc(event_logs::Column::Id).limit(filter.limit).all(&self.0.db).await?;
        Ok(rows.into_iter().map(Entry::from).collect())
    }
}

impl From<event_logs::Model> for Entry {
    fn from(row: event_logs::Model) -> Self {
        Self {
            id: row.id,
            event_type: row.event_type,
            entity_type: row.entity_type,
            entity_id: row.entity_id,
            seq: row.seq,
            actor: row.actor,
            payload: row.payload,
            created_at: row.created_at,
        }
    }
}
