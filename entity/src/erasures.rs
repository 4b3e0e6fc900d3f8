//! An interview whose personal data was erased. The receipt itself is an event in the log.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "erasures")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub interview_id: Uuid,
    /// The `event_logs.entity_id` of the receipt, which is the same for every interview that it
    /// covers.
    pub receipt_id: Uuid,
    pub created_at: DateTimeUtc,
    /// When the last of its files was gone; none while some may remain, with an engine or in a store that is away.
    pub files_removed_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
