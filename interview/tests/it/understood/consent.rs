//! Consent to take part and to be recorded: no refusal is taken for a yes, and no friendly yes for
//! a refusal.

use super::*;
use interview::io::{Output, Postponement, When};

const REFUSALS: [&str; 6] = [
    "I wouldn't be okay with that.",
    "I cannot agree to that.",
    "That isn't okay with me.",
    "I'm fine, thanks.",
    "No, that's fine.",
    "I'd rather you didn't.",
];

const FRIENDLY: [&str; 6] = [
    "Sure, why not.",
    "I'd love to.",
    "Sounds good.",
    "No worries.",
    "No problem at all.",
    "Yes, of course, go ahead.",
];

#[test]
fn a_refusal_to_take_part_ends_the_call_plainly_or_confirmed() {
    for refusal in REFUSALS {
        let mut call = opened(guide_with(OPEN));
        let said = exchange(&mut call, refusal);
        if !call.hung_up {
            assert_eq!(said, "Shall I end the call?", "{refusal}");
            exchange(&mut call, "Yes.");
        }
        assert_eq!(call.last_spoken(), "That's no problem. Nothing you said has been kept. Goodbye.", "{refusal}");
        assert_eq!(call.ended(), Some((EndStatus::Cancelled, Some("consent_declined"))), "{refusal}");
        let given = one(&call, |event| match event {
            Event::ConsentAnswered { recording: false, given } => Some(*given),
            _ => None,
        });
        assert_eq!(given, Some(false), "{refusal}");
        assert!(call.events.iter().all(|(_, event)| !event.is_personal()), "{refusal}");
        assert!(!call.outputs.contains(&Output::StartRecording), "{refusal}");
        call.assert_replays(Settings::default());
    }
}

#[test]
fn a_refusal_that_was_none_goes_back_to_the_question() {
    let mut call = opened(guide_with(OPEN));
    assert_eq!(exchange(&mut call, "Maybe somebody else would be better for it."), "Shall I end the call?");
    let said = exchange(&mut call, "No.");
    assert!(said.ends_with("Would you like to take part in this interview?"), "{said}");
    exchange(&mut call, "Yes.");
    exchange(&mut call, "Yes.");
    goes_on_to_the_end(&mut call);
}

#[test]
fn a_refusal_to_be_recorded_leaves_the_interview_unrecorded() {
    for refusal in REFUSALS {
        let mut call = at_recording(guide_with(OPEN));
        let said = exchange(&mut call, refusal);
        assert!(said.starts_with("Alright, nothing is recorded."), "{refusal}: {said}");
        assert_eq!(call.interview.state().recording, Some(false), "{refusal}");
        assert!(!call.outputs.contains(&Output::StartRecording), "{refusal}");
        goes_on_to_the_end(&mut call);
    }
}

#[test]
fn a_friendly_yes_is_one() {
    for yes in FRIENDLY {
        let mut call = opened(guide_with(OPEN));
        let said = exchange(&mut call, yes);
        assert_eq!(said, "Thank you. May I record this conversation?", "{yes}");
        exchange(&mut call, yes);
        assert!(call.outputs.contains(&Output::StartRecording), "{yes}");
        goes_on_to_the_end(&mut call);
    }
}

#[test]
fn a_yes_with_a_worry_is_asked_again_and_ends_nothing() {
    let mut call = opened(guide_with(OPEN));
    let said = exchange(&mut call, "Okay, but I don't have much time.");
    assert_eq!(call.interview.state().consent, None);
    // In doubt it is asked about, in one way or the other.
    if said == "Shall I end the call?" {
        exchange(&mut call, "No.");
    }
    assert!(call.last_spoken().contains("ould you like to take part"), "{}", call.last_spoken());
    exchange(&mut call, "Yes.");
    exchange(&mut call, "Yes.");
    goes_on_to_the_end(&mut call);
}

#[test]
fn a_yes_without_a_recording_answers_both_questions() {
    let mut call = opened(guide_with(OPEN));
    let said = exchange(&mut call, "Yes, but don't record.");
    assert!(said.starts_with("Alright, nothing is recorded."), "{said}");
    assert!(!call.outputs.contains(&Output::StartRecording));
    goes_on_to_the_end(&mut call);
}

#[test]
fn a_condition_about_recording_is_named_and_confirmed() {
    for condition in ["I'd do it if it isn't recorded.", "Only if you don't record me."] {
        let mut call = opened(guide_with(OPEN));
        let said = exchange(&mut call, condition);
        assert_eq!(said, "You would take part, but without a recording: is that right?", "{condition}");
        assert_eq!(call.interview.state().consent, None);
        exchange(&mut call, "Yes, that's right.");
        assert_eq!((call.interview.state().consent, call.interview.state().recording), (Some(true), Some(false)));
        assert!(!call.outputs.contains(&Output::StartRecording));
        goes_on_to_the_end(&mut call);
    }
}

#[test]
fn a_yes_of_uncertain_words_is_asked_again() {
    let mut call = opened(guide_with(OPEN));
    call.confidence = 0.5;
    let said = exchange(&mut call, "Yes.");
    assert_eq!(said, "I'm not sure that I heard you rightly. Would you like to take part?");
    assert_eq!(call.interview.state().consent, None);
    call.confidence = 0.95;
    exchange(&mut call, "Yes.");
    call.confidence = 0.5;
    let said = exchange(&mut call, "Yes.");
    assert_eq!(said, "I'm not sure that I heard you rightly. May I record this conversation?");
    // Two unclear replies are no clear yes, so the interview continues unrecorded.
    exchange(&mut call, "Yes.");
    assert_eq!(call.interview.state().recording, Some(false));
    assert!(!call.outputs.contains(&Output::StartRecording));
    call.confidence = 0.95;
    goes_on_to_the_end(&mut call);
}

#[test]
fn another_time_is_confirmed_and_only_the_time_is_kept() {
    let six = Some(When::Day { days: 1, minute_of_day: Some(18 * 60) });
    let cases = [
        ("Call me later.", "Yes, please.", None),
        ("Can you call me back tomorrow?", "Yes.", Some(When::Day { days: 1, minute_of_day: None })),
        ("Can you call me back tomorrow at six?", "Yes.", six),
        ("Can you call me back later?", "Yes, tomorrow at six.", six),
    ];
    for (wish, reply, time) in cases {
        let mut call = opened(guide_with(OPEN));
        assert_eq!(exchange(&mut call, wish), "Would you like to do this another time?", "{wish}");
        let said = exchange(&mut call, reply);
        assert_eq!(said, "Of course, another time. You can use the same link then. Goodbye.", "{reply}");
        let postponed = one(&call, |event| match event {
            Event::Postponed { reason, until } => Some((*reason, *until)),
            _ => None,
        });
        assert_eq!(postponed, Some((Postponement::CallbackRequested, time)), "{wish} {reply}");
        assert!(call.hung_up && call.ended().is_none());
        assert!(call.events.iter().all(|(_, event)| !event.is_personal()), "{:?}", call.kinds());
        // The next joining begins again.
        let mut call = taken_up_again(&call);
        call.hear_out();
        assert!(call.last_spoken().starts_with("Hello."), "{}", call.last_spoken());
        exchange(&mut call, "Yes.");
        exchange(&mut call, "Yes.");
        goes_on_to_the_end(&mut call);
    }
}

#[test]
fn a_child_is_asked_for_a_grown_up_who_is_asked_everything() {
    let mut call = opened(guide_with(OPEN));
    let said = exchange(&mut call, "My mommy is in the shower, I'm six.");
    assert_eq!(said, "Thank you for picking up. I need to speak with a grown-up for this. Is there one with you?");
    assert_eq!(count(&call, "concern_raised"), 1);
    assert_eq!(exchange(&mut call, "Yes."), "Good. I will wait.");
    call.wait(9_000);
    let said = exchange(&mut call, "Hello?");
    assert!(said.starts_with("Hello. I am an automated interviewer."), "{said}");
    assert_eq!(call.interview.state().consent, None);
    exchange(&mut call, "Yes.");
    exchange(&mut call, "Yes.");
    goes_on_to_the_end(&mut call);
}
