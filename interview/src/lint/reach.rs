//! Sections, questions and follow-ups that no interview reaches, whatever is answered.
//!
//! Owns: what is always left out by a condition that always holds. Never does: consider time
//! (`time` does).

use std::collections::HashMap;

use super::diagnostic::{Level, Report};
use super::plan::{Plan, Readings, escaped};
use crate::condition::Condition;
use crate::guide::Question;

pub(super) fn check(plan: &Plan<'_>, report: &mut Report) {
    // Each condition is tested on every question once, however often it is written.
    let mut known = HashMap::new();
    let mut always = |plan: &Plan<'_>, condition: &str| -> bool {
        *known.entry(condition.to_owned()).or_insert_with(|| always(plan, condition))
    };
    for (index, section) in plan.guide.sections.iter().enumerate().skip(1) {
        for (at, condition) in section.skip_conditions.iter().enumerate() {
            if always(plan, condition) {
                report.add(
                    Level::Error,
                    "section-unreachable",
                    format!("/sections/{index}/skip_conditions/{at}"),
                    format!("this holds after any answer, so that {:?} is always left out", section.section_name),
                    "remove the condition, or the section",
                );
            }
        }
    }
    for (condition, value) in &plan.guide.adaptive_rules.skip_conditions {
        if !always(plan, condition) {
            continue;
        }
        let names = value.as_str().into_iter().chain(value.as_array().into_iter().flatten().filter_map(|n| n.as_str()));
        for name in names {
            let path = format!("/adaptive_rules/skip_conditions/{}", escaped(condition));
            let section = plan.guide.section_index(name).filter(|&index| index > 0);
            let question = plan.question(name).filter(|place| (place.section, place.index) != (0, 0));
            let code = match (section, question) {
                (Some(_), _) => "section-unreachable",
                (None, Some(_)) => "question-unreachable",
                (None, None) => continue,
            };
            report.add(
                Level::Error,
                code,
                path,
                format!("this holds after any answer, so that {name:?} is always left out"),
                "write when it should be left out, or remove it from the guide",
            );
        }
    }
    for place in &plan.places {
        follow_ups(place.question, &place.path(), report);
    }
}

/// Whether the condition holds for any answer to any question.
fn always(plan: &Plan<'_>, condition: &str) -> bool {
    let mut readings = Readings::of(condition);
    plan.places.iter().all(|place| match readings.by(place.question) {
        Condition::Always => true,
        Condition::Score(comparison) => place
            .question
            .scale
            .is_some_and(|scale| (scale.min..=scale.max).all(|value| comparison.holds(f64::from(value), scale))),
        _ => false,
    })
}

fn follow_ups(question: &Question, path: &str, report: &mut Report) {
    let triggers = &question.follow_up_triggers;
    if question.max_follow_ups == 0 && !triggers.is_empty() {
        report.add(
            Level::Warning,
            "trigger-unreachable",
            format!("{path}/max_follow_ups"),
            format!("{} follow-up trigger(s) are written, but no follow-up is allowed", triggers.len()),
            "raise max_follow_ups, or remove the triggers",
        );
        return;
    }
    // Triggers are used by priority, those of equal priority in their order. Each text is asked
    // once.
    for (index, trigger) in triggers.iter().enumerate() {
        let before = triggers
            .iter()
            .enumerate()
            .filter(|(at, other)| {
                other.priority > trigger.priority || other.priority == trigger.priority && *at < index
            })
            .filter(|(_, other)| {
                matches!(Condition::read(&other.condition, question), Condition::Always)
                    // A template that needs a phrase of the answer may find none.
                    && other.template.as_ref().is_none_or(|template| !template.contains('{'))
            })
            .count();
        if before >= question.max_follow_ups as usize {
            report.add(
                Level::Warning,
                "trigger-unreachable",
                format!("{path}/follow_up_triggers/{index}"),
                format!(
                    "{before} trigger(s) that always hold come before this one, and only {} follow-up(s) are allowed",
                    question.max_follow_ups
                ),
                "give this one a higher priority, or raise max_follow_ups",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{changed, summary};

    #[test]
    fn what_is_always_left_out_is_found() {
        let skip = |section: usize, condition: &str| {
            summary(&changed(|guide| guide["sections"][section]["skip_conditions"] = json!([condition])))
        };
        assert_eq!(skip(1, "always"), ["section-unreachable /sections/1/skip_conditions/0"]);
        assert_eq!(skip(2, "any"), ["section-unreachable /sections/2/skip_conditions/0"]);
        assert_eq!(skip(2, "frustration"), [""; 0]);
        let rules = |target: &str| {
            summary(&changed(|guide| guide["adaptive_rules"] = json!({ "skip_conditions": { "always": [target] } })))
        };
        assert_eq!(rules("verdict"), ["section-unreachable /adaptive_rules/skip_conditions/always"]);
        assert_eq!(rules("wish"), ["question-unreachable /adaptive_rules/skip_conditions/always"]);
        assert_eq!(rules("how"), ["question-unreachable /adaptive_rules/skip_conditions/always"]);
    }

    #[test]
    fn follow_ups_that_nothing_leads_to_are_found() {
        let question = |most: u32, triggers: serde_json::Value| {
            summary(&changed(|guide| {
                guide["sections"][2]["questions"][0]["max_follow_ups"] = json!(most);
                guide["sections"][2]["questions"][0]["follow_up_triggers"] = triggers;
            }))
        };
        let always = |priority: u8| json!({ "condition": "always", "action": "probe", "priority": priority });
        let vague = json!({ "condition": "vague", "action": "example", "priority": 3 });
        let path = "/sections/2/questions/0";
        assert_eq!(question(0, json!([vague])), [format!("trigger-unreachable {path}/max_follow_ups")]);
        assert_eq!(
            question(1, json!([vague, always(4)])),
            [format!("trigger-unreachable {path}/follow_up_triggers/0")]
        );
        assert_eq!(question(2, json!([vague, always(4)])), [""; 0]);
        assert_eq!(question(1, json!([vague, always(3)])), [""; 0]);
    }
}
