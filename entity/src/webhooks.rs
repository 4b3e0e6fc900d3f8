//! A webhook: which events go where, and how it has gone so far.

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
    /// Sealed.
    #[sea_orm(column_type = "Blob")]
    pub secret: Vec<u8>,
    /// Sealed; signs as well until its time is over.
    #[sea_orm(column_type = "Blob", nullable)]
    pub previous_secret: Option<Vec<u8>>,
    pub previous_secret_until: Option<DateTimeUtc>,
    /// An object: a header's name and its value, sealed.
    #[sea_orm(column_type = "JsonBinary")]
    pub headers: Json,
    pub is_active: bool,
    /// Why the engine took it out of service.
    pub disabled_reason: Option<String>,
    /// The first of the failures that no success has followed.
    pub failing_since: Option<DateTimeUtc>,
    pub last_triggered_at: Option<DateTimeUtc>,
    /// Events that arrived.
    pub success_count: i64,
    /// Attempts that failed.
    pub failure_count: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
