//! Pronounces words that are in no lexicon, with a small recurrent network.
//!
//! Owns: the network of the g2p-en project (an encoder and a decoder GRU over letters and ARPAbet),
//! and the conversion from ARPAbet to Kokoro's alphabet. Never does: look words up.

use std::path::Path;

use super::TtsError;

/// The width of every layer.
const WIDTH: usize = 256;
/// The network's letters are padding, unknown, end, and then a to z.
const LETTER_END: usize = 2;
const LETTER_A: usize = 3;
/// The decoder's first and last symbols.
const SOUND_START: usize = 2;
const SOUND_END: usize = 3;
/// The network's sounds in the order of its training. Padding, unknown, start and end come before
/// them.
const SOUNDS: [&str; 70] = [
    "AA0", "AA1", "AA2", "AE0", "AE1", "AE2", "AH0", "AH1", "AH2", "AO0", "AO1", "AO2", "AW0", "AW1", "AW2", "AY0",
    "AY1", "AY2", "B", "CH", "D", "DH", "EH0", "EH1", "EH2", "ER0", "ER1", "ER2", "EY0", "EY1", "EY2", "F", "G", "HH",
    "IH0", "IH1", "IH2", "IY0", "IY1", "IY2", "JH", "K", "L", "M", "N", "NG", "OW0", "OW1", "OW2", "OY0", "OY1", "OY2",
    "P", "R", "S", "SH", "T", "TH", "UH0", "UH1", "UH2", "UW", "UW0", "UW1", "UW2", "V", "W", "Y", "Z", "ZH",
];

/// A gated recurrent unit (Cho et al. 2014), with the reset gate after the product, as in cuDNN.
struct Gru {
    input: Vec<f32>,
    hidden: Vec<f32>,
    input_bias: Vec<f32>,
    hidden_bias: Vec<f32>,
}

impl Gru {
    /// Computes r = σ(W_r x + U_r h), z = σ(W_z x + U_z h), n = tanh(W_n x + r ∘ U_n h), h′ = (1 −
    /// z) ∘ n + z ∘ h.
    fn step(&self, x: &[f32], h: &[f32]) -> Vec<f32> {
        let from_input = affine(&self.input, &self.input_bias, x);
        let from_hidden = affine(&self.hidden, &self.hidden_bias, h);
        (0..WIDTH)
            .map(|i| {
                let reset = sigmoid(from_input[i] + from_hidden[i]);
                let update = sigmoid(from_input[WIDTH + i] + from_hidden[WIDTH + i]);
                let new = (from_input[2 * WIDTH + i] + reset * from_hidden[2 * WIDTH + i]).tanh();
                (1.0 - update) * new + update * h[i]
            })
            .collect()
    }
}

/// The network with its weights.
pub struct UnknownWords {
    letters: Vec<f32>,
    encoder: Gru,
    sounds: Vec<f32>,
    decoder: Gru,
    output: Vec<f32>,
    output_bias: Vec<f32>,
}

impl UnknownWords {
    /// Reads the weights (`.npz`) and checks the size of every array.
    pub fn load(path: &Path) -> Result<Self, TtsError> {
        let broken = |reason: String| TtsError::Model { path: path.display().to_string(), reason };
        let mut archive = npyz::npz::NpzArchive::open(path).map_err(|error| broken(error.to_string()))?;
        let mut array = |name: &str, length: usize| -> Result<Vec<f32>, TtsError> {
            let file = archive.by_name(name).map_err(|error| broken(error.to_string()))?;
            let file = file.ok_or_else(|| broken(format!("it has no array named {name}")))?;
            let values: Vec<f32> = file.into_vec().map_err(|error| broken(format!("{name}: {error}")))?;
            if values.len() == length {
                Ok(values)
            } else {
                Err(broken(format!("{name} has {} values instead of {length}", values.len())))
            }
        };
        let gates = 3 * WIDTH;
        let outputs = SOUNDS.len() + 4;
        Ok(Self {
            letters: array("enc_emb", (LETTER_A + 26) * WIDTH)?,
            encoder: Gru {
                input: array("enc_w_ih", gates * WIDTH)?,
                hidden: array("enc_w_hh", gates * WIDTH)?,
                input_bias: array("enc_b_ih", gates)?,
                hidden_bias: array("enc_b_hh", gates)?,
            },
            sounds: array("dec_emb", outputs * WIDTH)?,
            decoder: Gru {
                input: array("dec_w_ih", gates * WIDTH)?,
                hidden: array("dec_w_hh", gates * WIDTH)?,
                input_bias: array("dec_b_ih", gates)?,
                hidden_bias: array("dec_b_hh", gates)?,
            },
            output: array("fc_w", outputs * WIDTH)?,
            output_bias: array("fc_b", outputs)?,
        })
    }

    /// Returns the sounds of a word in ARPAbet. Characters other than a to z are skipped.
    pub fn arpabet(&self, word: &str) -> Vec<&'static str> {
        let letters: Vec<usize> = word
            .bytes()
            .map(|byte| byte.to_ascii_lowercase())
            .filter(u8::is_ascii_lowercase)
            .map(|byte| LETTER_A + usize::from(byte - b'a'))
            .chain([LETTER_END])
            .collect();
        let mut hidden = vec![0.0; WIDTH];
        for letter in &letters {
            hidden = self.encoder.step(row(&self.letters, *letter), &hidden);
        }
        let mut sounds = Vec::new();
        let mut last = SOUND_START;
        // No English word has more than two sounds per letter. The bound stops a decoder that would
        // never end.
        for _ in 0..letters.len() * 2 {
            hidden = self.decoder.step(row(&self.sounds, last), &hidden);
            let scores = affine(&self.output, &self.output_bias, &hidden);
            last = scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(SOUND_END, |(index, _)| index);
            if last == SOUND_END {
                break;
            }
            if let Some(sound) = last.checked_sub(4).and_then(|index| SOUNDS.get(index)) {
                sounds.push(*sound);
            }
        }
        sounds
    }
}

/// Converts ARPAbet to Kokoro's alphabet (misaki's notation: stress stands before the vowel, and
/// diphthongs are capital letters).
pub fn kokoro_symbols(arpabet: &[&str], british: bool) -> String {
    let mut out = String::new();
    let stressed = arpabet.iter().any(|sound| sound.ends_with('1'));
    let mut first_vowel = true;
    for (at, sound) in arpabet.iter().enumerate() {
        let (base, stress) = match sound.char_indices().last() {
            Some((end, digit)) if digit.is_ascii_digit() => (&sound[..end], Some(digit)),
            _ => (*sound, None),
        };
        let vowel = is_vowel(base);
        if vowel {
            match stress {
                Some('1') => out.push('ˈ'),
                Some('2') => out.push('ˌ'),
                // A word without any stress would be hard to hear.
                _ if !stressed && first_vowel => out.push('ˈ'),
                _ => {}
            }
            first_vowel = false;
        }
        let next_is_vowel = arpabet.get(at + 1).is_some_and(|next| is_vowel(next.trim_end_matches(char::is_numeric)));
        out.push_str(symbol(base, stress.unwrap_or('0') != '0', british, next_is_vowel));
    }
    out
}

fn symbol(base: &str, stressed: bool, british: bool, next_is_vowel: bool) -> &'static str {
    match (base, british) {
        ("AA", false) => "ɑ",
        ("AA", true) => "ɑː",
        ("AE", false) => "æ",
        ("AE", true) => "a",
        ("AH", _) if stressed => "ʌ",
        ("AH", _) => "ə",
        ("AO", false) => "ɔ",
        ("AO", true) => "ɔː",
        ("AW", _) => "W",
        ("AY", _) => "I",
        ("B", _) => "b",
        ("CH", _) => "ʧ",
        ("D", _) => "d",
        ("DH", _) => "ð",
        ("EH", _) => "ɛ",
        ("ER", false) if stressed => "ɜɹ",
        ("ER", false) => "əɹ",
        ("ER", true) => match (stressed, next_is_vowel) {
            (true, false) => "ɜː",
            (true, true) => "ɜːɹ",
            (false, false) => "ə",
            (false, true) => "əɹ",
        },
        ("EY", _) => "A",
        ("F", _) => "f",
        ("G", _) => "ɡ",
        ("HH", _) => "h",
        ("IH", _) => "ɪ",
        ("IY", false) => "i",
        ("IY", true) => "iː",
        ("JH", _) => "ʤ",
        ("K", _) => "k",
        ("L", _) => "l",
        ("M", _) => "m",
        ("N", _) => "n",
        ("NG", _) => "ŋ",
        ("OW", false) => "O",
        ("OW", true) => "Q",
        ("OY", _) => "Y",
        ("P", _) => "p",
        // In British speech, an r is silent unless a vowel follows.
        ("R", true) if !next_is_vowel => "",
        ("R", _) => "ɹ",
        ("S", _) => "s",
        ("SH", _) => "ʃ",
        ("T", _) => "t",
        ("TH", _) => "θ",
        ("UH", _) => "ʊ",
        ("UW", false) => "u",
        ("UW", true) => "uː",
        ("V", _) => "v",
        ("W", _) => "w",
        ("Y", _) => "j",
        ("Z", _) => "z",
        ("ZH", _) => "ʒ",
        _ => "",
    }
}

fn is_vowel(base: &str) -> bool {
    base.starts_with(['A', 'E', 'I', 'O', 'U'])
}

fn row(table: &[f32], index: usize) -> &[f32] {
    &table[index * WIDTH..(index + 1) * WIDTH]
}

fn affine(weights: &[f32], bias: &[f32], x: &[f32]) -> Vec<f32> {
    weights
        .chunks_exact(WIDTH)
        .zip(bias)
        .map(|(row, bias)| bias + row.iter().zip(x).map(|(w, x)| w * x).sum::<f32>())
        .collect()
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sound_has_a_symbol_in_both_accents() {
        for sound in SOUNDS {
            for british in [false, true] {
                let symbols = kokoro_symbols(&[sound, "IY1"], british);
                assert!(symbols.chars().count() >= 3, "{sound} {british} {symbols}");
            }
        }
    }

    #[test]
    fn the_network_pronounces_words_no_lexicon_has() {
        let network = UnknownWords::load(&crate::tts::round_trip::models().join("g2p-en.npz")).unwrap();
        // The example and its result are in the documentation of the original implementation.
        let example = network.arpabet("activationist");
        assert_eq!(example.join(" "), "AE2 K T IH0 V EY1 SH AH0 N IH0 S T");
        assert_eq!(kokoro_symbols(&example, false), "ˌæktɪvˈAʃənɪst");
        assert!(network.arpabet("").len() <= 2);
    }

    #[test]
    fn a_file_that_is_not_the_network_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = UnknownWords::load(file.path()).err().unwrap().to_string();
        assert!(error.contains(&file.path().display().to_string()), "{error}");
    }
}
