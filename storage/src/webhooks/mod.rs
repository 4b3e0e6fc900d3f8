//! Webhooks: where events are sent, with which secret, and how successful the deliveries are.
//!
//! Owns: the rows of webhooks (here), their deliveries as operators see them (`history`), and the
//! steps of a delivery (`work`). Secrets and the values of headers are encrypted in the table.
//! Never does: send anything.

mod history;
mod view;
mod work;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{Duration, Utc};
use entity::{DeliveryState, webhook_deliveries, webhooks};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::audit::Change;
use super::clock;
use super::crypto::random;
use super::edit::{Actor, Edit};
use super::error::StorageError;
use super::json::to_json;
use super::store::Storage;
use super::vault::Vault;

pub use view::{Health, Webhook, WebhookSettings};
pub(crate) use work::call_off;
pub use work::{Attempt, Bounds, Deliveries, Job, SEND, Settled};

const PURPOSE: &str = "webhooks";
const AUDITED: &str = "webhook";
/// The `metric_name` of the alert about a webhook that was switched off.
const FAILURES: &str = "webhook.failures";
/// The prefix of secrets in Standard Webhooks.
const SECRET_MARK: &str = "whsec_";
/// The reason why pending deliveries of a webhook are given up.
const SWITCHED_OFF: &str = "the webhook was switched off";

/// The repository of webhooks.
pub struct Webhooks<'a>(pub(super) &'a Storage);

impl Webhooks<'_> {
    /// Creates a webhook. The secret is returned only here.
    pub async fn create(&self, new: WebhookSettings, actor: &Actor) -> Result<(Webhook, String), StorageError> {
        let (now, id) = (Utc::now(), Uuid::now_v7());
        let secret = new_secret()?;
        let vault = self.vault()?;
        let row = webhooks::ActiveModel {
            id: Set(id),
            workspace_id: Set(self.0.workspace),
            name: Set(new.name),
            url: Set(new.url),
            events: Set(to_json("events", new.events)?),
            secret: Set(vault.seal(id.as_bytes(), &secret)?),
            previous_secret: Set(None),
            previous_secret_until: Set(None),
            headers: Set(seal_headers(&vault, id, &new.headers)?),
            is_active: Set(new.is_active),
            disabled_reason: Set(None),
            failing_since: Set(None),
            last_triggered_at: Set(None),
            success_count: Set(0),
            failure_count: Set(0),
            created_at: Set(now),
            updated_at: Set(now),
        };
        let tx = self.0.write().await?;
        let row = row.insert(&tx).await?;
        self.changed(&tx, "webhook.created", &row, actor).await?;
        tx.commit().await?;
        Ok((self.view(row)?, secret))
    }

    pub async fn get(&self, id: Uuid) -> Result<Webhook, StorageError> {
        let row = webhooks::Entity::find_by_id(id)
            .filter(webhooks::Column::WorkspaceId.eq(self.0.workspace))
            .one(&self.0.db)
            .await?
            .ok_or(StorageError::NotFound("webhook"))?;
        self.view(row)
    }

    /// Lists webhooks. The newest comes first.
    pub async fn list(&self, after: Option<Uuid>, limit: u64) -> Result<Vec<Webhook>, StorageError> {
        let mut query = webhooks::Entity::find().filter(webhooks::Column::WorkspaceId.eq(self.0.workspace));
        if let Some(after) = after {
            query = query.filter(webhooks::Column::Id.lt(after));
        }
        let rows = query.order_by_desc(webhooks::Column::Id).limit(limit).all(&self.0.db).await?;
        rows.into_iter().map(|row| self.view(row)).collect()
    }

    /// Replaces all settings. When a webhook is switched on again, its failures are cleared. When
    /// it is switched off, its pending deliveries become dead.
    pub async fn update(&self, id: Uuid, new: WebhookSettings, edit: &Edit) -> Result<Webhook, StorageError> {
        let tx = self.0.write().await?;
        let old = self.locked(&tx, id).await?;
        edit.check(&self.view(old.clone())?.settings())?;
        let mut row = old.clone().into_active_model();
        row.name = Set(new.name);
        row.url = Set(new.url);
        row.events = Set(to_json("events", new.events)?);
        row.headers = Set(seal_headers(&self.vault()?, id, &new.headers)?);
        row.is_active = Set(new.is_active);
        if new.is_active && !old.is_active {
            row.disabled_reason = Set(None);
            row.failing_since = Set(None);
        }
        row.updated_at = Set(Utc::now());
        let row = row.update(&tx).await?;
        if row.is_active {
            self.0.alerts().recovered(&tx, None, FAILURES, &id.to_string(), Utc::now(), &edit.actor).await?;
        } else {
            bury_pending(&tx, id, SWITCHED_OFF).await?;
        }
        self.changed(&tx, "webhook.updated", &row, &edit.actor).await?;
        tx.commit().await?;
        self.view(row)
    }

    /// Deletes a webhook with its deliveries.
    pub async fn delete(&self, id: Uuid, edit: &Edit) -> Result<(), StorageError> {
        let tx = self.0.write().await?;
        let row = self.locked(&tx, id).await?;
        edit.check(&self.view(row.clone())?.settings())?;
        webhook_deliveries::Entity::delete_many()
            .filter(webhook_deliveries::Column::WebhookId.eq(id))
            .exec(&tx)
            .await?;
        webhooks::Entity::delete_by_id(id).exec(&tx).await?;
        self.changed(&tx, "webhook.deleted", &row, &edit.actor).await?;
        Ok(tx.commit().await?)
    }

    /// Creates another secret. The current one also signs for this long.
    pub async fn rotate_secret(
        &self,
        id: Uuid,
        overlap: Duration,
        actor: &Actor,
    ) -> Result<(Webhook, String), StorageError> {
        let secret = new_secret()?;
        let tx = self.0.write().await?;
        let now = clock::now(&tx).await?;
        let old = self.locked(&tx, id).await?;
        let mut row = old.clone().into_active_model();
        row.secret = Set(self.vault()?.seal(id.as_bytes(), &secret)?);
        row.previous_secret = Set(Some(old.secret));
        row.previous_secret_until = Set(Some(now + overlap));
        row.updated_at = Set(now);
        let row = row.update(&tx).await?;
        self.changed(&tx, "webhook.secret_rotated", &row, actor).await?;
        tx.commit().await?;
        Ok((self.view(row)?, secret))
    }

    /// Locks the row until the end of the transaction, so that it is not changed and no deliveries
    /// are added to it.
    async fn locked(&self, tx: &DatabaseTransaction, id: Uuid) -> Result<webhooks::Model, StorageError> {
        webhooks::Entity::find_by_id(id)
            .filter(webhooks::Column::WorkspaceId.eq(self.0.workspace))
            .lock_exclusive()
            .one(tx)
            .await?
            .ok_or(StorageError::NotFound("webhook"))
    }

    /// Records a change without secrets and without the values of headers. Only the host of the URL
    /// is recorded, because paths sometimes contain keys.
    async fn changed(
        &self,
        tx: &DatabaseTransaction,
        what: &'static str,
        row: &webhooks::Model,
        actor: &Actor,
    ) -> Result<(), StorageError> {
        let host = row.url.split('/').nth(2).unwrap_or_default();
        let told = json!({ "name": row.name, "host": host, "events": row.events, "is_active": row.is_active });
        self.0.audit().record(tx, actor, Change::new(AUDITED, row.id, what).with(told)).await
    }

    fn vault(&self) -> Result<Vault, StorageError> {
        Vault::of(&self.0.secret, PURPOSE)
    }

    fn view(&self, row: webhooks::Model) -> Result<Webhook, StorageError> {
        let headers = open_headers(&self.vault()?, row.id, &row.headers)?;
        Webhook::of(row, headers, self.0.about_now())
    }
}

/// Marks the pending deliveries as dead. They can be replayed.
async fn bury_pending(tx: &DatabaseTransaction, webhook: Uuid, why: &str) -> Result<(), StorageError> {
    use webhook_deliveries::Column;
    webhook_deliveries::Entity::update_many()
        .col_expr(Column::State, Expr::value(DeliveryState::Dead))
        .col_expr(Column::LastError, Expr::value(why))
        .col_expr(Column::UpdatedAt, Expr::value(Utc::now()))
        .filter(Column::WebhookId.eq(webhook))
        .filter(Column::State.eq(DeliveryState::Pending))
        .exec(tx)
        .await?;
    Ok(())
}

/// Returns 256 bits in the form of Standard Webhooks.
fn new_secret() -> Result<String, StorageError> {
    Ok(format!("{SECRET_MARK}{}", STANDARD.encode(random::<32>()?)))
}

fn seal_headers(vault: &Vault, id: Uuid, headers: &BTreeMap<String, String>) -> Result<Value, StorageError> {
    let sealed = headers
        .iter()
        .map(|(name, value)| Ok((name.clone(), Value::from(STANDARD.encode(vault.seal(&place(id, name), value)?)))));
    Ok(Value::Object(sealed.collect::<Result<_, StorageError>>()?))
}

fn open_headers(vault: &Vault, id: Uuid, sealed: &Value) -> Result<BTreeMap<String, String>, StorageError> {
    let corrupt = |reason: &str| StorageError::Corrupt { what: "webhook's headers", reason: reason.to_owned() };
    let sealed = sealed.as_object().ok_or_else(|| corrupt("they are not an object"))?;
    let opened = sealed.iter().map(|(name, value)| {
        let bytes = STANDARD.decode(value.as_str().unwrap_or_default()).map_err(|_| corrupt("they are not base64"))?;
        Ok((name.clone(), vault.open(&place(id, name), &bytes)?))
    });
    opened.collect()
}

fn place(id: Uuid, header: &str) -> Vec<u8> {
    [id.as_bytes(), header.as_bytes()].concat()
}
