//! Text to piece ids: SentencePiece's unigram model (Kudo 2018, arXiv:1804.10959).
//!
//! Owns: reading the vocabulary out of a SentencePiece model, and the most probable segmentation of a text. Never does:
//! know what the pieces mean. The model's own table of replacements is NFKC with blanks collapsed, which is what is
//! done here.

use std::collections::HashMap;
use std::path::Path;

use unicode_normalization::UnicodeNormalization as _;

use crate::EncoderError;

const UNKNOWN: usize = 0;
const BEGIN: usize = 1;
const END: usize = 2;
/// Stands for a blank in the vocabulary.
const BLANK: char = '▁';

/// The vocabulary: each piece with its id and log probability.
pub struct Pieces {
    by_text: HashMap<String, (usize, f32)>,
    /// In characters.
    longest: usize,
    /// Log probability of a character that no piece holds.
    unknown: f32,
}

impl Pieces {
    pub fn open(path: &Path) -> Result<Self, EncoderError> {
        let bytes = std::fs::read(path).map_err(|error| EncoderError::file(path, error))?;
        let pieces = read(&bytes).ok_or_else(|| EncoderError::file(path, "is no SentencePiece model"))?;
        if pieces.len() <= END {
            return Err(EncoderError::file(path, "holds no pieces"));
        }
        let worst = pieces.iter().map(|(_, score)| *score).fold(f32::INFINITY, f32::min);
        let longest = pieces.iter().map(|(text, _)| text.chars().count()).max().unwrap_or(1);
        let by_text = pieces.into_iter().enumerate().map(|(id, (text, score))| (text, (id, score))).collect();
        Ok(Self { by_text, longest, unknown: worst - 10.0 })
    }

    /// The ids of a text between the marks of its beginning and end.
    pub fn ids(&self, text: &str) -> Vec<usize> {
        let mut ids = vec![BEGIN];
        ids.extend(self.segment(&normalised(text)));
        ids.push(END);
        ids
    }

    /// The segmentation whose pieces have the greatest product of probabilities (Viterbi).
    fn segment(&self, text: &str) -> Vec<usize> {
        let offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let length = offsets.len() - 1;
        if length == 0 {
            return vec![UNKNOWN];
        }
        // Of each end: the best sum so far, where its last piece begins, and which it is.
        let mut best = vec![(f32::NEG_INFINITY, 0, UNKNOWN); length + 1];
        best[0].0 = 0.0;
        for from in 0..length {
            let base = best[from].0;
            let mut single = false;
            for to in from + 1..=length.min(from + self.longest) {
                let Some((id, score)) = self.by_text.get(&text[offsets[from]..offsets[to]]) else { continue };
                single |= to == from + 1;
                if base + score > best[to].0 {
                    best[to] = (base + score, from, *id);
                }
            }
            if !single && base + self.unknown > best[from + 1].0 {
                best[from + 1] = (base + self.unknown, from, UNKNOWN);
            }
        }
        let mut ids = Vec::new();
        let mut at = length;
        while at > 0 {
            ids.push(best[at].2);
            at = best[at].1;
        }
        ids.reverse();
        ids
    }
}

/// NFKC, each run of blanks one [`BLANK`], and one before the first word.
fn normalised(text: &str) -> String {
    let mut out = String::new();
    for word in text.nfkc().collect::<String>().split_whitespace() {
        out.push(BLANK);
        out.push_str(word);
    }
    out
}

/// Texts and log probabilities out of the protocol buffer: its first field, repeated; text is the first field of each
/// piece, score the second.
fn read(bytes: &[u8]) -> Option<Vec<(String, f32)>> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (field, value) = field(&mut rest)?;
        let (1, Value::Bytes(mut piece)) = (field, value) else { continue };
        let (mut text, mut score) = (None, 0.0);
        while !piece.is_empty() {
            match self::field(&mut piece)? {
                (1, Value::Bytes(bytes)) => text = Some(String::from_utf8(bytes.to_vec()).ok()?),
                (2, Value::Fixed(number)) => score = number,
                _ => {}
            }
        }
        pieces.push((text?, score));
    }
    Some(pieces)
}

enum Value<'a> {
    Bytes(&'a [u8]),
    Fixed(f32),
    Other,
}

/// One field of a protocol buffer, taken off the front.
fn field<'a>(rest: &mut &'a [u8]) -> Option<(u64, Value<'a>)> {
    let tag = varint(rest)?;
    let value = match tag & 7 {
        0 => {
            varint(rest)?;
            Value::Other
        }
        1 => {
            take(rest, 8)?;
            Value::Other
        }
        2 => {
            let length = usize::try_from(varint(rest)?).ok()?;
            Value::Bytes(take(rest, length)?)
        }
        5 => Value::Fixed(f32::from_le_bytes(take(rest, 4)?.try_into().ok()?)),
        _ => return None,
    };
    Some((tag >> 3, value))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(head)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *take(rest, 1)?.first()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(list: &[(&str, f32)]) -> Pieces {
        let marks = [("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0)];
        let by_text = marks
            .iter()
            .chain(list)
            .enumerate()
            .map(|(id, (text, score))| ((*text).to_owned(), (id, *score)))
            .collect();
        Pieces { by_text, longest: 8, unknown: -30.0 }
    }

    #[test]
    fn the_most_probable_segmentation_wins() {
        let pieces = pieces(&[("▁un", -4.0), ("do", -3.0), ("▁u", -6.0), ("ndo", -6.0), ("▁undo", -6.5)]);
        assert_eq!(pieces.ids("undo"), [BEGIN, 7, END]);
        assert_eq!(pieces.ids("  undo\tun "), [BEGIN, 7, 3, END]);
        assert_eq!(pieces.ids("unx"), [BEGIN, 3, UNKNOWN, END]);
        assert_eq!(pieces.ids(""), [BEGIN, UNKNOWN, END]);
    }

    #[test]
    fn what_is_no_model_is_refused() {
        assert!(read(b"\x0a\xff\xff").is_none() && read(&[0xff; 16]).is_none());
        assert_eq!(read(b"\x0a\x08\x0a\x01a\x15\0\0\0\xc0").unwrap(), [("a".to_owned(), -2.0)]);
    }
}
