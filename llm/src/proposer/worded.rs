//! Follow-ups that a language model words.
//!
//! Owns: what an interview may spend on it, and that templates stand behind it. Never does: decide what is fit to be
//! spoken; that is the interview's.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use async_trait::async_trait;
use interview::followup;
use interview::io::{Proposal, ProposalRequest};
use parking_lot::Mutex;
use tracing::{debug, info};
use uuid::Uuid;

use super::{LlmPrompt, ProposeError, Proposer, brief, prompt};
use crate::{Ask, Llm};

const OPERATION: &str = "follow_up";
const MOST_TOKENS: u32 = 120;
/// What is left for the way back to the interview.
const MARGIN: Duration = Duration::from_millis(100);
/// No model answers in less.
const LEAST: Duration = Duration::from_millis(150);
/// Interviews whose spending is remembered.
const REMEMBERED: usize = 4_096;

/// A model first, the guide's templates behind it.
pub struct LlmProposer {
    llm: Llm,
    prompt: LlmPrompt,
    /// Tokens an interview may spend; then templates serve.
    budget: Option<u32>,
    spent: Mutex<Spent>,
}

#[derive(Default)]
struct Spent {
    tokens: HashMap<Uuid, u32>,
    order: VecDeque<Uuid>,
}

impl Spent {
    fn of(&mut self, interview: Uuid) -> &mut u32 {
        if !self.tokens.contains_key(&interview) {
            self.order.push_back(interview);
            if self.order.len() > REMEMBERED
                && let Some(oldest) = self.order.pop_front()
            {
                self.tokens.remove(&oldest);
            }
        }
        self.tokens.entry(interview).or_default()
    }
}

impl LlmProposer {
    /// `budget`: tokens an interview may spend; 0 for as many as it takes.
    pub fn new(llm: Llm, prompt: LlmPrompt, budget: u32) -> Self {
        Self { llm, prompt, budget: Some(budget).filter(|budget| *budget > 0), spent: Mutex::default() }
    }

    /// Books what the question will cost at least. Whoever is cancelled has spent that.
    fn book(&self, interview: Uuid, ask: &Ask) -> Option<u32> {
        let booked = ask.tokens();
        let mut spent = self.spent.lock();
        let spent = spent.of(interview);
        let after = spent.saturating_add(booked);
        if self.budget.is_some_and(|budget| after > budget) {
            if *spent < u32::MAX {
                info!(%interview, "the interview has spent its tokens: templates serve from now on");
                *spent = u32::MAX;
            }
            return None;
        }
        *spent = after;
        Some(booked)
    }

    /// What it really cost.
    fn settle(&self, interview: Uuid, booked: u32, cost: u32) {
        let mut spent = self.spent.lock();
        let spent = spent.of(interview);
        if *spent < u32::MAX {
            *spent = spent.saturating_sub(booked).saturating_add(cost);
        }
    }
}

#[async_trait]
impl Proposer for LlmProposer {
    async fn propose(&self, interview: Uuid, request: &ProposalRequest) -> Result<Vec<Proposal>, ProposeError> {
        let templates = followup::propose(request);
        let deadline = Duration::from_millis(request.within_ms).saturating_sub(MARGIN);
        if deadline < LEAST || request.follow_ups_left == 0 || request.answer.trim().is_empty() {
            return Ok(templates);
        }
        if self.prompt == LlmPrompt::Brief && !brief::is_enough(request) {
            return Ok(templates);
        }
        let (system, examples, user, schema) = match self.prompt {
            LlmPrompt::Full => (prompt::SYSTEM, &[] as &[_], prompt::user(request), prompt::schema(request)),
            LlmPrompt::Brief => (brief::SYSTEM, brief::EXAMPLES, brief::user(&request.answer), brief::schema()),
        };
        let ask = Ask {
            operation: OPERATION,
            about: interview,
            keep: true,
            system: system.to_owned(),
            examples,
            user,
            schema,
            deadline,
            max_tokens: MOST_TOKENS,
        };
        let Some(booked) = self.book(interview, &ask) else { return Ok(templates) };
        let worded = match self.llm.json(ask).await {
            Ok(answer) => {
                self.settle(interview, booked, answer.tokens);
                match self.prompt {
                    LlmPrompt::Full => prompt::proposal(answer.value, request, self.llm.model()),
                    LlmPrompt::Brief => brief::proposal(answer.value, self.llm.model()),
                }
            }
            Err(error) => {
                debug!(%interview, %error, "no proposal by the model: templates serve");
                None
            }
        };
        Ok(worded.into_iter().chain(templates).collect())
    }

    fn name(&self) -> &str {
        self.llm.model()
    }
}
