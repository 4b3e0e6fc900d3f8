//! What the persona received: the audio, transcribed after hanging up, and the search for words in
//! it.
//!
//! Owns: cutting the audio for the transcriber, and finding a question's words in the result. Never
//! does: rely on captions or on anything else that the engine reports.

use std::sync::Arc;

use super::capture::{Capture, PACKET_MS};
use voice::audio::LISTEN_RATE;
use voice::stt::wer::normalise;
use voice::stt::{Speech, SttError, Transcriber};

/// The share of a question's words, in order, from which on the question counts as heard.
pub const FOUND: f32 = 0.8;
/// The margin around speech, in ms.
const MARGIN_MS: u64 = 240;
/// The longest audio that is transcribed at once. Whisper's own limit is 30 s.
const LONGEST_MS: u64 = 24_000;

/// Returns the stretches of speech in `[from, to)` with a margin, as pairs of start and end in ms.
fn stretches(capture: &Capture, from: u64, to: u64) -> Vec<(u64, u64)> {
    let mut stretches: Vec<(u64, u64)> = Vec::new();
    for heard in capture.between(from, to).filter(|heard| heard.audible()) {
        let begin = heard.start_ms.saturating_sub(MARGIN_MS).max(from);
        let end = heard.start_ms + PACKET_MS + MARGIN_MS;
        match stretches.last_mut() {
            Some(last) if begin <= last.1 && end - last.0 <= LONGEST_MS => last.1 = end,
            Some(last) if begin < last.1 => {
                let begin = last.1;
                stretches.push((begin, end));
            }
            _ => stretches.push((begin, end)),
        }
    }
    stretches
}

/// Transcribes the interviewer's words in `[from, to)`.
pub async fn transcribe(
    capture: &Capture,
    from: u64,
    to: u64,
    transcriber: &Arc<dyn Transcriber>,
    language: &str,
) -> Result<String, SttError> {
    let mut text = Vec::new();
    let mut group: Vec<(u64, u64)> = Vec::new();
    let mut groups = Vec::new();
    // Neighbouring stretches are joined, which gives more context and needs fewer runs.
    for stretch in stretches(capture, from, to) {
        let length: u64 = group.iter().map(|(from, to)| to - from).sum();
        if length + (stretch.1 - stretch.0) > LONGEST_MS && !group.is_empty() {
            groups.push(std::mem::take(&mut group));
        }
        group.push(stretch);
    }
    groups.push(group);
    for group in groups {
        let Some(&(start_ms, _)) = group.first() else { continue };
        let samples: Vec<f32> = group
            .iter()
            .flat_map(|&(from, to)| capture.samples(from, to))
            .map(|&sample| f32::from(sample) / 32_768.0)
            .collect();
        let audible: usize =
            group.iter().map(|&(a, b)| capture.between(a, b).filter(|heard| heard.audible()).count()).sum();
        let packets = (samples.len() * 1_000 / LISTEN_RATE as usize) as f32 / PACKET_MS as f32;
        let voiced = (audible as f32 / packets.max(1.0)).min(1.0);
        let speech = Speech { samples: samples.into(), start_ms, language: language.to_owned(), voiced };
        text.push(transcriber.transcribe(speech).await?.text());
    }
    Ok(text.join(" ").trim().to_owned())
}

/// Returns the share (0 to 1) of the words in `wanted` that are in `heard` in this order, within a
/// stretch that is not much longer.
pub fn share_found(wanted: &str, heard: &str) -> f32 {
    let (wanted, heard) = (normalise(wanted), normalise(heard));
    if wanted.is_empty() {
        return 0.0;
    }
    let stretch = wanted.len() + (wanted.len() / 2).max(4);
    let most = heard
        .windows(stretch.min(heard.len()).max(1))
        .map(|window| common_in_order(&wanted, window))
        .max()
        .unwrap_or(0);
    most as f32 / wanted.len() as f32
}

/// Returns the number of words in `spoken` that are not in `kept` in this order, and the number of
/// all words in `spoken`.
pub fn lost_words(spoken: &str, kept: &str) -> (usize, usize) {
    let (spoken, kept) = (normalise(spoken), normalise(kept));
    (spoken.len() - common_in_order(&spoken, &kept), spoken.len())
}

/// Returns the length of the longest common subsequence.
fn common_in_order(a: &[String], b: &[String]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (j, y) in b.iter().enumerate() {
            let here = if x == y { diagonal + 1 } else { row[j + 1].max(row[j]) };
            diagonal = std::mem::replace(&mut row[j + 1], here);
        }
    }
    row[b.len()]
}

/// Returns true if the words of `text` are consecutive words of `inside`.
pub fn contains(inside: &str, text: &str) -> bool {
    let (inside, text) = (normalise(inside), normalise(text));
    !text.is_empty() && inside.windows(text.len()).any(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::super::capture::FLOOR_DB;
    use super::super::capture::tests::capture_of;
    use super::*;

    const QUESTION: &str = "What kind of work do you do from home?";

    #[test]
    fn a_question_is_found_with_a_word_misheard_and_words_around_it() {
        let heard = "Thank you for that. What kind of fork do you do from home";
        assert!((share_found(QUESTION, heard) - 8.0 / 9.0).abs() < 0.001);
    }

    #[test]
    fn half_a_question_or_scattered_words_are_not_found() {
        assert!(share_found(QUESTION, "What kind of work") < FOUND);
        let scattered = "What a day it was and that kind man of the old house that we know of went to work again where \
                         many people do as you all do far from any home";
        assert!(share_found(QUESTION, scattered) < FOUND);
        assert!(share_found(QUESTION, "") < FOUND);
    }

    #[test]
    fn words_are_lost_wherever_they_are_missing() {
        assert_eq!(lost_words("I keep books for two shops.", "Well. I keep books for two shops. Yes."), (0, 6));
        assert_eq!(lost_words("I keep books for two shops.", "I keep books"), (3, 6));
    }

    #[test]
    fn facts_are_whole_words_in_a_row() {
        assert!(contains("I have done it for Four Years, from home.", "four years"));
        assert!(!contains("I have four big years.", "four years"));
    }

    #[test]
    fn stretches_have_margins_and_a_greatest_length() {
        let mut levels = vec![FLOOR_DB; 50];
        levels.extend([-20.0; 50]);
        levels.extend([FLOOR_DB; 100]);
        levels.extend([-20.0; 10]);
        let capture = capture_of(&levels);
        assert_eq!(stretches(&capture, 0, 10_000), [(760, 2_240), (3_760, 4_440)]);
        let long = capture_of(&[-20.0; 2_000]);
        let stretches = stretches(&long, 0, 40_000);
        assert_eq!(stretches.len(), 2);
        assert_eq!(stretches[0].1, stretches[1].0);
        assert!(stretches.iter().all(|(from, to)| to - from <= LONGEST_MS + MARGIN_MS));
    }
}
