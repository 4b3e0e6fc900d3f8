//! Dictated values that are read back, and other replies to questions that ask for a value.

use interview::Settings;
use interview::understanding::AnswerClass;
use serde_json::json;

use crate::answers::{EMAIL, NAME, PHONE, RATING, TOOL, asked, choice, stored, value};

#[test]
fn a_dictated_address_is_waited_for_and_read_back() {
    let mut call = asked(EMAIL);
    call.speak("It's anna at");
    call.wait(3_500);
    assert!(call.playing.is_none(), "{:?}", call.playing);
    call.speak("example dot");
    call.wait(5_500);
    assert!(call.playing.is_none(), "{:?}", call.playing);
    call.say("org.");
    assert_eq!(call.now_asking(), "I have a n n a at example dot org. Is that right?");
    call.hear_out();
    call.say("Yes, that's right.");
    let response = stored(&mut call);
    assert_eq!((value(&response), response.class), (json!({"text": "anna@example.org"}), AnswerClass::Answered));
    assert!(response.flags.is_empty(), "{:?}", response.flags);
    assert_eq!(response.text, "It's anna at example dot org.");
}

#[test]
fn digits_are_waited_for() {
    let mut call = asked(PHONE);
    for digits in ["Oh seven seven", "double oh", "nine double oh"] {
        call.speak(digits);
        call.wait(3_500);
        assert!(call.playing.is_none(), "{digits}: {:?}", call.playing);
    }
    call.say("one.");
    assert!(call.now_asking().starts_with("I have zero seven seven"), "{}", call.now_asking());
    call.hear_out();
    // The number has as many digits as it may have, and is still not complete.
    call.say("And two three.");
    assert!(call.now_asking().ends_with("zero zero one, two three. Is that right?"), "{}", call.now_asking());
    call.hear_out();
    call.say("Correct.");
    assert_eq!(value(&stored(&mut call)), json!({"text": "07700900123"}));
}

#[test]
fn a_no_asks_once_more_and_then_it_is_kept_as_understood() {
    let mut call = asked(EMAIL);
    call.say("It's anna at example dot org.");
    call.hear_out();
    call.say("No.");
    assert_eq!(call.now_asking(), "What is your e-mail address?");
    assert!(call.playing.as_ref().unwrap().lines[0].contains("once more"));
    call.hear_out();
    call.say("It's hannah at example dot org.");
    let response = stored(&mut call);
    assert_eq!(value(&response), json!({"text": "hannah@example.org"}));
    assert_eq!(response.flags, ["unconfirmed"]);
    assert!(!call.spoken.iter().any(|line| line.contains("h a n n a h")), "read back once: {:?}", call.spoken);
}

#[test]
fn a_no_may_say_what_it_is_instead() {
    let mut call = asked(EMAIL);
    call.say("It's anna at example dot org.");
    call.hear_out();
    call.say("No, it's hannah at example dot org.");
    assert_eq!(value(&stored(&mut call)), json!({"text": "hannah@example.org"}));
    let mut call = asked(NAME);
    call.say("My name is Anna Smith.");
    assert_eq!(call.now_asking(), "I have Anna Smith, spelled A N N A, S M I T H. Is that right?");
    call.hear_out();
    call.say("No, that's wrong.");
    assert_eq!(call.now_asking(), "What is your name?");
    call.hear_out();
    call.say("Anna Smyth, S M Y T H.");
    assert_eq!(value(&stored(&mut call)), json!({"text": "Anna Smyth"}));
}

#[test]
fn what_else_is_said_at_the_reading_back_does_not_lose_it() {
    let mut call = asked(PHONE);
    call.say("It's oh seven seven double oh nine hundred one two three.");
    call.hear_out();
    for said in ["Could you repeat that, please?", "Who will hear this?"] {
        call.say(said);
        assert!(call.now_asking().contains("I have zero seven seven"), "{said}: {}", call.now_asking());
        call.hear_out();
    }
    call.wait(30_000);
    let response = stored(&mut call);
    assert_eq!(value(&response), json!({"text": "07700900123"}));
    assert_eq!(response.flags, ["unconfirmed"], "nobody said yes");
}

#[test]
fn dates_and_numbers_are_read_back_too() {
    for (question, said, back, wanted) in [
        (
            "{id: q, text: 'How many people work there?', expects: number}",
            "Twelve of us.",
            "I have 12.",
            json!({"number": 12}),
        ),
        (
            "{id: q, text: 'When were you born?', expects: date}",
            "On the third of May, nineteen eighty.",
            "I have May the third, 1980.",
            json!({"date": "1980-05-03"}),
        ),
    ] {
        let mut call = asked(question);
        call.say(said);
        assert!(call.now_asking().starts_with(back), "{}", call.now_asking());
        call.hear_out();
        call.say("Yes.");
        assert_eq!(value(&stored(&mut call)), wanted);
    }
}

const SAID: &[&str] = &[
    "Yes.",
    "No.",
    "No, that's wrong.",
    "Seven or eight.",
    "Eight point",
    "It's anna at",
    "example dot org.",
    "Oh seven seven double oh nine hundred one two three.",
    "By post or by email.",
    "Not by post, by email.",
    "Excel.",
    "About four years.",
    "Anna Smith, S M I",
    "On the third of May.",
    "Um.",
    "Could you repeat that?",
    "Wait a moment.",
    "Please delete what I just said.",
    "I don't know.",
    "I would rather not talk about that.",
    "Are you a robot?",
    "The weather is lovely over here.",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 40, ..Default::default() })]

    #[test]
    fn whatever_is_said_every_question_is_put_once_and_answered_once(
        picks in proptest::collection::vec((0..=SAID.len(), proptest::bool::weighted(0.8)), 1..60),
    ) {
        let mut call = asked(&[
            RATING.replace("id: q", "id: rating"),
            EMAIL.replace("id: q", "id: email"),
            TOOL.replace("id: q", "id: tool"),
            PHONE.replace("id: q", "id: phone"),
            choice(", select: many").replace("id: q", "id: many"),
            NAME.replace("id: q", "id: name"),
            choice("").replace("id: q", "id: one"),
            "{id: born, text: 'When were you born?', expects: date}".to_owned(),
        ].join(", "));
        // Only certain wordings are understood, which is enough here, and fast.
        call.encodes = false;
        for (pick, heard_out) in picks {
            match SAID.get(pick) {
                Some(text) => call.say(text),
                None => call.wait(9_000),
            }
            if heard_out {
                call.hear_out();
            }
        }
        let asked = call.asked();
        proptest::prop_assert_eq!(asked.iter().collect::<std::collections::HashSet<_>>().len(), asked.len());
        let answered: Vec<u32> = call.responses().iter().map(|response| response.asking).collect();
        proptest::prop_assert_eq!(answered.iter().collect::<std::collections::HashSet<_>>().len(), answered.len());
        let backs = call.spoken.iter().filter(|line| line.contains("once more")).count();
        proptest::prop_assert!(backs <= 4, "asked once more of each of four dictations at most: {:?}", call.spoken);
        for response in call.responses() {
            let named = response.value.is_some();
            let understood = matches!(response.class, AnswerClass::Answered | AnswerClass::Partly);
            proptest::prop_assert!(!named || understood, "{response:?}");
            let limited = !matches!(response.question_id.as_str(), "tool") && response.flags.iter().all(|flag| flag != "cut_short");
            proptest::prop_assert!(named || !understood || !limited, "{response:?}");
        }
        proptest::prop_assert_eq!(call.overlaps, 0);
        call.assert_replays(Settings { recording: false, ..Settings::default() });
    }
}
