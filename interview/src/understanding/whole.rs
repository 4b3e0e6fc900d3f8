//! Whether an answer is complete.
//!
//! Owns: reading short answers by rules: yes and no, numbers, options, and endings. Never does:
//! decide what follows.

use super::value;
use crate::guide::{Question, QuestionType};
use crate::language::Language;
use crate::lexicon as lex;
use crate::meaning::Value;

/// The value of an answer to a scale or multiple-choice question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Number(i32),
    /// The place among the question's options, counted from 0.
    Option(usize),
}

const YES: &[&str] = &[
    "yes",
    "yeah",
    "yep",
    "yup",
    "sure",
    "certainly",
    "absolutely",
    "definitely",
    "ok",
    "okay",
    "agreed",
    "agree",
    "fine",
    "course",
    "alright",
    "ready",
    "happy",
    "aye",
];
const NO: &[&str] = &["no", "nope", "nah", "never"];
const DOUBT: &[&str] = &["maybe", "perhaps", "depends", "unsure", "why", "who", "what", "how", "hmm"];

/// Returns a clear yes or a clear no, or none if the text is neither or both.
///
/// A no prevails over words that sound like a yes ("no, that's fine"), and doubt prevails over
/// both.
pub fn yes_or_no(text: &str) -> Option<bool> {
    let tokens = lex::tokens(text);
    let joined = format!(" {} ", tokens.join(" "));
    let says = |phrase: &str| joined.contains(&format!(" {phrase} "));
    if tokens.iter().any(|t| DOUBT.contains(&t.as_str()))
        || says("not sure")
        || says("don't know")
        || text.trim_end().ends_with('?')
    {
        return None;
    }
    if says("no problem")
        || says("don't mind")
        || says("why not")
        || says("not at all")
        || says("no objection")
        || says("no objections")
    {
        return Some(true);
    }
    let refuses = tokens.iter().any(|t| NO.contains(&t.as_str()))
        || ["not", "don't", "won't", "can't", "rather not", "prefer not"].iter().any(|p| says(p));
    let agrees = tokens.iter().any(|t| YES.contains(&t.as_str()))
        || says("go ahead")
        || says("you can")
        || says("you may")
        || says("please do")
        || says("let's go");
    let firm = tokens.first().is_some_and(|t| matches!(t.as_str(), "yes" | "yeah" | "yep" | "sure"));
    match (agrees, refuses) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        // "No, that's fine" is a no, and "Yes, no ... well" is neither.
        (true, true) if !firm => Some(false),
        _ => None,
    }
}

/// Whether the text is a yes or a no to a closed question. "I don't" counts, while it is in doubt
/// at a consent question.
pub fn is_closed_answer(text: &str) -> bool {
    let tokens = lex::tokens(text);
    tokens.first().is_some_and(|t| YES.contains(&t.as_str()) || NO.contains(&t.as_str()))
        || (tokens.len() <= 4 && yes_or_no(text).is_some())
}

/// Returns the number or option that an answer names, if the question has it. Of several options it
/// returns the first.
pub fn choice(question: &Question, text: &str) -> Option<Choice> {
    match value::read(Language::english(), question, text)? {
        Value::Number(number) => Some(Choice::Number(number.round() as i32)),
        Value::Options(ids) => {
            let first = ids.first()?;
            question.options.iter().position(|option| option.id == *first).map(Choice::Option)
        }
        _ => None,
    }
}

/// The largest number of words of a brief answer, such as "Yes, nearly every day."
const BRIEF_WORDS: usize = 4;

/// Whether the text is a full answer to this type of question, so that nothing more need be waited
/// for.
pub fn is_full_answer(question: &Question, text: &str) -> bool {
    match question.kind {
        // A respondent who says more than yes or no may go on, so that the answer ends like an open
        // one.
        QuestionType::Closed => is_closed_answer(text) && lex::tokens(text).len() <= BRIEF_WORDS,
        QuestionType::Scale | QuestionType::MultipleChoice => choice(question, text).is_some(),
        QuestionType::Open => false,
    }
}

/// Whether something must follow: the text ends in a conjunction, a filler, a comma or an ellipsis.
pub fn is_hanging(text: &str) -> bool {
    let trimmed = text.trim_end();
    if trimmed.ends_with([',', '…', '-', '–', '—', ':']) || trimmed.ends_with("...") {
        return true;
    }
    // Speech recognition puts a full stop after any text, so a conjunction before it still counts.
    lex::tokens(trimmed).last().is_some_and(|last| lex::is_hanging(last))
}

/// Whether the text ends in a word that is usually followed by more: "it was", "I think so".
pub fn is_rarely_the_end(text: &str) -> bool {
    lex::tokens(text).last().is_some_and(|last| lex::is_rarely_last(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_is_clear_or_it_is_not() {
        for yes in [
            "Yes, that's fine.",
            "Yes.",
            "Sure, go ahead.",
            "Okay.",
            "I don't mind.",
            "Yeah, of course.",
            "No problem.",
        ] {
            assert_eq!(yes_or_no(yes), Some(true), "{yes}");
        }
        for no in ["No.", "No, thank you.", "I'd rather not.", "Not today.", "I don't want to.", "No, that's fine."] {
            assert_eq!(yes_or_no(no), Some(false), "{no}");
        }
        for unclear in
            ["Maybe.", "Who is this?", "I'm not sure.", "Hmm, what is it about?", "The weather is nice.", "Yes, no."]
        {
            assert_eq!(yes_or_no(unclear), None, "{unclear}");
        }
    }

    #[test]
    fn numbers_and_options_are_found() {
        let scale: Question =
            serde_json::from_str(r#"{"text": "?", "type": "scale", "scale": {"min": 1, "max": 10}}"#).unwrap();
        assert_eq!(choice(&scale, "Seven out of ten."), Some(Choice::Number(7)));
        assert_eq!(choice(&scale, "Maybe 8."), Some(Choice::Number(8)));
        assert_eq!(choice(&scale, "Fifteen!"), None);
        let options: Question = serde_json::from_str(
            r#"{"text": "?", "type": "multiple_choice", "options": [{"id": "daily", "text": "Every day"}, {"id": "weekly", "text": "Once a week"}, {"id": "never", "text": "Never"}]}"#,
        )
        .unwrap();
        assert_eq!(choice(&options, "About once a week, I think."), Some(Choice::Option(1)));
        assert_eq!(choice(&options, "The last one."), Some(Choice::Option(2)));
        assert_eq!(choice(&options, "Purple."), None);
    }

    #[test]
    fn hanging_texts_wait() {
        for text in ["I went there because", "And then, um.", "We tried,", "I think the.", "Well..."] {
            assert!(is_hanging(text), "{text}");
        }
        assert!(!is_hanging("I sell shoes."));
        assert!(!is_hanging("It is faster than it was.") && is_rarely_the_end("It is faster than it was."));
    }
}
