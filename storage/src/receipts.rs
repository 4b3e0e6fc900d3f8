//! Receipts, which prove that data was erased, how much, and by whom. They name nobody.
//!
//! Owns: their form, their place in the event log, and the interviews that they cover. Never does:
//! erase.

use chrono::{DateTime, Utc};
use entity::{erasures, event_logs};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::StorageError;
use super::json::to_json;
use super::store::Storage;

const RECEIPT_EVENT: &str = "personal_data_erased";
pub(super) const RECEIPT_ENTITY: &str = "erasure";
const RETENTION_EVENT: &str = "retention_applied";
const RETENTION_ENTITY: &str = "retention";
const SCHEMA_VERSION: i32 = 1;

/// The reason of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ErasureReason)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Request,
    /// The retention period (DATA_RETENTION_DAYS) is over.
    Retention,
}

impl Reason {
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Request => "request",
            Reason::Retention => "retention",
        }
    }
}

/// The number of erased items of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = ErasedCounts)]
pub struct Counts {
    pub interviews: u64,
    pub responses: u64,
    pub join_links: u64,
    /// Insights that were deleted, and insights across interviews that lost the person's words.
    #[serde(default)]
    pub insights: u64,
    /// Events of the append-only log that can no longer be decrypted.
    pub events_unreadable: u64,
    /// Keys that were destroyed.
    pub keys: u64,
    /// Files of recordings, including mixed ones.
    pub recordings: u64,
    pub recording_bytes: u64,
    /// Exports of the workspace, any of which may have contained the person's words.
    #[serde(default)]
    pub exports: u64,
    /// Captions and other messages stored for the respondent's page.
    pub page_messages: u64,
    /// Events that the log had refused and that were stored in a file for inspection.
    pub refused_events: u64,
    /// Clips of speech with a name or with words of an answer. They are kept in memory only.
    pub clips: u64,
}

impl Counts {
    pub fn add(&mut self, more: &Self) {
        self.interviews += more.interviews;
        self.responses += more.responses;
        self.join_links += more.join_links;
        self.insights += more.insights;
        self.events_unreadable += more.events_unreadable;
        self.keys += more.keys;
        self.recordings += more.recordings;
        self.recording_bytes += more.recording_bytes;
        self.exports += more.exports;
        self.page_messages += more.page_messages;
        self.refused_events += more.refused_events;
        self.clips += more.clips;
    }
}

/// Files that were deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FileCounts {
    pub recordings: u64,
    pub recording_bytes: u64,
    pub exports: u64,
}

impl FileCounts {
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// The receipt of an erasure, which is kept permanently. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ErasureReceipt)]
pub struct Receipt {
    pub id: Uuid,
    pub erased_at: DateTime<Utc>,
    /// Who requested the erasure: the actor as in the event log, or `retention`.
    pub erased_by: String,
    pub reason: Reason,
    /// All interviews that it covers.
    pub interview_ids: Vec<Uuid>,
    pub erased: Counts,
    /// True while some files could not be deleted, because the store of files does not answer, or
    /// an engine that is not running has copies. A background task (`remove_files`) deletes them,
    /// and adds them to the counts.
    #[serde(default)]
    pub files_pending: bool,
}

impl Receipt {
    /// Returns true if the whole person was erased, so that the pseudonym of this receipt has
    /// replaced the respondent's id.
    pub fn erased_whole(&self, respondent_id: &str) -> bool {
        respondent_id == pseudonym(self.id)
    }
}

/// Returns the pseudonym of an erased respondent.
pub(super) fn pseudonym(receipt_id: Uuid) -> String {
    format!("erased-{receipt_id}")
}

/// The repository of receipts.
pub struct Receipts<'a>(pub(super) &'a Storage);

impl Receipts<'_> {
    /// Lists the receipts that cover the interview. The newest comes first.
    pub async fn of_interview(&self, interview_id: Uuid) -> Result<Vec<Receipt>, StorageError> {
        let covering = erasures::Entity::find()
            .filter(erasures::Column::WorkspaceId.eq(self.0.workspace))
            .filter(erasures::Column::InterviewId.eq(interview_id))
            .all(&self.0.db)
            .await?;
        let ids: Vec<Uuid> = covering.iter().map(|row| row.receipt_id).collect();
        let mut receipts: Vec<Receipt> = Vec::new();
        for row in logged(&self.0.db, self.0.workspace, &ids).await? {
            match receipts.last_mut().filter(|receipt| receipt.id == row.entity_id) {
                Some(receipt) => add(&mut receipt.erased, row)?,
                None => receipts.push(
                    serde_json::from_value(row.payload)
                        .map_err(|error| StorageError::Corrupt { what: "receipt", reason: error.to_string() })?,
                ),
            }
        }
        for receipt in &mut receipts {
            let pending = |row: &erasures::Model| row.receipt_id == receipt.id && row.files_removed_at.is_none();
            receipt.files_pending = covering.iter().any(pending);
        }
        // Ids are ordered by time.
        receipts.sort_by_key(|receipt| std::cmp::Reverse(receipt.id));
        Ok(receipts)
    }

    /// Returns true if the interview's personal data was erased, even if only in the tables.
    pub async fn is_erased(&self, interview_id: Uuid) -> Result<bool, StorageError> {
        let found = erasures::Entity::find()
            .filter(erasures::Column::InterviewId.eq(interview_id))
            .filter(erasures::Column::WorkspaceId.eq(self.0.workspace))
            .count(&self.0.db)
            .await?;
        Ok(found > 0)
    }

    /// Returns true if the personal data of one of these interviews was erased, even if only in the
    /// tables.
    pub(super) async fn any_erased(&self, db: &impl ConnectionTrait, ids: &[Uuid]) -> Result<bool, StorageError> {
        let found = erasures::Entity::find()
            .filter(erasures::Column::WorkspaceId.eq(self.0.workspace))
            .filter(erasures::Column::InterviewId.is_in(ids.iter().copied()))
            .one(db)
            .await?;
        Ok(found.is_some())
    }

    /// Records that retention was applied in this workspace.
    pub async fn log_retention(&self, at: DateTime<Utc>, payload: serde_json::Value) -> Result<(), StorageError> {
        let row = self.entry(Uuid::now_v7(), RETENTION_ENTITY, RETENTION_EVENT, "retention", at, payload);
        row.insert(&self.0.db).await?;
        Ok(())
    }

    /// Stores the receipt in the log and for each interview that it covers.
    pub(super) async fn keep(&self, tx: &DatabaseTransaction, receipt: &Receipt) -> Result<(), StorageError> {
        let payload = to_json("receipt", receipt)?;
        self.entry(receipt.id, RECEIPT_ENTITY, RECEIPT_EVENT, &receipt.erased_by, receipt.erased_at, payload)
            .insert(tx)
            .await?;
        let covered = receipt.interview_ids.iter().map(|&interview_id| erasures::ActiveModel {
            id: Set(Uuid::now_v7()),
            workspace_id: Set(self.0.workspace),
            interview_id: Set(interview_id),
            receipt_id: Set(receipt.id),
            created_at: Set(receipt.erased_at),
            files_removed_at: Set(None),
        });
        erasures::Entity::insert_many(covered).exec_without_returning(tx).await?;
        Ok(())
    }

    /// Returns the first event of a separate entity.
    fn entry(
        &self,
        entity_id: Uuid,
        entity: &str,
        event: &str,
        actor: &str,
        at: DateTime<Utc>,
        payload: serde_json::Value,
    ) -> event_logs::ActiveModel {
        event_logs::ActiveModel {
            id: Set(Uuid::now_v7()),
            workspace_id: Set(self.0.workspace),
            event_type: Set(event.to_owned()),
            entity_type: Set(entity.to_owned()),
            entity_id: Set(entity_id),
            seq: Set(1),
            schema_version: Set(SCHEMA_VERSION),
            at_ms: Set(0),
            actor: Set(actor.to_owned()),
            payload: Set(payload),
            created_at: Set(at),
        }
    }
}

/// Returns the log of these receipts, in its order.
pub(super) async fn logged(
    db: &impl ConnectionTrait,
    workspace: Uuid,
    receipts: &[Uuid],
) -> Result<Vec<event_logs::Model>, StorageError> {
    Ok(event_logs::Entity::find()
        .filter(event_logs::Column::WorkspaceId.eq(workspace))
        .filter(event_logs::Column::EntityType.eq(RECEIPT_ENTITY))
        .filter(event_logs::Column::EntityId.is_in(receipts.iter().copied()))
        .order_by_asc(event_logs::Column::EntityId)
        .order_by_asc(event_logs::Column::Seq)
        .all(db)
        .await?)
}

/// Adds the counts of a later event of a receipt.
fn add(counts: &mut Counts, event: event_logs::Model) -> Result<(), StorageError> {
    let more: FileCounts = serde_json::from_value(event.payload)
        .map_err(|error| StorageError::Corrupt { what: "receipt", reason: error.to_string() })?;
    counts.recordings += more.recordings;
    counts.recording_bytes += more.recording_bytes;
    counts.exports += more.exports;
    Ok(())
}
