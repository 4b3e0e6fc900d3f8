//! Guides that were written to hold the engine up. Their cost is bounded, whatever they contain.

use interview::{guide, lint};
use serde_json::{Value, json};

/// As many sections as are allowed, each with as many questions as the guide may have in all.
fn large(question: &Value) -> Value {
    let sections: Vec<Value> =
        (0..100).map(|n| json!({ "section_name": format!("Section {n}"), "questions": vec![question; 5] })).collect();
    json!({ "name": "Large", "research_objective": "Everything", "max_duration_minutes": 1440, "sections": sections })
}

/// The number of problems, and of the characters of their messages.
fn told(document: Value) -> (usize, usize) {
    let problems = lint::document(document).unwrap_err();
    let length = problems.iter().map(|problem| problem.message.len() + problem.path.len()).sum();
    (problems.len(), length)
}

#[test]
fn branches_to_nowhere_do_not_each_repeat_every_section() {
    let mut document = large(&json!({ "text": "Why?" }));
    for (n, section) in document["sections"].as_array_mut().unwrap().iter_mut().enumerate() {
        section["section_name"] = format!("{n} {}", "long ".repeat(400)).into();
    }
    let branch = json!({ "condition": "always", "target_section": "nowhere" });
    document["adaptive_rules"] = json!({ "branching_logic": vec![branch; 200] });
    let (problems, length) = told(document.clone());
    assert!(problems <= 201 && length < 10_000_000, "{problems} problems, {length} bytes");
    // Without a bound, this would be 200 branches times all names.
    document["adaptive_rules"]["branching_logic"] =
        vec![document["adaptive_rules"]["branching_logic"][0].clone(); 5_000].into();
    assert_eq!(told(document).0, 1, "only that there are too many of them");
}

#[test]
fn whatever_is_too_large_is_said_in_one_problem_each() {
    let mut guide = large(&json!({ "text": "Why?" }));
    assert!(lint::document(guide.clone()).is_ok(), "as large as it may be");
    guide["sections"].as_array_mut().unwrap().push(json!({}));
    assert_eq!(told(guide).0, 1);
    for (field, value) in [
        ("sections", json!(vec![json!({}); 300_000])),
        ("tags", json!(vec!["x"; 51])),
        ("name", json!("x".repeat(4_001))),
        (
            "target_respondent_profile",
            (0..201).map(|n| (n.to_string(), json!(1))).collect::<serde_json::Map<_, _>>().into(),
        ),
    ] {
        let mut guide = large(&json!({ "text": "Why?" }));
        guide[field] = value;
        let (problems, length) = told(guide);
        assert!(problems == 1 && length < 200, "{field}: {problems} problems, {length} bytes");
    }
    let mut nested = json!("x");
    for _ in 0..100 {
        nested = json!([nested]);
    }
    let mut guide = large(&json!({ "text": "Why?" }));
    guide["target_respondent_profile"] = json!({ "demographics": nested });
    assert_eq!(told(guide).0, 1);
    let six = large(&json!({ "text": "Why?", "follow_up_triggers": vec![json!({}); 21] }));
    assert_eq!(told(six).0, 200, "one a question, and no more than are told at once");
}

#[test]
fn of_many_problems_the_first_are_told_and_the_rest_counted() {
    let problems = lint::document(large(&json!({ "text": "", "colour": "red" }))).unwrap_err();
    assert_eq!(problems.len(), 201);
    assert_eq!(problems[200].message, "there are 800 more problems; correct these first");
}

#[test]
fn anchors_that_name_each_other_are_not_multiplied_without_end() {
    let list = |from: &str| [from; 9].join(",");
    let levels = ["x", "*a", "*b", "*c", "*d", "*e", "*f"].iter().zip(["a", "b", "c", "d", "e", "f", "g"]);
    let lines: Vec<String> = levels.map(|(from, name)| format!("{name}: &{name} [{}]", list(from))).collect();
    let text = format!("{}\nname: *g", lines.join("\n"));
    let problems = guide::parse(&text).unwrap_err();
    assert!(problems.len() == 1 && problems[0].message.contains("alias"), "{problems:?}");
}

#[test]
fn questions_of_one_text_each_get_an_id_of_their_own() {
    let guide = guide::from_value(large(&json!({ "text": "Why?" }))).unwrap();
    let ids: Vec<&str> = guide.questions().map(|(_, question)| question.id.as_str()).collect();
    assert_eq!((ids[0], ids[1], ids[499]), ("why", "why-2", "why-500"));
}

#[test]
fn a_guide_that_is_as_costly_as_it_may_be_is_linted() {
    let triggers: Vec<Value> = (0..20)
        .map(|n| json!({ "condition": "always", "action": "probe", "priority": n % 5 + 1, "template": "And why is that?" }))
        .collect();
    // A megabyte of text in all, which is what the API accepts.
    let text = format!("Why {}?", "is that so and how did it come about ".repeat(45));
    let mut document = large(&json!({ "text": text, "follow_up_triggers": triggers, "max_follow_ups": 20 }));
    for section in document["sections"].as_array_mut().unwrap() {
        section["skip_conditions"] = json!((0..20).map(|n| format!("score >= 0.{n:03}")).collect::<Vec<_>>());
    }
    let branches: Vec<Value> =
        (0..200).map(|n| json!({ "condition": "always", "target_section": format!("Section {}", n % 100) })).collect();
    document["adaptive_rules"] = json!({ "branching_logic": branches });
    let (_, findings) = lint::document(document).unwrap();
    assert!(!findings.is_empty());
}
