//! Converts words to the symbols that Kokoro was trained on.
//!
//! Owns: pronunciation, which comes from the lexicon (misaki), then from a small network for
//! unknown words, and then letter by letter, and the check that no symbol is lost on the way to
//! token ids. Never does: read numbers or signs, which `normalise` does.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

use misaki_rs::{G2P, Language};
use serde::Deserialize;

use super::TtsError;
use super::normalise::{Locale, Normaliser};
use super::unknown::{UnknownWords, kokoro_symbols};

/// The accent of English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accent {
    American,
    British,
}

/// The pronunciation of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Phonemes {
    /// Symbols of Kokoro's alphabet. Each has a token.
    pub symbols: String,
    /// Words that the network pronounced or that are spelled.
    pub guessed: Vec<String>,
    /// What could not be spoken: signs without a word, and symbols without a token.
    pub unspoken: Vec<String>,
}

/// Kokoro's symbols and their token ids.
pub struct Vocabulary {
    ids: HashMap<char, i64>,
}

impl Vocabulary {
    /// Reads a JSON file of the form `{"vocab": {"symbol": id}}`.
    pub fn load(path: &Path) -> Result<Self, TtsError> {
        #[derive(Deserialize)]
        struct File {
            vocab: HashMap<char, i64>,
        }
        let broken = |reason: String| TtsError::Model { path: path.display().to_string(), reason };
        let text = std::fs::read(path).map_err(|error| broken(error.to_string()))?;
        let file: File = serde_json::from_slice(&text).map_err(|error| broken(error.to_string()))?;
        Ok(Self { ids: file.vocab })
    }

    /// Returns the token ids of `symbols`. Symbols without a token are skipped; [`Phonemes`] has
    /// none.
    pub fn tokens(&self, symbols: &str) -> Vec<i64> {
        symbols.chars().filter_map(|symbol| self.ids.get(&symbol).copied()).collect()
    }
}

/// Converts text to phonemes. All threads share one.
pub struct Phonemizer {
    normaliser: Normaliser,
    american: OnceLock<G2P>,
    british: OnceLock<G2P>,
    unknown: UnknownWords,
    vocabulary: Vocabulary,
}

impl Phonemizer {
    /// Reads the network and the vocabulary. A lexicon is unpacked when its accent is first used,
    /// which takes about 0.2 s. See [`Phonemizer::warm`].
    pub fn load(unknown_words: &Path, vocabulary: &Path) -> Result<Self, TtsError> {
        Ok(Self {
            normaliser: Normaliser::new()?,
            american: OnceLock::new(),
            british: OnceLock::new(),
            unknown: UnknownWords::load(unknown_words)?,
            vocabulary: Vocabulary::load(vocabulary)?,
        })
    }

    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Returns the pronunciation of a written text.
    pub fn phonemes(&self, text: &str, accent: Accent, locale: Locale) -> Result<Phonemes, TtsError> {
        let words = self.normaliser.spoken(text, locale);
        let mut said =
            Phonemes { unspoken: words.unspoken.iter().map(char::to_string).collect(), ..Phonemes::default() };
        if words.text.is_empty() {
            return Ok(said);
        }
        let mut symbols = String::new();
        for token in self.tokens(&words.text, accent)? {
            let Token { text, phonemes, space } = token;
            if let Some(known) = phonemes {
                symbols.push_str(&known);
            } else {
                symbols.push_str(&self.guess(&text, accent)?);
                said.guessed.push(text);
            }
            symbols.push_str(&space);
        }
        for symbol in symbols.trim().chars() {
            match self.nearest(symbol) {
                Some(symbol) => said.symbols.push(symbol),
                None => said.unspoken.push(symbol.to_string()),
            }
        }
        Ok(said)
    }

    /// Returns the symbol itself if it has a token, and otherwise the one that sounds most like it.
    fn nearest(&self, symbol: char) -> Option<char> {
        let near = match symbol {
            'g' => 'ɡ',
            'ɫ' => 'l',
            'ɝ' => 'ɜ',
            '\t' | '\n' => ' ',
            other => other,
        };
        self.vocabulary.ids.contains_key(&near).then_some(near)
    }

    /// Returns the lexicon's pronunciation of each word, or none for a word that it lacks or knows
    /// only in part.
    fn tokens(&self, text: &str, accent: Accent) -> Result<Vec<Token>, TtsError> {
        let lexicon = self.lexicon(accent);
        // A word that the lexicon lacks has no phonemes, or has its sign for "unknown" among the
        // phonemes of its known parts.
        let (_, tokens) = lexicon.g2p(text).map_err(|error| TtsError::Failed(format!("pronunciation: {error}")))?;
        Ok(tokens
            .into_iter()
            .map(|token| {
                let spoken = token.text.chars().any(char::is_alphanumeric);
                let phonemes = token.phonemes.filter(|known| {
                    !known.contains(lexicon.unk.as_str()) && (!spoken || known.chars().any(char::is_alphabetic))
                });
                // Punctuation without a sound is at most a pause, and must not be pronounced by the
                // network.
                let phonemes = if spoken { phonemes } else { Some(phonemes.unwrap_or_default()) };
                Token { text: token.text, phonemes, space: token.whitespace }
            })
            .collect())
    }

    /// Pronounces a word that the lexicon lacks, part by part if it is a compound.
    fn guess(&self, word: &str, accent: Accent) -> Result<String, TtsError> {
        let parts: Vec<&str> =
            word.split(|c: char| !c.is_ascii_alphabetic() && c != '\'').filter(|part| !part.is_empty()).collect();
        let mut out = Vec::with_capacity(parts.len());
        for part in &parts {
            let alone = if parts.len() > 1 { self.tokens(part, accent)? } else { Vec::new() };
            out.push(match alone.as_slice() {
                [Token { phonemes: Some(known), .. }] => known.clone(),
                _ => self.guess_part(part, accent),
            });
        }
        Ok(out.join(" "))
    }

    fn guess_part(&self, part: &str, accent: Accent) -> String {
        let british = accent == Accent::British;
        if let Some(stem) = part.strip_suffix("'s").or_else(|| part.strip_suffix("'S")) {
            let stem = self.guess_part(stem, accent);
            let ending = match stem.chars().last() {
                Some('s' | 'z' | 'ʃ' | 'ʒ' | 'ʧ' | 'ʤ') => "ɪz",
                Some('p' | 't' | 'k' | 'f' | 'θ') => "s",
                _ => "z",
            };
            return stem + ending;
        }
        let letters: String = part.chars().filter(char::is_ascii_alphabetic).collect();
        let pronounceable = letters.chars().any(|c| "aeiouyAEIOUY".contains(c));
        if pronounceable {
            let symbols = kokoro_symbols(&self.unknown.arpabet(&letters), british);
            if !symbols.is_empty() {
                return symbols;
            }
        }
        letters.chars().map(|letter| letter_name(letter, british)).collect()
    }

    fn lexicon(&self, accent: Accent) -> &G2P {
        match accent {
            Accent::American => self.american.get_or_init(|| G2P::new(Language::EnglishUS)),
            Accent::British => self.british.get_or_init(|| G2P::new(Language::EnglishGB)),
        }
    }
}

struct Token {
    text: String,
    phonemes: Option<String>,
    space: String,
}

fn letter_name(letter: char, british: bool) -> String {
    let name = match letter.to_ascii_uppercase() {
        'A' => "ˈA",
        'B' => "bˈi",
        'C' => "sˈi",
        'D' => "dˈi",
        'E' => "ˈi",
        'F' => "ˈɛf",
        'G' => "ʤˈi",
        'H' => "ˈAʧ",
        'I' => "ˈI",
        'J' => "ʤˈA",
        'K' => "kˈA",
        'L' => "ˈɛl",
        'M' => "ˈɛm",
        'N' => "ˈɛn",
        'O' => "ˈO",
        'P' => "pˈi",
        'Q' => "kjˈu",
        'R' => "ˈɑɹ",
        'S' => "ˈɛs",
        'T' => "tˈi",
        'U' => "jˈu",
        'V' => "vˈi",
        'W' => "dˈʌbᵊlju",
        'X' => "ˈɛks",
        'Y' => "wˈI",
        'Z' if british => "zˈɛd",
        'Z' => "zˈi",
        _ => "",
    };
    if british {
        name.replace('i', "iː").replace('u', "uː").replace("ɑɹ", "ɑː").replace('O', "Q")
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tts::round_trip::phonemizer;

    /// Texts that are difficult for synthesisers.
    const NASTY: &str = include_str!("nasty.txt");

    #[test]
    fn nothing_is_dropped_from_nasty_sentences() {
        let phonemizer = phonemizer();
        let lines: Vec<&str> = NASTY.lines().filter(|line| !line.is_empty()).collect();
        assert!(lines.len() >= 100, "{}", lines.len());
        for line in lines {
            for accent in [Accent::American, Accent::British] {
                let said = phonemizer.phonemes(line, accent, Locale::default()).unwrap();
                assert!(said.unspoken.is_empty(), "{line}: {:?}", said.unspoken);
                // Every word of the normalised text must be pronounced, so there must be at least
                // as many spoken groups as words. Spelled words have more.
                let words = phonemizer.normaliser.spoken(line, Locale::default()).text;
                let sounding =
                    |text: &str| text.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count();
                assert!(sounding(&said.symbols) >= sounding(&words), "{line}\n{words}\n{}", said.symbols);
                assert_eq!(phonemizer.vocabulary().tokens(&said.symbols).len(), said.symbols.chars().count());
            }
        }
    }

    #[test]
    fn words_no_lexicon_has_are_spoken() {
        let phonemizer = phonemizer();
        for word in ["Postgres", "Kubernetes", "Rakoczi", "SaaS", "Rákóczi's", "Zyxqwv", "bcdfg", "Postgres-like"] {
            let said = phonemizer.phonemes(word, Accent::American, Locale::default()).unwrap();
            assert!(said.symbols.chars().filter(|c| c.is_alphabetic()).count() >= 3, "{word}: {said:?}");
            assert!(said.unspoken.is_empty(), "{word}: {said:?}");
        }
        let said = phonemizer.phonemes("We run Postgres on Kubernetes.", Accent::American, Locale::default()).unwrap();
        assert_eq!(said.guessed, ["Postgres", "Kubernetes"]);
        assert_eq!(said.symbols.split_whitespace().count(), 5, "{}", said.symbols);
    }

    #[test]
    fn acronyms_are_spelled_unless_they_are_words() {
        let phonemizer = phonemizer();
        let said = |text: &str| phonemizer.phonemes(text, Accent::American, Locale::default()).unwrap().symbols;
        assert_eq!(said("API"), "ˌApˌiˈI");
        assert!(said("NASA").starts_with("nˈæs"), "{}", said("NASA"));
        assert!(said("PDF").ends_with("ˈɛf"), "{}", said("PDF"));
    }

    #[test]
    fn the_accents_differ() {
        let phonemizer = phonemizer();
        let american = phonemizer.phonemes("tomato schedule", Accent::American, Locale::default()).unwrap().symbols;
        let british = phonemizer.phonemes("tomato schedule", Accent::British, Locale::default()).unwrap().symbols;
        assert_ne!(american, british);
        assert!(british.contains("ʃˈɛ"), "{british}");
    }

    #[test]
    fn what_cannot_be_spoken_is_reported() {
        let said = phonemizer().phonemes("Good 🙂", Accent::American, Locale::default()).unwrap();
        assert_eq!((said.symbols.as_str(), said.unspoken), ("ɡˈʊd", vec!["🙂".to_owned()]));
    }
}
