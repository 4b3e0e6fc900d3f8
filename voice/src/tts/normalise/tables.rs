//! The words for short forms and signs, from `languages/en/spoken.toml`.
//!
//! Owns: the tables. Never does: search a text.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The words of one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tables {
    pub digits: [String; 10],
    pub months: [String; 12],
    pub weekdays: [String; 7],
    pub short_months: BTreeMap<String, String>,
    pub short_weekdays: BTreeMap<String, String>,
    pub times_of_day: Vec<String>,
    pub before_years: Vec<String>,
    pub before_days: Vec<String>,
    pub before_days_or_parts: Vec<String>,
    pub before_phones: Vec<String>,
    pub emergencies: Vec<String>,
    pub named: BTreeMap<String, String>,
    pub currencies: Vec<Currency>,
    pub magnitudes: BTreeMap<String, String>,
    pub per: BTreeMap<String, String>,
    pub abbreviations: BTreeMap<String, String>,
    pub before_numbers: BTreeMap<String, String>,
    pub units: BTreeMap<String, [String; 2]>,
    pub signs: BTreeMap<char, String>,
    pub letters: BTreeMap<char, String>,
}

/// A currency: how it is written, and its names (singular, plural, singular and plural of a
/// hundredth). The last two may be missing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Currency {
    pub signs: Vec<String>,
    pub names: Vec<String>,
    /// True if its country groups thousands by dots, so that 1.234 is not a decimal.
    #[serde(default)]
    pub dots: bool,
}

static ENGLISH: LazyLock<Tables> = LazyLock::new(|| {
    // A test reads the file, so no released program panics here.
    toml::from_str(include_str!("../../../../languages/en/spoken.toml"))
        .unwrap_or_else(|error| panic!("languages/en/spoken.toml: {error}"))
});

impl Tables {
    pub fn english() -> &'static Self {
        &ENGLISH
    }

    /// Returns the words, surrounded by spaces, for a sign that no rule has rewritten.
    pub fn sign(&self, sign: char) -> Option<String> {
        if let Some(letters) = self.letters.get(&sign) {
            return Some(letters.clone());
        }
        let words = self.signs.get(&sign)?;
        Some(if words == "," { ", ".to_owned() } else { format!(" {words} ") })
    }

    /// Returns the currency of a sign or code.
    pub fn currency(&self, sign: &str) -> Option<&Currency> {
        self.currencies.iter().find(|currency| currency.signs.iter().any(|known| known == sign))
    }

    /// Returns the full name of a month that is written as `Jan`, `Sept` or `March`.
    pub fn month(&self, written: &str) -> Option<&str> {
        full(written, &self.months, &self.short_months)
    }

    /// Returns the full name of a weekday that is written as `Mon`, `Tues` or `Friday`.
    pub fn weekday(&self, written: &str) -> Option<&str> {
        full(written, &self.weekdays, &self.short_weekdays)
    }

    /// Returns a pattern of all written forms of months.
    pub fn month_pattern(&self) -> String {
        pattern_of(&self.months, &self.short_months)
    }

    /// Returns a pattern of all written forms of weekdays.
    pub fn weekday_pattern(&self) -> String {
        pattern_of(&self.weekdays, &self.short_weekdays)
    }
}

/// The number of first letters that form a short name of a month or weekday.
const SHORT: usize = 3;

fn full<'a>(written: &str, names: &'a [String], short: &'a BTreeMap<String, String>) -> Option<&'a str> {
    let written = written.trim_end_matches('.');
    let name = names.iter().find(|name| *name == written || name.get(..SHORT) == Some(written));
    name.or_else(|| short.get(written)).map(String::as_str)
}

fn pattern_of(names: &[String], short: &BTreeMap<String, String>) -> String {
    let first = names.iter().filter_map(|name| name.get(..SHORT)).map(str::to_owned);
    let (names, short) = (alternatives(names.iter().cloned()), alternatives(short.keys().cloned().chain(first)));
    format!(r"(?:(?:{names})\b|(?:{short})\b\.?)")
}

/// Returns a pattern that matches one of `words`, the longest first.
pub fn alternatives(words: impl IntoIterator<Item = String>) -> String {
    let mut words: Vec<String> = words.into_iter().collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.dedup();
    words.iter().map(|word| regex::escape(word)).collect::<Vec<_>>().join("|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_can_be_read_and_their_words_spoken() {
        let tables = Tables::english();
        assert_eq!(tables.month("Sept."), Some("September"));
        assert_eq!(tables.month("Marketing"), None);
        assert_eq!(tables.weekday("Tues"), Some("Tuesday"));
        let words = tables
            .currencies
            .iter()
            .flat_map(|currency| &currency.names)
            .chain(tables.units.values().flatten())
            .chain(tables.signs.values())
            .chain(tables.abbreviations.values())
            .chain(tables.magnitudes.values());
        for word in words {
            assert!(word.chars().all(|c| c.is_ascii_alphabetic() || " -,".contains(c)), "{word}");
        }
        assert!(tables.currencies.iter().all(|currency| [2, 4].contains(&currency.names.len())));
    }
}
