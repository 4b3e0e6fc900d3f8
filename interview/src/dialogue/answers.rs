//! Taking turns: what the respondent's words mean for the asking at hand.
//!
//! Owns: commands, answers, misunderstandings and silence within one asking. Never does: choose the next question.

use super::lines::{self, Farewell};
use super::speaking::{Purpose, Speech};
use super::understanding::{choice, is_back_channel, is_closed_answer, is_full_answer, yes_or_no};
use super::wishes::{Wish, wish};
use super::{Floor, Interview, Target};
use crate::analysis::{Analysis, contradiction};
use crate::guide::{Question, QuestionType};
use crate::io::{CallState, EndRule, Endpointing, Event, Ms, Output, Rejection, RepeatReason, Response, Word};
use crate::turn::{Reading, Verdict, text_of};

/// Speech shorter than this that held no words is noise, not something we failed to understand.
const NOISE_MS: Ms = 1_200;

/// What has happened within the asking at hand; forgotten with it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Waiting {
    /// Since when we listen.
    pub since: Ms,
    /// When the question had been put.
    pub question_end: Option<Ms>,
    /// Share of the question that was heard.
    pub heard: f32,
    /// Words that belong to the answer but were followed by something of ours.
    pub carried: Vec<Word>,
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

impl Interview {
    /// Looks at the turn and acts when it is over; true when something was done.
    pub(super) fn listen(&mut self) -> bool {
        let target = self.target();
        let verdict = self.turn.verdict(self.now, &self.policy, |text| self.read(target, text));
        match verdict {
            Verdict::Over(rule) => {
                let text = text_of(self.turn.words());
                match target {
                    Target::Participation | Target::Recording => self.take_consent(target, &text),
                    Target::Question => self.take_turn(&text, rule),
                    Target::Nothing => {
                        self.take_floor();
                        self.ask_next(Vec::new());
                    }
                }
                true
            }
            Verdict::Nothing(rejection) => {
                self.not_understood(target, rejection);
                true
            }
            Verdict::Silent if target == Target::Nothing => {
                self.ask_next(Vec::new());
                true
            }
            Verdict::Silent if self.now >= self.no_answer_at() => {
                self.nothing_said(target);
                true
            }
            Verdict::Silent if target == Target::Question && self.budget().left(&self.state, self.now) == 0 => {
                self.give_up(EndRule::TimeUp);
                true
            }
            _ => false,
        }
    }

    /// Reads the words for the policy: is it a whole answer, or a command?
    pub(super) fn read(&self, target: Target, text: &str) -> Reading {
        let command = matches!(wish(text), Some(Wish::Repeat | Wish::Decline | Wish::Stop | Wish::Person));
        let full = match target {
            Target::Participation | Target::Recording => yes_or_no(text).is_some(),
            Target::Question => {
                self.answering().is_some_and(|(question, follow_up)| !follow_up && is_full_answer(question, text))
            }
            Target::Nothing => false,
        };
        let time_up = self.budget().left(&self.state, self.now) == 0;
        let elaborated = target == Target::Question
            && !full
            && self.answering().is_some_and(|(question, follow_up)| {
                !follow_up && question.kind == QuestionType::Closed && is_closed_answer(text)
            });
        Reading { full: full || command, elaborated, time_up }
    }

    /// The guide question of the asking at hand, and whether the asking is a follow-up to it.
    pub(super) fn answering(&self) -> Option<(&Question, bool)> {
        let asking = self.state.current_asking()?;
        let (_, question) = self.guide.questions().find(|(_, q)| q.id == asking.question_id)?;
        Some((question, asking.follow_up_of.is_some()))
    }

    fn take_turn(&mut self, text: &str, rule: EndRule) {
        let flags = match wish(text) {
            Some(Wish::Repeat) => {
                self.take_floor();
                return self.again(RepeatReason::Requested, lines::OF_COURSE);
            }
            Some(Wish::Wait) => {
                self.take_floor();
                return self.be_patient();
            }
            Some(Wish::Stop) => {
                self.take_floor();
                return self.close(Farewell::Stopped);
            }
            Some(Wish::Person) => {
                self.take_floor();
                return self.person_requested();
            }
            Some(Wish::Decline) => vec!["declined"],
            Some(Wish::DontKnow) => vec!["dont_know"],
            Some(Wish::NothingToAdd) => vec!["nothing_to_add"],
            None => Vec::new(),
        };
        if flags.is_empty() && self.was_not_heard(text) {
            self.waiting.resumed += 1;
            if !is_back_channel(text) {
                self.carry();
            }
            self.take_floor();
            return self.again(RepeatReason::Resumed, lines::AGAIN);
        }
        let misfit = flags.is_empty() && self.fits_nothing(text);
        if misfit && !self.waiting.reworded {
            self.waiting.reworded = true;
            self.carry();
            self.take_floor();
            return self.reword();
        }
        let mut flags: Vec<String> = flags.into_iter().map(str::to_owned).collect();
        if misfit {
            flags.push("out_of_options".to_owned());
        }
        self.conclude(flags, rule);
    }

    /// Said over a question of which too little had been heard, and no answer to it as it stands.
    fn was_not_heard(&self, text: &str) -> bool {
        let heard = self.waiting.heard;
        if self.waiting.resumed >= 2 || heard >= self.policy.practically_over {
            return false;
        }
        let full = self.answering().is_some_and(|(question, follow_up)| !follow_up && is_full_answer(question, text));
        let enough = if full { self.policy.heard_share / 2.0 } else { self.policy.heard_share };
        heard < enough || is_back_channel(text) && !full
    }

    fn fits_nothing(&self, text: &str) -> bool {
        self.answering().is_some_and(|(question, follow_up)| {
            !follow_up
                && matches!(question.kind, QuestionType::Scale | QuestionType::MultipleChoice)
                && choice(question, text).is_none()
        })
    }

    /// Keeps the turn's words for the answer, because the turn's audio is about to be given up.
    pub(super) fn carry(&mut self) {
        if self.state.consent == Some(true) {
            self.waiting.carried.extend_from_slice(self.turn.words());
        }
    }

    /// The turn is over: its audio may go.
    pub(super) fn take_floor(&mut self) {
        self.turn.clear();
        self.asked_for = None;
        self.proposals = None;
        self.out.push(Output::TurnTaken);
    }

    /// Puts the same question again, within the same asking.
    pub(super) fn again(&mut self, reason: RepeatReason, before: &str) {
        let Some((id, text)) = self.state.current_asking().map(|a| (a.id, a.text.clone())) else {
            return self.ask_next(Vec::new());
        };
        self.record(Event::QuestionRepeated { asking: id, reason, text: text.clone() });
        self.waiting.put_again();
        self.say(Speech::new(vec![before.to_owned(), text], Purpose::Question).asking(id));
    }

    fn reword(&mut self) {
        let Some(text) = self.answering().map(|(question, _)| lines::reworded(question)) else { return };
        let Some(asking) = self.state.current else { return };
        self.record(Event::QuestionRepeated { asking, reason: RepeatReason::Reworded, text: text.clone() });
        self.waiting.put_again();
        self.say(Speech::new(vec![text], Purpose::Question).asking(asking));
    }

    pub(super) fn be_patient(&mut self) {
        self.waiting.patience = Patience::Granted;
        self.waiting.since = self.now;
        self.floor = Floor::Listening;
    }

    fn person_requested(&mut self) {
        let before = self.state.person_requests;
        self.record(Event::PersonRequested);
        if before > 0 {
            self.close(Farewell::Person);
        } else {
            self.again(RepeatReason::Resumed, lines::PERSON);
        }
    }

    // --- Silence and noise ----------------------------------------------------------------------------------

    pub(super) fn no_answer_at(&self) -> Ms {
        let usual = self.waiting.patience == Patience::Usual;
        let silence = if usual { self.policy.no_answer_ms } else { self.policy.patience_ms };
        self.waiting.since.max(self.turn.end()) + silence
    }

    fn nothing_said(&mut self, target: Target) {
        if self.waiting.patience == Patience::Granted {
            self.waiting.patience = Patience::Reassured;
            return self.say(Speech::new(vec![lines::TAKE_YOUR_TIME.to_owned()], Purpose::Aside));
        }
        self.waiting.patience = Patience::Usual;
        match target {
            Target::Participation | Target::Recording => {
                // Silence is an unclear answer, however much of the question was heard.
                self.waiting.heard = 1.0;
                self.take_consent(target, "");
            }
            Target::Nothing => self.ask_next(Vec::new()),
            Target::Question if !self.waiting.carried.is_empty() => self.conclude(Vec::new(), EndRule::Silence),
            Target::Question if !self.waiting.asked_again => {
                self.waiting.asked_again = true;
                self.again(RepeatReason::Resumed, lines::STILL_THERE);
            }
            Target::Question => self.give_up(EndRule::NoAnswer),
        }
    }

    fn give_up(&mut self, rule: EndRule) {
        let flags = if self.waiting.carried.is_empty() { vec!["no_answer".to_owned()] } else { Vec::new() };
        self.conclude(flags, rule);
    }

    fn not_understood(&mut self, target: Target, reason: Rejection) {
        let length = self.turn.end().saturating_sub(self.turn.onset());
        self.take_floor();
        if self.state.consent == Some(true) {
            self.record(Event::NotUnderstood { reason });
        }
        let missed = reason == Rejection::Failed || length >= NOISE_MS;
        let unheard = self.waiting.heard < self.policy.practically_over && self.waiting.resumed < 3;
        match target {
            Target::Question if missed && self.waiting.not_caught < 2 => {
                self.waiting.not_caught += 1;
                self.again(RepeatReason::Reworded, lines::NOT_CAUGHT);
            }
            Target::Question if unheard => {
                self.waiting.resumed += 1;
                self.again(RepeatReason::Resumed, lines::AGAIN);
            }
            Target::Participation | Target::Recording if unheard => {
                self.waiting.resumed += 1;
                self.ask_consent(target == Target::Recording, false);
            }
            _ => self.show(CallState::Listening),
        }
    }

    // --- The answer -----------------------------------------------------------------------------------------

    /// The answer is there; follow-ups are thought about if there may be any.
    fn conclude(&mut self, flags: Vec<String>, rule: EndRule) {
        let Some(response) = self.response(flags, rule) else { return };
        self.waiting.held = self.turn.words().len();
        self.show(CallState::Thinking);
        let deadline = self.turn.end().saturating_add(self.settings.proposal_deadline_ms);
        let asked = self.asked_for.is_some() && self.asked_for == self.turn.pause();
        let waits = asked && self.proposals.is_none() && self.now < deadline;
        if waits && self.follow_ups_left(&response) > 0 {
            self.floor = Floor::Thinking { response: Box::new(response), deadline, covered: false };
        } else {
            self.advance(response, false);
        }
    }

    /// The answer as it stands: what was carried over, then the turn's words.
    pub(super) fn response(&self, flags: Vec<String>, rule: EndRule) -> Option<Response> {
        let asking = self.state.current_asking()?;
        let mut words = self.waiting.carried.clone();
        words.extend_from_slice(self.turn.words());
        let question_end = self.waiting.question_end.unwrap_or(self.now);
        let first = words.first().map_or(question_end, |w| w.start_ms);
        let cut_short = flags.iter().any(|f| f == "cut_short");
        let requires_clarification = flags.iter().any(|f| f == "out_of_options");
        let text = text_of(&words);
        let mut analysis = Analysis::of(&asking.text, &words);
        analysis.contradictions = contradiction::with_earlier(&text, &words, &self.state.responses);
        Some(Response {
            asking: asking.id,
            question_id: asking.question_id.clone(),
            section: asking.section.clone(),
            question_text: asking.text.clone(),
            text,
            asked_ms: asking.asked_ms,
            answered_ms: if words.is_empty() {
                self.now
            } else {
                self.turn.end().max(words.last().map_or(0, |w| w.end_ms))
            },
            response_time_ms: first.saturating_sub(question_end),
            is_follow_up: asking.follow_up_of.is_some(),
            parent: asking.follow_up_of,
            analysis,
            is_complete: !words.is_empty() && !cut_short,
            requires_clarification,
            endpointing: Endpointing { speech_end_ms: self.turn.end(), decided_ms: self.now, rule },
            words,
            flags,
            value: None,
            class: crate::understanding::AnswerClass::default(),
        })
    }
}
