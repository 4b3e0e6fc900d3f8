//! What respondents say, what they must hear then, and what must be stored: whole conversations, by
//! kind of utterance.
//!
//! The real encoder reads them. Each conversation continues to the end of the interview, or to
//! where it is left for another time.

mod answers;
mod asides;
mod confirmations;
mod consent;
mod questions;
mod recording;
mod requests;
mod values;

use std::sync::Arc;

use crate::support::Call;
use interview::guide::{self, Guide};
use interview::io::{EndStatus, Event, Input, Response};
use interview::{Interview, Settings};

/// A full answer to any question.
const PLAIN: &str = "Our office is on the third floor above the bakery.";
const AFTER: &str = "What else should we know about you?";

/// A guide with this question, and one after it.
fn guide_with(question: &str) -> Arc<Guide> {
    guide_of(question, "")
}

/// The same, with more fields of the guide.
fn guide_of(question: &str, more: &str) -> Arc<Guide> {
    let text = format!(
        "name: Tools at work\nresearch_objective: How people work with their tools\nestimated_duration_minutes: 10\n{more}\n\
         sections:\n  - section_name: Work\n    questions:\n      - {{id: q, required: true, max_follow_ups: 0, {question}}}\n      \
         - {{id: after, text: '{AFTER}', required: true, max_follow_ups: 0}}\n"
    );
    Arc::new(guide::parse(&text).unwrap_or_else(|problems| panic!("{problems:?}")))
}

const OPEN: &str = "text: 'How do you keep track of your work?'";

/// A call at the question of taking part.
fn opened(guide: Arc<Guide>) -> Call {
    let mut call = Call::new(guide, Settings::default());
    call.give(Input::Connected);
    call.hear_out();
    call
}

/// A call at the question of recording.
fn at_recording(guide: Arc<Guide>) -> Call {
    let mut call = opened(guide);
    exchange(&mut call, "Yes.");
    call
}

/// A call at its first question.
fn at_question(guide: Arc<Guide>) -> Call {
    let mut call = at_recording(guide);
    exchange(&mut call, "Yes.");
    call
}

/// Says something, and returns what is heard in reaction.
fn exchange(call: &mut Call, text: &str) -> String {
    let before = call.spoken.len();
    call.say(text);
    call.hear_out();
    call.spoken[before.min(call.spoken.len())..].join(" ")
}

/// Asserts that the interview continues and is completed with every question asked once.
fn goes_on_to_the_end(call: &mut Call) {
    for _ in 0..3 {
        if call.hung_up {
            break;
        }
        exchange(call, PLAIN);
    }
    assert_eq!(call.ended(), Some((EndStatus::Completed, None)), "{:?}", call.spoken);
    assert_eq!(call.asked(), ["q", "after"]);
    assert_eq!(call.overlaps, 0);
    call.assert_replays(Settings::default());
}

/// Returns the only event that fits.
fn one<T>(call: &Call, find: impl Fn(&Event) -> Option<T>) -> Option<T> {
    let mut found: Vec<T> = call.events.iter().filter_map(|(_, event)| find(event)).collect();
    assert!(found.len() < 2, "{} of them: {:?}", found.len(), call.kinds());
    found.pop()
}

fn count(call: &Call, kind: &str) -> usize {
    call.kinds().iter().filter(|one| **one == kind).count()
}

fn stored(call: &Call) -> &Response {
    call.response("q")
}

/// Replaces the engine by another, which resumes the call from the log with the respondent
/// connected.
fn taken_up_again(call: &Call) -> Call {
    let events = call.events.clone();
    let replayed = events.iter().map(|(at, event)| (*at, event));
    let interview = Interview::replay(call.interview.guide().clone(), Settings::default(), replayed);
    let mut again = Call::around(interview, call.now + 1_000);
    again.events = events;
    again.give(Input::Connected);
    again
}
