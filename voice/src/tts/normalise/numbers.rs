//! Numbers as words, the way they are read aloud.
//!
//! Owns: cardinals, ordinals, years, digits. Never does: find them in a text.

use num2words::{Lang, Num2Words};

/// Longest whole number read as a quantity; longer ones are read digit by digit.
const LONGEST: usize = 15;

/// A whole or decimal number such as `1,234.50`: "one thousand two hundred thirty-four point five zero".
pub fn cardinal(number: &str) -> String {
    let plain = number.replace(',', "");
    let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, ""));
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    let spoken = match whole.parse::<i64>() {
        Ok(value) if whole.len() <= LONGEST && !leading_zero => words(value),
        _ if whole.is_empty() => "zero".to_owned(),
        _ => digits(whole),
    };
    if decimals.is_empty() { spoken } else { format!("{spoken} point {}", digits(decimals)) }
}

/// "third", "twenty-first".
pub fn ordinal(value: i64) -> String {
    Num2Words::new(value).lang(Lang::English).ordinal().to_words().map_or_else(|_| words(value), |spoken| tidy(&spoken))
}

/// "nineteen eighty-four", "twenty twenty-four", "two thousand and five".
pub fn year(value: i64) -> String {
    Num2Words::new(value).lang(Lang::English).year().to_words().map_or_else(|_| words(value), |spoken| tidy(&spoken))
}

/// "nineteen nineties", "two thousands", "nineties".
pub fn decade(value: i64) -> String {
    let spoken = if value < 100 { words(value) } else { year(value) };
    match spoken.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{spoken}s"),
    }
}

/// Each digit by itself; anything else is passed over.
pub fn digits(text: &str) -> String {
    const NAMES: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let names: Vec<&str> = text.chars().filter_map(|c| c.to_digit(10)).map(|digit| NAMES[digit as usize]).collect();
    names.join(" ")
}

/// "a half" is said "one half": a fraction whose denominator has a name of its own.
pub fn fraction(numerator: i64, denominator: i64) -> String {
    let part = match denominator {
        2 => "half".to_owned(),
        4 => "quarter".to_owned(),
        other => ordinal(other),
    };
    let plural = match (numerator, denominator) {
        (1, _) => part,
        (_, 2) => "halves".to_owned(),
        _ => format!("{part}s"),
    };
    format!("{} {plural}", words(numerator))
}

fn words(value: i64) -> String {
    Num2Words::new(value)
        .lang(Lang::English)
        .to_words()
        .map_or_else(|_| digits(&value.to_string()), |spoken| tidy(&spoken))
}

/// Commas inside a number would be heard as pauses.
fn tidy(spoken: &str) -> String {
    spoken.replace(',', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_aloud() {
        assert_eq!(cardinal("1,234.50"), "one thousand two hundred and thirty-four point five zero");
        assert_eq!(cardinal("0.05"), "zero point zero five");
        assert_eq!(cardinal("007"), "zero zero seven");
        assert_eq!(cardinal("12345678901234567890").split(' ').count(), 20);
        assert_eq!(ordinal(21), "twenty-first");
        assert_eq!(ordinal(112), "one hundred twelfth");
        assert_eq!(year(1984), "nineteen eighty-four");
        assert_eq!(year(1900), "nineteen hundred");
        assert_eq!(year(2024), "twenty twenty-four");
        assert_eq!(decade(1990), "nineteen nineties");
        assert_eq!(decade(80), "eighties");
        assert_eq!(fraction(3, 4), "three quarters");
        assert_eq!(fraction(1, 2), "one half");
        assert_eq!(fraction(2, 3), "two thirds");
    }
}
