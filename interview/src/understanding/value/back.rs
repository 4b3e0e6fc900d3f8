//! A value as it is read back for confirmation.
//!
//! Owns: spelling addresses letter by letter, digits in groups, and dates in words. Never does:
//! change the value.

use crate::guide::{Expects, Question};
use crate::language::Language;
use crate::language::values::Words;
use crate::meaning::Value;

/// Returns the sentence that reads back what the question `expects`, or none where nothing needs to
/// be confirmed.
pub fn spoken_back(language: &Language, question: &Question, value: &Value) -> Option<String> {
    let words = &language.values;
    let text = match (question.expects?, value) {
        (Expects::Number, Value::Number(number)) => amount(words, *number),
        (Expects::Number, Value::Range([low, high])) => {
            format!("{} {} {}", amount(words, *low), words.back.to, amount(words, *high))
        }
        (Expects::Email, Value::Text(address)) => email(words, address)?,
        (Expects::Phone, Value::Text(number)) => phone(words, number),
        (Expects::Name, Value::Text(name)) => {
            let letters = name.split([' ', '-']).map(spelled).collect::<Vec<_>>().join(", ");
            words.back.spelled.replace("{name}", name).replace("{letters}", &letters)
        }
        (Expects::Date, Value::Date(date)) => self::date(words, date, language.month_first)?,
        _ => return None,
    };
    Some(words.back.confirm.replace("{value}", &text))
}

fn amount(words: &Words, number: f64) -> String {
    if number < 0.0 { format!("{} {}", words.back.minus, -number) } else { number.to_string() }
}

fn spelled(word: &str) -> String {
    word.chars().map(|c| c.to_uppercase().to_string()).collect::<Vec<_>>().join(" ")
}

/// Spells an address: "j o h n at example dot com". The local part is spelled, and the domain is
/// read by its words.
fn email(words: &Words, address: &str) -> Option<String> {
    let back = &words.back;
    let (local, domain) = address.rsplit_once('@')?;
    let sign = |c: char| match c {
        '.' => back.dot.clone(),
        c if c.is_ascii_digit() => digit(words, c),
        c => back.symbols.get(&c.to_string()).cloned().unwrap_or_else(|| c.to_string()),
    };
    let local: Vec<String> = local.chars().map(sign).collect();
    let domain: String =
        domain.chars().map(|c| if c.is_alphabetic() { c.to_string() } else { format!(" {} ", sign(c)) }).collect();
    let domain = domain.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(format!("{} {} {domain}", local.join(" "), back.at))
}

fn digit(words: &Words, c: char) -> String {
    let name = c.to_digit(10).and_then(|digit| words.back.digits.get(digit as usize));
    name.cloned().unwrap_or_else(|| c.to_string())
}

/// The digits one by one, in groups of three. The last group has up to four.
fn phone(words: &Words, number: &str) -> String {
    let digits: Vec<String> = number.chars().filter(char::is_ascii_digit).map(|c| digit(words, c)).collect();
    let mut groups: Vec<String> = Vec::new();
    let mut rest = &digits[..];
    while rest.len() > 4 {
        let (group, after) = rest.split_at(3);
        groups.push(group.join(" "));
        rest = after;
    }
    groups.push(rest.join(" "));
    let text = groups.join(", ");
    if number.starts_with('+') { format!("{} {text}", words.back.plus) } else { text }
}

fn date(words: &Words, iso: &str, month_first: bool) -> Option<String> {
    let (dates, back) = (&words.dates, &words.back);
    let bare = iso.trim_start_matches('-');
    let missing = iso.len() - bare.len();
    let numbers: Vec<u32> = bare.split('-').filter_map(|number| number.parse().ok()).collect();
    let (year, month, day) = match (missing, &numbers[..]) {
        (0, [year, month, day]) => (Some(*year), Some(*month), Some(*day)),
        (0, [year, month]) => (Some(*year), Some(*month), None),
        (0, [year]) => (Some(*year), None, None),
        (2, [month, day]) => (None, Some(*month), Some(*day)),
        (2, [month]) => (None, Some(*month), None),
        (3, [day]) => (None, None, Some(*day)),
        _ => return None,
    };
    let month = match month {
        Some(month) => Some(capitalised(dates.months.get(month.checked_sub(1)? as usize)?.first()?)),
        None => None,
    };
    let day = match day {
        Some(day) => Some(ordinal(words, day)?),
        None => None,
    };
    let date = match (&month, &day) {
        (Some(month), Some(day)) => {
            let form = if month_first { &back.month_first } else { &back.day_first };
            form.replace("{day}", day).replace("{month}", month)
        }
        (Some(month), None) => match year {
            Some(year) => {
                return Some(back.month_and_year.replace("{month}", month).replace("{year}", &year.to_string()));
            }
            None => month.clone(),
        },
        (None, Some(day)) => back.the_day.replace("{day}", day),
        (None, None) => return year.map(|year| year.to_string()),
    };
    Some(match year {
        Some(year) => back.with_year.replace("{date}", &date).replace("{year}", &year.to_string()),
        None => date,
    })
}

fn ordinal(words: &Words, day: u32) -> Option<String> {
    let dates = &words.dates;
    if day == 30 {
        return Some(dates.thirtieth.clone());
    }
    if let Some(name) = dates.ordinals.get(day.checked_sub(1)? as usize) {
        return Some(name.clone());
    }
    let ten = dates.tens.iter().find(|(_, ten)| **ten == day / 10 * 10)?.0;
    Some(format!("{ten}-{}", dates.ordinals.get((day % 10).checked_sub(1)? as usize)?))
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}
