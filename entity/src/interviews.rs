//! An interview: with whom, when, and with which outcome.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, ToSchema)]
#[schema(as = Interview)]
#[sea_orm(table_name = "interviews")]
// The columns are prescribed by the product contract.
#[allow(clippy::struct_excessive_bools)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub call_guide_id: Uuid,
    /// The version of the guide that was used.
    pub call_guide_version_id: Uuid,
    pub channel: Channel,
    pub respondent_id: String,
    #[schema(required)]
    pub respondent_name: Option<String>,
    #[schema(required)]
    pub respondent_phone: Option<String>,
    #[schema(required)]
    pub respondent_email: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Object)]
    pub respondent_metadata: Json,
    pub status: Status,
    /// The reason for the status, such as `consent_declined`.
    #[schema(required)]
    pub status_reason: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub scheduled_at: Option<DateTimeUtc>,
    /// When the interview counts as missed if nobody has joined: some minutes after its
    /// appointment, or otherwise when its link expires.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub no_show_at: Option<DateTimeUtc>,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub started_at: Option<DateTimeUtc>,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub completed_at: Option<DateTimeUtc>,
    #[schema(required)]
    pub duration_seconds: Option<i32>,
    #[schema(required)]
    pub call_sid: Option<String>,
    #[schema(required)]
    pub recording_url: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Object)]
    pub conversation_state: Json,
    #[schema(required)]
    pub current_section: Option<String>,
    #[schema(required)]
    pub current_question_id: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<String>)]
    pub sections_completed: Json,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<String>)]
    pub questions_skipped: Json,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Object)]
    pub engagement_metrics: Json,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Object)]
    pub quality_metrics: Json,
    pub requires_human_review: bool,
    #[sea_orm(column_type = "Text", nullable)]
    #[schema(required)]
    pub escalation_reason: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<Object>)]
    pub interviewer_notes: Json,
    #[sea_orm(column_type = "JsonBinary")]
    #[schema(value_type = Vec<String>)]
    pub tags: Json,
    pub consent_given: bool,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub consent_timestamp: Option<DateTimeUtc>,
    /// True from the answer to the consent question on: nothing of the respondent was kept without
    /// consent.
    pub gdpr_compliant: bool,
    pub can_be_recorded: bool,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: DateTimeUtc,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[schema(as = InterviewStatus)]
pub enum Status {
    Scheduled,
    InProgress,
    Completed,
    Failed,
    Cancelled,
    NoShow,
}

impl Status {
    /// Returns true if the interview can no longer change.
    pub fn is_over(self) -> bool {
        !matches!(self, Status::Scheduled | Status::InProgress)
    }

    /// Returns the name in JSON and in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Scheduled => "scheduled",
            Status::InProgress => "in_progress",
            Status::Completed => "completed",
            Status::Failed => "failed",
            Status::Cancelled => "cancelled",
            Status::NoShow => "no_show",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[schema(as = InterviewChannel)]
pub enum Channel {
    Webrtc,
    Sip,
    Websocket,
    Microphone,
}

impl Channel {
    /// Returns the name in JSON and in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Webrtc => "webrtc",
            Channel::Sip => "sip",
            Channel::Websocket => "websocket",
            Channel::Microphone => "microphone",
        }
    }
}

/// A key of `conversation_state`: what was recorded before consent to recording was withdrawn is
/// kept.
pub const RECORDING_KEPT: &str = "recording_kept";

/// The key of `respondent_metadata` that is true for an interview that `interviewer seed` made up.
pub const SEEDED: &str = "seed";

impl Model {
    /// Returns true if `interviewer seed` made up the interview. Such an interview has answers and
    /// scores, but no event log, no recording and no key.
    pub fn is_seeded(&self) -> bool {
        self.respondent_metadata.get(SEEDED) == Some(&Json::Bool(true))
    }

    /// Returns true if the recording may be heard: consent stands, or was withdrawn for the rest
    /// only.
    pub fn has_recording(&self) -> bool {
        self.can_be_recorded || self.conversation_state.get(RECORDING_KEPT) == Some(&Json::Bool(true))
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
