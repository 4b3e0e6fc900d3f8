//! The files of erased people: which erasures still have files to delete, and which files were
//! deleted after the receipt was written.
//!
//! A file may be out of reach when its person is erased, because the store does not answer, or an
//! engine that is not running has a copy. Therefore every erasure has a task that deletes files
//! ([`REMOVE_FILES`]), which is stored in the transaction of the erasure. What it deletes is logged
//! with the receipt, whose counts are the sum.
//!
//! Owns: this state. Never does: delete a file (`privacy` does).

use chrono::{DateTime, Duration, Utc};
use entity::{Queue, erasures, event_logs};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;
use uuid::Uuid;

use super::edit::Actor;
use super::error::StorageError;
use super::json::to_json;
use super::locks;
pub use super::receipts::FileCounts;
use super::receipts::{RECEIPT_ENTITY, logged};
use super::store::Storage;
use super::tasks::{Due, NewTask};

/// The kind of the task that deletes the files of an erasure until all are gone.
pub const REMOVE_FILES: &str = "remove_files";
/// The event of a receipt that reports further deleted files.
const FILES_REMOVED: &str = "personal_data_files_removed";
const SCHEMA_VERSION: i32 = 1;
/// If an engine is gone for good, its task is retried every hour without end.
const ATTEMPTS: i32 = 1_000_000;
/// The erasure itself deletes the files right after its commit. The task handles the files that
/// could not be deleted then.
const PATIENCE: Duration = Duration::seconds(30);

/// An erasure that may still have files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingErasure {
    pub workspace: Uuid,
    pub receipt: Uuid,
    pub interviews: Vec<Uuid>,
}

/// The state of erased people's files.
pub struct ErasedFiles<'a>(pub(super) &'a Storage);

impl ErasedFiles<'_> {
    /// Returns the erasure of this receipt, if it still has files to delete.
    pub async fn waiting_for(&self, receipt: Uuid) -> Result<Option<WaitingErasure>, StorageError> {
        let rows = erasures::Entity::find()
            .filter(erasures::Column::WorkspaceId.eq(self.0.workspace))
            .filter(erasures::Column::ReceiptId.eq(receipt))
            .filter(erasures::Column::FilesRemovedAt.is_null())
            .all(&self.0.db)
            .await?;
        Ok(together(rows).pop())
    }

    /// Returns the erasures of all workspaces that still have files to delete.
    pub async fn waiting(&self) -> Result<Vec<WaitingErasure>, StorageError> {
        let rows = erasures::Entity::find()
            .filter(erasures::Column::FilesRemovedAt.is_null())
            .order_by_asc(erasures::Column::ReceiptId)
            .all(&self.0.db)
            .await?;
        Ok(together(rows))
    }

    /// Queues the task that deletes the remaining files, if there is none.
    pub async fn resume(&self, waiting: &WaitingErasure) -> Result<(), StorageError> {
        let storage = self.0.of(waiting.workspace);
        storage.tasks().enqueue(&storage.db, removing(waiting.receipt)).await.map(drop)
    }

    /// Logs that these files are deleted as well, and, if `all` is true, that none is left.
    pub async fn removed(
        &self,
        receipt: Uuid,
        counts: FileCounts,
        all: bool,
        at: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let tx = self.0.write().await?;
        if !counts.is_none() {
            locks::hold(&tx, locks::of_entity(receipt)).await?;
            let logged = logged(&tx, self.0.workspace, &[receipt]).await?;
            let row = event_logs::ActiveModel {
                id: Set(Uuid::now_v7()),
                workspace_id: Set(self.0.workspace),
                event_type: Set(FILES_REMOVED.to_owned()),
                entity_type: Set(RECEIPT_ENTITY.to_owned()),
                entity_id: Set(receipt),
                seq: Set(logged.last().map_or(1, |event| event.seq + 1)),
                schema_version: Set(SCHEMA_VERSION),
                at_ms: Set(0),
                actor: Set(Actor::ENGINE.to_string()),
                payload: Set(to_json("files that were removed", counts)?),
                created_at: Set(at),
            };
            row.insert(&tx).await?;
        }
        if all {
            erasures::Entity::update_many()
                .col_expr(erasures::Column::FilesRemovedAt, Expr::value(at))
                .filter(erasures::Column::WorkspaceId.eq(self.0.workspace))
                .filter(erasures::Column::ReceiptId.eq(receipt))
                .filter(erasures::Column::FilesRemovedAt.is_null())
                .exec(&tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Counts the erasures in the workspace. A writer of a file about many people compares this
    /// count before reading and after writing.
    pub async fn erasures(&self) -> Result<u64, StorageError> {
        let rows = erasures::Entity::find().filter(erasures::Column::WorkspaceId.eq(self.0.workspace));
        Ok(rows.count(&self.0.db).await?)
    }

    /// Returns which of these interviews were erased, in any workspace.
    pub async fn erased(&self, interviews: &[Uuid]) -> Result<Vec<Uuid>, StorageError> {
        let rows = erasures::Entity::find()
            .select_only()
            .column(erasures::Column::InterviewId)
            .distinct()
            .filter(erasures::Column::InterviewId.is_in(interviews.iter().copied()));
        Ok(rows.into_tuple().all(&self.0.db).await?)
    }
}

/// Returns the task that deletes the files of an erasure.
pub(super) fn removing(receipt: Uuid) -> NewTask {
    NewTask {
        due: Due::After(PATIENCE),
        max_attempts: ATTEMPTS,
        unique_key: Some(receipt.to_string()),
        ..NewTask::new(Queue::Analytics, REMOVE_FILES, json!({ "receipt_id": receipt }))
    }
}

/// Groups the rows by receipt. Rows of one receipt are adjacent.
fn together(rows: Vec<erasures::Model>) -> Vec<WaitingErasure> {
    let mut all: Vec<WaitingErasure> = Vec::new();
    for row in rows {
        match all.last_mut().filter(|last| last.receipt == row.receipt_id) {
            Some(last) => last.interviews.push(row.interview_id),
            None => all.push(WaitingErasure {
                workspace: row.workspace_id,
                receipt: row.receipt_id,
                interviews: vec![row.interview_id],
            }),
        }
    }
    all
}
