//! The insights from one interview, or from many.

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
    /// The interview, or null for insights across interviews.
    #[schema(required)]
    pub interview_id: Option<Uuid>,
    /// The interviews that the insights are about.
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
    /// Findings of the form `{type, statement, support, evidence[], method}`. The evidence consists
    /// of quotes.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Object>)]
    pub key_findings: Json,
    /// Themes. For one interview, they have the form `{theme, responses, share, sentiment,
    /// response_ids[], merged[], method}`. Across interviews, they have the form `{theme,
    /// interviews, of, share, low, high}`.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Object>)]
    pub themes: Json,
    /// Verbatim quotes of the form `{quote, context, significance, interview_id, response_id,
    /// start_ms, end_ms}`.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Object>)]
    pub notable_quotes: Json,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Object)]
    pub sentiment_summary: Json,
    /// Contradictions of the form `{kind, interview_id, earlier, later, overlap, method}`.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Object>)]
    pub contradictions: Json,
    /// Between 0 and 1.
    #[schema(required)]
    pub research_objective_alignment: Option<f64>,
    /// Between 0 and 1.
    #[schema(required)]
    pub data_quality_score: Option<f64>,
    /// Between 0 and 1.
    #[schema(required)]
    pub confidence_level: Option<f64>,
    /// Entries of the form `{text, reason, response_ids[], method}`.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Object>)]
    pub follow_up_recommendations: Json,
    /// Entries of the form `{text, reason, response_ids[], method}`.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Object>)]
    pub suggested_next_questions: Json,
    /// Across interviews, `{interviews, themes[], comparisons[], trends[], tests, …}`. Otherwise
    /// empty.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Object)]
    pub statistics: Json,
    /// The method of each value: `lexicon`, `embedding`, `statistics` or `llm:<model>`.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Object)]
    pub methods: Json,
    /// The number of quotes that were rejected because nobody said them, by reason.
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Object)]
    pub dropped_quotes: Json,
    /// `extractive` or `llm`.
    pub generated_by: String,
    #[schema(required)]
    pub model_used: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub generated_at: DateTimeUtc,
    /// The number of its interviews that were erased since. Their words are removed.
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
