//! One sentence of an answer, and what its words tell.
//!
//! Owns: splitting answers into sentences, and the polarity and topics of a sentence. Never does:
//! compare answers.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::lexicon as lex;

/// The largest number of tokens in a sentence. Longer ones are split, at a comma if there is one,
/// because speech recognition leaves out full stops.
const LONGEST: usize = 40;
const COMMA_FROM: usize = 25;

/// A sentence: a run of an answer's tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    /// Its place among the whitespace-separated tokens of the answer.
    pub tokens: Range<usize>,
    /// Its words in lower case, without punctuation.
    pub words: Vec<String>,
    /// The stems of its content words.
    pub stems: BTreeSet<String>,
}

/// Returns the sentences of an answer in order.
pub fn sentences(text: &str) -> Vec<Sentence> {
    let written: Vec<&str> = text.split_whitespace().collect();
    let mut found = Vec::new();
    let mut from = 0;
    for (at, token) in written.iter().enumerate() {
        let length = at + 1 - from;
        let closed = token.trim_end_matches(['"', '\'', '”', '’', ')']).ends_with(['.', '!', '?', '…']);
        let cut = length >= LONGEST || (length >= COMMA_FROM && token.ends_with([',', ';', ':']));
        if closed || cut || at + 1 == written.len() {
            found.push(Sentence::of(&written, from..at + 1));
            from = at + 1;
        }
    }
    found
}

impl Sentence {
    fn of(written: &[&str], tokens: Range<usize>) -> Self {
        let words: Vec<String> =
            written[tokens.clone()].iter().map(|word| lex::bare(word)).filter(|word| !word.is_empty()).collect();
        let stems = words.iter().filter(|word| lex::is_content(word)).map(|word| lex::stem(word)).collect();
        Self { tokens, words, stems }
    }

    /// Whether the number of negations is odd.
    pub fn is_negated(&self) -> bool {
        self.words.iter().filter(|word| lex::is_negator(word)).count() % 2 == 1
    }

    pub fn has(&self, wanted: &[&str]) -> bool {
        self.words.iter().any(|word| wanted.contains(&word.as_str()))
    }

    /// Whether it has these words one after the other.
    pub fn says(&self, phrase: &str) -> bool {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        self.words.windows(phrase.len()).any(|window| window.iter().zip(&phrase).all(|(word, wanted)| word == wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_cut_at_their_full_stops() {
        let found = sentences("I like it. \"Do you?\" Not really, no");
        let tokens: Vec<_> = found.iter().map(|sentence| sentence.tokens.clone()).collect();
        assert_eq!(tokens, [0..3, 3..5, 5..8]);
        assert!(!found[0].is_negated() && found[2].has(&["really"]) && found[0].says("like it"));
        assert!(!found[2].is_negated(), "twice");
        let long = ["word"; 95].join(" ");
        assert_eq!(sentences(&long).len(), 3);
        assert!(sentences("  ").is_empty());
    }
}
