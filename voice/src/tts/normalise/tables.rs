//! What short forms and signs stand for: `languages/en/spoken.toml`.
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

/// A currency: what it is written as, and its names (one, several, a hundredth, hundredths; the last two may be missing).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Currency {
    pub signs: Vec<String>,
    pub names: Vec<String>,
    /// Thousands are grouped by dots where it is at home: 1.234 is no decimal.
    #[serde(default)]
    pub dots: bool,
}

static ENGLISH: LazyLock<Tables> = LazyLock::new(|| {
    // A test reads the file, so no released program stops here.
    toml::from_str(include_str!("../../../../languages/en/spoken.toml"))
        .unwrap_or_else(|error| panic!("languages/en/spoken.toml: {error}"))
});

impl Tables {
    pub fn english() -> &'static Self {
        &ENGLISH
    }

    /// The words for a sign that is still there after every rule, with the spaces around them.
    pub fn sign(&self, sign: char) -> Option<String> {
        if let Some(letters) = self.letters.get(&sign) {
            return Some(letters.clone());
        }
        let words = self.signs.get(&sign)?;
        Some(if words == "," { ", ".to_owned() } else { format!(" {words} ") })
    }

    /// The currency of a sign or code.
    pub fn currency(&self, sign: &str) -> Option<&Currency> {
        self.currencies.iter().find(|currency| currency.signs.iter().any(|known| known == sign))
    }

    /// The whole name of a month as it is written: `Jan`, `Sept`, `March`.
    pub fn month(&self, written: &str) -> Option<&str> {
        full(written, &self.months, &self.short_months)
    }

    /// The whole name of a day of the week: `Mon`, `Tues`, `Friday`.
    pub fn weekday(&self, written: &str) -> Option<&str> {
        full(written, &self.weekdays, &self.short_weekdays)
    }

    /// All written forms of months, as a pattern.
    pub fn month_pattern(&self) -> String {
        pattern_of(&self.months, &self.short_months)
    }

    /// All written forms of days of the week, as a pattern.
    pub fn weekday_pattern(&self) -> String {
        pattern_of(&self.weekdays, &self.short_weekdays)
    }
}

/// The first letters that are a short form of a month or day.
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

/// A pattern of one of `words`, the longest first.
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
