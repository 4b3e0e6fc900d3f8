//! Conditions of triggers, branches and skips, as authors write them.
//!
//! Owns: deciding whether a free-text condition holds for a response. Never does: act on it.
//!
//! Case, `_` and `-` do not matter. The first row that fits is taken:
//!
//! | condition | holds when |
//! |---|---|
//! | `<question id>: <condition>` | the response is to that question and the rest holds |
//! | `not <condition>` | the rest does not hold |
//! | `always`, `any` | always |
//! | `declined`, `don't know`, `no answer` | the response carries that flag |
//! | `answer is X`, `answers X`, `chooses X`, `selects X` | X is the chosen option, the number, yes or no, or the text |
//! | `mentions X`, `says X`, `talks about X` | the words of X (or of one of `X or Y`, `X, Y`) are in the answer |
//! | `score below N`, `above N`, `at least N`, `at most N`, `< N`, `<= N`, `> N`, `>= N` | the number given on a scale compares so |
//! | `low score`, `high score` (or rating) | the number is in the lowest 40 % or the highest 30 % of the scale |
//! | `very positive`, `positive`, `neutral`, `negative`, `very negative` | the sentiment (positive includes very positive, …) |
//! | `enthusiasm`, `hesitation`, `confusion`, `agreement`, `disagreement`, `emotional`, `frustration` | the signal was heard |
//! | `vague response`, `unclear` | density below 0.18, or hedged with density below 0.35 |
//! | `short answer`, `brief` | fewer than six words |
//! | `detailed answer`, `long answer` | density of 0.5 or more |
//! | anything else | at least half of its content words are in the answer |

use std::collections::HashSet;

use super::understanding::{self, Choice};
use crate::analysis::{Analysis, Sentiment};
use crate::guide::{InterestSignal, Question};
use crate::lexicon as lex;

/// What a condition is about: one response and its question.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub question: &'a Question,
    pub text: &'a str,
    pub analysis: &'a Analysis,
    pub flags: &'a [String],
}

/// Whether the condition holds for this response.
pub fn holds(condition: &str, subject: Subject<'_>) -> bool {
    if let Some((id, rest)) = condition.split_once(':')
        && !id.trim().contains(' ')
    {
        return id.trim() == subject.question.id && holds(rest, subject);
    }
    let condition = condition.replace(['_', '-'], " ").to_lowercase();
    let condition = condition.trim();
    if let Some(rest) = condition.strip_prefix("not ") {
        return !holds(rest, subject);
    }
    let flag = |name: &str| subject.flags.iter().any(|f| f == name);
    match condition {
        "always" | "any" => return true,
        "declined" | "declines" => return flag("declined"),
        "dont know" | "don't know" | "does not know" => return flag("dont_know"),
        "no answer" => return flag("no_answer"),
        _ => {}
    }
    if subject.text.trim().is_empty() {
        return false;
    }
    let after = |prefixes: &[&str]| prefixes.iter().find_map(|p| condition.strip_prefix(p)).map(str::trim);
    if let Some(wanted) = after(&["answer is ", "answers ", "answer = ", "chooses ", "selects ", "answered "]) {
        return is_answer(wanted, subject);
    }
    if let Some(topics) = after(&["mentions ", "mention of ", "mentioned ", "says ", "talks about ", "mentioning "]) {
        return mentions(topics, subject.text);
    }
    numeric(condition, subject).unwrap_or_else(|| quality(condition, subject))
}

fn is_answer(wanted: &str, subject: Subject<'_>) -> bool {
    let wanted = wanted.trim_matches(['"', '\'', ' ', '.']);
    match wanted {
        "yes" => return understanding::yes_or_no(subject.text) == Some(true),
        "no" => return understanding::yes_or_no(subject.text) == Some(false),
        _ => {}
    }
    if let Ok(number) = wanted.parse::<i32>() {
        return understanding::choice(subject.question, subject.text) == Some(Choice::Number(number));
    }
    if let Some(Choice::Option(index)) = understanding::choice(subject.question, subject.text)
        && let Some(option) = subject.question.options.get(index)
    {
        return lex::tokens(&option.text) == lex::tokens(wanted) || option.id.replace(['_', '-'], " ") == wanted;
    }
    lex::tokens(subject.text) == lex::tokens(wanted)
}

fn mentions(topics: &str, text: &str) -> bool {
    let said: HashSet<String> = lex::tokens(text).iter().map(|w| lex::stem(w)).collect();
    topics.split([',', '|', '/']).flat_map(|part| part.split(" or ")).any(|topic| {
        let words = lex::tokens(topic);
        let content: Vec<&String> =
            words.iter().filter(|w| !matches!(w.as_str(), "a" | "an" | "the" | "any")).collect();
        !content.is_empty() && content.iter().all(|w| said.contains(&lex::stem(w)))
    })
}

/// Conditions about the number given on a scale; none when the condition is not of that kind.
fn numeric(condition: &str, subject: Subject<'_>) -> Option<bool> {
    let about_score = condition.contains("score") || condition.contains("rating") || condition.contains("scale");
    if !about_score && !condition.starts_with(['<', '>']) {
        return None;
    }
    let scale = subject.question.scale?;
    let Some(Choice::Number(value)) = understanding::choice(subject.question, subject.text) else {
        return Some(false);
    };
    let bound = lex::tokens(condition).iter().find_map(|word| lex::number(word));
    let Some(bound) = bound else {
        let share = (value - scale.min) as f32 / (scale.max - scale.min).max(1) as f32;
        return if condition.contains("low") {
            Some(share <= 0.4)
        } else if condition.contains("high") {
            Some(share >= 0.7)
        } else {
            None
        };
    };
    let has = |words: &[&str]| words.iter().any(|w| condition.contains(w));
    Some(if has(&["<=", "at most", "or less", "or below"]) {
        value <= bound
    } else if has(&[">=", "at least", "or more", "or above"]) {
        value >= bound
    } else if has(&["<", "below", "under", "less than", "lower"]) {
        value < bound
    } else if has(&[">", "above", "over", "more than", "higher"]) {
        value > bound
    } else {
        value == bound
    })
}

fn quality(condition: &str, subject: Subject<'_>) -> bool {
    let analysis = subject.analysis;
    let has = |word: &str| condition.contains(word);
    let sentiment = analysis.sentiment;
    let first = condition.trim_end_matches(" response").trim_end_matches(" sentiment").trim_end_matches(" answer");
    match first {
        "very positive" => return sentiment == Sentiment::VeryPositive,
        "positive" => return matches!(sentiment, Sentiment::Positive | Sentiment::VeryPositive),
        "neutral" => return sentiment == Sentiment::Neutral,
        "negative" => return matches!(sentiment, Sentiment::Negative | Sentiment::VeryNegative),
        "very negative" => return sentiment == Sentiment::VeryNegative,
        "strong" | "strong emotion" => return matches!(sentiment, Sentiment::VeryPositive | Sentiment::VeryNegative),
        "short" | "brief" | "terse" => return analysis.words < 6,
        "detailed" | "long" => return analysis.information_density >= 0.5,
        _ => {}
    }
    for (name, signal) in SIGNALS {
        if has(name) {
            return analysis.signals.contains(signal);
        }
    }
    if has("vague") || has("unclear") {
        return is_vague(analysis);
    }
    let said: HashSet<String> = lex::tokens(subject.text).iter().map(|w| lex::stem(w)).collect();
    let wanted = lex::content(condition);
    let hits = wanted.iter().filter(|w| said.contains(&lex::stem(w))).count();
    hits > 0 && 2 * hits >= wanted.len()
}

/// Too little was said to work with.
pub(crate) fn is_vague(analysis: &Analysis) -> bool {
    analysis.information_density < 0.18 || (analysis.hesitation >= 0.15 && analysis.information_density < 0.35)
}

const SIGNALS: &[(&str, InterestSignal)] = &[
    ("enthusias", InterestSignal::Enthusiasm),
    ("hesita", InterestSignal::Hesitation),
    ("confus", InterestSignal::Confusion),
    ("disagree", InterestSignal::Disagreement),
    ("agree", InterestSignal::Agreement),
    ("emotion", InterestSignal::Emotional),
    ("frustrat", InterestSignal::Frustration),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide::QuestionType;
    use crate::io::Word;

    fn check(question: &Question, condition: &str, text: &str) -> bool {
        let words: Vec<Word> =
            text.split(' ').map(|t| Word { text: t.into(), start_ms: 0, end_ms: 1, confidence: 1.0 }).collect();
        let analysis = Analysis::of(&question.text, &words);
        holds(condition, Subject { question, text, analysis: &analysis, flags: &[] })
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
    fn quality_of_the_answer() {
        let q = question("");
        assert!(check(&q, "vague_response", "It was fine, I guess."));
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
