//! The event log: what happened, in order, for good.
//!
//! Owns: its rows, the encryption of those that are personal, and reading them back. Never does: change or remove an event,
//! or put one in without its projection (`append` does both).

use chrono::{DateTime, Utc};
use entity::event_logs;
use interview::Event;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Select,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::crypto::PersonKey;
use super::error::StorageError;
use super::interviews::rows;
use super::json::to_json;
use super::store::Storage;

/// Of the payloads written now; readers know the older ones.
const SCHEMA_VERSION: i32 = 1;
/// What happens in a call. Changes that somebody makes to an interview from outside are another entity: see
/// [`audit`](super::audit).
pub(super) const ENTITY_TYPE: &str = "interview";

/// One event with its envelope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// From 1, without a gap; handed out by the one owner of the interview.
    pub seq: i64,
    /// Call clock.
    pub at_ms: u64,
    pub event: Event,
    /// `interview`, `respondent` or `operator`.
    pub actor: String,
}

/// Events of one interview that belong together, and when they came in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    pub interview_id: Uuid,
    /// The number under which the engine that made them held the call. None for events that are made while no call is on.
    #[serde(default)]
    pub fence: Option<i64>,
    /// Wall clock: `started_at` is computed from the first event's.
    pub received_at: DateTime<Utc>,
    pub records: Vec<EventRecord>,
}

/// The event log of a workspace's interviews.
pub struct EventLog<'a>(pub(super) &'a Storage);

impl EventLog<'_> {
    /// The interview's log from its beginning, decrypted.
    pub async fn load(&self, interview_id: Uuid) -> Result<Vec<EventRecord>, StorageError> {
        let interview = rows::find(&self.0.db, self.0.workspace, interview_id).await?;
        // Of an interview past its time the log is closed, though a younger one of the same respondent keeps the key.
        if self.0.receipts().is_erased(interview_id).await? {
            return Err(StorageError::Erased);
        }
        let key = PersonKey::find(&self.0.db, self.0.workspace, &interview.respondent_id).await?;
        load(&self.0.db, interview_id, key.as_ref()).await
    }
}

/// The log in order, decrypted.
pub(super) async fn load(
    db: &impl ConnectionTrait,
    interview_id: Uuid,
    key: Option<&PersonKey>,
) -> Result<Vec<EventRecord>, StorageError> {
    let rows = of(interview_id).order_by_asc(event_logs::Column::Seq).all(db).await?;
    rows.into_iter().map(|row| record_of(row, key)).collect()
}

/// Number and call clock of the interview's next event, for whoever appends in place of the session.
pub(super) async fn next_place(db: &impl ConnectionTrait, interview_id: Uuid) -> Result<(i64, u64), StorageError> {
    let last = last(db, interview_id).await?;
    Ok(last.map_or((1, 0), |event| (event.seq + 1, event.at_ms.max(0) as u64)))
}

pub(super) async fn last_seq(db: &impl ConnectionTrait, interview_id: Uuid) -> Result<i64, StorageError> {
    Ok(last(db, interview_id).await?.map_or(0, |event| event.seq))
}

/// The newest event in the interview's log.
pub(super) async fn last(
    db: &impl ConnectionTrait,
    interview_id: Uuid,
) -> Result<Option<event_logs::Model>, StorageError> {
    Ok(of(interview_id).order_by_desc(event_logs::Column::Seq).one(db).await?)
}

/// The rows of one interview's log.
fn of(interview_id: Uuid) -> Select<event_logs::Entity> {
    event_logs::Entity::find()
        .filter(event_logs::Column::EntityType.eq(ENTITY_TYPE))
        .filter(event_logs::Column::EntityId.eq(interview_id))
}

pub(super) async fn insert(
    db: &impl ConnectionTrait,
    workspace: Uuid,
    batch: &Batch,
    record: &EventRecord,
    key: Option<&PersonKey>,
) -> Result<(), StorageError> {
    let mut payload = to_json("event", &record.event)?;
    if record.event.is_personal() {
        payload = key.ok_or(StorageError::Erased)?.seal(batch.interview_id, record.seq, &payload)?;
    }
    let row = event_logs::ActiveModel {
        id: Set(Uuid::now_v7()),
        workspace_id: Set(workspace),
        event_type: Set(record.event.kind().to_owned()),
        entity_type: Set(ENTITY_TYPE.to_owned()),
        entity_id: Set(batch.interview_id),
        seq: Set(record.seq),
        schema_version: Set(SCHEMA_VERSION),
        at_ms: Set(record.at_ms as i64),
        actor: Set(record.actor.clone()),
        payload: Set(payload),
        created_at: Set(batch.received_at),
    };
    row.insert(db).await?;
    Ok(())
}

/// An event that is in the log already must be the same one.
pub(super) async fn check_same(
    db: &impl ConnectionTrait,
    interview_id: Uuid,
    record: &EventRecord,
    key: Option<&PersonKey>,
) -> Result<(), StorageError> {
    let conflict = StorageError::EventConflict { interview_id, seq: record.seq };
    let stored = of(interview_id).filter(event_logs::Column::Seq.eq(record.seq)).one(db).await?;
    let Some(stored) = stored else { return Err(conflict) };
    let stored = record_of(stored, key)?;
    // By way of JSON, as the stored one: numbers are compared as they are written.
    let same = stored.at_ms == record.at_ms
        && stored.actor == record.actor
        && to_json("event", &stored.event)? == to_json("event", &record.event)?;
    if same { Ok(()) } else { Err(conflict) }
}

fn record_of(row: event_logs::Model, key: Option<&PersonKey>) -> Result<EventRecord, StorageError> {
    let payload = match row.payload.get("enc").and_then(serde_json::Value::as_str) {
        Some(sealed) => key.ok_or(StorageError::Erased)?.open(row.entity_id, row.seq, sealed)?,
        None => row.payload,
    };
    // The reader's own words would quote the payload, and this error ends up in the log.
    let event = serde_json::from_value(payload).map_err(|error| StorageError::Corrupt {
        what: "event",
        reason: format!("{:?} error in event {} of interview {}", error.classify(), row.seq, row.entity_id),
    })?;
    Ok(EventRecord { seq: row.seq, at_ms: row.at_ms.max(0) as u64, event, actor: row.actor })
}
