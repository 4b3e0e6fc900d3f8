//! The escalation of an interview to a person.
//!
//! Owns: the changes in the interview's row, and the event for webhooks. Never does: decide that a
//! person is needed (`interview::quality` does), or write the row.

use entity::interviews;
use interview::quality::Escalation;
use interview::webhook::WebhookEvent;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::StorageError;
use super::json::to_json;
use super::outbox;

/// The `data` of a `quality.alert` event about an escalation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookEscalationData {
    /// Always `escalation`.
    pub kind: &'static str,
    pub interview_id: Uuid,
    pub call_guide_id: Uuid,
    /// The label in `escalations_total{reason}`.
    pub reason: &'static str,
    pub escalation_reason: String,
}

/// Escalates the interview in its row. Returns true if it was not escalated before. Each reason is
/// recorded once, so that a later replay does not reopen a finished review.
pub(super) fn hand_over(row: &mut interviews::Model, escalation: &Escalation) -> bool {
    let told = row.escalation_reason.clone().unwrap_or_default();
    if told.contains(escalation.reason.words()) {
        return false;
    }
    // Further reasons are added while a review is open. The reasons of a finished review are
    // replaced.
    let waits = row.requires_human_review && !told.is_empty();
    row.escalation_reason = Some(if waits { format!("{told}; {}", escalation.text) } else { escalation.text.clone() });
    !std::mem::replace(&mut row.requires_human_review, true)
}

pub(super) async fn publish_escalation(
    db: &impl ConnectionTrait,
    row: &interviews::Model,
    escalation: &Escalation,
) -> Result<(), StorageError> {
    let told = WebhookEscalationData {
        kind: "escalation",
        interview_id: row.id,
        call_guide_id: row.call_guide_id,
        reason: escalation.reason.name(),
        escalation_reason: escalation.text.clone(),
    };
    outbox::publish(db, row.workspace_id, WebhookEvent::QualityAlert, to_json("escalation", told)?).await?;
    Ok(())
}
