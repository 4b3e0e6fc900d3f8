//! What stands in an interview's `engagement_metrics` and `quality_metrics`.
//!
//! Owns: the counts. Never does: score (the pure interview's scores are filled in where the engine has them).

use entity::interview_responses::Model;
use serde_json::{Value, json};

/// How much the respondent said.
pub fn engagement_of(responses: &[Model]) -> Value {
    let words: usize = responses.iter().map(|response| response.response_text.split_whitespace().count()).sum();
    json!({ "responses": responses.len(), "words": words })
}

/// What the answers can be used for.
pub fn quality_of(responses: &[Model]) -> Value {
    let flagged = |flag: &str| {
        responses.iter().filter(|r| r.flags.as_array().is_some_and(|flags| flags.iter().any(|f| f == flag))).count()
    };
    json!({
        "responses": responses.len(),
        "follow_ups": responses.iter().filter(|response| response.is_follow_up).count(),
        "complete": responses.iter().filter(|response| response.is_complete).count(),
        "clarified": responses.iter().filter(|response| response.requires_clarification).count(),
        "declined": flagged("declined"),
    })
}
