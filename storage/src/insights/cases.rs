//! The interviews of a report across interviews.

use chrono::{DateTime, Utc};
use entity::{Status, erasures, interview_responses, interviews};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;
use uuid::Uuid;

use super::Insights;
use crate::error::StorageError;
use crate::study::InterviewWithAnswers;

/// The selected interviews: a list, or all completed ones of a guide.
#[derive(Debug, Clone, PartialEq)]
pub enum Scope {
    These(Vec<Uuid>),
    Guide {
        call_guide_id: Uuid,
        /// Only interviews that ended at this time or later.
        from: Option<DateTime<Utc>>,
        /// Only interviews that ended before this time.
        to: Option<DateTime<Utc>>,
    },
}

impl Insights<'_> {
    /// Returns up to `limit` completed interviews of the scope, without those of erased people.
    /// `after` is the last id of the previous page.
    pub async fn completed(
        &self,
        scope: &Scope,
        after: Option<Uuid>,
        limit: u64,
    ) -> Result<Vec<InterviewWithAnswers>, StorageError> {
        use interviews::Column;
        let erased = Query::select().column(erasures::Column::InterviewId).from(erasures::Entity).to_owned();
        let mut query = interviews::Entity::find()
            .filter(Column::WorkspaceId.eq(self.0.workspace))
            .filter(Column::Status.eq(Status::Completed))
            .filter(Column::Id.not_in_subquery(erased));
        match scope {
            Scope::These(ids) => query = query.filter(Column::Id.is_in(ids.iter().copied())),
            Scope::Guide { call_guide_id, from, to } => {
                let ended = || -> Expr {
                    let columns = [Column::CompletedAt, Column::StartedAt, Column::CreatedAt];
                    Func::coalesce(columns.map(|column| Expr::col(column.as_column_ref()))).into()
                };
                query = query.filter(Column::CallGuideId.eq(*call_guide_id));
                if let Some(from) = from {
                    query = query.filter(ended().gte(*from));
                }
                if let Some(to) = to {
                    query = query.filter(ended().lt(*to));
                }
            }
        }
        if let Some(after) = after {
            query = query.filter(Column::Id.gt(after));
        }
        let rows = query.order_by_asc(Column::Id).limit(limit).all(&self.0.db).await?;
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
            .map(|row| {
                let its = answers.remove(&row.id).unwrap_or_default();
                (row, its)
            })
            .collect())
    }
}
