//! A study as JSON, and as CSV with one row for each answer.
//!
//! The CSV follows RFC 4180, with CRLF, quotes where they are needed, UTF-8 and a header. A text
//! that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, a tab or a
//! return) is preceded by an apostrophe, as OWASP recommends, so that the words of a respondent are
//! not executed on the researcher's machine.

use std::borrow::Cow;
use std::io::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use entity::{interview_responses, interviews};
use interview::Guide;
use serde::Serialize;
use serde_json::Value;

use super::{ExportError, Pages, head};

#[derive(Serialize)]
struct Interview<'a> {
    #[serde(flatten)]
    interview: &'a interviews::Model,
    responses: &'a [interview_responses::Model],
}

pub(super) fn json(out: &mut impl Write, guide: &Guide, pages: &Pages) -> Result<(), ExportError> {
    write!(
        out,
        "{{\"study\":{},\n\"call_guide\":{},\n\"interviews\":[",
        head(guide, &pages.filter),
        serde_json::to_string(guide)?
    )?;
    let mut first = true;
    pages.for_each(|(interview, responses)| {
        out.write_all(if std::mem::take(&mut first) { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &Interview { interview, responses })?;
        Ok(())
    })?;
    Ok(out.write_all(b"\n]}\n")?)
}

const COLUMNS: [&str; 31] = [
    "interview_id",
    "call_guide_version_id",
    "respondent_id",
    "status",
    "status_reason",
    "channel",
    "scheduled_at",
    "started_at",
    "completed_at",
    "duration_seconds",
    "tags",
    "response_id",
    "question_id",
    "section_name",
    "question_text",
    "response_text",
    "asked_at",
    "answered_at",
    "response_time_seconds",
    "sentiment",
    "confidence_score",
    "information_density",
    "key_phrases",
    "themes",
    "is_follow_up",
    "parent_response_id",
    "is_complete",
    "requires_clarification",
    "flags",
    "value",
    "answer_class",
];

pub(super) fn csv(out: &mut impl Write, pages: &Pages) -> Result<(), ExportError> {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    csv.write_record(COLUMNS)?;
    pages.for_each(|(interview, responses)| {
        for response in responses {
            csv.write_record(row(interview, response).iter().map(std::string::String::as_bytes))?;
        }
        Ok(())
    })?;
    Ok(csv.flush()?)
}

fn row(interview: &interviews::Model, response: &interview_responses::Model) -> [String; COLUMNS.len()] {
    let text = |text: &str| harmless(text).into_owned();
    let optional = |value: Option<&str>| value.map(text).unwrap_or_default();
    [
        interview.id.to_string(),
        interview.call_guide_version_id.to_string(),
        text(&interview.respondent_id),
        interview.status.as_str().to_owned(),
        optional(interview.status_reason.as_deref()),
        interview.channel.as_str().to_owned(),
        time(interview.scheduled_at),
        time(interview.started_at),
        time(interview.completed_at),
        interview.duration_seconds.map(|seconds| seconds.to_string()).unwrap_or_default(),
        list(&interview.tags),
        response.id.to_string(),
        text(&response.question_id),
        text(&response.section_name),
        text(&response.question_text),
        text(&response.response_text),
        time(Some(response.asked_at)),
        time(Some(response.answered_at)),
        response.response_time_seconds.to_string(),
        response.sentiment.clone(),
        response.confidence_score.to_string(),
        response.information_density.to_string(),
        list(&response.key_phrases),
        list(&response.themes),
        response.is_follow_up.to_string(),
        response.parent_response_id.map(|id| id.to_string()).unwrap_or_default(),
        response.is_complete.to_string(),
        response.requires_clarification.to_string(),
        list(&response.flags),
        response.value.as_ref().map(|value| text(&value.to_string())).unwrap_or_default(),
        response.answer_class.clone(),
    ]
}

fn time(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true)).unwrap_or_default()
}

/// Returns a list of texts as one cell.
fn list(items: &Value) -> String {
    let items: Vec<&str> = items.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    harmless(&items.join("; ")).into_owned()
}

fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_said_is_a_formula() {
        for text in ["=HYPERLINK(\"http://x\")", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        for text in ["", "Well = good", "a-b", "5 - 3", "'quoted'"] {
            assert_eq!(harmless(text), text);
        }
        assert_eq!(list(&serde_json::json!(["=1", "b"])), "'=1; b");
        assert_eq!(list(&Value::Null), "");
    }
}
