//! Reads the engine's JSON for the demo.
//!
//! Owns: the positions of fields in the responses of `GET /api/interviews/{id}` and in its
//! transcript. A missing field is read as empty. The module is pure. Never does: fetch, or judge.

use serde::Serialize;
use serde_json::Value;

/// Returns a string, or a number as a string.
pub fn text(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn strings(value: &Value, key: &str) -> Vec<String> {
    let items = value.get(key).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A row of `interview_responses`.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub question_id: String,
    pub question_text: String,
    pub response_text: String,
    pub is_follow_up: bool,
    /// For a follow-up: why it was asked.
    pub why: Option<String>,
    /// Who proposed it: `template`, or a model's name.
    pub source: Option<String>,
    pub follow_up_of: Option<String>,
    pub analysis: Analysis,
    pub engine: EngineTimes,
}

/// The engine's analysis of an answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Analysis {
    pub sentiment: Option<String>,
    pub information_density: Option<f64>,
    pub confidence: Option<f64>,
    pub key_phrases: Vec<String>,
    pub themes: Vec<String>,
    pub flags: Vec<String>,
}

/// The engine's own measurements of the wait for this question, in ms, where it reports them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EngineTimes {
    pub endpoint: Option<u64>,
    pub stt: Option<u64>,
    pub decide: Option<u64>,
    pub tts: Option<u64>,
}

/// Returns the rows in the order of asking, from the transcript or otherwise from the interview.
pub fn rows(interview: &Value, transcript: &Value) -> Vec<Row> {
    let array = |value: &Value| value.get("responses").and_then(Value::as_array).cloned();
    let mut values = array(transcript).or_else(|| array(interview)).unwrap_or_default();
    if values.iter().all(|value| value.get("asking").is_some_and(Value::is_u64)) {
        values.sort_by_key(|value| value.get("asking").and_then(Value::as_u64));
    } else {
        values.sort_by_key(|value| text(value, "asked_at"));
    }
    values.iter().map(|value| row(value, &values)).collect()
}

fn row(value: &Value, all: &[Value]) -> Row {
    let number = |key: &str| value.get(key).and_then(Value::as_f64);
    let parent_id = text(value, "parent_response_id");
    let parent = all.iter().find(|row| parent_id.is_some() && text(row, "id") == parent_id);
    let is_follow_up = value.get("is_follow_up").and_then(Value::as_bool).unwrap_or(parent_id.is_some());
    Row {
        question_id: text(value, "question_id").unwrap_or_default(),
        question_text: text(value, "question_text").unwrap_or_default(),
        response_text: text(value, "response_text").unwrap_or_default(),
        is_follow_up,
        why: text(value, "why").or_else(|| generated(value, all, "why")),
        source: generated(value, all, "source"),
        follow_up_of: parent.and_then(|parent| text(parent, "question_id")),
        analysis: Analysis {
            sentiment: text(value, "sentiment"),
            information_density: number("information_density"),
            confidence: number("confidence_score"),
            key_phrases: strings(value, "key_phrases"),
            themes: strings(value, "themes"),
            flags: strings(value, "flags"),
        },
        engine: engine_times(value),
    }
}

/// A follow-up that a model proposed, and that was rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    pub reason: String,
    pub source: String,
}

/// Returns the rejected follow-ups in the order of their rejection.
pub fn rejected(interview: &Value) -> Vec<Rejected> {
    let all = interview.get("conversation_state").and_then(|state| state.get("rejected_follow_ups")?.as_array());
    let one = |value: &Value| Some(Rejected { reason: text(value, "reason")?, source: text(value, "source")? });
    all.into_iter().flatten().filter_map(one).collect()
}

/// Returns a field of the entry for this follow-up in `generated_follow_ups` {asking, text, why,
/// source} of the answer that led to it.
fn generated(value: &Value, all: &[Value], what: &str) -> Option<String> {
    let generated = all.iter().filter_map(|row| row.get("generated_follow_ups")?.as_array()).flatten();
    let (asking, question) = (value.get("asking"), value.get("question_text"));
    let mine = |follow_up: &&Value| match (asking, follow_up.get("asking")) {
        (Some(asking), Some(other)) => asking == other,
        _ => question.is_some() && follow_up.get("text") == question,
    };
    generated.into_iter().find(mine).and_then(|follow_up| text(follow_up, what))
}

/// Reads `latency_ms` {endpoint, stt, decide, tts}.
fn engine_times(value: &Value) -> EngineTimes {
    let told = |key: &str| value.get("latency_ms")?.get(key)?.as_f64().map(|ms| ms.round() as u64);
    EngineTimes { endpoint: told("endpoint"), stt: told("stt"), decide: told("decide"), tts: told("tts") }
}

/// Returns true if the interview will not change any more.
pub fn is_final(interview: &Value) -> bool {
    !matches!(text(interview, "status").as_deref(), None | Some("scheduled" | "in_progress"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_come_in_order_with_their_reasons() {
        let transcript = json!({"responses": [
            {"id": "b", "asking": 2, "question_id": "work", "question_text": "Since when?", "response_text": "Four years.",
             "is_follow_up": true, "parent_response_id": "a", "generated_follow_ups": []},
            {"id": "a", "asking": 1, "question_id": "work", "question_text": "What work?", "response_text": "Books.",
             "is_follow_up": false, "parent_response_id": null, "sentiment": "neutral", "information_density": 0.18,
             "flags": ["short"], "latency_ms": {"endpoint": 240, "stt": 180},
             "generated_follow_ups": [{"asking": 2, "text": "Since when?", "why": "few words", "source": "template"}]},
        ]});
        let rows = rows(&json!({}), &transcript);
        assert_eq!(rows[0].question_text, "What work?");
        assert_eq!((rows[0].engine.endpoint, rows[0].engine.stt, rows[0].engine.tts), (Some(240), Some(180), None));
        assert_eq!(rows[0].analysis.sentiment.as_deref(), Some("neutral"));
        assert_eq!(rows[1].why.as_deref(), Some("few words"));
        assert_eq!(rows[1].source.as_deref(), Some("template"));
        assert_eq!(rows[1].follow_up_of.as_deref(), Some("work"));
    }

    #[test]
    fn nothing_reads_as_nothing() {
        assert!(rows(&json!({}), &json!(null)).is_empty());
        assert!(!is_final(&json!({"status": "in_progress"})));
        assert!(is_final(&json!({"status": "completed"})));
    }
}
