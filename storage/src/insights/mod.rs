//! Insights: storing, finding and deleting them.
//!
//! Owns: rows of `insight_extractions`, the webhook event of each (in its transaction), what
//! remains after an erasure (`forget.rs`), findings about single answers (`answers.rs`), the
//! answers that are counted across interviews (`cases.rs`), and requests for insights
//! (`request.rs`). Never does: extract.

mod answers;
mod cases;
mod forget;
mod request;

use chrono::{DateTime, Utc};
use entity::{insight_extractions, interviews};
use interview::insight::extract::Insight;
use interview::webhook::WebhookEvent;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::audit::Change;
use super::edit::Actor;
use super::error::StorageError;
use super::json::to_json;
use super::outbox;
use super::store::Storage;

pub use answers::AnswerUpdate;
pub use cases::Scope;
pub use forget::QuotedAcross;
pub use request::{EXTRACT_INSIGHTS, Extraction};

/// The filter on insights. By default, all of them are selected, and the newest comes first.
#[derive(Debug, Clone, Default)]
pub struct InsightFilter {
    pub interview_id: Option<Uuid>,
    pub call_guide_id: Option<Uuid>,
    /// True selects insights across interviews, false those of one interview.
    pub across: Option<bool>,
    /// The last id of the previous page.
    pub after: Option<Uuid>,
    pub limit: u64,
}

/// A new insight, with what was extracted.
#[derive(Debug, Clone)]
pub struct NewInsight {
    /// `None` for an insight across interviews.
    pub interview_id: Option<Uuid>,
    pub interview_ids: Vec<Uuid>,
    pub call_guide_id: Option<Uuid>,
    pub window: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    pub insight: Insight,
    /// What was found about single answers.
    pub answers: Vec<AnswerUpdate>,
    /// The themes of an insight across interviews, which replace those of a single interview.
    pub themes: Option<Value>,
    /// The counts of an insight across interviews.
    pub statistics: Value,
    /// The task that made the insight.
    pub task_id: Option<Uuid>,
}

/// The repository of insights.
pub struct Insights<'a>(pub(super) &'a Storage);

impl Insights<'_> {
    /// Stores an insight, and publishes its event. If a task runs twice, only its first insight is
    /// stored.
    ///
    /// # Errors
    /// [`StorageError::Erased`] if one of the interviews was erased in the meantime.
    pub async fn keep(&self, new: NewInsight, actor: &Actor) -> Result<insight_extractions::Model, StorageError> {
        let storage = self.0;
        let now = Utc::now();
        let tx = storage.write().await?;
        if let Some(task) = new.task_id
            && let Some(row) = self.made_by(&tx, task).await?
        {
            return Ok(row);
        }
        self.hold(&tx, &new.interview_ids).await?;
        for told in new.answers {
            answers::put(&tx, told, now).await?;
        }
        let insight = new.insight;
        let json = |value: Result<Value, StorageError>| value;
        let row = insight_extractions::ActiveModel {
            id: Set(Uuid::now_v7()),
            workspace_id: Set(storage.workspace),
            interview_id: Set(new.interview_id),
            interview_ids: Set(to_json("interviews", &new.interview_ids)?),
            call_guide_id: Set(new.call_guide_id),
            window_from: Set(new.window.0),
            window_to: Set(new.window.1),
            executive_summary: Set(insight.executive_summary),
            key_findings: Set(to_json("findings", &insight.key_findings)?),
            themes: Set(json(new.themes.map_or_else(|| to_json("themes", &insight.themes), Ok))?),
            notable_quotes: Set(to_json("quotes", &insight.notable_quotes)?),
            sentiment_summary: Set(to_json("sentiment", &insight.sentiment_summary)?),
            contradictions: Set(to_json("contradictions", &insight.contradictions)?),
            research_objective_alignment: Set(insight.research_objective_alignment),
            data_quality_score: Set(insight.data_quality_score),
            confidence_level: Set(Some(insight.confidence_level)),
            follow_up_recommendations: Set(to_json("recommendations", &insight.follow_up_recommendations)?),
            suggested_next_questions: Set(to_json("questions", &insight.suggested_next_questions)?),
            statistics: Set(new.statistics),
            methods: Set(to_json("methods", &insight.methods)?),
            dropped_quotes: Set(to_json("dropped quotes", &insight.dropped_quotes)?),
            generated_by: Set(insight.generated_by),
            model_used: Set(insight.model_used),
            generated_at: Set(now),
            erased_interviews: Set(0),
            task_id: Set(new.task_id),
            created_at: Set(now),
            updated_at: Set(now),
        };
        let row = row.insert(&tx).await?;
        let mut data = json!({
            "insight_id": row.id,
            "interview_id": row.interview_id,
            "interviews": new.interview_ids.len(),
            "call_guide_id": row.call_guide_id,
            "generated_by": row.generated_by,
            "model_used": row.model_used,
            "generated_at": row.generated_at,
            "data_quality_score": row.data_quality_score,
            "confidence_level": row.confidence_level,
        });
        if row.interview_id.is_none() {
            // An event without an interview is delivered in the order of the workspace.
            data.as_object_mut().map(|data| data.remove("interview_id"));
        }
        outbox::publish(&tx, storage.workspace, WebhookEvent::InsightsExtracted, data).await?;
        let change = Change::new("insight", row.id, "insight.extracted")
            .with(json!({ "interview_id": row.interview_id, "interviews": new.interview_ids.len() }));
        storage.audit().record(&tx, actor, change).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Returns the insight with this id, or the newest insight of the interview with this id.
    pub async fn find(&self, id: Uuid) -> Result<insight_extractions::Model, StorageError> {
        let own = self.all().filter(insight_extractions::Column::Id.eq(id)).one(&self.0.db).await?;
        match own {
            Some(row) => Ok(row),
            None => self.newest_of(id).await?.ok_or(StorageError::NotFound("insight")),
        }
    }

    pub async fn newest_of(&self, interview: Uuid) -> Result<Option<insight_extractions::Model>, StorageError> {
        let query = self.all().filter(insight_extractions::Column::InterviewId.eq(interview));
        Ok(query.order_by_desc(insight_extractions::Column::Id).one(&self.0.db).await?)
    }

    /// Lists the insights of an interview. The newest comes first.
    pub async fn of_interview(&self, interview: Uuid) -> Result<Vec<insight_extractions::Model>, StorageError> {
        let query = self.all().filter(insight_extractions::Column::InterviewId.eq(interview));
        Ok(query.order_by_desc(insight_extractions::Column::Id).all(&self.0.db).await?)
    }

    pub async fn list(&self, filter: InsightFilter) -> Result<Vec<insight_extractions::Model>, StorageError> {
        use insight_extractions::Column;
        let mut query = self.all();
        if let Some(interview) = filter.interview_id {
            query = query.filter(Column::InterviewId.eq(interview));
        }
        if let Some(guide) = filter.call_guide_id {
            query = query.filter(Column::CallGuideId.eq(guide));
        }
        if let Some(across) = filter.across {
            query =
                query.filter(if across { Column::InterviewId.is_null() } else { Column::InterviewId.is_not_null() });
        }
        if let Some(after) = filter.after {
            query = query.filter(Column::Id.lt(after));
        }
        Ok(query.order_by_desc(Column::Id).limit(filter.limit).all(&self.0.db).await?)
    }

    fn all(&self) -> sea_orm::Select<insight_extractions::Entity> {
        insight_extractions::Entity::find().filter(insight_extractions::Column::WorkspaceId.eq(self.0.workspace))
    }

    async fn made_by(
        &self,
        tx: &DatabaseTransaction,
        task: Uuid,
    ) -> Result<Option<insight_extractions::Model>, StorageError> {
        Ok(self.all().filter(insight_extractions::Column::TaskId.eq(task)).one(tx).await?)
    }

    /// Checks that these interviews are not erased, and prevents their erasure until the end of the
    /// transaction.
    async fn hold(&self, tx: &DatabaseTransaction, ids: &[Uuid]) -> Result<(), StorageError> {
        // Each statement has a limited number of parameters.
        for some in ids.chunks(5_000) {
            let rows: Vec<Uuid> = interviews::Entity::find()
                .select_only()
                .column(interviews::Column::Id)
                .filter(interviews::Column::WorkspaceId.eq(self.0.workspace))
                .filter(interviews::Column::Id.is_in(some.iter().copied()))
                .lock_shared()
                .into_tuple()
                .all(tx)
                .await?;
            if rows.len() < some.len() {
                return Err(StorageError::NotFound("interview"));
            }
            if self.0.receipts().any_erased(tx, some).await? {
                return Err(StorageError::Erased);
            }
        }
        Ok(())
    }
}
