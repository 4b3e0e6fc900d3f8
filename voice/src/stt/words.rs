//! Turns tokens into words on the call clock.
//!
//! Owns: joining tokens, removing sound tags, and the position of each word. Never does: judge the
//! words.

use interview::io::{Ms, Word};

use super::guards::{FRAME, loudness};

/// One text token of the model with its probability. Its bytes may end in the middle of a
/// character.
pub(super) struct Token {
    pub(super) bytes: Vec<u8>,
    pub(super) probability: f32,
}

/// Returns the text and the mean token probability of each word. A word begins at a space.
/// Punctuation belongs to the word before it.
pub(super) fn join(tokens: &[Token]) -> Vec<(String, f32)> {
    let mut words: Vec<(Vec<u8>, Vec<f32>)> = Vec::new();
    for token in tokens {
        match words.last_mut() {
            Some((bytes, probabilities)) if !token.bytes.starts_with(b" ") => {
                bytes.extend(&token.bytes);
                probabilities.push(token.probability);
            }
            _ => words.push((token.bytes.clone(), vec![token.probability])),
        }
    }
    let word = |(bytes, probabilities): (Vec<u8>, Vec<f32>)| {
        let confidence = probabilities.iter().sum::<f32>() / probabilities.len() as f32;
        (String::from_utf8_lossy(&bytes).trim().to_owned(), confidence)
    };
    without_tags(words.into_iter().map(word))
}

/// Removes what the model writes about sounds, such as `[BLANK_AUDIO]`, `(soft music)`, `*coughs*`
/// and musical notes, and words without any letter or digit.
fn without_tags(words: impl Iterator<Item = (String, f32)>) -> Vec<(String, f32)> {
    let mut kept = Vec::new();
    let mut closing = None;
    for (text, confidence) in words {
        if closing.is_none() {
            closing = match text.chars().next() {
                Some('[') => Some(']'),
                Some('(') => Some(')'),
                Some('*') => Some('*'),
                _ => None,
            };
            if closing.is_none() && text.chars().any(char::is_alphanumeric) {
                kept.push((text, confidence));
                continue;
            }
        }
        if closing.is_some_and(|end| text.trim_end_matches(['.', ',', '!', '?']).ends_with(end)) {
            closing = None;
        }
    }
    kept
}

/// Gives each word its times. The words are distributed over the loud parts of the audio in
/// proportion to their letters.
///
/// Whisper's own token times require a pass of attention alignment and are no more accurate on
/// short clips. This method is exact at pauses, which matter to quotes and captions, and accurate
/// to about 200 ms inside a phrase.
pub(super) fn align(words: Vec<(String, f32)>, samples: &[f32], call_start: Ms) -> Vec<Word> {
    let loud = loud_frames(samples);
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count().max(1);
    let total: usize = words.iter().map(|(text, _)| letters(text)).sum();
    let frame_ms = FRAME as u64 / 16;
    // Returns the index of the loud frame at which this many letters have been spoken.
    let place = |spoken: usize| spoken * loud.len() / total.max(1);
    let mut spoken = 0;
    let mut placed = Vec::with_capacity(words.len());
    for (text, confidence) in words {
        let first = place(spoken).min(loud.len() - 1);
        spoken += letters(&text);
        let last = place(spoken).saturating_sub(1).max(first);
        let start_ms = call_start + loud[first] as u64 * frame_ms;
        let end_ms = call_start + (loud[last] as u64 + 1) * frame_ms;
        placed.push(Word { text, start_ms, end_ms, confidence });
    }
    placed
}

/// Returns the indices of the 20 ms frames within 26 dB of the loud ones (95th percentile). It is
/// never empty.
fn loud_frames(samples: &[f32]) -> Vec<usize> {
    let loudness = loudness(samples);
    let mut sorted = loudness.clone();
    sorted.sort_by(f32::total_cmp);
    let loud = sorted.get(sorted.len() * 95 / 100).copied().unwrap_or(0.0);
    let frames: Vec<usize> = (0..loudness.len()).filter(|frame| loudness[*frame] >= loud * 0.05).collect();
    if frames.is_empty() { vec![0] } else { frames }
}

#[cfg(test)]
mod tests {
    use super::{Token, align, join};

    fn tokens(texts: &[&str]) -> Vec<Token> {
        texts.iter().map(|text| Token { bytes: text.as_bytes().to_vec(), probability: 0.5 }).collect()
    }

    fn texts(tokens: &[Token]) -> Vec<String> {
        join(tokens).into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn tokens_become_words_and_split_characters_are_mended() {
        let mut all = tokens(&[" I", "'m", " book", "keeping", ",", " caf"]);
        all.push(Token { bytes: vec![0xC3], probability: 0.2 });
        all.push(Token { bytes: vec![0xA9], probability: 0.8 });
        assert_eq!(texts(&all), ["I'm", "bookkeeping,", "café"]);
        assert!((join(&all)[2].1 - 0.5).abs() < 1e-6);
    }

    #[test]
    fn tags_of_sounds_are_left_out() {
        assert_eq!(texts(&tokens(&[" [", "BL", "ANK", "_AUDIO", "]"])), Vec::<String>::new());
        assert_eq!(texts(&tokens(&[" (", "soft", " music", ")", " Yes", ".", " *", "coughs", "*", " ♪"])), ["Yes."]);
    }

    #[test]
    fn words_lie_on_the_loud_parts_in_order() {
        let mut samples = vec![0.0; 16_000];
        samples.extend(vec![0.3; 16_000]);
        samples.extend(vec![0.0; 16_000]);
        samples.extend(vec![0.3; 16_000]);
        let words = ["four", "more", "then", "some"].map(|text| (text.to_owned(), 1.0)).to_vec();
        let placed = align(words, &samples, 10_000);
        assert_eq!(placed[0].start_ms, 11_000);
        assert!(placed[1].end_ms <= 12_020 && placed[2].start_ms >= 13_000, "{placed:?}");
        assert_eq!(placed[3].end_ms, 14_000);
        assert!(placed.windows(2).all(|pair| pair[0].end_ms <= pair[1].start_ms), "{placed:?}");
    }
}
