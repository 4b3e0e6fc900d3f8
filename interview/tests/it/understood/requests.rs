//! Requests of respondents: each is carried out and acknowledged, and no part of an answer is lost
//! to it.

use super::*;
use interview::io::{Output, Postponement, When};
use interview::understanding::{AnswerClass, Concern};

#[test]
fn stopping_that_is_plain_ends_the_call() {
    let mut call = at_question(guide_with(OPEN));
    let said = exchange(&mut call, "I have to go.");
    assert_eq!(said, "Of course, we can stop here. Thank you for your time. Goodbye.");
    assert_eq!(call.ended(), Some((EndStatus::Cancelled, Some("respondent_stopped"))));
}

#[test]
fn stopping_that_is_not_plain_is_confirmed() {
    for text in ["I think I've had enough of these questions now.", "I want to finish this interview here."] {
        let mut call = at_question(guide_with(OPEN));
        assert_eq!(exchange(&mut call, text), "Would you like to stop the interview here?", "{text}");
        let said = exchange(&mut call, "No, go on.");
        assert_eq!(said, "Let's go on. How do you keep track of your work?", "{text}");
        exchange(&mut call, text);
        exchange(&mut call, "Yes.");
        assert_eq!(call.ended(), Some((EndStatus::Cancelled, Some("respondent_stopped"))), "{text}");
        assert!(call.responses().is_empty(), "{text}");
    }
}

#[test]
fn what_was_said_in_the_same_breath_as_stopping_is_kept() {
    let mut call = at_question(guide_with(OPEN));
    let said = exchange(&mut call, "I write everything into a notebook. I have to go.");
    assert_eq!(said, "Would you like to stop the interview here?");
    exchange(&mut call, "Yes.");
    assert_eq!(call.ended(), Some((EndStatus::Cancelled, Some("respondent_stopped"))));
    assert_eq!(stored(&call).text, "I write everything into a notebook.");
    assert_eq!(
        (stored(&call).flags.as_slice(), stored(&call).class),
        (&["cut_short".to_owned()][..], AnswerClass::Partly)
    );
    assert!(!stored(&call).is_complete);
}

#[test]
fn what_is_said_instead_of_a_yes_or_no_belongs_to_the_answer() {
    let mut call = at_question(guide_with(OPEN));
    exchange(&mut call, "I want to finish this interview here.");
    let said = exchange(&mut call, "I keep a list of all the jobs in my diary.");
    assert_eq!(said, "Let's go on. How do you keep track of your work?");
    exchange(&mut call, "And on my phone.");
    assert_eq!(stored(&call).text, "I keep a list of all the jobs in my diary. And on my phone.");
    goes_on_to_the_end(&mut call);
}

#[test]
fn thinking_is_waited_for() {
    for text in ["Wait a moment.", "Let me think about that for a bit."] {
        let mut call = at_question(guide_with(OPEN));
        call.speak(text);
        call.wait(15_000);
        assert!(call.playing.is_none(), "{text}: {:?}", call.playing);
        exchange(&mut call, PLAIN);
        assert_eq!(stored(&call).text, PLAIN, "{text}");
        goes_on_to_the_end(&mut call);
    }
}

#[test]
fn another_time_in_the_middle_keeps_what_was_said_and_the_question() {
    let mut call = at_question(guide_with(OPEN));
    let said = exchange(&mut call, "I write everything into a notebook. Can you call me back tomorrow?");
    assert_eq!(said, "Would you like to do this another time?");
    exchange(&mut call, "Yes.");
    let tomorrow = Some(When::Day { days: 1, minute_of_day: None });
    let postponed = Event::Postponed { reason: Postponement::CallbackRequested, until: tomorrow };
    assert!(call.events.iter().any(|(_, event)| *event == postponed));
    assert!(call.hung_up && call.ended().is_none());
    let mut call = taken_up_again(&call);
    call.hear_out();
    assert_eq!(call.last_spoken(), "Let's go on. How do you keep track of your work?");
    exchange(&mut call, "And on the wall.");
    assert_eq!(stored(&call).text, "I write everything into a notebook. And on the wall.");
    goes_on_to_the_end(&mut call);
}

#[test]
fn an_answer_that_was_not_meant_to_be_given_is_struck() {
    for text in ["I didn't mean to say that.", "Please delete what I just said."] {
        let mut call = at_question(guide_with(OPEN));
        exchange(&mut call, "My boss writes down my hours and steals them.");
        let said = exchange(&mut call, text);
        assert_eq!(said, format!("I have struck that out. {AFTER}"), "{text}");
        assert_eq!(
            one(&call, |event| match event {
                Event::AnswerStruck { asking } => Some(*asking),
                _ => None,
            }),
            Some(1)
        );
        let kept = &call.interview.state().responses[0];
        assert!(kept.text.is_empty() && kept.words.is_empty() && kept.flags == ["struck"], "{text}");
        assert_eq!(kept.class, AnswerClass::None);
        goes_on_to_the_end(&mut call);
    }
}

#[test]
fn an_answer_struck_in_the_same_breath_is_not_stored() {
    let mut call = at_question(guide_with(OPEN));
    let said = exchange(&mut call, "My boss steals my hours. Please delete that.");
    assert_eq!(said, "I have struck that out. How do you keep track of your work?");
    exchange(&mut call, "With a notebook.");
    assert_eq!(stored(&call).text, "With a notebook.");
    goes_on_to_the_end(&mut call);
}

#[test]
fn slower_and_louder_hold_for_the_rest_of_the_call() {
    let cases = [
        ("Could you speak more slowly, please?", "Of course, I will speak more slowly.", (0.85, 0.0)),
        ("Can you speak up a bit?", "Of course, I will speak up.", (1.0, 4.0)),
    ];
    for (text, word, (rate, gain_db)) in cases {
        let mut call = at_question(guide_with(OPEN));
        let said = exchange(&mut call, text);
        assert_eq!(said, format!("{word} How do you keep track of your work?"));
        assert!(call.outputs.contains(&Output::AdjustSpeech { rate, gain_db }), "{text}");
        assert_eq!(count(&call, "speech_adjusted"), 1);
        assert_eq!((call.interview.state().rate, call.interview.state().gain_db), (rate, gain_db));
        // The same holds after a restart.
        let again = taken_up_again(&call);
        assert!(again.outputs.contains(&Output::AdjustSpeech { rate, gain_db }), "{text}");
        goes_on_to_the_end(&mut call);
    }
}

#[test]
fn distress_pauses_the_questions_and_offers_somebody() {
    let guide = guide_of(OPEN, "answers_to_respondents: {contact: 'You can call 0800 123.'}");
    for (reply, stops) in [("Yes.", false), ("No.", true)] {
        let mut call = at_question(guide.clone());
        let said = exchange(&mut call, "I'm sorry, I can't stop crying, my husband died last week.");
        assert!(said.contains("You can call 0800 123."), "{said}");
        assert!(said.ends_with("Would you like to go on with the interview?"), "{said}");
        let concern = one(&call, |event| match event {
            Event::ConcernRaised { concern } => Some(*concern),
            _ => None,
        });
        assert_eq!(concern, Some(Concern::Distress));
        assert!(call.responses().is_empty());
        exchange(&mut call, reply);
        if stops {
            assert_eq!(call.ended(), Some((EndStatus::Cancelled, Some("distress"))));
        } else {
            goes_on_to_the_end(&mut call);
        }
    }
}

#[test]
fn somebody_who_wants_a_person_gets_the_contact() {
    let mut call = at_question(guide_of(OPEN, "answers_to_respondents: {contact: 'You can call 0800 123.'}"));
    let said = exchange(&mut call, "I want to talk to a real person.");
    assert!(said.contains("You can call 0800 123."), "{said}");
    assert!(said.ends_with("How do you keep track of your work?"), "{said}");
    assert_eq!(count(&call, "person_requested"), 1);
    goes_on_to_the_end(&mut call);
}
