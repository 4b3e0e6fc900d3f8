//! A proposer of follow-ups that a language model words.
//!
//! Owns: the number of tokens that an interview may spend, and templates as a fallback. Never does:
//! decide what may be spoken, which is up to the interview.

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
/// The time that is left for returning the proposal to the interview.
const MARGIN: Duration = Duration::from_millis(100);
/// A shorter time is not enough for any model.
const LEAST: Duration = Duration::from_millis(150);
/// The number of interviews whose spending is remembered.
const REMEMBERED: usize = 4_096;

/// Asks a model first, and falls back to the guide's templates.
pub struct LlmProposer {
    llm: Llm,
    prompt: LlmPrompt,
    /// The tokens that an interview may spend before only templates are used.
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
    /// Returns a proposer. `budget` is the number of tokens that an interview may spend, and 0
    /// means no limit.
    pub fn new(llm: Llm, prompt: LlmPrompt, budget: u32) -> Self {
        Self { llm, prompt, budget: Some(budget).filter(|budget| *budget > 0), spent: Mutex::default() }
    }

    /// Books the minimum cost of the question in tokens. A question that is cancelled has spent
    /// that.
    fn book(&self, interview: Uuid, ask: &Ask) -> Option<u32> {
        let booked = ask.tokens();
        let mut spent = self.spent.lock();
        let spent = spent.of(interview);
        let after = spent.saturating_add(booked);
        if self.budget.is_some_and(|budget| after > budget) {
            if *spent < u32::MAX {
                info!(%interview, "the interview has spent its tokens, and only templates are used from now on");
                *spent = u32::MAX;
            }
            return None;
        }
        *spent = after;
        Some(booked)
    }

    /// Replaces the booked tokens by the actual cost.
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
                debug!(%interview, %error, "the model proposed nothing, and templates are used");
                None
            }
        };
        Ok(worded.into_iter().chain(templates).collect())
    }

    fn name(&self) -> &str {
        self.llm.model()
    }
}
