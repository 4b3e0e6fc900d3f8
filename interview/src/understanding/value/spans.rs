//! Options that are numbers or lengths of time: "18 to 24", "under 18", "six to ten years".
//!
//! Owns: what an option includes, and to which option a number or a time belongs. Never does: count
//! anything else.

use super::found::Named;
use super::numbers::{Mention, mentions as numbers_in};
use super::tokens::{Token, longest_at, says, tokens};
use crate::guide::Question;
use crate::language::values::Words;

/// The numbers that an option includes.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    low: f64,
    high: f64,
    /// The bound itself is not included: "under 18".
    is_open: bool,
    /// The bounds are times, in days.
    is_time: bool,
}

/// The relative tolerance with which times are equal: twelve months are a year, and so are
/// fifty-two weeks.
const NEAR: f64 = 0.004;

impl Bounds {
    fn takes(&self, number: f64) -> bool {
        let near = if self.is_time { NEAR } else { 0.0 };
        let is_at = |bound: f64| bound.is_finite() && (number - bound).abs() <= near * bound.abs();
        let is_edge = is_at(self.low) || is_at(self.high);
        if is_edge { !self.is_open } else { (self.low..=self.high).contains(&number) }
    }
}

/// Returns the option that a number names: "I'm thirty-two" names "25 to 34", and "five weeks"
/// names "Less than a year".
pub(super) fn by_number(words: &Words, question: &Question, said: &[Token]) -> Option<Named> {
    let options = &question.options;
    let mut bounds: Vec<Option<Bounds>> = options.iter().map(|option| bounds(words, &option.text)).collect();
    let counted = bounds.iter().flatten().count();
    if counted * 2 < options.len() || counted == 0 {
        return None;
    }
    let mut units: Vec<f64> = options.iter().filter_map(|option| unit(words, &tokens(&option.text))).collect();
    units.dedup();
    // "One to three" may be among "four to six years".
    if let [unit] = units[..] {
        for bounds in bounds.iter_mut().flatten().filter(|bounds| !bounds.is_time) {
            *bounds = Bounds { low: bounds.low * unit, high: bounds.high * unit, is_time: true, ..*bounds };
        }
    }
    let has_times = !units.is_empty();
    if has_times && says(said, &words.options.lifelong) {
        let open = bounds.iter().position(|bounds| bounds.is_some_and(|bounds| bounds.high.is_infinite()))?;
        return Some(Named { option: open, from: 0, to: said.len() });
    }
    let numbers = numbers_in(words, said);
    let (mention, days) = match times(words, said, &numbers).last().filter(|_| has_times) {
        Some((mention, days)) => (*mention, *days),
        None if has_times => (*numbers.last()?, single(&units).filter(|_| !is_no_time(words, question, said))?),
        None => (*numbers.last()?, 1.0),
    };
    let is_pronoun = said[mention.from].word == words.numbers.one && mention.to == mention.from + 1;
    if is_pronoun || is_bounded(words, said, mention) {
        return None;
    }
    // Both ends of "two or three years" are within one option, or name none.
    let takes = |bounds: &Bounds| bounds.takes(mention.low * days) && bounds.takes(mention.high * days);
    let option = bounds.iter().position(|bounds| bounds.as_ref().is_some_and(takes))?;
    Some(Named { option, from: mention.from, to: mention.to })
}

/// Returns the unit of a number without one. It is not certain if some options are in months and
/// others in years.
fn single(units: &[f64]) -> Option<f64> {
    if let [unit] = units { Some(*unit) } else { None }
}

/// Whether the number is no time that was asked for: "Since 2019" would have to be computed, and
/// "he's fifty" is an age.
fn is_no_time(words: &Words, question: &Question, said: &[Token]) -> bool {
    let asks_age = says(&tokens(&question.text), &words.options.old);
    let Some(number) = numbers_in(words, said).last().copied() else { return false };
    let is_year = number.low >= 1900.0;
    // "I'm nearly fifty" is an age, and "six, if I'm honest" is not.
    let is_age = (number.from.saturating_sub(4)..number.from).any(|at| {
        let length = longest_at(&said[..number.from], at, &words.options.aged);
        length.is_some_and(|length| at + length + 1 >= number.from)
    });
    is_year || (is_age && !asks_age)
}

/// Whether the number is a bound: "More than three" is any number above it.
fn is_bounded(words: &Words, said: &[Token], mention: Mention) -> bool {
    let lead = &said[..mention.from];
    let options = &words.options;
    (0..lead.len()).any(|at| {
        let phrases = options.above.iter().chain(&options.below);
        longest_at(lead, at, phrases).is_some_and(|length| at + length == lead.len())
    })
}

/// Returns lengths of time, such as "two months", "a year", "a year and a half", each with its
/// length in days.
fn times(words: &Words, said: &[Token], numbers: &[Mention]) -> Vec<(Mention, f64)> {
    let spans = &words.numbers.spans;
    let mut found: Vec<(Mention, f64)> = Vec::new();
    for at in 0..said.len() {
        let Some(days) = spans.get(&said[at].word) else { continue };
        let near = |mention: &&Mention| {
            mention.to <= at
                && at - mention.to <= 1
                && !said[mention.to..=at].iter().any(Token::breaks)
                && said[mention.to..at].iter().all(|token| token.is(&words.numbers.around))
        };
        let number = numbers.iter().rfind(near).copied();
        let part = || {
            let parts = words.numbers.parts.iter().filter_map(|(phrase, amount)| {
                let ends = |from: &usize| longest_at(&said[..at], *from, [phrase]).is_some_and(|len| from + len == at);
                let from = (0..at).find(ends).filter(|_| !said[at].breaks())?;
                Some(Mention { from, to: at, low: amount[0], high: amount[1] })
            });
            parts.min_by_key(|part| part.from)
        };
        let Some(mention) = number.or_else(part) else { continue };
        let half = if longest_at(said, at + 1, &words.numbers.half).is_some() { 0.5 } else { 0.0 };
        let (low, high) = (mention.low + half, mention.high + half);
        found.push((Mention { to: at + 1, low, high, ..mention }, *days));
    }
    found
}

/// Returns the length in days of the unit that this text names.
fn unit(words: &Words, tokens: &[Token]) -> Option<f64> {
    tokens.iter().find_map(|token| words.numbers.spans.get(&token.word).copied())
}

/// Returns the numbers that an option includes: "18 to 24", "under 18", "65 or older", "5". Times
/// such as "six months to two years" are in days.
fn bounds(words: &Words, text: &str) -> Option<Bounds> {
    let tokens = tokens(text);
    let numbers = numbers_in(words, &tokens);
    let times = times(words, &tokens, &numbers);
    let is_time = !times.is_empty();
    let found: Vec<Mention> = if is_time {
        let in_days = |(mention, days): &(Mention, f64)| Mention {
            low: mention.low * days,
            high: mention.high * days,
            ..*mention
        };
        times.iter().map(in_days).collect()
    } else {
        numbers
    };
    let first = *found.first()?;
    if !is_time
        && !tokens[first.from].is_digits()
        && !words.numbers.units_of.contains_key(&tokens[first.from].word)
        && !words.numbers.tens.contains_key(&tokens[first.from].word)
    {
        return None;
    }
    if first.is_range() {
        return Some(Bounds { low: first.low, high: first.high, is_open: false, is_time });
    }
    if let Some(second) = found.get(1).filter(|second| second.low > first.low) {
        return Some(Bounds { low: first.low, high: second.low, is_open: false, is_time });
    }
    let options = &words.options;
    let before = |phrases| (0..first.from).any(|at| longest_at(&tokens, at, phrases).is_some());
    let after = |phrases| (first.to..tokens.len()).any(|at| longest_at(&tokens, at, phrases).is_some());
    let is_open = !before(&options.inclusive) && !after(&options.or_less) && !after(&options.or_more);
    let (low, high, is_open) = if before(&options.below) || after(&options.or_less) {
        (f64::NEG_INFINITY, first.low, is_open)
    } else if before(&options.above) || after(&options.or_more) {
        (first.low, f64::INFINITY, is_open)
    } else {
        (first.low, first.low, false)
    };
    Some(Bounds { low, high, is_open, is_time })
}
