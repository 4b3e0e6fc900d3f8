//! Which sentences are worth quoting.
//!
//! Owns: the score of a sentence, and variety among the chosen ones. Never does: quote a sentence
//! whose times [`timed`] cannot tell.

use std::collections::BTreeSet;

use super::material::{Answer, Material, value_of};
use super::quote::Quote;
use crate::analysis::sentence::{Sentence, sentences};
use crate::analysis::{Sentiment, sentiment};
use crate::lexicon as lex;
use crate::spans::{timed, tokens};

/// The largest number of quotes of one interview.
pub const QUOTES: usize = 8;
/// A sentence that shares more than this share of its topics with a chosen one says nothing new,
/// 0…1.
const SAME: f32 = 0.5;
/// The least number of content words. A sentence with fewer says too little by itself.
const LEAST_TOPICS: usize = 2;

/// A sentence of an answer, and the reasons for quoting it.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    pub answer: &'a Answer,
    pub sentence: Sentence,
    pub sentiment: Sentiment,
    pub score: f64,
    /// The reasons in words, for the report.
    pub reasons: Vec<&'static str>,
}

impl Candidate<'_> {
    /// Whether one of its words belongs to this theme of the lexicon.
    pub fn touches(&self, theme: &str) -> bool {
        self.sentence.stems.iter().any(|stem| lex::themes(std::slice::from_ref(stem)).iter().any(|one| one == theme))
    }

    /// Returns the sentence as a quote with its times, or none if they are not known.
    pub fn quote(&self, interview_id: &str, significance: String) -> Option<Quote> {
        let answer = self.answer;
        let span = timed(&answer.text, &tokens(&answer.text), &answer.words, self.sentence.tokens.clone())?;
        Some(Quote {
            quote: span.text,
            context: answer.question_text.clone(),
            significance,
            interview_id: interview_id.to_owned(),
            response_id: answer.id.clone(),
            start_ms: span.start_ms,
            end_ms: span.end_ms,
        })
    }
}

/// Returns every sentence that could be quoted, the best first. The score is 1 − exp(−u / 6) for u
/// topics that are not in the question, + 0.3 for strong and 0.15 for plain sentiment, + 0.2 for a
/// number, + 0.3 · (share of the objective's topics in it), − hesitation of its answer, − 0.5 if
/// recognition was unsure (confidence below 0.6).
pub fn candidates(material: &Material) -> Vec<Candidate<'_>> {
    let objective = topics(&material.guide.research_objective);
    let mut found = Vec::new();
    for answer in material.spoken() {
        let asked = topics(&answer.question_text);
        for sentence in sentences(&answer.text) {
            let news = sentence.stems.difference(&asked).count();
            if sentence.stems.len() < LEAST_TOPICS || news == 0 {
                continue;
            }
            let mut reasons = Vec::new();
            let sentiment = sentiment(&sentence.words);
            let mut score = 1.0 - (-(news as f64) / 6.0).exp();
            match value_of(sentiment) {
                value if value.abs() > 1.5 => {
                    score += 0.3;
                    reasons.push(if value > 0.0 { "very positive" } else { "very negative" });
                }
                value if value.abs() > 0.5 => {
                    score += 0.15;
                    reasons.push(if value > 0.0 { "positive" } else { "negative" });
                }
                _ => {}
            }
            if sentence.words.iter().any(|word| lex::is_number(word)) {
                score += 0.2;
                reasons.push("names a number");
            }
            let aims = sentence.stems.intersection(&objective).count();
            if aims > 0 {
                score += 0.3 * aims as f64 / objective.len() as f64;
                reasons.push("about the objective");
            }
            if news >= 6 {
                reasons.push("tells much");
            }
            score -= f64::from(answer.analysis.hesitation);
            if answer.analysis.confidence < 0.6 {
                score -= 0.5;
            }
            found.push(Candidate { answer, sentence, sentiment, score, reasons });
        }
    }
    // Of equal scores, the earlier sentence comes first.
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found
}

/// Returns the best ones, none similar to another, in the order in which they were said.
pub fn notable(material: &Material) -> Vec<Quote> {
    let candidates = candidates(material);
    let mut chosen: Vec<&Candidate> = Vec::new();
    let mut quotes = Vec::new();
    for candidate in &candidates {
        if quotes.len() == QUOTES {
            break;
        }
        if chosen.iter().any(|known| overlap(&known.sentence.stems, &candidate.sentence.stems) > SAME) {
            continue;
        }
        let significance =
            if candidate.reasons.is_empty() { "says something new".to_owned() } else { candidate.reasons.join(", ") };
        if let Some(quote) = candidate.quote(&material.interview_id, significance) {
            chosen.push(candidate);
            quotes.push(quote);
        }
    }
    quotes.sort_by_key(|quote| quote.start_ms);
    quotes
}

pub(super) fn topics(text: &str) -> BTreeSet<String> {
    lex::content(text).iter().map(|word| lex::stem(word)).collect()
}

/// The share of the smaller set that both have.
fn overlap(one: &BTreeSet<String>, other: &BTreeSet<String>) -> f32 {
    let fewer = one.len().min(other.len());
    if fewer == 0 { 0.0 } else { one.intersection(other).count() as f32 / fewer as f32 }
}

#[cfg(test)]
mod tests {
    use super::super::material::testing::material;
    use super::*;

    #[test]
    fn telling_sentences_are_quoted_once_and_in_order() {
        let material = material(&[
            ("What do you do?", "Yes. I do bookkeeping for forty small shops. Okay."),
            ("What is hard?", "Bookkeeping for small shops. I hate the invoices that clients never pay in time."),
        ]);
        let quotes = notable(&material);
        let texts: Vec<&str> = quotes.iter().map(|quote| quote.quote.as_str()).collect();
        assert_eq!(
            texts,
            ["I do bookkeeping for forty small shops.", "I hate the invoices that clients never pay in time."]
        );
        assert_eq!(quotes[0].significance, "names a number");
        assert!(quotes[1].significance.contains("negative"));
        assert_eq!((quotes[0].response_id.as_str(), quotes[0].start_ms), ("r1", 10_300));
    }
}
