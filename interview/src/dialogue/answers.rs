//! What the respondent's words mean for the current asking.
//!
//! Owns: requests, answers, misunderstandings and silence within one asking. Never does: choose the
//! next question.

use super::moment::Patience;
use super::utterance::{Purpose, Speech};
use super::{Floor, Interview, Target, lines};
use crate::analysis::Analysis;
use crate::analysis::contradiction::{Earlier, with_earlier};
use crate::guide::{Question, QuestionType};
use crate::io::{CallState, EndRule, Endpointing, Event, Ms, Pending, RepeatReason, Response};
use crate::turn::{Reading, Verdict, pace, text_of};
use crate::understanding::parts;
use crate::understanding::whole::{is_closed_answer, is_full_answer};
use crate::understanding::{self, AnswerClass, Consent, Kind, Request};

impl Interview {
    /// Judges the turn, and acts if it is over. Returns whether something was done.
    pub(super) fn listen(&mut self) -> bool {
        if self.go_on_after_nothing() {
            return true;
        }
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

    /// Reads the words for the policy: as a full answer, a request, or a beginning.
    pub(super) fn read(&self, target: Target, text: &str) -> Reading {
        let reading = self.reading(text);
        // A respondent who asks for time, or has only begun, gets more.
        let unfinished = matches!(reading.kind, Kind::Unfinished | Kind::Request(Request::Wait))
            || target == Target::Question && may_be_dictated(reading.kind) && self.is_dictating(text);
        let command = match reading.kind {
            Kind::Request(Request::Wait) | Kind::Unfinished | Kind::Answer | Kind::BackChannel => false,
            // The correct value may follow.
            Kind::Consent(Consent::No) if self.state.pending == Some(Pending::ReadBack) => false,
            Kind::Consent(consent) => consent != Consent::Unclear,
            Kind::Request(_) | Kind::Question(_) | Kind::Concern(_) => reading.also.is_empty(),
        };
        let answers = target == Target::Question && !self.state.pending.is_some_and(Pending::wants_yes_or_no);
        let full = answers
            && !unfinished
            && self.answering().is_some_and(|(question, follow_up)| !follow_up && is_full_answer(question, text));
        let time_up = self.budget().left(&self.state, self.now) == 0;
        let elaborated = answers
            && !full
            && self.answering().is_some_and(|(question, follow_up)| {
                !follow_up && question.kind == QuestionType::Closed && is_closed_answer(text)
            });
        let patience = self.patience();
        Reading { full: full || command, elaborated, unfinished, time_up, patience, pace: self.pace() }
    }

    /// The factor on waiting that follows from this respondent's own pauses in answers to this type
    /// of question.
    fn pace(&self) -> f32 {
        let Some((question, follow_up)) = self.answering() else { return 1.0 };
        let kind = |question: &Question, follow_up: bool| if follow_up { QuestionType::Open } else { question.kind };
        let wanted = kind(question, follow_up);
        let of = |response: &Response| {
            let asked = self.guide.questions().find(|(_, question)| question.id == response.question_id);
            asked.map(|(_, question)| kind(question, response.is_follow_up))
        };
        let of_type = self.state.responses.iter().filter(|response| of(response) == Some(wanted));
        let pauses = |response: &Response| response.endpointing.pauses.clone();
        let own = self.turn.pauses().iter().copied();
        let of_type: Vec<Ms> = of_type.flat_map(pauses).chain(own.clone()).collect();
        let all: Vec<Ms> = self.state.responses.iter().flat_map(pauses).chain(own).collect();
        pace::factor(&of_type, &all)
    }

    /// The guide question of the current asking, and whether the asking is a follow-up to it.
    pub(super) fn answering(&self) -> Option<(&Question, bool)> {
        let asking = self.state.current_asking()?;
        let (_, question) = self.guide.questions().find(|(_, q)| q.id == asking.question_id)?;
        Some((question, asking.follow_up_of.is_some()))
    }

    fn take_turn(&mut self, text: &str, rule: EndRule) {
        let reading = self.reading(text);
        if let Some(pending) = self.state.pending.filter(|pending| pending.wants_yes_or_no()) {
            return self.confirmed(pending, text);
        }
        if std::mem::take(&mut self.waiting.handed_over) {
            return self.somebody_came(&reading, text);
        }
        let content = reading.kind != Kind::Answer && reading.answer().is_some();
        let mut flags: Vec<String> = Vec::new();
        if may_be_dictated(reading.kind) && self.may_pause() && self.is_dictating(text) {
            return self.await_rest();
        }
        match reading.kind {
            Kind::Unfinished => {
                // A beginning without a continuation. It waits for the rest, and belongs to the
                // answer.
                if self.waiting.patience == Patience::Usual && self.waiting.waits == 0 {
                    return self.await_rest();
                }
            }
            Kind::Request(Request::Wait) => {
                self.carry_answer(&reading);
                self.take_floor();
                return self.be_patient();
            }
            Kind::Request(Request::Stop) => {
                self.carry_answer(&reading);
                let plain = reading.by == understanding::By::Rule && !content;
                self.take_floor();
                return self.stop_requested(plain);
            }
            Kind::Request(Request::Delete) => {
                return self.strike_requested(&reading, content);
            }
            Kind::Request(Request::Decline) => flags.push("declined".to_owned()),
            Kind::Request(Request::DontKnow) => flags.push("dont_know".to_owned()),
            Kind::Request(Request::NothingToAdd) => flags.push("nothing_to_add".to_owned()),
            Kind::Request(_) | Kind::Question(_) | Kind::Concern(_) => {
                self.carry_answer(&reading);
                self.meet_after_floor(&reading, text);
                return;
            }
            Kind::BackChannel if !self.was_not_heard(text) => {
                // A sign of listening after a question that was heard in full. The answer is still
                // to come.
                self.take_floor();
                self.waiting.since = self.now;
                return self.show(CallState::Listening);
            }
            Kind::BackChannel | Kind::Answer | Kind::Consent(_) => {}
        }
        if flags.is_empty() && self.was_not_heard(text) {
            if reading.kind == Kind::BackChannel && self.take_up_cut() {
                return;
            }
            self.waiting.resumed += 1;
            if reading.kind != Kind::BackChannel {
                self.carry();
            }
            self.take_floor();
            return self.again(RepeatReason::Resumed, vec![self.lines().asides.again.clone()]);
        }
        if let Some(passing) = reading.also.iter().find(|one| !matches!(one.kind, Kind::Answer))
            && reading.kind == Kind::Answer
            && self.in_passing(&passing.clone(), text, &mut flags)
        {
            return;
        }
        self.weigh(flags, rule);
    }

    /// Waits for the rest of what was begun, which belongs to the answer.
    fn await_rest(&mut self) {
        self.waiting.waits += 1;
        self.carry();
        self.take_floor();
        self.waiting.patience = Patience::Begun;
        self.waiting.since = self.now;
        self.show(CallState::Listening);
    }

    /// Whether the words were said over a question of which too little had been heard, and do not
    /// answer it.
    pub(super) fn was_not_heard(&self, text: &str) -> bool {
        let heard = self.waiting.heard;
        if self.waiting.resumed >= 2 || heard >= self.policy.practically_over {
            return false;
        }
        let full = self.answering().is_some_and(|(question, follow_up)| !follow_up && is_full_answer(question, text));
        let enough = if full { self.policy.heard_share / 2.0 } else { self.policy.heard_share };
        heard < enough || self.language.certain.is_back_channel(text) && !full
    }

    /// Ends the turn, whose audio may be forgotten. Words of it that belong to no answer are kept
    /// besides.
    pub(super) fn take_floor(&mut self) {
        self.keep_beside();
        self.drop_turn();
    }

    /// The same, if its words are kept elsewhere or must not be kept.
    pub(super) fn drop_turn(&mut self) {
        self.turn.clear();
        self.waiting.asides.retain(|aside| !aside.said);
        self.asked_for = None;
        self.proposals = None;
        let taken = self.noise.taken();
        self.out.push(taken);
    }

    /// Puts the same question again, within the same asking.
    pub(super) fn again(&mut self, reason: RepeatReason, before: Vec<String>) {
        let Some((id, text)) = self.state.current_asking().map(|a| (a.id, a.text.clone())) else {
            return self.ask_next(before);
        };
        self.settle_pending();
        self.record(Event::QuestionRepeated { asking: id, reason, text: text.clone() });
        self.waiting.put_again();
        self.waiting.naming.before = self.state.carried.len();
        let texts = self.with_unsaid(before.into_iter().chain([text]).collect());
        self.say(Speech::new(texts, Purpose::Question).asking(id));
    }

    pub(super) fn reword(&mut self) {
        let Some(text) = self.answering().map(|(question, _)| lines::asked_about(self.lines(), question)) else {
            return;
        };
        let Some(asking) = self.state.current else { return };
        self.record(Event::QuestionRepeated { asking, reason: RepeatReason::Reworded, text: text.clone() });
        self.waiting.put_again();
        self.say(Speech::new(vec![text], Purpose::Question).asking(asking));
    }

    // --- The answer -----------------------------------------------------------------------------------------

    /// Takes the answer. If a follow-up is possible, proposals are awaited.
    pub(super) fn conclude(&mut self, flags: Vec<String>, rule: EndRule) {
        let Some(response) = self.response(flags, rule) else { return };
        self.waiting.held = self.turn.words().len();
        if self.waiting.held > 0 {
            self.loudness.answered();
        }
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

    /// Returns the answer so far: the words that were carried over, then those of the turn.
    pub(super) fn response(&self, flags: Vec<String>, rule: EndRule) -> Option<Response> {
        let asking = self.state.current_asking()?;
        let words = self.words_so_far();
        let question_end = self.waiting.question_end.unwrap_or(self.now);
        let first = words.first().map_or(question_end, |w| w.start_ms);
        let cut_short = flags.iter().any(|f| f == "cut_short");
        let requires_clarification = flags.iter().any(|f| f == "out_of_options");
        let text = text_of(&words);
        let question = self.question_itself();
        let missing = |question| !parts::missing(self.language, question, &text).is_empty();
        let class = match class_of(&text, &flags) {
            AnswerClass::Answered if question.is_some_and(missing) => AnswerClass::Partly,
            class => class,
        };
        let named = if matches!(class, AnswerClass::Answered | AnswerClass::Partly) { self.named() } else { None };
        let value = named.and_then(|value| serde_json::to_value(value).ok());
        let mut analysis = Analysis::of(&asking.text, &words);
        let earlier: Vec<Earlier> = self.state.responses.iter().map(Earlier::from).collect();
        analysis.contradictions = with_earlier(&text, &words, &earlier);
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
            endpointing: Endpointing {
                speech_end_ms: self.turn.end(),
                decided_ms: self.now,
                rule,
                pauses: self.turn.pauses().to_vec(),
            },
            words,
            flags,
            value,
            class,
        })
    }
}

/// Whether more of a dictation may follow words with this meaning.
fn may_be_dictated(kind: Kind) -> bool {
    let corrects = matches!(kind, Kind::Consent(consent) if consent != Consent::Yes);
    corrects || matches!(kind, Kind::Answer | Kind::Unfinished | Kind::BackChannel)
}

/// Returns the class of an answer.
fn class_of(text: &str, flags: &[String]) -> AnswerClass {
    let flag = |name: &str| flags.iter().any(|flag| flag == name);
    if flag("declined") {
        AnswerClass::Declined
    } else if flag("dont_know") {
        AnswerClass::DontKnow
    } else if text.is_empty() {
        AnswerClass::None
    } else if flag("out_of_options") {
        AnswerClass::NotUnderstood
    } else if flag("off_topic") {
        AnswerClass::OffTopic
    } else if flag("cut_short") {
        AnswerClass::Partly
    } else {
        AnswerClass::Answered
    }
}
