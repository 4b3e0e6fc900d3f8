//! What answers name, and what is asked about them, written as conversations.

use std::sync::Arc;

use interview::Settings;
use interview::io::{Event, Input, Response};
use interview::understanding::AnswerClass;
use serde_json::{Value, json};

use crate::support::Call;

/// A call that has reached the first of these questions, which are written as in a guide.
pub fn asked(questions: &str) -> Call {
    let text = format!(
        "{{name: Post, research_objective: How people get their post, sections: [{{section_name: All, questions: [{questions}]}}]}}"
    );
    began(&text)
}

fn began(guide: &str) -> Call {
    let guide = Arc::new(interview::guide::parse(guide).unwrap());
    let mut call = Call::new(guide, Settings { recording: false, ..Settings::default() });
    call.give(Input::Connected);
    call.hear_out();
    call.say("Yes.");
    call.hear_out();
    call
}

/// The only answer, after everything was heard.
pub fn stored(call: &mut Call) -> Response {
    call.hear_out();
    call.assert_replays(Settings { recording: false, ..Settings::default() });
    let responses = call.responses();
    assert_eq!(responses.len(), 1, "{:?}", call.spoken);
    responses[0].clone()
}

pub fn value(response: &Response) -> Value {
    response.value.clone().unwrap_or_default()
}

pub const RATING: &str =
    "{id: q, text: 'How happy are you with it?', type: scale, scale: {min: 1, max: 10}, max_follow_ups: 0}";
pub const EMAIL: &str = "{id: q, text: 'What is your e-mail address?', expects: email}";
pub const PHONE: &str = "{id: q, text: 'What is your phone number?', expects: phone}";
pub const NAME: &str = "{id: q, text: 'What is your name?', expects: name}";

pub fn choice(more: &str) -> String {
    format!(
        "{{id: q, text: 'How shall we reach you?', type: multiple_choice, options: [By post, By email, By phone]{more}}}"
    )
}

#[test]
fn two_numbers_are_asked_about_once_and_kept() {
    let mut call = asked(RATING);
    call.say("Seven or eight.");
    assert_eq!(call.now_asking(), "Which of the two is it, 7 or 8?");
    call.hear_out();
    call.say("Eight, then.");
    let response = stored(&mut call);
    assert_eq!((value(&response), response.class), (json!({"number": 8}), AnswerClass::Answered));
    assert_eq!(response.text, "Seven or eight. Eight, then.");
    for undecided in ["I really don't know.", "Seven or eight, as I said.", ""] {
        let mut call = asked(RATING);
        call.say("Seven or eight.");
        call.hear_out();
        if undecided.is_empty() {
            call.wait(20_000);
        } else {
            call.say(undecided);
        }
        let response = stored(&mut call);
        assert_eq!(
            (value(&response), response.class),
            (json!({"range": [7, 8]}), AnswerClass::Answered),
            "{undecided}"
        );
    }
}

#[test]
fn what_names_nothing_is_asked_about_once_with_what_it_may_be() {
    let closed = "{id: q, text: 'Do you own a car?', type: closed}";
    let choice = choice("");
    for (question, unfit, again, fit, wanted) in [
        (
            closed,
            "My brother repairs bicycles.",
            "Is that a yes or a no? Do you own a car?",
            "No, I don't.",
            json!({"yes": false}),
        ),
        (
            &choice,
            "Whatever is cheapest.",
            "Please choose one of these: By post, By email, or By phone.",
            "By phone.",
            json!({"options": ["by-phone"]}),
        ),
        (
            &choice,
            "By post or by email.",
            "Which one is it: By post, or By email?",
            "Email.",
            json!({"options": ["by-email"]}),
        ),
        (
            PHONE,
            "I only got it last week.",
            "Please say the phone number, digit by digit.",
            "555 123 4567.",
            json!({"text": "5551234567"}),
        ),
    ] {
        let mut call = asked(question);
        call.say(unfit);
        assert!(call.now_asking().starts_with(again), "{unfit}: {}", call.now_asking());
        call.hear_out();
        call.say(fit);
        call.hear_out();
        if question == PHONE {
            call.say("Yes.");
        }
        let response = stored(&mut call);
        assert_eq!((value(&response), response.class), (wanted, AnswerClass::Answered), "{unfit}");
        let mut call = asked(question);
        call.say(unfit);
        call.hear_out();
        call.say("The weather is lovely over here.");
        let response = stored(&mut call);
        assert_eq!(response.class, AnswerClass::NotUnderstood, "{unfit}");
        assert_eq!((response.value, response.flags), (None, vec!["out_of_options".to_owned()]), "{unfit}");
    }
}

pub const TOOL: &str = "{id: q, text: 'What tool do you use, and how long have you been using it?', max_follow_ups: 1}";

#[test]
fn the_missing_half_of_a_question_is_asked_for() {
    for (said, half) in [
        ("I use Excel.", "And how long have you been using it?"),
        ("About four years now.", "And what tool do you use?"),
    ] {
        let mut call = asked(TOOL);
        call.say(said);
        assert_eq!(call.now_asking(), half);
        call.hear_out();
        call.say("Excel, for four years.");
        call.hear_out();
        let classes: Vec<AnswerClass> = call.responses().iter().map(|response| response.class).collect();
        assert_eq!(classes, [AnswerClass::Partly, AnswerClass::Answered]);
        assert!(call.responses()[1].is_follow_up);
    }
}

#[test]
fn a_whole_answer_is_not_asked_for_its_half() {
    let mut call = asked(TOOL);
    call.say("I have used Excel for about four years, since I took over the accounts from Marta.");
    assert!(call.now_asking().contains("Goodbye"), "{}", call.now_asking());
    assert_eq!(stored(&mut call).class, AnswerClass::Answered);
    let mut call = asked(
        "{id: q, text: 'From one to ten, how happy are you with it, and why?', type: scale, scale: {min: 1, max: 10}}",
    );
    call.say("Seven.");
    assert_eq!(call.now_asking(), "And why?");
    call.hear_out();
    assert_eq!(value(call.response("q")), json!({"number": 7}));
}

#[test]
fn the_authors_own_trigger_goes_before_a_built_in_follow_up() {
    let own = |id: &str| {
        format!(
            "{{id: {id}, text: 'How is {id} for you?', max_follow_ups: 1, follow_up_triggers: [{{condition: vague_response, \
             action: example, priority: 1, template: 'What happened the last time?'}}]}}"
        )
    };
    let mut call = asked(&format!("{}, {}", own("work"), own("sleep")));
    for _ in 0..2 {
        call.say("It goes up and down, like for everybody.");
        assert_eq!(call.now_asking(), "What happened the last time?");
        call.hear_out();
        call.say("Marta phoned at midnight about the payroll of eleven shops in Leeds.");
        call.hear_out();
    }
}

#[test]
fn who_has_none_of_it_is_not_asked_for_an_example() {
    let mut call = asked(
        "{id: manager, text: 'How do you get on with your manager?', follow_up_triggers: [{condition: vague_response, \
         action: example, template: 'Could you give me an example?'}]}",
    );
    call.say("I have no manager, I work for myself.");
    assert!(call.now_asking().contains("Goodbye"), "{}", call.now_asking());
}

#[test]
fn options_are_taken_as_they_are_meant() {
    let (post, email, phone) = ("by-post", "by-email", "by-phone");
    let cases: &[(&str, &str, &[&str])] = &[
        ("", "Not by post, by email.", &[email]),
        ("", "Option two.", &[email]),
        ("", "B.", &[email]),
        ("", "The second one.", &[email]),
        ("", "The last one, please.", &[phone]),
        ("", "By post. No, sorry, by phone.", &[phone]),
        ("", "Definitely not by phone, so by post I guess.", &[post]),
        (", allow_none: true", "None of these.", &[]),
        (", select: many", "By post and by phone.", &[post, phone]),
        (", select: many", "All of them.", &[post, email, phone]),
        (", select: many", "Everything but email.", &[post, phone]),
        (", select: many", "Options one and three.", &[post, phone]),
        (", select: many", "Not by post, but email and phone are fine.", &[email, phone]),
        (", select: many", "By email.", &[email]),
        (", select: many, allow_none: true", "None of them, thanks.", &[]),
    ];
    for (more, said, wanted) in cases {
        let mut call = asked(&choice(more));
        call.say(said);
        let response = stored(&mut call);
        assert_eq!((value(&response), response.class), (json!({"options": wanted}), AnswerClass::Answered), "{said}");
    }
    let two = "{id: q, text: 'Tea or coffee?', type: multiple_choice, select: many, options: [Tea, Coffee]}";
    let mut call = asked(two);
    call.say("Both.");
    assert_eq!(value(&stored(&mut call)), json!({"options": ["tea", "coffee"]}));
}

#[test]
fn conditions_go_by_what_was_chosen() {
    let guide = |kind: &str, condition: &str| {
        format!(
            "{{name: Paths, research_objective: Where they lead, sections: [
              {{section_name: Start, questions: [{{id: start, {kind}, max_follow_ups: 0}}]}},
              {{section_name: More, skip_conditions: ['not start: {condition}'], questions: [{{id: more, text: 'Why is that?'}}]}}]}}"
        )
    };
    let choice = "text: 'How shall we reach you?', type: multiple_choice, allow_none: true, options: [By post, By email, By phone]";
    let many = format!("{choice}, select: many");
    let scale = "text: 'How happy are you with it?', type: scale, scale: {min: 1, max: 10}";
    let closed = "text: 'Do you own a car?', type: closed";
    for (kind, said, condition, holds) in [
        (choice, "Not by post, by email.", "answer is by email", true),
        (choice, "Not by post, by email.", "answer is by post", false),
        (choice, "None of these.", "answer is none", true),
        (choice, "Option three.", "chooses by-phone", true),
        (&many, "By post and by email.", "chooses by post", true),
        (&many, "By post and by email.", "chooses by email", true),
        (&many, "By post and by email.", "chooses by phone", false),
        (scale, "Two, no, nine.", "low score", false),
        (scale, "Two, no, nine.", "score at least 9", true),
        (closed, "I used to, but I sold it.", "answer is yes", false),
        (closed, "I certainly do.", "answer is yes", true),
        (closed, "Not any more.", "answer is no", true),
    ] {
        let mut call = began(&guide(kind, condition));
        call.say(said);
        call.hear_out();
        assert_eq!(call.asked().contains(&"more"), holds, "{said} {condition}");
    }
}

#[test]
fn a_follow_up_is_no_answer_to_its_question() {
    let mut call = asked(
        "{id: q, text: 'How happy are you with it?', type: scale, scale: {min: 1, max: 10}, follow_up_triggers: [
          {condition: high score, action: probe, priority: 4, template: 'What is it that you like?'},
          {condition: low score, action: probe, priority: 5, template: 'What bothers you?'}]}",
    );
    call.say("Nine.");
    assert_eq!(call.now_asking(), "What is it that you like?");
    call.hear_out();
    call.say("It has just three buttons, and two of them I never need.");
    assert!(call.now_asking().contains("Goodbye"), "{}", call.now_asking());
    assert!(call.events.iter().all(|(_, event)| !matches!(event, Event::QuestionRepeated { .. })));
}
