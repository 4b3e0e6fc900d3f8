//! Follow-ups from the guide's triggers and built-in templates.
//!
//! Owns: which triggers an answer fires, and the words of a template. Never does: decide whether one is asked.

use crate::io::{Proposal, ProposalRequest};

/// The template proposer: triggers of the question, then what the analysis suggests; best first.
pub fn propose(request: &ProposalRequest) -> Vec<Proposal> {
    let _ = request;
    Vec::new()
}
