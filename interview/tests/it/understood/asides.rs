//! What is requested besides the answer is carried out once, however the respondent continues.

use super::*;

/// Says this, and continues before the reaction has been heard for longer than `heard`, in
/// milliseconds.
fn goes_on_speaking(call: &mut Call, text: &str, heard: u64, rest: &str) -> String {
    call.say(text);
    assert!(call.playing.is_some(), "{text}");
    call.wait(heard);
    exchange(call, rest)
}

#[test]
fn a_wish_at_the_end_of_an_answer_that_goes_on_is_met_once() {
    // Before any of the reply is heard, and when all of it is heard, but not the next question.
    for heard in [100, 1_800] {
        for answer in [
            "I write everything into a notebook.",
            "I write everything into a notebook, and my colleague copies it all into the calendar on Mondays.",
        ] {
            let mut call = at_question(guide_with(OPEN));
            let rest = "And on Fridays we throw away what is done.";
            goes_on_speaking(&mut call, &format!("{answer} Can you speak up, please?"), heard, rest);
            goes_on_to_the_end(&mut call);
            assert_eq!(count(&call, "speech_adjusted"), 1, "{heard} {answer}");
            let said = call.spoken.iter().filter(|text| text.contains("Of course, I will speak up.")).count();
            assert_eq!(said, 1, "{heard} {answer}: {:?}", call.spoken);
            assert!(
                stored(&call).text.starts_with(answer) && stored(&call).text.contains(rest),
                "{}",
                stored(&call).text
            );
        }
    }
}

#[test]
fn a_question_at_the_end_of_an_answer_that_goes_on_is_answered_once() {
    let mut call = at_question(guide_with(OPEN));
    let answer = "I write everything into a notebook. Are you a robot?";
    goes_on_speaking(&mut call, answer, 100, "And on Mondays I copy it into the big calendar.");
    assert_eq!(count(&call, "respondent_asked"), 1);
    goes_on_to_the_end(&mut call);
}

#[test]
fn a_wish_said_twice_before_it_was_heard_to_be_met_is_one() {
    for start in [opened as fn(Arc<Guide>) -> Call, at_recording, at_question] {
        let mut call = start(guide_with(OPEN));
        let said = goes_on_speaking(&mut call, "Can you speak up?", 100, "Could you speak up, please?");
        assert!(said.contains("Of course, I will speak up."), "{said}");
        assert_eq!(count(&call, "speech_adjusted"), 1);
        // After it was heard, it is another request.
        exchange(&mut call, "Can you speak up?");
        assert_eq!(count(&call, "speech_adjusted"), 2);
    }
    let mut call = opened(guide_with(OPEN));
    goes_on_speaking(&mut call, "Who is calling?", 100, "Who is this?");
    assert_eq!(count(&call, "respondent_asked"), 1);
    let mut call = at_question(guide_with(OPEN));
    goes_on_speaking(&mut call, "I want to talk to a real person.", 100, "A real person, please.");
    assert_eq!(count(&call, "person_requested"), 1);
}

#[test]
fn striking_out_said_twice_strikes_one_answer() {
    let mut call = at_question(guide_with(OPEN));
    exchange(&mut call, "My boss steals my hours.");
    goes_on_speaking(&mut call, "Please delete that.", 100, "Delete that.");
    assert_eq!(count(&call, "answer_struck"), 1);
}
