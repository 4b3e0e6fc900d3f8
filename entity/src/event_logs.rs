//! An event of the append-only log.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event_logs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub event_type: String,
    pub entity_type: String,
    pub entity_id: Uuid,
    /// The number of the event in its entity's log, from 1 and without gaps.
    pub seq: i64,
    pub schema_version: i32,
    /// The time on the call clock, in milliseconds.
    pub at_ms: i64,
    pub actor: String,
    /// The event, or `{"enc": base64(nonce + ciphertext)}` if it contains personal data.
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
