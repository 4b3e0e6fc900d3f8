//! What one utterance of a respondent can be (product contract, section 11).
//!
//! Owns: the names of the meanings. Never does: find one in a text, or decide what follows from it.

mod value;
mod when;

use serde::{Deserialize, Serialize};

pub use value::Value;
pub use when::When;

/// What an utterance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An answer to what was asked.
    Answer,
    /// What was said to a question of consent, or to any other question of ours that wants a yes or a no.
    Consent(Consent),
    /// The respondent wants something.
    Request(Request),
    /// The respondent asks something.
    Question(Topic),
    /// Something that matters more than the interview.
    Concern(Concern),
    /// A sign of listening.
    BackChannel,
    /// Nothing yet: more must follow.
    Unfinished,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    Yes,
    No,
    /// Yes, if something, or without something.
    Conditional,
    Unclear,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Say the question again.
    Repeat,
    /// Give me time.
    Wait,
    /// Not this question.
    Decline,
    DontKnow,
    /// End the interview.
    Stop,
    /// Let me speak to a person.
    Person,
    /// An answer, and no follow-up will bring more.
    NothingToAdd,
    /// Another time.
    Callback,
    StopRecording,
    /// Strike out what I just said.
    Delete,
    Slower,
    Louder,
}

/// What a respondent's own question is about.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Who is calling.
    Identity,
    /// A machine or a person.
    Robot,
    /// For whom the study is made.
    Sponsor,
    /// What it is about, and why it is asked.
    Purpose,
    /// How long it takes in all.
    Duration,
    /// How much is left.
    Remaining,
    /// Who hears it, and what happens with it.
    Privacy,
    /// Whether it is being recorded.
    Recorded,
    /// Where the number, or the name, came from.
    Source,
    /// What one gets for it.
    Incentive,
    /// Whom to call or write to.
    Contact,
    /// What the question at hand means.
    Meaning,
    Other,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// The respondent is in distress now.
    Distress,
    /// A child is on the line.
    Child,
}

/// What a reading rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The whole utterance is one of a list of certain wordings.
    Rule,
    /// The classifier.
    Model,
}

/// What an answer is worth as an answer, stored with it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerClass {
    #[default]
    Answered,
    /// Part of what was asked for is missing.
    Partly,
    /// It is about something else.
    OffTopic,
    /// It names nothing that the question allows.
    NotUnderstood,
    Declined,
    DontKnow,
    /// Nothing was said.
    None,
}

impl Kind {
    /// Every kind, in the order of the classifier's outputs.
    pub const ALL: [Self; 34] = [
        Self::Answer,
        Self::Consent(Consent::Yes),
        Self::Consent(Consent::No),
        Self::Consent(Consent::Conditional),
        Self::Consent(Consent::Unclear),
        Self::Request(Request::Repeat),
        Self::Request(Request::Wait),
        Self::Request(Request::Decline),
        Self::Request(Request::DontKnow),
        Self::Request(Request::Stop),
        Self::Request(Request::Person),
        Self::Request(Request::NothingToAdd),
        Self::Request(Request::Callback),
        Self::Request(Request::StopRecording),
        Self::Request(Request::Delete),
        Self::Request(Request::Slower),
        Self::Request(Request::Louder),
        Self::Question(Topic::Identity),
        Self::Question(Topic::Robot),
        Self::Question(Topic::Sponsor),
        Self::Question(Topic::Purpose),
        Self::Question(Topic::Duration),
        Self::Question(Topic::Remaining),
        Self::Question(Topic::Privacy),
        Self::Question(Topic::Recorded),
        Self::Question(Topic::Source),
        Self::Question(Topic::Incentive),
        Self::Question(Topic::Contact),
        Self::Question(Topic::Meaning),
        Self::Question(Topic::Other),
        Self::Concern(Concern::Distress),
        Self::Concern(Concern::Child),
        Self::BackChannel,
        Self::Unfinished,
    ];

    /// Its name as the command line and the sets of utterances write it: kind, and name or value.
    pub fn names(self) -> (&'static str, Option<String>) {
        fn name(value: &impl Serialize) -> Option<String> {
            serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
        }
        match self {
            Self::Answer => ("answer", None),
            Self::Consent(value) => ("consent", name(&value)),
            Self::Request(request) => ("request", name(&request)),
            Self::Question(topic) => ("respondent_question", name(&topic)),
            Self::Concern(concern) => ("concern", name(&concern)),
            Self::BackChannel => ("back_channel", None),
            Self::Unfinished => ("unfinished", None),
        }
    }

    /// The kind of these names.
    pub fn of_names(kind: &str, name: Option<&str>) -> Option<Self> {
        Self::ALL.into_iter().find(|one| {
            let (a, b) = one.names();
            a == kind && b.as_deref() == name
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_names() {
        for kind in Kind::ALL {
            let (one, name) = kind.names();
            assert_eq!(Kind::of_names(one, name.as_deref()), Some(kind));
        }
        assert_eq!(Kind::of_names("request", Some("callback")), Some(Kind::Request(Request::Callback)));
        assert_eq!(Kind::of_names("request", None), None);
    }
}
