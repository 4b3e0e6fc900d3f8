//! Whether an answer to an open question is about what was asked.
//!
//! Owns: the text that this is judged by, and the judgement. Never does: ask again (`dialogue/naming.rs` does).

use super::thresholds::{JUDGED, OFF_TOPIC};
use crate::guide::{Question, QuestionType};

/// The text whose vector tells it; none where whatever is said is judged by what it names, or too short to be judged.
pub fn text(question: &Question, answer: &str) -> Option<String> {
    let open = question.kind == QuestionType::Open && question.expects.is_none();
    (open && answer.split_whitespace().count() >= JUDGED).then(|| format!("{} {answer}", question.text))
}

/// Whether a probability is enough to ask the question again.
pub fn is_off(probability: f32) -> bool {
    probability >= OFF_TOPIC
}
