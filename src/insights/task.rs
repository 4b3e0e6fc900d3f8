//! Insights as a background task.
//!
//! Owns: which errors deserve another attempt. Never does: extract.

use std::time::Duration;

use async_trait::async_trait;
use entity::insight_extractions;
use serde_json::{Value, json};

use super::across::{self, Wanted};
use super::{InsightError, Tools, one};
use crate::tasks::{Context, Failure, Handler, Queue};
use storage::insights::{EXTRACT_INSIGHTS, Extraction};
use storage::{Actor, Scope};

/// A report on twenty thousand interviews takes minutes.
const LIMIT: Duration = Duration::from_mins(20);

/// The handler of the task.
pub struct ExtractInsights {
    pub tools: Tools,
}

#[async_trait]
impl Handler for ExtractInsights {
    fn kind(&self) -> &'static str {
        EXTRACT_INSIGHTS
    }

    fn queue(&self) -> Queue {
        Queue::Analytics
    }

    fn limit(&self) -> Duration {
        LIMIT
    }

    async fn run(&self, context: &Context, payload: Value) -> Result<Value, Failure> {
        let job: Extraction = serde_json::from_value(payload).map_err(|error| {
            Failure::Permanent(format!("the task's parameters cannot be parsed: {:?} error", error.classify()))
        })?;
        // Extraction needs the processor, so it runs on a thread that nothing else waits for.
        let (tools, mine) = (self.tools.clone(), context.clone());
        let work = move || tokio::runtime::Handle::current().block_on(carry_out(&tools, &mine, job));
        let made = tokio::task::spawn_blocking(work).await.map_err(Failure::retry)?;
        let row = made.map_err(Failure::from)?;
        context.progress(1.0);
        Ok(json!({ "insight_id": row.id, "url": format!("/api/analytics/insights/{}", row.id) }))
    }
}

async fn carry_out(
    tools: &Tools,
    context: &Context,
    job: Extraction,
) -> Result<insight_extractions::Model, InsightError> {
    let (storage, task) = (&context.storage, Some(context.task_id));
    let (scope, segment_by) = match job {
        Extraction::Interview { interview_id } => {
            return one::of_interview(storage, tools, interview_id, task, Actor::ENGINE).await;
        }
        Extraction::Interviews { interview_ids, segment_by } => (Scope::These(interview_ids), segment_by),
        Extraction::Guide { call_guide_id, from, to, segment_by } => {
            (Scope::Guide { call_guide_id, from, to }, segment_by)
        }
    };
    let wanted = Wanted { scope, segment_by };
    across::of_many(storage, &wanted, task, context.cancelled(), |share| context.progress(share)).await
}

impl From<InsightError> for Failure {
    fn from(error: InsightError) -> Self {
        match error {
            InsightError::Storage(error) => error.into(),
            InsightError::Cancelled => Failure::retry("the extraction was cancelled"),
            other => Failure::Permanent(other.to_string()),
        }
    }
}
