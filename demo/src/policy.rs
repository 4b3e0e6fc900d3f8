//! Decides when the persona speaks, and what it says.
//!
//! Owns: the persona's behaviours, which follow the engine's messages and the loudness of its
//! voice. The module is pure: time is passed in as ms on the capture's clock. Never does: send,
//! receive or measure anything.

use std::collections::{HashMap, VecDeque};

use interview::io::{CallState, Notice};

use super::answers::AnswerBook;
use super::capture::{Asking, Heard, Purpose};
use super::envelope::{Envelope, levels};
use super::persona::{Persona, REPEAT, Spoken};

/// How long a person waits before answering, in ms.
const REACTION_MS: u64 = 700;
/// How long it waits if the engine has never reported its state.
const CAUTIOUS_MS: u64 = 1_500;
/// Silence after which the persona answers although the engine still reports that it is speaking.
const STUCK_MS: u64 = 5_000;
/// Silence after which an answer that led to no new question is repeated.
const SAY_AGAIN_MS: u64 = 2_500;
/// The maximum number of repetitions.
const SAY_AGAIN: u32 = 2;
/// How long before the end of the second question an interrupting persona starts to speak.
const INTERRUPT_MS: u64 = 1_000;
/// The length of a question's beginning that is searched for in the received audio.
const RECOGNISE_MS: u64 = 1_200;

/// An utterance to begin now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    pub spoken: Spoken,
    pub purpose: Purpose,
}

/// The asking that waits for an answer, or has had one.
#[derive(Debug, Clone, Default)]
struct Open {
    line: Option<Spoken>,
    /// What is said before `line`.
    before: VecDeque<Spoken>,
    said: u32,
    /// True if the question was reworded, or resumed after an interruption, since the last answer.
    again: bool,
}

/// The persona's state during a call.
#[allow(clippy::struct_excessive_bools, reason = "facts that hold or don't, in any combination")]
pub struct Policy {
    persona: Persona,
    book: AnswerBook,
    /// The texts of the guide's questions, by id.
    questions: HashMap<String, String>,
    /// The envelopes of the interviewer's questions. Only personas that interrupt need them.
    expected: HashMap<String, Envelope>,
    state: Option<CallState>,
    participation: Option<bool>,
    recording: Option<bool>,
    consent_told: bool,
    consent_said: u32,
    recording_said: u32,
    /// True if the interviewer's last words mention recording.
    mentions_recording: bool,
    askings: Vec<Asking>,
    open: Option<Open>,
    speaking: bool,
    our_end: u64,
    last_audible: Option<u64>,
    since_we_spoke: Vec<(u64, f32)>,
    question_began: Option<u64>,
    asked_to_repeat: bool,
    interrupted: bool,
}

impl Policy {
    pub fn new(persona: Persona, questions: HashMap<String, String>, expected: HashMap<String, Envelope>) -> Self {
        Self {
            book: AnswerBook::new(persona.clone()),
            persona,
            questions,
            expected,
            state: None,
            participation: None,
            recording: None,
            consent_told: false,
            consent_said: 0,
            recording_said: 0,
            mentions_recording: false,
            askings: Vec::new(),
            open: None,
            speaking: false,
            our_end: 0,
            last_audible: None,
            since_we_spoke: Vec::new(),
            question_began: None,
            asked_to_repeat: false,
            interrupted: false,
        }
    }

    /// Returns every asking so far.
    pub fn askings(&self) -> &[Asking] {
        &self.askings
    }

    pub fn is_over(&self) -> bool {
        self.state == Some(CallState::Ended)
    }

    /// Handles a message of the events socket.
    pub fn told(&mut self, now: u64, notice: &Notice) {
        match notice {
            Notice::State { value, .. } => self.state = Some(*value),
            Notice::Consent { participation, recording } => {
                self.consent_told = true;
                self.participation = *participation;
                self.recording = *recording;
            }
            Notice::Caption { speaker: interview::io::Speaker::Interviewer, text, .. } => {
                self.mentions_recording = text.to_lowercase().contains("record");
            }
            Notice::Question { id, section, follow_up_of, .. } => {
                self.asked(now, id, section, follow_up_of.as_deref());
            }
            Notice::Caption { .. } | Notice::Error { .. } => {}
        }
    }

    fn asked(&mut self, now: u64, id: &str, section: &str, follow_up_of: Option<&str>) {
        let same = self
            .askings
            .last()
            .is_some_and(|last| last.question_id == id && last.follow_up_of.as_deref() == follow_up_of);
        if let Some(open) = self.open.as_mut().filter(|_| same) {
            // Another follow-up may have the same ids. A guide question that is put again belongs
            // to the same asking.
            if open.said == 0 || follow_up_of.is_none() {
                open.again = open.said > 0;
                return;
            }
        }
        self.askings.push(Asking {
            question_id: id.to_owned(),
            section: section.to_owned(),
            follow_up_of: follow_up_of.map(str::to_owned),
            opened_ms: now,
        });
        self.open = Some(Open::default());
        self.question_began = None;
    }

    /// Handles a packet received from the interviewer.
    pub fn heard(&mut self, heard: &Heard) {
        if heard.audible() {
            self.last_audible = Some(heard.start_ms);
        }
        self.since_we_spoke.push((heard.start_ms, heard.db));
    }

    /// Records that the present utterance was said to its end.
    pub fn said(&mut self, now: u64) {
        self.speaking = false;
        self.our_end = now;
        self.since_we_spoke.clear();
    }

    /// Returns the utterance to begin now, if any. It is called once per packet.
    pub fn act(&mut self, now: u64) -> Option<Act> {
        if self.speaking || self.is_over() {
            return None;
        }
        let act = self.interruption(now).or_else(|| self.reply(now));
        self.speaking = act.is_some();
        act
    }

    fn reply(&mut self, now: u64) -> Option<Act> {
        let last = self.last_audible?;
        let patience = match self.state {
            Some(CallState::Listening) => REACTION_MS,
            None | Some(CallState::Connecting | CallState::Preparing) => CAUTIOUS_MS,
            Some(CallState::Speaking) => STUCK_MS,
            Some(CallState::Thinking | CallState::Paused | CallState::Ended) => return None,
        };
        let quiet = now.saturating_sub(last);
        if quiet < patience {
            return None;
        }
        let spoken_since = last > self.our_end;
        let Some(open) = &self.open else { return self.consent(spoken_since) };
        if open.said == 0 {
            return if spoken_since { self.answer() } else { None };
        }
        let say_again = spoken_since && open.said <= SAY_AGAIN && (open.again || quiet >= SAY_AGAIN_MS);
        if say_again { self.answer() } else { None }
    }

    /// Answers the consent questions, which come before the first question: first on taking part,
    /// then on being recorded.
    fn consent(&mut self, spoken_since: bool) -> Option<Act> {
        if !spoken_since {
            return None;
        }
        let participating = if self.consent_told && self.participation.is_some() {
            self.participation == Some(true)
        } else {
            self.consent_said > 0 && (!self.consent_told || self.mentions_recording)
        };
        if !participating {
            self.consent_said += 1;
            let act = Act { spoken: Spoken::plain(&self.persona.consent), purpose: Purpose::Consent };
            return (self.consent_said <= SAY_AGAIN).then_some(act);
        }
        if self.recording.is_some() {
            return None;
        }
        // If the engine has reported no consent, the second thing that it says is taken for the
        // second question, and nothing further.
        let times = if self.consent_told { SAY_AGAIN } else { 1 };
        self.recording_said += 1;
        let act = Act { spoken: Spoken::plain(&self.persona.recording), purpose: Purpose::Recording };
        (self.recording_said <= times).then_some(act)
    }

    fn guide_questions(&self) -> usize {
        self.askings.iter().filter(|asking| asking.follow_up_of.is_none()).count()
    }

    fn answer(&mut self) -> Option<Act> {
        let index = self.askings.len().checked_sub(1)?;
        let asking = &self.askings[index];
        let third = asking.follow_up_of.is_none() && self.guide_questions() == 3;
        let open = self.open.as_mut()?;
        if third && self.persona.behaviours.asks_to_repeat && !self.asked_to_repeat {
            self.asked_to_repeat = true;
            return Some(Act { spoken: Spoken::plain(REPEAT), purpose: Purpose::Repeat(index) });
        }
        let spoken = match (&open.line, &asking.follow_up_of) {
            (Some(line), _) => line.clone(),
            (None, Some(parent)) => self.book.to_follow_up(parent),
            (None, None) => {
                let text = self.questions.get(&asking.question_id).map_or("", String::as_str);
                let spoken = self.book.to_question(&asking.question_id, text);
                open.before = self.book.before(&asking.question_id).into();
                spoken
            }
        };
        open.line = Some(spoken.clone());
        if let Some(before) = open.before.pop_front() {
            return Some(Act { spoken: before, purpose: Purpose::Aside(index) });
        }
        open.said += 1;
        open.again = false;
        Some(Act { spoken, purpose: Purpose::Answer(index) })
    }

    /// Returns the answer to the guide's second question, 1 s before the question's end.
    fn interruption(&mut self, now: u64) -> Option<Act> {
        let second = self.guide_questions() == 2 && self.askings.last()?.follow_up_of.is_none();
        let wanted = second && self.persona.behaviours.interrupts && !self.interrupted;
        if !wanted || self.open.as_ref()?.said > 0 {
            return None;
        }
        let asking = self.askings.last()?;
        let expected = self.expected.get(&asking.question_id)?;
        // The engine reports a question when it has clearly begun.
        let from = self.our_end;
        if self.question_began.is_none() {
            let heard = levels(self.since_we_spoke.iter().copied(), from, now);
            let beginning = expected.beginning(RECOGNISE_MS);
            self.question_began = beginning.find_in(&heard).map(|at| from + at as u64 * super::capture::PACKET_MS);
        }
        // If the question was not recognised, the first sound since the message counts as its
        // beginning.
        let first = self.since_we_spoke.iter().find(|(_, db)| *db >= super::capture::AUDIBLE_DB).map(|&(at, _)| at);
        let due = self.question_began.or(first)? + expected.duration_ms().saturating_sub(INTERRUPT_MS);
        if now < due {
            return None;
        }
        self.interrupted = true;
        self.answer()
    }
}

#[cfg(test)]
mod tests;
