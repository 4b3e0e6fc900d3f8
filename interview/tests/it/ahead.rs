//! What is synthesised while something is said, and how long the page shows that the opening is
//! being prepared.

use interview::io::{CallState, Input, Notice, Output};
use interview::{Interview, Settings};

use crate::support::{Call, WORK, guide};

/// The lines of the last utterance, and those that are synthesised meanwhile.
fn last_said(call: &Call) -> (Vec<String>, Vec<String>) {
    let said = call.outputs.iter().rev().find_map(|output| match output {
        Output::Speak { lines, ahead, .. } => {
            Some((lines.iter().map(|line| line.text.clone()).collect(), ahead.clone()))
        }
        _ => None,
    });
    said.expect("something was said")
}

fn opened(settings: Settings) -> Call {
    let mut call = Call::new(guide(), settings);
    call.give(Input::Connected);
    call
}

#[test]
fn the_first_question_is_made_ready_while_the_opening_is_said() {
    let mut call = opened(Settings { respondent_name: Some("Dana".into()), ..Settings::default() });
    let (opening, ahead) = last_said(&call);
    assert_eq!(opening[0], "Hello, Dana.", "the name stands alone: the rest is the same for everybody");
    assert_eq!(opening.last().unwrap(), "Would you like to take part?");
    let first = "What kind of work do you do?";
    assert_eq!(ahead, ["Thank you.", "May I record this conversation?", "Let's begin.", first]);
    call.hear_out();
    call.say("Yes, that's fine.");
    assert_eq!(last_said(&call).1, ["Let's begin.", first, "Alright, nothing is recorded."]);
}

#[test]
fn where_recording_is_not_asked_for_the_first_question_follows_at_once() {
    let mut call = opened(Settings { recording: false, ..Settings::default() });
    let first = "What kind of work do you do?";
    assert_eq!(last_said(&call).1, ["Let's begin.", first]);
    call.hear_out();
    call.say("Yes, that's fine.");
    assert_eq!(last_said(&call).0, ["Let's begin.", first]);
}

#[test]
fn one_line_stands_between_consent_and_the_first_question() {
    for (answer, line) in [("Yes.", "Let's begin."), ("No.", "Alright, nothing is recorded.")] {
        let mut call = opened(Settings::default());
        call.hear_out();
        call.say("Yes, that's fine.");
        call.hear_out();
        call.say(answer);
        assert_eq!(last_said(&call).0, [line, "What kind of work do you do?"]);
    }
}

#[test]
fn the_next_question_is_made_ready_while_one_is_put_and_everything_so_made_is_scripted() {
    let mut call = Call::begun();
    assert_eq!(last_said(&call).1[0], "How do you get on with your manager?", "the one after the first");
    call.say(WORK);
    assert_eq!(call.now_asking(), "How do you get on with your manager?");
    assert_eq!(last_said(&call).1[0], "What does a usual day look like?");
    // What is said between them is what was synthesised for it.
    let mut ahead = Vec::new();
    for answer in ["He leaves me alone, mostly, and that is good.", WORK, "Eight.", "By email."] {
        call.hear_out();
        ahead = last_said(&call).1;
        let follow_up = ahead.contains(&"What bothers you most about them?".to_owned());
        assert_eq!(follow_up, answer == "Eight.", "the guide's own follow-ups are those of the question at hand");
        call.say(answer);
        assert!(ahead.contains(&last_said(&call).0[0]), "{ahead:?}: {:?}", last_said(&call).0);
    }
    assert!(ahead[0].ends_with("Goodbye."), "{ahead:?}");
    let scripted = call.interview.scripted_texts();
    for output in &call.outputs {
        if let Output::Speak { ahead, .. } = output {
            assert!(ahead.iter().all(|text| scripted.contains(text)), "{ahead:?}");
        }
    }
}

#[test]
fn the_page_says_preparing_until_the_opening_is_heard() {
    fn states(outputs: &[Output]) -> Vec<CallState> {
        let state = |output: &Output| match output {
            Output::Notify(Notice::State { value, .. }) => Some(*value),
            _ => None,
        };
        outputs.iter().filter_map(state).collect()
    }
    let mut interview = Interview::new(guide(), Settings::default());
    let outputs = interview.handle(0, Input::Connected);
    assert_eq!(states(&outputs), [CallState::Preparing]);
    let utterance = outputs.iter().find_map(|output| match output {
        Output::Speak { utterance, .. } => Some(*utterance),
        _ => None,
    });
    let utterance = utterance.expect("the opening is wanted at once");
    // The state stays the same, however long synthesis takes.
    assert_eq!(states(&interview.handle(20_000, Input::Timer)), []);
    assert_eq!(states(&interview.handle(21_000, Input::PlaybackStarted { utterance })), [CallState::Speaking]);
}

#[test]
fn the_machine_is_the_respondents_from_the_end_of_what_is_said_to_the_next_word() {
    let mut call = opened(Settings::default());
    assert!(!call.interview.is_attentive(), "the opening is being made, or said");
    call.hear_out();
    assert!(call.interview.is_attentive(), "an answer may begin at any time");
    call.say("Yes, that's fine.");
    assert!(call.playing.is_some() && !call.interview.is_attentive());
    call.give(Input::SpeechStarted { at: call.now });
    assert!(call.interview.is_attentive(), "somebody speaks over us");
    call.give(Input::PeerLost);
    assert!(!call.interview.is_attentive(), "nobody is there");
}
