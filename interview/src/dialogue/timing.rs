//! Time budgets: how much is left, and what there is time for.
//!
//! Owns: the arithmetic of the interview's, a section's and a question's time. Never does: end anything.
//!
//! All times are times of conversation: losses and pauses of the call do not count.
//!
//! - The interview may last `max_duration_minutes`, or the operator's timeout if that is shorter.
//! - A question is expected to take its share of `estimated_duration_minutes`, at least 20 s and at
//!   most its `time_allocation`. With an estimate of 2 minutes and 6 questions, it is 20 s.
//! - Optional questions and follow-ups are asked only while the remaining required ones still fit.
//! - Follow-ups also end with the question's `time_allocation`, the section's `time_limit`, and one
//!   and a half times the estimated duration.

use super::state::InterviewState;
use crate::guide::{Guide, Question, Section};
use crate::io::Ms;

/// The time that is kept for the farewell, in milliseconds.
pub(crate) const FAREWELL_MS: Ms = 8_000;
/// The time that a follow-up with its answer is estimated to take at most, in milliseconds.
const FOLLOW_UP_MS: Ms = 30_000;
const LEAST_MS: Ms = 20_000;

/// The time of the interview, by the guide and the operator's limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget<'a> {
    guide: &'a Guide,
    total: Ms,
}

impl<'a> Budget<'a> {
    pub fn new(guide: &'a Guide, timeout_ms: Ms) -> Self {
        let guide_ms = Ms::from(guide.max_duration_minutes) * 60_000;
        Self { guide, total: guide_ms.min(timeout_ms) }
    }

    /// Milliseconds until the last question must be over.
    pub fn left(&self, state: &InterviewState, now: Ms) -> Ms {
        self.total.saturating_sub(FAREWELL_MS).saturating_sub(state.active_ms(now))
    }

    /// Milliseconds until the whole time and `grace` are over.
    pub fn over_in(&self, state: &InterviewState, now: Ms, grace: Ms) -> Ms {
        (self.total + grace).saturating_sub(state.active_ms(now))
    }

    /// Milliseconds beyond the whole time.
    pub fn overrun(&self, state: &InterviewState, now: Ms) -> Ms {
        state.active_ms(now).saturating_sub(self.total)
    }

    fn estimated(&self) -> Ms {
        Ms::from(self.guide.estimated_duration_minutes) * 60_000
    }

    /// The time that a question is expected to take, in milliseconds.
    pub fn expected(&self, question: &Question) -> Ms {
        let share = self.estimated() / (self.guide.questions().count().max(1) as Ms);
        share.max(LEAST_MS).min(Ms::from(question.time_allocation) * 1_000)
    }

    /// The time that the remaining required questions are expected to take, in milliseconds.
    fn required_left(&self, state: &InterviewState) -> Ms {
        let open = self.guide.questions().filter(|(_, q)| q.required && !state.is_settled(q));
        open.map(|(_, q)| self.expected(q)).sum()
    }

    pub fn has_time_for_optional(&self, state: &InterviewState, now: Ms, question: &Question) -> bool {
        self.left(state, now) >= self.required_left(state) + self.expected(question)
    }

    /// Whether there is time for a follow-up to `question`, which was first asked at `asked` of the
    /// time of conversation.
    pub fn has_time_for_follow_up(
        &self,
        state: &InterviewState,
        now: Ms,
        section: &Section,
        question: &Question,
        asked: Ms,
    ) -> bool {
        let active = state.active_ms(now);
        let cost = FOLLOW_UP_MS.min(self.expected(question));
        active.saturating_sub(asked) < Ms::from(question.time_allocation) * 1_000
            && !section_is_over(state, now, section)
            && active < self.estimated() * 3 / 2
            && self.left(state, now) >= self.required_left(state) + cost
    }
}

/// Whether the current section has used up a limit of its own.
pub fn section_is_over(state: &InterviewState, now: Ms, section: &Section) -> bool {
    section
        .time_limit
        .is_some_and(|limit| state.active_ms(now).saturating_sub(state.section_active_ms) >= Ms::from(limit) * 1_000)
}
