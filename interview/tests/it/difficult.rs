//! The demo's difficult respondent (`personas/difficult.yaml`) with the demo's guide, without
//! sound.

use crate::support::Call;
use interview::guide::parse;
use interview::io::{EndStatus, Event, Output};
use interview::{Input, Settings};
use serde_json::json;

/// Says this to follow-ups until the question is put.
fn until(call: &mut Call, question: &str, text: &str) {
    for _ in 0..4 {
        call.hear_out();
        if call.asked().last() == Some(&question) {
            return;
        }
        call.say(text);
    }
    panic!("{question} is not asked: {:?}", call.spoken);
}

#[test]
fn somebody_who_asks_back_thinks_aloud_and_takes_back_the_recording_is_interviewed_to_the_end() {
    let guide = parse(include_str!("../../../guides/short.yaml")).unwrap();
    let mut call = Call::new(guide.into(), Settings::default());
    call.give(Input::Connected);
    let hears = |call: &mut Call, text: &str, wanted: &str| {
        call.hear_out();
        assert!(call.last_spoken().contains(wanted), "before “{text}”: {}", call.last_spoken());
        call.say(text);
    };
    hears(&mut call, "Sure, why not.", "take part?");
    hears(&mut call, "Yes, you can record this.", "record this conversation?");
    hears(&mut call, "Are you a robot?", "What kind of work");
    hears(&mut call, "I handle the returns of an online shop.", "not a person. What kind of work");
    hears(&mut call, "I have been doing that for about six years.", "How long");
    hears(&mut call, "What do you mean?", "hardest part");
    call.hear_out();
    call.speak("Hmm, let me think about that for a moment.");
    call.wait(1_600);
    assert!(call.playing.is_none(), "thinking aloud is no answer");
    call.say("I have to go through three menus for every single parcel.");
    until(&mut call, "satisfaction", "This morning I had to enter the same address three times.");
    hears(&mut call, "I would give it a ten. No, make that a nine.", "how satisfied");
    until(&mut call, "manager", "Nothing really has to change.");
    hears(&mut call, "Please stop recording.", "manager support you");
    hears(&mut call, "No, you can keep that.", "Shall I delete");
    hears(
        &mut call,
        "He answers my questions within the hour, and he never asks me when I begin.",
        "manager support you",
    );
    for _ in 0..4 {
        call.hear_out();
        if call.ended().is_none() {
            call.say("One menu instead of three would make it better.");
        }
    }
    assert_eq!(call.ended(), Some((EndStatus::Completed, None)));
    let asked = call.asked();
    for id in ["work", "hardest", "satisfaction", "manager"] {
        assert_eq!(asked.iter().filter(|asked| **asked == id).count(), 1, "{id}");
    }
    let hardest = &call.response("hardest").text;
    assert_eq!(
        hardest,
        "Hmm, let me think about that for a moment. I have to go through three menus for every single parcel."
    );
    assert_eq!(call.response("satisfaction").value, Some(json!({"number": 9})));
    assert_eq!(
        call.response("manager").text,
        "He answers my questions within the hour, and he never asks me when I begin."
    );
    assert!(call.outputs.iter().any(|output| matches!(output, Output::StopRecording { .. })));
    assert!(call.events.iter().any(|(_, event)| matches!(event, Event::RecordingSettled { keep: true })));
    call.assert_replays(Settings::default());
}
