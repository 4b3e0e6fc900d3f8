//! The performance of each guide.

use uuid::Uuid;

use super::{Dashboards, Window, sql};
use crate::error::StorageError;

/// The figures of a guide with interviews in the window.
#[derive(Debug, Clone, PartialEq)]
pub struct GuidePerformance {
    pub call_guide_id: Uuid,
    pub call_guide_name: String,
    pub total: i64,
    pub completed: i64,
    pub avg_duration_seconds: Option<f64>,
    /// The mean completion rate of the interviews that ended with one, 0 to 1.
    pub avg_completion_percentage: Option<f64>,
    /// The mean engagement score of these interviews, 0 to 1.
    pub avg_engagement_score: Option<f64>,
}

impl Dashboards<'_> {
    /// Returns the guides with interviews in the window. The guide with the most interviews comes
    /// first.
    pub async fn guides(&self, window: Window) -> Result<Vec<GuidePerformance>, StorageError> {
        let backend = self.backend();
        let completion = sql::number(backend, "i.quality_metrics", "completion_rate");
        let engagement = sql::number(backend, "i.engagement_metrics", "engagement_score");
        let query = format!(
            "SELECT g.id, g.name, f.total, f.completed, f.duration, f.completion, f.engagement FROM ( \
             SELECT i.call_guide_id, COUNT(*) AS total, \
             COUNT(*) FILTER (WHERE i.status = 'completed') AS completed, \
             AVG(CAST(i.duration_seconds AS DOUBLE PRECISION)) AS duration, \
             AVG({completion}) AS completion, AVG({engagement}) AS engagement \
             FROM interviews i WHERE {} GROUP BY i.call_guide_id \
             ) f JOIN call_guides g ON g.id = f.call_guide_id ORDER BY f.total DESC, {}, g.id",
            sql::INTERVIEWS,
            sql::in_order(backend, "g.name"),
        );
        let rows = self.rows(&query, window, None).await?;
        rows.iter()
            .map(|row| {
                Ok(GuidePerformance {
                    call_guide_id: row.try_get("", "id")?,
                    call_guide_name: row.try_get("", "name")?,
                    total: row.try_get("", "total")?,
                    completed: row.try_get("", "completed")?,
                    avg_duration_seconds: row.try_get("", "duration")?,
                    avg_completion_percentage: row.try_get("", "completion")?,
                    avg_engagement_score: row.try_get("", "engagement")?,
                })
            })
            .collect()
    }
}
