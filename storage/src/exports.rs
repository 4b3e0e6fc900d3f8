//! The files of exports in the store: `<workspace>/exports/<task>.<ending>`.
//!
//! Owns: the layout, deleting, and the note in the task of a deleted export. Never does: know the
//! content of an export.

use chrono::{DateTime, Duration, Utc};
use entity::{TaskState, tasks};
use files::{Content, FilesError, Key, Removed, Writer};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use super::error::StorageError;
use super::store::Storage;

/// The kind of the task that writes an export.
pub const EXPORT_STUDY: &str = "export_study";
/// How long an export can be downloaded.
pub const KEPT: Duration = Duration::hours(24);
/// The member of the task's result that says why an export was deleted.
pub const REMOVED_BECAUSE: &str = "removed_because";
/// A person was erased whose words may have been in the export.
pub const ERASURE: &str = "erasure";
/// The export has expired.
pub const EXPIRED: &str = "expired";

/// The exports of a workspace.
#[derive(Debug, Clone)]
pub struct Exports {
    storage: Storage,
}

impl Exports {
    pub(super) fn of(storage: &Storage) -> Self {
        Self { storage: storage.clone() }
    }

    fn folder(&self) -> Key {
        Key::of([self.storage.workspace().to_string().as_str(), "exports"])
    }

    fn key(&self, task: Uuid, ending: &str) -> Key {
        self.folder().with(&format!("{task}.{ending}"))
    }

    /// Returns a writer for an export. The export can be found only after it is complete. It must
    /// be called within a Tokio runtime.
    pub fn write(&self, task: Uuid, ending: &str) -> Writer {
        self.storage.files().writer(&self.key(task, ending))
    }

    /// Returns the export that this task has written, or `None` if it was deleted.
    pub async fn find(&self, task: Uuid, ending: &str) -> Result<Option<Content>, FilesError> {
        let found = self.storage.files().find(&self.key(task, ending)).await?;
        Ok(found.and_then(|object| Content::stored(self.storage.files(), vec![object])))
    }

    /// Deletes an export. Returns true if there was one.
    pub async fn remove(&self, task: Uuid, ending: &str) -> Result<bool, FilesError> {
        self.storage.files().remove(&self.key(task, ending)).await
    }

    /// Deletes all exports of the workspace, because they may contain the words of an erased
    /// person. An export that is being written is not among them, and its writer checks for
    /// erasures at the end.
    pub async fn clear(&self) -> Result<Removed, FilesError> {
        self.storage.files().remove_all(&self.folder()).await
    }

    /// Deletes the exports that were written before `before`, and returns their number.
    pub async fn remove_older(&self, before: DateTime<Utc>) -> Result<u64, FilesError> {
        let mut removed = 0;
        for object in self.storage.files().list(&self.folder()).await? {
            if object.modified < before && self.storage.files().remove(&object.key).await? {
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Records in its task that an export has expired. An earlier reason is kept.
    pub async fn note_expired(&self, task: Uuid) -> Result<(), StorageError> {
        let row = match self.storage.tasks().get(task).await {
            Ok(row) => row,
            // Tasks are kept for some days only.
            Err(StorageError::NotFound(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let Some(mut result) = row.result.clone().filter(|result| result.get(REMOVED_BECAUSE).is_none()) else {
            return Ok(());
        };
        result[REMOVED_BECAUSE] = json!(EXPIRED);
        let mut row: tasks::ActiveModel = row.into();
        row.result = Set(Some(result));
        row.update(self.storage.connection()).await?;
        Ok(())
    }
}

/// Records in the tasks of the workspace's exports that they were deleted because of an erasure.
pub(super) async fn note_erasure(
    tx: &DatabaseTransaction,
    workspace: Uuid,
    receipt: Uuid,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let written = tasks::Entity::find()
        .filter(tasks::Column::WorkspaceId.eq(workspace))
        .filter(tasks::Column::Kind.eq(EXPORT_STUDY))
        .filter(tasks::Column::State.eq(TaskState::Completed))
        .all(tx)
        .await?;
    for row in written {
        let Some(mut result) = row.result.clone().filter(|result| result.get(REMOVED_BECAUSE).is_none()) else {
            continue;
        };
        result[REMOVED_BECAUSE] = json!(ERASURE);
        result["receipt_id"] = json!(receipt);
        let mut row: tasks::ActiveModel = row.into();
        row.result = Set(Some(result));
        row.updated_at = Set(at);
        row.update(tx).await?;
    }
    Ok(())
}
