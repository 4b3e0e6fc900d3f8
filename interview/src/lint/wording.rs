//! Questions that lead, or that ask two things at once.
//!
//! Owns: the findings about them, in English. Guides in other languages are not examined. Never
//! does: judge meaning. A leading question in plain words is not found.

use super::diagnostic::{Level, Report};
use super::plan::Plan;
use crate::guide::{Question, QuestionType};
use crate::lexicon as lex;
use crate::wording::question::{double, leading};

/// Pairs of words that are one thing.
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
            Level::Warning,
            "leading-question",
            path,
            format!("{wording:?} tells the respondent which answer is hoped for"),
            "ask openly, without the answer in the question: `How was …?` instead of `Wasn't … great?`",
        );
    }
    if let Some(why) = double(text) {
        report.add(
            Level::Warning,
            "double-question",
            path,
            format!(
                "this asks two things at once ({why}): the answer will be to one of them, and nobody knows to which"
            ),
            "ask one thing, and make the other a question or a follow-up of its own",
        );
    } else if let Some(pair) = question.and_then(pair) {
        report.add(
            Level::Info,
            "double-subject",
            path,
            format!("one answer has to serve for two things ({pair:?})"),
            "ask for each by itself if they can differ",
        );
    }
}

/// Returns two subjects that one closed or scale answer has to serve.
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
    // "You and your team" are those who are asked, and not the subject of the question.
    let people = |word: &str| matches!(word, "you" | "your" | "i" | "we" | "others");
    (!one && !people(before) && !people(after)).then(|| format!("{before} and {after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
