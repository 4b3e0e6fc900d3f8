//! Ordinary answers that merely contain the words of a request are answers.

use super::*;
use interview::understanding::AnswerClass;

#[test]
fn an_answer_that_names_a_request_is_stored_and_nothing_else_happens() {
    let lost_card = "text: 'What did you have to do when your card was lost?'";
    let answers = [
        (OPEN, "I have to go through three different screens."),
        (OPEN, "I usually have to google it."),
        (OPEN, "I'd like to stop using spreadsheets."),
        (OPEN, "It takes about one minute."),
        (lost_card, "I had to speak to someone at the bank."),
        (OPEN, "I have no manager, I work for myself."),
        (OPEN, "No worries there, the software does it all by itself."),
    ];
    for (question, answer) in answers {
        let mut call = at_question(guide_with(question));
        let said = exchange(&mut call, answer);
        assert!(said.ends_with(AFTER), "{answer}: {said}");
        let response = stored(&call);
        assert_eq!((response.text.as_str(), response.class), (answer, AnswerClass::Answered));
        assert!(response.flags.is_empty() && response.is_complete, "{answer}: {:?}", response.flags);
        for kind in ["person_requested", "respondent_asked", "confirmation_asked", "question_repeated"] {
            assert_eq!(count(&call, kind), 0, "{answer}: {kind}");
        }
        goes_on_to_the_end(&mut call);
    }
}

#[test]
fn a_hum_alone_is_thought_and_belongs_to_the_answer() {
    let mut call = at_question(guide_with(OPEN));
    call.say("Um.");
    assert!(call.playing.is_none() && call.responses().is_empty(), "{}", call.now_asking());
    call.wait(2_000);
    assert!(call.playing.is_none());
    let said = exchange(&mut call, "I write everything into a notebook.");
    assert!(said.ends_with(AFTER), "{said}");
    assert_eq!(stored(&call).text, "Um. I write everything into a notebook.");
    goes_on_to_the_end(&mut call);
}

#[test]
fn declining_and_not_knowing_are_recognised_however_they_are_worded() {
    let cases = [
        ("I would rather not talk about that.", "declined", AnswerClass::Declined, "That's fine."),
        ("I'd prefer to keep that to myself.", "declined", AnswerClass::Declined, "That's fine."),
        ("Can we skip this one?", "declined", AnswerClass::Declined, "That's fine."),
        ("I honestly couldn't tell you.", "dont_know", AnswerClass::DontKnow, "That's alright."),
        ("I don't know.", "dont_know", AnswerClass::DontKnow, "That's alright."),
        ("Search me, I haven't got a clue.", "dont_know", AnswerClass::DontKnow, "That's alright."),
    ];
    for (text, flag, class, word) in cases {
        let mut call = at_question(guide_with(OPEN));
        let said = exchange(&mut call, text);
        assert_eq!(said, format!("{word} {AFTER}"), "{text}");
        assert_eq!((stored(&call).flags.as_slice(), stored(&call).class), (&[flag.to_owned()][..], class), "{text}");
        goes_on_to_the_end(&mut call);
    }
}

/// An answer about something else, which is kept all the same.
const ELSEWHERE: &str = "It was dear, and the food was cold when it came.";

#[test]
fn an_answer_about_something_else_is_asked_about_once() {
    let mut call = at_question(guide_with(OPEN));
    let said = exchange(&mut call, ELSEWHERE);
    assert_eq!(said, "I see. Let me come back to my question. How do you keep track of your work?");
    exchange(&mut call, "With a big paper calendar on the kitchen door.");
    let response = stored(&call);
    assert_eq!(response.text, format!("{ELSEWHERE} With a big paper calendar on the kitchen door."));
    assert_eq!(response.class, AnswerClass::Answered);
    goes_on_to_the_end(&mut call);
}

#[test]
fn twice_about_something_else_is_stored_as_such() {
    let mut call = at_question(guide_with(OPEN));
    exchange(&mut call, ELSEWHERE);
    let said = exchange(&mut call, ELSEWHERE);
    assert!(said.ends_with(AFTER), "{said}");
    assert_eq!(stored(&call).class, AnswerClass::OffTopic);
    goes_on_to_the_end(&mut call);
}
