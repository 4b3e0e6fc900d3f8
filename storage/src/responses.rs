//! Reading answers.

use entity::interview_responses;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::error::StorageError;
use super::store::Storage;

/// The repository of answers.
pub struct Responses<'a>(pub(super) &'a Storage);

impl Responses<'_> {
    /// Lists the answers of an interview in the order in which the questions were asked.
    pub async fn of_interview(&self, interview_id: Uuid) -> Result<Vec<interview_responses::Model>, StorageError> {
        let mut rows = of_interview(&self.0.db, interview_id).await?;
        rows.retain(|row| row.workspace_id == self.0.workspace);
        Ok(rows)
    }
}

pub(super) async fn of_interview(
    db: &impl ConnectionTrait,
    interview_id: Uuid,
) -> Result<Vec<interview_responses::Model>, StorageError> {
    Ok(interview_responses::Entity::find()
        .filter(interview_responses::Column::InterviewId.eq(interview_id))
        .order_by_asc(interview_responses::Column::Asking)
        .all(db)
        .await?)
}
