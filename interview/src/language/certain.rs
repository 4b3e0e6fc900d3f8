//! Utterances whose meaning is certain, as `languages/<code>/utterances.toml` lists them.
//!
//! Owns: the form of that file. Never does: read an utterance by it (`understanding::certain` does).

use std::collections::HashMap;

use serde::Deserialize;

use crate::lexicon as lex;
use crate::meaning::{Consent, Kind, Request, Topic};

/// A language's lists.
#[derive(Debug, Deserialize)]
#[serde(from = "File")]
pub struct Certain {
    pub(crate) consent: HashMap<String, Consent>,
    pub(crate) others: HashMap<String, Kind>,
    pub(crate) back_channel: Vec<String>,
    pub(crate) unfinished: Vec<String>,
    pub(crate) fillers: Vec<String>,
    pub(crate) refusing: Vec<String>,
    pub(crate) agreeing: Vec<Vec<String>>,
    pub(crate) telling: Vec<Vec<String>>,
    pub(crate) recording: Vec<String>,
    pub(crate) conditions: Vec<String>,
    pub(crate) keeping: Keeping,
}

/// Wordings about the earlier recording, the words before them that reverse their meaning, and
/// wordings that only look like such words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keeping {
    pub(crate) keep: Vec<String>,
    pub(crate) delete: Vec<String>,
    pub(crate) not: Vec<String>,
    pub(crate) not_negations: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    fillers: Vec<String>,
    refusing: Vec<String>,
    agreeing: Vec<String>,
    telling: Vec<String>,
    recording: Vec<String>,
    conditions: Vec<String>,
    keeping: Keeping,
    consent: YesAndNo,
    requests: Vec<Named<Request>>,
    questions: Vec<Named<Topic>>,
    back_channel: Texts,
    unfinished: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct YesAndNo {
    yes: Vec<String>,
    no: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named<T> {
    name: T,
    texts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    texts: Vec<String>,
}

impl From<File> for Certain {
    fn from(file: File) -> Self {
        let yes = file.consent.yes.into_iter().map(|text| (text, Consent::Yes));
        let consent = yes.chain(file.consent.no.into_iter().map(|text| (text, Consent::No))).collect();
        let requests =
            file.requests.into_iter().flat_map(|one| one.texts.into_iter().map(move |t| (t, Kind::Request(one.name))));
        let questions = file
            .questions
            .into_iter()
            .flat_map(|one| one.texts.into_iter().map(move |t| (t, Kind::Question(one.name))));
        Self {
            consent,
            others: requests.chain(questions).collect(),
            back_channel: file.back_channel.texts,
            unfinished: file.unfinished.texts,
            fillers: file.fillers,
            refusing: file.refusing,
            telling: file.telling.iter().map(|phrase| lex::tokens(phrase)).collect(),
            recording: file.recording,
            conditions: file.conditions,
            keeping: file.keeping,
            agreeing: file.agreeing.iter().map(|phrase| lex::tokens(phrase)).collect(),
        }
    }
}
