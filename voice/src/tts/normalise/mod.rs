//! From text as it is written to words as they are said: what is left holds only letters and punctuation.
//!
//! Owns: numbers, dates, times, money, units, addresses, abbreviations and signs, for English as it is written in the
//! guide's own region; the words themselves are in `languages/en/spoken.toml`.
//! Never does: know how a word sounds, drop anything silently.

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

/// Goes up whenever a text may come to be read otherwise: clips made before are not used any more.
pub const READING: u8 = 2;

/// A text in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Normalised {
    /// Letters a–z, apostrophes, hyphens inside words, and `, . ; : ! ? " ( ) — …`.
    pub text: String,
    /// Signs for which there is no word (emoji, other scripts).
    pub unspoken: Vec<char>,
}

/// How one and the same text is read in different regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Locale {
    /// Whether 12/05 is the fifth of December.
    pub month_first: bool,
    /// Whether 1,50,000 is one lakh fifty thousand.
    pub lakhs: bool,
    /// Whether 50p is fifty pence.
    pub pounds: bool,
}

/// Regions that count in lakhs and crores, and those that pay in pounds.
const LAKHS: [&str; 5] = ["in", "pk", "bd", "np", "lk"];
const POUNDS: [&str; 5] = ["gb", "uk", "im", "je", "gg"];

impl Locale {
    /// Of a language tag (BCP 47): `en`, `en-GB`, `en-IN`.
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

/// What a rule needs besides its match.
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
/// A pattern, and what becomes of what it matches.
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
            .map_err(|error| TtsError::Failed(format!("a rule of the normaliser: {error}")))?;
        Ok(Self { tables, rules })
    }

    /// The text in words, as it is read in `locale`.
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

/// One form for each kind of quote, dash and space; accents taken off where the letter remains.
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
            // Spaces that do not break stand between the groups of a number.
            '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}' => out.push('\u{a0}'),
            c if c.is_whitespace() => out.push(' '),
            // Joiners, marks of direction and variation selectors have no sound.
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => {}
            c if c.is_control() => out.push(' '),
            c => out.extend(std::iter::once(c).nfkd().filter(|c| !is_combining_mark(*c))),
        }
    }
    out.replace("...", "…")
}

/// Signs that no rule took become words; spaces are tidied.
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
        // A pause is made once.
        let doubled = word.starts_with(',') && out.ends_with([',', ';', ':', '—', '.', '?', '!']);
        out.push_str(if doubled { word.trim_start_matches(',') } else { word });
    }
    Normalised { text: out.trim_start_matches([',', ' ']).replace(",.", ".").replace(",?", "?"), unspoken }
}
