//! A number on a scale.
//!
//! Owns: which of the numbers of an answer is the answer. Never does: take one from beyond the scale.

use super::Value;
use super::labels::{Best, Labels};
use super::numbers::{Mention, mentions};
use super::reckoned::reckoned;
use super::tokens::{Token, longest_at, says, sentence_start, tokens, without_lead, without_tail};
use super::words::Words;
use crate::guide::Scale;

pub(super) fn read(words: &Words, scale: Scale, question: &str, text: &str) -> Option<Value> {
    let tokens = tokens(text);
    let (min, max) = (f64::from(scale.min), f64::from(scale.max));
    let labels = Labels::of(words, scale, question);
    let ends = Ends { min, max, labels: &labels };
    let all = reckoned(words, &tokens, &mentions(words, &tokens), |at| {
        let (length, place) = place_at(words, &tokens, at)?;
        Some((length, ends.number(place, &tokens[at..at + length])?))
    });
    let mut found: Vec<Mention> = all
        .iter()
        .enumerate()
        .filter(|(at, mention)| {
            let rest = Scene {
                words,
                tokens: &tokens,
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
    let in_words = || in_words(words, &tokens, &ends).or_else(|| labels.share(&tokens));
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
struct Scene<'a> {
    words: &'a Words,
    tokens: &'a [Token],
    mention: Mention,
    previous: Option<Mention>,
    min: f64,
    max: f64,
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
        let joined = before.filter(|_| !token.breaks()).is_some_and(|before| before.is(&numbers.before_one));
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
    fn is_negated(&self) -> bool {
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Lowest,
    Middle,
    Highest,
    Worst,
    Best,
}

/// What the places are on this scale.
struct Ends<'a> {
    min: f64,
    max: f64,
    labels: &'a Labels<'a>,
}

impl Ends<'_> {
    /// None where the wording may mean either end: the highest mark where the lowest number is the best.
    fn number(&self, place: Place, said: &[Token]) -> Option<f64> {
        let (best, worst) = match self.labels.best() {
            Best::Highest => (self.max, self.min),
            Best::Lowest | Best::LowestOfIlls => (self.min, self.max),
        };
        let is_plain = self.labels.best() != Best::Lowest;
        self.labels.named(said).or(match place {
            Place::Lowest => is_plain.then_some(self.min),
            Place::Middle => Some(f64::midpoint(self.min, self.max)),
            Place::Highest => is_plain.then_some(self.max),
            Place::Worst => Some(worst),
            Place::Best => Some(best),
        })
    }
}

/// An end of the scale, or its middle, in words; the last that is not negated.
fn in_words(words: &Words, tokens: &[Token], ends: &Ends) -> Option<f64> {
    let mut found = None;
    let mut at = 0;
    while at < tokens.len() {
        let Some((length, place)) = place_at(words, tokens, at) else {
            at += 1;
            continue;
        };
        // "One of the best" says nothing of where on the scale it is.
        let is_share = at > 0 && tokens[at - 1].word == words.scale.of;
        let mention = Mention { from: at, to: at + length, low: 0.0, high: 0.0 };
        let scene = Scene { words, tokens, mention, previous: None, min: ends.min, max: ends.max };
        if !is_share && !scene.is_negated() {
            found = ends.number(place, &tokens[at..at + length]);
        }
        at += length;
    }
    found
}

/// The place that is named at `at`, and how many tokens name it.
fn place_at(words: &Words, tokens: &[Token], at: usize) -> Option<(usize, Place)> {
    let scale = &words.scale;
    let places = [
        (&scale.lowest, Place::Lowest),
        (&scale.middle, Place::Middle),
        (&scale.highest, Place::Highest),
        (&scale.worst, Place::Worst),
        (&scale.best, Place::Best),
    ];
    let longest = places
        .iter()
        .filter_map(|(phrases, place)| longest_at(tokens, at, *phrases).map(|length| (length, *place)))
        .max_by_key(|(length, _)| *length);
    longest.or_else(|| as_far(words, tokens, at))
}

/// "As low as it goes", "as good as your scale lets me".
fn as_far(words: &Words, tokens: &[Token], at: usize) -> Option<(usize, Place)> {
    let scale = &words.scale;
    if tokens.get(at)?.word != scale.like {
        return None;
    }
    let ends = [
        (&scale.ill, Place::Worst),
        (&scale.ills, Place::Worst),
        (&scale.good, Place::Best),
        (&scale.low, Place::Lowest),
        (&scale.high, Place::Highest),
    ];
    let (length, place) =
        ends.iter().find_map(|(phrases, place)| Some((longest_at(tokens, at + 1, *phrases)?, *place)))?;
    tokens.get(at + 1 + length).filter(|token| token.word == scale.like).map(|_| (length + 2, place))
}
