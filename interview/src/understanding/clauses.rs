//! Splitting an utterance into sentences and clauses.
//!
//! Owns: ranges of words, counted from 0 and separated by blanks. Never does: say what a part
//! means.

use std::ops::Range;

/// The word ranges of the sentences, each with at least one word.
pub(super) fn sentences(words: &[&str]) -> Vec<Range<usize>> {
    split(words, |word| word.ends_with(['.', '!', '?']) && !word.ends_with("..."))
}

/// The word ranges of the clauses, which punctuation marks separate.
pub(super) fn clauses(words: &[&str]) -> Vec<Range<usize>> {
    split(words, |word| word.ends_with([',', '.', ';', ':', '!', '?', '–', '-']))
}

/// `ends`: whether a word, without the quotes and brackets after it, ends a part.
fn split(words: &[&str], ends: fn(&str) -> bool) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut from = 0;
    for (at, word) in words.iter().enumerate() {
        if ends(word.trim_end_matches(['"', '\'', '”', ')'])) {
            ranges.push(from..at + 1);
            from = at + 1;
        }
    }
    if from < words.len() {
        ranges.push(from..words.len());
    }
    ranges
}
