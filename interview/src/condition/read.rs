//! Reading an author's words as a condition.
//!
//! Owns: what each wording is taken for. The lint of guides relies on the same reading. Never does:
//! look at a response.

use crate::analysis::Sentiment;
use crate::guide::{InterestSignal, Question};
use crate::lexicon as lex;

/// A condition as it is read for one question.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// `<question id>: …`
    Of(String, Box<Condition>),
    Not(Box<Condition>),
    Always,
    /// The response carries this flag.
    Flag(&'static str),
    /// The chosen option, the number, yes or no, or the whole text, in lower case.
    Answer(String),
    /// At least one of these topics, each with all of its words, as stems.
    Mentions(Vec<Vec<String>>),
    /// The number given on the question's scale.
    Score(Comparison),
    Sentiment(&'static [Sentiment]),
    Brief,
    Detailed,
    Signal(InterestSignal),
    Vague,
    /// The condition matches no other form: half of these content words must be said.
    Words(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Low,
    High,
    AtMost(i32),
    AtLeast(i32),
    Below(i32),
    Above(i32),
    Is(i32),
}

const ANSWER: &[&str] = &["answer is ", "answers ", "answer = ", "chooses ", "selects ", "answered "];
const MENTION: &[&str] = &["mentions ", "mention of ", "mentioned ", "says ", "talks about ", "mentioning "];
const NOT: &str = "not ";

impl Condition {
    /// Reads `text` as a condition on responses to `question`.
    pub fn read(text: &str, question: &Question) -> Self {
        let text = text.trim();
        if let Some((id, rest)) = text.split_once(':')
            && !id.trim().contains(' ')
        {
            return Condition::Of(id.trim().to_owned(), Box::new(Self::read(rest, question)));
        }
        if let Some((before, rest)) = text.split_at_checked(NOT.len())
            && plain(before) == NOT
        {
            // The rest is passed on as it is written, because it may begin with an id.
            return Condition::Not(Box::new(Self::read(rest, question)));
        }
        let condition = plain(text);
        let condition = condition.trim();
        match condition {
            "always" | "any" => return Condition::Always,
            "declined" | "declines" => return Condition::Flag("declined"),
            "dont know" | "don't know" | "does not know" => return Condition::Flag("dont_know"),
            "no answer" => return Condition::Flag("no_answer"),
            _ => {}
        }
        let after = |prefixes: &[&str]| prefixes.iter().find_map(|p| condition.strip_prefix(p)).map(str::trim);
        if let Some(wanted) = after(ANSWER) {
            return Condition::Answer(wanted.trim_matches(['"', '\'', ' ', '.']).to_owned());
        }
        if let Some(topics) = after(MENTION) {
            return Condition::Mentions(self::topics(topics));
        }
        let score = question.scale.and_then(|_| comparison(condition)).map(Condition::Score);
        score.or_else(|| quality(condition)).unwrap_or_else(|| Condition::Words(lex::content(condition)))
    }
}

/// Makes the text lower case and turns `_` and `-` into blanks, which make no difference.
fn plain(text: &str) -> String {
    text.replace(['_', '-'], " ").to_lowercase()
}

fn topics(text: &str) -> Vec<Vec<String>> {
    let alternatives = text.split([',', '|', '/']).flat_map(|part| part.split(" or "));
    let words = alternatives.map(|topic| {
        let words = lex::tokens(topic);
        words
            .iter()
            .filter(|w| !matches!(w.as_str(), "a" | "an" | "the" | "any"))
            .map(|w| lex::stem(w))
            .collect::<Vec<_>>()
    });
    words.filter(|words| !words.is_empty()).collect()
}

/// Whether the words speak of a number on a scale.
pub(crate) fn is_about_score(condition: &str) -> bool {
    let condition = plain(condition);
    ["score", "rating", "scale"].iter().any(|word| condition.contains(word))
        || condition.trim_start().starts_with(['<', '>'])
}

fn comparison(condition: &str) -> Option<Comparison> {
    if !is_about_score(condition) {
        return None;
    }
    let has = |words: &[&str]| words.iter().any(|w| condition.contains(w));
    let Some(bound) = lex::tokens(condition).iter().find_map(|word| lex::number(word)) else {
        return if has(&["low"]) {
            Some(Comparison::Low)
        } else if has(&["high"]) {
            Some(Comparison::High)
        } else {
            None
        };
    };
    Some(if has(&["<=", "at most", "or less", "or below"]) {
        Comparison::AtMost(bound)
    } else if has(&[">=", "at least", "or more", "or above"]) {
        Comparison::AtLeast(bound)
    } else if has(&["<", "below", "under", "less than", "lower"]) {
        Comparison::Below(bound)
    } else if has(&[">", "above", "over", "more than", "higher"]) {
        Comparison::Above(bound)
    } else {
        Comparison::Is(bound)
    })
}

fn quality(condition: &str) -> Option<Condition> {
    let first = condition.trim_end_matches(" response").trim_end_matches(" sentiment").trim_end_matches(" answer");
    let sentiment: &'static [Sentiment] = match first {
        "very positive" => &[Sentiment::VeryPositive],
        "positive" => &[Sentiment::Positive, Sentiment::VeryPositive],
        "neutral" => &[Sentiment::Neutral],
        "negative" => &[Sentiment::Negative, Sentiment::VeryNegative],
        "very negative" => &[Sentiment::VeryNegative],
        "strong" | "strong emotion" => &[Sentiment::VeryPositive, Sentiment::VeryNegative],
        "short" | "brief" | "terse" => return Some(Condition::Brief),
        "detailed" | "long" => return Some(Condition::Detailed),
        _ => &[],
    };
    if !sentiment.is_empty() {
        return Some(Condition::Sentiment(sentiment));
    }
    let signal = SIGNALS.iter().find(|(name, _)| condition.contains(name)).map(|(_, signal)| *signal);
    if let Some(signal) = signal {
        return Some(Condition::Signal(signal));
    }
    (condition.contains("vague") || condition.contains("unclear")).then_some(Condition::Vague)
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
