//! What is doubtful about a valid guide: it could be run, but not in the way that its author means.
//!
//! Owns: the findings, with a file for each kind. Never does: change the guide, or refuse to run it
//! (`guide::check` does that).
//!
//! | file | finds |
//! |---|---|
//! | `conditions` | conditions that no answer can meet, or that mean something else than they seem to |
//! | `branches` | branches that are never taken or that loop |
//! | `reach` | sections, questions and follow-ups that are never reached |
//! | `effect` | fields that are accepted and change nothing |
//! | `time` | budgets that cannot be kept, with the arithmetic |
//! | `wording` | questions that lead, or ask two things |
//! | `spoken` | texts that cannot be said aloud, or cannot be taken in by listening |
//!
//! `plan` is what they share: which section can come before which, and where conditions are.

mod branches;
mod conditions;
mod effect;
mod diagnostic;
mod plan;
mod reach;
mod spoken;
mod time;
mod wording;

use serde_json::Value;

use crate::guide::{Guide, Problem, from_value};
use diagnostic::Report;
use plan::Plan;

pub use diagnostic::{Diagnostic, Level, Step};

/// Returns everything that is doubtful in a guide, in the order of the document. Paths count
/// sections in the order of the guide (by `order`).
///
/// ```
/// use interview::guide::parse;
/// use interview::lint::lint;
/// let guide = parse("
/// name: Trains
/// research_objective: Why people take trains
/// sections:
///   - section_name: Habits
///     questions: [{text: 'Do you not agree that trains are late?', required: true}]
/// ").unwrap();
/// assert_eq!(lint(&guide)[0].code, "leading-question");
/// ```
pub fn lint(guide: &Guide) -> Vec<Diagnostic> {
    let plan = Plan::of(guide);
    let mut report = Report(Vec::new());
    conditions::check(&plan, &mut report);
    branches::check(&plan, &mut report);
    reach::check(&plan, &mut report);
    effect::check(&plan, &mut report);
    time::check(&plan, &mut report);
    wording::check(&plan, &mut report);
    spoken::check(&plan, &mut report);
    report.0.sort_by_cached_key(|finding| natural(&finding.path));
    report.0
}

/// Checks a document and lints it. Paths count sections in the order in which they are written.
pub fn document(value: Value) -> Result<(Guide, Vec<Diagnostic>), Vec<Problem>> {
    let places = places(&value);
    let guide = from_value(value)?;
    let mut findings = lint(&guide);
    for finding in &mut findings {
        finding.path = written(&finding.path, &places);
    }
    findings.sort_by_cached_key(|finding| natural(&finding.path));
    Ok((guide, findings))
}

/// For each section of the guide, returns its place in the document. The reader sorts sections by
/// `order`.
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

/// Orders numbers in paths by their value, so that the tenth question comes after the second.
fn natural(path: &str) -> Vec<(u64, String)> {
    path.split('/')
        .map(|part| part.parse().map_or_else(|_| (u64::MAX, part.to_owned()), |n| (n, String::new())))
        .collect()
}

#[cfg(test)]
mod testing;
