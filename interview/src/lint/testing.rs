//! A guide for the tests of the rules.
//!
//! Owns: a guide without findings, to be changed. Never does: test a rule.

use serde_json::{Value, json};

use super::{Diagnostic, document};

/// Returns the findings about a guide in which nothing is doubtful, after `change`.
pub(super) fn changed(change: impl FnOnce(&mut Value)) -> Vec<Diagnostic> {
    let mut guide = json!({
        "name": "Trains",
        "research_objective": "Why people take trains",
        "estimated_duration_minutes": 5,
        "max_duration_minutes": 10,
        "sections": [
            { "id": "habits", "section_name": "Habits", "order": 1, "questions": [
                { "id": "why", "text": "Why did you take the train the last time?", "required": true, "max_follow_ups": 1,
                  "follow_up_triggers": [{ "condition": "vague_response", "action": "example" }] },
                { "id": "how", "text": "How do you get to the station?", "type": "multiple_choice",
                  "options": [{ "id": "car", "text": "by car" }, { "id": "foot", "text": "on foot" }] },
            ]},
            { "id": "verdict", "section_name": "Verdict", "order": 2, "questions": [
                { "id": "score", "text": "On a scale from one to five, how comfortable was the train?", "required": true,
                  "type": "scale", "scale": { "min": 1, "max": 5 } },
            ]},
            { "id": "wishes", "section_name": "Wishes", "order": 3, "questions": [
                { "id": "wish", "text": "Which one thing would you change?" },
            ]},
        ],
        "adaptive_rules": {},
    });
    change(&mut guide);
    document(guide).unwrap().1
}

/// Returns `code path` of each finding.
pub(super) fn summary(findings: &[Diagnostic]) -> Vec<String> {
    findings.iter().map(|finding| format!("{} {}", finding.code, finding.path)).collect()
}

#[test]
fn a_good_guide_has_no_findings() {
    assert_eq!(summary(&changed(|_| {})), [""; 0]);
}

#[test]
fn paths_count_sections_as_they_are_written() {
    let findings = changed(|guide| {
        guide["sections"][0]["order"] = json!(9);
        guide["sections"][0]["questions"][0]["text"] = json!("Surely you like trains?");
    });
    assert_eq!(summary(&findings), ["leading-question /sections/0/questions/0/text"]);
}

#[test]
fn the_guides_of_this_repository_have_none_above_info() {
    for (name, text) in [
        ("short", include_str!("../../../guides/short.yaml")),
        ("product-feedback", include_str!("../../../guides/product-feedback.yaml")),
        ("customer-discovery", include_str!("../../../guides/customer-discovery.yaml")),
    ] {
        let findings = super::lint(&crate::guide::parse(text).unwrap());
        assert!(findings.is_empty(), "{name}: {findings:#?}");
    }
}
