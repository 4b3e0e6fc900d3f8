//! What was made of an interview, or of many.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, ToSchema)]
#[schema(as = InsightExtraction)]
#[sea_orm(table_name = "insight_extractions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workspace_id: Uuid,
    /// Null: across interviews.
    #[schema(required)]
    pub interview_id: Option<Uuid>,
    /// What it is about; the one interview, or all of them.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Uuid>)]
    pub interview_ids: Json,
    #[schema(required)]
    pub call_guide_id: Option<Uuid>,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub window_from: Option<DateTimeUtc>,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub window_to: Option<DateTimeUtc>,
    #[sea_orm(column_type = "Text")]
    pub executive_summary: String,
    /// `{type, statement, support, evidence[], method}` each; the evidence are quotes.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Object>)]
    pub key_findings: Json,
    /// Of one interview `{theme, responses, share, sentiment, response_ids[], merged[], method}` each; across interviews
    /// `{theme, interviews, of, share, low, high}`.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Object>)]
    pub themes: Json,
    /// `{quote, context, significance, interview_id, response_id, start_ms, end_ms}` each, verbatim.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Object>)]
    pub notable_quotes: Json,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Object)]
    pub sentiment_summary: Json,
    /// `{kind, interview_id, earlier, later, overlap, method}` each.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Object>)]
    pub contradictions: Json,
    /// 0…1.
    #[schema(required)]
    pub research_objective_alignment: Option<f64>,
    /// 0…1.
    #[schema(required)]
    pub data_quality_score: Option<f64>,
    /// 0…1.
    #[schema(required)]
    pub confidence_level: Option<f64>,
    /// `{text, reason, response_ids[], method}` each.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Object>)]
    pub follow_up_recommendations: Json,
    /// The same.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Object>)]
    pub suggested_next_questions: Json,
    /// Across interviews: `{interviews, themes[], comparisons[], trends[], tests, …}`; else empty.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Object)]
    pub statistics: Json,
    /// Value → `lexicon`, `embedding`, `statistics` or `llm:<model>`.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Object)]
    pub methods: Json,
    /// Quotes that were claimed and not said, by reason.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Object)]
    pub dropped_quotes: Json,
    /// `extractive` or `llm`.
    pub generated_by: String,
    #[schema(required)]
    pub model_used: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub generated_at: DateTimeUtc,
    /// Interviews whose respondents were erased since: their words are gone from it.
    pub erased_interviews: i32,
    #[schema(required)]
    pub task_id: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: DateTimeUtc,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
