//! Numbers in words and in digits.
//!
//! Owns: whole numbers, decimals, halves, negative numbers, amounts such as a dozen, and ranges of
//! two numbers. Never does: know what they count.

use super::tokens::{Token, longest_at, says_at};
use crate::language::values::{Numbers, Words};

/// A number or a range, and its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mention {
    pub from: usize,
    /// The token after it.
    pub to: usize,
    pub low: f64,
    pub high: f64,
}

impl Mention {
    pub fn is_range(&self) -> bool {
        self.low < self.high
    }
}

/// Returns every number of a text, in order.
pub(super) fn mentions(words: &Words, tokens: &[Token]) -> Vec<Mention> {
    let numbers = &words.numbers;
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some((first, to)) = number_at(numbers, tokens, at) else {
            at += 1;
            continue;
        };
        let mention =
            range_at(words, tokens, at, first, to).unwrap_or(Mention { from: at, to, low: first, high: first });
        at = mention.to;
        found.push(mention);
    }
    found
}

/// Reads a range: "six or seven", "between six and seven", "6-7", "nine, maybe ten".
fn range_at(words: &Words, tokens: &[Token], from: usize, first: f64, to: usize) -> Option<Mention> {
    let numbers = &words.numbers;
    let mut next = to;
    let mut connected = false;
    let between = from > 0 && {
        let lead = &tokens[..from];
        let article = lead.last().is_some_and(|token| token.is(&words.articles));
        let last = &lead[..lead.len() - usize::from(article)];
        last.last().is_some_and(|token| token.is(&numbers.between))
    };
    while let Some(token) = tokens.get(next) {
        if token.ends() {
            return None;
        }
        if number_at(numbers, tokens, next).is_some() && !token.is(&numbers.article) {
            break;
        }
        // "And" joins two ends only after "between".
        if token.is(&numbers.ranges) && (token.word != numbers.and || between) && !connected {
            connected = true;
        } else if !token.is(&numbers.perhaps) {
            return None;
        }
        next += 1;
        if next > to + 5 {
            return None;
        }
    }
    let (second, end) = number_at(numbers, tokens, next)?;
    let hyphen = next == to && tokens[next].before.trim() == "-" || tokens[next].before == "–";
    // "Six, seven" is a guess between neighbours. "Ten, nine" is a correction, and so is "not a
    // two, it's a three".
    let neighbours = (second - first - 1.0).abs() < f64::EPSILON && !is_denied(words, tokens, from);
    let fits = if connected { (second - first).abs() > f64::EPSILON } else { (hyphen && second > first) || neighbours };
    fits.then(|| Mention { from, to: end, low: first.min(second), high: first.max(second) })
}

/// Whether the words before a number deny it without making it a bound.
fn is_denied(words: &Words, tokens: &[Token], from: usize) -> bool {
    let mut at = from;
    while at > 0 && !tokens[at].breaks() {
        at -= 1;
        let token = &tokens[at];
        if token.is(&words.numbers.bounds) {
            return false;
        }
        if token.is(&words.closed.negators) || token.is(&words.closed.without) || token.is(&words.negators) {
            return true;
        }
        if !token.is(&words.numbers.light) {
            return false;
        }
    }
    false
}

/// Returns the number that begins here, and the token after it.
pub(super) fn number_at(numbers: &Numbers, tokens: &[Token], at: usize) -> Option<(f64, usize)> {
    let token = tokens.get(at)?;
    if let Some((length, amount)) = numbers
        .amounts
        .iter()
        .filter_map(|(phrase, amount)| Some((says_at(tokens, at, phrase)?, *amount)))
        .max_by_key(|found| found.0)
    {
        return Some((amount, at + length));
    }
    if token.is(&numbers.minus) {
        let next = tokens.get(at + 1).filter(|next| next.is_joined())?;
        let (number, to) = (!next.is(&numbers.minus)).then(|| number_at(numbers, tokens, at + 1)).flatten()?;
        return Some((-number.abs(), to));
    }
    let (mut number, mut to) = cardinal(numbers, tokens, at)?;
    let joined = |at: usize| tokens.get(at).is_some_and(Token::is_joined);
    if joined(to) && tokens[to].is(&numbers.point) {
        let mut decimals = String::new();
        let mut next = to + 1;
        while joined(next)
            && let Some(digit) = digit(numbers, &tokens[next])
        {
            decimals.push_str(&digit);
            next += 1;
        }
        if let Ok(fraction) = format!("0.{decimals}").parse::<f64>()
            && !decimals.is_empty()
        {
            number += fraction;
            to = next;
        }
    }
    if joined(to) {
        if let Some(length) = longest_at(tokens, to, &numbers.half) {
            (number, to) = (number + 0.5, to + length);
        } else if let Some((phrase, part)) =
            numbers.quarters.iter().find(|(phrase, _)| says_at(tokens, to, phrase).is_some())
        {
            (number, to) = (number + part, to + phrase.split(' ').count());
        }
    }
    let hyphen = token.before.ends_with(['-', '−'])
        && token.is_digits()
        && (token.before.len() == token.before.trim_start().len() && at == 0 || token.before.len() > 1);
    let dash = token.before.ends_with("- ") || token.before.contains(" - ");
    Some((if hyphen && !dash { -number } else { number }, to))
}

/// Returns a single digit, as decimals are said.
pub(super) fn digit(numbers: &Numbers, token: &Token) -> Option<String> {
    if token.is_digits() && token.word.chars().all(|c| c.is_ascii_digit()) {
        return Some(token.word.clone());
    }
    numbers.units_of.get(&token.word).filter(|digit| **digit < 10).map(ToString::to_string)
}

/// Reads a number without its sign and its fraction: "a hundred and twenty", "2 thousand", "3k".
fn cardinal(numbers: &Numbers, tokens: &[Token], from: usize) -> Option<(f64, usize)> {
    let (mut total, mut current, mut at) = (0.0, 0.0, from);
    // What is added to `current` must be below this.
    let mut room = f64::INFINITY;
    let mut started = false;
    while let Some(token) = tokens.get(at) {
        if started && !token.is_joined() {
            break;
        }
        // "6-7" is two numbers, and "eighty-five" is one.
        if started && token.before.contains('-') && token.is_digits() {
            break;
        }
        if let Some(number) = literal(numbers, &token.word) {
            if started {
                break;
            }
            (current, room, started) = (number, 0.0, true);
        } else if let Some(unit) = numbers.units_of.get(&token.word).map(|unit| f64::from(*unit)) {
            if unit >= room || (unit == 0.0 && started) {
                break;
            }
            (current, room, started) = (current + unit, 0.0, true);
        } else if let Some(ten) = numbers.tens.get(&token.word).map(|ten| f64::from(*ten)) {
            if ten >= room {
                break;
            }
            (current, room, started) = (current + ten, 10.0, true);
        } else if let Some(times) = numbers.multipliers.get(&token.word).map(|times| f64::from(*times)) {
            if times < 1000.0 {
                current = current.max(1.0) * times;
                room = if times >= 100.0 { 100.0 } else { 0.0 };
            } else {
                total += current.max(1.0) * times;
                (current, room) = (0.0, 1000.0);
            }
            started = true;
        } else if token.word == numbers.and && started && (current >= 100.0 || total > 0.0) {
            let next = tokens.get(at + 1).filter(|next| next.is_joined());
            let goes_on = next.is_some_and(|next| {
                numbers.units_of.get(&next.word).is_some_and(|unit| *unit > 0 && f64::from(*unit) < room)
                    || numbers.tens.contains_key(&next.word) && room >= 100.0
            });
            if !goes_on {
                break;
            }
        } else if !started && token.is(&numbers.article) {
            let next = tokens.get(at + 1).filter(|next| next.is_joined());
            if !next.is_some_and(|next| numbers.multipliers.contains_key(&next.word)) {
                return None;
            }
        } else {
            break;
        }
        at += 1;
    }
    started.then_some((total + current, at))
}

/// Reads digits: `8`, `8.5`, `1000`, `3k`.
fn literal(numbers: &Numbers, word: &str) -> Option<f64> {
    if !word.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let thousands = numbers.thousands.iter().find_map(|k| word.strip_suffix(k.as_str()));
    let number: f64 = thousands.unwrap_or(word).parse().ok()?;
    Some(if thousands.is_some() { number * 1000.0 } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::understanding::value::tokens::tokens;

    #[test]
    fn numbers_are_read_in_words_and_digits() {
        let words = &Language::english().values;
        for (text, expected) in [
            ("eighty-five", vec![85.0]),
            ("a hundred and twenty", vec![120.0]),
            ("two thousand three hundred and six", vec![2306.0]),
            ("twenty five thousand", vec![25_000.0]),
            ("one million two hundred thousand", vec![1_200_000.0]),
            ("1,250.50", vec![1250.5]),
            ("3k", vec![3000.0]),
            ("eight point five", vec![8.5]),
            ("three point two four", vec![3.24]),
            ("eight and a half", vec![8.5]),
            ("minus two", vec![-2.0]),
            ("-2", vec![-2.0]),
            ("half a dozen", vec![6.0]),
            ("a couple", vec![2.0]),
            ("twenty, five", vec![20.0, 5.0]),
            ("two hundred", vec![200.0]),
            ("ten nine", vec![10.0, 9.0]),
            ("a hundred and", vec![100.0]),
            ("forty two", vec![42.0]),
            ("none", vec![]),
        ] {
            let found: Vec<f64> = mentions(words, &tokens(text)).iter().map(|mention| mention.low).collect();
            assert_eq!(found, expected, "{text}");
        }
        for (text, low, high) in [
            ("six or seven", 6.0, 7.0),
            ("between six and seven", 6.0, 7.0),
            ("6-7", 6.0, 7.0),
            ("6 - 7", 6.0, 7.0),
            ("nine, maybe ten", 9.0, 10.0),
            ("six, seven", 6.0, 7.0),
            ("seven or maybe six", 6.0, 7.0),
            ("from twenty to thirty", 20.0, 30.0),
        ] {
            let found = mentions(words, &tokens(text));
            assert_eq!((found[0].low, found[0].high, found.len()), (low, high, 1), "{text}");
        }
        assert!(!mentions(words, &tokens("six and seven")).iter().any(Mention::is_range));
    }
}
