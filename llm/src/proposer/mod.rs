//! The proposers of follow-ups.
//!
//! Owns: the [`Proposer`] trait and its implementations. Never does: decide whether a follow-up is
//! asked. The interview checks every proposal, and uses the guide's own template if none arrives in
//! time.

mod brief;
mod prompt;
mod worded;

use std::time::Duration;

use async_trait::async_trait;
use interview::io::{Proposal, ProposalRequest};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::worded::LlmProposer;

/// How much a model is told when it words a follow-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LlmPrompt {
    #[default]
    Full,
    Brief,
}

#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    #[error("no follow-up was proposed: {0}")]
    Failed(String),
}

#[async_trait]
pub trait Proposer: Send + Sync {
    /// Returns follow-ups to the answer, the best first, or none if there is nothing to ask. This
    /// is called speculatively at every pause. Dropping the future cancels the work.
    async fn propose(&self, interview: Uuid, request: &ProposalRequest) -> Result<Vec<Proposal>, ProposeError>;
    /// Returns the name for logs and health: `template`, `scripted`, or a model's name.
    fn name(&self) -> &str;
}

/// Proposes the guide's triggers and the built-in templates, without a model and without a delay.
pub struct TemplateProposer;

#[async_trait]
impl Proposer for TemplateProposer {
    async fn propose(&self, _: Uuid, request: &ProposalRequest) -> Result<Vec<Proposal>, ProposeError> {
        Ok(interview::followup::propose(request))
    }

    fn name(&self) -> &'static str {
        "template"
    }
}

/// The template proposer after a fixed delay. It stands in for a slow model in tests and under
/// load.
pub struct ScriptedProposer {
    pub delay: Duration,
}

#[async_trait]
impl Proposer for ScriptedProposer {
    async fn propose(&self, _: Uuid, request: &ProposalRequest) -> Result<Vec<Proposal>, ProposeError> {
        tokio::time::sleep(self.delay).await;
        Ok(interview::followup::propose(request))
    }

    fn name(&self) -> &'static str {
        "scripted"
    }
}
