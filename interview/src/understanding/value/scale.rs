//! A number on a scale.
//!
//! Owns: which of the numbers of an answer is the answer. Never does: accept one that is beyond the
//! scale.

use super::context::Context;
use super::labels::Labels;
use super::numbers::{Mention, mentions};
use super::one_by_one;
use super::places::{Ends, in_words, is_counted, spot_at};
use super::relative::relative;
use super::tokens::{Token, longest_at, says, sentence_start, tokens, without_lead, without_tail};
use crate::guide::Scale;
use crate::language::values::Words;
use crate::meaning::Value;

/// The maximum from which most points of a scale have two digits.
const MANY: f64 = 20.0;

pub(super) fn read(words: &Words, scale: Scale, question: &str, text: &str) -> Option<Value> {
    let tokens = tokens(text);
    let (min, max) = (f64::from(scale.min), f64::from(scale.max));
    let labels = Labels::of(words, scale, question);
    let ends = Ends { min, max, labels: &labels };
    let asked = super::tokens::tokens(question);
    // Two digits are one number if the scale has many numbers of two digits.
    let fits = |number: f64, _: &str| (min..=max).contains(&number) && (max >= MANY || number >= max);
    let mentions = one_by_one::joined(words, &tokens, mentions(words, &tokens), fits);
    let all = relative(words, &tokens, &mentions, |at| {
        let spot = spot_at(words, &tokens, at)?;
        Some((spot.length, ends.number(spot, &tokens)?))
    });
    let mut found: Vec<Mention> = all
        .iter()
        .enumerate()
        .filter(|(at, mention)| {
            let rest = Context {
                words,
                tokens: &tokens,
                asked: &asked,
                mention: **mention,
                previous: at.checked_sub(1).map(|at| all[at]),
                min,
                max,
            };
            (min..=max).contains(&mention.low)
                && (min..=max).contains(&mention.high)
                && !rest.is_scale()
                && !rest.is_pronoun()
                && !rest.counts()
                && !rest.is_loss()
                && !rest.is_negated()
                && !is_counted(words, &tokens, mention)
        })
        .map(|(_, mention)| *mention)
        .collect();
    if found.iter().any(|mention| !is_aside(words, &tokens, mention)) {
        found.retain(|mention| !is_aside(words, &tokens, mention));
    }
    let apart = |mention: &&Mention| tokens.get(mention.to).is_some_and(|next| next.is(&words.numbers.each));
    let differ = found.iter().any(|mention| (mention.low, mention.high) != (found[0].low, found[0].high));
    if differ && found.iter().filter(apart).count() > 1 {
        return None;
    }
    if let Some(last) = found.last() {
        return Some(if last.is_range() { Value::Range([last.low, last.high]) } else { Value::Number(last.low) });
    }
    let in_words = || in_words(words, &tokens, &asked, &ends).or_else(|| labels.share(&tokens));
    if let Some(number) = labels.said(&tokens).or_else(in_words) {
        return Some(Value::Number(number));
    }
    let bare = without_tail(without_lead(&tokens, &words.fillers), &words.fillers);
    let heard = match bare {
        [only] if all.is_empty() => words.numbers.heard.get(&only.word).copied(),
        _ => None,
    };
    heard.filter(|number| (min..=max).contains(number)).map(Value::Number)
}

/// Whether the number is about another time, about others, or about a possibility.
fn is_aside(words: &Words, tokens: &[Token], mention: &Mention) -> bool {
    let sentence = &tokens[sentence_start(tokens, mention.from)..mention.from];
    // A comma ends it, except after an "if": "if it were cheaper, ten".
    let from = (0..sentence.len()).rev().find(|at| sentence[*at].breaks()).unwrap_or(0);
    let clause = if tokens[mention.from].breaks() { sentence } else { &sentence[from..] };
    says(clause, &words.aside)
        || says(clause, &words.seldom)
        || tokens
            .get(mention.to)
            .filter(|next| !next.breaks())
            .is_some_and(|_| longest_at(tokens, mention.to, &words.aside).is_some())
}
