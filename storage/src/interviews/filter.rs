//! The filter and the order of interviews.
//!
//! Owns: converting a filter to a condition. Never does: run a query.

use chrono::{DateTime, Utc};
use entity::{Channel, Status, interviews};
use sea_orm::sea_query::{Condition, Expr, Func};
use sea_orm::{ColumnTrait, DbBackend};
use uuid::Uuid;

use crate::listing::{self, Position, Sort, SortValue};

/// The orders in which interviews can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InterviewOrder {
    Created,
    Updated,
    /// By scheduled time, or by time of creation for interviews without an appointment.
    Scheduled,
}

impl InterviewOrder {
    /// Returns the position of an interview in this order.
    pub fn place(self, interview: &interviews::Model) -> Position {
        let value = match self {
            InterviewOrder::Created => interview.created_at,
            InterviewOrder::Updated => interview.updated_at,
            InterviewOrder::Scheduled => interview.scheduled_at.unwrap_or(interview.created_at),
        };
        Position { value: SortValue::Time(value), id: interview.id }
    }

    pub(super) fn expression(self) -> Expr {
        let column = |column: interviews::Column| Expr::col(column.as_column_ref());
        match self {
            InterviewOrder::Created => column(interviews::Column::CreatedAt),
            InterviewOrder::Updated => column(interviews::Column::UpdatedAt),
            InterviewOrder::Scheduled => {
                let first = [interviews::Column::ScheduledAt, interviews::Column::CreatedAt].map(column);
                Func::coalesce(first).into()
            }
        }
    }
}

/// The filter on interviews. By default, all of them are selected. Time ranges include their
/// beginning and exclude their end.
#[derive(Debug, Clone)]
pub struct InterviewFilter {
    pub status: Option<Status>,
    pub call_guide_id: Option<Uuid>,
    pub channel: Option<Channel>,
    pub requires_human_review: Option<bool>,
    pub tag: Option<String>,
    /// Part of the respondent's name, email address, phone number or id, regardless of case.
    pub respondent: Option<String>,
    pub scheduled_from: Option<DateTime<Utc>>,
    pub scheduled_to: Option<DateTime<Utc>>,
    pub created_from: Option<DateTime<Utc>>,
    pub created_to: Option<DateTime<Utc>>,
    pub sort: Sort<InterviewOrder>,
    /// The end of the previous page.
    pub after: Option<Position>,
    pub limit: u64,
}

impl Default for InterviewFilter {
    fn default() -> Self {
        Self {
            status: None,
            call_guide_id: None,
            channel: None,
            requires_human_review: None,
            tag: None,
            respondent: None,
            scheduled_from: None,
            scheduled_to: None,
            created_from: None,
            created_to: None,
            sort: Sort { key: InterviewOrder::Created, descending: true },
            after: None,
            limit: 50,
        }
    }
}

impl InterviewFilter {
    pub(super) fn condition(&self, backend: DbBackend) -> Condition {
        use interviews::Column;
        let anywhere = |text: &String| {
            [Column::RespondentName, Column::RespondentEmail, Column::RespondentPhone, Column::RespondentId]
                .into_iter()
                .fold(Condition::any(), |any, column| any.add(listing::mentions(column, text)))
        };
        Condition::all()
            .add_option(self.status.map(|status| Column::Status.eq(status)))
            .add_option(self.call_guide_id.map(|guide| Column::CallGuideId.eq(guide)))
            .add_option(self.channel.map(|channel| Column::Channel.eq(channel)))
            .add_option(self.requires_human_review.map(|review| Column::RequiresHumanReview.eq(review)))
            .add_option(self.tag.as_ref().map(|tag| listing::holds(backend, Column::Tags, tag)))
            .add_option(self.respondent.as_ref().map(anywhere))
            .add_option(self.scheduled_from.map(|from| Column::ScheduledAt.gte(from)))
            .add_option(self.scheduled_to.map(|to| Column::ScheduledAt.lt(to)))
            .add_option(self.created_from.map(|from| Column::CreatedAt.gte(from)))
            .add_option(self.created_to.map(|to| Column::CreatedAt.lt(to)))
    }
}
