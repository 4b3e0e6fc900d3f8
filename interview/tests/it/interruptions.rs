//! Who has the floor: interruptions, lost connections and pauses, written as conversations.

use crate::support::{Call, WORK, guide};
use interview::io::{CallState, Command, EndStatus, Event, Input, Notice, Output, PauseReason, RepeatReason};
use interview::{Interview, Settings};

#[test]
fn an_interruption_near_the_end_of_a_question_is_its_answer() {
    let mut call = Call::begun();
    call.say(WORK);
    let playing = call.playing.clone().unwrap();
    let length = playing.lines.join(" ").len() as u64 * 60;
    call.wait(length - 700);
    call.say("Marta leaves me alone, and she signs the payroll without questions.");
    assert_eq!(call.stops, 1);
    call.hear_out();
    assert!(call.outputs.contains(&Output::Duck));
    assert_eq!(call.response("manager").text, "Marta leaves me alone, and she signs the payroll without questions.");
    assert_eq!(call.asked().iter().filter(|id| **id == "manager").count(), 1);
}

#[test]
fn an_interruption_at_the_beginning_brings_the_question_again_and_loses_no_word() {
    let mut call = Call::begun();
    call.say(WORK);
    // The question has been heard for long enough to be put, but for too short a time to be answered.
    call.wait(720);
    call.say("Also I paint houses.");
    assert_eq!(call.now_asking(), "How do you get on with your manager?");
    call.hear_out();
    call.say("Well enough, Marta is patient with my invoices.");
    call.hear_out();
    assert!(
        call.events.iter().any(|(_, e)| matches!(e, Event::QuestionRepeated { reason: RepeatReason::Resumed, .. }))
    );
    assert!(call.response("manager").text.contains("paint houses"), "{}", call.response("manager").text);
    assert_eq!(call.asked().iter().filter(|id| **id == "manager").count(), 1);
}

#[test]
fn words_over_a_question_that_has_hardly_begun_still_belong_to_the_answer_before() {
    let mut call = Call::begun();
    call.say(WORK);
    let answer = call.spoken.len();
    call.wait(500);
    call.say("Also I paint houses.");
    call.hear_out();
    assert!(call.spoken.len() > answer, "the question is put again, in full");
    assert!(call.response("kind").text.ends_with("Also I paint houses."), "{}", call.response("kind").text);
    assert_eq!(call.asked().iter().filter(|id| **id == "manager").count(), 1);
    call.assert_replays(Settings::default());
}

#[test]
fn words_right_after_an_answer_still_belong_to_it() {
    let mut call = Call::begun();
    call.say("I keep the books for eleven small shops around Leeds.");
    assert!(call.playing.is_some());
    call.wait(100);
    call.say("And for two restaurants in Bradford.");
    call.hear_out();
    assert_eq!(
        call.response("kind").text,
        "I keep the books for eleven small shops around Leeds. And for two restaurants in Bradford."
    );
    assert_eq!(call.responses().len(), 1);
}

#[test]
fn a_back_channel_or_a_cough_leaves_us_speaking() {
    let mut call = Call::begun();
    call.say(WORK);
    call.wait(900);
    call.speak("Okay.");
    assert_eq!(call.stops, 0);
    assert!(call.outputs.contains(&Output::Unduck));
    call.hear_out();
    call.cough(200);
    assert!(call.playing.is_none());
    assert_eq!(call.asked(), ["kind", "manager"]);
    assert!(call.kinds().contains(&"not_understood"));
}

/// Why the page shows a pause, if that is the last state that it was told.
fn paused(call: &Call) -> Option<PauseReason> {
    let states = call.notices().filter_map(|notice| match notice {
        Notice::State { value, reason } => Some((*value, *reason)),
        _ => None,
    });
    states.last().filter(|(value, _)| *value == CallState::Paused).and_then(|(_, reason)| reason)
}

#[test]
fn a_lost_peer_pauses_the_clock_and_the_same_asking_is_taken_up() {
    let mut call = Call::begun();
    call.say(WORK);
    call.hear_out();
    call.give(Input::PeerLost);
    assert_eq!(paused(&call), Some(PauseReason::ConnectionLost));
    call.playing = None;
    call.wait(1_000_000);
    assert_eq!(call.ended(), None);
    call.give(Input::Connected);
    assert_eq!(call.now_asking(), "How do you get on with your manager?");
    assert_eq!(call.asked(), ["kind", "manager"]);
    call.assert_replays(Settings::default());

    // The same from the log alone, on another machine.
    let events = call.events.clone();
    let again = Interview::replay(guide(), Settings::default(), events.iter().map(|(at, e)| (*at, e)));
    let mut resumed = Call::around(again, call.now);
    resumed.give(Input::Connected);
    assert_eq!(resumed.now_asking(), "How do you get on with your manager?");
    assert!(resumed.asked().is_empty());
}

#[test]
fn words_before_a_loss_belong_to_the_answer_and_come_once() {
    let mut call = Call::begun();
    call.speak("I keep the books for");
    assert!(call.playing.is_none(), "the pause is no end");
    call.give(Input::PeerLost);
    call.wait(10_000);
    // The same leg returns, with an endpointer that has heard everything.
    call.give(Input::Connected);
    call.hear_out();
    call.say("three small shops in the old town.");
    call.hear_out();
    assert_eq!(call.response("kind").text, "I keep the books for three small shops in the old town.");
    assert_eq!(call.asked()[0], "kind");
    call.assert_replays(Settings::default());
}

#[test]
fn what_was_being_said_when_the_peer_was_lost_is_not_said_on() {
    let mut call = Call::begun();
    call.say(WORK);
    assert!(call.playing.is_some());
    call.give(Input::PeerLost);
    assert!(call.playing.is_none(), "nobody hears it");
    call.give(Input::Connected);
    assert_eq!(call.overlaps, 0);
    assert!(call.playing.is_some());
}

#[test]
fn pausing_and_leaving_on_command() {
    let mut call = Call::begun();
    call.command(Command::Pause);
    assert_eq!(paused(&call), Some(PauseReason::Requested));
    call.wait(100_000);
    assert!(call.playing.is_none());
    call.command(Command::Resume);
    assert_eq!(call.now_asking(), "What kind of work do you do?");
    call.hear_out();
    call.speak("I keep books and");
    call.command(Command::Leave);
    assert_eq!(call.ended(), Some((EndStatus::Cancelled, Some("respondent_left"))));
    assert_eq!(call.response("kind").text, "I keep books and");
    assert_eq!(call.response("kind").flags, ["cut_short"]);
    assert!(call.hung_up);
}

/// The contract's table of status reasons: whoever ends the interview, the required questions
/// decide.
#[test]
fn an_interview_that_is_ended_early_is_complete_if_all_that_is_required_was_answered() {
    for (required, status) in [(true, EndStatus::Completed), (false, EndStatus::Cancelled)] {
        let text = format!(
            "{{name: G, research_objective: O, sections: [{{section_name: S, questions: [\
             {{id: first, text: 'What kind of work do you do?', required: {required}, max_follow_ups: 0}}, \
             {{id: second, text: 'What does a usual day look like?'}}]}}]}}"
        );
        for (command, reason) in [(Command::Cancel, "cancelled"), (Command::Leave, "respondent_left")] {
            let guide = std::sync::Arc::new(interview::guide::parse(&text).unwrap());
            let mut call = Call::new(guide, Settings { recording: false, ..Settings::default() });
            call.give(Input::Connected);
            call.hear_out();
            for answer in ["Yes, that's fine.", WORK] {
                call.say(answer);
                call.hear_out();
            }
            assert_eq!(call.asked(), ["first", "second"]);
            call.command(command);
            assert_eq!(call.ended(), Some((status, Some(reason))), "required: {required}");
        }
    }
}

#[test]
fn a_hesitant_pause_is_not_cut_off() {
    let mut call = Call::begun();
    call.speak("I keep the books because");
    call.wait(2_000);
    assert!(call.playing.is_none(), "cut off after a hanging word");
    call.say("my father did and somebody had to, in a town of nine hundred people.");
    call.hear_out();
    assert!(call.response("kind").text.contains("because my father did"));
}

#[test]
fn a_voice_that_fails_does_not_stall_the_call() {
    let mut call = Call::begun();
    call.say(WORK);
    let playing = call.playing.take().unwrap();
    call.give(Input::PlaybackStopped { utterance: playing.id, heard: String::new() });
    call.wait(9_000);
    assert_eq!(call.asked(), ["kind", "manager"]);
    assert!(call.now_asking().contains("manager") || call.last_spoken().contains("manager"));
}
