//! A call guide, with the content of its newest version.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, ToSchema)]
#[schema(as = CallGuide)]
#[sea_orm(table_name = "call_guides")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub name: String,
    pub language: String,
    #[sea_orm(column_type = "Text")]
    pub research_objective: String,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Object)]
    pub target_respondent_profile: Json,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Object>)]
    pub sections: Json,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Object)]
    pub adaptive_rules: Json,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Object)]
    pub voice_profile: Json,
    pub version: i32,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<String>)]
    pub tags: Json,
    #[schema(required)]
    pub created_by: Option<String>,
    pub estimated_duration_minutes: i32,
    pub max_duration_minutes: i32,
    pub min_completion_percentage: f64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: DateTimeUtc,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
