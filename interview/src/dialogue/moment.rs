//! What belongs to the moment of a call. It is not recorded, and is empty when a replay starts.
//!
//! Owns: what has happened within the current asking, what the words of the turn mean, and sound
//! that never stops. Never does: act on any of it.

use crate::call::{Ms, PauseId};
use crate::io::Output;
use crate::meaning::Kind;
use crate::understanding::Asked;
use crate::understanding::read::Reading;

/// What has happened within the current asking. It is forgotten with the asking.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Waiting {
    /// Requests and questions besides the answer that were carried out.
    pub asides: Vec<Aside>,
    /// How often the respondent asked for time at consent, or said nothing clear about going on.
    pub waits: u32,
    /// When listening began, in milliseconds on the call clock.
    pub since: Ms,
    /// When the question had been put.
    pub question_end: Option<Ms>,
    /// The share of the question that was heard, 0…1.
    pub heard: f32,
    /// Somebody else is being fetched. The next speaker does not know what was asked.
    pub handed_over: bool,
    pub naming: Naming,
    /// The number of words of the turn in an answer held open.
    pub held: usize,
    pub patience: Patience,
    pub asked_again: bool,
    pub reworded: bool,
    pub repeats: u32,
    pub resumed: u32,
    pub not_caught: u32,
}

/// How far a request for time has been granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Patience {
    #[default]
    Usual,
    /// Something was begun ("Well, I"). It is waited for as long as for an answer, and then
    /// encouraged once.
    Begun,
    Granted,
    /// "Take your time" has been said.
    Reassured,
}

impl Waiting {
    /// Notes that the same question is about to be said again.
    pub fn put_again(&mut self) {
        self.heard = 0.0;
        self.question_end = None;
    }
}

/// A request or question besides the answer that was carried out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Aside {
    pub kind: Kind,
    /// What the interviewer says about it.
    pub words: Vec<String>,
    /// That was heard. The turn with the request may still be open.
    pub said: bool,
}

/// What has been understood of values within the current asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Naming {
    /// The number of words of the answer before it was asked for again, or corrected. What is said
    /// after them counts first.
    pub before: usize,
    pub back: ReadBack,
}

/// The state of reading back a dictation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum ReadBack {
    #[default]
    NotYet,
    Read,
    /// The reply was neither a yes nor a no.
    Unclear,
    /// What was said before was wrong, and does not count. What is said instead is kept as it is
    /// understood.
    Denied,
}

impl Naming {
    /// Whether something was read back and waits for a yes.
    pub fn reads_back(self) -> bool {
        matches!(self.back, ReadBack::Read | ReadBack::Unclear)
    }
}

/// The words up to one pause, and their meaning.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub pause: PauseId,
    pub text: String,
    /// The part of it that is read. It begins after a moment that the respondent had asked for.
    pub rest: String,
    pub asked: Asked,
    pub reading: Option<Reading>,
    pub vectors: Vec<Vec<f32>>,
    /// The last vector is that of the question together with its answer.
    pub with_question: bool,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Noise {
    /// Since when there has been sound without words.
    pub since: Option<Ms>,
    /// It has continued for long, and is no longer waited for.
    pub around: bool,
    pub named: u32,
    /// A look that is not answered yet.
    pub look: Option<PauseId>,
    pub looked: Ms,
    /// When the latest look was taken that found no words.
    pub wordless: Ms,
    /// The driver still hears sound after the noted pause.
    pub goes_on: bool,
}

impl Noise {
    pub fn is_around(&self) -> bool {
        self.around
    }

    pub fn sound(&mut self, at: Ms) {
        self.since.get_or_insert(at);
        self.goes_on = false;
    }

    /// Notes that there were words at a pause.
    pub fn words(&mut self) {
        self.since = None;
    }

    /// Returns the output by which the turn's audio is given up.
    pub fn taken(&mut self) -> Output {
        if std::mem::take(&mut self.goes_on) { Output::HearAnew } else { Output::TurnTaken }
    }
}
