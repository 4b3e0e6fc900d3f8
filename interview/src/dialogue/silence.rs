//! What happens when nothing is said, or nothing that has words.
//!
//! Owns: how long the respondent is waited for, and what is said then. Never does: take silence for
//! an answer.

use super::moment::Patience;
use super::utterance::{Purpose, Speech};
use super::{Interview, Target};
use crate::io::{CallState, EndRule, Event, Ms, Pending, Rejection, RepeatReason};

/// Speech without words that is shorter than this is noise, and not something that was not
/// understood.
const NOISE_MS: Ms = 1_200;

impl Interview {
    pub(super) fn no_answer_at(&self) -> Ms {
        let usual = matches!(self.waiting.patience, Patience::Usual | Patience::Begun);
        let silence = if usual { self.policy.no_answer_ms } else { self.policy.patience_ms };
        self.waiting.since.max(self.turn.end()) + silence
    }

    pub(super) fn nothing_said(&mut self, target: Target) {
        if matches!(self.waiting.patience, Patience::Granted | Patience::Begun) {
            let begun = self.waiting.patience == Patience::Begun;
            self.waiting.patience = if begun { Patience::Usual } else { Patience::Reassured };
            return self.say(Speech::new(vec![self.lines().asides.take_your_time.clone()], Purpose::Aside));
        }
        self.waiting.patience = Patience::Usual;
        match target {
            Target::Participation | Target::Recording => {
                // Silence is an unclear answer, however much of the question was heard.
                self.waiting.heard = 1.0;
                self.take_consent(target, "");
            }
            Target::Nothing => self.ask_next(Vec::new()),
            Target::Question if self.state.pending.is_some_and(Pending::wants_yes_or_no) => {
                let Some(pending) = self.state.pending else { return };
                self.confirmed(pending, "");
            }
            Target::Question if !self.state.carried.is_empty() => self.weigh(Vec::new(), EndRule::Silence),
            Target::Question if !self.waiting.asked_again => {
                self.waiting.asked_again = true;
                self.again(RepeatReason::Resumed, vec![self.lines().asides.still_there.clone()]);
            }
            Target::Question => self.give_up(EndRule::NoAnswer),
        }
    }

    pub(super) fn give_up(&mut self, rule: EndRule) {
        let flags = if self.state.carried.is_empty() { vec!["no_answer".to_owned()] } else { Vec::new() };
        self.conclude(flags, rule);
    }

    pub(super) fn not_understood(&mut self, target: Target, reason: Rejection) {
        let length = self.turn.end().saturating_sub(self.turn.onset());
        self.take_floor();
        if self.state.consent == Some(true) {
            self.record(Event::NotUnderstood { reason });
        }
        if reason != Rejection::Failed && self.waiting.resumed < 3 && self.take_up_cut() {
            return;
        }
        let missed = reason == Rejection::Failed || length >= NOISE_MS;
        let unheard = self.waiting.heard < self.policy.practically_over && self.waiting.resumed < 3;
        if let Some(pending) = self.state.pending.filter(|pending| pending.wants_yes_or_no()) {
            if !(missed || unheard) || self.waiting.not_caught >= 2 {
                return self.show(CallState::Listening);
            }
            self.waiting.not_caught += 1;
            return self.put_pending(vec![self.lines().asides.not_caught.clone()], pending);
        }
        match target {
            Target::Question if missed && self.waiting.not_caught < 2 => {
                self.waiting.not_caught += 1;
                self.again(RepeatReason::Reworded, vec![self.lines().asides.not_caught.clone()]);
            }
            Target::Question if unheard => {
                self.waiting.resumed += 1;
                self.again(RepeatReason::Resumed, vec![self.lines().asides.again.clone()]);
            }
            Target::Participation | Target::Recording if unheard => {
                self.waiting.resumed += 1;
                self.ask_consent(target == Target::Recording, false);
            }
            _ => self.show(CallState::Listening),
        }
    }
}
