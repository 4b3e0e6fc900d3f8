//! Requests for insights: a background task, which is queued in the transaction that requests it.
//!
//! Owns: the payload of the task, which contains ids and keys but no data of respondents. Never
//! does: carry it out (`insights::task` does).

use chrono::{DateTime, Utc};
use entity::Queue;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Insights;
use crate::edit::Actor;
use crate::error::StorageError;
use crate::json::to_json;
use crate::tasks::NewTask;

/// The kind of the task.
pub const EXTRACT_INSIGHTS: &str = "extract_insights";

/// The interviews of the insight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extraction {
    Interview { interview_id: Uuid },
    Interviews { interview_ids: Vec<Uuid>, segment_by: Vec<String> },
    Guide { call_guide_id: Uuid, from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>, segment_by: Vec<String> },
}

impl Insights<'_> {
    /// Queues the task and returns its id. An interview that is already waiting is not queued
    /// twice.
    pub async fn request(&self, db: &impl ConnectionTrait, wanted: &Extraction) -> Result<Uuid, StorageError> {
        self.0.tasks().enqueue(db, task(wanted)?).await
    }

    /// Queues the task for a caller, within the quotas.
    ///
    /// # Errors
    /// [`StorageError::TooMuchOpen`] if the limit of the caller or of the workspace is reached.
    pub async fn request_by_caller(&self, wanted: &Extraction, actor: &Actor) -> Result<Uuid, StorageError> {
        self.0.tasks().request(task(wanted)?, actor).await
    }
}

fn task(wanted: &Extraction) -> Result<NewTask, StorageError> {
    let mut task = NewTask::new(Queue::Analytics, EXTRACT_INSIGHTS, to_json("task", wanted)?);
    if let Extraction::Interview { interview_id } = wanted {
        task.interview_id = Some(*interview_id);
        task.unique_key = Some(interview_id.to_string());
    }
    Ok(task)
}
