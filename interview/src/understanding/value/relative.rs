//! Numbers that are given relative to another: "one below the maximum", "ten less three".
//!
//! Owns: computing them. Never does: compute with a share, as in "seven over ten".

use super::numbers::Mention;
use super::tokens::{Token, longest_at};
use crate::language::values::Words;

/// Returns the mentions, with numbers that are computed from each other replaced by the result.
/// `end` returns an end of the scale that is named in words at a token, with the number of tokens
/// that name it.
pub(super) fn relative(
    words: &Words,
    tokens: &[Token],
    mentions: &[Mention],
    end: impl Fn(usize) -> Option<(usize, f64)>,
) -> Vec<Mention> {
    let numbers = &words.numbers;
    let mut found: Vec<Mention> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let mention = mentions.iter().find(|mention| mention.from == at);
        let notch = longest_at(tokens, at, &numbers.notches).map(|length| (1.0, at + length));
        let counted = mention.filter(|mention| !mention.is_range()).map(|mention| (mention.low, mention.to)).or(notch);
        let result = counted.and_then(|(count, to)| {
            let target = |at: usize| mentions.iter().find(|other| other.from == at && !other.is_range());
            let result = taken_away(words, tokens, count, to, target);
            result.or_else(|| away_from(words, tokens, count, to, target, &end))
        });
        if let Some((number, to)) = result {
            found.push(Mention { from: at, to, low: number, high: number });
            at = to;
        } else if let Some(mention) = mention {
            found.push(*mention);
            at = mention.to;
        } else {
            at += 1;
        }
    }
    found
}

fn is_joined(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_some_and(Token::is_joined)
}

/// Reads "ten less three", "seven minus one".
fn taken_away<'m>(
    words: &Words,
    tokens: &[Token],
    count: f64,
    to: usize,
    target: impl Fn(usize) -> Option<&'m Mention>,
) -> Option<(f64, usize)> {
    let next = tokens.get(to).filter(|next| next.is_joined())?;
    if next.is(&words.numbers.minus) {
        // The minus was read as the number's sign.
        let other = target(to).filter(|other| other.low < 0.0)?;
        return Some((count + other.low, other.to));
    }
    let other = target(to + 1).filter(|_| next.is(&words.numbers.less) && is_joined(tokens, to + 1))?;
    Some((count - other.low, other.to))
}

/// Reads "one below the maximum", "two points short of ten", "a notch above the lowest".
fn away_from<'m>(
    words: &Words,
    tokens: &[Token],
    count: f64,
    to: usize,
    target: impl Fn(usize) -> Option<&'m Mention>,
    end: impl Fn(usize) -> Option<(usize, f64)>,
) -> Option<(f64, usize)> {
    let numbers = &words.numbers;
    let relation = to + usize::from(tokens.get(to).is_some_and(|token| token.is(&numbers.points)));
    let down = longest_at(tokens, relation, &numbers.down).map(|length| (-1.0, length));
    let up = longest_at(tokens, relation, &numbers.up).map(|length| (1.0, length));
    let (sign, length) = [down, up].into_iter().flatten().max_by_key(|(_, length)| *length)?;
    let from = relation + length;
    // Some wordings of an end include the article.
    let bare = from + usize::from(tokens.get(from).is_some_and(|token| token.is(&words.articles)));
    if (to..=bare).any(|at| !is_joined(tokens, at)) {
        return None;
    }
    let ended = end(from).map(|(length, number)| (number, from + length));
    let ended = ended.or_else(|| end(bare).map(|(length, number)| (number, bare + length)));
    let (number, to) = ended.or_else(|| target(bare).map(|other| (other.low, other.to)))?;
    Some((number + sign * count, to))
}
