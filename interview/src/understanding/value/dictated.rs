//! Amounts, phone numbers and names as they are dictated.
//!
//! Owns: digits and letters one by one, spelled names, and whether more must follow. Never does:
//! guess a digit that was not said.

use super::numbers::{Mention, digit, mentions, number_at};
use super::one_by_one;
use super::tokens::{Token, longest_at, says, tokens, without_lead, without_tail};
use crate::language::values::Words;
use crate::lexicon as lex;
use crate::meaning::Value;

/// The least number of digits of a phone number.
const SHORTEST_PHONE: usize = 7;
/// The least number of digits of a phone number with a trunk prefix or a country code.
const SHORTEST_NATIONAL: usize = 9;
const LONGEST_PHONE: usize = 15;

/// Returns the number that was asked for: the one that counts what the question names, or else the
/// last of several that replace one another.
pub(super) fn amount(words: &Words, question: &str, text: &str) -> Option<Value> {
    let tokens = tokens(text);
    let numbers = &words.numbers;
    let is_pronoun = |mention: &Mention| {
        let token = &tokens[mention.from];
        let before = mention.from.checked_sub(1).map(|at| &tokens[at]);
        token.word == numbers.one
            && mention.to == mention.from + 1
            && !token.breaks()
            && before.is_some_and(|before| before.is(&numbers.before_one))
    };
    // Two digits may be a guess and its correction. Three digits, or a zero after another digit,
    // are one number.
    let fits = |_: f64, digits: &str| digits.len() > 2 || digits.ends_with('0');
    let all = one_by_one::joined(words, &tokens, mentions(words, &tokens), fits);
    let found: Vec<Mention> = all.into_iter().filter(|mention| !is_pronoun(mention)).collect();
    let asked: Vec<String> = lex::content(question).iter().map(|word| lex::stem(word)).collect();
    let named =
        |mention: &&Mention| tokens[mention.to..].iter().take(2).any(|next| asked.contains(&lex::stem(&next.word)));
    let corrected = found.windows(2).any(|pair| {
        (pair[0].to..pair[1].from.max(pair[0].to)).any(|at| longest_at(&tokens, at, &words.corrections).is_some())
    });
    let chosen = if corrected { found.last() } else { found.iter().find(named).or(found.first()) };
    let Some(chosen) = chosen else {
        let article =
            tokens.windows(2).any(|pair| pair[0].is(&numbers.article) && asked.contains(&lex::stem(&pair[1].word)));
        return match (says(&tokens, &numbers.none), article) {
            (true, _) => Some(Value::Number(0.0)),
            (_, true) if says(&tokens, &numbers.half) => Some(Value::Number(1.5)),
            (_, true) => Some(Value::Number(1.0)),
            _ => None,
        };
    };
    // "A year and a half", "two years and a half".
    let half = tokens.get(chosen.to + 1).is_some_and(|_| longest_at(&tokens, chosen.to + 1, &numbers.half).is_some());
    let value = chosen.low + if half && !chosen.is_range() { 0.5 } else { 0.0 };
    Some(if chosen.is_range() { Value::Range([chosen.low, chosen.high]) } else { Value::Number(value) })
}

/// Whether a number is unfinished: "eight point", "between six and".
pub(super) fn is_partial_number(words: &Words, text: &str) -> bool {
    let tokens = tokens(text);
    let numbers = &words.numbers;
    let Some((last, rest)) = tokens.split_last() else { return false };
    if last.is(&numbers.minus) {
        return true;
    }
    let after_number = mentions(words, rest).last().is_some_and(|mention| mention.to == rest.len());
    after_number && (last.is(&numbers.point) || last.is(&numbers.ranges))
}

/// Returns the digits, with a plus before a country code: `+447700900123`.
pub(super) fn phone(words: &Words, text: &str) -> Option<String> {
    let number = digits(words, &tokens(text));
    is_complete(&number).then_some(number)
}

pub(super) fn is_partial_phone(words: &Words, text: &str) -> bool {
    let said = tokens(text);
    let number = digits(words, &said);
    let opens =
        said.last().is_some_and(|last| last.is(&words.dictated.plus) || words.dictated.double.contains_key(&last.word));
    opens || (!number.is_empty() && !is_complete(&number))
}

fn is_complete(number: &str) -> bool {
    let national = number.starts_with(['+', '0']);
    let count = number.trim_start_matches('+').len();
    (if national { SHORTEST_NATIONAL } else { SHORTEST_PHONE }..=LONGEST_PHONE).contains(&count)
}

/// Returns the digits of the text. Digits that are said again after a correction replace the
/// earlier ones.
fn digits(words: &Words, tokens: &[Token]) -> String {
    let mut number = String::new();
    let mut at = 0;
    let mut corrected: Option<usize> = None;
    while at < tokens.len() {
        if let Some((piece, to)) = group(words, tokens, at) {
            // A trunk prefix "0" in brackets is not dialled after the country code.
            if let Some(before) = corrected.filter(|_| tokens[at].breaks() || corrected == Some(number.len())) {
                let (all, _) = run(words, tokens, at);
                let kept = if is_complete(&all) { 0 } else { before.saturating_sub(all.len()) };
                number.truncate(kept);
                corrected = None;
            }
            number.push_str(&piece);
            at = to;
            continue;
        }
        let token = &tokens[at];
        if token.is(&words.dictated.plus) && number.is_empty() {
            number.push('+');
        } else if !number.trim_start_matches('+').is_empty()
            && let Some(length) = longest_at(tokens, at, &words.corrections)
        {
            corrected = Some(number.len());
            at += length;
            continue;
        }
        at += 1;
    }
    if number == "+" { String::new() } else { number }
}

/// Returns digits that follow one another without a correction.
fn run(words: &Words, tokens: &[Token], mut at: usize) -> (String, usize) {
    let mut all = String::new();
    while let Some((piece, to)) = group(words, tokens, at) {
        all.push_str(&piece);
        at = to;
    }
    (all, at)
}

/// Reads a group: "7", "double five", "oh", "twenty-one", "eight hundred", "555".
fn group(words: &Words, tokens: &[Token], at: usize) -> Option<(String, usize)> {
    let (dictated, token) = (&words.dictated, tokens.get(at)?);
    let single = |token: &Token| {
        if token.is(&dictated.zero) { Some("0".to_owned()) } else { digit(&words.numbers, token) }
    };
    if let Some(times) = dictated.double.get(&token.word) {
        let next = tokens.get(at + 1).and_then(single)?;
        let first: String = next.chars().take(1).collect();
        return Some((first.repeat(*times) + &next[first.len()..], at + 2));
    }
    // Two digits, or hundreds: "nine hundred one two three" is 900123.
    let longest = (at + 1..=at + 2).rev().filter(|to| *to <= tokens.len()).find_map(|to| {
        let (number, end) = number_at(&words.numbers, &tokens[..to], at)?;
        let is_group = (10.0..100.0).contains(&number) || number % 100.0 == 0.0 && number > 0.0;
        (!token.is_digits() && end == to && number.fract() == 0.0 && is_group).then(|| (number.to_string(), to))
    });
    if longest.is_some() {
        return longest;
    }
    single(token).map(|digit| (digit, at + 1))
}

/// Returns a name as it was said or spelled.
pub(super) fn name(words: &Words, text: &str) -> Option<String> {
    let all = tokens(text);
    let dictated = &words.dictated;
    let mut parts: Vec<(String, bool)> = Vec::new();
    let mut spoken = false;
    let mut at = all.len() - without_lead(&all, &dictated.name_leads).len();
    let end = without_tail(&all, &dictated.name_tails).len();
    while at < end {
        if let Some((letters, to)) = spelled(words, &all[..end], at) {
            let spelled = capitalised(&letters);
            // The letters spell the word before them if it begins with the same letter.
            let same = |said: &str| said.to_lowercase().chars().next() == letters.to_lowercase().chars().next();
            match parts.last_mut().filter(|(said, was_spelled)| !was_spelled && same(said)) {
                Some(last) => *last = (spelled, true),
                None => parts.push((spelled, true)),
            }
            at = to;
            continue;
        }
        if let Some(length) = longest_at(&all, at, &dictated.spelling).filter(|_| spoken) {
            at += length;
            continue;
        }
        if let Some(length) = longest_at(&all, at, &dictated.name_leads).filter(|_| all[at].breaks()) {
            if longest_at(&all, at, &words.corrections).is_some() {
                parts.clear();
            }
            at += length;
            continue;
        }
        if let Some(length) = longest_at(&all, at, &words.corrections).filter(|_| spoken && all[at].breaks()) {
            parts.clear();
            at += length;
            continue;
        }
        let token = &all[at];
        if token.is(&dictated.no_name) || token.is_digits() {
            return None;
        }
        let glued = token.before == "-" && !parts.is_empty();
        if glued && let Some((last, _)) = parts.last_mut() {
            *last = format!("{last}-{}", cased(words, token));
        } else {
            parts.push((cased(words, token), false));
        }
        spoken = true;
        at += 1;
    }
    let name = parts.iter().map(|(part, _)| part.as_str()).collect::<Vec<_>>().join(" ");
    (!name.is_empty() && parts.len() <= 6).then_some(name)
}

fn cased(words: &Words, token: &Token) -> String {
    let lower = token.written == token.word;
    if lower && !token.is(&words.dictated.particles) { capitalised(&token.written) } else { token.written.clone() }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    first + &chars.as_str().to_lowercase()
}

/// Reads a spelled word of at least three letters: "S M I T H", "S as in Sierra, M", "double T".
/// Two letters count if they can mean nothing else.
fn spelled(words: &Words, tokens: &[Token], from: usize) -> Option<(String, usize)> {
    let (letters, to) = letters(words, tokens, from);
    (letters.chars().count() >= 3 || (letters.chars().count() == 2 && to > from + 2)).then_some((letters, to))
}

/// Whether letters are said one by one.
pub(super) fn spells(words: &Words, text: &str) -> bool {
    let all = tokens(text);
    (0..all.len()).any(|at| spelled(words, &all, at).is_some())
}

/// Returns the letters that are said one by one from here on.
pub(super) fn letters(words: &Words, tokens: &[Token], from: usize) -> (String, usize) {
    let dictated = &words.dictated;
    let (mut letters, mut at) = (String::new(), from);
    while let Some(token) = tokens.get(at) {
        if let Some(letter) = token.letter() {
            letters.push(letter);
            at += 1;
            // "S as in Sierra", "S for sugar".
            if let Some(length) = longest_at(tokens, at, &dictated.as_in)
                && tokens.get(at + length).is_some_and(|word| word.word.starts_with(letter))
            {
                at += length + 1;
            }
        } else if let Some(times) = dictated.double.get(&token.word)
            && let Some(letter) = tokens.get(at + 1).and_then(Token::letter)
        {
            letters.extend(std::iter::repeat_n(letter, *times));
            at += 2;
        } else {
            break;
        }
    }
    (letters, at)
}

/// Whether a spelled name is unfinished: "Smith, S M", "S as in".
pub(super) fn is_partial_name(words: &Words, text: &str) -> bool {
    let all = tokens(text);
    let dictated = &words.dictated;
    if (0..all.len()).any(|at| {
        let ends = longest_at(&all, at, &dictated.as_in).is_some_and(|length| at + length == all.len());
        ends && at > 0 && all[at - 1].letter().is_some()
    }) {
        return true;
    }
    if all.last().is_some_and(|last| dictated.double.contains_key(&last.word)) {
        return true;
    }
    let Some(from) = (0..all.len()).find(|from| letters(words, &all, *from).1 == all.len()) else {
        // "It's Smith, that's spelled".
        return (1..all.len()).any(|at| {
            longest_at(&all, at, &dictated.spelling).is_some_and(|length| length > 1 && at + length == all.len())
        });
    };
    let (so_far, _) = letters(words, &all, from);
    let said = all[..from].iter().rev().find(|token| {
        token.word.chars().count() > 1 && token.word.chars().next() == so_far.to_lowercase().chars().next()
    });
    let count = so_far.chars().count();
    match said {
        Some(said) => count < said.word.chars().count().saturating_sub(1),
        None => count <= 2 && count == all.len() - from,
    }
}
