//! The number of interviews, and how they went.

use std::collections::BTreeMap;

use sea_orm::Iterable as _;
use uuid::Uuid;

use super::{Dashboards, Window, sql};
use crate::error::StorageError;

/// The figures of one window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InterviewFigures {
    /// The number of interviews for each status, including those that no interview has.
    pub by_status: BTreeMap<&'static str, i64>,
    pub avg_duration_seconds: Option<f64>,
    /// The mean of the interviews that ended with one, 0 to 1.
    pub avg_completion_rate: Option<f64>,
    /// The mean of the interviews that ended with one, 0 to 1.
    pub avg_engagement_score: Option<f64>,
}

impl InterviewFigures {
    pub fn total(&self) -> i64 {
        self.by_status.values().sum()
    }

    pub fn completed(&self) -> i64 {
        self.by_status.get(entity::Status::Completed.as_str()).copied().unwrap_or_default()
    }
}

/// A mean that is being computed.
#[derive(Default)]
struct Mean {
    sum: f64,
    count: i64,
}

impl Mean {
    fn add(&mut self, sum: Option<f64>, count: i64) {
        self.sum += sum.unwrap_or_default();
        self.count += count;
    }

    fn value(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

impl Dashboards<'_> {
    /// Returns the figures of the interviews in the window, of one guide or of all.
    pub async fn interviews(&self, window: Window, guide: Option<Uuid>) -> Result<InterviewFigures, StorageError> {
        let completion = sql::number(self.backend(), "i.quality_metrics", "completion_rate");
        let engagement = sql::number(self.backend(), "i.engagement_metrics", "engagement_score");
        let duration = "CAST(i.duration_seconds AS DOUBLE PRECISION)";
        let of_guide = guide.map(|_| " AND i.call_guide_id = $4").unwrap_or_default();
        // The query reads the rows only once, because they are wide.
        let query = format!(
            "SELECT i.status, COUNT(*) AS interviews, \
             SUM({duration}) AS duration, COUNT({duration}) AS durations, \
             SUM({completion}) AS completion, COUNT({completion}) AS completions, \
             SUM({engagement}) AS engagement, COUNT({engagement}) AS engagements \
             FROM interviews i WHERE {}{of_guide} GROUP BY i.status",
            sql::INTERVIEWS
        );
        let mut by_status: BTreeMap<&'static str, i64> =
            entity::Status::iter().map(|status| (status.as_str(), 0)).collect();
        let (mut durations, mut completions, mut engagements) = (Mean::default(), Mean::default(), Mean::default());
        for row in self.rows(&query, window, guide).await? {
            let status: entity::Status = row.try_get("", "status")?;
            by_status.insert(status.as_str(), row.try_get("", "interviews")?);
            durations.add(row.try_get("", "duration")?, row.try_get("", "durations")?);
            completions.add(row.try_get("", "completion")?, row.try_get("", "completions")?);
            engagements.add(row.try_get("", "engagement")?, row.try_get("", "engagements")?);
        }
        Ok(InterviewFigures {
            by_status,
            avg_duration_seconds: durations.value(),
            avg_completion_rate: completions.value(),
            avg_engagement_score: engagements.value(),
        })
    }

    /// Counts the answers of the window.
    pub async fn total_responses(&self, window: Window) -> Result<i64, StorageError> {
        let query = format!("SELECT COUNT(*) AS responses FROM interview_responses r WHERE {}", sql::responses(false));
        match self.rows(&query, window, None).await?.first() {
            Some(row) => Ok(row.try_get("", "responses")?),
            None => Ok(0),
        }
    }
}
