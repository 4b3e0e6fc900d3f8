//! The position of words in a clip.
//!
//! Owns: the mapping between a clip's text and its sound, in both directions. Never does: recognise
//! words; it relies on loudness and the number of characters.

use std::ops::Range;

use super::codec::SPEAK_SAMPLES;
use super::{Clip, FRAME_MS};

/// A frame is voiced if its root mean square is above this fraction (-34 dB) of the loudest
/// frame's.
const VOICED: f32 = 0.02;
/// A clause is assumed to begin at the quietest frame within this distance of its proportional
/// position.
const NEAR_FRAMES: usize = (400 / FRAME_MS) as usize;

impl Clip {
    /// Returns the rest of the clip from this byte of its text on, so that a clause that was cut
    /// off can be spoken again. Returns the whole clip if the byte is the first one, or if no
    /// character begins there.
    #[must_use]
    pub fn from_text(&self, byte: usize) -> Self {
        let Some(text) = self.text.get(byte..).filter(|_| !self.text[..byte].trim().is_empty()) else {
            return self.clone();
        };
        let frame = self.frame_at(byte);
        Self {
            text: text.trim_start().to_owned(),
            pcm: self.pcm.get(frame * SPEAK_SAMPLES..).unwrap_or_default().to_vec(),
            packets: self.packets.get(frame..).unwrap_or_default().to_vec(),
        }
    }

    /// Returns the quietest frame near the place where the text from this byte on is spoken.
    fn frame_at(&self, byte: usize) -> usize {
        let levels = levels(&self.pcm);
        let voiced = voiced(&levels);
        let (before, all) = (self.text[..byte].trim().chars().count(), self.text.trim().chars().count().max(1));
        let about = voiced.start + voiced.len() * before / all;
        let near = about.saturating_sub(NEAR_FRAMES).max(voiced.start)..(about + NEAR_FRAMES).min(voiced.end);
        // The last of several equally quiet frames is taken, because the clause follows the silence
        // after a sentence.
        near.rev().min_by(|a, b| levels[*a].total_cmp(&levels[*b])).unwrap_or(about).min(self.packets.len())
    }
}

/// Returns the words that were heard when `frames` frames of the clip were played. The text is
/// distributed evenly over the voiced part.
pub(super) fn heard_text(clip: &Clip, frames: usize) -> String {
    let voiced = voiced(&levels(&clip.pcm));
    let text = clip.text.trim();
    if frames >= voiced.end {
        return text.to_owned();
    }
    let played = frames.saturating_sub(voiced.start) as f64 / voiced.len().max(1) as f64;
    let characters = (text.chars().count() as f64 * played).floor() as usize;
    let mut heard = 0;
    let mut before = ' ';
    for (position, (byte, character)) in text.char_indices().enumerate() {
        if position > characters {
            break;
        }
        if character.is_whitespace() && !before.is_whitespace() {
            heard = byte;
        }
        before = character;
    }
    text[..heard].to_owned()
}

/// Returns the root mean square of each frame.
fn levels(pcm: &[i16]) -> Vec<f32> {
    let level = |frame: &[i16]| (frame.iter().map(|s| f32::from(*s).powi(2)).sum::<f32>() / frame.len() as f32).sqrt();
    pcm.chunks(SPEAK_SAMPLES).map(level).collect()
}

/// Returns the range from the first voiced frame to the last one.
fn voiced(levels: &[f32]) -> Range<usize> {
    let threshold = levels.iter().copied().fold(0.0, f32::max) * VOICED;
    let voiced = |level: &f32| *level > threshold;
    let begin = levels.iter().position(voiced).unwrap_or(0);
    begin..levels.iter().rposition(voiced).map_or(begin, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a clip with 200 ms of sound for each letter of `pattern`, and 200 ms of silence for
    /// each space.
    fn clip(text: &str, pattern: &str) -> Clip {
        let frames: Vec<i16> = pattern
            .chars()
            .flat_map(|c| std::iter::repeat_n(if c == ' ' { 0 } else { 8_000 }, SPEAK_SAMPLES * 10))
            .collect();
        let packets = (0..pattern.len() * 10).map(|n| bytes::Bytes::from(vec![n as u8])).collect();
        Clip { text: text.to_owned(), pcm: frames, packets }
    }

    #[test]
    fn a_clause_begins_where_the_silence_before_it_ends() {
        let text = "One thing first, then two.";
        let whole = clip(text, " xxxxxx xxxx ");
        let rest = whole.from_text(text.find("then").unwrap());
        assert_eq!(rest.text, "then two.");
        // The rest begins with the last frame of the silence after 1 + 6 letters of sound.
        assert_eq!(rest.packets.first(), whole.packets.get(79));
        assert_eq!(rest.pcm.len(), rest.packets.len() * SPEAK_SAMPLES);
    }

    #[test]
    fn the_beginning_is_the_whole_clip() {
        let whole = clip("One thing.", " xxx ");
        for byte in [0, 99] {
            let rest = whole.from_text(byte);
            assert_eq!((rest.text.as_str(), rest.packets.len()), ("One thing.", whole.packets.len()));
        }
    }

    #[test]
    fn words_are_heard_in_proportion() {
        let clip = clip("One two three four.", "xxxx");
        assert_eq!(heard_text(&clip, 0), "");
        assert_eq!(heard_text(&clip, 20), "One two");
        assert_eq!(heard_text(&clip, 40), "One two three four.");
    }
}
