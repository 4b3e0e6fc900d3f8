//! Tables of answers, and the values that they name.

mod closed;
mod dictated;
mod options;
mod scale;

use serde_json::json;

use super::read;
use crate::guide::Question;
use crate::language::Language;
use crate::meaning::Value;

fn question(document: serde_json::Value) -> Question {
    serde_json::from_value(document).unwrap()
}

/// Asserts that each text names the value beside it. The message lists all that do not.
fn check(question: &Question, cases: &[(&str, Option<Value>)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(text, expected)| {
            let found = read(Language::english(), question, text);
            (found != *expected).then(|| format!("{text:?}: {found:?}, not {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn values_are_stored_as_the_contract_says() {
    for (value, stored) in [
        (Value::Number(8.0), json!({"number": 8})),
        (Value::Number(8.5), json!({"number": 8.5})),
        (Value::Number(-2.0), json!({"number": -2})),
        (Value::Range([6.0, 7.0]), json!({"range": [6, 7]})),
        (Value::Options(vec!["every-day".into()]), json!({"options": ["every-day"]})),
        (Value::Yes(true), json!({"yes": true})),
        (Value::Date("2024-05-03".into()), json!({"date": "2024-05-03"})),
        (Value::Text("Ann".into()), json!({"text": "Ann"})),
    ] {
        assert_eq!(serde_json::to_value(&value).unwrap(), stored);
        assert_eq!(serde_json::from_value::<Value>(stored).unwrap(), value);
    }
}

#[derive(serde::Deserialize)]
struct Set {
    block: Vec<Block>,
}

#[derive(serde::Deserialize)]
struct Block {
    asked: serde_json::Value,
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    text: String,
    value: serde_json::Value,
}

#[test]
fn answers_of_many_kinds() {
    check_set(include_str!("tests/answers.toml"), 300);
}

#[test]
fn answers_by_what_is_known_of_the_question() {
    check_set(include_str!("tests/wordings.toml"), 200);
}

#[test]
fn answers_counted_from_an_end_corrected_or_spelled() {
    check_set(include_str!("tests/siblings.toml"), 60);
}

/// Asserts that there are more than `least` cases, and that all of them are read correctly.
fn check_set(text: &str, least: usize) {
    let set: Set = toml::from_str(text).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for mut block in set.block {
        // An option may be written as its text alone.
        for option in block.asked.get_mut("options").and_then(serde_json::Value::as_array_mut).into_iter().flatten() {
            *option = json!({ "id": option, "text": option });
        }
        let question = question(block.asked);
        for case in block.cases {
            let expected: Option<Value> = serde_json::from_value(case.value).ok();
            let found = read(Language::english(), &question, &case.text);
            count += 1;
            if found != expected {
                wrong.push(format!("{:?}: {found:?}, not {expected:?}", case.text));
            }
        }
    }
    assert!(count > least && wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Parts of utterances that nobody would say.
const PIECES: &[&str] = &[
    "one",
    "two",
    "first",
    "last",
    "and",
    "or",
    "not",
    "no",
    "minus",
    "point",
    "hundred",
    "twenty",
    "billion",
    "a",
    "the",
    "email",
    "post",
    "B",
    "s",
    "at",
    "dot",
    "com",
    "double",
    "oh",
    "plus",
    "May",
    "third",
    "of",
    "2024",
    "03/05/24",
    "-",
    ",",
    ".",
    "...",
    "8.5.",
    "1,000",
    "@",
    "'",
    "half",
    "between",
    "to",
    "everything",
    "but",
    "both",
    "as",
    "in",
    "option",
    "yes",
    "I",
    "do",
    "0",
    "99999999999999999999",
];

proptest::proptest! {
    #[test]
    fn any_text_has_a_value_or_none(picks in proptest::collection::vec(0..PIECES.len(), 0..9), glue in ".?") {
        let text = picks.iter().map(|pick| PIECES[*pick]).collect::<Vec<_>>().join(if glue == "-" { "-" } else { " " });
        for document in [
            json!({"text": "How good?", "type": "scale", "scale": {"min": 1, "max": 10}}),
            json!({"text": "Which?", "type": "multiple_choice", "select": "many", "options": [{"id": "a", "text": "By post"}, {"id": "b", "text": "By email"}, {"id": "c", "text": "18 to 24"}]}),
            json!({"text": "Do you?", "type": "closed"}),
            json!({"text": "What?", "expects": "number"}),
            json!({"text": "What?", "expects": "email"}),
            json!({"text": "What?", "expects": "phone"}),
            json!({"text": "What?", "expects": "name"}),
            json!({"text": "What?", "expects": "date"}),
        ] {
            let question = question(document);
            let value = read(Language::english(), &question, &text);
            super::is_partial(Language::english(), &question, &text);
            match &value {
                Some(Value::Number(number)) if question.scale.is_some() => proptest::prop_assert!((1.0..=10.0).contains(number)),
                Some(Value::Options(ids)) => proptest::prop_assert!(!ids.is_empty() && ids.len() <= 3),
                Some(value) if question.expects.is_some() => {
                    proptest::prop_assert!(super::spoken_back(Language::english(), &question, value).is_some(), "{value:?}");
                }
                _ => {}
            }
        }
    }
}
