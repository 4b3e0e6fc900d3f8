//! Whether an answer to an open question is about what was asked.
//!
//! Owns: the text on which this is judged, and the judgement. Never does: ask again
//! (`dialogue::naming` does).

use super::thresholds::{JUDGED, OFF_TOPIC};
use crate::guide::{Question, QuestionType};

/// Returns the text whose vector tells it. Returns none where the answer is judged by the value
/// that it names, or is too short to be judged.
pub fn text(question: &Question, answer: &str) -> Option<String> {
    let open = question.kind == QuestionType::Open && question.expects.is_none();
    (open && answer.split_whitespace().count() >= JUDGED).then(|| format!("{} {answer}", question.text))
}

/// Whether this probability is enough to ask the question again.
pub fn is_off(probability: f32) -> bool {
    probability >= OFF_TOPIC
}
