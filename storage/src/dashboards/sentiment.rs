//! The sentiment of the answers by hour.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Dashboards, Window, sql};
use crate::error::StorageError;

/// The number of answers with each sentiment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Sentiments {
    pub very_positive: i64,
    pub positive: i64,
    pub neutral: i64,
    pub negative: i64,
    pub very_negative: i64,
    pub total: i64,
}

impl Sentiments {
    pub fn add(&mut self, sentiment: &str, count: i64) {
        let known = match sentiment {
            "very_positive" => Some(&mut self.very_positive),
            "positive" => Some(&mut self.positive),
            "neutral" => Some(&mut self.neutral),
            "negative" => Some(&mut self.negative),
            "very_negative" => Some(&mut self.very_negative),
            _ => None,
        };
        if let Some(known) = known {
            *known += count;
        }
        self.total += count;
    }
}

/// One hour (UTC) with answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SentimentHour)]
pub struct Hour {
    /// The beginning of the hour.
    pub timestamp: DateTime<Utc>,
    pub sentiments: Sentiments,
}

impl Dashboards<'_> {
    /// Returns the hours with answers, the oldest first. The first and the last hour count only
    /// answers within the window.
    pub async fn sentiments(&self, window: Window, guide: Option<Uuid>) -> Result<Vec<Hour>, StorageError> {
        let hour = sql::hour(self.backend(), "r.answered_at");
        let query = format!(
            "SELECT {} AS hour, h.sentiment, h.answers FROM ( \
             SELECT {hour} AS hour, r.sentiment, COUNT(*) AS answers \
             FROM interview_responses r WHERE {} GROUP BY 1, 2 \
             ) h ORDER BY h.hour",
            sql::hour_text(self.backend(), "h.hour"),
            sql::responses(guide.is_some()),
        );
        let mut hours: Vec<Hour> = Vec::new();
        for row in self.rows(&query, window, guide).await? {
            let timestamp = beginning_of(&row.try_get::<String>("", "hour")?)?;
            if hours.last().is_none_or(|hour| hour.timestamp != timestamp) {
                hours.push(Hour { timestamp, sentiments: Sentiments::default() });
            }
            if let Some(hour) = hours.last_mut() {
                hour.sentiments.add(&row.try_get::<String>("", "sentiment")?, row.try_get("", "answers")?);
            }
        }
        Ok(hours)
    }
}

fn beginning_of(hour: &str) -> Result<DateTime<Utc>, StorageError> {
    NaiveDateTime::parse_from_str(&format!("{hour}:00"), "%Y-%m-%dT%H:%M")
        .map(|time| time.and_utc())
        .map_err(|error| StorageError::Corrupt { what: "time of an answer", reason: format!("{hour}: {error}") })
}
