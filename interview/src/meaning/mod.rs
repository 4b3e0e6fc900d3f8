//! What one utterance of a respondent can mean (product contract, section 11).
//!
//! Owns: the names of the meanings, and the forms of the values that they name. Never does: find
//! one in a text, or decide what follows.

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
    /// A reply to a consent question, or to another question of the interviewer's own that asks for
    /// a yes or a no.
    Consent(Consent),
    /// The respondent wants something.
    Request(Request),
    /// The respondent asks something.
    Question(Topic),
    /// Something that is more important than the interview.
    Concern(Concern),
    /// A sign of listening.
    BackChannel,
    /// The utterance is not finished: more must follow.
    Unfinished,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    Yes,
    No,
    /// A yes under a condition.
    Conditional,
    Unclear,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Repeat the question.
    Repeat,
    /// Wait a moment.
    Wait,
    /// Skip this question.
    Decline,
    DontKnow,
    /// End the interview.
    Stop,
    /// Speak to a person.
    Person,
    /// An answer to which no follow-up will add anything.
    NothingToAdd,
    /// Be called another time.
    Callback,
    StopRecording,
    /// Delete what was just said.
    Delete,
    Slower,
    Louder,
}

/// The subject of a question that the respondent asks.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Who is calling.
    Identity,
    /// Whether it is a machine or a person.
    Robot,
    /// For whom the study is made.
    Sponsor,
    /// What the study is about, and why the respondent is asked.
    Purpose,
    /// How long the interview takes in all.
    Duration,
    /// How much of the interview is left.
    Remaining,
    /// Who hears the answers, and what happens to them.
    Privacy,
    /// Whether the call is being recorded.
    Recorded,
    /// How the engine got the respondent's number or name.
    Source,
    /// What respondents get for taking part.
    Incentive,
    /// Whom to call or write to.
    Contact,
    /// What the current question means.
    Meaning,
    Other,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// The respondent is in distress.
    Distress,
    /// A child is on the line.
    Child,
}

/// What a reading rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The whole utterance is on a list of certain wordings.
    Rule,
    /// The classifier.
    Model,
}

/// The class of an answer, which is stored with it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerClass {
    #[default]
    Answered,
    /// It gives only part of what was asked for.
    Partly,
    /// It is about something else.
    OffTopic,
    /// It names no value that the question allows.
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

    /// The names of the kind in the command line and in the sets of utterances: the kind, and a
    /// name or value.
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

    /// Returns the kind with these names.
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
