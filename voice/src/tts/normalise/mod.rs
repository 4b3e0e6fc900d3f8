//! Converts written text to spoken words. The result has only letters and punctuation.
//!
//! Owns: numbers, dates, times, money, units, addresses, abbreviations and signs, for English as
//! written in the guide's region. The words are in `languages/en/spoken.toml`. Never does: know how
//! a word sounds, or drop anything without reporting it.

mod dates;
mod money;
mod numbers;
mod phones;
mod rules;
mod tables;
#[cfg(test)]
mod tests;
mod times;
mod words;

use interview::language::Language;
use regex::{Captures, Regex};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::TtsError;
use tables::Tables;

/// The version of the rules. It is incremented whenever a text may be read differently, so that
/// clips made before are not used again.
pub const READING: u8 = 2;

/// A text in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Normalised {
    /// Letters a to z, apostrophes, hyphens inside words, and `, . ; : ! ? " ( ) — …`.
    pub text: String,
    /// Characters for which there is no word, such as emoji and other scripts.
    pub unspoken: Vec<char>,
}

/// How a text is read in a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Locale {
    /// True if 12/05 is the fifth of December.
    pub month_first: bool,
    /// True if 1,50,000 is one lakh fifty thousand.
    pub lakhs: bool,
    /// True if 50p is fifty pence.
    pub pounds: bool,
}

/// Regions that count in lakhs and crores, and regions that pay in pounds.
const LAKHS: [&str; 5] = ["in", "pk", "bd", "np", "lk"];
const POUNDS: [&str; 5] = ["gb", "uk", "im", "je", "gg"];

impl Locale {
    /// Returns the locale of a language tag (BCP 47), such as `en`, `en-GB` or `en-IN`.
    pub fn of(tag: &str) -> Self {
        let region = tag.rsplit(['-', '_']).next().unwrap_or_default().to_lowercase();
        Self {
            month_first: Language::of(tag).is_none_or(|language| language.month_first),
            lakhs: LAKHS.contains(&region.as_str()),
            pounds: POUNDS.contains(&region.as_str()),
        }
    }
}

impl Default for Locale {
    fn default() -> Self {
        Self::of("en")
    }
}

/// What a rule needs in addition to its match.
struct Context {
    tables: &'static Tables,
    locale: Locale,
}

impl Context {
    fn cardinal(&self, number: &str) -> String {
        if self.locale.lakhs { numbers::cardinal_in_lakhs(number) } else { numbers::cardinal(number) }
    }
}

type Rewrite = fn(&Captures, &Context) -> String;
/// A pattern, and the function that rewrites its matches.
type Rule = (String, Rewrite);

/// The rules, compiled once.
pub struct Normaliser {
    tables: &'static Tables,
    rules: Vec<(Regex, Rewrite)>,
}

impl Normaliser {
    pub fn new() -> Result<Self, TtsError> {
        let tables = Tables::english();
        let rules = rules::all(tables)
            .into_iter()
            .map(|(pattern, rewrite)| Ok((Regex::new(&pattern)?, rewrite)))
            .collect::<Result<_, regex::Error>>()
            .map_err(|error| TtsError::Failed(format!("a rule of the normaliser cannot be compiled: {error}")))?;
        Ok(Self { tables, rules })
    }

    /// Returns the text in words, as it is read in `locale`.
    pub fn spoken(&self, text: &str, locale: Locale) -> Normalised {
        let context = Context { tables: self.tables, locale };
        let written = text.trim_end();
        let mut text = clean(text);
        for (pattern, rewrite) in &self.rules {
            text = pattern.replace_all(&text, |c: &Captures| rewrite(c, &context)).into_owned();
        }
        let mut said = finish(&text, self.tables);
        // The full stop of an abbreviation at the end also ends the sentence.
        if written.ends_with('.') && said.text.ends_with(|c: char| c.is_alphabetic() || c == ',') {
            said.text.truncate(said.text.trim_end_matches(',').len());
            said.text.push('.');
        }
        said
    }
}

/// Replaces variants of quotes, dashes and spaces by one form each, and removes accents where the
/// letter remains.
fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '‘' | '’' | 'ʼ' | '`' | '´' => out.push('\''),
            '“' | '”' | '„' | '«' | '»' => out.push('"'),
            '‐' | '‑' | '‒' | '–' => out.push('-'),
            '—' | '―' => out.push_str(" — "),
            '[' | '{' => out.push('('),
            ']' | '}' => out.push(')'),
            '½' => out.push_str(" 1/2"),
            '¼' => out.push_str(" 1/4"),
            '¾' => out.push_str(" 3/4"),
            '⅓' => out.push_str(" 1/3"),
            '⅔' => out.push_str(" 2/3"),
            '™' => out.push_str(" trademark "),
            '²' | '³' | '°' | 'µ' | '…' | '≠' => out.push(c),
            '\n' if !out.trim_end().ends_with(['.', '!', '?', ':', ';', ',', '…']) => out.push_str(". "),
            // Non-breaking spaces separate the groups of a number.
            '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}' => out.push('\u{a0}'),
            c if c.is_whitespace() => out.push(' '),
            // Joiners, direction marks and variation selectors have no sound.
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => {}
            c if c.is_control() => out.push(' '),
            c => out.extend(std::iter::once(c).nfkd().filter(|c| !is_combining_mark(*c))),
        }
    }
    out.replace("...", "…")
}

/// Replaces signs that no rule has rewritten by words, and tidies spaces.
fn finish(text: &str, tables: &Tables) -> Normalised {
    let mut spelled = String::with_capacity(text.len());
    let mut unspoken = Vec::new();
    for c in text.chars() {
        match c {
            'a'..='z'
            | 'A'..='Z'
            | '\''
            | '-'
            | ','
            | '.'
            | ';'
            | ':'
            | '!'
            | '?'
            | '"'
            | '('
            | ')'
            | '—'
            | '…'
            | ' ' => {
                spelled.push(c);
            }
            '²' => spelled.push_str(" squared "),
            '³' => spelled.push_str(" cubed "),
            c => {
                if let Some(word) = tables.sign(c) {
                    spelled.push_str(&word);
                } else if let Some(digit) = c.to_digit(10) {
                    spelled.extend([" ", &numbers::digits(&digit.to_string()), " "]);
                } else {
                    unspoken.push(c);
                }
            }
        }
    }
    let mut out = String::with_capacity(spelled.len());
    for word in spelled.split_whitespace() {
        let word = match word {
            "-" | "--" | "---" => "—",
            other => other,
        };
        let closes = word.starts_with([',', '.', ';', ':', '!', '?', ')', '…']);
        if !out.is_empty() && !closes && !out.ends_with('(') {
            out.push(' ');
        }
        // A pause is written only once.
        let doubled = word.starts_with(',') && out.ends_with([',', ';', ':', '—', '.', '?', '!']);
        out.push_str(if doubled { word.trim_start_matches(',') } else { word });
    }
    Normalised { text: out.trim_start_matches([',', ' ']).replace(",.", ".").replace(",?", "?"), unspoken }
}
