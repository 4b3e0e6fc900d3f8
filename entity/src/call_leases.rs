//! The engine that holds an interview's call, or held it last.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "call_leases")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub interview_id: Uuid,
    /// The engine's id: `engine.id` in its DATA_DIR. None while nobody holds the call.
    pub engine: Option<String>,
    /// Larger each time that the call is taken.
    pub fence: i64,
    /// By the database's clock.
    pub expires_at: Option<DateTimeUtc>,
    /// What other engines ask of the one that holds the call, in order.
    pub asked: Json,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
