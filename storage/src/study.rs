//! The interviews of a study, which were held with one guide, and their answers, page by page.
//!
//! Owns: reading them in an order that does not change while new ones are added. Never does: hold
//! more than a page.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{Status, interview_responses, interviews};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde_json::json;
use uuid::Uuid;

use super::audit::Change;
use super::edit::Actor;
use super::error::StorageError;
use super::store::Storage;

/// The filter on interviews.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyFilter {
    pub call_guide_id: Uuid,
    pub status: Option<Status>,
    /// Scheduled at this time or later. This is the time of creation, not of the call.
    pub from: Option<DateTime<Utc>>,
    /// Scheduled before this time. It excludes interviews that are added while the study is read.
    pub to: DateTime<Utc>,
}

/// An interview with its answers in the order in which the questions were asked.
pub type InterviewWithAnswers = (interviews::Model, Vec<interview_responses::Model>);

/// The repository of studies.
pub struct Studies<'a>(pub(super) &'a Storage);

impl Studies<'_> {
    /// Returns up to `limit` interviews. The oldest comes first, and `after` is the last id of the
    /// previous page.
    pub async fn page(
        &self,
        filter: &StudyFilter,
        after: Option<Uuid>,
        limit: u64,
    ) -> Result<Vec<InterviewWithAnswers>, StorageError> {
        let mut query = self.study(filter);
        if let Some(after) = after {
            query = query.filter(interviews::Column::Id.gt(after));
        }
        let rows = query.order_by_asc(interviews::Column::Id).limit(limit).all(&self.0.db).await?;
        let mut answers: HashMap<Uuid, Vec<interview_responses::Model>> = HashMap::new();
        let all = interview_responses::Entity::find()
            .filter(interview_responses::Column::InterviewId.is_in(rows.iter().map(|row| row.id)))
            .order_by_asc(interview_responses::Column::Asking)
            .all(&self.0.db)
            .await?;
        for answer in all {
            answers.entry(answer.interview_id).or_default().push(answer);
        }
        Ok(rows
            .into_iter()
            .map(|row| (answers.remove(&row.id).unwrap_or_default(), row))
            .map(|(a, row)| (row, a))
            .collect())
    }

    /// Counts the interviews of the study.
    pub async fn size(&self, filter: &StudyFilter) -> Result<u64, StorageError> {
        Ok(self.study(filter).count(&self.0.db).await?)
    }

    fn study(&self, filter: &StudyFilter) -> Select<interviews::Entity> {
        let mut query = interviews::Entity::find()
            .filter(interviews::Column::WorkspaceId.eq(self.0.workspace))
            .filter(interviews::Column::CallGuideId.eq(filter.call_guide_id))
            .filter(interviews::Column::CreatedAt.lt(filter.to));
        if let Some(status) = filter.status {
            query = query.filter(interviews::Column::Status.eq(status));
        }
        if let Some(from) = filter.from {
            query = query.filter(interviews::Column::CreatedAt.gte(from));
        }
        query
    }

    /// Records that somebody exported the data of a study.
    pub async fn note_export(
        &self,
        filter: &StudyFilter,
        format: &'static str,
        actor: &Actor,
    ) -> Result<(), StorageError> {
        let tx = self.0.write().await?;
        let change = Change::new("call_guide", filter.call_guide_id, "study.exported").with(json!({
            "format": format, "status": filter.status, "from": filter.from, "to": filter.to,
        }));
        self.0.audit().record(&tx, actor, change).await?;
        Ok(tx.commit().await?)
    }
}
