//! Consent to take part, and then to be recorded.
//!
//! Owns: the two questions, and what their answers mean. Never does: keep a word of what was said,
//! or take anything for a yes that is not one. In doubt it asks once more, and then leaves the
//! interview for another time.

use super::lines::Farewell;
use super::moment::Waiting;
use super::utterance::{Purpose, Speech};
use super::{Interview, Target, lines};
use crate::io::{Event, Notice, Output, Pending, Phase, Postponement};
use crate::turn::confidence_of;
use crate::understanding::{Consent, Kind, Reading, Request};

/// The least mean confidence of the words of a yes, 0…1.
pub(super) const CONFIDENT: f32 = 0.6;

impl Interview {
    /// Asks for consent, for the first time or again. A resumed call puts the same asking again.
    pub(super) fn ask_consent(&mut self, recording: bool, another: bool) {
        let words = &self.lines().consent;
        let texts = match (recording, another) {
            (false, false) => lines::consent(&self.guide, self.settings.respondent_name.as_deref()),
            (false, true) => vec![words.again.clone()],
            (true, false) => vec![self.lines().asides.thanks.clone(), words.recording.clone()],
            (true, true) => vec![words.recording_again.clone()],
        };
        self.put_consent(recording, another, texts);
    }

    /// Asks for consent with these words.
    fn put_consent(&mut self, recording: bool, another: bool, texts: Vec<String>) {
        let asked = if recording { self.state.recording_asked } else { self.state.consent_asked };
        if asked == 0 {
            self.waiting = Waiting::default();
        }
        if asked == 0 || another {
            self.record(Event::ConsentAsked { recording });
        }
        self.settle_pending();
        self.waiting.put_again();
        let texts = self.with_unsaid(texts);
        self.say(Speech::new(texts, Purpose::Consent));
    }

    /// Repeats the current consent question briefly, after something else was said.
    pub(super) fn consent_after(&mut self, before: Vec<String>) {
        let recording = self.target() == Target::Recording;
        let words = &self.lines().consent;
        let question = if recording { &words.recording } else { &words.question };
        let texts = before.into_iter().chain([question.clone()]).collect();
        self.put_consent(recording, false, texts);
    }

    /// Takes the reply to the current consent question. An empty text is silence.
    pub(super) fn take_consent(&mut self, target: Target, text: &str) {
        let reading = self.reading(text);
        let confidence = confidence_of(self.turn.words());
        if text.is_empty() {
            self.take_floor();
            return self.unclear(target, None);
        }
        if let Some(pending) = self.state.pending {
            return self.confirmed(pending, text);
        }
        if std::mem::take(&mut self.waiting.handed_over) {
            return self.somebody_came(&reading, text);
        }
        // A yes to a question that was not heard is no consent. A no needs no question.
        let refused = reading.kind == Kind::Consent(Consent::No);
        let answers = matches!(reading.kind, Kind::Consent(_));
        if answers && !refused && self.waiting.heard < self.policy.heard_share && self.waiting.resumed < 2 {
            if self.take_up_cut() {
                return;
            }
            self.waiting.resumed += 1;
            self.take_floor();
            return self.ask_consent(target == Target::Recording, false);
        }
        match reading.kind {
            Kind::Consent(consent) => {
                self.loudness.answered();
                self.take_floor();
                self.consent_answered(target, consent, &reading, text, confidence);
            }
            Kind::Request(Request::Wait) | Kind::Unfinished if self.waiting.waits < 3 => {
                self.waiting.waits += 1;
                self.take_floor();
                self.be_patient();
            }
            _ => {
                let began = self.turn_began();
                self.take_floor();
                if !self.meet(&reading, text, began) {
                    self.unclear(target, None);
                }
            }
        }
    }

    fn consent_answered(&mut self, target: Target, consent: Consent, reading: &Reading, text: &str, confidence: f32) {
        let words = &self.lines().consent;
        let participation = target == Target::Participation;
        match consent {
            // Words that may have been others are asked for again, never assumed.
            Consent::Yes if confidence < CONFIDENT => {
                let again = if participation { words.unheard.clone() } else { words.recording_unheard.clone() };
                self.unclear(target, Some(again));
            }
            Consent::Yes if participation => {
                let unrecorded = reading.also.iter().any(|also| also.recording);
                self.consented(unrecorded);
            }
            Consent::Yes => self.recording_answered(true),
            // Without a yes nothing is recorded, so no further question is needed.
            Consent::No if !participation => self.recording_answered(false),
            Consent::No if reading.probability >= 0.97 && confidence >= CONFIDENT => self.declined(),
            Consent::No => self.confirm(Pending::EndCall),
            Consent::Conditional if participation && self.language.certain.mentions_recording(text) => {
                self.confirm(Pending::Unrecorded);
            }
            Consent::Conditional => {
                let again = if participation { words.conditional.clone() } else { words.recording_conditional.clone() };
                self.unclear(target, Some(again));
            }
            Consent::Unclear => self.unclear(target, None),
        }
    }

    /// Handles a reply that is neither yes nor no. The question is asked once more, and then the
    /// interview is left for another time. Without a yes to recording, it continues unrecorded.
    pub(super) fn unclear(&mut self, target: Target, again: Option<String>) {
        match target {
            Target::Participation if self.state.consent_asked < 2 => {
                let texts = vec![again.unwrap_or_else(|| self.lines().consent.again.clone())];
                self.put_consent(false, true, texts);
            }
            Target::Participation => self.postpone(Postponement::ConsentUnclear, None),
            _ if self.state.recording_asked < 2 => {
                let texts = vec![again.unwrap_or_else(|| self.lines().consent.recording_again.clone())];
                self.put_consent(true, true, texts);
            }
            _ => self.recording_answered(false),
        }
    }

    pub(super) fn consented(&mut self, unrecorded: bool) {
        self.record(Event::ConsentAnswered { recording: false, given: true });
        self.notify_consent();
        if !self.settings.recording {
            self.introduce(false);
        } else if unrecorded {
            self.record(Event::ConsentAsked { recording: true });
            self.recording_answered(false);
        } else {
            self.ask_consent(true, false);
        }
    }

    pub(super) fn declined(&mut self) {
        self.record(Event::ConsentAnswered { recording: false, given: false });
        self.notify_consent();
        self.close(Farewell::ConsentDeclined);
    }

    pub(super) fn recording_answered(&mut self, given: bool) {
        self.record(Event::ConsentAnswered { recording: true, given });
        self.notify_consent();
        if given {
            self.out.push(Output::StartRecording);
        }
        self.introduce(!given);
    }

    /// Says one line before the first question, because a respondent who has just agreed waits for
    /// the question.
    fn introduce(&mut self, unrecorded: bool) {
        self.record(Event::PhaseEntered { phase: Phase::Introduction });
        let lines = self.lines();
        let before = if unrecorded { &lines.consent.not_recorded } else { &lines.asides.begin };
        self.ask_next(vec![before.clone()]);
    }

    pub(super) fn notify_consent(&mut self) {
        self.notify(Notice::Consent { participation: self.state.consent, recording: self.state.recording });
    }
}
