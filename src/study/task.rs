//! The export of a study to a file, as a background task. Any engine can serve the file.
//!
//! Owns: the task, and that its file is deleted a day later. The file contains what people said.
//! Therefore every erasure in the workspace deletes it as well (`privacy` does that), and an
//! erasure that is committed during the export causes it to be repeated. Never does: answer
//! requests.

use std::io::BufWriter;
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
use storage::exports::{EXPORT_STUDY, KEPT};
use storage::tasks::{Due, NewTask};
use storage::{Actor, Storage, StorageError, StudyFilter};

const REMOVE: &str = "remove_export";
/// The file is written to the store in pieces of this many bytes.
const BUFFER: usize = 64 * 1024;
/// Two million answers take minutes. Recordings take as long as the disk does.
const LIMIT: Duration = Duration::from_hours(2);

/// The study to export.
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

/// Queues an export for a caller, within the quotas. Returns the id of the task, which is also that
/// of the file.
pub async fn enqueue(storage: &Storage, request: &ExportRequest, actor: &Actor) -> Result<Uuid, StorageError> {
    let payload = serde_json::to_value(request)
        .map_err(|error| StorageError::Corrupt { what: "export", reason: error.to_string() })?;
    let task = NewTask::new(Queue::Analytics, EXPORT_STUDY, payload);
    storage.tasks().request(task, actor).await
}

/// The handler that writes exports.
pub struct Exporter;

#[async_trait]
impl Handler for Exporter {
    fn kind(&self) -> &'static str {
        EXPORT_STUDY
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
        // This is compared later, to find out whether anybody was erased during the export.
        let erasures = storage.erased_files().erasures().await?;
        let remove = NewTask {
            due: Due::After(KEPT),
            unique_key: Some(context.task_id.to_string()),
            ..NewTask::new(Queue::Analytics, REMOVE, json!({ "export": context.task_id, "format": format }))
        };
        // The deletion is queued first, so that nothing of this attempt remains, whatever its
        // outcome.
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
        let file = storage.exports().write(context.task_id, format.ending());
        let written = tokio::task::spawn_blocking(move || -> Result<u64, ExportError> {
            let mut out = BufWriter::with_capacity(BUFFER, file);
            Study { guide, pages }.write(&mut out, format)?;
            let file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            Ok(file.finish()?)
        });
        let bytes = written.await.map_err(Failure::retry)?.map_err(|error| match error {
            ExportError::Storage(error) => Failure::from(error),
            error => Failure::retry(error),
        })?;
        // This check comes after writing, because an erasure deletes only the exports that exist
        // when it is committed.
        if storage.erased_files().erasures().await? != erasures {
            storage.exports().remove(context.task_id, format.ending()).await.map_err(Failure::retry)?;
            return Err(Failure::retry("a person was erased during the export, so it is repeated without them"));
        }
        Ok(
            json!({ "url": format!("/api/exports/{}", context.task_id), "bytes": bytes, "kept_until": context.now + KEPT }),
        )
    }
}

/// The handler that deletes expired exports.
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
        let removed =
            context.storage.exports().remove(which.export, which.format.ending()).await.map_err(Failure::retry)?;
        context.storage.exports().note_expired(which.export).await?;
        Ok(json!({ "removed": removed }))
    }
}
