//! Candidates for contradictions between the answers of one respondent, found by their words.
//!
//! Owns: the three kinds of contradiction between two sentences that words alone can tell, each
//! with both spans. Never does: decide which of the two is right.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::sentence::{Sentence, sentences};
use crate::call::{AskingId, Word};
use crate::lexicon as lex;
use crate::spans::{Span, timed, tokens};

/// The least share of the shorter sentence's topics that both sentences must have, 0…1.
const SHARED: f32 = 0.5;
/// The largest number of candidates for one answer.
const MOST: usize = 5;

/// Pairs of words that exclude each other when each sentence has one of them.
const OPPOSITES: &[(&[&str], &[&str])] = &[
    (&["always", "constantly"], &["never", "rarely", "seldom", "hardly"]),
    (&["often", "frequently"], &["never", "rarely", "seldom", "hardly"]),
    (&["love", "loved", "enjoy", "enjoyed", "like", "liked"], &["hate", "hated", "dislike", "disliked"]),
    (&["easy", "easier", "simple"], &["hard", "harder", "difficult", "complicated"]),
    (&["fast", "quick", "faster"], &["slow", "slower"]),
    (&["cheap", "affordable"], &["expensive", "pricey", "costly"]),
    (&["everything", "all"], &["nothing", "none"]),
    (&["everyone", "everybody"], &["nobody"]),
    (&["good", "great", "excellent", "best"], &["bad", "terrible", "awful", "worst"]),
    (&["reliable", "stable"], &["unreliable", "unstable"]),
    (&["happy", "satisfied"], &["unhappy", "unsatisfied", "dissatisfied"]),
    (&["useful", "helpful"], &["useless", "unhelpful"]),
    (&["alone"], &["together"]),
];
/// Words by which somebody speaks of another time.
const THEN: &[&str] = &["used", "before", "previously", "back", "originally", "once", "ago"];

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ContradictionKind))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One sentence affirms what the other denies.
    Negation,
    /// The sentences have opposite words about the same thing.
    Opposite,
    /// The sentences give different numbers for the same thing.
    Number,
}

/// Two spans of one respondent that contradict each other.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contradiction {
    pub kind: Kind,
    /// The asking that the earlier words answered.
    pub earlier_asking: AskingId,
    pub earlier: Span,
    pub now: Span,
    /// The share of the shorter sentence's topics that both sentences have, 0…1.
    pub overlap: f32,
}

/// An earlier answer of the same respondent.
#[derive(Debug, Clone, Copy)]
pub struct Earlier<'a> {
    pub asking: AskingId,
    pub text: &'a str,
    pub words: &'a [Word],
}

/// Returns the contradictions between these words and what the respondent said before: at most 5,
/// those with the largest overlap first.
pub fn with_earlier(text: &str, words: &[Word], earlier: &[Earlier<'_>]) -> Vec<Contradiction> {
    let now_tokens = tokens(text);
    let mut found: Vec<Contradiction> = Vec::new();
    for sentence in sentences(text) {
        for before in earlier {
            let before_tokens = tokens(before.text);
            for other in sentences(before.text) {
                let Some((kind, overlap)) = between(&other, &sentence) else { continue };
                let spans = (
                    timed(before.text, &before_tokens, before.words, other.tokens.clone()),
                    timed(text, &now_tokens, words, sentence.tokens.clone()),
                );
                if let (Some(earlier), Some(now)) = spans {
                    found.push(Contradiction { kind, earlier_asking: before.asking, earlier, now, overlap });
                }
            }
        }
    }
    found.sort_by(|a, b| b.overlap.total_cmp(&a.overlap));
    found.truncate(MOST);
    found
}

/// Returns in what way two sentences contradict each other, and their overlap, 0…1.
pub fn between(one: &Sentence, other: &Sentence) -> Option<(Kind, f32)> {
    if one.has(THEN) != other.has(THEN) || subject(one) != subject(other) {
        return None;
    }
    let opposite = OPPOSITES.iter().find(|(left, right)| {
        let (forth, back) = (one.has(left) && other.has(right), one.has(right) && other.has(left));
        forth != back && !(one.has(left) && one.has(right)) && !(other.has(left) && other.has(right))
    });
    // Words in which the sentences differ are no topic that they share.
    let topics = |sentence: &Sentence| -> BTreeSet<String> {
        let judging = |word: &String| {
            lex::is_positive(word)
                || lex::is_negative(word)
                || lex::is_intensifier(word)
                || lex::is_negator(word)
                || lex::is_number(word)
                || OPPOSITES.iter().any(|(left, right)| left.contains(&word.as_str()) || right.contains(&word.as_str()))
        };
        let kept = sentence.words.iter().filter(|word| lex::is_content(word) && !judging(word));
        kept.map(|word| lex::stem(word)).collect()
    };
    let (a, b) = (topics(one), topics(other));
    let shared = a.intersection(&b).count();
    let fewer = a.len().min(b.len());
    if shared == 0 {
        return None;
    }
    let overlap = shared as f32 / fewer as f32;
    if overlap < SHARED {
        return None;
    }
    if let Some(kind) = number_differs(one, other).filter(|_| shared >= 2) {
        return Some((kind, overlap));
    }
    if let Some((left, right)) = opposite {
        // Opposite words with opposite signs say the same: "It is easy", "It is not hard". "Never"
        // belongs to both lists, and counts once.
        let sign = |sentence: &Sentence| {
            let pair = |word: &String| left.contains(&word.as_str()) || right.contains(&word.as_str());
            sentence.words.iter().filter(|word| lex::is_negator(word) && !pair(word)).count() % 2
        };
        return (sign(one) == sign(other)).then_some((Kind::Opposite, overlap));
    }
    // One shared word is not enough to make a common subject.
    (one.is_negated() != other.is_negated() && (shared >= 2 || fewer == 1)).then_some((Kind::Negation, overlap))
}

/// Returns of whom the sentence speaks, as far as its pronouns tell.
fn subject(sentence: &Sentence) -> Option<&'static str> {
    sentence.words.iter().find_map(|word| match word.as_str() {
        "i" | "i'm" | "i've" | "i'd" | "we" | "we're" | "my" | "our" => Some("us"),
        "he" | "she" | "they" | "he's" | "she's" | "they're" | "his" | "her" | "their" => Some("them"),
        _ => None,
    })
}

/// Returns the kind if the sentences give different numbers for the same unit.
fn number_differs(one: &Sentence, other: &Sentence) -> Option<Kind> {
    let amounts = |sentence: &Sentence| -> Vec<(i32, String)> {
        let pairs = sentence.words.windows(2);
        pairs
            .filter(|pair| lex::is_number(&pair[0]) && lex::is_content(&pair[1]) && !lex::is_number(&pair[1]))
            .filter_map(|pair| Some((lex::number(&pair[0])?, lex::stem(&pair[1]))))
            .collect()
    };
    let (a, b) = (amounts(one), amounts(other));
    let differs = a.iter().any(|(amount, unit)| {
        let mut same = b.iter().filter(|(_, known)| known == unit).peekable();
        same.peek().is_some() && same.all(|(known, _)| known != amount)
    });
    differs.then_some(Kind::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(one: &str, other: &str) -> Option<Kind> {
        let (one, other) = (sentences(one).remove(0), sentences(other).remove(0));
        let forth = between(&one, &other);
        assert_eq!(forth.map(|found| found.0), between(&other, &one).map(|found| found.0), "both ways");
        forth.map(|found| found.0)
    }

    #[test]
    fn contradictions_are_found() {
        assert_eq!(kind("I use the app at work.", "I don't use the app at work."), Some(Kind::Negation));
        assert_eq!(kind("The setup was easy.", "The setup was really hard."), Some(Kind::Opposite));
        assert_eq!(kind("I always check the invoices.", "I never check invoices."), Some(Kind::Opposite));
        assert_eq!(
            kind("I have worked from home for four years.", "I work from home since two years."),
            Some(Kind::Number)
        );
    }

    #[test]
    fn what_goes_together_is_left_alone() {
        for (one, other) in [
            ("The setup was easy.", "The setup was not hard."),
            ("I use the app at work.", "I use the app at work."),
            ("I like the quiet.", "I don't like the noise."),
            ("My boss doesn't use the app at work.", "They use the app at work."),
            ("I used to use the app at work.", "I don't use the app at work."),
            ("I have two kids.", "I have worked for four years."),
            ("I sell shoes.", "The weather is bad."),
        ] {
            assert_eq!(kind(one, other), None, "{one} / {other}");
        }
    }
}
