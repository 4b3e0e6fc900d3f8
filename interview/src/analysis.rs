//! What one answer is worth, judged by its words alone.
//!
//! Owns: the density, sentiment, hesitation, enthusiasm, completeness and key phrases of one
//! response, and its contradictions with earlier ones. Never does: look at other interviews, or
//! call a model.

pub mod contradiction;
pub mod sentence;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use self::contradiction::Contradiction;
use crate::call::Word;
use crate::guide::InterestSignal;
use crate::lexicon as lex;

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sentiment {
    VeryPositive,
    Positive,
    #[default]
    Neutral,
    Negative,
    VeryNegative,
}

/// Lexical analysis of one response. Every share is 0…1.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Analysis {
    pub sentiment: Sentiment,
    /// Information density, 0…1: 1 − exp(−u / 15) for u distinct content words (product contract,
    /// section 4).
    pub information_density: f32,
    /// The share of the words that are fillers or hedges.
    pub hesitation: f32,
    /// The mean token probability over the words, 0…1.
    pub confidence: f32,
    pub key_phrases: Vec<String>,
    pub themes: Vec<String>,
    pub signals: Vec<InterestSignal>,
    /// The number of words, fillers included.
    pub words: u32,
    /// Enthusiasm, 0…1, judged by the words of the answer (product contract, section 4).
    #[serde(default)]
    pub enthusiasm: f32,
    /// The share of what was asked for that was said, 0…1 (product contract, section 4).
    #[serde(default)]
    pub completeness: f32,
    /// Contradictions with what was said before, as far as words tell.
    #[serde(default)]
    pub contradictions: Vec<Contradiction>,
}

impl Analysis {
    /// Analyses the words that were said in answer to `question_text`.
    pub fn of(question_text: &str, words: &[Word]) -> Self {
        let written: Vec<&str> = words.iter().flat_map(|w| w.text.split_whitespace()).collect();
        let tokens: Vec<String> = written.iter().map(|w| lex::bare(w)).filter(|w| !w.is_empty()).collect();
        let count = tokens.len();
        let hesitation = if count == 0 { 0.0 } else { hesitating(&tokens) as f32 / count as f32 };
        let sentiment = sentiment(&tokens);
        let stems: Vec<String> = tokens.iter().map(|w| lex::stem(w)).collect();
        let confidence = if words.is_empty() {
            0.0
        } else {
            (words.iter().map(|w| w.confidence).sum::<f32>() / words.len() as f32).clamp(0.0, 1.0)
        };
        Self {
            sentiment,
            information_density: density(question_text, &written),
            hesitation,
            confidence,
            key_phrases: key_phrases(&written),
            themes: lex::themes(&stems),
            signals: signals(&tokens, sentiment, hesitation),
            words: u32::try_from(count).unwrap_or(u32::MAX),
            enthusiasm: enthusiasm(&tokens, &written),
            completeness: completeness(question_text, &tokens),
            contradictions: Vec::new(),
        }
    }
}

/// Enthusiasm, 0…1: e = 1 − exp(−h / 3). A word of praise that is not negated adds 1 to h, or 2 if
/// it is strong or intensified. A word of excitement adds 2, and an exclamation mark adds 1.
///
/// ```
/// use interview::analysis::Analysis;
/// use interview::io::Word;
/// let words: Vec<Word> = "I really love it!".split(' ')
///     .map(|text| Word { text: text.into(), start_ms: 0, end_ms: 1, confidence: 1.0 }).collect();
/// // "love" is strong, and there is an exclamation mark: h = 3, e = 1 − exp(−1) ≈ 0.63
/// assert!((Analysis::of("", &words).enthusiasm - 0.632).abs() < 0.001);
/// ```
fn enthusiasm(tokens: &[String], written: &[&str]) -> f32 {
    let mut hits = written.iter().filter(|word| word.ends_with('!')).count();
    for (at, word) in tokens.iter().enumerate() {
        let before = &tokens[at.saturating_sub(3)..at];
        if before.iter().any(|word| lex::is_negator(word)) {
            continue;
        }
        if matches!(word.as_str(), "excited" | "exciting" | "thrilled" | "wow") {
            hits += 2;
        } else if praises(word, before) {
            let strong = lex::is_strong(word) || before.last().is_some_and(|word| lex::is_intensifier(word));
            hits += if strong { 2 } else { 1 };
        }
    }
    1.0 - (-(hits as f32) / 3.0).exp()
}

/// Completeness, 0…1: the share of the question's parts that the answer gives. "Why" asks for a
/// reason. "How long", "how many" and "when" ask for a number or a time. Any other question word
/// asks for a content word that is not in the question. A question without a question word asks for
/// a yes, a no or a content word. An answer that ends in the middle of a sentence counts half.
///
/// ```
/// use interview::analysis::Analysis;
/// use interview::io::Word;
/// let said = |text: &str| text.split(' ')
///     .map(|text| Word { text: text.into(), start_ms: 0, end_ms: 1, confidence: 1.0 }).collect::<Vec<_>>();
/// let question = "How long have you worked from home, and why?";
/// assert_eq!(Analysis::of(question, &said("For four years.")).completeness, 0.5);
/// assert_eq!(Analysis::of(question, &said("For four years, because I have kids.")).completeness, 1.0);
/// ```
pub fn completeness(question: &str, answer: &[String]) -> f32 {
    if answer.is_empty() {
        return 0.0;
    }
    let asked = lex::tokens(question);
    let stems: HashSet<String> = asked.iter().map(|word| lex::stem(word)).collect();
    let news = answer.iter().any(|word| lex::is_content(word) && !stems.contains(&lex::stem(word)));
    let has = |words: &[&str]| answer.iter().any(|word| words.contains(&word.as_str()));
    let reason = || has(&["because", "since", "so", "cause", "due", "reason", "therefore"]);
    let time = || answer.iter().any(|word| lex::is_number(word)) || has(TIMES);
    let mut parts = Vec::new();
    for (at, word) in asked.iter().enumerate() {
        let next = asked.get(at + 1).map(String::as_str);
        match (word.as_str(), next) {
            ("why", _) => parts.push(reason()),
            ("when", _) | ("how", Some("long" | "many" | "much" | "often" | "old" | "far")) => parts.push(time()),
            ("what" | "which" | "who" | "where" | "how" | "whose", _) => parts.push(news),
            _ => {}
        }
    }
    if parts.is_empty() {
        parts.push(news || has(&["yes", "no", "yeah", "yep", "nope", "sure", "not"]));
    }
    let share = parts.iter().filter(|answered| **answered).count() as f32 / parts.len() as f32;
    if answer.last().is_some_and(|word| lex::is_hanging(word)) { share / 2.0 } else { share }
}

/// Words that name a time or an amount without a number.
const TIMES: &[&str] = &[
    "always",
    "never",
    "often",
    "sometimes",
    "rarely",
    "daily",
    "weekly",
    "monthly",
    "yearly",
    "every",
    "few",
    "many",
    "lot",
    "years",
    "months",
    "weeks",
    "days",
    "hours",
    "yesterday",
    "today",
    "recently",
    "morning",
    "evening",
    "ago",
    "once",
    "one",
    "couple",
    "several",
    "most",
];

/// Whether the word praises. "Like" praises only where somebody likes something.
fn praises(word: &str, before: &[String]) -> bool {
    let liked =
        || before.last().is_some_and(|word| matches!(word.as_str(), "i" | "we" | "really" | "don't" | "didn't"));
    lex::is_positive(word) && (word != "like" || liked())
}

/// Information density, 0…1: d = 1 − exp(−u / 15). Each distinct content word that is not in the
/// question adds 1 to u. A number or a name adds 2, where a name is a word with a capital letter
/// inside a sentence.
///
/// ```
/// use interview::analysis::density;
/// // "fix", "invoices", "clients": u = 3, d = 1 − exp(−0.2) ≈ 0.18
/// let d = density("What do you do?", &["I", "fix", "invoices", "for", "clients."]);
/// assert!((d - 0.181).abs() < 0.001);
/// ```
pub fn density(question: &str, written: &[&str]) -> f32 {
    let asked: HashSet<String> = lex::tokens(question).iter().map(|w| lex::stem(w)).collect();
    let mut seen = HashSet::new();
    let mut units = 0_u32;
    let mut starts_sentence = true;
    for word in written {
        let bare = lex::bare(word);
        let is_name =
            !starts_sentence && word.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(char::is_uppercase);
        starts_sentence = word.ends_with(['.', '!', '?', '…']);
        if bare.is_empty() || !(lex::is_content(&bare)) {
            continue;
        }
        let stem = lex::stem(&bare);
        if asked.contains(&stem) || !seen.insert(stem) {
            continue;
        }
        units += if is_name || lex::is_number(&bare) { 2 } else { 1 };
    }
    1.0 - (-(units as f32) / 15.0).exp()
}

fn hesitating(tokens: &[String]) -> usize {
    let single = tokens
        .iter()
        .filter(|w| {
            lex::is_hedge(w) || (lex::is_filler(w) && !matches!(w.as_str(), "like" | "so" | "well" | "okay" | "ok"))
        })
        .count();
    // "you know", "kind of", "sort of", "not sure", "I mean"
    let pairs = tokens
        .windows(2)
        .filter(|pair| {
            matches!(
                (pair[0].as_str(), pair[1].as_str()),
                ("you", "know") | ("kind" | "sort", "of") | ("not", "sure" | "certain") | ("i", "mean")
            )
        })
        .count();
    (single + 2 * pairs).min(tokens.len())
}

pub(crate) fn sentiment(tokens: &[String]) -> Sentiment {
    let mut score = 0_i32;
    let mut hits = 0_i32;
    for (i, word) in tokens.iter().enumerate() {
        let before = &tokens[i.saturating_sub(3)..i];
        let mut value: i32 = match (praises(word, before), lex::is_negative(word)) {
            (true, false) => 1,
            (false, true) => -1,
            _ => continue,
        };
        if lex::is_strong(word) || before.last().is_some_and(|w| lex::is_intensifier(w)) {
            value *= 2;
        }
        if before.iter().any(|w| lex::is_negator(w)) {
            value = -value.signum();
        }
        score += value;
        hits += 1;
    }
    match score {
        0 => Sentiment::Neutral,
        s if s >= 3 || (s == 2 && hits == 1) => Sentiment::VeryPositive,
        s if s <= -3 || (s == -2 && hits == 1) => Sentiment::VeryNegative,
        s if s > 0 => Sentiment::Positive,
        _ => Sentiment::Negative,
    }
}

fn signals(tokens: &[String], sentiment: Sentiment, hesitation: f32) -> Vec<InterestSignal> {
    let has = |words: &[&str]| tokens.iter().any(|t| words.contains(&t.as_str()));
    let joined = tokens.join(" ");
    let mut signals = Vec::new();
    if sentiment == Sentiment::VeryPositive || has(&["excited", "exciting", "thrilled"]) {
        signals.push(InterestSignal::Enthusiasm);
    }
    if hesitation >= 0.15 {
        signals.push(InterestSignal::Hesitation);
    }
    if has(&["confused", "confusing"]) || joined.contains("don't understand") || joined.contains("what do you mean") {
        signals.push(InterestSignal::Confusion);
    }
    if has(&["agree", "exactly", "definitely"]) && !joined.contains("don't agree") {
        signals.push(InterestSignal::Agreement);
    }
    if has(&["disagree"]) || joined.contains("don't agree") || joined.contains("don't think so") {
        signals.push(InterestSignal::Disagreement);
    }
    if has(&["cry", "cried", "afraid", "scared", "heartbroken", "furious", "sad", "angry", "proud"]) {
        signals.push(InterestSignal::Emotional);
    }
    if has(&["frustrated", "frustrating", "annoying", "annoyed", "nightmare", "stuck", "hate"]) {
        signals.push(InterestSignal::Frustration);
    }
    signals
}

/// Runs of content words as they were said, at most 5, the longest first.
fn key_phrases(written: &[&str]) -> Vec<String> {
    let mut runs: Vec<Vec<&str>> = Vec::new();
    let mut run: Vec<&str> = Vec::new();
    for word in written {
        let bare = lex::bare(word);
        let content = !bare.is_empty() && lex::is_content(&bare);
        if content {
            run.push(word.trim_matches(|c: char| !c.is_alphanumeric()));
        }
        let full = run.len() == 4;
        if (!content || full || word.ends_with([',', '.', '!', '?', ';', ':', '…'])) && !run.is_empty() {
            runs.push(std::mem::take(&mut run));
        }
    }
    if !run.is_empty() {
        runs.push(run);
    }
    runs.sort_by_key(|run| std::cmp::Reverse(run.len()));
    let mut seen = HashSet::new();
    runs.into_iter().map(|run| run.join(" ")).filter(|phrase| seen.insert(phrase.to_lowercase())).take(5).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Word> {
        text.split(' ').map(|t| Word { text: t.into(), start_ms: 0, end_ms: 1, confidence: 0.9 }).collect()
    }

    #[test]
    fn density_follows_the_contracts_table() {
        let d = |n: usize| {
            let said: Vec<String> = (0..n).map(|i| format!("zork{i}a")).collect();
            density("", &said.iter().map(String::as_str).collect::<Vec<_>>())
        };
        assert!((d(3) - 0.18).abs() < 0.005);
        assert!((d(10) - 0.49).abs() < 0.005);
        assert!((d(20) - 0.74).abs() < 0.005);
        assert!(density("", &[]).abs() < f32::EPSILON);
    }

    #[test]
    fn words_of_the_question_are_no_news_and_numbers_count_double() {
        assert!(density("Do you use spreadsheets?", &["I", "use", "spreadsheets."]).abs() < 0.1);
        let one = density("", &["invoices"]);
        let number = density("", &["forty"]);
        assert!(number > one);
    }

    #[test]
    fn sentiment_knows_negation_and_strength() {
        let of = |text: &str| Analysis::of("", &words(text)).sentiment;
        assert_eq!(of("I love it."), Sentiment::VeryPositive);
        assert_eq!(of("It is good."), Sentiment::Positive);
        assert_eq!(of("It is not good."), Sentiment::Negative);
        assert_eq!(of("It is terrible."), Sentiment::VeryNegative);
        assert_eq!(of("I keep books."), Sentiment::Neutral);
    }

    #[test]
    fn hesitation_is_heard() {
        let analysis = Analysis::of("", &words("Um, I guess, maybe it, uh, depends."));
        assert!(analysis.hesitation > 0.5);
        assert!(analysis.signals.contains(&InterestSignal::Hesitation));
        assert!(Analysis::of("", &words("I sell shoes in Leeds.")).signals.is_empty());
    }
}
