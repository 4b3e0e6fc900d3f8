//! Conditions that no answer can meet, or that are taken for something else than they seem to say.
//!
//! Owns: judging the conditions of triggers, branches and skips by the reading of `condition`.
//! Never does: judge where a branch leads.

use super::diagnostic::{Level, Report};
use super::plan::{Place, Plan, Readings, escaped};
use crate::condition::{Condition, is_about_score, is_none, names};
use crate::guide::{Question, QuestionType};

/// Words about the interview, and not words that are said in it. An author who writes them means a
/// judgement.
const ABOUT_THE_ANSWER: &[&str] = &[
    "answer",
    "customer",
    "describes",
    "expresses",
    "expressed",
    "feels",
    "indicates",
    "interviewee",
    "participant",
    "person",
    "reply",
    "respondent",
    "response",
    "responds",
    "reveals",
    "seems",
    "shows",
    "sounds",
    "speaker",
    "suggests",
    "user",
];

/// A fault of a condition.
struct Fault {
    level: Level,
    code: &'static str,
    message: String,
    suggestion: String,
}

impl Fault {
    fn never(why: impl std::fmt::Display, suggestion: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            code: "condition-never-met",
            message: format!("no answer can meet this condition: {why}"),
            suggestion: suggestion.into(),
        }
    }

    fn report(self, report: &mut Report, path: String) {
        report.add(self.level, self.code, path, self.message, &self.suggestion);
    }
}

pub(super) fn check(plan: &Plan<'_>, report: &mut Report) {
    for place in &plan.places {
        for (index, trigger) in place.question.follow_up_triggers.iter().enumerate() {
            let path = format!("{}/follow_up_triggers/{index}/condition", place.path());
            if let Some(fault) = of_trigger(place.question, &trigger.condition) {
                fault.report(report, path);
            }
        }
    }
    for (index, section) in plan.guide.sections.iter().enumerate() {
        for (at, condition) in section.skip_conditions.iter().enumerate() {
            let path = format!("/sections/{index}/skip_conditions/{at}");
            let first = Fault::never(
                "this section is the first, so nothing has been said before it".to_owned(),
                "remove the condition, or put another section first",
            );
            let fault = (index == 0).then_some(first).or_else(|| of_skip(plan, condition, index, None));
            if let Some(fault) = fault {
                fault.report(report, path);
            }
        }
    }
    let rules = &plan.guide.adaptive_rules;
    for (condition, value) in &rules.skip_conditions {
        let path = format!("/adaptive_rules/skip_conditions/{}", escaped(condition));
        let mut targets: Vec<&str> = value.as_str().into_iter().collect();
        targets.extend(value.as_array().into_iter().flatten().filter_map(|name| name.as_str()));
        if targets.is_empty() {
            let message = "this names nothing that could be left out".to_owned();
            let suggestion = "write the id of a section or question, or a list of such ids";
            report.add(Level::Error, "skip-target-unknown", path.clone(), message, suggestion);
        }
        let mut faults = Vec::new();
        for target in targets {
            let fault = match (plan.guide.section_index(target), plan.question(target)) {
                (Some(0), _) => Some(Fault::never(
                    format!("the section {target:?} is the first, so nothing has been said before it"),
                    "remove the section from the list, or put another one first",
                )),
                (Some(section), _) => of_skip(plan, condition, section, None),
                (None, Some(place)) => of_skip(plan, condition, place.section, Some(place)),
                (None, None) => Some(Fault {
                    level: Level::Error,
                    code: "skip-target-unknown",
                    message: format!("no section and no question has the id {target:?}"),
                    suggestion: "write an id of this guide".to_owned(),
                }),
            };
            // A fault of the condition itself is the same for every target.
            faults.extend(
                fault
                    .filter(|fault| !faults.iter().any(|known: &Fault| known.message == fault.message))
                    .into_iter()
                    .collect::<Vec<_>>(),
            );
        }
        for fault in faults {
            fault.report(report, path.clone());
        }
    }
    for (index, branch) in rules.branching_logic.iter().enumerate() {
        let path = format!("/adaptive_rules/branching_logic/{index}/condition");
        if let Some(fault) = of_any(plan, &branch.condition) {
            fault.report(report, path);
        }
    }
}

/// Judges the condition of a trigger, which is tested on one answer to its own question, and only
/// if that is more than a refusal.
fn of_trigger(question: &Question, text: &str) -> Option<Fault> {
    match Condition::read(text, question) {
        Condition::Of(id, _) if id != question.id => Some(Fault::never(
            format!("it is about the question {id:?}, but a trigger sees answers to its own question only"),
            format!("move the trigger to {id:?}, or leave `{id}:` out"),
        )),
        condition => of_condition(text, &condition, question, true),
    }
}

/// Judges the condition of a skip, which is tested when its target is due, on every earlier answer.
fn of_skip(plan: &Plan<'_>, text: &str, section: usize, target: Option<Place<'_>>) -> Option<Fault> {
    if let Ok(Some((asked, negated))) = plan.bound(text) {
        let before = match target {
            Some(target) if asked.section == section => asked.index < target.index,
            _ => plan.may_precede(asked.section, section),
        };
        if !before && !negated {
            return Some(Fault::never(
                format!("the question {:?} is asked later than this is decided", asked.question.id),
                "name a question that comes before, or reorder",
            ));
        }
    }
    of_any(plan, text)
}

/// Judges a condition that is tested on answers to any question.
fn of_any(plan: &Plan<'_>, text: &str) -> Option<Fault> {
    match plan.bound(text) {
        Err(id) => Some(Fault {
            level: Level::Error,
            code: "condition-unknown-question",
            message: format!("no question has the id {id:?}, so this condition never holds"),
            suggestion: "write the id of a question of this guide before the colon".to_owned(),
        }),
        Ok(Some((place, negated))) => {
            let condition = Condition::read(text, place.question);
            if negated && matches!(condition, Condition::Not(_)) {
                let id = &place.question.id;
                return Some(Fault {
                    level: Level::Warning,
                    code: "condition-negated-question",
                    message: format!("this holds for every answer to a question other than {id:?}"),
                    suggestion: format!("write `{id}: not …`"),
                });
            }
            of_condition(text, &condition, place.question, false)
        }
        Ok(None) => {
            // The condition must make sense for at least one question. Of several faults, the
            // mildest is reported.
            let mut readings = Readings::of(text);
            let mut mildest: Option<Fault> = None;
            for place in &plan.places {
                let fault = of_condition(text, readings.by(place.question), place.question, false)?;
                if mildest.as_ref().is_none_or(|known| fault.level < known.level) {
                    mildest = Some(fault);
                }
            }
            mildest
        }
    }
}

fn of_condition(text: &str, condition: &Condition, question: &Question, trigger: bool) -> Option<Fault> {
    match condition {
        Condition::Of(_, rest) => {
            let (_, rest_text) = text.split_once(':').unwrap_or(("", text));
            of_condition(rest_text, rest, question, trigger)
        }
        Condition::Not(rest) if **rest == Condition::Always => {
            Some(Fault::never("`not always` is never".to_owned(), "remove what depends on it, or write what is meant"))
        }
        // If the rest is never met, its negation always is, which is the same misunderstanding.
        Condition::Not(rest) => of_condition(text.trim().get(4..).unwrap_or(text), rest, question, trigger),
        Condition::Flag(name) if trigger => Some(Fault::never(
            format!("after an answer flagged {name:?} no follow-up is asked"),
            "remove the trigger: a refusal is never followed up",
        )),
        Condition::Answer(wanted) => of_answer(wanted, question),
        Condition::Mentions(topics) if topics.is_empty() => {
            Some(Fault::never("it names no topic".to_owned(), "write `mentions` and the words to listen for"))
        }
        Condition::Score(comparison) => {
            let scale = question.scale?;
            let met = (scale.min..=scale.max).filter(|value| comparison.holds(f64::from(*value), scale)).count();
            (met == 0).then(|| {
                Fault::never(
                    format!("the scale goes from {} to {}", scale.min, scale.max),
                    "compare with a number on the scale",
                )
            })
        }
        Condition::Words(words) if question.scale.is_none() && is_about_score(text) => Some(Fault {
            level: Level::Error,
            code: "condition-no-scale",
            message: format!(
                "the question {:?} has no scale, so no number is compared; it would hold only if the words are said ({})",
                question.id,
                words.join(", ")
            ),
            suggestion: "make it a scale question, or write `<id of a scale question>: …`".to_owned(),
        }),
        Condition::Words(words) => Some(of_words(words)),
        _ => None,
    }
}

fn of_answer(wanted: &str, question: &Question) -> Option<Fault> {
    let number = wanted.parse::<i32>().ok();
    match (question.kind, number) {
        _ if matches!(wanted, "yes" | "no") => None,
        (QuestionType::Scale, Some(number)) => {
            let scale = question.scale?;
            (!(scale.min..=scale.max).contains(&number)).then(|| {
                Fault::never(
                    format!("the scale goes from {} to {}", scale.min, scale.max),
                    "write a number on the scale",
                )
            })
        }
        (_, Some(number)) => Some(Fault::never(
            format!("numbers are compared on scales, and {:?} has none", question.id),
            format!("write `mentions {number}`, or make it a scale question"),
        )),
        (QuestionType::MultipleChoice, None) if question.options.iter().any(|option| names(wanted, option)) => None,
        (QuestionType::MultipleChoice, None) if question.allow_none && is_none(wanted) => None,
        (QuestionType::MultipleChoice, None) => {
            let options: Vec<&str> = question.options.iter().map(|option| option.text.as_str()).collect();
            Some(Fault {
                level: Level::Error,
                code: "condition-unknown-option",
                message: format!("{wanted:?} is no option of {:?}", question.id),
                suggestion: format!("write one of: {}", options.join(", ")),
            })
        }
        (_, None) => Some(Fault {
            level: Level::Warning,
            code: "condition-whole-answer",
            message: format!("this holds only where {wanted:?} is the whole answer, word for word"),
            suggestion: format!("write `mentions {wanted}`"),
        }),
    }
}

fn of_words(words: &[String]) -> Fault {
    if words.is_empty() {
        return Fault::never("there is no content word in it".to_owned(), "write a condition of the documented kinds");
    }
    let meant = words.len() > 4 || words.iter().any(|word| ABOUT_THE_ANSWER.contains(&word.as_str()));
    Fault {
        level: if meant { Level::Warning } else { Level::Info },
        code: "condition-taken-literally",
        message: format!(
            "no rule knows this condition; it holds where half of these words are said: {}",
            words.join(", ")
        ),
        suggestion:
            "write `mentions …` for words to listen for, or one of the documented conditions (vague_response, low \
                     score, frustration, …)"
                .to_owned(),
    }
}

#[cfg(test)]
#[path = "conditions_tests.rs"]
mod tests;
