//! Follow-ups that a model words. They are waited for without silence, checked, and never more than
//! the guide allows.

use interview::followup::check::Unfit;
use interview::io::{CallState, Event, Ms, Notice};
use interview::{Output, Settings};

use crate::support::{Call, WORK};

const GOOD: &str = "Which of these shops and restaurants take most of your time?";

fn thinking() -> Call {
    let mut call = Call::begun();
    call.templates = false;
    call.say(WORK);
    call
}

fn rejections(call: &Call) -> Vec<(Unfit, &str)> {
    call.events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::ProposalRejected { reason, source, .. } => Some((*reason, source.as_str())),
            _ => None,
        })
        .collect()
}

fn last_asked(call: &Call) -> (&str, Option<&str>) {
    let asked = call.events.iter().rev().find_map(|(_, event)| match event {
        Event::QuestionAsked { text, source, .. } => Some((text.as_str(), source.as_deref())),
        _ => None,
    });
    asked.unwrap()
}

fn covers(call: &Call) -> usize {
    call.outputs.iter().filter(|output| matches!(output, Output::Speak { covers: true, .. })).count()
}

#[test]
fn the_wait_for_a_model_is_covered_and_its_question_follows() {
    let mut call = thinking();
    assert_eq!(call.playing.as_ref().map(|playing| playing.lines.len()), Some(1), "an acknowledgement alone");
    assert_eq!(covers(&call), 1);
    let within = call.asked_for.as_ref().unwrap().1.within_ms;
    assert!((2_000..=2_500).contains(&within), "{within}");
    call.propose(&[GOOD]);
    call.hear_out();
    call.hear_out();
    assert_eq!(last_asked(&call), (GOOD, Some("some-model")));
    assert_eq!(call.last_spoken(), GOOD, "it is not acknowledged twice");
    assert_eq!(call.overlaps, 0);
    call.assert_replays(Settings::default());
}

#[test]
fn a_model_that_never_answers_costs_the_deadline_and_no_more() {
    let mut call = Call::begun();
    call.templates = false;
    call.speak(WORK);
    let end = call.responses().len();
    let spoke: Ms = call.now;
    // The words ended a little before `now`.
    call.wait(2_500);
    let begun = call.outputs.iter().filter(|output| matches!(output, Output::Speak { .. })).count();
    call.hear_out();
    assert_eq!(call.responses().len(), end + 1);
    assert!(call.events.iter().any(|(at, event)| matches!(event, Event::Answered { .. }) && *at < spoke + 4_000));
    assert!(begun >= 2, "covered, then asked");
    assert_ne!(last_asked(&call).1, Some("some-model"));
}

#[test]
fn speech_over_the_cover_belongs_to_the_answer() {
    let mut call = thinking();
    call.wait(150);
    call.speak("And on Fridays I teach accounting at a college nearby");
    call.wait(1_200);
    call.propose(&["What do you teach about accounting?"]);
    call.hear_out();
    call.hear_out();
    assert_eq!(call.responses().len(), 1);
    let text = &call.response("kind").text;
    assert!(text.starts_with("I keep the books") && text.ends_with("college nearby"), "{text}");
    assert_eq!(last_asked(&call).1, Some("some-model"));
    call.assert_replays(Settings::default());
}

#[test]
fn a_cough_over_the_cover_changes_nothing() {
    let mut call = thinking();
    call.cough(100);
    call.propose(&[GOOD]);
    call.hear_out();
    call.hear_out();
    assert_eq!(last_asked(&call).0, GOOD);
    assert_eq!(call.responses().len(), 1);
}

#[test]
fn the_first_fit_proposal_is_asked_and_the_unfit_before_it_are_told_once() {
    let mut call = thinking();
    call.propose(&[
        "Don't you think shops are awful?",
        "What do you think of the moon?",
        GOOD,
        "What is your password?",
    ]);
    call.hear_out();
    call.hear_out();
    assert_eq!(last_asked(&call).0, GOOD);
    assert_eq!(rejections(&call), [(Unfit::Leading, "some-model"), (Unfit::OffTopic, "some-model")]);
    call.assert_replays(Settings::default());
}

#[test]
fn with_nothing_fit_the_interview_goes_on() {
    let mut call = thinking();
    call.propose(&["What is your password?"]);
    call.hear_out();
    call.hear_out();
    assert_eq!(call.asked(), ["kind", "manager"]);
    assert_eq!(rejections(&call).len(), 1);
}

#[test]
fn the_guides_limit_holds_for_models_too() {
    let mut call = thinking();
    call.propose(&[GOOD]);
    call.hear_out();
    call.hear_out();
    call.asked_for = None;
    call.say("The restaurants, because they pay their suppliers in cash and lose half the receipts.");
    assert!(call.asked_for.is_none(), "`kind` may have one follow-up");
    call.hear_out();
    assert_eq!(call.asked(), ["kind", "manager"]);
}

#[test]
fn the_page_sees_what_happens() {
    let mut call = thinking();
    call.propose(&[GOOD]);
    call.hear_out();
    let states: Vec<CallState> = call
        .notices()
        .filter_map(|notice| if let Notice::State { value, .. } = notice { Some(*value) } else { None })
        .collect();
    let turn = [CallState::Thinking, CallState::Speaking, CallState::Thinking, CallState::Speaking];
    assert!(states.windows(4).any(|window| window == turn), "{states:?}");
}
