//! Numbers and choices by meaning, stored as values.

use serde_json::{Value, json};

use super::*;
use interview::understanding::AnswerClass;

fn check(question: &str, cases: &[(&str, Value)]) {
    for (text, value) in cases {
        let mut call = at_question(guide_with(question));
        let said = exchange(&mut call, text);
        assert!(said.ends_with(AFTER), "{text}: {said}");
        assert_eq!(stored(&call).value, Some(value.clone()), "{text}");
        assert_eq!((stored(&call).text.as_str(), stored(&call).class), (*text, AnswerClass::Answered));
        assert!(stored(&call).flags.is_empty(), "{text}: {:?}", stored(&call).flags);
        goes_on_to_the_end(&mut call);
    }
}

#[test]
fn numbers_on_a_scale() {
    check(
        "text: 'How good is it?', type: scale, scale: {min: 1, max: 10}",
        &[
            ("On a scale of one to ten, I'd say eight.", json!({"number": 8})),
            ("Ten... no, nine.", json!({"number": 9})),
            ("Ten, no, nine.", json!({"number": 9})),
            ("Eight and a half.", json!({"number": 8.5})),
            ("The lowest.", json!({"number": 1})),
            ("Top marks.", json!({"number": 10})),
        ],
    );
    check(
        "text: 'How much of it do you do?', type: scale, scale: {min: 0, max: 100}",
        &[("Eighty-five.", json!({"number": 85})), ("Thirty, no, forty.", json!({"number": 40}))],
    );
    check(
        "text: 'How has it changed?', type: scale, scale: {min: -5, max: 5}",
        &[("Minus two.", json!({"number": -2}))],
    );
}

#[test]
fn one_choice() {
    let channel = "text: 'How do you send invoices?', type: multiple_choice, options: [By post, By email]";
    check(
        channel,
        &[
            ("Not by post, by email.", json!({"options": ["by-email"]})),
            ("Option two.", json!({"options": ["by-email"]})),
            ("B.", json!({"options": ["by-email"]})),
            ("The second one.", json!({"options": ["by-email"]})),
        ],
    );
    let mut call = at_question(guide_with(channel));
    let said = exchange(&mut call, "None of these.");
    assert!(said.starts_with("Please choose one of these"), "{said}");
    exchange(&mut call, "By email.");
    assert_eq!(stored(&call).value, Some(json!({"options": ["by-email"]})));
    goes_on_to_the_end(&mut call);
}

#[test]
fn several_choices_and_none() {
    check(
        "text: 'How do you send invoices?', type: multiple_choice, select: many, allow_none: true, options: [By post, By email]",
        &[("Both.", json!({"options": ["by-post", "by-email"]})), ("None of these.", json!({"options": []}))],
    );
}

#[test]
fn yes_and_no() {
    check(
        "text: 'Do you send invoices by email?', type: closed",
        &[("No.", json!({"yes": false})), ("Yes, nearly always.", json!({"yes": true}))],
    );
}
