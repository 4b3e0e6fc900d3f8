//! Dates as they are said.
//!
//! Owns: day, month and year in words and digits, in the order of the region. Never does: compute a
//! date from today's.

use super::numbers::number_at;
use super::tokens::{Token, longest_at, says_at, tokens};
use crate::language::values::Words;

#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Parts {
    day: Option<u32>,
    month: Option<u32>,
    year: Option<u32>,
}

/// Returns what was said of a date. After a correction, it is what was said last.
pub(super) fn read(words: &Words, text: &str, month_first: bool) -> Option<String> {
    let tokens = tokens(text);
    let from = (1..tokens.len())
        .rev()
        .find(|at| longest_at(&tokens, *at, &words.corrections).is_some() && tokens[*at].breaks());
    let last = from.and_then(|from| parts(words, &tokens[from..], month_first).iso());
    let all = parts(words, &tokens, month_first);
    match (from, last) {
        (Some(from), Some(last)) => {
            let before = parts(words, &tokens[..from], month_first);
            let after = parts(words, &tokens[from..], month_first);
            let merged = Parts {
                day: after.day.or(before.day),
                month: after.month.or(before.month),
                year: after.year.or(before.year),
            };
            merged.iso().or(Some(last))
        }
        _ => all.iso(),
    }
}

/// Whether a date is unfinished: "The third of".
pub(super) fn is_partial(words: &Words, text: &str) -> bool {
    let tokens = tokens(text);
    let hangs = tokens.last().is_some_and(|last| last.is(&words.dates.hanging));
    hangs && (parts(words, &tokens, true) != Parts::default() || tokens.len() <= 3)
}

impl Parts {
    /// The date in ISO 8601, with hyphens for what is missing. Returns none for a day that does not
    /// exist.
    fn iso(self) -> Option<String> {
        let Parts { day, month, year } = self;
        if month.is_some_and(|month| !(1..=12).contains(&month)) {
            return None;
        }
        if day.is_some_and(|day| day == 0 || day > days(month.unwrap_or(1), year)) {
            return None;
        }
        match (year, month, day) {
            (Some(year), Some(month), Some(day)) => Some(format!("{year:04}-{month:02}-{day:02}")),
            (Some(year), Some(month), None) => Some(format!("{year:04}-{month:02}")),
            (Some(year), None, None) => Some(format!("{year:04}")),
            (None, Some(month), Some(day)) => Some(format!("--{month:02}-{day:02}")),
            (None, Some(month), None) => Some(format!("--{month:02}")),
            (None, None, Some(day)) => Some(format!("---{day:02}")),
            _ => None,
        }
    }
}

/// The number of days of a month. February has 29 if the year is not known.
fn days(month: u32, year: Option<u32>) -> u32 {
    match month {
        2 => {
            let is_leap = year.is_none_or(|year| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
            if is_leap { 29 } else { 28 }
        }
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn parts(words: &Words, tokens: &[Token], month_first: bool) -> Parts {
    if let Some(parts) = numeric(tokens, month_first) {
        return parts;
    }
    let dates = &words.dates;
    let mut parts = Parts::default();
    let mut at = 0;
    while at < tokens.len() {
        let feast = dates.days.iter().filter_map(|(name, day)| Some((says_at(tokens, at, name)?, day))).max();
        if let Some((length, day)) = feast {
            let mut numbers = day.split('-').filter_map(|number| number.parse().ok());
            (parts.month, parts.day) = (numbers.next(), numbers.next());
            at += length;
        } else if let Some(month) = month(words, tokens, at, &parts) {
            parts.month = Some(month);
            at += 1;
        } else if let Some((day, to)) = ordinal(words, tokens, at).filter(|_| parts.day.is_none()) {
            parts.day = Some(day);
            at = to;
        } else if let Some((year, to)) = year(words, tokens, at, &parts) {
            parts.year = Some(year);
            at = to;
        } else if let Some((day, to)) = number_at(&words.numbers, tokens, at)
            .filter(|(day, _)| parts.day.is_none() && day.fract() == 0.0 && (1.0..=31.0).contains(day))
            .filter(|(_, to)| beside_month(words, tokens, at, *to))
        {
            parts.day = Some(day as u32);
            at = to;
        } else {
            at += 1;
        }
    }
    parts
}

/// Returns the month at `at`. "May" is a month beside a day or a year, or where a month is
/// expected, but not in "I may".
fn month(words: &Words, tokens: &[Token], at: usize, parts: &Parts) -> Option<u32> {
    let month = words.dates.months.iter().position(|names| tokens[at].is(names))?;
    let capital = tokens[at].written.starts_with(char::is_uppercase) || at == 0;
    let first = &words.dates.months[month][0];
    // Short names without a capital letter are words more often than months: "may", "mar", "dec".
    let plain = tokens[at].word != *first || words.dates.months[month].len() == 1;
    let due = parts.day.is_some()
        || tokens.get(at + 1).is_some_and(|next| {
            number_at(&words.numbers, tokens, at + 1).is_some()
                || ordinal(words, tokens, at + 1).is_some()
                || next.is(&words.dates.of)
        });
    (capital || due || !plain).then_some(month as u32 + 1)
}

fn beside_month(words: &Words, tokens: &[Token], from: usize, to: usize) -> bool {
    let is_month = |token: &Token| words.dates.months.iter().any(|names| token.is(names));
    let after = tokens[to..].iter().find(|token| !token.is(&words.dates.of));
    let before = tokens[..from].iter().rev().find(|token| !token.is(&words.dates.of));
    after.is_some_and(is_month) || before.is_some_and(is_month)
}

/// Reads "third", "twenty-first", "3rd".
fn ordinal(words: &Words, tokens: &[Token], at: usize) -> Option<(u32, usize)> {
    let (dates, token) = (&words.dates, tokens.get(at)?);
    if token.is_digits() {
        let digits = dates.endings.iter().find_map(|ending| token.word.strip_suffix(ending.as_str()))?;
        return digits.parse().ok().filter(|day| (1..=31).contains(day)).map(|day| (day, at + 1));
    }
    let of = |token: &Token| dates.ordinals.iter().position(|name| *name == token.word).map(|place| place as u32 + 1);
    if let Some(day) = of(token) {
        return Some((day, at + 1));
    }
    if token.word == dates.thirtieth {
        return Some((30, at + 1));
    }
    let ten = dates.tens.get(&token.word)?;
    let unit = tokens.get(at + 1).filter(|next| next.is_joined()).and_then(of).filter(|unit| *unit < 10)?;
    Some((ten + unit, at + 2))
}

/// Reads "2024", "twenty twenty-four", "nineteen oh five", "two thousand and five", "'98".
fn year(words: &Words, tokens: &[Token], at: usize, parts: &Parts) -> Option<(u32, usize)> {
    if parts.year.is_some() {
        return None;
    }
    let (first, to) = number_at(&words.numbers, tokens, at)?;
    let fits = |year: f64| (1000.0..=2999.0).contains(&year) && year.fract() == 0.0;
    if fits(first) {
        return Some((first as u32, to));
    }
    if !(10.0..=29.0).contains(&first) || first.fract() != 0.0 {
        return short(tokens, at, first, to);
    }
    let century = first * 100.0;
    let joined = |at: usize| tokens.get(at).is_some_and(Token::is_joined);
    if joined(to) && tokens[to].is(&words.dates.oh) && joined(to + 1) {
        let (unit, end) = number_at(&words.numbers, tokens, to + 1).filter(|(unit, _)| *unit < 10.0)?;
        return Some(((century + unit) as u32, end));
    }
    if joined(to)
        && let Some((rest, end)) = number_at(&words.numbers, tokens, to)
            .filter(|(rest, _)| (10.0..100.0).contains(rest) && rest.fract() == 0.0)
    {
        return Some(((century + rest) as u32, end));
    }
    short(tokens, at, first, to)
}

/// Reads the last two digits of a year after an apostrophe: "'98".
fn short(tokens: &[Token], at: usize, number: f64, to: usize) -> Option<(u32, usize)> {
    let apostrophe = tokens[at].before.ends_with('\'') && tokens[at].is_digits() && number < 100.0;
    apostrophe.then(|| (number as u32 + if number < 40.0 { 2000 } else { 1900 }, to))
}

/// Reads "03/05/2024", "2024-05-03", "3.5.24".
fn numeric(tokens: &[Token], month_first: bool) -> Option<Parts> {
    let mut run: Vec<(u32, usize)> = Vec::new();
    let mut dots = false;
    let mut at = 0;
    while at < tokens.len() {
        if let Ok(number) = tokens[at].word.parse::<u32>() {
            let glued =
                run.is_empty() || tokens[at - 1].word == "/" || matches!(tokens[at].before.as_str(), "." | "-" | "/");
            if !glued {
                run.clear();
            }
            dots |= tokens[at].before == ".";
            run.push((number, tokens[at].word.len()));
            if run.len() == 3 {
                break;
            }
        } else if tokens[at].word != "/" {
            run.clear();
        }
        at += 1;
    }
    let (first, second, third) = match run[..] {
        [first, second, third] => (first, second, third),
        // "3/5" is a day without a year.
        [(first, _), (second, _)] if tokens.iter().any(|token| token.word == "/") => {
            let (day, month) = ordered(first, second, month_first);
            return Some(Parts { day: Some(day), month: Some(month), year: None });
        }
        _ => return None,
    };
    if first.1 == 4 {
        return Some(Parts { year: Some(first.0), month: Some(second.0), day: Some(third.0) });
    }
    let year = if third.1 == 2 { third.0 + if third.0 < 40 { 2000 } else { 1900 } } else { third.0 };
    // Dots are used where the day comes first.
    let (day, month) = ordered(first.0, second.0, month_first && !dots);
    Some(Parts { day: Some(day), month: Some(month), year: Some(year) })
}

/// Returns the day and the month in the region's order, unless only the other order gives a date.
fn ordered(first: u32, second: u32, month_first: bool) -> (u32, u32) {
    if (month_first && first <= 12) || second > 12 { (second, first) } else { (first, second) }
}
