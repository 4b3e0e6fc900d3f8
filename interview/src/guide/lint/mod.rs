//! What is doubtful about a guide that is valid: it could be run, but not as its author means it.
//!
//! Owns: the findings, a file a kind. Never does: change the guide, refuse to run it ([`check`](super::check) does that).
//!
//! | file | finds |
//! |---|---|
//! | `conditions` | conditions that no answer can meet, or that mean something else than they seem to |
//! | `branches` | branches that are never taken or that loop |
//! | `reach` | sections, questions and follow-ups that are never reached |
//! | `time` | budgets that can't be kept, with the arithmetic |
//! | `wording` | questions that lead, or ask two things |
//! | `spoken` | what can't be said aloud, or can't be taken in by ear |
//!
//! `plan` is what they share: which section can come before which, and what conditions stand where.

mod branches;
mod conditions;
mod plan;
mod reach;
mod spoken;
mod time;
mod wording;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Guide, Problem, read};
use plan::Plan;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = GuideFindingSeverity))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Probably not what is meant.
    Warning,
    /// The guide will not do what it says.
    Error,
}

impl Severity {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One doubtful thing, with the way out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = GuideFinding))]
pub struct Finding {
    /// JSON pointer (RFC 6901) into the document, such as `/sections/0/questions/1/text`.
    pub path: String,
    /// Stable, such as `branch-loop`.
    pub code: String,
    pub severity: Severity,
    pub message: String,
    /// What to do about it.
    pub suggestion: String,
    /// For findings about time: what adds up to what, in seconds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arithmetic: Vec<Step>,
}

/// One summand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = GuideFindingStep))]
pub struct Step {
    /// What takes the time: `5 questions, 58 words at 160 words/min`.
    pub what: String,
    pub seconds: f32,
}

/// Whether a question says which answer is hoped for (in English).
pub(crate) fn leading(text: &str) -> bool {
    wording::leading(text).is_some()
}

/// Whether a text asks more than one thing (in English).
pub(crate) fn several(text: &str) -> bool {
    wording::double(text).is_some()
}

/// Whether a text can be said aloud as it stands. `latin`: by a voice that knows only Latin letters.
pub(crate) fn is_speakable(text: &str, latin: bool) -> bool {
    let mut report = Report(Vec::new());
    spoken::text("", text, false, latin, &mut report);
    report.0.is_empty()
}

/// Everything doubtful in a guide, in the order of the document; paths count sections as the guide has them (by `order`).
///
/// ```
/// use interview::guide::{lint::lint, parse};
/// let guide = parse("
/// name: Trains
/// research_objective: Why people take trains
/// sections:
///   - section_name: Habits
///     questions: [{text: 'Do you not agree that trains are late?', required: true}]
/// ").unwrap();
/// assert_eq!(lint(&guide)[0].code, "leading-question");
/// ```
pub fn lint(guide: &Guide) -> Vec<Finding> {
    let plan = Plan::of(guide);
    let mut report = Report(Vec::new());
    conditions::check(&plan, &mut report);
    branches::check(&plan, &mut report);
    reach::check(&plan, &mut report);
    time::check(&plan, &mut report);
    wording::check(&plan, &mut report);
    spoken::check(&plan, &mut report);
    report.0.sort_by_cached_key(|finding| natural(&finding.path));
    report.0
}

/// Checks a document and lints it; paths count sections as they are written.
pub fn document(value: Value) -> Result<(Guide, Vec<Finding>), Vec<Problem>> {
    let places = places(&value);
    let guide = read::from_value(value)?;
    let mut findings = lint(&guide);
    for finding in &mut findings {
        finding.path = written(&finding.path, &places);
    }
    findings.sort_by_cached_key(|finding| natural(&finding.path));
    Ok((guide, findings))
}

/// For each section of the guide, which one of the document it is: the reader sorts them by `order`.
fn places(document: &Value) -> Vec<usize> {
    let sections = document.get("sections").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut places: Vec<usize> = (0..sections.len()).collect();
    places.sort_by_key(|&index| sections[index].get("order").and_then(Value::as_u64).unwrap_or(0));
    places
}

fn written(path: &str, places: &[usize]) -> String {
    let Some(rest) = path.strip_prefix("/sections/") else { return path.to_owned() };
    let (index, rest) = rest.split_once('/').map_or((rest, String::new()), |(index, rest)| (index, format!("/{rest}")));
    match index.parse::<usize>().ok().and_then(|index| places.get(index)) {
        Some(place) => format!("/sections/{place}{rest}"),
        None => path.to_owned(),
    }
}

/// Numbers in paths by their value: the tenth question comes after the second.
fn natural(path: &str) -> Vec<(u64, String)> {
    path.split('/')
        .map(|part| part.parse().map_or_else(|_| (u64::MAX, part.to_owned()), |n| (n, String::new())))
        .collect()
}

/// Findings while they are made.
struct Report(Vec<Finding>);

impl Report {
    fn add(&mut self, severity: Severity, code: &str, path: impl Into<String>, message: String, suggestion: &str) {
        self.with_arithmetic(severity, code, path, message, suggestion, Vec::new());
    }

    fn with_arithmetic(
        &mut self,
        severity: Severity,
        code: &str,
        path: impl Into<String>,
        message: String,
        suggestion: &str,
        arithmetic: Vec<Step>,
    ) {
        self.0.push(Finding {
            path: path.into(),
            code: code.to_owned(),
            severity,
            message,
            suggestion: suggestion.to_owned(),
            arithmetic,
        });
    }
}

#[cfg(test)]
mod testing;
