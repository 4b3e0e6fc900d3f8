//! A webhook as the API shows it, and its settings.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::webhooks;
use interview::webhook::WebhookEvent;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::StorageError;

/// The settings of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhookSettings {
    pub name: String,
    pub url: String,
    pub events: Vec<WebhookEvent>,
    pub headers: BTreeMap<String, String>,
    pub is_active: bool,
}

/// The health of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WebhookHealth)]
pub enum Health {
    Healthy,
    /// The last attempt failed.
    Failing,
    /// The webhook was switched off, by the engine or by a user.
    Disabled,
}

/// A webhook, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Webhook {
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub name: String,
    pub url: String,
    pub events: Vec<WebhookEvent>,
    /// The headers that are sent with every delivery.
    pub headers: BTreeMap<String, String>,
    pub is_active: bool,
    pub health: Health,
    /// The reason why the engine switched it off.
    #[schema(required)]
    pub disabled_reason: Option<String>,
    /// The time of the first failure since the last success.
    #[schema(required)]
    pub failing_since: Option<DateTime<Utc>>,
    /// The time until which the previous secret also signs.
    #[schema(required)]
    pub previous_secret_until: Option<DateTime<Utc>>,
    #[schema(required)]
    pub last_triggered_at: Option<DateTime<Utc>>,
    /// The number of events that were delivered.
    pub success_count: i64,
    /// The number of attempts that failed.
    pub failure_count: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Webhook {
    pub(super) fn of(
        row: webhooks::Model,
        headers: BTreeMap<String, String>,
        now: DateTime<Utc>,
    ) -> Result<Self, StorageError> {
        let events = serde_json::from_value(row.events)
            .map_err(|error| StorageError::Corrupt { what: "webhook's events", reason: error.to_string() })?;
        let health = match (row.is_active, row.failing_since) {
            (false, _) => Health::Disabled,
            (true, Some(_)) => Health::Failing,
            (true, None) => Health::Healthy,
        };
        Ok(Self {
            id: row.id,
            workspace_id: row.workspace_id,
            name: row.name,
            url: row.url,
            events,
            headers,
            is_active: row.is_active,
            health,
            disabled_reason: row.disabled_reason,
            failing_since: row.failing_since,
            previous_secret_until: row.previous_secret_until.filter(|until| *until > now),
            last_triggered_at: row.last_triggered_at,
            success_count: row.success_count,
            failure_count: row.failure_count,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }

    /// Returns the settings. They are the state that edits compare, without the counts, which
    /// change with every delivery.
    pub fn settings(&self) -> WebhookSettings {
        WebhookSettings {
            name: self.name.clone(),
            url: self.url.clone(),
            events: self.events.clone(),
            headers: self.headers.clone(),
            is_active: self.is_active,
        }
    }
}
