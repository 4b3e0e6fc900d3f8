//! A number on a scale.
//!
//! Owns: which of the numbers of an answer is the answer. Never does: take one from beyond the scale.

use super::Value;
use super::labels::Labels;
use super::numbers::{Mention, mentions};
use super::one_by_one;
use super::places::{Ends, in_words, is_counted, is_unit_of_the_question, spot_at};
use super::reckoned::reckoned;
use super::tokens::{Token, longest_at, says, sentence_start, tokens, without_lead, without_tail};
use super::words::Words;
use crate::guide::Scale;

/// On a scale that goes so far, most points have two digits.
const MANY: f64 = 20.0;

pub(super) fn read(words: &Words, scale: Scale, question: &str, text: &str) -> Option<Value> {
    let tokens = tokens(text);
    let (min, max) = (f64::from(scale.min), f64::from(scale.max));
    let labels = Labels::of(words, scale, question);
    let ends = Ends { min, max, labels: &labels };
    let asked = super::tokens::tokens(question);
    // Two digits are a number of two digits where the scale has many of those.
    let fits = |number: f64, _: &str| (min..=max).contains(&number) && (max >= MANY || number >= max);
    let mentions = one_by_one::joined(words, &tokens, mentions(words, &tokens), fits);
    let all = reckoned(words, &tokens, &mentions, |at| {
        let spot = spot_at(words, &tokens, at)?;
        Some((spot.length, ends.number(spot, &tokens)?))
    });
    let mut found: Vec<Mention> = all
        .iter()
        .enumerate()
        .filter(|(at, mention)| {
            let rest = Scene {
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

/// A number among what stands around it.
pub(super) struct Scene<'a> {
    pub words: &'a Words,
    pub tokens: &'a [Token],
    /// The question.
    pub asked: &'a [Token],
    pub mention: Mention,
    pub previous: Option<Mention>,
    pub min: f64,
    pub max: f64,
}

impl Scene<'_> {
    fn next(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.mention.to + ahead)
    }

    /// The token before, articles left out.
    fn before(&self) -> Option<&Token> {
        self.tokens[..self.mention.from].iter().rev().find(|token| !token.is(&self.words.articles))
    }

    /// The scale said once more: "from one to ten", "out of ten", "a ten point scale", "ten being the best".
    fn is_scale(&self) -> bool {
        let (scale, mention, min, max) = (&self.words.scale, self.mention, self.min, self.max);
        let lead = &self.tokens[..mention.from];
        let follows = |phrases: &[String]| {
            (0..lead.len()).any(|at| longest_at(lead, at, phrases).is_some_and(|length| at + length == lead.len()))
        };
        let bound = |number: f64| (number - min).abs() < f64::EPSILON || (number - max).abs() < f64::EPSILON;
        if mention.is_range() && bound(mention.low) && bound(mention.high) {
            return true;
        }
        let after_number = self.previous.is_some_and(|previous| {
            let between = &self.tokens[previous.to..mention.from];
            matches!(between, [one] if one.word == scale.of || one.word == "/")
        });
        follows(&scale.named)
            || follows(&scale.out_of)
            || after_number
            || lead.last().is_some_and(|token| token.word == "/")
            || (self.next(0).is_some_and(|token| token.word == scale.point)
                && self.next(1).is_some_and(|token| token.word == scale.itself))
            || self.next(0).is_some_and(|token| token.word == scale.itself)
            || (bound(mention.low)
                && (self.next(0).is_some_and(|token| token.is(&scale.being))
                    || (self.before().is_some_and(|token| token.is(&scale.given))
                        && self.next(0).is_some_and(|token| token.is(&scale.is)))))
    }

    /// "That one", "one of the best", "one thing".
    fn is_pronoun(&self) -> bool {
        let (numbers, mention) = (&self.words.numbers, self.mention);
        let token = &self.tokens[mention.from];
        if token.word != numbers.one || mention.to != mention.from + 1 {
            return false;
        }
        let before = mention.from.checked_sub(1).map(|at| &self.tokens[at]);
        // "Just the one."
        let ends = self.next(0).is_none_or(Token::breaks);
        let alone = (0..=mention.from).any(|from| {
            longest_at(self.tokens, from, &numbers.alone_one).is_some_and(|length| from + length == mention.to)
        });
        if alone && ends {
            return false;
        }
        // "The third one."
        let ordinal = |before: &Token| self.words.options.ordinals.iter().any(|names| before.is(names));
        let joined =
            before.filter(|_| !token.breaks()).is_some_and(|before| before.is(&numbers.before_one) || ordinal(before));
        joined || self.next(0).is_some_and(|next| !next.breaks() && !next.is(&numbers.after_one))
    }

    /// "Seven years", "two of my friends", "three big problems".
    fn counts(&self) -> bool {
        let numbers = &self.words.numbers;
        let Some(next) = self.next(0).filter(|next| !next.breaks()) else { return false };
        let plural = next.word.len() > 3 && next.word.ends_with('s') && !next.word.contains('\'');
        if next.is(&self.words.scale.percent) {
            // Of a hundred, a per cent is a point.
            let are_shares = self.min == 0.0 && (self.max - 100.0).abs() < f64::EPSILON;
            return !are_shares || self.next(1).is_some_and(|token| token.word == self.words.scale.of);
        }
        if is_unit_of_the_question(self.words, self.asked, next, self.max) {
            return false;
        }
        if next.is(&numbers.not_units) {
            return next.word == self.words.scale.of
                && self.next(1).is_some_and(|token| !token.is_digits() && !numbers.units_of.contains_key(&token.word));
        }
        next.is(&numbers.units) || plural
    }

    /// "It loses two points for that."
    fn is_loss(&self) -> bool {
        let numbers = &self.words.numbers;
        let points = self.next(0).is_some_and(|next| next.is(&numbers.points));
        let around = self.tokens[self.mention.from.saturating_sub(3)..self.mention.from].iter().chain(self.next(1));
        points && around.into_iter().any(|token| token.is(&numbers.losing))
    }

    /// "Not a ten"; but "it can't be more than three" is three, and "more than three" alone is nothing.
    pub fn is_negated(&self) -> bool {
        let numbers = &self.words.numbers;
        if self.tokens[self.mention.from].breaks() {
            return false;
        }
        let mut bounded = false;
        for at in (0..self.mention.from).rev() {
            let token = &self.tokens[at];
            // "Over" and "than" are bounds here, whatever else they are.
            if token.is(&numbers.bounds) {
                bounded = true;
            } else if token.is(&self.words.negators) || token.is(&numbers.nothing) {
                let mild = (0..=at).any(|from| {
                    longest_at(self.tokens, from, &self.words.not_negations).is_some_and(|length| from + length > at)
                });
                return !bounded && !mild;
            } else if !token.is(&numbers.light) {
                break;
            }
            if token.breaks() {
                break;
            }
        }
        bounded
    }
}

/// Told of another time, of others, or as it might be.
fn is_aside(words: &Words, tokens: &[Token], mention: &Mention) -> bool {
    let sentence = &tokens[sentence_start(tokens, mention.from)..mention.from];
    // A comma ends it, but for an "if": "if it were cheaper, ten".
    let from = (0..sentence.len()).rev().find(|at| sentence[*at].breaks()).unwrap_or(0);
    let clause = if tokens[mention.from].breaks() { sentence } else { &sentence[from..] };
    says(clause, &words.aside)
        || says(clause, &words.seldom)
        || tokens
            .get(mention.to)
            .filter(|next| !next.breaks())
            .is_some_and(|_| longest_at(tokens, mention.to, &words.aside).is_some())
}
