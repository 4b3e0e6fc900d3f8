//! Spans of what was said: where words are in a text, and when they were spoken.
//!
//! Owns: matching a text's tokens with the recognised words and their times. Never does: judge what
//! a span means.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::call::{Ms, Word};

/// A span of an answer, and when it was said.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = SpokenSpan))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    pub text: String,
    pub start_ms: Ms,
    pub end_ms: Ms,
}

/// The places of a text's whitespace-separated tokens, in bytes.
pub(crate) fn tokens(text: &str) -> Vec<Range<usize>> {
    let base = text.as_ptr() as usize;
    text.split_whitespace()
        .map(|token| {
            let from = token.as_ptr() as usize - base;
            from..from + token.len()
        })
        .collect()
}

/// Returns the text of the tokens `wanted`, with the times of their words. Returns none where text
/// and words do not match, because the times are then not known.
pub(crate) fn timed(text: &str, tokens: &[Range<usize>], words: &[Word], wanted: Range<usize>) -> Option<Span> {
    // A recognised word may hold several tokens.
    let owners: Vec<(&Word, &str)> =
        words.iter().flat_map(|word| word.text.split_whitespace().map(move |token| (word, token))).collect();
    let (from, to) = (wanted.start, wanted.end.checked_sub(1)?);
    let agrees = owners.len() == tokens.len()
        && (from..=to).all(|at| tokens.get(at).is_some_and(|range| owners[at].1 == &text[range.clone()]));
    if !agrees {
        return None;
    }
    let (start_ms, end_ms) = (owners[from].0.start_ms, owners[to].0.end_ms);
    let text = text[tokens[from].start..tokens[to].end].to_owned();
    (start_ms < end_ms).then_some(Span { text, start_ms, end_ms })
}
