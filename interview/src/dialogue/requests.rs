//! Requests of a respondent who does not answer, and concerns. They are met, and then the same
//! asking continues.
//!
//! Owns: requests and concerns. Never does: end anything because of words that were not clear, or
//! lose what was said besides a request.

use super::lines::Farewell;
use super::utterance::{Purpose, Speech};
use super::{Floor, Interview, Target};
use crate::io::{Event, Means, Ms, Output, Pending, Postponement, RepeatReason, When};
use crate::language::lines::fill;
use crate::turn::text_of;
use crate::understanding::{By, Concern, Kind, Reading, Request, Topic};

/// The probability from which a request to delete something is clear, 0…1.
const PLAIN: f32 = 0.7;

/// Speech may begin this long before it is noticed, in milliseconds.
const ONSET_MS: Ms = 200;

impl Interview {
    /// Meets requests that are handled in the same way at consent and at any other question. The
    /// words began at `began`. Returns false for anything else.
    pub(super) fn meet(&mut self, reading: &Reading, text: &str, began: Ms) -> bool {
        match reading.kind {
            Kind::Request(Request::Repeat) => self.repeat(),
            Kind::Request(Request::Person) => self.person_requested(),
            Kind::Request(Request::Callback) => {
                let until = self.language.times.when(text);
                self.confirm(Pending::Callback { until });
            }
            Kind::Request(Request::Slower | Request::Louder) => {
                let said = self.aside(reading.kind, text);
                self.resume_asking(RepeatReason::Requested, said);
            }
            // Nothing is recorded yet, so it is a condition, or the answer.
            Kind::Request(Request::StopRecording) if self.target() == Target::Participation => {
                self.confirm(Pending::Unrecorded);
            }
            Kind::Request(Request::StopRecording) if self.target() == Target::Recording => {
                self.recording_answered(false);
            }
            Kind::Request(Request::StopRecording) => {
                self.withdraw_recording(Means::Voice, began);
            }
            Kind::Question(Topic::Meaning) if self.target() == Target::Question => self.explain(),
            Kind::Question(_) => {
                let said = self.aside(reading.kind, text);
                self.resume_asking(RepeatReason::Resumed, said);
            }
            Kind::Concern(concern) => self.attend_to(concern),
            _ => return false,
        }
        true
    }

    fn repeat(&mut self) {
        match self.target() {
            Target::Question => self.again(RepeatReason::Requested, vec![self.lines().asides.of_course.clone()]),
            target => self.ask_consent(target == Target::Recording, false),
        }
    }

    /// Continues the current asking after something else was said.
    pub(super) fn resume_asking(&mut self, reason: RepeatReason, before: Vec<String>) {
        match self.target() {
            Target::Participation | Target::Recording => self.consent_after(before),
            Target::Question if self.waiting.naming.reads_back() => self.confirm_after(before, Pending::ReadBack),
            Target::Question => self.again(reason, before),
            Target::Nothing => self.ask_next(before),
        }
    }

    // --- Ending ---------------------------------------------------------------------------------------------

    /// Handles a request to stop: at once if it is clear, and otherwise after a confirmation.
    pub(super) fn stop_requested(&mut self, plain: bool) {
        if plain {
            self.stop(Farewell::Stopped);
        } else {
            self.confirm(Pending::Stop);
        }
    }

    /// Ends the interview, and keeps what was said of the answer.
    pub(super) fn stop(&mut self, farewell: Farewell) {
        self.keep_begun_answer();
        self.close(farewell);
    }

    /// Keeps the words of an answer that is broken off.
    pub(super) fn keep_begun_answer(&mut self) {
        let said = !self.state.carried.is_empty() || !text_of(self.turn.words()).is_empty();
        if said
            && self.state.consent == Some(true)
            && let Some(response) = self.response(vec!["cut_short".to_owned()], crate::io::EndRule::Silence)
        {
            self.record_all(vec![Event::Answered { response: Box::new(response) }]);
        }
    }

    /// Leaves the interview for another time. The link stays the same, and so does the asking if
    /// there is one.
    pub(super) fn postpone(&mut self, reason: Postponement, until: Option<When>) {
        self.record(Event::Postponed { reason, until });
        let farewell = Farewell::Later(reason);
        let text = farewell.text(self.lines()).to_owned();
        self.say(Speech::new(vec![text], Purpose::Goodbye(farewell)));
    }

    fn person_requested(&mut self) {
        let kind = Kind::Request(Request::Person);
        let insists = self.state.person_requests > 0 && !self.is_met(kind);
        let said = self.aside(kind, "");
        if insists && self.target() == Target::Question {
            return self.confirm(Pending::Person);
        }
        self.resume_asking(RepeatReason::Resumed, said);
    }

    // --- What is kept ---------------------------------------------------------------------------------------

    /// Stops recording now, and asks about what was recorded before.
    pub(super) fn withdraw_recording(&mut self, by: Means, from_ms: Ms) {
        if self.state.recording != Some(true) {
            let said = self.lines().asides.recording_off.clone();
            return self.resume_asking(RepeatReason::Resumed, vec![said]);
        }
        self.stop_recording(by, from_ms);
        self.confirm(Pending::DeleteRecording);
    }

    pub(super) fn stop_recording(&mut self, by: Means, from_ms: Ms) {
        self.record(Event::RecordingWithdrawn { by, from_ms });
        self.out.push(Output::StopRecording { from_ms });
        self.notify_consent();
    }

    pub(super) fn settle_recording(&mut self, keep: bool) {
        if !keep {
            self.out.push(Output::DeleteRecording);
        }
        self.record(Event::RecordingSettled { keep });
    }

    /// Handles a request to delete something that was said: at once if it is clear, and otherwise
    /// after a confirmation. What is deleted cannot be restored.
    pub(super) fn strike_requested(&mut self, reading: &Reading, own_content: bool) {
        if reading.by == By::Rule || reading.probability >= PLAIN {
            self.drop_turn();
            return self.strike(own_content);
        }
        self.carry_answer(reading);
        self.take_floor();
        self.confirm(Pending::Strike);
    }

    /// Withdraws the answer that is being given, or else the one before.
    pub(super) fn strike(&mut self, own_content: bool) {
        let kind = Kind::Request(Request::Delete);
        let begun = own_content || !self.state.carried.is_empty();
        let said = match self.state.current.filter(|_| begun) {
            Some(asking) => {
                self.record(Event::AnswerStruck { asking });
                self.waiting.naming = super::moment::Naming::default();
                self.met_with(kind, vec![self.lines().asides.struck.clone()])
            }
            None => self.aside(kind, ""),
        };
        self.resume_asking(RepeatReason::Resumed, said);
    }

    // --- Concerns -------------------------------------------------------------------------------------------

    /// Interrupts the questions for something that is more important.
    pub(super) fn attend_to(&mut self, concern: Concern) {
        self.record(Event::ConcernRaised { concern });
        match concern {
            Concern::Child => self.confirm(Pending::Adult),
            Concern::Distress => {
                let lines = &self.lines().concerns;
                let first = match self.guide.answers_to_respondents.contact.as_deref() {
                    Some(contact) => fill(&lines.distress_contact, &[("contact", contact)]),
                    None => lines.distress.clone(),
                };
                self.confirm_after(vec![first], Pending::GoOn);
            }
        }
    }

    /// Takes words of somebody else who has come to the phone and was not asked anything yet.
    pub(super) fn somebody_came(&mut self, reading: &Reading, text: &str) {
        if let Kind::Concern(concern) = reading.kind {
            self.take_floor();
            return self.attend_to(concern);
        }
        if text.split_whitespace().count() >= 3 && reading.answer().is_some() {
            self.carry();
        }
        self.take_floor();
        match self.target() {
            Target::Question => self.again(RepeatReason::Resumed, vec![self.lines().asides.go_on.clone()]),
            target => self.ask_consent(target == Target::Recording, false),
        }
    }

    /// When the current turn began, or now. Neither its first word nor its first sound is later.
    pub(super) fn turn_began(&self) -> Ms {
        let first_word = self.turn.words().first().map_or(self.now, |word| word.start_ms);
        let first_sound = if self.turn.is_open() { self.turn.began() } else { self.now };
        first_word.min(first_sound).min(self.now).saturating_sub(ONSET_MS)
    }

    pub(super) fn be_patient(&mut self) {
        self.waiting.patience = super::moment::Patience::Granted;
        self.waiting.since = self.now;
        self.floor = Floor::Listening;
    }
}
