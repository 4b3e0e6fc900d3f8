//! How sure the classifier must be. The thresholds follow from what a mistake would cost.
//!
//! Owns: the numbers, which were chosen on the development and validation sets
//! (`benches/understanding/`), never on the sealed one. Never does: read anything. All
//! probabilities are 0…1.

use crate::meaning::{Concern, Kind, Request};

/// The least probability of a yes to a consent question.
pub(super) const YES: f32 = 0.6;
/// The largest probability of a refusal or a condition with which a reply is still a yes.
pub(super) const AGAINST: f32 = 0.1;
/// The probability of a yes from which its clauses are not judged by themselves: "No, I don't mind
/// at all, go ahead".
pub(super) const PLAIN: f32 = 0.85;
/// The largest probability that one of its clauses is a refusal with which a reply is still a yes.
pub(super) const AGAINST_A_CLAUSE: f32 = 0.5;
/// The largest probability that a child or somebody in distress speaks with which a reply is still
/// a yes.
pub(super) const CONCERN: f32 = 0.08;
/// The least probability of any other meaning at a consent question. Below it, the reply is
/// unclear.
pub(super) const AT_CONSENT: f32 = 0.35;
/// The least probability of a question of the respondent's, in a reply that ends as one.
pub(super) const ASKED_BACK: f32 = 0.2;
/// The least probability of a request in the last sentence of an answer.
pub(super) const IN_PASSING: f32 = 0.8;
/// The probability from which a value among the words does not turn another meaning into an answer.
pub(super) const SURE: f32 = 0.7;
/// The same for meanings that short answers resemble: "All of those", "Indeed I am", "B".
pub(super) const SURE_NOTHING: f32 = 0.95;
/// The least probability that an answer to an open question is about something else with which it
/// is asked again. Most answers are about the question, however few words they share with it.
pub(super) const OFF_TOPIC: f32 = 0.85;
/// The least number of words of an answer that is judged. "Bedbugs." can answer any question.
pub(super) const JUDGED: usize = 7;
/// The least probability of an answer besides a request. In doubt the words are kept.
pub(super) const BESIDE: f32 = 0.3;
/// The least number of words of an answer that counts besides a request.
pub(super) const CONTENT: usize = 3;

/// The least probability with which this meaning is believed of a reply to a question. The more a
/// mistake costs, the higher it is. Before a call is ended or handed over, the respondent is asked
/// as well.
pub(super) fn least(kind: Kind) -> f32 {
    match kind {
        Kind::Answer | Kind::Consent(_) => 0.0,
        // A stop ends the questions, so a reply that is merely strange counts as an answer.
        Kind::Request(Request::Stop) => 0.55,
        Kind::Request(Request::Person) | Kind::Concern(Concern::Distress | Concern::Child) => 0.5,
        // "Let me think about the last one" is nearly an answer.
        Kind::Request(Request::Wait) => 0.65,
        Kind::Request(Request::Decline) => 0.45,
        Kind::Request(Request::DontKnow | Request::Delete | Request::NothingToAdd)
        | Kind::Question(_)
        | Kind::Unfinished
        | Kind::BackChannel => 0.3,
        Kind::Request(_) => 0.35,
    }
}
