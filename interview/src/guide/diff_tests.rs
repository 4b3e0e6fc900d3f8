//! Guides before and after a change, and what is reported about it.

use super::*;
use crate::guide::from_value;

fn base() -> Value {
    json!({
        "name": "Trains", "research_objective": "Why", "voice_profile": { "voice": "af_heart" },
        "sections": [
            { "id": "a", "section_name": "A", "order": 1, "questions": [
                { "id": "a1", "text": "First?" },
                { "id": "a2", "text": "Second?", "type": "multiple_choice",
                  "options": [{ "id": "x", "text": "X" }, { "id": "y", "text": "Y" }] },
                { "id": "a3", "text": "Third?" } ] },
            { "id": "b", "section_name": "B", "order": 2, "questions": [{ "id": "b1", "text": "Fourth?" }] },
            { "id": "c", "section_name": "C", "order": 3, "questions": [{ "id": "c1", "text": "Fifth?" }] },
        ],
    })
}

fn text(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let old = from_value(base()).unwrap();
    let mut new = base();
    change(&mut new);
    let changes = diff(&old, &from_value(new).unwrap());
    changes.iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_changed_is_nothing() {
    assert_eq!(text(|guide| guide["version"] = json!(7)), [""; 0]);
    assert_eq!(to_text(&[]), "no differences\n");
}

#[test]
fn fields_are_told_with_both_values() {
    let changes = text(|guide| {
        guide["name"] = json!("Buses");
        guide["voice_profile"]["voice"] = json!("am_michael");
        guide["sections"][0]["questions"][0]["text"] = json!("Really?");
        guide["sections"][0]["questions"][1]["options"][0]["text"] = json!("Z");
        guide["sections"][1]["time_limit"] = json!(60);
    });
    assert_eq!(
        changes,
        [
            r#"~ guide name: "Trains" → "Buses""#,
            r#"~ guide voice_profile.voice: "af_heart" → "am_michael""#,
            "~ section b time_limit: null → 60",
            r#"~ question a/a1 text: "First?" → "Really?""#,
            r#"~ option a/a2/x text: "X" → "Z""#,
        ]
    );
}

#[test]
fn what_comes_and_goes_is_told_whole() {
    let changes = text(|guide| {
        guide["sections"][0]["questions"].as_array_mut().unwrap().remove(2);
        guide["sections"].as_array_mut().unwrap().remove(2);
        guide["sections"][1]["questions"].as_array_mut().unwrap().push(json!({ "id": "b2", "text": "New?" }));
        guide["sections"][0]["questions"][1]["options"].as_array_mut().unwrap().push(json!({ "id": "z", "text": "Z" }));
    });
    assert_eq!(
        changes,
        [
            r#"- section c "C""#,
            r#"+ option a/a2/z "Z""#,
            r#"- question a/a3 "Third?""#,
            r#"+ question b/b2 "New?""#,
            r#"- question c/c1 "Fifth?""#,
        ]
    );
}

#[test]
fn what_moved_is_not_taken_for_new() {
    let changes = text(|guide| {
        // The last section moves to the front, the first question to the end of another section,
        // and the options are reversed.
        guide["sections"][2]["order"] = json!(0);
        let first = guide["sections"][0]["questions"].as_array_mut().unwrap().remove(0);
        guide["sections"][1]["questions"].as_array_mut().unwrap().push(first);
        guide["sections"][0]["questions"][0]["options"].as_array_mut().unwrap().reverse();
    });
    assert_eq!(changes, ["> section c: 3 → 1", "> option a/a2/x: 1 → 2", "> question b/a1: a 1 → b 2"]);
}
