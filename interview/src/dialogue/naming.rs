//! The value that the current answer names, and the one question that is asked about it: if it
//! names nothing that the question allows, two values, or something that was dictated.
//!
//! Owns: the value of an answer in the course of an asking. Never does: read a value in words
//! (`understanding::value` does), or ask twice.

use super::Interview;
use super::lines;
use super::moment::ReadBack;
use crate::guide::{Expects, Question, QuestionType};
use crate::io::{EndRule, Pending, RepeatReason, Word};
use crate::meaning::Value;
use crate::turn::text_of;
use crate::understanding::value;
use crate::understanding::{By, Consent, Kind, Request};

/// The number of pauses of a dictation that are waited for, each as long as for a respondent who
/// has begun something.
const PAUSES: u32 = 5;
/// The factor on waiting during a dictation, because people pause longer then.
const DICTATING: f32 = 1.5;

impl Interview {
    /// The current guide question, unless the asking is a follow-up to it.
    pub(super) fn question_itself(&self) -> Option<&Question> {
        self.answering().filter(|(_, follow_up)| !follow_up).map(|(question, _)| question)
    }

    /// All words of the answer so far.
    pub(super) fn words_so_far(&self) -> Vec<Word> {
        self.state.carried.iter().chain(self.turn.words()).cloned().collect()
    }

    /// The value that the answer names.
    pub(super) fn named(&self) -> Option<Value> {
        self.named_by(&self.words_so_far())
    }

    fn named_by(&self, words: &[Word]) -> Option<Value> {
        let question = self.question_itself()?;
        let read = |words: &[Word]| value::read(self.language, question, &text_of(words));
        let later = read(self.later(words));
        if self.waiting.naming.back == ReadBack::Denied { later } else { later.or_else(|| read(words)) }
    }

    /// Returns those words of the answer that were said since it was asked for again.
    pub(super) fn later<'w>(&self, words: &'w [Word]) -> &'w [Word] {
        &words[self.waiting.naming.before.min(words.len())..]
    }

    /// Whether more of what is being dictated must follow these words.
    pub(super) fn is_dictating(&self, text: &str) -> bool {
        let Some(question) = self.question_itself() else { return false };
        let said = match self.state.pending {
            None | Some(Pending::Which) => format!("{} {text}", text_of(self.later(&self.state.carried))),
            Some(Pending::ReadBack) if self.without_no(text) == text.trim() && self.continues() => return false,
            Some(Pending::ReadBack) => self.without_no(text),
            Some(_) => return false,
        };
        value::is_partial(self.language, question, said.trim())
    }

    pub(super) fn may_pause(&self) -> bool {
        self.waiting.waits < PAUSES
    }

    /// The factor on waiting of the current question.
    pub(super) fn patience(&self) -> f32 {
        let Some((question, follow_up)) = self.answering() else { return 1.0 };
        let dictates = matches!(question.expects, Some(Expects::Email | Expects::Phone | Expects::Name));
        if dictates && !follow_up { question.patience * DICTATING } else { question.patience }
    }

    /// Takes the end of the answer: it is final, or something about it is asked first.
    pub(super) fn weigh(&mut self, mut flags: Vec<String>, rule: EndRule) {
        self.settle_pending();
        let named = self.named();
        let asked = self.waiting.reworded;
        // A respondent who cannot say which of two values it is has named them all the same.
        if asked && flags == ["dont_know"] && matches!(named, Some(Value::Range(_))) {
            flags.clear();
        }
        let in_time = self.budget().left(&self.state, self.now) > 0;
        if flags.is_empty() && self.question_itself().is_some_and(names_something) {
            match named {
                None if !asked && in_time => return self.ask_about(),
                None => flags.push("out_of_options".to_owned()),
                Some(Value::Range(_)) if !asked && in_time && self.is_on_scale() => return self.ask_about(),
                Some(_) if self.waiting.naming.back == ReadBack::NotYet && in_time && self.reading_back().is_some() => {
                    self.waiting.naming.back = ReadBack::Read;
                    self.carry();
                    self.take_floor();
                    return self.confirm(Pending::ReadBack);
                }
                Some(_) => {}
            }
        }
        if flags.is_empty() && self.is_off_topic() {
            if !asked && in_time {
                self.waiting.reworded = true;
                self.carry();
                self.take_floor();
                return self.again(RepeatReason::Reworded, vec![self.lines().naming.off_topic.clone()]);
            }
            flags.push("off_topic".to_owned());
        }
        if self.waiting.naming.back == ReadBack::Denied && flags.is_empty() {
            flags.push("unconfirmed".to_owned());
        }
        self.conclude(flags, rule);
    }

    fn is_on_scale(&self) -> bool {
        self.question_itself().is_some_and(|question| question.kind == QuestionType::Scale)
    }

    /// Asks which of several values it is, or says what the question allows.
    fn ask_about(&mut self) {
        self.waiting.reworded = true;
        self.carry();
        self.take_floor();
        let which = self.which().is_some();
        self.waiting.naming.before = self.state.carried.len();
        if which { self.confirm(Pending::Which) } else { self.reword() }
    }

    /// Asks which of the named options it is. Returns none if there are not two.
    pub(super) fn which(&self) -> Option<String> {
        let question = self.question_itself()?;
        let text = text_of(&self.words_so_far());
        match value::read(self.language, question, &text) {
            Some(Value::Range([low, high])) => Some(lines::which_number(self.lines(), low, high)),
            _ => lines::which_option(self.lines(), &value::several(self.language, question, &text)),
        }
    }

    /// Returns what was dictated, as it is read back, or none if nothing needs to be confirmed.
    pub(super) fn reading_back(&self) -> Option<String> {
        value::spoken_back(self.language, self.question_itself()?, &self.named()?)
    }

    /// Takes the reply to what was read back. It is empty if there was none in time.
    pub(super) fn read_back_answered(&mut self, text: &str) {
        let reading = self.reading(text);
        if reading.kind == Kind::Consent(Consent::Yes) {
            return self.settle_named(Vec::new());
        }
        let said = self.without_no(text);
        let no = text.split_whitespace().count() - said.split_whitespace().count();
        let asks = matches!(reading.kind, Kind::Request(_) | Kind::Question(_) | Kind::Concern(_));
        if !asks && self.names_another(&said) {
            self.waiting.naming.before = self.state.carried.len();
            self.carry_words(no..text.split_whitespace().count());
            return self.settle_named(vec!["unconfirmed".to_owned()]);
        }
        if no > 0 || reading.kind == Kind::Consent(Consent::No) {
            if !said.is_empty() {
                self.carry();
            }
            self.take_floor();
            self.waiting.naming.back = ReadBack::Denied;
            self.waiting.reworded = true;
            return self.again(RepeatReason::Reworded, vec![self.lines().naming.once_more.clone()]);
        }
        if !asks && self.continues() {
            self.carry();
            self.take_floor();
            return self.put_pending(Vec::new(), Pending::ReadBack);
        }
        if self.still_waits(Pending::ReadBack, &reading, text) {
            return;
        }
        match reading.kind {
            Kind::Request(Request::Decline | Request::DontKnow | Request::NothingToAdd) => {}
            Kind::Request(Request::Stop) => {
                self.take_floor();
                return self.stop_requested(reading.by == By::Rule);
            }
            Kind::Request(Request::Delete) => {
                self.drop_turn();
                return self.strike(true);
            }
            _ if asks => return self.meet_after_floor(&reading, text),
            _ => {}
        }
        if text.is_empty() || self.waiting.naming.back == ReadBack::Unclear {
            return self.settle_named(vec!["unconfirmed".to_owned()]);
        }
        self.take_floor();
        self.waiting.naming.back = ReadBack::Unclear;
        self.put_pending(Vec::new(), Pending::ReadBack);
    }

    fn settle_named(&mut self, flags: Vec<String>) {
        self.take_floor();
        self.settle_pending();
        self.conclude(flags, EndRule::Closed);
    }

    /// Whether the words name a value by themselves, and a different one from what was read back.
    fn names_another(&self, text: &str) -> bool {
        let Some(question) = self.question_itself() else { return false };
        // Any words are a name, unless it is spelled.
        if question.expects == Some(Expects::Name) && !value::spells(self.language, text) {
            return false;
        }
        let said = value::read(self.language, question, text);
        said.is_some() && said != self.named_by(&self.state.carried)
    }

    /// Whether the words continue what was read back: the last digits, "dot uk".
    fn continues(&self) -> bool {
        let expects = self.question_itself().and_then(|question| question.expects);
        let named = self.named();
        matches!(expects, Some(Expects::Email | Expects::Phone))
            && named.is_some()
            && named != self.named_by(&self.state.carried)
    }

    /// Returns the words after each "no" at their beginning.
    fn without_no(&self, text: &str) -> String {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        while let Some(end) =
            words.iter().position(|word| word.ends_with([',', '.', ';', '!'])).or(words.len().checked_sub(1))
        {
            let head = words[..=end].join(" ");
            if self.language.certain.read(&head, true) != Some(Kind::Consent(Consent::No)) {
                break;
            }
            words.drain(..=end);
        }
        words.join(" ")
    }
}

/// Whether only some answers name the value that the question asks for.
fn names_something(question: &Question) -> bool {
    question.kind != QuestionType::Open || question.expects.is_some()
}
