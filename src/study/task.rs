//! A study written to a file in the background, to be fetched when it is done.
//!
//! Owns: the task, and that its file goes a day later. The file holds what people said, so every erasure in the workspace
//! removes it as well (`privacy` does). Never does: answer requests.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use entity::{Queue, Status};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ExportError, Format, Pages, Study};
use crate::tasks::{Context, Failure, Handler};
use storage::tasks::NewTask;
use storage::{Storage, StorageError, StudyFilter};

/// The task that writes the file.
pub const EXPORT: &str = "export_study";
const REMOVE: &str = "remove_export";
/// How long a file waits to be fetched.
pub const KEPT: chrono::Duration = chrono::Duration::hours(24);
/// Two million answers are written in minutes; recordings take as long as the disk does.
const LIMIT: Duration = Duration::from_hours(2);

/// What is to be exported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportRequest {
    pub call_guide_id: Uuid,
    pub format: Format,
    pub status: Option<Status>,
    pub from: Option<DateTime<Utc>>,
    pub to: DateTime<Utc>,
}

impl ExportRequest {
    pub fn filter(&self) -> StudyFilter {
        StudyFilter { call_guide_id: self.call_guide_id, status: self.status, from: self.from, to: self.to }
    }
}

/// Has it done; the task's id, which is the file's as well.
pub async fn enqueue(storage: &Storage, request: &ExportRequest) -> Result<Uuid, StorageError> {
    let payload = serde_json::to_value(request)
        .map_err(|error| StorageError::Corrupt { what: "export", reason: error.to_string() })?;
    let task = NewTask::new(Queue::Analytics, EXPORT, payload);
    storage.tasks().enqueue(storage.connection(), task).await
}

/// Writes exports.
pub struct Exporter;

#[async_trait]
impl Handler for Exporter {
    fn kind(&self) -> &'static str {
        EXPORT
    }

    fn queue(&self) -> Queue {
        Queue::Analytics
    }

    fn limit(&self) -> Duration {
        LIMIT
    }

    async fn run(&self, context: &Context, payload: Value) -> Result<Value, Failure> {
        let request: ExportRequest =
            serde_json::from_value(payload).map_err(|error| Failure::Permanent(error.to_string()))?;
        let (storage, format) = (&context.storage, request.format);
        let filter = request.filter();
        let (_, guide) = storage.guides().newest(request.call_guide_id).await?;
        let all = storage.studies().size(&filter).await? * Study::readings(format);
        let file = storage.exports().file(context.workspace, context.task_id, format.ending());
        let remove = NewTask {
            run_at: context.now + KEPT,
            unique_key: Some(context.task_id.to_string()),
            ..NewTask::new(Queue::Analytics, REMOVE, json!({ "export": context.task_id, "format": format }))
        };
        // First: whatever becomes of this attempt, nothing of it stays.
        storage.tasks().enqueue(storage.connection(), remove).await?;

        let (watcher, read) = (context.clone(), AtomicU64::new(0));
        let watch = move |more: usize| {
            let read = read.fetch_add(more as u64, Ordering::Relaxed) + more as u64;
            watcher.progress(read as f32 / all.max(1) as f32);
            !watcher.cancelled().is_cancelled()
        };
        let pages = Pages {
            storage: storage.clone(),
            filter,
            runtime: tokio::runtime::Handle::current(),
            watch: Box::new(watch),
        };
        let written = tokio::task::spawn_blocking(move || -> Result<u64, ExportError> {
            file.create(|draft| {
                let mut out = BufWriter::new(File::create(draft)?);
                Study { guide, pages }.write(&mut out, format)?;
                out.flush()?;
                Ok(out.get_ref().metadata()?.len())
            })
        });
        let bytes = written.await.map_err(Failure::retry)?.map_err(|error| match error {
            ExportError::Storage(error) => Failure::from(error),
            error => Failure::retry(error),
        })?;
        Ok(
            json!({ "url": format!("/api/exports/{}", context.task_id), "bytes": bytes, "kept_until": context.now + KEPT }),
        )
    }
}

/// Removes exports that nobody needs any more.
pub struct Remover;

#[async_trait]
impl Handler for Remover {
    fn kind(&self) -> &'static str {
        REMOVE
    }

    fn queue(&self) -> Queue {
        Queue::Analytics
    }

    async fn run(&self, context: &Context, payload: Value) -> Result<Value, Failure> {
        #[derive(Deserialize)]
        struct Which {
            export: Uuid,
            format: Format,
        }
        let which: Which = serde_json::from_value(payload).map_err(|error| Failure::Permanent(error.to_string()))?;
        let file = context.storage.exports().file(context.workspace, which.export, which.format.ending());
        let removed = file.remove().map_err(Failure::retry)?;
        Ok(json!({ "removed": removed }))
    }
}
