//! Splits texts into BERT's word pieces: lower case, without accents, with punctuation separate,
//! and then the longest pieces in the vocabulary.
//!
//! Owns: this algorithm for the uncased English vocabulary. A tokenizer library would do the same
//! with thirty more crates, and formats that are not needed here. Never does: know what the pieces
//! mean.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Marks the beginning of a word in the vocabulary file.
const BEGINS: char = '▁';
/// Words with more characters become the unknown piece.
const LONGEST_WORD: usize = 100;

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct VocabularyError(String);

/// The vocabulary and the splitting of texts.
#[derive(Debug)]
pub struct WordPiece {
    pieces: HashMap<String, i64>,
    unknown: i64,
    begin: i64,
    end: i64,
}

impl WordPiece {
    /// Reads a JSON list of pieces in the order of their ids. Pieces that begin a word are preceded
    /// by `▁`.
    pub fn read(json: &[u8]) -> Result<Self, VocabularyError> {
        let list: Vec<String> = serde_json::from_slice(json).map_err(|error| VocabularyError(error.to_string()))?;
        let pieces: HashMap<String, i64> = list.into_iter().zip(0..).collect();
        let id = |name: &str| {
            pieces.get(name).copied().ok_or_else(|| VocabularyError(format!("the vocabulary has no {name}")))
        };
        Ok(Self { unknown: id("[UNK]")?, begin: id("[CLS]")?, end: id("[SEP]")?, pieces })
    }

    /// Returns at most `most` ids, including the marks at both ends.
    pub fn ids(&self, text: &str, most: usize) -> Vec<i64> {
        let mut ids = vec![self.begin];
        for word in words(text) {
            self.cut(&word, &mut ids);
            if ids.len() >= most {
                break;
            }
        }
        ids.truncate(most.saturating_sub(1).max(1));
        ids.push(self.end);
        ids
    }

    /// Splits a word into the longest piece that it begins with, and then the rest in the same way.
    /// A word that cannot be split completely becomes the unknown piece.
    fn cut(&self, word: &str, ids: &mut Vec<i64>) {
        let from_here = ids.len();
        let characters: Vec<char> = word.chars().collect();
        if characters.len() > LONGEST_WORD {
            ids.push(self.unknown);
            return;
        }
        let mut at = 0;
        while at < characters.len() {
            let found = (at + 1..=characters.len()).rev().find_map(|to| {
                let mark = (at == 0).then_some(BEGINS);
                let piece: String = mark.into_iter().chain(characters[at..to].iter().copied()).collect();
                Some((to, *self.pieces.get(&piece)?))
            });
            let Some((to, id)) = found else {
                ids.truncate(from_here);
                ids.push(self.unknown);
                return;
            };
            ids.push(id);
            at = to;
        }
    }
}

fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut close = |word: &mut String| {
        if !word.is_empty() {
            words.push(std::mem::take(word));
        }
    };
    let plain = text.chars().flat_map(char::to_lowercase).nfd().filter(|c| !is_combining_mark(*c));
    for character in plain {
        if character.is_whitespace() || character.is_control() {
            close(&mut word);
        } else if character.is_alphanumeric() {
            word.push(character);
        } else {
            close(&mut word);
            word.push(character);
            close(&mut word);
        }
    }
    close(&mut word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_into_the_longest_pieces() {
        let list = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁un", "aff", "able", "▁cafe", "▁!", "▁a"];
        let vocabulary = WordPiece::read(serde_json::to_string(&list).unwrap().as_bytes()).unwrap();
        assert_eq!(vocabulary.ids("Unaffable CAFÉ!", 16), [2, 4, 5, 6, 7, 8, 3]);
        assert_eq!(vocabulary.ids("unaffably a", 16), [2, 1, 9, 3], "no piece for its end");
        assert_eq!(vocabulary.ids("a a a a a a", 4), [2, 9, 9, 3]);
        assert_eq!(vocabulary.ids("", 4), [2, 3]);
        assert!(WordPiece::read(b"[\"a\"]").is_err() && WordPiece::read(b"no").is_err());
    }
}
