//! The value that an answer names (product contract, section 11).
//!
//! Owns: numbers, options, yes and no, addresses, names and dates out of what was said, by the words of the language. Never
//! does: judge whether an utterance is an answer, or ask again.
//!
//! | file | holds |
//! |---|---|
//! | `words` | the shape of `languages/<code>/values.toml` |
//! | `tokens` | words and what stands between them |
//! | `numbers` | numbers in words and digits, and ranges of two |
//! | `one_by_one` | numbers spelled digit by digit |
//! | `scale`, `options`, `closed` | one type of question each |
//! | `opposites` | answers to closed questions by what was not asked |
//! | `labels`, `places`, `reckoned` | points of a scale by their names, by where they are, and by how far from others |
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
mod reckoned;
mod scale;
mod spans;
mod tokens;
pub mod words;

use serde::{Deserialize, Serialize};

use crate::guide::{Expects, Question, QuestionType, Select};
use crate::language::Language;

pub use back::spoken_back;

/// What an answer names, as it is stored in `interview_responses.value`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = AnswerValue))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    #[serde(serialize_with = "number")]
    Number(f64),
    #[serde(serialize_with = "range")]
    Range([f64; 2]),
    /// Ids, in the order of the guide.
    Options(Vec<String>),
    Yes(bool),
    /// ISO 8601, as far as it was said: `2024-05-03`, `2024-05`, `2024`, `--05-03`, `--05`, `---03`.
    Date(String),
    /// An e-mail address, a phone number, a name.
    Text(String),
}

/// What `text` names as an answer to this question, if anything.
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

/// Whether `text` says yes or no to `question`, whatever its type.
pub fn yes_or_no(language: &Language, question: &str, text: &str) -> Option<bool> {
    closed::read(&language.values, question, text)
}

/// Whether a name is spelled in it.
pub fn spells(language: &Language, text: &str) -> bool {
    dictated::spells(&language.values, text)
}

/// Texts of the options, of which one is asked for, where several are named and none replaces the others.
pub fn several<'q>(language: &Language, question: &'q Question, text: &str) -> Vec<&'q str> {
    match (question.kind, question.select) {
        (QuestionType::MultipleChoice, Select::One) => options::several(&language.values, question, text),
        _ => Vec::new(),
    }
}

/// Whether more of what is being dictated must follow: half an address, the first digits of a number.
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

/// Whole numbers without a fraction.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn number<S: serde::Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    json(*value).serialize(serializer)
}

fn range<S: serde::Serializer>(value: &[f64; 2], serializer: S) -> Result<S::Ok, S::Error> {
    value.map(json).serialize(serializer)
}

fn json(value: f64) -> serde_json::Value {
    // Beyond this, doubles are whole numbers that no i64 need hold.
    if value.fract() == 0.0 && value.abs() < 1e15 { (value as i64).into() } else { value.into() }
}

#[cfg(test)]
mod tests;
