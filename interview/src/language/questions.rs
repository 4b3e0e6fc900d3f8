//! The words by which questions ask for something, as `languages/<code>/questions.toml` lists them.
//!
//! Owns: the form of that file. Never does: take a question apart (`understanding::parts` does).

use serde::Deserialize;

/// A language's words for questions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Questions {
    pub(crate) joints: Vec<String>,
    pub(crate) after_joints: Vec<String>,
    pub(crate) if_so: Vec<String>,
    pub(crate) if_not: Vec<String>,
    pub(crate) words: Vec<String>,
    pub(crate) before_words: Vec<String>,
    pub(crate) auxiliaries: Vec<String>,
    pub(crate) subjects: Vec<String>,
    pub(crate) unknown: Vec<String>,
    pub(crate) absent: Absent,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) told: Told,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Absent {
    pub(crate) leads: Vec<String>,
    pub(crate) loose: Vec<String>,
    pub(crate) any: Vec<String>,
    pub(crate) whole: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kind {
    pub(crate) name: Asks,
    pub(crate) asked: Vec<String>,
    #[serde(default)]
    pub(crate) given: Vec<String>,
    #[serde(default)]
    pub(crate) numbers: bool,
    /// The number of content words above which an answer gives it without any of these words.
    #[serde(default)]
    pub(crate) most: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    pub(crate) reason: Vec<String>,
    pub(crate) case: Vec<String>,
}

/// What a question, or a part of one, asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asks {
    Reason,
    Duration,
    Frequency,
    Amount,
    Time,
    Person,
    Place,
    Opinion,
    Manner,
    Thing,
    YesNo,
}
