//! How often something is done, as a rate, so that "four evenings a week" is "Several times a
//! week".
//!
//! Owns: rates in words, and the option to which a rate belongs. Never does: count anything but
//! times per period.

use super::numbers::mentions as numbers_in;
use super::tokens::{Token, longest_at, says, tokens};
use crate::guide::Choice;
use crate::language::values::Words;

/// An option's rate in times per year, and whether it includes what is beyond.
#[derive(Debug, Clone, Copy)]
struct Rate {
    a_year: f64,
    /// -1 for less than the rate, 1 for more, 0 for about the rate.
    side: i8,
}

/// Returns the option to which the rate in this text belongs, if the options are rates.
pub(super) fn option(words: &Words, options: &[Choice], said: &[Token]) -> Option<usize> {
    let mut rates: Vec<Option<Rate>> = options.iter().map(|option| rate(words, &tokens(&option.text))).collect();
    if rates.iter().flatten().count() < 2 {
        return None;
    }
    // "Less often" is below all others, and "more often" above them.
    let known: Vec<f64> = rates.iter().flatten().map(|rate| rate.a_year).collect();
    let (least, most) = known.iter().fold((f64::MAX, 0.0_f64), |(least, most), rate| {
        (if *rate > 0.0 { least.min(*rate) } else { least }, most.max(*rate))
    });
    for (rate, option) in rates.iter_mut().zip(options) {
        let text = tokens(&option.text);
        if rate.is_none() && says(&text, &words.frequency.less) {
            *rate = Some(Rate { a_year: least, side: -1 });
        } else if rate.is_none() && says(&text, &words.frequency.more) {
            *rate = Some(Rate { a_year: most, side: 1 });
        }
    }
    if 2 * rates.iter().flatten().count() < options.len() {
        return None;
    }
    let said = rate(words, said).filter(|rate| rate.side == 0)?.a_year;
    let distance = |rate: &Rate| {
        if rate.a_year <= 0.0 || said <= 0.0 {
            // "Never" matches "never" only.
            return if rate.a_year <= 0.0 && said <= 0.0 && rate.side == 0 { 0.0 } else { f64::MAX / 2.0 };
        }
        let ratio = (said / rate.a_year).ln();
        match rate.side {
            0 => ratio.abs(),
            // An option with an open end is a little nearer than one that is only about right.
            side if f64::from(side) * ratio > 0.01 => 0.05,
            _ => 1.0 + ratio.abs(),
        }
    };
    let nearest = rates.iter().enumerate().filter_map(|(at, rate)| Some((at, distance(rate.as_ref()?))));
    let (option, distance) = nearest.min_by(|a, b| a.1.total_cmp(&b.1))?;
    (distance < 1.2).then_some(option)
}

fn rate(words: &Words, tokens: &[Token]) -> Option<Rate> {
    let frequency = &words.frequency;
    let side = if says(tokens, &frequency.below) { -1 } else { i8::from(says(tokens, &frequency.above)) };
    let fixed = (0..tokens.len()).flat_map(|at| {
        frequency
            .rates
            .iter()
            .filter_map(move |(name, rate)| longest_at(tokens, at, [name]).map(|length| (length, *rate)))
    });
    if let Some((_, a_year)) = fixed.max_by_key(|(length, _)| *length) {
        return Some(Rate { a_year, side });
    }
    let at = (1..tokens.len()).find(|at| {
        frequency.periods.contains_key(&tokens[*at].word)
            && tokens[..*at].iter().rev().take(3).any(|token| token.is(&frequency.per))
    })?;
    let period = frequency.periods[&tokens[at].word];
    let lead = &tokens[..at];
    let per = lead.iter().rposition(|token| token.is(&frequency.per))?;
    // "Every two weeks", "every other week".
    let between =
        numbers_in(words, &tokens[per + 1..at]).first().map(|number| number.low).filter(|number| *number > 0.0);
    if let Some(every) = between {
        return Some(Rate { a_year: period / every, side });
    }
    if lead.last().is_some_and(|token| token.is(&frequency.other)) {
        return Some(Rate { a_year: period / 2.0, side });
    }
    let numbers = numbers_in(words, &lead[..per]);
    let counted = numbers.last().map(|number| f64::midpoint(number.low, number.high));
    let some = frequency
        .counts
        .iter()
        .filter(|(name, _)| says(&lead[..per], std::slice::from_ref(*name)))
        .map(|(_, count)| *count);
    let count = counted.or(some.reduce(f64::max)).unwrap_or(1.0);
    Some(Rate { a_year: count * period, side })
}
