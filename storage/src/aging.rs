//! The interviews whose retention period is over.
//!
//! Owns: when the retention period of an interview starts. Never does: erase.

use chrono::{DateTime, Utc};
use entity::{erasures, interviews};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, Query};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::error::StorageError;
use super::interviews::Interviews;

impl Interviews<'_> {
    /// Returns the interviews of all workspaces that ended (or should have begun) before `cutoff`
    /// and still have personal data, in the order of their ids, each with its workspace and
    /// respondent.
    pub async fn past_retention(
        &self,
        cutoff: DateTime<Utc>,
        after: Option<Uuid>,
        limit: u64,
    ) -> Result<Vec<(Uuid, Uuid, String)>, StorageError> {
        let erased = Query::select().column(erasures::Column::InterviewId).from(erasures::Entity).to_owned();
        let mut query = interviews::Entity::find()
            .select_only()
            .columns([interviews::Column::Id, interviews::Column::WorkspaceId, interviews::Column::RespondentId])
            .filter(age().lt(cutoff))
            .filter(interviews::Column::Id.not_in_subquery(erased));
        if let Some(after) = after {
            query = query.filter(interviews::Column::Id.gt(after));
        }
        Ok(query.order_by_asc(interviews::Column::Id).limit(limit).into_tuple().all(&self.0.db).await?)
    }

    /// Counts the respondent's interviews that are not older than `cutoff`.
    pub async fn younger_than(&self, respondent_id: &str, cutoff: DateTime<Utc>) -> Result<u64, StorageError> {
        Ok(interviews::Entity::find()
            .filter(interviews::Column::WorkspaceId.eq(self.0.workspace))
            .filter(interviews::Column::RespondentId.eq(respondent_id))
            .filter(age().gte(cutoff))
            .count(&self.0.db)
            .await?)
    }
}

/// Returns the time at which the retention period of an interview starts.
fn age() -> Expr {
    use interviews::Column::{CompletedAt, CreatedAt, ScheduledAt, StartedAt};
    let times = [CompletedAt, StartedAt, ScheduledAt, CreatedAt];
    Expr::expr(Func::coalesce(times.map(|column| Expr::col((interviews::Entity, column)))))
}
