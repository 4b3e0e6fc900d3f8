//! Questions of the interviewer's own within an asking: "Would you like to stop the interview
//! here?"
//!
//! Owns: asking them, and what their answers mean. The log records which one waits for its answer,
//! so that a resumed call puts it again. Never does: end anything without a yes.

use super::lines::Farewell;
use super::utterance::{Purpose, Speech};
use super::{Interview, Target};
use crate::io::{Event, Pending, Postponement, RepeatReason};
use crate::turn::confidence_of;
use crate::understanding::{Concern, Consent, Kind, Reading, Request, Topic};

/// The least number of words besides its yes or no with which a reply belongs to the answer.
const CONTENT: usize = 3;

impl Pending {
    /// Whether a yes or a no is asked for. Otherwise the next words answer the guide's question.
    pub(super) fn wants_yes_or_no(self) -> bool {
        self != Pending::Which
    }

    /// Whether a respondent who makes this request again has confirmed it.
    fn is_wanted_by(self, kind: Kind) -> bool {
        match self {
            Pending::Stop | Pending::Person => {
                matches!(kind, Kind::Request(Request::Stop | Request::Person))
            }
            Pending::Callback { .. } => matches!(kind, Kind::Request(Request::Callback)),
            Pending::Strike => matches!(kind, Kind::Request(Request::Delete)),
            _ => false,
        }
    }
}

impl Interview {
    pub(super) fn confirm(&mut self, pending: Pending) {
        self.confirm_after(Vec::new(), pending);
    }

    pub(super) fn confirm_after(&mut self, before: Vec<String>, pending: Pending) {
        self.record(Event::ConfirmationAsked { about: pending });
        self.put_pending(before, pending);
    }

    /// Says the question that waits for its answer.
    pub(super) fn put_pending(&mut self, before: Vec<String>, pending: Pending) {
        let lines = self.lines();
        let question = match pending {
            Pending::EndCall => &lines.consent.end_call,
            Pending::Unrecorded => &lines.consent.unrecorded,
            Pending::Stop | Pending::Person => &lines.asides.stop,
            Pending::Callback { .. } => &lines.asides.callback,
            Pending::DeleteRecording => &lines.asides.recording_stopped,
            Pending::Strike => &lines.asides.strike,
            Pending::GoOn => &lines.concerns.distress_go_on,
            Pending::Adult => &lines.concerns.child,
            Pending::Which | Pending::ReadBack => {
                let text = if pending == Pending::Which { self.which() } else { self.reading_back() };
                let Some(text) = text else { return self.again(RepeatReason::Resumed, before) };
                &text.clone()
            }
        };
        self.waiting.put_again();
        let texts = before.into_iter().chain([question.clone()]).collect();
        self.say(Speech::new(texts, Purpose::Confirmation));
    }

    /// Notes that it no longer waits.
    pub(super) fn settle_pending(&mut self) {
        if self.state.pending.is_some() {
            self.record(Event::ConfirmationSettled);
        }
    }

    /// Takes the reply to such a question. It is empty if there was none in time.
    pub(super) fn confirmed(&mut self, pending: Pending, text: &str) {
        if pending == Pending::ReadBack {
            return self.read_back_answered(text);
        }
        let reading = self.reading(text);
        let sure = confidence_of(self.turn.words()) >= super::consent::CONFIDENT;
        // A respondent who makes the request again has confirmed it.
        let listed = self.language.certain.read(text, false);
        let wanted = [Some(reading.kind), listed].into_iter().flatten().any(|kind| pending.is_wanted_by(kind));
        let refused = reading.kind == Kind::Consent(Consent::No);
        // So has a respondent who names a time for it.
        let named = self.language.times.when(text);
        let insists = wanted || !refused && named.is_some() && matches!(pending, Pending::Callback { .. });
        // "Yes, please delete it" is a yes, whatever else it resembles. Consent requires more.
        let begins = self.language.certain.read(first_clause(text), true);
        let agrees = begins == Some(Kind::Consent(Consent::Yes)) && pending != Pending::Unrecorded;
        let no = refused && !insists && !agrees;
        let plain = agrees && !self.language.certain.may_refuse(text);
        let yes = reading.kind == Kind::Consent(Consent::Yes) || insists || plain;
        // "No, you can keep that" replies to this question only.
        let keeps = self.language.certain.keeps(text).filter(|_| pending == Pending::DeleteRecording);
        if !yes && keeps.is_none() && self.target() == Target::Question {
            self.keep_reply(&reading, text);
        }
        if !yes && !no && self.still_waits(pending, &reading, text) {
            return;
        }
        let began = self.turn_began();
        self.take_floor();
        self.settle_pending();
        match pending {
            Pending::EndCall if yes => self.declined(),
            Pending::Unrecorded if yes && sure => self.consented(true),
            Pending::Stop if yes => self.stop(Farewell::Stopped),
            Pending::Person if yes => self.stop(Farewell::Person),
            Pending::Callback { until } if yes => {
                self.postpone(Postponement::CallbackRequested, named.or(until));
            }
            // Without a clear answer, the recording is deleted.
            Pending::DeleteRecording => {
                let keep = keeps.unwrap_or(no);
                self.settle_recording(keep);
                if let Kind::Concern(concern) = reading.kind {
                    return self.attend_to(concern);
                }
                let asides = &self.lines().asides;
                let said = if keep { &asides.recording_kept } else { &asides.recording_deleted };
                self.resume_asking(RepeatReason::Resumed, vec![said.clone()]);
            }
            Pending::Strike if yes => self.strike(false),
            Pending::GoOn if no => self.stop(Farewell::Distress),
            Pending::GoOn if !yes && self.waiting.waits < 1 => {
                self.waiting.waits += 1;
                self.confirm(pending);
            }
            Pending::Adult if no => self.postpone(Postponement::ChildOnTheLine, None),
            Pending::Adult if yes => {
                self.waiting.handed_over = true;
                self.be_patient();
                self.say(Speech::new(vec![self.lines().concerns.child_wait.clone()], Purpose::Aside));
            }
            _ if !yes && !no && self.meet(&reading, text, began) => {}
            _ => match self.target() {
                target @ (Target::Participation | Target::Recording) if !text.is_empty() => self.unclear(target, None),
                _ => self.resume_asking(RepeatReason::Resumed, vec![self.lines().asides.go_on.clone()]),
            },
        }
    }

    /// Handles a reply that does not answer it: the question is put again, or keeps waiting.
    pub(super) fn still_waits(&mut self, pending: Pending, reading: &Reading, text: &str) -> bool {
        let mut before = Vec::new();
        match reading.kind {
            Kind::Request(Request::Wait) | Kind::Unfinished if self.waiting.waits < 3 => {
                self.waiting.waits += 1;
                self.take_floor();
                self.be_patient();
                return true;
            }
            Kind::Request(Request::Repeat) | Kind::Question(Topic::Meaning) => {}
            Kind::Request(Request::Slower | Request::Louder) | Kind::Question(_) => {
                before = self.aside(reading.kind, text);
            }
            Kind::Concern(Concern::Distress | Concern::Child) => return false,
            // The words were said before enough of the question was heard.
            _ if !text.is_empty() && self.waiting.heard < self.policy.heard_share && self.waiting.resumed < 3 => {
                self.waiting.resumed += 1;
            }
            _ => return false,
        }
        self.take_floor();
        self.put_pending(before, pending);
        true
    }

    /// Keeps words that answer the guide's question instead, or as well.
    pub(super) fn keep_reply(&mut self, reading: &Reading, text: &str) {
        let words: Vec<&str> = text.split_whitespace().collect();
        // "No, …" replies to the interviewer's own question.
        let says = |end: usize| self.language.certain.read(&words[..end].join(" "), true).is_some();
        let clause = words.iter().position(|word| word.ends_with([',', '.', ';', '!'])).map_or(0, |at| at + 1);
        let from = if says(clause) { clause } else { 0 };
        let answers = matches!(reading.kind, Kind::Consent(_) | Kind::Answer) && !says(words.len());
        if answers && words.len() >= from + CONTENT && self.answers_question(text) {
            self.carry_words(from..words.len());
        }
    }
}

/// Returns "Yes," of "Yes, please delete it."
fn first_clause(text: &str) -> &str {
    text.find([',', '.', ';', '!']).map_or(text, |end| &text[..end])
}
