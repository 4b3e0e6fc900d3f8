//! Where exports lie that were written to be fetched: `<workspace>/exports/<task>.<ending>` in the store of files.
//!
//! Owns: the layout, removing, and that the task of an export that was removed says so. Never does: know what is in them.

use chrono::{DateTime, Duration, Utc};
use entity::{TaskState, tasks};
use files::{Content, FilesError, Key, Removed, Writer};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use super::error::StorageError;
use super::store::Storage;

/// The kind of the task that writes one.
pub const EXPORT_STUDY: &str = "export_study";
/// How long an export waits to be fetched.
pub const KEPT: Duration = Duration::hours(24);
/// What the task's result says of an export that was removed, beside the id of the receipt or the end of its time.
pub const REMOVED_BECAUSE: &str = "removed_because";
/// Somebody was erased whose words may have been in it.
pub const ERASURE: &str = "erasure";
/// Its time was over.
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

    /// The export to be written. Nobody finds it before it is whole. Must be called within a Tokio runtime.
    pub fn write(&self, task: Uuid, ending: &str) -> Writer {
        self.storage.files().writer(&self.key(task, ending))
    }

    /// The export that this task has written; none if it was removed.
    pub async fn find(&self, task: Uuid, ending: &str) -> Result<Option<Content>, FilesError> {
        let found = self.storage.files().find(&self.key(task, ending)).await?;
        Ok(found.and_then(|object| Content::stored(self.storage.files(), vec![object])))
    }

    /// Removes it; whether there was one.
    pub async fn remove(&self, task: Uuid, ending: &str) -> Result<bool, FilesError> {
        self.storage.files().remove(&self.key(task, ending)).await
    }

    /// Removes all of the workspace: they hold what somebody said who is to be forgotten. One that is being written in this
    /// moment is not among them; its writer looks for erasures when it is done.
    pub async fn clear(&self) -> Result<Removed, FilesError> {
        self.storage.files().remove_all(&self.folder()).await
    }

    /// Removes those that were written before `before`; how many.
    pub async fn remove_older(&self, before: DateTime<Utc>) -> Result<u64, FilesError> {
        let mut removed = 0;
        for object in self.storage.files().list(&self.folder()).await? {
            if object.modified < before && self.storage.files().remove(&object.key).await? {
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Has the task of an export whose time is over say so. One that was removed before keeps its reason.
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

/// Has the tasks of the workspace's exports say that these were removed because of an erasure.
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
