//! A number of an answer among the words that stand around it.
//!
//! Owns: what these words make of the number: a bound of the scale, a pronoun, a count of something, a
//! loss, or a number that is negated. Never does: choose which number is the answer.

use super::numbers::{Mention, number_at};
use super::tokens::{Token, longest_at, says};
use crate::language::values::Words;

/// A number and the words around it.
pub(super) struct Context<'a> {
    pub words: &'a Words,
    pub tokens: &'a [Token],
    /// The question.
    pub asked: &'a [Token],
    pub mention: Mention,
    pub previous: Option<Mention>,
    pub min: f64,
    pub max: f64,
}

impl Context<'_> {
    fn next(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.mention.to + ahead)
    }

    /// The token before the number, without articles.
    fn before(&self) -> Option<&Token> {
        self.tokens[..self.mention.from].iter().rev().find(|token| !token.is(&self.words.articles))
    }

    /// Whether the number repeats the scale: "from one to ten", "out of ten", "a ten point scale",
    /// "ten being the best".
    pub fn is_scale(&self) -> bool {
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

    /// Whether "one" is a pronoun: "That one", "one of the best", "one thing".
    pub fn is_pronoun(&self) -> bool {
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

    /// Whether the number counts something: "Seven years", "two of my friends", "three big
    /// problems".
    pub fn counts(&self) -> bool {
        let numbers = &self.words.numbers;
        let Some(next) = self.next(0).filter(|next| !next.breaks()) else { return false };
        let plural = next.word.len() > 3 && next.word.ends_with('s') && !next.word.contains('\'');
        if next.is(&self.words.scale.percent) {
            // On a scale of a hundred, a per cent is a point.
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

    /// Whether points are taken away: "It loses two points for that."
    pub fn is_loss(&self) -> bool {
        let numbers = &self.words.numbers;
        let points = self.next(0).is_some_and(|next| next.is(&numbers.points));
        let around = self.tokens[self.mention.from.saturating_sub(3)..self.mention.from].iter().chain(self.next(1));
        points && around.into_iter().any(|token| token.is(&numbers.losing))
    }

    /// Whether the number is negated: "Not a ten". "It can't be more than three" is three, and
    /// "more than three" alone is no number.
    pub fn is_negated(&self) -> bool {
        let numbers = &self.words.numbers;
        if self.tokens[self.mention.from].breaks() {
            return false;
        }
        let mut bounded = false;
        for at in (0..self.mention.from).rev() {
            let token = &self.tokens[at];
            // "Over" and "than" are bounds here, whatever else they mean.
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

/// Whether the question counts in this unit: "from 1 to 5 stars", or degrees on a thermometer.
fn is_unit_of_the_question(words: &Words, asked: &[Token], unit: &Token, max: f64) -> bool {
    let bare = |word: &str| word.trim_end_matches('s').to_owned();
    let beside_the_bound = (1..asked.len()).any(|at| {
        let number = number_at(&words.numbers, asked, at - 1);
        let is_bound = number.is_some_and(|(number, to)| to == at && (number - max).abs() < f64::EPSILON);
        is_bound && bare(&asked[at].word) == bare(&unit.word)
    });
    let measured = words.scale.measures.get(&unit.word).is_some_and(|instruments| says(asked, instruments));
    beside_the_bound || measured
}
