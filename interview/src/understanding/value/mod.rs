//! The value that an answer names (product contract, section 11).
//!
//! Owns: reading numbers, options, yes and no, addresses, names and dates by the words of the
//! language. Never does: judge whether an utterance is an answer, or ask again.
//!
//! | file | holds |
//! |---|---|
//! | `tokens` | words and what stands between them |
//! | `numbers` | numbers in words and digits, and ranges of two |
//! | `one_by_one` | numbers spelled digit by digit |
//! | `scale`, `options`, `closed` | one type of question each |
//! | `context` | a number among the words around it |
//! | `opposites` | answers to closed questions by what was not asked |
//! | `labels`, `places`, `relative` | points of a scale by their names, by where they are, and by how far from others |
//! | `mentions`, `frequency`, `spans`, `extremes` | where options are named: by words, a rate, a number, a superlative |
//! | `dictated`, `email`, `date` | what an open question `expects` |
//! | `found` | what these hand to each other |
//! | `back` | a value as it is read back |

mod back;
mod closed;
mod date;
mod dictated;
mod email;
mod extremes;
mod found;
mod frequency;
mod labels;
mod mentions;
mod numbers;
mod one_by_one;
mod opposites;
mod options;
mod places;
mod relative;
mod scale;
mod context;
mod spans;
mod tokens;

use crate::guide::{Expects, Question, QuestionType, Select};
use crate::language::Language;
use crate::meaning::Value;

pub use back::spoken_back;

/// Returns the value that `text` names as an answer to this question, if it names one.
pub fn read(language: &Language, question: &Question, text: &str) -> Option<Value> {
    let words = &language.values;
    match question.kind {
        QuestionType::Scale => scale::read(words, question.scale?, &question.text, text),
        QuestionType::MultipleChoice => options::read(words, question, text),
        QuestionType::Closed => closed::read(words, &question.text, text).map(Value::Yes),
        QuestionType::Open => match question.expects? {
            Expects::Number => dictated::amount(words, &question.text, text),
            Expects::Email => email::read(words, text).map(Value::Text),
            Expects::Phone => dictated::phone(words, text).map(Value::Text),
            Expects::Name => dictated::name(words, text).map(Value::Text),
            Expects::Date => date::read(words, text, language.month_first).map(Value::Date),
        },
    }
}

/// Whether `text` says yes or no to `question`, whatever its type is.
pub fn yes_or_no(language: &Language, question: &str, text: &str) -> Option<bool> {
    closed::read(&language.values, question, text)
}

/// Whether the text spells a name.
pub fn spells(language: &Language, text: &str) -> bool {
    dictated::spells(&language.values, text)
}

/// Returns the texts of the options that are named, if one was asked for, several are named, and
/// none replaces the others.
pub fn several<'q>(language: &Language, question: &'q Question, text: &str) -> Vec<&'q str> {
    match (question.kind, question.select) {
        (QuestionType::MultipleChoice, Select::One) => options::several(&language.values, question, text),
        _ => Vec::new(),
    }
}

/// Whether more of what is being dictated must follow, such as the end of an address or of a
/// number.
pub fn is_partial(language: &Language, question: &Question, text: &str) -> bool {
    let words = &language.values;
    match (question.kind, question.expects) {
        (QuestionType::Open, Some(Expects::Email)) => email::is_partial(words, text),
        (QuestionType::Open, Some(Expects::Phone)) => dictated::is_partial_phone(words, text),
        (QuestionType::Open, Some(Expects::Name)) => dictated::is_partial_name(words, text),
        (QuestionType::Open, Some(Expects::Date)) => date::is_partial(words, text),
        (QuestionType::Open, Some(Expects::Number)) | (QuestionType::Scale, _) => {
            dictated::is_partial_number(words, text)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
