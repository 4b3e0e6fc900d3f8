//! Calling for insights: a background task, in the transaction of what calls for it.
//!
//! Owns: the task's payload: ids and keys, nothing of respondents. Never does: carry it out (`insights::task` does).

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

/// As it stands in the table of tasks.
pub const EXTRACT_INSIGHTS: &str = "extract_insights";

/// What is to be looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extraction {
    Interview { interview_id: Uuid },
    Interviews { interview_ids: Vec<Uuid>, segment_by: Vec<String> },
    Guide { call_guide_id: Uuid, from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>, segment_by: Vec<String> },
}

impl Insights<'_> {
    /// Puts it into the queue; the task's id. An interview that waits to be looked at is not looked at twice.
    pub async fn request(&self, db: &impl ConnectionTrait, wanted: &Extraction) -> Result<Uuid, StorageError> {
        self.0.tasks().enqueue(db, task(wanted)?).await
    }

    /// The same for a caller who asks for it, within the quotas.
    ///
    /// # Errors
    /// [`StorageError::TooMuchOpen`] when the caller or the workspace has as much open as it may.
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
