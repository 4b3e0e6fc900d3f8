//! From text as it is written to words as they are said: what is left holds only letters and punctuation.
//!
//! Owns: numbers, dates, times, money, units, addresses, abbreviations and signs, for English.
//! Never does: know how a word sounds, drop anything silently.

mod numbers;
mod rules;
mod tables;

use regex::{Captures, Regex};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::TtsError;

/// A text in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Normalised {
    /// Letters a–z, apostrophes, hyphens inside words, and `, . ; : ! ? " ( ) — …`.
    pub text: String,
    /// Signs for which there is no word (emoji, other scripts).
    pub unspoken: Vec<char>,
}

type Rewrite = fn(&Captures) -> String;

/// The rules, compiled once.
pub struct Normaliser {
    rules: Vec<(Regex, Rewrite)>,
}

impl Normaliser {
    pub fn new() -> Result<Self, TtsError> {
        let rules = rules::all()
            .into_iter()
            .map(|(pattern, rewrite)| Ok((Regex::new(&pattern)?, rewrite)))
            .collect::<Result<_, regex::Error>>()
            .map_err(|error| TtsError::Failed(format!("a rule of the normaliser: {error}")))?;
        Ok(Self { rules })
    }

    /// The text in words.
    pub fn spoken(&self, text: &str) -> Normalised {
        let mut text = clean(text);
        for (pattern, rewrite) in &self.rules {
            text = pattern.replace_all(&text, rewrite).into_owned();
        }
        finish(&text)
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
            '²' | '³' | '°' | 'µ' | '…' => out.push(c),
            '\n' if !out.trim_end().ends_with(['.', '!', '?', ':', ';', ',', '…']) => out.push_str(". "),
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
fn finish(text: &str) -> Normalised {
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
                if let Some(word) = tables::sign(c) {
                    spelled.push_str(word);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_forms_are_said_in_words() {
        let normaliser = Normaliser::new().unwrap();
        for (written, said) in [
            (
                "It costs $3.50, or €1,200.",
                "It costs three dollars and fifty cents, or one thousand two hundred euros.",
            ),
            (
                "A $5M round and $2.5 billion more",
                "A five million dollars round and two point five billion dollars more",
            ),
            ("£0.99 or 20 EUR", "ninety-nine pence or twenty euros"),
            ("About 12.5% of 1,500 users.", "About twelve point five percent of one thousand five hundred users."),
            ("Since 1999, in 2024", "Since nineteen ninety-nine, in twenty twenty-four"),
            ("2000 users in the 1990s", "two thousand users in the nineteen nineties"),
            ("from 2019–2021", "from twenty nineteen to twenty twenty-one"),
            ("the 3rd of 21st", "the third of twenty-first"),
            ("at 3:30 pm or 14:05 or 9 a.m.", "at three thirty P M or fourteen oh five or nine eh M"),
            ("at 12:00.", "at twelve o'clock."),
            ("open 24/7", "open twenty-four seven"),
            ("Rate it 1-10, or 8/10.", "Rate it one to ten, or eight out of ten."),
            ("1/2 cup, 3/4 full", "one half cup, three quarters full"),
            ("Call +1 (555) 123-4567.", "Call plus one, five five five, one two three, four five six seven."),
            ("Call 555-0199 now", "Call five five five, zero one nine nine now"),
            ("on 2024-05-03", "on May third, twenty twenty-four"),
            ("May 5, 2023 and 7 June", "May fifth, twenty twenty-three and the seventh of June"),
            (
                "Dr. Smith and Mr. Lee, e.g. nurses, etc.",
                "Doctor Smith and Mister Lee, for example, nurses, et cetera.",
            ),
            ("St. Paul lives on Main St. now", "Saint Paul lives on Main Street now"),
            (
                "5 km at 60 km/h with 1 kg and 16GB",
                "five kilometers at sixty kilometers per hour with one kilogram and sixteen gigabytes",
            ),
            ("-5°C or 72 °F", "minus five degrees Celsius or seventy-two degrees Fahrenheit"),
            ("R&D @ Q&A: 2+2=4", "R and D at Q and eh: two plus two equals four"),
            ("Mail joe.doe+x@acme-labs.io", "Mail joe dot doe plus x at acme dash labs dot io"),
            (
                "See https://www.example.com/a_b?c=1.",
                "See W W W dot example dot com slash a underscore b question mark c equals one.",
            ),
            (
                "Version v1.2.3 on 10.0.0.1",
                "Version version one point two point three on ten point zero point zero point one",
            ),
            ("Q3, MP3, 5G and B2B", "Q three, MP three, five G and B to B"),
            ("10k users, 3x faster", "ten thousand users, three times faster"),
            ("#1 issue, No. 7", "number one issue, number seven"),
            ("yes/no, his/her", "yes or no, his or her"),
            ("naïve café Rákóczi", "naive cafe Rakoczi"),
            ("first\nsecond", "first. second"),
            ("*very* good - really -- yes", "very good — really — yes"),
            ("ratio 3:1", "ratio three to one"),
            (
                "agent 007 of 12345678901",
                "agent zero zero seven of one two three four five six seven eight nine zero one",
            ),
            ("file report.pdf", "file report dot pdf"),
            ("≥ 5 and ~10", "at least five and about ten"),
        ] {
            let got = normaliser.spoken(written);
            assert_eq!((got.text.as_str(), got.unspoken.len()), (said, 0), "{written}");
        }
    }

    #[test]
    fn what_has_no_word_is_reported() {
        let got = Normaliser::new().unwrap().spoken("Fine 🙂 привет");
        assert_eq!(got.text, "Fine");
        assert_eq!(got.unspoken.len(), 7);
    }
}
