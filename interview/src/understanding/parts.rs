//! The parts of a question, and which of them an answer leaves open.
//!
//! Owns: questions that ask two things, what answers of each kind look like, and answers that deny
//! what was asked about. Never does: ask for a part.
//!
//! In doubt a part counts as answered, because being asked again for what one has just said is
//! worse than a gap.

use std::ops::Range;

use super::clauses::sentences;
use super::value;
use crate::guide::{Expects, Question, QuestionType};
use crate::language::Language;
use crate::language::questions::{Asks, Questions};
use crate::lexicon as lex;
use crate::meaning::Value;

impl Asks {
    /// Whether the words that give it tell nothing else: "four years" is no tool.
    fn is_brief(self) -> bool {
        !matches!(self, Self::Reason | Self::Opinion | Self::Manner | Self::Thing | Self::YesNo)
    }

    /// Whether the value of an answer to this question gives it.
    fn is_of(self, question: &Question) -> bool {
        match (question.kind, question.expects) {
            (QuestionType::Closed, _) => self == Self::YesNo,
            (QuestionType::Scale, _) => {
                matches!(self, Self::Opinion | Self::Amount | Self::Frequency | Self::Manner | Self::Thing)
            }
            (QuestionType::MultipleChoice, _) => !matches!(self, Self::Reason | Self::Duration | Self::YesNo),
            (QuestionType::Open, None) => false,
            (QuestionType::Open, Some(Expects::Date)) => matches!(self, Self::Time | Self::Thing),
            (QuestionType::Open, Some(Expects::Number)) => {
                matches!(self, Self::Amount | Self::Frequency | Self::Duration | Self::Thing)
            }
            (QuestionType::Open, Some(_)) => matches!(self, Self::Thing | Self::Person | Self::Manner),
        }
    }
}

/// One part of a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its text in the question, from the first word up to the punctuation mark.
    pub text: String,
    pub asks: Asks,
    /// It is asked only of respondents whose answer to the first part is this.
    only_if: Option<bool>,
}

/// Returns the parts of a question. Most questions have one.
pub fn of(language: &Language, text: &str) -> Vec<Part> {
    let list = &language.questions;
    let words: Vec<&str> = text.split_whitespace().collect();
    let bare: Vec<String> = words.iter().map(|word| lex::bare(word)).collect();
    let mut parts = Vec::new();
    for sentence in sentences(&words) {
        if !words[sentence.end - 1].ends_with('?') {
            continue;
        }
        let (mut from, mut only_if) = (sentence.start, None);
        for at in sentence.start + 1..sentence.end {
            if at > from
                && let Some(second) = list.joins(&bare[..sentence.end], at)
            {
                parts.extend(list.part(&words, &bare, from..at, only_if));
                (from, only_if) = (second.start, second.only_if);
            }
        }
        parts.extend(list.part(&words, &bare, from..sentence.end, only_if));
    }
    parts
}

/// Returns the parts of a question that its answer leaves open, if it has several and they can be
/// told apart.
pub fn missing(language: &Language, question: &Question, answer: &str) -> Vec<Part> {
    let parts = of(language, &question.text);
    let list = &language.questions;
    if parts.len() < 2 || denies(language, &question.text, answer) {
        return Vec::new();
    }
    let said = lex::tokens(answer);
    if says(&said, &list.unknown) {
        return Vec::new();
    }
    let value = value::read(language, question, answer);
    let first = match &value {
        Some(Value::Yes(yes)) => Some(*yes),
        _ => yes_or_no(language, &parts[0], answer),
    };
    let answered = |at: usize, part: &Part| match part.only_if {
        Some(wanted) => first != Some(wanted) || list.is_given(part, &parts, &said),
        // A respondent who says no to the first part need not answer the second one.
        None if at > 0 && parts[0].asks == Asks::YesNo && first == Some(false) => true,
        // A respondent who tells more has said yes.
        None if at == 0 && part.asks == Asks::YesNo => true,
        None if value.is_some() && part.asks.is_of(question) => true,
        None if part.asks == Asks::YesNo => answers_yes_or_no(language, part, &parts, answer),
        None => list.is_given(part, &parts, &said),
    };
    let open: Vec<Part> =
        parts.iter().enumerate().filter(|(at, part)| !answered(*at, part)).map(|(_, part)| part.clone()).collect();
    // An answer that gives no part is not a partial answer.
    if open.len() == parts.len() { Vec::new() } else { open }
}

/// Whether the answer says that there is nothing of what was asked about: "I have no manager".
pub fn denies(language: &Language, question: &str, answer: &str) -> bool {
    let absent = &language.questions.absent;
    let asked: Vec<String> = lex::content(question).iter().map(|word| lex::stem(word)).collect();
    answer.split([',', '.', ';', ':', '!', '?', '–', '—']).map(lex::tokens).any(|said| {
        says(&said, &absent.whole)
            || (0..said.len()).any(|at| {
                let Some(length) = longest_at(&said, at, &absent.leads) else { return false };
                let rest = &said[at + length..];
                let loose = rest.iter().take_while(|word| absent.loose.contains(word) && !absent.any.contains(word));
                let of = rest.get(loose.count());
                of.is_some_and(|word| absent.any.contains(word) || asked.contains(&lex::stem(word)))
            })
    })
}

/// Whether the answer gives a reason.
pub fn gives_reason(language: &Language, answer: &str) -> bool {
    says(&lex::tokens(answer), &language.questions.told.reason)
}

/// Whether the answer tells of a case.
pub fn tells_case(language: &Language, answer: &str) -> bool {
    says(&lex::tokens(answer), &language.questions.told.case)
}

/// Whether the question asks only for a number or a time, and the answer gives it.
pub fn is_counted(language: &Language, question: &str, answer: &str) -> bool {
    let parts = of(language, question);
    let said = lex::tokens(answer);
    !parts.is_empty()
        && parts.iter().all(|part| {
            let counts = matches!(part.asks, Asks::Duration | Asks::Frequency | Asks::Amount | Asks::Time);
            counts && language.questions.is_given(part, &parts, &said)
        })
}

/// The beginning of a second question.
struct Second {
    start: usize,
    only_if: Option<bool>,
}

impl Part {
    /// The part as it is written inside a sentence: "what tool do you use".
    pub fn inside(&self, language: &Language) -> String {
        let first = self.text.split_whitespace().next().map(lex::bare).unwrap_or_default();
        let list = &language.questions;
        let begins = [&list.words, &list.before_words, &list.auxiliaries].iter().any(|words| words.contains(&first));
        let mut chars = self.text.chars();
        match chars.next().filter(|_| begins) {
            Some(letter) => letter.to_lowercase().chain(chars).collect(),
            None => self.text.clone(),
        }
    }
}

impl Questions {
    /// Returns the second question that begins after the conjunction at `at`, if there is one.
    fn joins(&self, words: &[String], at: usize) -> Option<Second> {
        let is = |list: &[String], at: usize| words.get(at).is_some_and(|word| list.contains(word));
        if !is(&self.joints, at) || at + 1 >= words.len() {
            return None;
        }
        let mut next = at + 1;
        let mut only_if = None;
        for (list, wanted) in [(&self.if_so, true), (&self.if_not, false)] {
            if let Some(length) = longest_at(words, next, list) {
                (next, only_if) = (next + length, Some(wanted));
            }
        }
        while is(&self.after_joints, next) {
            next += 1;
        }
        let asked = next + usize::from(is(&self.before_words, next) && is(&self.words, next + 1));
        // "How and why" before one verb are one question.
        let question = is(&self.words, asked) && !is(&self.words, at - 1);
        let inverted = is(&self.auxiliaries, next) && is(&self.subjects, next + 1);
        (question || inverted).then_some(Second { start: next, only_if })
    }

    fn part(&self, words: &[&str], bare: &[String], range: Range<usize>, only_if: Option<bool>) -> Option<Part> {
        let asks = self.asks(&bare[range.clone()])?;
        let text = words[range].join(" ");
        let text = text.trim_end_matches(|c: char| !c.is_alphanumeric() && c != ')').to_owned();
        Some(Part { text, asks, only_if })
    }

    /// Returns what the words ask for. The wording that begins first decides.
    fn asks(&self, words: &[String]) -> Option<Asks> {
        (0..words.len()).find_map(|at| {
            let kind = self
                .kinds
                .iter()
                .filter_map(|kind| longest_at(words, at, &kind.asked).map(|length| (length, kind.name)))
                .max_by_key(|(length, name)| (*length, *name != Asks::Thing));
            let inverted = self.auxiliaries.contains(&words[at])
                && words.get(at + 1).is_some_and(|word| self.subjects.contains(word));
            kind.map(|(_, name)| name).or(inverted.then_some(Asks::YesNo))
        })
    }

    fn is_given(&self, part: &Part, parts: &[Part], said: &[String]) -> bool {
        let Some(kind) = self.kinds.iter().find(|kind| kind.name == part.asks) else { return true };
        if says(said, &kind.given) || kind.numbers && said.iter().any(|word| lex::is_number(word)) {
            return true;
        }
        let news = self.news(parts, said);
        match part.asks {
            Asks::Thing => news > 0,
            Asks::Opinion if said.iter().any(|word| lex::is_positive(word) || lex::is_negative(word)) => true,
            _ => kind.most.is_some_and(|most| news > most),
        }
    }

    /// Counts the content words that neither the question has nor its other parts ask for: "four
    /// years" is no tool.
    fn news(&self, parts: &[Part], said: &[String]) -> usize {
        let asked: Vec<String> =
            parts.iter().flat_map(|part| lex::content(&part.text)).map(|word| lex::stem(&word)).collect();
        let brief = |word: &String| {
            self.kinds.iter().filter(|kind| kind.name.is_brief()).any(|kind| {
                parts.iter().any(|part| part.asks == kind.name)
                    && (kind.given.contains(word) || kind.numbers && lex::is_number(word))
            })
        };
        said.iter().filter(|word| lex::is_content(word) && !asked.contains(&lex::stem(word)) && !brief(word)).count()
    }
}

fn answers_yes_or_no(language: &Language, part: &Part, parts: &[Part], answer: &str) -> bool {
    if yes_or_no(language, part, answer).is_some() {
        return true;
    }
    // The words of the part itself count, in whatever form they are said.
    let stems = |text: &str| lex::content(text).iter().map(|word| lex::stem(word)).collect::<Vec<_>>();
    let others: Vec<String> =
        parts.iter().filter(|other| *other != part).flat_map(|other| stems(&other.text)).collect();
    let said = stems(answer);
    stems(&part.text).iter().any(|stem| !others.contains(stem) && said.contains(stem))
        || lex::tokens(answer).iter().any(|word| lex::is_hedge(word))
}

fn yes_or_no(language: &Language, part: &Part, answer: &str) -> Option<bool> {
    if part.asks == Asks::YesNo { value::yes_or_no(language, &part.text, answer) } else { None }
}

/// Returns how many words from `at` on the longest of these phrases covers.
fn longest_at(words: &[String], at: usize, phrases: &[String]) -> Option<usize> {
    let begins = |phrase: &String| {
        let mut length = 0;
        for wanted in phrase.split(' ') {
            if words.get(at + length).is_none_or(|word| word != wanted) {
                return None;
            }
            length += 1;
        }
        Some(length)
    };
    phrases.iter().filter_map(begins).max()
}

fn says(words: &[String], phrases: &[String]) -> bool {
    (0..words.len()).any(|at| longest_at(words, at, phrases).is_some())
}

#[cfg(test)]
#[path = "parts_tests.rs"]
mod tests;
