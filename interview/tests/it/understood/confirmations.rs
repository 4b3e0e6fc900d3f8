//! A question of the interviewer's own that waits for its answer survives the engine and the
//! connection.

use super::*;
use interview::io::{Command, Output};

const STOP: &str = "Would you like to stop the interview here?";
const DELETE: &str = "I have stopped recording. Shall I delete what was recorded before?";

/// Where it is asked, what leads to it, the question, and the answer.
type Case = (fn(Arc<Guide>) -> Call, &'static str, &'static str, &'static str);

const CASES: [Case; 6] = [
    (opened, "Maybe somebody else would be better for it.", "Shall I end the call?", "Yes."),
    (opened, "Only if you don't record me.", "You would take part, but without a recording: is that right?", "Yes."),
    (opened, "Can you call me back tomorrow at six?", "Would you like to do this another time?", "Yes."),
    (at_question, "I write everything into a notebook. I have to go.", STOP, "Yes."),
    (at_question, "I write everything into a notebook. Please stop recording.", DELETE, "No."),
    (
        at_question,
        "I can't stop crying, my husband died last week.",
        "Would you like to go on with the interview?",
        "No.",
    ),
];

/// The events that follow the answer, without words and times.
fn outcome(call: &mut Call, answer: &str) -> Vec<String> {
    let before = call.events.len();
    exchange(call, answer);
    let events = call.events[before..].iter().map(|(_, event)| match event {
        Event::Said { .. } | Event::SaidBeside { .. } => event.kind().to_owned(),
        Event::Answered { response } => format!("answered {} {:?}", response.text, response.flags),
        Event::QuestionRepeated { text, .. } => format!("repeated {text}"),
        other => format!("{other:?}"),
    });
    events.collect()
}

#[test]
fn after_an_engine_died_the_same_question_is_put_and_its_answer_means_the_same() {
    for (start, text, question, answer) in CASES {
        let mut call = start(guide_with(OPEN));
        let said = exchange(&mut call, text);
        assert!(said.ends_with(question), "{text}: {said}");
        let mut again = taken_up_again(&call);
        again.hear_out();
        assert_eq!(again.last_spoken(), question, "{text}");
        assert_eq!(again.interview.state().pending, call.interview.state().pending);
        assert_eq!(outcome(&mut again, answer), outcome(&mut call, answer), "{text}");
        again.assert_replays(Settings::default());
    }
}

/// The respondent may not return to answer.
#[test]
fn who_is_cut_off_without_an_answer_has_it_deleted_and_is_not_asked_again() {
    let mut call = at_question(guide_with(OPEN));
    exchange(&mut call, "Stop recording, please.");
    call.give(Input::PeerLost);
    assert!(call.outputs.contains(&Output::DeleteRecording));
    call.wait(5_000);
    call.give(Input::Connected);
    call.hear_out();
    assert_ne!(call.last_spoken(), DELETE);
    goes_on_to_the_end(&mut call);
}

#[test]
fn who_leaves_without_an_answer_has_it_deleted() {
    let mut call = at_question(guide_with(OPEN));
    exchange(&mut call, "Stop recording, please.");
    call.command(Command::Leave);
    assert!(call.outputs.contains(&Output::DeleteRecording));
}

#[test]
fn it_is_put_again_when_it_was_not_heard_or_not_answered() {
    let mut call = at_question(guide_with(OPEN));
    exchange(&mut call, "I want to finish this interview here.");
    assert_eq!(exchange(&mut call, "Sorry, could you repeat that?"), STOP);
    let said = exchange(&mut call, "How long will this take?");
    assert_eq!(said, format!("It takes about 10 minutes in all. {STOP}"));
    call.cough(2_000);
    call.hear_out();
    assert!(call.last_spoken().ends_with(STOP), "{}", call.last_spoken());
    exchange(&mut call, "Yes.");
    assert_eq!(call.ended(), Some((EndStatus::Cancelled, Some("respondent_stopped"))));
}

#[test]
fn words_of_an_answer_that_is_not_over_survive_the_engine() {
    let mut call = at_question(guide_with(OPEN));
    call.speak("I write everything into a notebook, and");
    call.give(Input::PeerLost);
    let mut call = taken_up_again(&call);
    call.hear_out();
    exchange(&mut call, "then I copy it into the big calendar.");
    assert_eq!(stored(&call).text, "I write everything into a notebook, and then I copy it into the big calendar.");
    goes_on_to_the_end(&mut call);
}
