//! Consent to record, withdrawn by voice.

use super::*;
use interview::io::{Command, Means, Output};

const ASKED: &str = "I have stopped recording. Shall I delete what was recorded before?";

#[test]
fn recording_stops_where_the_request_began_and_the_rest_is_asked_about() {
    let cases = [
        ("Yes.", false, "It is deleted."),
        ("Yes, please delete it.", false, "It is deleted."),
        ("No.", true, "What was recorded before stays."),
        ("No, you can keep that.", true, "What was recorded before stays."),
        // Without a clear answer, the recording is deleted.
        ("The weather has been nice all week.", false, "It is deleted."),
    ];
    for (reply, keep, word) in cases {
        let mut call = at_question(guide_with(OPEN));
        // Speech may begin 200 ms before it is noticed.
        let began = call.now - 200;
        assert_eq!(exchange(&mut call, "Stop recording, please."), ASKED);
        let withdrawn = one(&call, |event| match event {
            Event::RecordingWithdrawn { by, from_ms } => Some((*by, *from_ms)),
            _ => None,
        });
        let Some((Means::Voice, from_ms)) = withdrawn else { panic!("{withdrawn:?}") };
        // Nothing of the request is kept, and only little of what came before is lost.
        assert!(from_ms <= began && from_ms + 500 >= began, "{from_ms} {began}");
        assert!(call.outputs.contains(&Output::StopRecording { from_ms }));
        let said = exchange(&mut call, reply);
        assert_eq!(said, format!("{word} How do you keep track of your work?"), "{reply}");
        let kept = one(&call, |event| match event {
            Event::RecordingSettled { keep } => Some(*keep),
            _ => None,
        });
        assert_eq!(kept, Some(keep), "{reply}");
        assert_eq!(call.outputs.contains(&Output::DeleteRecording), !keep, "{reply}");
        exchange(&mut call, PLAIN);
        assert!(stored(&call).text.ends_with(PLAIN), "{reply}");
        goes_on_to_the_end(&mut call);
    }
}

#[test]
fn silence_means_deleted() {
    let mut call = at_question(guide_with(OPEN));
    exchange(&mut call, "Stop recording, please.");
    call.wait(9_000);
    assert!(call.outputs.contains(&Output::DeleteRecording));
    call.hear_out();
    goes_on_to_the_end(&mut call);
}

#[test]
fn an_answer_before_the_request_stays() {
    let mut call = at_question(guide_with(OPEN));
    assert_eq!(exchange(&mut call, "I write everything into a notebook. Please stop recording."), ASKED);
    exchange(&mut call, "No.");
    exchange(&mut call, "That's it.");
    assert_eq!(stored(&call).text, "I write everything into a notebook. That's it.");
    goes_on_to_the_end(&mut call);
}

#[test]
fn the_page_may_settle_what_was_asked_aloud() {
    let mut call = at_question(guide_with(OPEN));
    exchange(&mut call, "Stop recording, please.");
    call.command(Command::StopRecording { delete_so_far: true, by: Means::Page });
    call.hear_out();
    assert_eq!(call.interview.state().pending, None);
    assert_eq!(call.last_spoken(), "How do you keep track of your work?");
    goes_on_to_the_end(&mut call);
    assert_eq!(count(&call, "recording_settled"), 1);
}
