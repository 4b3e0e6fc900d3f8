//! The installed voices, and the choice of one for a guide's profile.
//!
//! Owns: the list of voices, their styles, and the choice of a voice for a profile. Never does:
//! speak.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use interview::guide::VoiceProfile;
use parking_lot::Mutex;
use serde_json::Value;

use super::phonemes::Accent;
use super::{Locale, TtsError, Voice};

/// Rows of a voice: one style for each number of tokens.
pub const ROWS: usize = 510;
/// Values per style.
pub const STYLE: usize = 256;
/// Kokoro's pace at speed 1.0, in words per minute. It is 214 inside the sentences of `round_trip`
/// (`af_heart`, with numbers counted as the words that they are read as), reduced by a pause of
/// about 0.35 s after each sentence.
pub const NATURAL_WORDS_PER_MINUTE: f32 = 190.0;
/// Speeds outside this range sound slurred or swallowed.
const SPEEDS: std::ops::RangeInclusive<f32> = 0.7..=1.4;

/// The preferred voices, by accent and energy (low, medium, high).
const CHOICES: [(Accent, [&str; 3]); 2] = [
    (Accent::American, ["af_sarah", "af_heart", "af_bella"]),
    (Accent::British, ["bf_lily", "bf_emma", "bf_isabella"]),
];

/// The English voices in a folder.
pub struct Voices {
    files: BTreeMap<String, PathBuf>,
    styles: Mutex<HashMap<String, Arc<[f32]>>>,
}

impl Voices {
    /// Lists the voices in `folder`. Returns an error that names the file if a voice has the wrong
    /// size.
    pub fn load(folder: &Path) -> Result<Self, TtsError> {
        let broken = |path: &Path, reason: String| TtsError::Model { path: path.display().to_string(), reason };
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(folder).map_err(|error| broken(folder, error.to_string()))? {
            let path = entry.map_err(|error| broken(folder, error.to_string()))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".bin"))
            else {
                continue;
            };
            if !["af_", "am_", "bf_", "bm_"].iter().any(|english| name.starts_with(english)) {
                continue;
            }
            let size = path.metadata().map_err(|error| broken(&path, error.to_string()))?.len();
            if size != (ROWS * STYLE * 4) as u64 {
                return Err(broken(&path, format!("it has {size} bytes instead of {}", ROWS * STYLE * 4)));
            }
            files.insert(name.to_owned(), path.clone());
        }
        if files.is_empty() {
            return Err(broken(folder, "it has no English voice (af_*.bin, am_*, bf_*, bm_*)".to_owned()));
        }
        Ok(Self { files, styles: Mutex::new(HashMap::new()) })
    }

    /// Returns all names in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Returns the voice's styles, [`ROWS`] × [`STYLE`] values, which are read at first use.
    pub fn styles(&self, name: &str) -> Result<Arc<[f32]>, TtsError> {
        if let Some(styles) = self.styles.lock().get(name) {
            return Ok(styles.clone());
        }
        let path = self.files.get(name).ok_or_else(|| self.unknown(name))?;
        let bytes = std::fs::read(path)
            .map_err(|error| TtsError::Model { path: path.display().to_string(), reason: error.to_string() })?;
        let (values, _) = bytes.as_chunks::<4>();
        let styles: Arc<[f32]> = values.iter().map(|value| f32::from_le_bytes(*value)).collect();
        if styles.len() != ROWS * STYLE {
            return Err(TtsError::Model {
                path: path.display().to_string(),
                reason: "its size has changed since the start".to_owned(),
            });
        }
        self.styles.lock().insert(name.to_owned(), styles.clone());
        Ok(styles)
    }

    /// Returns the voice for a guide's profile, and notes on what could not be followed.
    pub fn resolve(&self, profile: &VoiceProfile, language: &str) -> Result<(Voice, Vec<String>), TtsError> {
        let locale = Locale::of(language);
        let language = language.to_lowercase().replace('_', "-");
        if language.split('-').next() != Some("en") {
            return Err(TtsError::Language(language));
        }
        let mut notes = Vec::new();
        let name = match &profile.voice {
            Some(name) if self.files.contains_key(name) => name.clone(),
            Some(name) => return Err(self.unknown(name)),
            None => self.choose(profile, &language, &mut notes),
        };
        if profile.pitch_variation.is_some() {
            notes.push("pitch_variation: ignored, because Kokoro's intonation cannot be changed".to_owned());
        }
        if profile.voice.is_some() && (profile.accent.is_some() || profile.energy_level.is_some()) {
            notes.push(format!("accent and energy_level: ignored, because the voice {name} is named"));
        }
        let wished = profile.speaking_rate / NATURAL_WORDS_PER_MINUTE;
        let speed = if wished.is_finite() { wished.clamp(*SPEEDS.start(), *SPEEDS.end()) } else { 1.0 };
        if (speed - wished).abs() > 0.005 || !wished.is_finite() {
            let spoken = (speed * NATURAL_WORDS_PER_MINUTE).round();
            notes.push(format!(
                "speaking_rate: {} words per minute is out of range, so the rate is {spoken}",
                profile.speaking_rate
            ));
        }
        Ok((Voice { name, speed: (speed * 100.0).round() / 100.0, locale }, notes))
    }

    fn choose(&self, profile: &VoiceProfile, language: &str, notes: &mut Vec<String>) -> String {
        let by_language = if language.starts_with("en-gb") { Accent::British } else { Accent::American };
        let accent = match profile.accent.as_deref().map(str::to_lowercase) {
            None => by_language,
            Some(wish) if ["brit", "gb", "uk", "england", "english (uk)"].iter().any(|part| wish.contains(part)) => {
                Accent::British
            }
            Some(wish) if ["americ", "us", "neutral", "none"].iter().any(|part| wish.contains(part)) => {
                Accent::American
            }
            Some(wish) => {
                notes.push(format!(
                    "accent: there is no voice with the accent {wish}, only American and British voices"
                ));
                by_language
            }
        };
        let energy = energy(profile.energy_level.as_ref());
        if energy.is_none() && profile.energy_level.is_some() {
            notes.push(
                "energy_level: ignored, because it must be low, medium, high, or a number from 0 to 1".to_owned(),
            );
        }
        let energy = energy.unwrap_or(1);
        let prefix = if accent == Accent::British { "b" } else { "a" };
        let first = CHOICES.iter().find(|(a, _)| *a == accent).map(|(_, names)| names[energy]);
        let chosen = first
            .filter(|name| self.files.contains_key(*name))
            .or_else(|| self.names().find(|name| name.starts_with(prefix)))
            .or_else(|| self.names().next());
        let chosen = chosen.unwrap_or_default().to_owned();
        if !chosen.starts_with(prefix) {
            notes.push(format!("accent: no such voice is installed, so {chosen} is used"));
        }
        chosen
    }

    fn unknown(&self, name: &str) -> TtsError {
        TtsError::Voice(format!("{name}; the installed voices are {}", self.names().collect::<Vec<_>>().join(", ")))
    }
}

/// Returns the accent of a voice, from its name.
pub fn accent(voice: &str) -> Accent {
    if voice.starts_with('b') { Accent::British } else { Accent::American }
}

/// Returns 0 for low, 1 for medium and 2 for high.
fn energy(level: Option<&Value>) -> Option<usize> {
    match level? {
        Value::String(word) => match word.to_lowercase().as_str() {
            "low" | "calm" | "soft" | "relaxed" => Some(0),
            "medium" | "moderate" | "normal" | "neutral" | "balanced" | "warm" => Some(1),
            "high" | "energetic" | "lively" | "upbeat" => Some(2),
            _ => None,
        },
        Value::Number(number) => number.as_f64().map(|level| match level {
            level if level < 0.34 => 0,
            level if level <= 0.67 => 1,
            _ => 2,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voices() -> Voices {
        Voices::load(&crate::tts::round_trip::models().join("voices")).unwrap()
    }

    #[test]
    fn a_profile_finds_its_voice() {
        let voices = voices();
        let resolve = |profile: VoiceProfile, language: &str| voices.resolve(&profile, language).unwrap();
        let plain = resolve(VoiceProfile::default(), "en");
        assert_eq!((plain.0.name.as_str(), plain.1.len()), ("af_heart", 0));
        assert!((plain.0.speed - 150.0 / NATURAL_WORDS_PER_MINUTE).abs() < 0.01);
        let british = resolve(VoiceProfile::default(), "en-GB").0;
        assert_eq!((british.name.as_str(), british.locale.month_first), ("bf_emma", false));
        let british = VoiceProfile {
            accent: Some("British".into()),
            energy_level: Some("high".into()),
            pitch_variation: Some(0.5.into()),
            ..VoiceProfile::default()
        };
        let (voice, notes) = resolve(british, "en");
        assert_eq!(voice.name, "bf_isabella");
        assert!(notes.iter().any(|note| note.contains("pitch_variation")));
        let fast = VoiceProfile { speaking_rate: 900.0, accent: Some("Klingon".into()), ..VoiceProfile::default() };
        let (voice, notes) = resolve(fast, "en_US");
        assert!((voice.speed - 1.4).abs() < 1e-6);
        assert_eq!(notes.len(), 2);
    }

    #[test]
    fn unknown_voices_and_languages_are_errors_that_help() {
        let voices = voices();
        let unknown = VoiceProfile { voice: Some("af_nobody".into()), ..VoiceProfile::default() };
        let error = voices.resolve(&unknown, "en").unwrap_err().to_string();
        assert!(error.contains("af_nobody") && error.contains("am_michael"), "{error}");
        assert!(matches!(voices.resolve(&VoiceProfile::default(), "de-DE"), Err(TtsError::Language(_))));
    }

    #[test]
    fn a_damaged_voice_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("af_heart.bin"), b"short").unwrap();
        let error = Voices::load(folder.path()).err().unwrap().to_string();
        assert!(error.contains("af_heart.bin"), "{error}");
    }
}
