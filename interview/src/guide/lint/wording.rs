//! Questions that lead, or that ask two things at once.
//!
//! Owns: wordings by which both can be told, in English (guides in other languages are passed over). Never does: guess at
//! meaning: a leading question in plain words is not found.

use super::plan::Plan;
use super::{Report, Severity};
use crate::guide::{Question, QuestionType};
use crate::lexicon as lex;

/// Wordings that say which answer is hoped for, where a clause begins with them: not in `what don't you like?`
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
/// Those that say so wherever they stand.
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
/// Wordings that do so at the end.
const LEADING_LAST: &[&str] = &["right", "correct", "no", "is it not", "do you not", "did you not", "would you not"];

const JOINTS: &[&str] = &["and", "or"];
/// What a question of its own begins with.
const QUESTION_WORDS: &[&str] = &["what", "how", "why", "when", "where", "who", "whom", "whose", "which"];
const AUXILIARIES: &[&str] = &[
    "am", "are", "can", "could", "did", "do", "does", "had", "has", "have", "is", "may", "might", "should", "was",
    "were", "will", "would",
];
const SUBJECTS: &[&str] = &[
    "anybody", "anyone", "he", "i", "it", "she", "that", "the", "there", "these", "they", "this", "those", "we", "you",
    "your",
];
/// Pairs that are one thing.
const PAIRS: &[&str] = &[
    "and so on",
    "back and forth",
    "more and more",
    "now and then",
    "pros and cons",
    "research and development",
    "terms and conditions",
    "trial and error",
    "ups and downs",
    "again and again",
    "once and for all",
    "health and safety",
    "food and drink",
    "bed and breakfast",
    "friends and family",
    "family and friends",
    "over and over",
];

pub(super) fn check(plan: &Plan<'_>, report: &mut Report) {
    let language = plan.guide.language.to_lowercase();
    if language != "en" && !language.starts_with("en-") {
        return;
    }
    for place in &plan.places {
        let question = place.question;
        text(&format!("{}/text", place.path()), &question.text, Some(question), report);
        for (index, trigger) in question.follow_up_triggers.iter().enumerate() {
            if let Some(template) = &trigger.template {
                text(&format!("{}/follow_up_triggers/{index}/template", place.path()), template, None, report);
            }
        }
    }
}

fn text(path: &str, text: &str, question: Option<&Question>, report: &mut Report) {
    if let Some(wording) = leading(text) {
        report.add(
            Severity::Warning,
            "leading-question",
            path,
            format!("{wording:?} tells the respondent which answer is hoped for"),
            "ask openly, without the answer in the question: `How was …?` instead of `Wasn't … great?`",
        );
    }
    if let Some(why) = double(text) {
        report.add(
            Severity::Warning,
            "double-question",
            path,
            format!(
                "this asks two things at once ({why}): the answer will be to one of them, and nobody knows to which"
            ),
            "ask one thing, and make the other a question or a follow-up of its own",
        );
    } else if let Some(pair) = question.and_then(pair) {
        report.add(
            Severity::Info,
            "double-subject",
            path,
            format!("one answer has to serve for two things ({pair:?})"),
            "ask for each by itself if they can differ",
        );
    }
}

pub(super) fn leading(text: &str) -> Option<&'static str> {
    let spoken = format!(" {} ", lex::tokens(text).join(" "));
    let says = |wording: &&&str| spoken.contains(&format!(" {wording} "));
    let clauses = text.split(['.', ',', ';', ':', '!', '?', '–', '—']);
    let clauses: Vec<String> = clauses.map(|clause| format!("{} ", lex::tokens(clause).join(" "))).collect();
    let begins = |wording: &&&str| clauses.iter().any(|clause| clause.starts_with(&format!("{wording} ")));
    let last = text.trim_end().trim_end_matches('?').trim_end().to_lowercase();
    let tag = |wording: &&&str| {
        // "You like it, right?", but not "Did you turn right?"
        last.strip_suffix(**wording).is_some_and(|before| before.trim_end().ends_with([',', '–', '—', '-']))
    };
    // "What kind of course?" is about a course.
    let course = spoken.contains(" kind of course ") || spoken.contains(" type of course ");
    let mut leading = LEADING.iter().filter(|wording| !(course && **wording == "of course"));
    leading.find(says).or_else(|| NEGATED.iter().find(begins)).or_else(|| LEADING_LAST.iter().find(tag)).copied()
}

/// Why the text asks two things.
pub(super) fn double(text: &str) -> Option<String> {
    // However often it is put: "Really???" asks once.
    let marks = text.split('?').skip(1).filter(|rest| !rest.is_empty()).count() + usize::from(text.ends_with('?'));
    if marks > 1 {
        return Some(format!("{marks} question marks"));
    }
    let words = lex::tokens(text);
    let is = |list: &[&str], at: usize| words.get(at).is_some_and(|word| list.contains(&word.as_str()));
    // The first word can't join anything to what was before.
    let joint = (1..words.len()).find(|&at| {
        if !is(JOINTS, at) {
            return false;
        }
        let next = if is(&["also", "then", "if", "so"], at + 1) { at + 2 } else { at + 1 };
        // "how and why", "when or where" before one verb are one question each.
        let pair_of_words = is(QUESTION_WORDS, at - 1);
        let question = is(QUESTION_WORDS, next) && !pair_of_words && !is(&["not"], next + 1);
        let why_not = words[at] == "or" && is(&["why"], next) && is(&["not"], next + 1);
        let inverted = is(AUXILIARIES, next) && is(SUBJECTS, next + 1);
        question || why_not || inverted
    })?;
    Some(format!("“… {} …”", words[joint..(joint + 3).min(words.len())].join(" ")))
}

/// Two subjects under one closed or scale answer.
fn pair(question: &Question) -> Option<String> {
    if !matches!(question.kind, QuestionType::Closed | QuestionType::Scale) {
        return None;
    }
    let words = lex::tokens(&question.text);
    let spoken = words.join(" ");
    let at = words.iter().position(|word| word == "and")?;
    let (before, after) = (words.get(at.checked_sub(1)?)?, words.get(at + 1)?);
    let number = |word: &str| lex::number(word).is_some();
    let one = PAIRS.iter().any(|pair| spoken.contains(pair)) || number(before) || number(after) || before == after;
    // "you and your team" is who is asked, not what is asked about.
    let people = |word: &str| matches!(word, "you" | "your" | "i" | "we" | "others");
    (!one && !people(before) && !people(after)).then(|| format!("{before} and {after}"))
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
            // The first of them hides its second question behind a preposition.
            assert_eq!(double(text), None, "{text}");
        }
    }

    #[test]
    fn one_answer_for_two_subjects() {
        let question = |kind: &str, text: &str| {
            let document = serde_json::json!({ "text": text, "type": kind, "scale": { "min": 1, "max": 5 } });
            serde_json::from_value::<Question>(document).unwrap()
        };
        assert!(pair(&question("scale", "How would you rate price and quality?")).is_some());
        assert!(pair(&question("closed", "Were the staff friendly and quick?")).is_some());
        for (kind, text) in [
            ("open", "What do you think of price and quality?"),
            ("scale", "Between one and ten, how good was it?"),
            ("closed", "Have you read the terms and conditions?"),
            ("closed", "Do you and your team meet?"),
        ] {
            assert_eq!(pair(&question(kind, text)), None, "{text}");
        }
    }
}
