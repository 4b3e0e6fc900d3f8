//! A webhook: which events it receives, its address, and its results so far.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub name: String,
    #[sea_orm(column_type = "Text")]
    pub url: String,
    /// Names of events.
    #[sea_orm(column_type = "JsonBinary")]
    pub events: Json,
    /// The encrypted secret.
    #[sea_orm(column_type = "Blob")]
    pub secret: Vec<u8>,
    /// The encrypted previous secret, which also signs until it expires.
    #[sea_orm(column_type = "Blob", nullable)]
    pub previous_secret: Option<Vec<u8>>,
    pub previous_secret_until: Option<DateTimeUtc>,
    /// An object with the name of each header and its encrypted value.
    #[sea_orm(column_type = "JsonBinary")]
    pub headers: Json,
    pub is_active: bool,
    /// The reason why the engine disabled the webhook.
    pub disabled_reason: Option<String>,
    /// The time of the first failure since the last success.
    pub failing_since: Option<DateTimeUtc>,
    pub last_triggered_at: Option<DateTimeUtc>,
    /// The number of events delivered.
    pub success_count: i64,
    /// The number of failed attempts.
    pub failure_count: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
