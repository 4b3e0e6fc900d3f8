//! Numbers as words, as they are read aloud.
//!
//! Owns: cardinals, ordinals, years and digits. Never does: find numbers in a text.

use num2words::{Lang, Num2Words};

use super::tables::Tables;

/// The maximum number of digits of a whole number that is read as a quantity. Longer numbers are
/// read digit by digit.
const LONGEST: usize = 15;
const LAKH: i64 = 100_000;
const CRORE: i64 = 10_000_000;

/// Returns a whole or decimal number in words: `1,234.50` is "one thousand two hundred thirty-four
/// point five zero".
pub fn cardinal(number: &str) -> String {
    counted(number, words)
}

/// Like [`cardinal`], for regions that count in lakhs and crores. A number that is grouped by
/// thousands is read in thousands.
pub fn cardinal_in_lakhs(number: &str) -> String {
    let groups = number.split('.').next().unwrap_or_default().split(',');
    let thousands = number.matches(',').count() > 1 && groups.skip(1).all(|group| group.len() == 3);
    if thousands { cardinal(number) } else { counted(number, in_lakhs) }
}

fn counted(number: &str, words: fn(i64) -> String) -> String {
    let plain = number.replace(',', "");
    let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, ""));
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    let spoken = match whole.parse::<i64>() {
        Ok(value) if whole.len() <= LONGEST && !leading_zero => words(value),
        _ if whole.is_empty() => digits("0"),
        _ => digits(whole),
    };
    if decimals.is_empty() { spoken } else { format!("{spoken} point {}", digits(decimals)) }
}

fn in_lakhs(value: i64) -> String {
    let mut parts = Vec::new();
    let (crores, below) = (value / CRORE, value % CRORE);
    if crores > 0 {
        parts.push(format!("{} crore", in_lakhs(crores)));
    }
    if below / LAKH > 0 {
        parts.push(format!("{} lakh", words(below / LAKH)));
    }
    if below % LAKH > 0 || parts.is_empty() {
        parts.push(words(below % LAKH));
    }
    parts.join(" ")
}

/// Returns an ordinal, such as "third" or "twenty-first".
pub fn ordinal(value: i64) -> String {
    Num2Words::new(value).lang(Lang::English).ordinal().to_words().map_or_else(|_| words(value), |spoken| tidy(&spoken))
}

/// Returns a year, such as "nineteen eighty-four", "twenty twenty-four" or "two thousand and five".
pub fn year(value: i64) -> String {
    Num2Words::new(value).lang(Lang::English).year().to_words().map_or_else(|_| words(value), |spoken| tidy(&spoken))
}

/// Returns a decade, such as "nineteen nineties", "two thousands" or "nineties".
pub fn decade(value: i64) -> String {
    let spoken = if value < 100 { words(value) } else { year(value) };
    match spoken.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{spoken}s"),
    }
}

/// Returns each digit as a word. Other characters are skipped.
pub fn digits(text: &str) -> String {
    let names = &Tables::english().digits;
    let names: Vec<&str> =
        text.chars().filter_map(|c| c.to_digit(10)).map(|digit| names[digit as usize].as_str()).collect();
    names.join(" ")
}

/// Returns a fraction whose denominator has a name of its own. One half is read "one half" instead
/// of "a half".
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

/// Removes commas inside a number, because they would be heard as pauses.
fn tidy(spoken: &str) -> String {
    spoken.replace(',', "")
}

/// Converts a number in any grouping to the form that the rules expect: commas between groups and a
/// point before decimals. Returns `None` for a list or a code. `dots` is true where 1.234 means
/// thousands.
pub fn regrouped(written: &str, dots: bool) -> Option<String> {
    let is_digit = |c: char| c.is_ascii_digit();
    let signs: Vec<char> = written.chars().filter(|c| !is_digit(*c)).collect();
    let parts: Vec<&str> = written.split(|c| !is_digit(c)).collect();
    let last = parts.last()?.len();
    let is_group = |first: &str| (1..=3).contains(&first.len()) && first != "0";
    let decimals = match signs[..] {
        [] => return Some(written.to_owned()),
        ['.'] => !(last == 3 && dots && is_group(parts[0])),
        [','] if last == 3 && is_group(parts[0]) => false,
        [','] if last <= 2 => true,
        [_] => false,
        [.., before, end] => end != before && matches!(end, '.' | ','),
    };
    let (groups, fraction) = if decimals { parts.split_at(parts.len() - 1) } else { (&parts[..], &[][..]) };
    let same = signs[..groups.len() - 1].windows(2).all(|pair| pair[0] == pair[1]);
    let thousands = groups.len() == 1 || is_group(groups[0]) && groups[1..].iter().all(|group| group.len() == 3);
    // In 12,34,567, the last group has three digits and the others have two.
    let pairs = groups.len() > 2 && signs[0] == ',' && (1..=2).contains(&groups[0].len()) && {
        let (end, pairs) = groups[1..].split_last()?;
        end.len() == 3 && pairs.iter().all(|pair| pair.len() == 2)
    };
    if !same || !(thousands || pairs) {
        return None;
    }
    let whole = groups.join(",");
    Some(fraction.first().map_or_else(|| whole.clone(), |fraction| format!("{whole}.{fraction}")))
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

    #[test]
    fn lakhs_and_crores_are_counted_where_they_are_used() {
        for (number, said) in [
            ("99,999", "ninety-nine thousand nine hundred ninety-nine"),
            ("1,50,000", "one lakh fifty thousand"),
            ("150000.5", "one lakh fifty thousand point five"),
            ("2,00,00,000", "two crore"),
            ("12,34,56,789", "twelve crore thirty-four lakh fifty-six thousand seven hundred eighty-nine"),
            ("1,500,000", "one million five hundred thousand"),
        ] {
            assert_eq!(cardinal_in_lakhs(number).replace(" and ", " "), said, "{number}");
        }
    }

    #[test]
    fn every_way_of_grouping_is_known() {
        for (written, dots, number) in [
            ("1500", false, Some("1500")),
            ("1,500.25", false, Some("1,500.25")),
            ("1.500,25", false, Some("1,500.25")),
            ("1.500.000", false, Some("1,500,000")),
            ("1 500 000,5", false, Some("1,500,000.5")),
            ("1'500'000.50", false, Some("1,500,000.50")),
            ("1,50,000", false, Some("1,50,000")),
            ("12,34,56,789.10", false, Some("12,34,56,789.10")),
            ("0,50", false, Some("0.50")),
            ("3,5", false, Some("3.5")),
            ("1,234", false, Some("1,234")),
            ("1.234", false, Some("1.234")),
            ("1.234", true, Some("1,234")),
            ("0.125", true, Some("0.125")),
            ("10,20,30", false, None),
            ("1.2.3", false, None),
            ("1,2345", false, None),
            ("1.234,567,8", false, None),
            ("1234,567", false, None),
        ] {
            assert_eq!(regrouped(written, dots).as_deref(), number, "{written}");
        }
    }
}
