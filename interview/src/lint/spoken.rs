//! Texts that cannot be said aloud, or cannot be taken in by listening.
//!
//! Owns: examining every text of the guide that is spoken: its name, questions, options and
//! templates. Never does: say how a text is pronounced.

use super::diagnostic::{Level, Report};
use super::plan::Plan;
use super::time::{Clock, words};
use crate::dialogue::lines;
use crate::guide::{Question, QuestionType};
use crate::lexicon as lex;
use crate::wording::spoken::{Obstacle, obstacles};

/// The longest question that a respondent can keep in mind, in seconds.
const LONGEST_S: f32 = 20.0;
const MOST_OPTIONS: usize = 7;
pub(super) fn check(plan: &Plan<'_>, report: &mut Report) {
    let clock = Clock::of(plan);
    let latin = plan.guide.language.to_lowercase().starts_with("en");
    text("/name", &plan.guide.name, false, latin, report);
    for place in &plan.places {
        let question = place.question;
        let path = place.path();
        text(&format!("{path}/text"), &question.text, false, latin, report);
        for (index, option) in question.options.iter().enumerate() {
            text(&format!("{path}/options/{index}"), &option.text, false, latin, report);
        }
        for (index, trigger) in question.follow_up_triggers.iter().enumerate() {
            if let Some(template) = &trigger.template {
                let path = format!("{path}/follow_up_triggers/{index}/template");
                text(&path, template, true, latin, report);
                length(&clock, &path, template, report);
            }
        }
        by_ear(&clock, &path, question, report);
    }
}

fn text(path: &str, text: &str, template: bool, latin: bool, report: &mut Report) {
    for obstacle in obstacles(text, template, latin) {
        let (level, code, message, suggestion) = match obstacle {
            Obstacle::Address(address) => (
                Level::Warning,
                "spoken-address",
                format!("nobody can take down {address:?} by ear"),
                "say what it is instead, and send the address in writing",
            ),
            Obstacle::Table => (
                Level::Warning,
                "spoken-table",
                "this is laid out for the eye (a table or a list)".to_owned(),
                "write it as a sentence",
            ),
            Obstacle::Placeholder(placeholder) => (
                Level::Error,
                "spoken-placeholder",
                format!("{placeholder} would be spoken as it stands"),
                if template {
                    "templates know {topic} and {key_phrase}"
                } else {
                    "only follow-up templates have placeholders; write the words"
                },
            ),
            Obstacle::Pictures(pictures) => (
                Level::Warning,
                "spoken-emoji",
                format!("pictures have no sound: {pictures}"),
                "say it in words, or leave it out",
            ),
            Obstacle::Signs(signs) => (
                Level::Warning,
                "spoken-symbol",
                format!("these signs can't be heard as they are meant: {}", quoted(&signs)),
                "say it in words: `or` for a slash, `about` for a tilde, nothing for markup",
            ),
            Obstacle::NoWord => {
                (Level::Error, "spoken-nothing", "there is no word in it to say".to_owned(), "write the words")
            }
        };
        report.add(level, code, path, message, suggestion);
    }
}

fn quoted(signs: &[char]) -> String {
    signs.iter().map(|sign| format!("`{sign}`")).collect::<Vec<_>>().join(" ")
}

/// Checks what matters only to somebody who listens to a question.
fn by_ear(clock: &Clock, path: &str, question: &Question, report: &mut Report) {
    if question.kind == QuestionType::MultipleChoice && question.options.len() > MOST_OPTIONS {
        report.add(
            Level::Warning,
            "too-many-options",
            format!("{path}/options"),
            format!("{} options are read out; by the last one the first is forgotten", question.options.len()),
            "offer fewer, or ask openly",
        );
    } else {
        length(clock, &format!("{path}/text"), &lines::question(clock.lines, question), report);
    }
    if let (QuestionType::Scale, Some(scale)) = (question.kind, question.scale) {
        let said: Vec<i32> = lex::tokens(&question.text).iter().filter_map(|word| lex::number(word)).collect();
        if !said.contains(&scale.min) || !said.contains(&scale.max) {
            report.add(
                Level::Info,
                "scale-not-said",
                format!("{path}/text"),
                format!(
                    "the question doesn't say that its scale goes from {} to {}, and nobody sees it",
                    scale.min, scale.max
                ),
                "begin with `On a scale from … to …`",
            );
        }
    }
}

fn length(clock: &Clock, path: &str, text: &str, report: &mut Report) {
    let count = words(text);
    let seconds = clock.spoken_s(count);
    if seconds > LONGEST_S {
        report.add(
            Level::Warning,
            "spoken-long",
            path,
            format!("{count} words take {seconds:.0} s to say; after {LONGEST_S:.0} s the beginning is forgotten"),
            "shorten it, or put the explanation into a question before",
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{changed, summary};

    fn asked(text: &str) -> Vec<String> {
        let findings = changed(|guide| guide["sections"][2]["questions"][0]["text"] = json!(text));
        findings.into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn plain_words_are_fine() {
        for text in [
            "What's new – if anything – since 2020?",
            "How much is 20% of $5, roughly?",
            "Do you work in R&D?",
            "How did the café “Zur Linde” do (in May)?",
            "What is 5 + 3?",
            "Which of the two: A or B?",
            "Who pays?\nThink of the last time.",
        ] {
            assert_eq!(asked(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_has_no_sound_is_found() {
        for (text, code) in [
            ("Have you seen https://example.org/a?", "spoken-address"),
            ("Did you write to jo@example.org?", "spoken-address"),
            ("Do you know example.com?", "spoken-address"),
            ("How was it? 😀", "spoken-emoji"),
            ("Home → work: how long?", "spoken-emoji"),
            ("What do you think of and/or?", "spoken-symbol"),
            ("What is **important** to you?", "spoken-symbol"),
            ("Was bedeutet Привет?", "spoken-symbol"),
            ("| a | b |\n| 1 | 2 |", "spoken-table"),
            ("Which one?\n- this\n- that", "spoken-table"),
            ("How is {product}?", "spoken-placeholder"),
            ("How is [product name]?", "spoken-placeholder"),
            ("???", "spoken-nothing"),
        ] {
            assert!(asked(text).contains(&code.to_owned()), "{text}: {:?}", asked(text));
        }
        let long = format!("What do you think of {}?", ["trains"; 60].join(" "));
        assert_eq!(asked(&long), ["spoken-long"]);
    }

    #[test]
    fn templates_have_placeholders_of_their_own() {
        let template = |text: &str| {
            summary(&changed(|guide| {
                guide["sections"][0]["questions"][0]["follow_up_triggers"][0]["template"] = json!(text);
            }))
        };
        assert_eq!(template("What about {topic}?"), [""; 0]);
        assert_eq!(
            template("What about {subject}?"),
            ["spoken-placeholder /sections/0/questions/0/follow_up_triggers/0/template"]
        );
    }

    #[test]
    fn options_and_scales_are_heard_not_seen() {
        let many: Vec<String> = (0..9).map(|n| format!("choice number {n}")).collect();
        assert_eq!(
            summary(&changed(|guide| guide["sections"][0]["questions"][1]["options"] = json!(many))),
            ["too-many-options /sections/0/questions/1/options"]
        );
        assert_eq!(
            summary(&changed(|guide| guide["sections"][1]["questions"][0]["text"] = json!("How comfortable was it?"))),
            ["scale-not-said /sections/1/questions/0/text"]
        );
        assert_eq!(
            summary(&changed(
                |guide| guide["sections"][1]["questions"][0]["text"] = json!("From 1 to 5, how comfortable was it?")
            )),
            [""; 0]
        );
    }
}
