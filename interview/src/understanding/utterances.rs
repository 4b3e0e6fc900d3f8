//! Utterances with their meanings, from which `scripts/train` learns and on which understanding is
//! measured.
//!
//! Owns: the form of the files (`languages/<code>/examples/*.toml`, `benches/understanding/`).
//! Never does: use what respondents said in calls. The examples are written for the purpose.

use serde::Deserialize;

use crate::guide::Question;
use crate::language::classifier::Asked;
use crate::meaning::Kind;

/// A file of utterances.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Utterances {
    #[serde(rename = "block")]
    pub blocks: Vec<Block>,
}

/// Utterances with one meaning, said in reply to one question.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    pub asked: AskedForm,
    pub kind: String,
    #[serde(default)]
    pub name: Option<String>,
    /// The value of a consent.
    #[serde(default)]
    pub value: Option<String>,
    /// The answers are about something else than the question.
    #[serde(default)]
    pub off_topic: bool,
    #[serde(default)]
    pub texts: Vec<String>,
    /// Answers, each with the value that it names.
    #[serde(default)]
    pub cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub text: String,
    pub value: serde_json::Value,
}

/// `participation`, `recording`, or a question in the form of a guide.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub enum AskedForm {
    Consent(ConsentForm),
    Question(Box<Question>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Consent(ConsentForm),
    Question(serde_json::Value),
}

impl TryFrom<Written> for AskedForm {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Consent(consent) => Ok(Self::Consent(consent)),
            Written::Question(mut question) => {
                // An option may be written as its text alone, as in a guide.
                if let Some(options) = question.get_mut("options").and_then(serde_json::Value::as_array_mut) {
                    for option in options.iter_mut().filter(|option| option.is_string()) {
                        let text = option.as_str().unwrap_or_default().to_owned();
                        *option = serde_json::json!({ "id": crate::guide::slug(&text), "text": text });
                    }
                }
                serde_json::from_value(question).map(Self::Question).map_err(|error| error.to_string())
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentForm {
    Participation,
    Recording,
}

impl AskedForm {
    pub fn asked(&self) -> Asked {
        match self {
            Self::Consent(ConsentForm::Participation) => Asked::Participation,
            Self::Consent(ConsentForm::Recording) => Asked::Recording,
            Self::Question(_) => Asked::Question,
        }
    }

    pub fn question(&self) -> Option<&Question> {
        if let Self::Question(question) = self { Some(question) } else { None }
    }
}

impl Block {
    /// The meaning of the block's utterances.
    ///
    /// # Errors
    /// Returns the names if no meaning has them.
    pub fn meaning(&self) -> Result<Kind, String> {
        let name = self.name.as_deref().or(self.value.as_deref());
        Kind::of_names(&self.kind, name).ok_or_else(|| format!("there is no meaning {} {name:?}", self.kind))
    }
}
