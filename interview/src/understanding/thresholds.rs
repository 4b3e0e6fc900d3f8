//! How sure the classifier must be, by what a mistake would cost.
//!
//! Owns: the numbers, chosen on the development and validation sets (`benches/understanding/`), never on the sealed one.
//! Never does: read anything.

use crate::meaning::{Concern, Kind, Request};

/// Least probability of a yes to a question of consent.
pub(super) const YES: f32 = 0.6;
/// Most probability that it is a refusal or a condition, for it to be a yes.
pub(super) const AGAINST: f32 = 0.1;
/// From this probability of a yes on, its clauses are not looked at by themselves: "No, I don't mind at all, go ahead".
pub(super) const PLAIN: f32 = 0.85;
/// Most probability that one of its clauses is a refusal, for it to be a yes.
pub(super) const AGAINST_A_CLAUSE: f32 = 0.5;
/// Most probability that a child, or somebody in distress, says it, for it to be a yes.
pub(super) const CONCERN: f32 = 0.08;
/// Least probability of anything else at a question of consent, where unclear is what doubt comes to.
pub(super) const AT_CONSENT: f32 = 0.35;
/// Least probability of a question of the respondent's, where it ends as one.
pub(super) const ASKED_BACK: f32 = 0.2;
/// Least probability of a request in the last sentence of an answer.
pub(super) const IN_PASSING: f32 = 0.8;
/// From this probability on, a value among the words does not make an answer of what is something else.
pub(super) const SURE: f32 = 0.7;
/// The same of what short answers look like: "All of those", "Indeed I am", "B".
pub(super) const SURE_NOTHING: f32 = 0.95;
/// Least probability that an answer to an open question is about something else, for it to be asked again: most answers
/// are about it, however little they share with its words.
pub(super) const OFF_TOPIC: f32 = 0.85;
/// An answer of fewer words is taken as it is: "Bedbugs." can answer anything.
pub(super) const JUDGED: usize = 7;
/// Least probability of an answer beside a request: in doubt it is kept.
pub(super) const BESIDE: f32 = 0.3;
/// An answer has at least so many words to count beside a request.
pub(super) const CONTENT: usize = 3;

/// Least probability from which this is believed of an answer to a question: the more it would cost to be wrong, the
/// more. What ends a call or hands it over is asked about first, too.
pub(super) fn least(kind: Kind) -> f32 {
    match kind {
        Kind::Answer | Kind::Consent(_) => 0.0,
        // They stop the questions: whatever is merely strange is an answer.
        Kind::Request(Request::Stop) => 0.55,
        Kind::Request(Request::Person) | Kind::Concern(Concern::Distress | Concern::Child) => 0.5,
        // "Let me think about the last one" is most of an answer already.
        Kind::Request(Request::Wait) => 0.65,
        Kind::Request(Request::Decline) => 0.45,
        Kind::Request(Request::DontKnow | Request::Delete | Request::NothingToAdd)
        | Kind::Question(_)
        | Kind::Unfinished
        | Kind::BackChannel => 0.3,
        Kind::Request(_) => 0.35,
    }
}
