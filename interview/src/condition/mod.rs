//! Conditions of triggers, branches and skips, as authors write them.
//!
//! Owns: reading a free-text condition, and deciding whether it holds for a response. Never does:
//! act on the result.
//!
//! Case, `_` and `-` do not matter. The first row that fits is taken:
//!
//! | condition | holds when |
//! |---|---|
//! | `<question id>: <condition>` | the response is to that question and the rest holds |
//! | `not <condition>` | the rest does not hold |
//! | `always`, `any` | always |
//! | `declined`, `don't know`, `no answer` | the response carries that flag |
//! | `answer is X`, `answers X`, `chooses X`, `selects X` | X is the chosen option (or one of several), the number, yes or no, or the text |
//! | `mentions X`, `says X`, `talks about X` | the words of X (or of one of `X or Y`, `X, Y`) are in the answer |
//! | `answer is none` | none of the options was chosen, where the question allows that |
//! | `score below N`, `above N`, `at least N`, `at most N`, `< N`, `<= N`, `> N`, `>= N` | the number given on a scale compares so |
//! | `low score`, `high score` (or rating) | the number is in the lowest 40 % or the highest 30 % of the scale |
//! | `very positive`, `positive`, `neutral`, `negative`, `very negative` | the sentiment (positive includes very positive, …) |
//! | `enthusiasm`, `hesitation`, `confusion`, `agreement`, `disagreement`, `emotional`, `frustration` | the signal was heard |
//! | `vague response`, `unclear` | density below 0.18, or hedged with density below 0.35, unless it says that there is nothing to tell of ("I have no manager") |
//! | `short answer`, `brief` | fewer than six words |
//! | `detailed answer`, `long answer` | density of 0.5 or more |
//! | anything else | at least half of its content words are in the answer |

mod read;

use std::collections::HashSet;

pub(crate) use read::is_about_score;
pub use read::{Comparison, Condition};

use crate::analysis::Analysis;
use crate::guide::{Question, QuestionType, Scale};
use crate::language::Language;
use crate::lexicon as lex;
use crate::meaning::Value;
use crate::understanding::{parts, whole};

/// What a condition is judged on: one response and its question.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub question: &'a Question,
    pub text: &'a str,
    pub analysis: &'a Analysis,
    pub flags: &'a [String],
    /// The value that the answer names, in the form that the question expects.
    pub value: Option<&'a Value>,
}

/// Whether the condition holds for this response.
pub fn holds(condition: &str, subject: Subject<'_>) -> bool {
    Condition::read(condition, subject.question).holds(subject)
}

impl Condition {
    /// Whether the condition holds for this response. It must have been read for the same question.
    pub fn holds(&self, subject: Subject<'_>) -> bool {
        match self {
            Condition::Of(id, rest) => *id == subject.question.id && rest.holds(subject),
            Condition::Not(rest) => !rest.holds(subject),
            Condition::Always => true,
            Condition::Flag(name) => subject.flags.iter().any(|flag| flag == name),
            // No other condition can hold for silence.
            _ if subject.text.trim().is_empty() => false,
            Condition::Answer(wanted) => is_answer(wanted, subject),
            Condition::Mentions(topics) => {
                let said = stems(subject.text);
                topics.iter().any(|words| words.iter().all(|word| said.contains(word)))
            }
            Condition::Score(comparison) => {
                let Some(scale) = subject.question.scale else { return false };
                match subject.value {
                    Some(Value::Number(number)) => comparison.holds(*number, scale),
                    // "Seven or eight" is above six, and not above seven.
                    Some(Value::Range(ends)) => ends.iter().all(|end| comparison.holds(*end, scale)),
                    _ => false,
                }
            }
            Condition::Sentiment(wanted) => wanted.contains(&subject.analysis.sentiment),
            Condition::Brief => subject.analysis.words < 6,
            Condition::Detailed => subject.analysis.information_density >= 0.5,
            Condition::Signal(signal) => subject.analysis.signals.contains(signal),
            Condition::Vague => {
                let language = Language::english();
                is_vague(subject.analysis) && !parts::denies(language, &subject.question.text, subject.text)
            }
            Condition::Words(wanted) => {
                let said = stems(subject.text);
                let hits = wanted.iter().filter(|word| said.contains(&lex::stem(word))).count();
                hits > 0 && 2 * hits >= wanted.len()
            }
        }
    }
}

impl Comparison {
    /// Whether the comparison holds for this number on the scale.
    pub fn holds(self, value: f64, scale: Scale) -> bool {
        let share = (value - f64::from(scale.min)) / f64::from((scale.max - scale.min).max(1));
        match self {
            Comparison::Low => share <= 0.4,
            Comparison::High => share >= 0.7,
            Comparison::AtMost(bound) => value <= f64::from(bound),
            Comparison::AtLeast(bound) => value >= f64::from(bound),
            Comparison::Below(bound) => value < f64::from(bound),
            Comparison::Above(bound) => value > f64::from(bound),
            Comparison::Is(bound) => is(value, bound),
        }
    }
}

fn is(value: f64, bound: i32) -> bool {
    (value - f64::from(bound)).abs() < f64::EPSILON
}

fn is_answer(wanted: &str, subject: Subject<'_>) -> bool {
    let question = subject.question;
    match subject.value {
        Some(Value::Yes(yes)) => wanted == if *yes { "yes" } else { "no" },
        Some(Value::Number(number)) => wanted.parse().is_ok_and(|wanted| is(*number, wanted)),
        Some(Value::Range(_)) => false,
        Some(Value::Options(ids)) if ids.is_empty() => is_none(wanted),
        Some(Value::Options(ids)) => {
            question.options.iter().any(|option| ids.contains(&option.id) && names(wanted, option))
        }
        Some(Value::Date(text) | Value::Text(text)) => text.to_lowercase() == wanted,
        // The meaning of an open answer is not stored as a value, so it is read here.
        None if question.kind == QuestionType::Open && wanted == "yes" => whole::yes_or_no(subject.text) == Some(true),
        None if question.kind == QuestionType::Open && wanted == "no" => whole::yes_or_no(subject.text) == Some(false),
        None => lex::tokens(subject.text) == lex::tokens(wanted),
    }
}

/// Whether a condition's words name an answer that chooses none of the options.
pub(crate) fn is_none(wanted: &str) -> bool {
    ["none", "none of these", "none of them", "nothing"].contains(&wanted)
}

/// Whether a condition's words name this option.
pub(crate) fn names(wanted: &str, option: &crate::guide::Choice) -> bool {
    lex::tokens(&option.text) == lex::tokens(wanted) || option.id.replace(['_', '-'], " ") == wanted
}

fn stems(text: &str) -> HashSet<String> {
    lex::tokens(text).iter().map(|word| lex::stem(word)).collect()
}

/// Whether the answer says too little to work with.
pub(crate) fn is_vague(analysis: &Analysis) -> bool {
    analysis.information_density < 0.18 || (analysis.hesitation >= 0.15 && analysis.information_density < 0.35)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Word;
    use crate::understanding::value;

    fn check(question: &Question, condition: &str, text: &str) -> bool {
        let words: Vec<Word> =
            text.split(' ').map(|t| Word { text: t.into(), start_ms: 0, end_ms: 1, confidence: 1.0 }).collect();
        let analysis = Analysis::of(&question.text, &words);
        let value = value::read(Language::english(), question, text);
        holds(condition, Subject { question, text, analysis: &analysis, flags: &[], value: value.as_ref() })
    }

    fn question(extra: &str) -> Question {
        serde_json::from_str(&format!(r#"{{"id": "q", "text": "How was it?" {extra}}}"#)).unwrap()
    }

    #[test]
    fn scores_compare_on_the_scale() {
        let q = question(r#", "type": "scale", "scale": {"min": 1, "max": 10}"#);
        assert_eq!(q.kind, QuestionType::Scale);
        assert!(check(&q, "low score", "I'd say a three."));
        assert!(!check(&q, "low score", "Eight."));
        assert!(check(&q, "high_score", "8 out of 10."));
        assert!(check(&q, "score below 5", "4"));
        assert!(check(&q, "score >= 7", "seven"));
        assert!(!check(&q, "score > 7", "seven"));
        assert!(check(&q, "score > 6", "Seven or eight.") && !check(&q, "score > 7", "Seven or eight."));
        assert!(check(&q, "answer is 8", "Seven, no, eight.") && !check(&q, "answer is 7", "Seven, no, eight."));
    }

    #[test]
    fn what_was_chosen_counts_and_not_what_was_named() {
        let options = r#", "type": "multiple_choice", "allow_none": true, "options": [
            {"id": "post", "text": "By post"}, {"id": "email", "text": "By email"}, {"id": "phone", "text": "By phone"}]"#;
        let one = question(options);
        assert!(check(&one, "answer is by email", "Not by post, by email."));
        assert!(!check(&one, "answer is by post", "Not by post, by email."));
        assert!(check(&one, "answer is none", "None of these."));
        let many = question(&format!(r#", "select": "many"{options}"#));
        for chosen in ["by post", "email"] {
            assert!(check(&many, &format!("chooses {chosen}"), "By post and by email."), "{chosen}");
        }
        assert!(!check(&many, "chooses phone", "By post and by email."));
        assert!(check(&many, "not chooses phone", "By post and by email."));
        let closed = question(r#", "type": "closed""#);
        assert!(
            check(&closed, "answer is yes", "Oh, every single day, yes.")
                && check(&closed, "answer is no", "Not really.")
        );
    }

    #[test]
    fn mentions_options_and_negation() {
        let q = question(
            r#", "type": "multiple_choice", "options": [{"id": "a", "text": "By train"}, {"id": "b", "text": "By car"}]"#,
        );
        assert!(check(&q, "answer is by car", "I go by car, usually."));
        assert!(!check(&q, "answer is by car", "The train."));
        assert!(check(&q, "mentions competitor or car", "My cars."));
        assert!(check(&q, "not mentions train", "My car."));
        assert!(check(&q, "q: mentions car", "My car."));
        assert!(!check(&q, "other: mentions car", "My car."));
    }

    #[test]
    fn a_negation_may_name_its_question() {
        let mut q = question("");
        q.id = "last-time".to_owned();
        assert!(check(&q, "not last-time: mentions train", "My car."));
        assert!(!check(&q, "Not last-time: mentions car", "My car."));
        assert!(check(&q, "last-time: not mentions train", "My car."));
        assert!(check(&q, "not_mentions train", "My car."));
    }

    #[test]
    fn quality_of_the_answer() {
        let q = question("");
        assert!(check(&q, "vague_response", "It was fine, I guess."));
        assert!(!check(&q, "vague_response", "It doesn't apply to me."));
        assert!(!check(
            &q,
            "vague response",
            "The drivers shouted, tickets doubled to forty pounds, and stations smelled of old fish."
        ));
        assert!(check(&q, "frustration", "It was so frustrating."));
        assert!(check(&q, "negative", "It was terrible."));
        assert!(check(&q, "ticket machines", "The ticket machine ate my card."));
    }
}
