//! Consent: taking part, then being recorded.
//!
//! Owns: the two questions and what their answers mean. Never does: keep a word of what was said.

use super::answers::Waiting;
use super::lines::{self, Farewell};
use super::speaking::{Purpose, Speech};
use super::understanding::yes_or_no;
use super::wishes::{Wish, wish};
use super::{Interview, Target};
use crate::io::{Event, Notice, Output, Phase};

impl Interview {
    /// Asks for consent, for the first time or again after an unclear answer; a resumed call puts the same asking again.
    pub(super) fn ask_consent(&mut self, recording: bool, another: bool) {
        let asked = if recording { self.state.recording_asked } else { self.state.consent_asked };
        if asked == 0 {
            self.waiting = Waiting::default();
        }
        if asked == 0 || another {
            self.record(Event::ConsentAsked { recording });
        }
        self.waiting.put_again();
        let texts = match (recording, another) {
            (false, false) => lines::consent(&self.guide, self.settings.respondent_name.as_deref()),
            (false, true) => vec![lines::CONSENT_AGAIN.to_owned()],
            (true, false) => vec![lines::THANKS.to_owned(), lines::RECORDING.to_owned()],
            (true, true) => vec![lines::RECORDING_AGAIN.to_owned()],
        };
        self.say(Speech::new(texts, Purpose::Consent));
    }

    /// What was answered to the consent question at hand; an empty text is silence.
    pub(super) fn take_consent(&mut self, target: Target, text: &str) {
        self.take_floor();
        match wish(text) {
            Some(Wish::Repeat) if self.waiting.repeats < 3 => {
                self.waiting.repeats += 1;
                self.ask_consent(target == Target::Recording, false);
                return;
            }
            Some(Wish::Wait) => {
                self.be_patient();
                return;
            }
            _ => {}
        }
        let answer = yes_or_no(text);
        // A yes to a question that was not heard is no consent; a no needs no question.
        if self.waiting.heard < self.policy.heard_share && answer != Some(false) && self.waiting.resumed < 2 {
            self.waiting.resumed += 1;
            self.ask_consent(target == Target::Recording, false);
            return;
        }
        match target {
            Target::Participation => match answer {
                Some(true) => self.consented(),
                None if self.state.consent_asked < 2 => self.ask_consent(false, true),
                _ => self.declined(),
            },
            _ => match answer {
                None if self.state.recording_asked < 2 => self.ask_consent(true, true),
                // Only a clear yes allows recording; without it the interview goes on unrecorded.
                answer => self.recording_answered(answer == Some(true)),
            },
        }
    }

    fn consented(&mut self) {
        self.record(Event::ConsentAnswered { recording: false, given: true });
        self.notify_consent();
        if self.settings.recording {
            self.ask_consent(true, false);
        } else {
            self.introduce();
        }
    }

    fn declined(&mut self) {
        self.record(Event::ConsentAnswered { recording: false, given: false });
        self.notify_consent();
        self.close(Farewell::ConsentDeclined);
    }

    fn recording_answered(&mut self, given: bool) {
        self.record(Event::ConsentAnswered { recording: true, given });
        self.notify_consent();
        if given {
            self.out.push(Output::StartRecording);
        }
        self.introduce();
    }

    fn introduce(&mut self) {
        self.record(Event::PhaseEntered { phase: Phase::Introduction });
        self.ask_next(vec![lines::THANKS.to_owned(), lines::BEGIN.to_owned()]);
    }

    pub(super) fn notify_consent(&mut self) {
        self.notify(Notice::Consent { participation: self.state.consent, recording: self.state.recording });
    }
}
