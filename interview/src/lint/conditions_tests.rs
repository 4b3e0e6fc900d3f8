//! Conditions with and without faults, in each place where a condition may be.

use serde_json::{Value, json};

use super::super::testing::{changed, summary};

const TRIGGER: &str = "/sections/0/questions/0/follow_up_triggers/0/condition";

fn trigger(condition: &str) -> Vec<String> {
    summary(&changed(|guide| {
        guide["sections"][0]["questions"][0]["follow_up_triggers"][0]["condition"] = json!(condition);
    }))
}

/// Puts the condition on this question of this section.
fn trigger_at(section: usize, question: usize, condition: &str) -> Vec<String> {
    let findings = changed(|guide| {
        guide["sections"][section]["questions"][question]["follow_up_triggers"] =
            json!([{ "condition": condition, "action": "probe" }]);
    });
    findings.into_iter().map(|finding| finding.code).collect()
}

fn rules(rules: &Value) -> Vec<String> {
    summary(&changed(|guide| guide["adaptive_rules"] = rules.clone()))
}

#[test]
fn documented_conditions_are_fine() {
    for condition in [
        "vague_response",
        "always",
        "mentions delay or strike",
        "not mentions years",
        "frustration",
        "very negative",
        "short answer",
        "detailed answer",
        "strong emotion",
        "why: mentions car",
        "answers yes",
        "Unclear",
    ] {
        assert_eq!(trigger(condition), [""; 0], "{condition}");
    }
    for condition in ["answer is by car", "chooses foot", "mentions bus"] {
        assert_eq!(trigger_at(0, 1, condition), [""; 0], "{condition}");
    }
    for condition in ["low score", "score below 2", "rating at least 5", "> 3", "answer is 4", "high_score"] {
        assert_eq!(trigger_at(1, 0, condition), [""; 0], "{condition}");
    }
}

#[test]
fn what_no_answer_can_meet_is_found() {
    for condition in [
        "declined",
        "no answer",
        "don't know",
        "not always",
        "how: mentions car",
        "mentions the",
        "answer is 5",
        "it is",
    ] {
        assert_eq!(trigger(condition), [format!("condition-never-met {TRIGGER}")], "{condition}");
    }
    for condition in ["score below 1", "score above 5", "answer is 9", "score: score at least 6"] {
        assert_eq!(trigger_at(1, 0, condition), ["condition-never-met"], "{condition}");
    }
    assert_eq!(trigger("low score"), [format!("condition-no-scale {TRIGGER}")]);
    assert_eq!(trigger_at(0, 1, "answer is by bus"), ["condition-unknown-option"]);
}

#[test]
fn what_is_taken_literally_is_said() {
    assert_eq!(trigger("ticket machines"), [format!("condition-taken-literally {TRIGGER}")]);
    assert_eq!(trigger("answers the train"), [format!("condition-whole-answer {TRIGGER}")]);
    let level = |condition: &str| {
        changed(|guide| {
            guide["sections"][0]["questions"][0]["follow_up_triggers"][0]["condition"] = json!(condition);
        })[0]
            .level
    };
    assert_eq!(level("ticket machines"), super::Level::Info);
    assert_eq!(level("respondent seems to be bored"), super::Level::Warning);
}

#[test]
fn skips_look_back() {
    let skip = |section: usize, condition: &str| {
        let findings = changed(|guide| guide["sections"][section]["skip_conditions"] = json!([condition]));
        findings.into_iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    assert_eq!(skip(1, "how: answer is on foot"), [""; 0]);
    assert_eq!(skip(2, "low score"), [""; 0], "one question has a scale");
    assert_eq!(skip(2, "declined"), [""; 0]);
    assert_eq!(skip(0, "how: answer is on foot"), ["condition-never-met"], "it is the first");
    assert_eq!(skip(1, "wish: mentions price"), ["condition-never-met"], "asked later");
    assert_eq!(skip(1, "score: low score"), ["condition-never-met"], "its own question");
    assert_eq!(skip(1, "what: answers yes"), ["condition-unknown-question"]);
    assert_eq!(skip(1, "not how: answer is by car"), ["condition-negated-question"]);
    assert_eq!(skip(1, "how: not answer is by car"), [""; 0]);
    assert_eq!(skip(1, "answer is by boat"), ["condition-whole-answer"], "an open question could be answered so");
}

#[test]
fn rules_name_what_there_is() {
    let at = |key: &str| format!("/adaptive_rules/skip_conditions/{key}");
    assert_eq!(rules(&json!({ "skip_conditions": { "how: answer is on foot": ["wish", "Verdict"] } })), [""; 0]);
    assert_eq!(
        rules(&json!({ "skip_conditions": { "how: answer is on foot": ["wsh"] } })),
        [format!("skip-target-unknown {}", at("how: answer is on foot"))]
    );
    assert_eq!(
        rules(&json!({ "skip_conditions": { "mentions 24/7": 3 } })),
        [format!("skip-target-unknown {}", at("mentions 24~17"))]
    );
    assert_eq!(
        rules(&json!({ "skip_conditions": { "how: answer is by car": "why" } })),
        [format!("condition-never-met {}", at("how: answer is by car"))]
    );
    assert_eq!(
        rules(&json!({ "branching_logic": [{ "condition": "score: score over 7", "target_section": "wishes" }] })),
        ["condition-never-met /adaptive_rules/branching_logic/0/condition"]
    );
}
