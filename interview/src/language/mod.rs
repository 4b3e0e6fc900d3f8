//! A language as a value: everything that the interview says, reads and counts in it.
//!
//! Owns: the forms of the files in `languages/<code>/`, and the languages that are built in, each
//! read once. Never does: decide anything by them.
//!
//! Each data file has a module with its form here. The code that uses the data is elsewhere. To add
//! a language, add a folder and a line in [`Language::of`].

pub mod certain;
pub mod classifier;
pub mod lines;
pub mod questions;
pub mod times;
pub mod values;

use std::sync::LazyLock;

use serde::de::DeserializeOwned;

use certain::Certain;
use classifier::Classifier;
use lines::Lines;
use questions::Questions;
use times::Times;
use values::Words;

/// One language.
#[derive(Debug)]
pub struct Language {
    /// ISO 639 code, such as `en`.
    pub code: &'static str,
    /// What the interviewer says of its own accord.
    pub lines: Lines,
    /// Utterances whose meaning is certain.
    pub certain: Certain,
    /// Words for days and times of day.
    pub times: Times,
    /// Words that name values.
    pub values: Words,
    /// Words by which questions ask for something.
    pub questions: Questions,
    /// Whether 03/05 is the fifth of March, as it is in the language's own region.
    pub month_first: bool,
    /// The classifier of all other utterances.
    pub classifier: Classifier,
    /// The adaptation of MiniLM (crate `encoder`) that makes the vectors for the classifier.
    pub encoder: &'static [u8],
}

static ENGLISH: LazyLock<Language> = LazyLock::new(|| english(true));
static ENGLISH_ELSEWHERE: LazyLock<Language> = LazyLock::new(|| english(false));

fn english(month_first: bool) -> Language {
    Language {
        code: "en",
        values: part("languages/en/values.toml", include_str!("../../../languages/en/values.toml")),
        month_first,
        questions: part("languages/en/questions.toml", include_str!("../../../languages/en/questions.toml")),
        lines: part("languages/en/lines.toml", include_str!("../../../languages/en/lines.toml")),
        certain: part("languages/en/utterances.toml", include_str!("../../../languages/en/utterances.toml")),
        times: part("languages/en/times.toml", include_str!("../../../languages/en/times.toml")),
        classifier: Classifier::parse(include_str!("../../../languages/en/understanding.json"))
            .unwrap_or_else(|error| panic!("languages/en/understanding.json: {error}")),
        encoder: include_bytes!("../../../languages/en/encoder.npz"),
    }
}

/// Regions in which the month is written before the day.
const MONTH_FIRST: [&str; 3] = ["us", "ph", "ca"];

impl Language {
    /// The codes of all languages.
    pub const CODES: [&'static str; 1] = ["en"];

    /// Returns the language of a tag (BCP 47) in any of its regions, such as `en` and `en-GB`.
    /// Returns none for a language that does not exist here.
    pub fn of(tag: &str) -> Option<&'static Self> {
        let mut parts = tag.split(['-', '_']);
        if !parts.next().unwrap_or_default().eq_ignore_ascii_case("en") {
            return None;
        }
        let region = parts.next_back().map(str::to_lowercase);
        let elsewhere = region.is_some_and(|region| !MONTH_FIRST.contains(&region.as_str()));
        Some(if elsewhere { &ENGLISH_ELSEWHERE } else { &ENGLISH })
    }

    /// English, which every engine speaks.
    pub fn english() -> &'static Self {
        &ENGLISH
    }
}

/// Parses a part of a language that is built in.
///
/// It is read by way of a JSON value. Deserialised from TOML directly, these types were two fifths
/// of the machine code of this crate, and of the time that it took to build.
///
/// # Panics
/// Panics if the part does not parse. A test reads every part of every language, so no released
/// program does.
fn part<T: DeserializeOwned>(name: &str, text: &str) -> T {
    let value: serde_json::Value = toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_value(value).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_lead_to_languages() {
        assert_eq!(Language::of("en-GB").map(|language| language.code), Some("en"));
        assert_eq!(Language::of("EN_us").map(|language| language.code), Some("en"));
        assert!(Language::of("english").is_none() && Language::of("de").is_none() && Language::of("").is_none());
    }
}
