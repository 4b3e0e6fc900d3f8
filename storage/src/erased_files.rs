//! The files of erased people: which erasures still wait for some to go, and what went after the receipt was written.
//!
//! A file may be out of reach when its person is erased: the store does not answer, or an engine that is not running has a copy.
//! So every erasure has a task that removes files ([`REMOVE_FILES`]), written down in the transaction of the erasure. What it
//! removes is logged beside the receipt, whose counts are the sum.
//!
//! Owns: this state. Never does: remove a file (`privacy` does).

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

/// The kind of the task that removes the files of an erasure until all are gone.
pub const REMOVE_FILES: &str = "remove_files";
/// The event of an entity that is a receipt: more files are gone.
const FILES_REMOVED: &str = "personal_data_files_removed";
const SCHEMA_VERSION: i32 = 1;
/// An engine that is gone for good keeps such a task for ever: it is tried every hour then.
const ATTEMPTS: i32 = 1_000_000;
/// Whoever erases removes the files right afterwards; the task is for what that could not do.
const PATIENCE: Duration = Duration::seconds(30);

/// An erasure whose files may not all be gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingErasure {
    pub workspace: Uuid,
    pub receipt: Uuid,
    pub interviews: Vec<Uuid>,
}

/// The state of erased people's files.
pub struct ErasedFiles<'a>(pub(super) &'a Storage);

impl ErasedFiles<'_> {
    /// The erasure of this receipt, if it still waits for files to go.
    pub async fn waiting_for(&self, receipt: Uuid) -> Result<Option<WaitingErasure>, StorageError> {
        let rows = erasures::Entity::find()
            .filter(erasures::Column::WorkspaceId.eq(self.0.workspace))
            .filter(erasures::Column::ReceiptId.eq(receipt))
            .filter(erasures::Column::FilesRemovedAt.is_null())
            .all(&self.0.db)
            .await?;
        Ok(together(rows).pop())
    }

    /// The erasures of all workspaces that wait.
    pub async fn waiting(&self) -> Result<Vec<WaitingErasure>, StorageError> {
        let rows = erasures::Entity::find()
            .filter(erasures::Column::FilesRemovedAt.is_null())
            .order_by_asc(erasures::Column::ReceiptId)
            .all(&self.0.db)
            .await?;
        Ok(together(rows))
    }

    /// Has the task that removes the rest of the files, where there is none any more.
    pub async fn resume(&self, waiting: &WaitingErasure) -> Result<(), StorageError> {
        let storage = self.0.of(waiting.workspace);
        storage.tasks().enqueue(&storage.db, removing(waiting.receipt)).await.map(drop)
    }

    /// Logs that these files are gone as well, and (`all`) that no file is left.
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

    /// How many erasures there have been in the workspace. Whoever writes a file about many people compares this before it reads
    /// and after it has written.
    pub async fn erasures(&self) -> Result<u64, StorageError> {
        let rows = erasures::Entity::find().filter(erasures::Column::WorkspaceId.eq(self.0.workspace));
        Ok(rows.count(&self.0.db).await?)
    }

    /// Which of these interviews were erased, in whichever workspace.
    pub async fn erased(&self, interviews: &[Uuid]) -> Result<Vec<Uuid>, StorageError> {
        let rows = erasures::Entity::find()
            .select_only()
            .column(erasures::Column::InterviewId)
            .distinct()
            .filter(erasures::Column::InterviewId.is_in(interviews.iter().copied()));
        Ok(rows.into_tuple().all(&self.0.db).await?)
    }
}

/// The task that removes the files of an erasure.
pub(super) fn removing(receipt: Uuid) -> NewTask {
    NewTask {
        due: Due::After(PATIENCE),
        max_attempts: ATTEMPTS,
        unique_key: Some(receipt.to_string()),
        ..NewTask::new(Queue::Analytics, REMOVE_FILES, json!({ "receipt_id": receipt }))
    }
}

/// Rows of one receipt stand together.
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
