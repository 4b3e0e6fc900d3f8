//! The cursor: which question comes next.
//!
//! Owns: order, branching, skip conditions and time. Never does: ask.
//!
//! A section is finished before the next begins. A branch chooses which section comes next, so it
//! loses no question. After its target the remaining sections follow in their order, except those
//! that a skip condition leaves out.

use std::cmp::Reverse;

use serde_json::Value as Json;

use super::state::{Draft, InterviewState};
use super::timing::{Budget, section_is_over};
use crate::condition::{Subject, holds};
use crate::guide::{Guide, Question, Section};
use crate::io::{Event, Ms, Response};
use crate::understanding::Value;

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The places of the section and the question in the guide, counted from 0.
    Ask(usize, usize),
    AllAsked,
    TimeUp,
}

/// Finds the next question. What is skipped on the way is recorded in the draft.
pub(super) fn next(guide: &Guide, budget: Budget<'_>, draft: &mut Draft, now: Ms) -> Next {
    if budget.left(&draft.state, now) == 0 {
        skip_rest(guide, draft, "time_up");
        return Next::TimeUp;
    }
    while let Some(index) = next_section(guide, &draft.state) {
        let section = &guide.sections[index];
        let entered = draft.state.entered.contains(&section.section_name);
        if !entered && let Some(condition) = skip_condition(guide, &draft.state, section) {
            let reason = format!("condition: {condition}");
            draft.push(Event::SectionSkipped { section: section.section_name.clone(), reason });
            continue;
        }
        let Some(at) = section.questions.iter().position(|q| !draft.state.is_settled(q)) else { continue };
        let question = &section.questions[at];
        if let Some(reason) = reason_to_skip(guide, budget, &draft.state, now, section, question) {
            skip(draft, section, question, reason);
            continue;
        }
        if draft.state.entered.last() != Some(&section.section_name) {
            draft.push(Event::SectionEntered { section: section.section_name.clone() });
        }
        return Next::Ask(index, at);
    }
    Next::AllAsked
}

/// Records that every question that was not asked yet is left out.
pub(super) fn skip_rest(guide: &Guide, draft: &mut Draft, reason: &str) {
    for section in &guide.sections {
        if draft.state.skipped_sections.iter().any(|(name, _)| *name == section.section_name) {
            continue;
        }
        for question in &section.questions {
            if !draft.state.is_settled(question) {
                skip(draft, section, question, reason.to_owned());
            }
        }
    }
}

/// Takes the branch that the last response opens, if there is one: by priority, and each condition
/// once.
pub(super) fn branch(guide: &Guide, draft: &mut Draft) {
    let mut branches: Vec<_> = guide.adaptive_rules.branching_logic.iter().collect();
    branches.sort_by_key(|branch| Reverse(branch.priority));
    let Some(last) = draft.state.responses.last() else { return };
    let taken = branches.into_iter().find_map(|branch| {
        let section = &guide.sections[guide.section_index(&branch.target_section)?];
        let used = draft.state.branches.iter().any(|(condition, _)| *condition == branch.condition);
        let open = !draft.state.entered.contains(&section.section_name);
        let fires = !used && open && response_holds(guide, last, &branch.condition);
        fires.then(|| Event::Branched {
            condition: branch.condition.clone(),
            target_section: section.section_name.clone(),
        })
    });
    if let Some(event) = taken {
        draft.push(event);
    }
}

fn skip(draft: &mut Draft, section: &Section, question: &Question, reason: String) {
    let (question_id, section) = (question.id.clone(), section.section_name.clone());
    draft.push(Event::QuestionSkipped { question_id, section, reason });
}

/// Returns the section that comes next and has questions left: the current one, then the target of
/// a branch, then the next by order.
fn next_section(guide: &Guide, state: &InterviewState) -> Option<usize> {
    let open = |index: &usize| {
        let section = &guide.sections[*index];
        let skipped = state.skipped_sections.iter().any(|(name, _)| *name == section.section_name);
        !skipped && section.questions.iter().any(|q| !state.is_settled(q))
    };
    let current = state.entered.last().and_then(|name| guide.section_index(name));
    let targets = state.branches.iter().rev().filter_map(|(_, name)| guide.section_index(name));
    current.into_iter().chain(targets).chain(0..guide.sections.len()).find(open)
}

fn reason_to_skip(
    guide: &Guide,
    budget: Budget<'_>,
    state: &InterviewState,
    now: Ms,
    section: &Section,
    question: &Question,
) -> Option<String> {
    if let Some(condition) = rule_for(guide, state, &question.id) {
        return Some(format!("condition: {condition}"));
    }
    if question.required {
        return None;
    }
    if !budget.has_time_for_optional(state, now, question) {
        return Some("time_short".to_owned());
    }
    let entered = state.entered.last() == Some(&section.section_name);
    (entered && section_is_over(state, now, section)).then(|| "section_time_up".to_owned())
}

fn skip_condition(guide: &Guide, state: &InterviewState, section: &Section) -> Option<String> {
    let own = section.skip_conditions.iter().find(|condition| any_response_holds(guide, state, condition)).cloned();
    own.or_else(|| rule_for(guide, state, &section.id)).or_else(|| rule_for(guide, state, &section.section_name))
}

/// Returns the guide's skip condition that names this id and holds.
fn rule_for(guide: &Guide, state: &InterviewState, id: &str) -> Option<String> {
    let names = |value: &Json| match value {
        Json::String(name) => name == id,
        Json::Array(names) => names.iter().any(|name| name.as_str() == Some(id)),
        _ => false,
    };
    guide
        .adaptive_rules
        .skip_conditions
        .iter()
        .find(|(condition, value)| names(value) && any_response_holds(guide, state, condition))
        .map(|(condition, _)| condition.clone())
}

fn any_response_holds(guide: &Guide, state: &InterviewState, condition: &str) -> bool {
    state.responses.iter().any(|response| response_holds(guide, response, condition))
}

fn response_holds(guide: &Guide, response: &Response, condition: &str) -> bool {
    let value = response.value.clone().and_then(|value| serde_json::from_value::<Value>(value).ok());
    guide.questions().find(|(_, q)| q.id == response.question_id).is_some_and(|(_, question)| {
        let (text, analysis, flags) = (&response.text, &response.analysis, &response.flags);
        holds(condition, Subject { question, text, analysis, flags, value: value.as_ref() })
    })
}
