//! A finding about a guide, and the report that collects findings.
//!
//! Owns: the form of a finding. Never does: make one.

use serde::{Deserialize, Serialize};

/// The level of a finding, the mildest first. The levels are those of SARIF 2.1.0, whose `note` is
/// `info` here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = GuideFindingSeverity))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Probably not what the author means.
    Warning,
    /// The guide will not do what it says.
    Error,
}

impl Level {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// Something doubtful, with the way out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = GuideFinding))]
pub struct Diagnostic {
    /// JSON pointer (RFC 6901) into the document, such as `/sections/0/questions/1/text`.
    pub path: String,
    /// A stable code, such as `branch-loop`.
    pub code: String,
    /// `severity` on the wire.
    #[serde(rename = "severity")]
    pub level: Level,
    pub message: String,
    /// What to do about it.
    pub suggestion: String,
    /// The sums of a finding about time, in seconds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arithmetic: Vec<Step>,
}

/// One summand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = GuideFindingStep))]
pub struct Step {
    /// What takes the time: `5 questions, 58 words at 160 words/min`.
    pub what: String,
    pub seconds: f32,
}

/// The findings so far.
pub(super) struct Report(pub Vec<Diagnostic>);

impl Report {
    pub fn add(&mut self, level: Level, code: &str, path: impl Into<String>, message: String, suggestion: &str) {
        self.with_arithmetic(level, code, path, message, suggestion, Vec::new());
    }

    pub fn with_arithmetic(
        &mut self,
        level: Level,
        code: &str,
        path: impl Into<String>,
        message: String,
        suggestion: &str,
        arithmetic: Vec<Step>,
    ) {
        self.0.push(Diagnostic {
            path: path.into(),
            code: code.to_owned(),
            level,
            message,
            suggestion: suggestion.to_owned(),
            arithmetic,
        });
    }
}
