//! Rows of interviews, for modules below the repository.
//!
//! Owns: finding and locking them. Never does: change one.

use entity::interviews;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::error::StorageError;

/// Locks an interview of any workspace. Events of the call and changes from outside are therefore
/// written one after the other.
pub(crate) async fn locked(tx: &DatabaseTransaction, id: Uuid) -> Result<interviews::Model, StorageError> {
    let query = interviews::Entity::find_by_id(id).lock_exclusive();
    query.one(tx).await?.ok_or(StorageError::NotFound("interview"))
}

/// Returns an interview of one workspace.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    workspace: Uuid,
    id: Uuid,
) -> Result<interviews::Model, StorageError> {
    interviews::Entity::find_by_id(id)
        .filter(interviews::Column::WorkspaceId.eq(workspace))
        .one(db)
        .await?
        .ok_or(StorageError::NotFound("interview"))
}

/// Returns an interview of any workspace.
pub(crate) async fn find_anywhere(db: &impl ConnectionTrait, id: Uuid) -> Result<interviews::Model, StorageError> {
    interviews::Entity::find_by_id(id).one(db).await?.ok_or(StorageError::NotFound("interview"))
}

pub(crate) async fn of_respondent(
    db: &impl ConnectionTrait,
    workspace: Uuid,
    respondent_id: &str,
) -> Result<Vec<interviews::Model>, StorageError> {
    Ok(interviews::Entity::find()
        .filter(interviews::Column::WorkspaceId.eq(workspace))
        .filter(interviews::Column::RespondentId.eq(respondent_id))
        .order_by_asc(interviews::Column::Id)
        .all(db)
        .await?)
}
