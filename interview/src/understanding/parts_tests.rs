//! Questions, answers to a part of them, and answers that deny what was asked about.

use super::*;

fn question(document: serde_json::Value) -> Question {
    serde_json::from_value(document).unwrap()
}

fn open_parts(text: &str, answer: &str) -> Vec<String> {
    let question = question(serde_json::json!({ "text": text }));
    missing(Language::english(), &question, answer).iter().map(|part| part.inside(Language::english())).collect()
}

const TOOL: &str = "What tool do you use, and how long have you been using it?";

#[test]
fn questions_are_cut_where_a_second_one_begins() {
    let texts = |text: &str| of(Language::english(), text).into_iter().map(|p| p.text).collect::<Vec<_>>();
    assert_eq!(texts(TOOL), ["What tool do you use", "how long have you been using it"]);
    assert_eq!(texts("What do you do? Why?"), ["What do you do", "Why"]);
    assert_eq!(texts("Do you own a car, and if so, which one?"), ["Do you own a car", "which one"]);
    assert_eq!(texts("Where do you live, and with whom?"), ["Where do you live", "with whom"]);
    assert_eq!(texts("Think of your last trip. Where did you go?"), ["Where did you go"]);
    for one in ["How and why did you start?", "What do you like about tea and coffee?", "Do you walk or drive?"] {
        assert_eq!(texts(one).len(), 1, "{one}");
    }
}

#[test]
fn the_missing_half_is_found() {
    for (question, answer, wanted) in [
        (TOOL, "We use Excel.", "how long have you been using it"),
        (TOOL, "About four years now.", "what tool do you use"),
        ("Where do you work, and why did you choose it?", "In a bakery.", "why did you choose it"),
        ("What did you buy, and would you buy it again?", "A vacuum cleaner.", "would you buy it again"),
        ("Do you use an app, and if so, which one?", "Yes, I do.", "which one"),
        ("Which phone do you have, and how do you like it?", "An old Nokia.", "how do you like it"),
        ("What is your job, and how did you get into it?", "I'm a nurse.", "how did you get into it"),
        ("What sport do you do, and how often?", "I swim.", "how often"),
    ] {
        assert_eq!(open_parts(question, answer), [wanted], "{question} {answer}");
    }
}

#[test]
fn nothing_is_missing_where_it_was_said_or_cannot_be_told() {
    for (question, answer) in [
        (TOOL, "Excel, for four years."),
        (TOOL, "Excel, since I started here."),
        (TOOL, "Excel. I couldn't say how long, ages."),
        (TOOL, "I don't use any."),
        (TOOL, "Um."),
        ("Where do you work, and why?", "In a bakery, because it is near."),
        (
            "Where do you work, and why?",
            "In a bakery. It's close to home, my aunt owns it, and they let me start early.",
        ),
        ("What did you buy, and would you buy it again?", "A vacuum cleaner, and yes, I would."),
        ("What did you buy, and would you buy it again?", "A vacuum cleaner I'd buy any time."),
        ("Do you use an app, and if so, which one?", "No, I don't."),
        ("Do you use an app, and if so, which one?", "The one my bank has."),
        ("Which phone do you have, and how do you like it?", "An old Nokia, it's great."),
        ("What do you like about it, and what don't you like?", "The price."),
        ("What kind of work do you do?", "Books."),
    ] {
        assert_eq!(open_parts(question, answer), [""; 0], "{question} {answer}");
    }
}

#[test]
fn a_value_is_the_half_that_it_answers() {
    let scale = question(serde_json::json!({
        "text": "From one to ten, how happy are you with it, and why?", "type": "scale", "scale": { "min": 1, "max": 10 }
    }));
    let open = |answer: &str| missing(Language::english(), &scale, answer).len();
    assert_eq!(open("Seven."), 1);
    assert_eq!(open("Seven, because it's slow."), 0);
    let closed = question(serde_json::json!({
        "text": "Do you own a car, and if so, which one?", "type": "closed"
    }));
    let open = |answer: &str| missing(Language::english(), &closed, answer).len();
    assert_eq!((open("Yes."), open("No."), open("Yes, a Volvo.")), (1, 0, 0));
}

#[test]
fn what_one_does_not_have_is_no_vague_answer() {
    let manager = "How do you get on with your manager?";
    let denied = |question: &str, answer: &str| denies(Language::english(), question, answer);
    for answer in
        ["I have no manager, I work for myself.", "I don't have one.", "I haven't got a manager.", "Not applicable."]
    {
        assert!(denied(manager, answer), "{answer}");
    }
    for answer in
        ["Fine.", "I don't like my manager.", "No, my manager is fine.", "Not bad, I guess.", "It's no bother."]
    {
        assert!(!denied(manager, answer), "{answer}");
    }
    assert!(denied("What tools do you use?", "We don't use any tools."));
}

#[test]
fn what_counts_is_told_in_a_word() {
    let counted = |question: &str, answer: &str| is_counted(Language::english(), question, answer);
    assert!(counted("How many people work there?", "Twelve."));
    assert!(counted("How long have you lived here?", "Since the spring."));
    assert!(!counted("How many people work there?", "It was before my time."));
    assert!(!counted("What do you do?", "Twelve."));
}
