//! A stored interview in the form that the pure crate reads.
//!
//! Owns: combining rows and events. Quotes are checked against the stored text, and the log has the
//! times of the words. Never does: judge.

use std::collections::HashMap;

use interview::Event;
use interview::insight::material::{Answer, Material};
use uuid::Uuid;

use super::InsightError;
use storage::Storage;

/// Loads everything that was said in a finished interview.
///
/// # Errors
/// Fails also if the personal data was erased, because nothing is left to read.
pub async fn load(storage: &Storage, interview_id: Uuid) -> Result<Material, InsightError> {
    let interview = storage.interviews().get(interview_id).await?;
    if !interview.status.is_over() {
        return Err(InsightError::NotOver(interview.status.as_str()));
    }
    let guide = storage.interviews().guide(interview_id).await?;
    let rows = storage.responses().of_interview(interview_id).await?;
    let mut stored: HashMap<u32, (Uuid, String)> =
        rows.into_iter().map(|row| (row.asking as u32, (row.id, row.response_text))).collect();
    let events = storage.event_log().load(interview_id).await?;
    let answers = events
        .into_iter()
        .filter_map(|record| match record.event {
            Event::Answered { response } => {
                let (id, text) = stored.remove(&response.asking)?;
                Some(Answer::of(id.to_string(), text, *response))
            }
            _ => None,
        })
        .collect();
    let skipped = interview.questions_skipped.as_array().into_iter().flatten();
    Ok(Material {
        interview_id: interview_id.to_string(),
        guide,
        answers,
        skipped: skipped.filter_map(|id| id.as_str().map(str::to_owned)).collect(),
        data_quality_score: interview.quality_metrics.get("data_quality_score").and_then(serde_json::Value::as_f64),
    })
}
