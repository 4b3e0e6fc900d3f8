//! The key figures of the answers in a window.

use uuid::Uuid;

use super::{Dashboards, Sentiments, Window, sql};
use crate::error::StorageError;

/// The figures of all answers in a window, of one guide or of all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// The sentiments. Their `total` is the number of all answers.
    pub sentiments: Sentiments,
    /// The number of answers to follow-up questions.
    pub follow_ups: i64,
    /// The number of answers that needed a clarification.
    pub clarified: i64,
    /// 0 to 1.
    pub avg_information_density: Option<f64>,
    /// 0 to 1.
    pub avg_confidence_score: Option<f64>,
    pub avg_response_time_seconds: Option<f64>,
}

impl Dashboards<'_> {
    pub async fn answers(&self, window: Window, guide: Option<Uuid>) -> Result<Answers, StorageError> {
        let query = format!(
            "SELECT r.sentiment, COUNT(*) AS answers, COUNT(*) FILTER (WHERE r.is_follow_up) AS follow_ups, \
             COUNT(*) FILTER (WHERE r.requires_clarification) AS clarified, \
             SUM(r.information_density) AS density, SUM(r.confidence_score) AS confidence, \
             SUM(r.response_time_seconds) AS response_time \
             FROM interview_responses r WHERE {} GROUP BY r.sentiment",
            sql::responses(guide.is_some())
        );
        let mut all = Answers::default();
        let (mut density, mut confidence, mut response_time) = (0.0, 0.0, 0.0);
        for row in self.rows(&query, window, guide).await? {
            all.sentiments.add(&row.try_get::<String>("", "sentiment")?, row.try_get("", "answers")?);
            all.follow_ups += row.try_get::<i64>("", "follow_ups")?;
            all.clarified += row.try_get::<i64>("", "clarified")?;
            density += row.try_get::<f64>("", "density")?;
            confidence += row.try_get::<f64>("", "confidence")?;
            response_time += row.try_get::<f64>("", "response_time")?;
        }
        if all.sentiments.total > 0 {
            let count = all.sentiments.total as f64;
            all.avg_information_density = Some(density / count);
            all.avg_confidence_score = Some(confidence / count);
            all.avg_response_time_seconds = Some(response_time / count);
        }
        Ok(all)
    }
}
