//! One answer to one asking.

use sea_orm::entity::prelude::*;
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "interview_responses")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub interview_id: Uuid,
    /// The asking's number in its interview.
    pub asking: i32,
    pub question_id: String,
    pub section_name: String,
    #[sea_orm(column_type = "Text")]
    pub question_text: String,
    #[sea_orm(column_type = "Text")]
    pub response_text: String,
    pub response_audio_url: Option<String>,
    pub asked_at: DateTimeUtc,
    pub answered_at: DateTimeUtc,
    pub response_time_seconds: f64,
    pub sentiment: String,
    pub confidence_score: f64,
    #[sea_orm(column_type = "JsonBinary")]
    pub key_phrases: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub themes: Json,
    pub information_density: f64,
    pub is_follow_up: bool,
    pub parent_response_id: Option<Uuid>,
    pub follow_up_count: i32,
    /// `{asking, action, text, why, source}` each.
    #[sea_orm(column_type = "JsonBinary")]
    pub generated_follow_ups: Json,
    pub is_complete: bool,
    pub requires_clarification: bool,
    #[sea_orm(column_type = "JsonBinary")]
    pub flags: Json,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
