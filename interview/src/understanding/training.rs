//! Learning the classifier's weights from examples.
//!
//! Owns: the examples' form (`languages/<code>/examples/*.toml`), and which examples each of the two models learns from.
//! Never does: see what respondents said in calls: examples are written for it.

use serde::Deserialize;

use super::classifier::{Asked, Classifier, Features, Model};
use super::fit::fit;
use super::meaning::Kind;
use crate::guide::Question;

/// A file of utterances.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Utterances {
    #[serde(rename = "block")]
    pub blocks: Vec<Block>,
}

/// Utterances of one meaning, said to one question.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    pub asked: AskedForm,
    pub kind: String,
    #[serde(default)]
    pub name: Option<String>,
    /// Of a consent.
    #[serde(default)]
    pub value: Option<String>,
    #[serde(default)]
    pub texts: Vec<String>,
    /// Answers with the value that each of them names.
    #[serde(default)]
    pub cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub text: String,
    pub value: serde_json::Value,
}

/// `participation`, `recording`, or a question as in a guide.
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
    /// # Errors
    /// The names that no meaning has.
    pub fn meaning(&self) -> Result<Kind, String> {
        let name = self.name.as_deref().or(self.value.as_deref());
        Kind::of_names(&self.kind, name).ok_or_else(|| format!("there is no meaning {} {name:?}", self.kind))
    }
}

/// One utterance with what it means.
#[derive(Debug, Clone)]
pub struct Example {
    pub asked: Asked,
    pub kind: Kind,
    pub text: String,
    /// Of the encoder.
    pub vector: Vec<f32>,
}

/// Fits both models. `progress` gets the share done, 0…1.
pub fn train(examples: &[Example], progress: impl Fn(f32)) -> Classifier {
    let of = |question: bool| -> Vec<(Features, Kind)> {
        let kinds = Model::kinds_of(question);
        examples
            .iter()
            .filter(|example| kinds.contains(&example.kind))
            // What is not bound to a question of consent can be said to one, and the other way round.
            .filter(|example| {
                example.asked.is_question() == question
                    || !matches!(example.kind, Kind::Answer | Kind::BackChannel | Kind::Consent(_))
            })
            .map(|example| {
                let asked = match (question, example.asked) {
                    (false, Asked::Question) => Asked::Participation,
                    (true, _) => Asked::Question,
                    (false, asked) => asked,
                };
                (Features::of(asked, &example.text, &example.vector), example.kind)
            })
            .collect()
    };
    let consent = fit(Model::kinds_of(false), &of(false), |share| progress(share * 0.4));
    let question = fit(Model::kinds_of(true), &of(true), |share| progress(0.4 + share * 0.6));
    Classifier { consent, question }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::understanding::meaning::{Consent, Request};

    #[test]
    fn what_is_shown_is_learnt() {
        let example = |asked, kind, text: &str| Example { asked, kind, text: text.into(), vector: Vec::new() };
        let mut examples = Vec::new();
        for text in ["yes please do", "yes that is lovely", "sure go right on"] {
            examples.push(example(Asked::Participation, Kind::Consent(Consent::Yes), text));
        }
        for text in ["no leave it", "rather not today", "no not for me"] {
            examples.push(example(Asked::Participation, Kind::Consent(Consent::No), text));
        }
        for text in ["we sell shoes", "mostly on Mondays", "with a spreadsheet"] {
            examples.push(example(Asked::Question, Kind::Answer, text));
        }
        for text in ["say it again please", "once again please"] {
            examples.push(example(Asked::Question, Kind::Request(Request::Repeat), text));
        }
        let classifier = train(&examples, |_| ());
        let best = |asked: Asked, text: &str| {
            let model = classifier.model(asked);
            let probabilities = model.probabilities(&Features::of(asked, text, &[]));
            let best = (0..probabilities.len()).max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b])).unwrap();
            model.kinds[best]
        };
        assert_eq!(best(Asked::Participation, "yes that is fine"), Kind::Consent(Consent::Yes));
        assert_eq!(best(Asked::Participation, "rather not for me"), Kind::Consent(Consent::No));
        assert_eq!(best(Asked::Question, "shoes on Mondays"), Kind::Answer);
        assert_eq!(best(Asked::Question, "again please"), Kind::Request(Request::Repeat));
        assert_eq!(best(Asked::Recording, "again please"), Kind::Request(Request::Repeat), "whatever was asked");
    }
}
