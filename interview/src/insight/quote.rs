//! Quotes: verbatim spans of a response, with the milliseconds between which they are heard.
//!
//! Owns: finding a claimed quote in what was said, and rejecting one that is not there. Never does:
//! accept a text that is not a verbatim part of the stored response. A quote is always cut from the
//! response, whatever was claimed.

use serde::{Deserialize, Serialize};

use super::material::Answer;
use crate::io::{Ms, Word};
use crate::lexicon as lex;
use crate::spans::{Span, timed, tokens};

/// A verified quote.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = InsightQuote))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    /// The text, letter for letter as in the response.
    pub quote: String,
    /// The question that was asked.
    pub context: String,
    pub significance: String,
    pub interview_id: String,
    pub response_id: String,
    /// The first and the last sample, in milliseconds on the call clock, which recordings share.
    pub start_ms: Ms,
    pub end_ms: Ms,
}

/// Why a claimed quote is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dropped {
    /// It has no words.
    Empty,
    /// It names a response that does not exist.
    NoResponse,
    /// These words were not said in this order.
    NotSaid,
    /// They were said, but the times are not known.
    NoTimes,
}

impl Dropped {
    pub const ALL: [Self; 4] = [Self::Empty, Self::NoResponse, Self::NotSaid, Self::NoTimes];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NoResponse => "no_response",
            Self::NotSaid => "not_said",
            Self::NoTimes => "no_times",
        }
    }
}

/// Finds the claimed words in the answer: the same words, one after the other. Case and punctuation
/// may differ. The result is the stored text.
///
/// # Errors
/// Says why there is no such quote.
pub fn locate(answer: &Answer, claimed: &str) -> Result<Span, Dropped> {
    span_in(&answer.text, &answer.words, claimed)
}

/// The same for a text and its words.
pub fn span_in(text: &str, words: &[Word], claimed: &str) -> Result<Span, Dropped> {
    let wanted: Vec<String> = claimed.split_whitespace().map(lex::bare).filter(|word| !word.is_empty()).collect();
    if wanted.is_empty() {
        return Err(Dropped::Empty);
    }
    let tokens = tokens(text);
    let said: Vec<(usize, String)> =
        tokens.iter().enumerate().map(|(at, range)| (at, lex::bare(&text[range.clone()]))).collect();
    // A dash by itself is no word.
    let said: Vec<(usize, String)> = said.into_iter().filter(|(_, word)| !word.is_empty()).collect();
    let found = said
        .windows(wanted.len())
        .find(|window| window.iter().zip(&wanted).all(|((_, word), wanted)| word == wanted))
        .ok_or(Dropped::NotSaid)?;
    let (first, last) = (found[0].0, found[found.len() - 1].0);
    timed(text, &tokens, words, first..last + 1).ok_or(Dropped::NoTimes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::material::testing::{answer, words};
    use super::*;

    #[test]
    fn a_quote_is_found_whatever_its_case_and_given_back_as_it_was_said() {
        let answer = answer(1, "Why?", "Well, I like the quiet — and my dog, Rex.");
        let span = locate(&answer, "\"i like THE quiet, and my dog\"").unwrap();
        assert_eq!(span.text, "I like the quiet — and my dog,");
        assert_eq!((span.start_ms, span.end_ms), (10_300, 10_000 + 8 * 300 + 250));
        assert!(answer.text.contains(&span.text));
    }

    #[test]
    fn what_was_not_said_is_refused_with_its_reason() {
        let mut answer = answer(1, "Why?", "I like the quiet and my dog.");
        for invented in
            ["I love the quiet", "like quiet", "the quiet … my dog", "dog my", "I like the quiet and my dog too"]
        {
            assert_eq!(locate(&answer, invented), Err(Dropped::NotSaid), "{invented}");
        }
        assert_eq!(locate(&answer, " … "), Err(Dropped::Empty));
        answer.words.remove(2);
        assert_eq!(locate(&answer, "I like"), Err(Dropped::NoTimes), "the words are not those of the text");
        answer.words.clear();
        assert_eq!(locate(&answer, "I like"), Err(Dropped::NoTimes));
    }

    proptest! {
        /// Whatever is claimed, the result is in the text, within the times of its words, and has
        /// the claimed words.
        #[test]
        fn nothing_but_what_was_said_comes_back(text in "[a-cA-C',. ]{0,40}", claimed in "[a-cA-C',.… ]{0,12}") {
            let words: Vec<_> = words(&text, 5).into_iter().filter(|word| !word.text.is_empty()).collect();
            let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
            if let Ok(span) = span_in(&text, &words, &claimed) {
                prop_assert!(text.contains(&span.text));
                let bare = |text: &str| -> Vec<String> {
                    text.split_whitespace().map(lex::bare).filter(|word| !word.is_empty()).collect()
                };
                prop_assert_eq!(bare(&span.text), bare(&claimed));
                prop_assert!(words.iter().any(|word| word.start_ms == span.start_ms));
                prop_assert!(words.iter().any(|word| word.end_ms == span.end_ms));
            }
        }

        /// Every run of words that was said is found.
        #[test]
        fn whatever_was_said_is_found(said in prop::collection::vec("[a-d]{1,3}", 1..12), from in 0_usize..12, length in 1_usize..6) {
            let text = said.join(" ");
            let words = words(&text, 0);
            let from = from % said.len();
            let to = (from + length).min(said.len());
            let claimed = said[from..to].join(" ");
            let span = span_in(&text, &words, &claimed).unwrap();
            prop_assert_eq!(span.text, claimed);
        }
    }
}
