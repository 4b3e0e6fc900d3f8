//! The call guide as a document that a researcher writes.
//!
//! Owns: the shape of the guide (product contract, section 2), reading it ([`parse`],
//! [`from_value`]), and the checks on it ([`check`] finds what is invalid, and [`diff`] what was
//! changed). Never does: run it, or find what is doubtful about it ([`crate::lint`] does).

mod check;
pub mod diff;
mod quoting;
mod read;
mod slug;
mod spelling;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use read::{from_value, parse, read_text, read_yaml, yaml_options};
pub use slug::slug;

/// A problem of a guide document, with the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{path}: {message}")]
pub struct Problem {
    /// JSON pointer (RFC 6901) such as `/sections/0/questions/1/text`. It is empty for the document
    /// as a whole.
    pub path: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// A guide, complete with defaults. Missing ids are made from the texts.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guide {
    #[cfg_attr(feature = "openapi", schema(pattern = r"\S"))]
    pub name: String,
    /// BCP 47 tag.
    #[serde(default = "default_language")]
    pub language: String,
    #[cfg_attr(feature = "openapi", schema(pattern = r"\S"))]
    pub research_objective: String,
    #[serde(default)]
    pub target_respondent_profile: Profile,
    pub sections: Vec<Section>,
    #[serde(default)]
    pub adaptive_rules: AdaptiveRules,
    #[serde(default)]
    pub voice_profile: VoiceProfile,
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    #[serde(default = "one")]
    pub version: u32,
    #[serde(default)]
    pub tags: Vec<String>,
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1440))]
    #[serde(default = "thirty")]
    pub estimated_duration_minutes: u32,
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1440))]
    #[serde(default = "sixty")]
    pub max_duration_minutes: u32,
    /// The share of required questions from which an interview whose time is up counts as
    /// completed, 0…1.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1))]
    #[serde(default = "seventy_percent")]
    pub min_completion_percentage: f32,
    /// Answers to questions that respondents ask. The engine has answers of its own for the rest.
    #[serde(default)]
    pub answers_to_respondents: AnswersToRespondents,
}

/// The operator's own answers to questions that respondents ask.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnswersToRespondents {
    /// Who is calling.
    pub identity: Option<String>,
    /// For whom the study is made.
    pub sponsor: Option<String>,
    /// What the study is about, and why the respondent is asked.
    pub purpose: Option<String>,
    /// Who hears the answers, and what happens to them.
    pub privacy: Option<String>,
    /// What respondents get for taking part.
    pub incentive: Option<String>,
    /// Whom to call or write to.
    pub contact: Option<String>,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = RespondentProfile))]
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    pub demographics: BTreeMap<String, Value>,
    pub expertise_level: Option<String>,
    pub industry: Option<String>,
    pub role: Option<String>,
    pub experience_years: Option<Value>,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// The author's slug, or one made from the name. It is unique in the guide.
    #[serde(default)]
    pub id: String,
    #[cfg_attr(feature = "openapi", schema(pattern = r"\S"))]
    pub section_name: String,
    #[serde(default)]
    pub objective: String,
    #[serde(default)]
    pub order: u32,
    /// In seconds. Without it, only the interview's own limit applies.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 86400))]
    #[serde(default)]
    pub time_limit: Option<u32>,
    /// The section is skipped when any of these conditions holds (free text, see `condition`).
    #[serde(default)]
    pub skip_conditions: Vec<String>,
    pub questions: Vec<Question>,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionType {
    #[default]
    Open,
    Closed,
    Scale,
    MultipleChoice,
}

/// How many options an answer may name.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Select {
    #[default]
    One,
    Many,
}

/// A kind of value that an open question asks for.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expects {
    Number,
    Email,
    Phone,
    Name,
    Date,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The author's slug, or one made from the text. It is unique in the guide.
    #[serde(default)]
    pub id: String,
    #[cfg_attr(feature = "openapi", schema(pattern = r"\S"))]
    pub text: String,
    #[serde(default, rename = "type")]
    pub kind: QuestionType,
    #[serde(default)]
    pub required: bool,
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 20))]
    #[serde(default = "three")]
    pub max_follow_ups: u32,
    /// The time for the question with its follow-ups, in seconds.
    #[cfg_attr(feature = "openapi", schema(minimum = 5, maximum = 86400))]
    #[serde(default = "two_minutes")]
    pub time_allocation: u32,
    #[serde(default)]
    pub context: Option<String>,
    #[serde(default)]
    pub expected_response_patterns: Vec<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<ChoiceForm>))]
    #[serde(default)]
    pub options: Vec<Choice>,
    /// How many of the options may be named.
    #[serde(default)]
    pub select: Select,
    /// Whether "none of these" is an answer to a multiple-choice question.
    #[serde(default)]
    pub allow_none: bool,
    #[serde(default)]
    pub scale: Option<Scale>,
    /// The kind of value that an answer to an open question must have. It is read back for
    /// confirmation.
    #[serde(default)]
    pub expects: Option<Expects>,
    /// A factor on how long a pause is waited for, 0.5…3.
    #[cfg_attr(feature = "openapi", schema(minimum = 0.5, maximum = 3))]
    #[serde(default = "usual_patience")]
    pub patience: f32,
    #[serde(default)]
    pub follow_up_triggers: Vec<Trigger>,
}

/// The forms in which an option may be written: its text alone, or the whole option.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[schema(as = QuestionOptionForm)]
#[serde(untagged)]
#[allow(dead_code)]
enum ChoiceForm {
    Text(String),
    Whole(Choice),
}

/// One option of a multiple-choice question. A document may have its text alone.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = QuestionOption))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    #[serde(default)]
    pub id: String,
    #[cfg_attr(feature = "openapi", schema(pattern = r"\S"))]
    pub text: String,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ScaleRange))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    #[cfg_attr(feature = "openapi", schema(minimum = -1000, maximum = 1000))]
    pub min: i32,
    #[cfg_attr(feature = "openapi", schema(minimum = -1000, maximum = 1000))]
    pub max: i32,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = FollowUpAction))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    DrillDeeper,
    Probe,
    Clarify,
    Example,
    Compare,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = FollowUpTrigger))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// Free text such as `vague_response`, `low score`, `mentions competitor`, `enthusiasm`.
    #[cfg_attr(feature = "openapi", schema(pattern = r"\S"))]
    pub condition: String,
    pub action: Action,
    /// 1…5. A higher priority comes first.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 5))]
    #[serde(default = "three_u8")]
    pub priority: u8,
    #[serde(default)]
    pub template: Option<String>,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdaptiveRules {
    /// Signals that get a follow-up in the first answer to an open question.
    pub interest_signals: Vec<InterestSignal>,
    pub branching_logic: Vec<Branch>,
    /// The ids of sections or questions to skip, by condition.
    pub skip_conditions: BTreeMap<String, Value>,
    /// It is accepted and kept, and has no effect yet.
    pub time_management: BTreeMap<String, Value>,
    /// It is accepted and kept, and has no effect yet.
    pub complexity_adaptation: bool,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InterestSignal {
    Enthusiasm,
    Hesitation,
    Confusion,
    Agreement,
    Disagreement,
    Emotional,
    Frustration,
}

impl InterestSignal {
    /// The name in a guide.
    pub fn name(self) -> &'static str {
        match self {
            Self::Enthusiasm => "enthusiasm",
            Self::Hesitation => "hesitation",
            Self::Confusion => "confusion",
            Self::Agreement => "agreement",
            Self::Disagreement => "disagreement",
            Self::Emotional => "emotional",
            Self::Frustration => "frustration",
        }
    }
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    #[cfg_attr(feature = "openapi", schema(pattern = r"\S"))]
    pub condition: String,
    /// The id or the name of a section.
    #[cfg_attr(feature = "openapi", schema(pattern = r"\S"))]
    pub target_section: String,
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 5))]
    #[serde(default = "three_u8")]
    pub priority: u8,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VoiceProfile {
    pub voice: Option<String>,
    /// In words per minute.
    #[cfg_attr(feature = "openapi", schema(minimum = 60, maximum = 300))]
    pub speaking_rate: f32,
    pub pitch_variation: Option<Value>,
    pub energy_level: Option<Value>,
    pub accent: Option<String>,
}

impl Default for VoiceProfile {
    fn default() -> Self {
        Self { voice: None, speaking_rate: 150.0, pitch_variation: None, energy_level: None, accent: None }
    }
}

impl Guide {
    /// All questions in the order of the document, each with the number of its section, counted
    /// from 0.
    pub fn questions(&self) -> impl Iterator<Item = (usize, &Question)> {
        self.sections.iter().enumerate().flat_map(|(i, section)| section.questions.iter().map(move |q| (i, q)))
    }

    /// Returns the place of the section with this id or name, counted from 0.
    pub fn section_index(&self, target: &str) -> Option<usize> {
        self.sections.iter().position(|s| s.id == target || s.section_name == target)
    }
}

fn default_language() -> String {
    "en".to_owned()
}
fn usual_patience() -> f32 {
    1.0
}
fn one() -> u32 {
    1
}
fn three() -> u32 {
    3
}
fn three_u8() -> u8 {
    3
}
fn thirty() -> u32 {
    30
}
fn sixty() -> u32 {
    60
}
fn two_minutes() -> u32 {
    120
}
fn seventy_percent() -> f32 {
    0.7
}
