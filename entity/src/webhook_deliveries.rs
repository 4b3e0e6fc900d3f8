//! The delivery of one event to one webhook.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub webhook_id: Uuid,
    /// The header `webhook-id` of every attempt.
    #[serde(rename = "message_id")]
    pub outbox_id: Uuid,
    pub event: String,
    /// The interview that the event is about, or the workspace.
    pub subject_id: Uuid,
    /// The number of the event among those of its subject, which is the order of delivery.
    pub sequence: i64,
    pub state: DeliveryState,
    /// The number of attempts since the event occurred or was replayed.
    pub attempts: i32,
    /// When a pending delivery is attempted next.
    #[schema(value_type = String, format = DateTime)]
    pub next_attempt_at: DateTimeUtc,
    /// When the lease of the present attempt expires.
    #[serde(skip)]
    pub leased_until: Option<DateTimeUtc>,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub last_attempt_at: Option<DateTimeUtc>,
    /// The HTTP status of the last response.
    #[schema(required)]
    pub last_status: Option<i32>,
    /// The reason why the last attempt failed.
    #[sea_orm(column_type = "Text", nullable)]
    #[schema(required)]
    pub last_error: Option<String>,
    /// The beginning of the last response's body.
    #[sea_orm(column_type = "Text", nullable)]
    #[schema(required)]
    pub response_excerpt: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub delivered_at: Option<DateTimeUtc>,
    /// The caller who asked for it last, by a test or a replay. None for what happened by itself.
    #[serde(skip)]
    pub requested_by: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: DateTimeUtc,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[schema(as = WebhookDeliveryState)]
pub enum DeliveryState {
    Pending,
    Delivered,
    /// All attempts failed. The delivery can be replayed.
    Dead,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
