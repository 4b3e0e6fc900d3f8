//! Why a follow-up that a model proposes is not spoken.
//!
//! Owns: the names of the reasons. Never does: look at a text (`followup::check` does).

use serde::{Deserialize, Serialize};

/// Why a proposal is not spoken.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfit {
    Empty,
    TooLong,
    /// It has addresses, markup, emoji or signs without a sound.
    Unspeakable,
    /// It is in another language than the guide.
    Language,
    NotAQuestion,
    SeveralQuestions,
    Leading,
    /// It speaks of the model itself: its role, its rules, or in the first person.
    RoleText,
    /// It offers or promises something.
    Promise,
    /// It asks the respondent to do something, or asks for what no study asks for.
    Instruction,
    Sensitive,
    Rude,
    /// It says something about the respondent that they did not say.
    Misquotes,
    /// It reads out what the respondent dictated.
    Dictated,
    /// The answer instructs the interviewer, so that no model's proposal to it is trusted.
    Steered,
    /// It was asked before, or the guide will ask it.
    Repeated,
    OffTopic,
}

impl Unfit {
    pub const ALL: [Self; 17] = [
        Self::Empty,
        Self::TooLong,
        Self::Unspeakable,
        Self::Language,
        Self::NotAQuestion,
        Self::SeveralQuestions,
        Self::Leading,
        Self::RoleText,
        Self::Promise,
        Self::Instruction,
        Self::Sensitive,
        Self::Rude,
        Self::Misquotes,
        Self::Dictated,
        Self::Steered,
        Self::Repeated,
        Self::OffTopic,
    ];

    /// The name in metrics and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::Unspeakable => "unspeakable",
            Self::Language => "language",
            Self::NotAQuestion => "not_a_question",
            Self::SeveralQuestions => "several_questions",
            Self::Leading => "leading",
            Self::RoleText => "role_text",
            Self::Promise => "promise",
            Self::Instruction => "instruction",
            Self::Sensitive => "sensitive",
            Self::Rude => "rude",
            Self::Misquotes => "misquotes",
            Self::Dictated => "dictated",
            Self::Steered => "steered",
            Self::Repeated => "repeated",
            Self::OffTopic => "off_topic",
        }
    }
}
