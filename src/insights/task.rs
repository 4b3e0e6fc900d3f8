//! Insights as a background task.
//!
//! Owns: when it is worth another attempt. Never does: extract.

use std::time::Duration;

use async_trait::async_trait;
use entity::insight_extractions;
use serde_json::{Value, json};

use super::across::{self, Wanted};
use super::{InsightError, Tools, one};
use crate::tasks::{Context, Failure, Handler, Queue};
use storage::insights::{EXTRACT_INSIGHTS, Extraction};
use storage::{Actor, Scope};

/// A report over twenty thousand interviews takes minutes.
const LIMIT: Duration = Duration::from_mins(20);

/// Carries it out.
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
        let job: Extraction = serde_json::from_value(payload)
            .map_err(|error| Failure::Permanent(format!("no such job: {:?} error", error.classify())))?;
        // Extraction takes the processor: not on a thread that others wait for.
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
            InsightError::Cancelled => Failure::retry("it was called off"),
            other => Failure::Permanent(other.to_string()),
        }
    }
}
