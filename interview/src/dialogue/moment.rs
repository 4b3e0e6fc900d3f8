//! What belongs to the moment of a call: it is not recorded, and a replay starts with it empty.
//!
//! Owns: what has happened within the asking at hand, what the words of the turn mean, and sound that
//! never stops. Never does: act on any of it.

use crate::call::{Ms, PauseId};
use crate::io::Output;
use crate::meaning::Kind;
use crate::understanding::Asked;
use crate::understanding::read::Reading;

/// What has happened within the asking at hand; forgotten with it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Waiting {
    /// What was wanted or asked beside answering, and is met.
    pub asides: Vec<Aside>,
    /// How often time was asked for at consent, or nothing clear was said about going on.
    pub waits: u32,
    /// Since when we listen.
    pub since: Ms,
    /// When the question had been put.
    pub question_end: Option<Ms>,
    /// Share of the question that was heard.
    pub heard: f32,
    /// Somebody else is being fetched: whoever speaks next does not know what was asked.
    pub handed_over: bool,
    pub naming: Naming,
    /// Words of the turn in an answer held open.
    pub held: usize,
    pub patience: Patience,
    pub asked_again: bool,
    pub reworded: bool,
    pub repeats: u32,
    pub resumed: u32,
    pub not_caught: u32,
}

/// How far "wait a moment" has been granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Patience {
    #[default]
    Usual,
    /// Something was begun ("Well, I"): it is waited for as long as for an answer, then encouraged once.
    Begun,
    Granted,
    /// "Take your time" has been said.
    Reassured,
}

impl Waiting {
    /// The same question is about to be said again.
    pub fn put_again(&mut self) {
        self.heard = 0.0;
        self.question_end = None;
    }
}

/// Something that was met.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Aside {
    pub kind: Kind,
    /// What we say about it.
    pub words: Vec<String>,
    /// That was heard. The turn it was wanted in may still be open.
    pub said: bool,
}

/// What has been understood within the asking at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Naming {
    /// Words of the answer before it was asked for again, or corrected: what is said after them counts first.
    pub before: usize,
    pub back: ReadBack,
}

/// How far the reading back of a dictation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum ReadBack {
    #[default]
    NotYet,
    Read,
    /// The reply was neither a yes nor a no.
    Unclear,
    /// What was said before was wrong, and does not count; what is said instead is kept as it is understood.
    Denied,
}

impl Naming {
    /// Something was read back and waits for a yes.
    pub fn reads_back(self) -> bool {
        matches!(self.back, ReadBack::Read | ReadBack::Unclear)
    }
}

/// The words up to one pause, and what they mean.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub pause: PauseId,
    pub text: String,
    /// The part of it that is read: from where a moment had been asked for, and then was over.
    pub rest: String,
    pub asked: Asked,
    pub reading: Option<Reading>,
    pub vectors: Vec<Vec<f32>>,
    /// The last vector is that of the question and the answer to it.
    pub with_question: bool,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Noise {
    /// Since when there has been sound without words.
    pub since: Option<Ms>,
    /// It has gone on for long: it is not waited for any more.
    pub around: bool,
    pub named: u32,
    /// A look that is not answered yet, and when the latest was taken.
    pub look: Option<PauseId>,
    pub looked: Ms,
    /// When the latest look was taken that found no words.
    pub wordless: Ms,
    /// The driver still hears sound where we have noted a pause.
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

    /// There were words at a pause.
    pub fn words(&mut self) {
        self.since = None;
    }

    /// How the turn's audio is given up.
    pub fn taken(&mut self) -> Output {
        if std::mem::take(&mut self.goes_on) { Output::HearAnew } else { Output::TurnTaken }
    }
}
