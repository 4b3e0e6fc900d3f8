//! The answer to one asking.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, ToSchema)]
#[schema(as = InterviewResponse)]
#[sea_orm(table_name = "interview_responses")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub interview_id: Uuid,
    /// The number of the asking in its interview.
    pub asking: i32,
    pub question_id: String,
    pub section_name: String,
    #[sea_orm(column_type = "Text")]
    pub question_text: String,
    #[sea_orm(column_type = "Text")]
    pub response_text: String,
    #[schema(required)]
    pub response_audio_url: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: DateTimeUtc,
    #[schema(value_type = String, format = DateTime)]
    pub answered_at: DateTimeUtc,
    pub response_time_seconds: f64,
    pub sentiment: String,
    pub confidence_score: f64,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<String>)]
    pub key_phrases: Json,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<String>)]
    pub themes: Json,
    pub information_density: f64,
    pub is_follow_up: bool,
    #[schema(required)]
    pub parent_response_id: Option<Uuid>,
    pub follow_up_count: i32,
    /// Follow-ups of the form `{asking, action, text, why, source}`.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Object>)]
    pub generated_follow_ups: Json,
    pub is_complete: bool,
    pub requires_clarification: bool,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<String>)]
    pub flags: Json,
    /// The value that the answer names: `{"number": 8}`, `{"range": [6, 7]}`, `{"options":
    /// ["every-day"]}`, `{"yes": true}`, `{"date": "2024-05-03"}` or `{"text": "…"}`. It is null
    /// for open answers.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(required, value_type = Option<Object>)]
    pub value: Option<Json>,
    /// `answered`, `partly`, `off_topic`, `not_understood`, `declined`, `dont_know` or `none`.
    pub answer_class: String,
    /// The share of the words that are fillers or hedges, between 0 and 1.
    pub hesitation: f64,
    /// Between 0 and 1.
    pub enthusiasm: f64,
    /// The share of the question's parts that are answered, between 0 and 1.
    pub completeness: f64,
    /// Contradictions to earlier answers, of the form `{kind, earlier_response_id, earlier, now,
    /// overlap, method}` with both spans.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Object>)]
    pub contradictions: Json,
    /// The method of each value, by the value's name: `lexicon`, `recognition` or `llm:<model>`.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Object)]
    pub analysis_methods: Json,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: DateTimeUtc,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
