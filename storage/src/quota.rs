//! The limits on open work: background tasks and deliveries that callers requested and that are not
//! finished.
//!
//! Owns: counting them, in the transaction of the request. Never does: count what the engine queues
//! by itself.

use entity::{DeliveryState, TaskState, tasks, webhook_deliveries};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, Select};

use super::edit::Actor;
use super::error::{Reached, StorageError};
use super::locks;
use super::store::{OpenWork, Storage};

impl Storage {
    /// Refuses a request above the limit. Simultaneous requests wait for the end of this
    /// transaction.
    ///
    /// # Errors
    /// [`StorageError::TooMuchOpen`] if the limit of the caller or of the workspace is reached.
    pub(super) async fn admit_work(&self, tx: &DatabaseTransaction, actor: &Actor) -> Result<(), StorageError> {
        let OpenWork { per_caller, per_workspace } = self.open_work;
        if per_caller == 0 && per_workspace == 0 {
            return Ok(());
        }
        locks::hold(tx, locks::of_entity(self.workspace)).await?;
        let limits = [(per_caller, Some(actor.as_str()), Reached::Caller), (per_workspace, None, Reached::Workspace)];
        for (limit, caller, reached) in limits {
            if limit > 0 && self.open_work_of(tx, caller).await? >= limit {
                return Err(StorageError::TooMuchOpen { limit, reached });
            }
        }
        Ok(())
    }

    async fn open_work_of(&self, tx: &DatabaseTransaction, caller: Option<&str>) -> Result<u64, StorageError> {
        let mut tasks: Select<tasks::Entity> = tasks::Entity::find()
            .filter(tasks::Column::WorkspaceId.eq(self.workspace))
            .filter(tasks::Column::State.is_in([TaskState::Queued, TaskState::Running]));
        let mut deliveries: Select<webhook_deliveries::Entity> = webhook_deliveries::Entity::find()
            .filter(webhook_deliveries::Column::WorkspaceId.eq(self.workspace))
            .filter(webhook_deliveries::Column::State.eq(DeliveryState::Pending));
        if let Some(caller) = caller {
            tasks = tasks.filter(tasks::Column::RequestedBy.eq(caller));
            deliveries = deliveries.filter(webhook_deliveries::Column::RequestedBy.eq(caller));
        } else {
            tasks = tasks.filter(tasks::Column::RequestedBy.is_not_null());
            deliveries = deliveries.filter(webhook_deliveries::Column::RequestedBy.is_not_null());
        }
        Ok(tasks.count(tx).await? + deliveries.count(tx).await?)
    }
}
