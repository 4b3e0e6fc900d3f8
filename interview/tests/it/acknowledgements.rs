//! What is said between an answer and the next question.

use interview::Settings;
use interview::io::Output;

use crate::support::{Call, WORK};

/// The lines of the last utterance.
fn said(call: &Call) -> Vec<String> {
    let said = call.outputs.iter().rev().find_map(|output| match output {
        Output::Speak { lines, .. } => Some(lines.iter().map(|line| line.text.clone()).collect()),
        _ => None,
    });
    said.expect("something was said")
}

const LONG: &str = "He comes by every other week, and otherwise he leaves me alone, which suits me well, because I \
                    know the clients and he knows that I do.";

#[test]
fn a_short_answer_is_followed_by_the_question_itself() {
    let mut call = Call::begun();
    call.say(WORK);
    assert_eq!(said(&call), ["How do you get on with your manager?"], "{WORK}");
    call.hear_out();
    call.say("Well enough, he leaves me alone.");
    let lines = said(&call);
    assert_eq!(lines.len(), 1, "{lines:?}");
}

#[test]
fn a_long_answer_is_acknowledged_in_other_words_each_time() {
    let mut call = Call::begun_with(Settings { max_follow_ups: 0, ..Settings::default() });
    let mut acknowledged = Vec::new();
    for _ in 0..3 {
        call.say(LONG);
        let lines = said(&call);
        assert_eq!(lines.len(), 2, "{lines:?}");
        acknowledged.push(lines[0].clone());
        call.hear_out();
    }
    assert!(acknowledged.windows(2).all(|pair| pair[0] != pair[1]), "{acknowledged:?}");
}

#[test]
fn somebody_who_gives_no_answer_is_told_that_this_is_fine() {
    let mut call = Call::begun();
    call.say("I'd rather not say.");
    assert_eq!(said(&call), ["That's fine.", "How do you get on with your manager?"]);
}
