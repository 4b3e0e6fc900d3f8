//! Speech over the interviewer's, and sound that never stops, written as conversations.

use crate::support::{Call, GUIDE, WORK, guide};
use interview::guide::parse;
use interview::io::{Event, Ms, Output, RepeatReason};
use interview::{Interview, Settings};

const LONG: &str = "When you think of the last week, of all the mails and calls, what took most of your time?";

/// A call in which a long question is being put, of which `heard_ms` have been heard.
fn while_asked(heard_ms: Ms) -> Call {
    let text = GUIDE.replace("How do you get on with your manager?", LONG);
    let mut call = Call::new(parse(&text).unwrap().into(), Settings::default());
    call.level_db = Some(-22.0);
    call.give(interview::Input::Connected);
    for answer in ["Yes, that's fine.", "Yes.", WORK] {
        call.hear_out();
        call.say(answer);
    }
    // The answer before it is held open until the question is well begun.
    call.wait(heard_ms);
    assert!(call.now_asking() == LONG, "{}", call.now_asking());
    call
}

fn rises(call: &Call) -> usize {
    call.outputs.iter().filter(|output| **output == Output::Unduck).count()
}

#[test]
fn signs_of_listening_however_long_leave_us_speaking() {
    for text in ["Mm-hm.", "Okay.", "Yeah, yeah.", "Oh okay, I see.", "Right, okay, got it."] {
        let mut call = while_asked(2_000);
        call.speak(text);
        assert_eq!((call.stops, rises(&call)), (0, 1), "{text}");
        call.hear_out();
        assert!(call.last_spoken().ends_with(LONG), "{text}");
        assert_eq!(call.asked(), ["kind", "manager"], "{text}");
    }
}

#[test]
fn an_interruption_stops_us_while_it_goes_on() {
    let mut call = while_asked(2_000);
    let began = call.now;
    call.speak("Sorry, I have to tell you something before you go on with that.");
    assert_eq!(call.stops, 1);
    let stopped = call.spoken.len();
    let playback = call.events.iter().rev().find_map(|(at, event)| match event {
        Event::Said { interrupted: true, .. } => Some(*at),
        _ => None,
    });
    assert!(playback.is_some_and(|at| at - began <= 900), "{playback:?} of {stopped}");
}

#[test]
fn a_cough_of_two_seconds_leaves_us_speaking_and_we_come_back_up_before_it_ends() {
    let mut call = while_asked(2_000);
    call.noise_begins();
    call.wait(2_000);
    assert_eq!((call.stops, rises(&call)), (0, 1));
}

#[test]
fn words_for_somebody_else_in_the_room_leave_us_speaking() {
    let aside = |level: f32| {
        let mut call = while_asked(2_000);
        call.level_db = Some(level);
        call.speak("Not now, put it on the table.");
        call
    };
    assert_eq!(aside(-36.0).stops, 0);
    assert_eq!(aside(-24.0).stops, 1);
    let mut call = aside(-36.0);
    call.hear_out();
    assert!(call.responses().iter().all(|response| !response.text.contains("table")), "it answers nothing");
    // A request is meant for the interviewer.
    let mut call = while_asked(2_000);
    call.level_db = Some(-40.0);
    call.speak("Wait a moment, please.");
    assert_eq!(call.stops, 1);
}

#[test]
fn who_was_stopped_for_nothing_goes_on_at_the_clause_that_was_heard() {
    // "When you think of the last week, of all …"
    let mut call = while_asked(2_000);
    call.speak("Right, okay, okay, I see, yeah.");
    assert_eq!(call.stops, 1, "so long a sign of listening is taken for more");
    let cut = call.last_spoken().to_owned();
    call.wait(200);
    let rest = call.now_asking().to_owned();
    assert!(LONG.ends_with(&rest) && rest.starts_with("of all the mails"), "{cut} | {rest}");
    call.hear_out();
    assert_eq!(call.asked(), ["kind", "manager"]);
    assert!(!call.events.iter().any(|(_, event)| matches!(event, Event::QuestionRepeated { .. })), "not asked again");
    call.say("The mails of two shops took most of it.");
    call.hear_out();
    assert_eq!(call.response("manager").text, "The mails of two shops took most of it.");
    assert_eq!(call.response("manager").question_text, LONG);
    call.assert_replays(Settings::default());
}

#[test]
fn a_greeting_that_was_stopped_for_nothing_goes_on_and_is_no_consent() {
    let mut call = Call::new(guide(), Settings::default());
    call.give(interview::Input::Connected);
    call.wait(1_500);
    call.speak("Right, okay, okay, I see, yeah.");
    call.wait(200);
    assert_eq!(call.stops, 1);
    assert!(call.now_asking().contains("take part"), "{}", call.now_asking());
    assert!(!call.playing.as_ref().unwrap().lines.iter().any(|line| line.contains("Hello")), "{:?}", call.playing);
    assert_eq!(call.interview.state().consent, None);
}

#[test]
fn a_respondent_who_pauses_long_is_waited_for_longer() {
    let decided = |pauses: [Ms; 4]| {
        let mut call = Call::begun();
        for pause in pauses {
            call.speak("It was the year in which we moved to Leeds because");
            call.wait(pause);
        }
        call.say("the rents were lower there than anywhere else.");
        call.hear_out();
        call.say("She leaves me alone.");
        let response = call.response("kind").clone();
        assert_eq!(response.endpointing.pauses.len(), 4, "{response:?}");
        call.hear_out();
        let response = call.responses().last().map(|r| (r.text.clone(), r.endpointing.clone())).unwrap();
        assert_eq!(response.0, "She leaves me alone.");
        call.assert_replays(Settings::default());
        response.1.decided_ms - response.1.speech_end_ms
    };
    let (quick, slow) = (decided([100; 4]), decided([1_000; 4]));
    assert!(quick < slow && slow <= 2 * quick + 1_000, "{quick} {slow}");
}

#[test]
fn sound_that_never_stops_is_spoken_about_twice_at_most_and_does_not_mute_us() {
    let mut call = Call::begun();
    call.noise_begins();
    call.wait(19_000);
    assert!(call.playing.is_none());
    call.wait(2_000);
    let noise = "I hear a lot of sound";
    assert!(call.playing.as_ref().is_some_and(|p| p.lines[0].starts_with(noise)), "{:?}", call.playing);
    assert_eq!(call.now_asking(), "What kind of work do you do?");
    call.wait(600_000);
    assert_eq!(call.spoken.iter().filter(|said| said.contains(noise)).count(), 2);
    assert!(call.ended().is_some(), "nobody can be heard: {:?} {:?}", call.spoken, call.kinds());
    assert_eq!(call.stops, 0);
}

#[test]
fn answers_are_heard_through_sound_that_never_stops() {
    let mut call = Call::begun();
    call.noise_begins();
    call.wait(21_000);
    call.hear_out();
    call.speak_through_noise(WORK);
    call.wait(9_000);
    assert_eq!(call.response("kind").text, WORK);
    assert_eq!(call.asked(), ["kind", "manager"]);
    call.hear_out();
    call.speak_through_noise("She is patient with my invoices.");
    call.wait(9_000);
    assert_eq!(call.response("manager").text, "She is patient with my invoices.");
    call.assert_replays(Settings::default());
}

#[test]
fn at_the_hard_limit_what_was_said_is_kept() {
    let settings = Settings { timeout_ms: 60_000, ..Settings::default() };
    let mut call = Call::around(Interview::new(guide(), settings), 0);
    call.give(interview::Input::Connected);
    for answer in ["Yes, that's fine.", "Yes."] {
        call.hear_out();
        call.say(answer);
    }
    call.hear_out();
    call.noise_begins();
    // Somebody talks without a pause to the end of the time, and beyond it.
    call.speak_through_noise(&"and then I go on with the next one ".repeat(60));
    call.wait(200_000);
    assert!(call.ended().is_some());
    let kept = call.response("kind");
    assert!(kept.text.split(' ').count() > 200, "{}", kept.text);
    assert_eq!(kept.flags, ["cut_short"]);
}

#[test]
fn a_real_interruption_still_has_the_question_put_again() {
    let mut call = while_asked(2_000);
    call.speak("Sorry, my name is Olivia and not Olive.");
    call.wait(4_000);
    assert!(
        call.events
            .iter()
            .any(|(_, event)| matches!(event, Event::QuestionRepeated { reason: RepeatReason::Resumed, .. })),
        "{:?}",
        call.kinds()
    );
    assert_eq!(call.now_asking(), LONG);
}
