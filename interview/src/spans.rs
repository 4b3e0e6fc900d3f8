//! Spans of what was said: where words lie in a text, and when they were spoken.
//!
//! Owns: bringing a text's tokens and the recognised words with their times together. Never does: judge what a span means.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::call::{Ms, Word};

/// Where something was said.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = SpokenSpan))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    pub text: String,
    pub start_ms: Ms,
    pub end_ms: Ms,
}

/// Where the text's whitespace-separated tokens lie, in bytes.
pub(crate) fn tokens(text: &str) -> Vec<Range<usize>> {
    let base = text.as_ptr() as usize;
    text.split_whitespace()
        .map(|token| {
            let from = token.as_ptr() as usize - base;
            from..from + token.len()
        })
        .collect()
}

/// The tokens' span with the times of their words. None where text and words don't agree: then nobody knows when it was said.
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
