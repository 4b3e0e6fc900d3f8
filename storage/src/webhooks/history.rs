//! Deliveries as operators see them: their states, replays, tests, and deleting old ones.

use chrono::{DateTime, Utc};
use entity::{DeliveryState, webhook_deliveries, webhook_outbox};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;
use uuid::Uuid;

use super::{AUDITED, Deliveries, Webhooks};
use crate::audit::Change;
use crate::clock;
use crate::edit::Actor;
use crate::error::StorageError;
use crate::outbox;
use webhook_deliveries::Column;

/// The event of a delivery that tests a webhook.
const TEST: &str = "webhook.test";

impl Webhooks<'_> {
    /// Lists the deliveries of one webhook. The newest comes first.
    pub async fn deliveries(
        &self,
        webhook: Uuid,
        state: Option<DeliveryState>,
        after: Option<Uuid>,
        limit: u64,
    ) -> Result<Vec<webhook_deliveries::Model>, StorageError> {
        self.get(webhook).await?;
        let mut query = webhook_deliveries::Entity::find().filter(Column::WebhookId.eq(webhook));
        if let Some(state) = state {
            query = query.filter(Column::State.eq(state));
        }
        if let Some(after) = after {
            query = query.filter(Column::Id.lt(after));
        }
        Ok(query.order_by_desc(Column::Id).limit(limit).all(&self.0.db).await?)
    }

    /// Delivers again from the beginning of the schedule, with the same `webhook-id`.
    pub async fn replay(
        &self,
        webhook: Uuid,
        delivery: Uuid,
        actor: &Actor,
    ) -> Result<webhook_deliveries::Model, StorageError> {
        let tx = self.0.write().await?;
        self.locked(&tx, webhook).await?;
        let now = clock::now(&tx).await?;
        let row = webhook_deliveries::Entity::find_by_id(delivery)
            .filter(Column::WebhookId.eq(webhook))
            .lock_exclusive()
            .one(&tx)
            .await?
            .ok_or(StorageError::NotFound("delivery"))?;
        if row.state == DeliveryState::Pending {
            return Err(StorageError::Conflict("the delivery is still pending".to_owned()));
        }
        self.0.admit_work(&tx, actor).await?;
        let mut row = row.into_active_model();
        row.requested_by = Set(Some(actor.to_string()));
        row.state = Set(DeliveryState::Pending);
        row.attempts = Set(0);
        row.next_attempt_at = Set(now);
        row.leased_until = Set(None);
        row.delivered_at = Set(None);
        row.updated_at = Set(now);
        let row = row.update(&tx).await?;
        let told = json!({ "delivery_id": delivery, "event": row.event });
        self.0
            .audit()
            .record(&tx, actor, Change::new(AUDITED, webhook, "webhook.delivery_replayed").with(told))
            .await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Sends a test event, even to a webhook that is switched off.
    pub async fn test(&self, webhook: Uuid, actor: &Actor) -> Result<webhook_deliveries::Model, StorageError> {
        let tx = self.0.write().await?;
        let row = self.locked(&tx, webhook).await?;
        self.0.admit_work(&tx, actor).await?;
        let data = json!({ "webhook_id": webhook, "name": row.name });
        // It has a separate order key, so that it waits for no other event.
        let entry = outbox::enter(&tx, self.0.workspace, TEST, Uuid::now_v7(), data).await?;
        let mut delivery = outbox::address(&tx, &entry, webhook).await?.into_active_model();
        delivery.requested_by = Set(Some(actor.to_string()));
        let delivery = delivery.update(&tx).await?;
        self.0.audit().record(&tx, actor, Change::new(AUDITED, webhook, "webhook.tested")).await?;
        tx.commit().await?;
        Ok(delivery)
    }
}

impl Deliveries<'_> {
    /// Counts the pending deliveries of all workspaces.
    pub async fn pending(&self) -> Result<u64, StorageError> {
        Ok(webhook_deliveries::Entity::find()
            .filter(Column::State.eq(DeliveryState::Pending))
            .count(&self.0.db)
            .await?)
    }

    /// Deletes deliveries of all workspaces that ended before `before`, and events without
    /// deliveries.
    pub async fn forget(&self, before: DateTime<Utc>) -> Result<u64, StorageError> {
        let tx = self.0.write().await?;
        let gone = webhook_deliveries::Entity::delete_many()
            .filter(Column::State.ne(DeliveryState::Pending))
            .filter(Column::UpdatedAt.lt(before))
            .exec(&tx)
            .await?;
        let left = Query::select()
            .expr(Expr::val(1))
            .from(webhook_deliveries::Entity)
            .and_where(
                Expr::col((webhook_deliveries::Entity, Column::OutboxId))
                    .eq(Expr::col((webhook_outbox::Entity, webhook_outbox::Column::Id))),
            )
            .to_owned();
        webhook_outbox::Entity::delete_many()
            .filter(webhook_outbox::Column::CreatedAt.lt(before))
            .filter(Expr::exists(left).not())
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(gone.rows_affected)
    }

    /// Deletes what receivers answered to events about these interviews, because it may contain any
    /// quote.
    pub(crate) async fn forget_excerpts(
        &self,
        db: &impl ConnectionTrait,
        interviews: &[Uuid],
    ) -> Result<(), StorageError> {
        webhook_deliveries::Entity::update_many()
            .col_expr(Column::ResponseExcerpt, Expr::value(None::<String>))
            .filter(Column::SubjectId.is_in(interviews.iter().copied()))
            .exec(db)
            .await?;
        Ok(())
    }
}
