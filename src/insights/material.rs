//! An interview as it is stored, as the pure crate looks at it.
//!
//! Owns: bringing rows and events together: the stored text is what quotes are held against, the log knows when each word was
//! said. Never does: judge.

use std::collections::HashMap;

use interview::Event;
use interview::insight::material::{Answer, Material};
use uuid::Uuid;

use super::InsightError;
use storage::Storage;

/// Everything that was said in an interview that is over.
///
/// # Errors
/// Also where the personal data was erased: then nothing is left to look at.
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
