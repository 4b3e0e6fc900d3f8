//! The contents of `engagement_metrics` and `quality_metrics` at the end of an interview.
//!
//! Owns: the guide's median answer, counts, and the names under which scores are stored. Never
//! does: score (the pure crate's `score` does).

use entity::{interview_responses, interviews};
use interview::score::{OF_WORDS, Scores, widen};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use super::error::StorageError;

/// The number of latest answers from which the guide's median is computed.
const MEDIAN_OVER: u64 = 1_000;

/// Returns how much the respondent said. `median_words` is the value that the score was computed
/// with. It changes with other interviews of the guide, so it is stored for recomputing the score.
pub fn engagement_of(scores: &Scores, responses: &[interview_responses::Model], median_words: Option<f32>) -> Value {
    let words: usize = responses.iter().map(|response| words(&response.response_text)).sum();
    json!({
        "engagement_score": scores.engagement_score.map(widen),
        "median_words": median_words.map(widen),
        "responses": responses.len(),
        "words": words,
    })
}

/// Returns how far the answers can be used. A score without values is null.
pub fn quality_of(scores: &Scores, responses: &[interview_responses::Model]) -> Value {
    let flagged = |flag: &str| {
        responses.iter().filter(|r| r.flags.as_array().is_some_and(|flags| flags.iter().any(|f| f == flag))).count()
    };
    json!({
        "completion_rate": scores.completion_rate.map(widen),
        "information_density": scores.information_density.map(widen),
        "clarification_rate": scores.clarification_rate.map(widen),
        "follow_up_value": scores.follow_up_value.map(widen),
        "stt_confidence": scores.stt_confidence.map(widen),
        "stt_error_rate": scores.stt_error_rate.map(widen),
        "data_quality_score": scores.data_quality_score.map(widen),
        "response_latency": scores.response_latency.map(widen),
        // These scores are defined, but recognition was too uncertain to trust them.
        "withheld": if scores.uncertain { OF_WORDS.as_slice() } else { &[] },
        "responses": responses.len(),
        "follow_ups": responses.iter().filter(|response| response.is_follow_up).count(),
        "complete": responses.iter().filter(|response| response.is_complete).count(),
        "clarified": responses.iter().filter(|response| response.requires_clarification).count(),
        "declined": flagged("declined"),
    })
}

/// Returns the median length in words of the answers in the guide's other interviews, or `None`
/// without any.
pub(super) async fn median_words(
    db: &impl ConnectionTrait,
    interview: &interviews::Model,
) -> Result<Option<f32>, StorageError> {
    let others = Query::select()
        .column(interviews::Column::Id)
        .from(interviews::Entity)
        .and_where(interviews::Column::CallGuideId.eq(interview.call_guide_id))
        .and_where(interviews::Column::Id.ne(interview.id))
        .to_owned();
    let texts: Vec<String> = interview_responses::Entity::find()
        .select_only()
        .column(interview_responses::Column::ResponseText)
        .filter(interview_responses::Column::InterviewId.in_subquery(others))
        .filter(interview_responses::Column::ResponseText.ne(""))
        .order_by_desc(interview_responses::Column::Id)
        .limit(MEDIAN_OVER)
        .into_tuple()
        .all(db)
        .await?;
    let mut lengths: Vec<usize> = texts.iter().map(|text| words(text)).collect();
    lengths.sort_unstable();
    Ok(lengths.get(lengths.len() / 2).map(|length| *length as f32))
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}
