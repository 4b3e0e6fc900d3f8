//! Numbers that are said digit by digit: "forty, four zero", "one two zero".
//!
//! Owns: joining such digits into the number that they spell. Never does: join a guess between
//! neighbours, as in "six seven".

use super::numbers::{Mention, digit, number_at};
use super::tokens::{Token, longest_at};
use crate::language::values::Words;

/// The largest number of digits. More are a phone number.
const LONGEST: usize = 6;

/// Single digits that follow one another.
struct Run {
    from: usize,
    /// The token after them.
    to: usize,
    digits: String,
    /// No words stand between them, and no zero is an "oh".
    is_plain: bool,
}

/// Returns the mentions, with digits that spell one number joined. They are joined if they confirm
/// a number that was said before, or if `fits` accepts the number.
pub(super) fn joined(
    words: &Words,
    tokens: &[Token],
    mut mentions: Vec<Mention>,
    fits: impl Fn(f64, &str) -> bool,
) -> Vec<Mention> {
    let mut at = 0;
    while at < tokens.len() {
        let Some(whole) = run(words, tokens, at, LONGEST) else {
            at = number_at(&words.numbers, tokens, at).map_or(at + 1, |(_, to)| to);
            continue;
        };
        let is_said_before = |number: f64, from: usize| {
            let same = |said: &Mention| said.to <= from && !said.is_range() && (said.low - number).abs() < f64::EPSILON;
            number >= 10.0 && mentions.iter().any(same)
        };
        let is_one = |number: f64, run: &Run| {
            run.to == whole.to && run.is_plain && !is_guess(&run.digits) && fits(number, &run.digits)
        };
        let meant = (2..=whole.digits.len()).rev().find_map(|length| {
            let run = run(words, tokens, at, length)?;
            let number = run.digits.parse::<f64>().ok()?;
            (is_said_before(number, run.from) || is_one(number, &run)).then_some((number, run))
        });
        let inside = |mention: &Mention, run: &Run| mention.from < run.to && mention.to > run.from;
        // A range that began before has taken the first digit.
        let is_free =
            |run: &Run| mentions.iter().filter(|mention| inside(mention, run)).all(|mention| mention.from >= run.from);
        let Some((number, run)) = meant.filter(|(_, run)| is_free(run)) else {
            at = whole.to;
            continue;
        };
        mentions.retain(|mention| !inside(mention, &run));
        mentions.push(Mention { from: run.from, to: run.to, low: number, high: number });
        mentions.sort_by_key(|mention| mention.from);
        at = run.to;
    }
    mentions
}

/// Whether the digits are no number: "six seven" is a guess between neighbours, "six six" is said
/// twice, and no number begins with a zero.
fn is_guess(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    let ascends = bytes.windows(2).all(|pair| pair[1] == pair[0] + 1);
    let repeats = bytes.windows(2).all(|pair| pair[1] == pair[0]);
    ascends || repeats || digits.starts_with('0')
}

/// Returns at least two and at most `longest` digits from `from` on.
fn run(words: &Words, tokens: &[Token], from: usize, longest: usize) -> Option<Run> {
    let mut run = Run { from, to: from, digits: String::new(), is_plain: true };
    while let Some(token) = tokens.get(run.to).filter(|token| run.to == from || !token.ends()) {
        if run.digits.len() == longest {
            break;
        }
        let is_oh = run.to > from && token.is_joined() && token.is(&words.dictated.zero);
        let single = number_at(&words.numbers, tokens, run.to);
        let single = single.filter(|(number, to)| *to == run.to + 1 && *number >= 0.0);
        let named = digit(&words.numbers, token).filter(|digit| digit.len() == 1);
        let next = match single.and(named) {
            Some(digit) => digit,
            None if is_oh => "0".to_owned(),
            None => break,
        };
        run.is_plain &= run.to == from || (token.is_joined() && !token.before.contains('-'));
        run.is_plain &= !is_oh || single.is_some();
        run.digits.push_str(&next);
        run.to += 1;
    }
    // In "four two thousand" the last digit begins another number.
    let goes_on = tokens.get(run.to).is_some_and(|next| {
        next.is_joined()
            && (words.numbers.multipliers.contains_key(&next.word)
                || next.is(&words.numbers.point)
                || longest_at(tokens, run.to, &words.numbers.half).is_some())
    });
    (run.digits.len() >= 2 && !goes_on).then_some(run)
}
