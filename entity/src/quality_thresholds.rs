//! A threshold that somebody has edited.

use sea_orm::entity::prelude::*;

use crate::Severity;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "quality_thresholds")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub metric: String,
    /// The guide to which it applies, or null for all guides.
    pub call_guide_id: Option<Uuid>,
    /// The id of the guide, or of the workspace if there is no guide.
    pub scope_id: Uuid,
    /// Null if only the severity was edited.
    pub value: Option<f64>,
    pub severity: Option<Severity>,
    #[sea_orm(column_type = "Text")]
    pub updated_by: String,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
