//! Workspaces, which the operator creates and which are found by name.

use chrono::Utc;
use entity::workspaces;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use uuid::Uuid;

use super::audit::Change;
use super::edit::Actor;
use super::error::StorageError;
use super::store::Storage;

/// The repository of workspaces.
pub struct Workspaces<'a>(pub(super) &'a Storage);

impl Workspaces<'_> {
    /// Creates a workspace. If the name is in use, this is a [`StorageError::Conflict`].
    pub async fn create(&self, name: &str, actor: &Actor) -> Result<workspaces::Model, StorageError> {
        let (id, now) = (Uuid::now_v7(), Utc::now());
        let tx = self.0.write().await?;
        if workspaces::Entity::find().filter(workspaces::Column::Name.eq(name)).one(&tx).await?.is_some() {
            return Err(StorageError::Conflict(format!("there is already a workspace named {name:?}")));
        }
        let row = workspaces::ActiveModel {
            id: Set(id),
            name: Set(name.to_owned()),
            created_at: Set(now),
            updated_at: Set(now),
        };
        let row = row.insert(&tx).await?;
        let own = self.0.of(id);
        own.audit()
            .record(&tx, actor, Change::new("workspace", id, "workspace.created").with(json!({ "name": name })))
            .await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Lists workspaces. The oldest comes first.
    pub async fn list(&self) -> Result<Vec<workspaces::Model>, StorageError> {
        Ok(workspaces::Entity::find().order_by_asc(workspaces::Column::Id).limit(10_000).all(&self.0.db).await?)
    }

    /// Finds a workspace by its name or its id.
    pub async fn find(&self, name: &str) -> Result<workspaces::Model, StorageError> {
        let query = match Uuid::parse_str(name) {
            Ok(id) => workspaces::Entity::find_by_id(id),
            Err(_) => workspaces::Entity::find().filter(workspaces::Column::Name.eq(name)),
        };
        query.one(&self.0.db).await?.ok_or(StorageError::NotFound("workspace"))
    }
}
