//! Wordings by which a question leads, or asks two things, in English.
//!
//! Owns: the lists, and what of them a text has. Never does: guess at meaning: a leading question in
//! plain words is not found.

use crate::lexicon as lex;

/// Wordings at the beginning of a clause that say which answer is hoped for. "What don't you like?"
/// is none.
const NEGATED: &[&str] = &[
    "don't you",
    "doesn't it",
    "didn't you",
    "didn't it",
    "isn't it",
    "isn't that",
    "aren't you",
    "aren't they",
    "wasn't it",
    "weren't you",
    "won't you",
    "wouldn't you",
    "wouldn't it",
    "shouldn't you",
    "shouldn't it",
    "haven't you",
    "hasn't it",
    "can't you",
    "couldn't you",
];
/// Wordings that say so anywhere in a question.
const LEADING: &[&str] = &[
    "do you agree that",
    "do you not agree",
    "would you agree that",
    "do you not think",
    "surely",
    "obviously",
    "of course",
    "undoubtedly",
    "as you know",
    "as we all know",
    "everyone knows",
    "everybody knows",
    "most people think",
    "most people say",
    "most people agree",
    "you must have",
    "you must be",
    "how great",
    "how amazing",
    "how excellent",
    "how wonderful",
    "how fantastic",
    "how awful",
    "how terrible",
    "how bad",
    "how much do you love",
    "how much did you love",
    "how much did you enjoy",
    "how much do you enjoy",
    "how much do you hate",
    "why do you love",
    "why do you hate",
    "why did you love",
    "why did you hate",
];
/// Wordings that say so at the end of a question.
const LEADING_LAST: &[&str] = &["right", "correct", "no", "is it not", "do you not", "did you not", "would you not"];

/// Words that can join a second question to the first.
const JOINTS: &[&str] = &["and", "or"];
/// Words with which a question begins.
const QUESTION_WORDS: &[&str] = &["what", "how", "why", "when", "where", "who", "whom", "whose", "which"];
const AUXILIARIES: &[&str] = &[
    "am", "are", "can", "could", "did", "do", "does", "had", "has", "have", "is", "may", "might", "should", "was",
    "were", "will", "would",
];
const SUBJECTS: &[&str] = &[
    "anybody", "anyone", "he", "i", "it", "she", "that", "the", "there", "these", "they", "this", "those", "we", "you",
    "your",
];
/// Returns the wording by which a question says which answer is hoped for, or none if it does not.
pub(crate) fn leading(text: &str) -> Option<&'static str> {
    let spoken = format!(" {} ", lex::tokens(text).join(" "));
    let says = |wording: &&&str| spoken.contains(&format!(" {wording} "));
    let clauses = text.split(['.', ',', ';', ':', '!', '?', '–', '—']);
    let clauses: Vec<String> = clauses.map(|clause| format!("{} ", lex::tokens(clause).join(" "))).collect();
    let begins = |wording: &&&str| clauses.iter().any(|clause| clause.starts_with(&format!("{wording} ")));
    let last = text.trim_end().trim_end_matches('?').trim_end().to_lowercase();
    let tag = |wording: &&&str| {
        // "You like it, right?" leads, and "Did you turn right?" does not.
        last.strip_suffix(**wording).is_some_and(|before| before.trim_end().ends_with([',', '–', '—', '-']))
    };
    // "What kind of course?" is about a course.
    let course = spoken.contains(" kind of course ") || spoken.contains(" type of course ");
    let mut leading = LEADING.iter().filter(|wording| !(course && **wording == "of course"));
    leading.find(says).or_else(|| NEGATED.iter().find(begins)).or_else(|| LEADING_LAST.iter().find(tag)).copied()
}

/// Returns why the text asks two things, or none if it asks one.
pub(crate) fn double(text: &str) -> Option<String> {
    // Repeated marks count once: "Really???" asks once.
    let marks = text.split('?').skip(1).filter(|rest| !rest.is_empty()).count() + usize::from(text.ends_with('?'));
    if marks > 1 {
        return Some(format!("{marks} question marks"));
    }
    let words = lex::tokens(text);
    let is = |list: &[&str], at: usize| words.get(at).is_some_and(|word| list.contains(&word.as_str()));
    // The first word cannot join anything to what comes before.
    let joint = (1..words.len()).find(|&at| {
        if !is(JOINTS, at) {
            return false;
        }
        let next = if is(&["also", "then", "if", "so"], at + 1) { at + 2 } else { at + 1 };
        // "How and why" and "when or where" before one verb are one question each.
        let pair_of_words = is(QUESTION_WORDS, at - 1);
        let question = is(QUESTION_WORDS, next) && !pair_of_words && !is(&["not"], next + 1);
        let why_not = words[at] == "or" && is(&["why"], next) && is(&["not"], next + 1);
        let inverted = is(AUXILIARIES, next) && is(SUBJECTS, next + 1);
        question || why_not || inverted
    })?;
    Some(format!("“… {} …”", words[joint..(joint + 3).min(words.len())].join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_questions_are_told_by_their_wording() {
        for text in [
            "Don't you think the new app is better?",
            "You like it, right?",
            "Isn't it annoying when trains are late?",
            "How great was the service?",
            "Surely you have tried that?",
            "Would you agree that the price is fair?",
            "As you know, we are the best. What do you think?",
            "It was easy, wasn't it?",
            "You have used it, correct?",
            "How much do you love our coffee?",
        ] {
            assert!(leading(text).is_some(), "{text}");
        }
        for text in [
            "What do you think of the new app?",
            "Did you turn right?",
            "What don't you like about it?",
            "Which answer would be correct?",
            "How satisfied are you with the service?",
            "What kind of course did you take?",
            "What would you not do again?",
            "How did you hear about us?",
            "What is hard about it?",
        ] {
            assert_eq!(leading(text), None, "{text}");
        }
    }

    #[test]
    fn two_questions_in_one_are_found() {
        for text in [
            "What do you do, and how long have you done it?",
            "Where do you live? Do you like it there?",
            "Do you drive or do you take the train?",
            "How often do you travel, and why?",
            "Did it help, and is it still in use?",
            "Would you recommend it, and if so, to whom? Why?",
            "Would you buy it, why or why not?",
        ] {
            assert!(double(text).is_some(), "{text}");
        }
        for text in [
            "What did you buy, and for whose birthday was the cake?",
            "What happens when a report is late or wrong?",
            "How do you keep work and family apart?",
            "How and why did you start?",
            "What do you like or dislike about it?",
            "Please think of the last time you used it. What were you trying to get done?",
            "What about it slowed you down or annoyed you?",
            "Are you for or against it??",
            "How do you and your team plan?",
        ] {
            // The first text hides its second question behind a preposition.
            assert_eq!(double(text), None, "{text}");
        }
    }
}
