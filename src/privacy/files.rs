//! The files of erased people in the store and on other engines, until all of them are deleted.
//!
//! Owns: deleting them, repeatedly if necessary, and the files that retention handles beside
//! people: expired exports, and files that an erasure has missed. Never does: erase a person.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use entity::Queue;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::tasks::{Context, Failure, Handler, backoff::Backoff};
use files::FilesError;
use storage::erased_files::{FileCounts, REMOVE_FILES, WaitingErasure};
use storage::{Storage, StorageError, exports};

/// The number of interviews in one query.
const PAGE: usize = 500;
/// A running engine deletes its copies within 30 s, and a store is usually back soon.
const AGAIN: Backoff = Backoff { first: Duration::from_secs(15), longest: Duration::from_hours(1) };

/// The reason why files remain.
#[derive(Debug, thiserror::Error)]
pub(super) enum Remaining {
    #[error(transparent)]
    Store(#[from] FilesError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("engine {0} has copies, and deletes them when it runs")]
    Elsewhere(String),
}

/// Deletes the files of a committed erasure, and records that they are gone. It is not known whose
/// words are in which export, so all exports of the workspace are deleted.
pub(super) async fn remove(storage: &Storage, erasure: &WaitingErasure, now: DateTime<Utc>) -> Result<(), Remaining> {
    let mut counts = FileCounts::default();
    let removed = all_of(storage, erasure, &mut counts).await;
    let remaining = if let Err(error) = removed {
        Some(Remaining::Store(error))
    } else {
        let holders = storage.recordings().holders(&erasure.interviews).await?;
        holders.into_iter().next().map(Remaining::Elsewhere)
    };
    storage.erased_files().removed(erasure.receipt, counts, remaining.is_none(), now).await?;
    remaining.map_or(Ok(()), Err)
}

async fn all_of(storage: &Storage, erasure: &WaitingErasure, counts: &mut FileCounts) -> Result<(), FilesError> {
    for interview in &erasure.interviews {
        let removed = storage.recordings().remove(*interview).await?;
        counts.recordings += removed.files;
        counts.recording_bytes += removed.bytes;
    }
    counts.exports += storage.exports().clear().await?.files;
    Ok(())
}

/// The task that continues to delete the files of an erasure.
pub struct FileRemover;

#[async_trait]
impl Handler for FileRemover {
    fn kind(&self) -> &'static str {
        REMOVE_FILES
    }

    fn queue(&self) -> Queue {
        Queue::Analytics
    }

    fn limit(&self) -> Duration {
        Duration::from_mins(10)
    }

    fn backoff(&self) -> Backoff {
        AGAIN
    }

    async fn run(&self, context: &Context, payload: Value) -> Result<Value, Failure> {
        #[derive(Deserialize)]
        struct Which {
            receipt_id: Uuid,
        }
        let which: Which = serde_json::from_value(payload).map_err(|error| Failure::Permanent(error.to_string()))?;
        let storage = &context.storage;
        if let Some(erasure) = storage.erased_files().waiting_for(which.receipt_id).await? {
            remove(storage, &erasure, context.now).await.map_err(|remaining| match remaining {
                Remaining::Storage(error) => Failure::from(error),
                remaining => Failure::retry(remaining),
            })?;
        }
        Ok(json!({ "receipt_id": which.receipt_id }))
    }
}

/// Deletes files that should be gone: those of erasures whose task was lost, expired exports, and
/// files of erased people that have come back, for example from a backup.
pub(super) async fn tidy(storage: &Storage, now: DateTime<Utc>) -> Result<(), Remaining> {
    for waiting in storage.erased_files().waiting().await? {
        storage.erased_files().resume(&waiting).await?;
    }
    for workspace in storage.workspaces().list().await?.iter().map(|row| row.id) {
        let storage = storage.of(workspace);
        let expired = storage.exports().remove_older(now - exports::KEPT - chrono::Duration::hours(1)).await?;
        let mut returned = 0;
        for page in storage.recordings().interviews().await?.chunks(PAGE) {
            for interview in storage.erased_files().erased(page).await? {
                returned += storage.recordings().remove(interview).await?.files;
            }
        }
        if expired + returned > 0 {
            tracing::warn!(%workspace, expired, returned, "files that should have been gone were deleted");
        }
    }
    Ok(())
}
