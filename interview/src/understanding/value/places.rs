//! Points of a scale by their place: "the lowest", "in the middle", "the second highest", "all but
//! one".
//!
//! Owns: the ends and the middle in words, and how many steps a point is from an end. Never does:
//! take what is only near an end for the end.

use super::context::Context;
use super::labels::{Best, Labels};
use super::numbers::{Mention, number_at};
use super::tokens::{Token, longest_at, says_at};
use crate::language::values::Words;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Lowest,
    Middle,
    Highest,
    Worst,
    Best,
}

/// A place that is named at a token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    /// The number of tokens that name it.
    pub length: usize,
    place: Place,
    /// The tokens of the end itself, without those that count the steps.
    end: (usize, usize),
    /// The number of steps from that end.
    steps: f64,
}

/// The places on this scale.
pub(super) struct Ends<'a> {
    pub min: f64,
    pub max: f64,
    pub labels: &'a Labels<'a>,
}

impl Ends<'_> {
    /// Returns the number of a place, or none if the wording may mean either end, as "the highest
    /// mark" does where the lowest number is the best.
    pub fn number(&self, spot: Spot, tokens: &[Token]) -> Option<f64> {
        let (best, worst) = match self.labels.best() {
            Best::Highest => (self.max, self.min),
            Best::Lowest | Best::LowestOfIlls => (self.min, self.max),
        };
        let is_plain = self.labels.best() != Best::Lowest;
        let named = tokens.get(spot.end.0..spot.end.1).and_then(|said| self.labels.named(said));
        let end = named.or(match spot.place {
            Place::Lowest => is_plain.then_some(self.min),
            Place::Middle => Some(f64::midpoint(self.min, self.max)),
            Place::Highest => is_plain.then_some(self.max),
            Place::Worst => Some(worst),
            Place::Best => Some(best),
        })?;
        if spot.steps == 0.0 {
            return Some(end);
        }
        // Steps from an end go inwards.
        let is_at = |bound: f64| (end - bound).abs() < f64::EPSILON;
        let number = match (is_at(self.min), is_at(self.max)) {
            (true, false) => end + spot.steps,
            (false, true) => end - spot.steps,
            _ => return None,
        };
        (self.min..=self.max).contains(&number).then_some(number)
    }
}

/// Returns an end of the scale, or its middle, that is named in words. It is the last one that is
/// not negated.
pub(super) fn in_words(words: &Words, tokens: &[Token], asked: &[Token], ends: &Ends) -> Option<f64> {
    let mut found = None;
    let mut at = 0;
    while at < tokens.len() {
        let Some(spot) = spot_at(words, tokens, at) else {
            // "The last but one" is not about the scale. Neither its number nor anything else in it
            // counts.
            at += past_the_end(words, tokens, at).unwrap_or(1);
            continue;
        };
        // "One of the best" is no place on the scale.
        let is_share = at > 0 && tokens[at - 1].word == words.scale.of;
        let mention = Mention { from: at, to: at + spot.length, low: 0.0, high: 0.0 };
        let context = Context { words, tokens, asked, mention, previous: None, min: ends.min, max: ends.max };
        if !is_share && !context.is_negated() && !is_near(words, tokens, at) {
            found = ends.number(spot, tokens);
        }
        at += spot.length;
    }
    found
}

/// "Close to the top" is not the top.
fn is_near(words: &Words, tokens: &[Token], at: usize) -> bool {
    let bare = tokens[..at].len() - usize::from(at > 0 && tokens[at - 1].is(&words.articles));
    !tokens[bare..=at].iter().any(Token::breaks)
        && (0..bare)
            .any(|from| longest_at(&tokens[..bare], from, &words.scale.near).is_some_and(|len| from + len == bare))
}

/// Whether the number counts steps from an end, or is part of "last but one".
pub(super) fn is_counted(words: &Words, tokens: &[Token], mention: &Mention) -> bool {
    (0..=mention.from).any(|at| {
        let spot = spot_at(words, tokens, at).filter(|spot| spot.steps > 0.0).map(|spot| spot.length);
        let length = spot.or_else(|| past_the_end(words, tokens, at));
        length.is_some_and(|length| mention.from < at + length)
    })
}

/// Returns the length of "the last but one", "second to last".
fn past_the_end(words: &Words, tokens: &[Token], at: usize) -> Option<usize> {
    let names = words.options.from_the_end.iter().skip(1);
    names.filter_map(|names| longest_at(tokens, at, names)).max()
}

/// Returns the place that is named at `at`, with its steps.
pub(super) fn spot_at(words: &Words, tokens: &[Token], at: usize) -> Option<Spot> {
    if let Some((steps, from)) = rank(words, tokens, at) {
        let end = end_at(words, tokens, from).or_else(|| bare_end(words, tokens, from));
        let (length, place) = end.filter(|(_, place)| *place != Place::Middle)?;
        return Some(Spot { length: from + length - at, place, end: (from, from + length), steps });
    }
    let end = end_at(words, tokens, at).or_else(|| every(words, tokens, at));
    if let Some((length, place)) = end {
        let spot = Spot { length, place, end: (at, at + length), steps: 0.0 };
        let but = less(words, tokens, at + length, place).filter(|_| place != Place::Middle);
        return Some(but.map_or(spot, |(steps, to)| Spot { length: to - at, steps, ..spot }));
    }
    // "Top but two."
    if let Some((length, place)) = bare_end(words, tokens, at).filter(|(_, place)| *place != Place::Middle)
        && let Some((steps, to)) = less(words, tokens, at + length, place)
    {
        return Some(Spot { length: to - at, place, end: (at, at + length), steps });
    }
    // "All but one" refers to whatever is counted there.
    let length = longest_at(tokens, at, &words.scale.whole)?;
    let (steps, to) = less(words, tokens, at + length, Place::Highest)?;
    Some(Spot { length: to - at, place: Place::Highest, end: (at, at + length), steps })
}

/// Reads "second", "third from the", "next to the". Returns the number of steps from the end that
/// follows, and where that end begins.
fn rank(words: &Words, tokens: &[Token], at: usize) -> Option<(f64, usize)> {
    let scale = &words.scale;
    let place = words.options.ordinals.iter().position(|names| tokens.get(at).is_some_and(|token| token.is(names)));
    let (steps, mut from) = match place.filter(|place| *place > 0) {
        Some(place) => (place as f64, at + 1),
        None => (1.0, at + longest_at(tokens, at, &scale.next)?),
    };
    from += longest_at(tokens, from, &scale.away).unwrap_or(0);
    // Some wordings of an end include the article.
    if tokens.get(from).is_some_and(|token| token.is(&words.articles)) && end_at(words, tokens, from).is_none() {
        from += 1;
    }
    let is_whole = (at + 1..=from).all(|at| tokens.get(at).is_some_and(Token::is_joined));
    is_whole.then_some((steps, from))
}

/// Reads "but one", "minus two". Returns how many steps the end before is missed by, and the token
/// after it.
fn less(words: &Words, tokens: &[Token], at: usize, place: Place) -> Option<(f64, usize)> {
    let scale = &words.scale;
    let takes = tokens.get(at)?;
    let length = longest_at(tokens, at, &scale.but)?;
    // After a comma, something is taken only from the largest value.
    let is_most = matches!(place, Place::Highest | Place::Best);
    if takes.ends() || (takes.breaks() && !is_most) {
        return None;
    }
    let (number, to) = number_at(&words.numbers, tokens, at + length).filter(|(number, _)| *number >= 1.0)?;
    let is_joined = (at + 1..=at + length).all(|at| tokens.get(at).is_some_and(Token::is_joined));
    // "All but one of my friends" counts friends.
    let ends = tokens.get(to).is_none_or(|next| {
        next.breaks() || next.is(&words.numbers.points) || next.is(&scale.offered) || next.is(&words.numbers.each)
    });
    (is_joined && ends).then_some((number, to))
}

/// Reads "every star you've got", "all the points".
fn every(words: &Words, tokens: &[Token], at: usize) -> Option<(usize, Place)> {
    let scale = &words.scale;
    let length = longest_at(tokens, at, &scale.every)?;
    let unit = tokens.get(at + length).filter(|unit| unit.is_joined())?;
    if !unit.is(&words.numbers.points) && !unit.is(&scale.stars) {
        return None;
    }
    let to = at + length + 1;
    let next = tokens.get(to);
    let ends = next.is_none_or(|next| next.breaks() || next.is(&scale.offered))
        || less(words, tokens, to, Place::Highest).is_some();
    ends.then_some((length + 1, Place::Highest))
}

/// Returns the end or the middle that is named at `at`, and the number of tokens that name it.
fn end_at(words: &Words, tokens: &[Token], at: usize) -> Option<(usize, Place)> {
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

/// Reads an end without its article. It is one only if steps are counted from it: "second best",
/// "top but two".
fn bare_end(words: &Words, tokens: &[Token], at: usize) -> Option<(usize, Place)> {
    let scale = &words.scale;
    let places = [
        (&scale.lowest, Place::Lowest),
        (&scale.highest, Place::Highest),
        (&scale.worst, Place::Worst),
        (&scale.best, Place::Best),
    ];
    let bare = |phrase: &String| {
        let (article, rest) = phrase.split_once(' ')?;
        words.articles.iter().any(|other| other == article).then(|| says_at(tokens, at, rest)).flatten()
    };
    let found = places.iter().filter_map(|(phrases, place)| Some((phrases.iter().filter_map(bare).max()?, *place)));
    found.max_by_key(|(length, _)| *length)
}

/// Reads "as low as it goes", "as good as your scale lets me".
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
