//! The measurements of a finished interview.
//!
//! Owns: rows of `metrics`, which are written once for each interview, and the comparison of stored
//! scores with recomputed ones. Never does: score (`interview::score` does).

use chrono::{DateTime, Utc};
use entity::metrics::{self, MetricType};
use entity::{Status, event_logs, interviews};
use interview::io::Event;
use interview::quality::Metric;
use interview::score::{Scores, widen};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::StorageError;
use super::log::EventRecord;
use super::store::Storage;
use super::{log, scores};

/// A stored score, and the score recomputed from the log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recomputed {
    pub metric: String,
    pub stored: Option<f64>,
    pub recomputed: Option<f64>,
}

impl Recomputed {
    pub fn differs(&self) -> bool {
        self.stored != self.recomputed
    }
}

/// The repository of measurements.
pub struct Measurements<'a>(pub(super) &'a Storage);

impl Measurements<'_> {
    /// Writes the measurements of a finished interview to `metrics`, once: a row for each score, a
    /// row for each timed turn, and its duration. `log` is `None` if it can no longer be decrypted.
    pub async fn write(&self, id: Uuid, log: Option<&[EventRecord]>) -> Result<(), StorageError> {
        let tx = self.0.write().await?;
        let row = self.0.interviews().locked(&tx, id).await?;
        if metrics::Entity::find().filter(metrics::Column::InterviewId.eq(id)).count(&tx).await? > 0 {
            return Ok(());
        }
        let labels = json!({ "status": row.status, "channel": row.channel });
        let gauge = |name: &str, value: f64| measurement(&row, name, MetricType::Gauge, value, labels.clone());
        let mut rows = vec![gauge("interview_duration_seconds", f64::from(row.duration_seconds.unwrap_or_default()))];
        for metric in Metric::ALL.into_iter().filter(|metric| *metric != Metric::ResponseLatency) {
            rows.extend(stored(&row, metric.name()).map(|value| gauge(metric.name(), value)));
        }
        for record in log.unwrap_or_default() {
            if let Event::TurnTimed { asking, timing } = &record.event {
                let seconds = timing.first_audio as f64 / 1_000.0;
                let labels = json!({ "asking": asking });
                rows.push(measurement(&row, Metric::ResponseLatency.name(), MetricType::Histogram, seconds, labels));
            }
        }
        let rows = rows.into_iter().map(|row| row.into_active_model().reset_all());
        metrics::Entity::insert_many(rows).exec_without_returning(&tx).await?;
        Ok(tx.commit().await?)
    }

    /// Lists interviews of all workspaces that ended after `since` and have no measurements,
    /// because their engine died or they were ended from outside. Returns at most `limit`.
    pub async fn missing(&self, since: DateTime<Utc>, limit: u64) -> Result<Vec<Uuid>, StorageError> {
        let measured = Query::select()
            .expr(Expr::val(1))
            .from(metrics::Entity)
            .and_where(
                Expr::col((metrics::Entity, metrics::Column::InterviewId))
                    .equals((interviews::Entity, interviews::Column::Id)),
            )
            .to_owned();
        // Made-up interviews have no log.
        let logged = Query::select()
            .expr(Expr::val(1))
            .from(event_logs::Entity)
            .and_where(event_logs::Column::EntityType.eq(log::ENTITY_TYPE))
            .and_where(event_logs::Column::Seq.eq(1))
            .and_where(
                Expr::col((event_logs::Entity, event_logs::Column::EntityId))
                    .equals((interviews::Entity, interviews::Column::Id)),
            )
            .to_owned();
        Ok(interviews::Entity::find()
            .select_only()
            .column(interviews::Column::Id)
            .filter(interviews::Column::CompletedAt.gte(since))
            .filter(interviews::Column::StartedAt.is_not_null())
            .filter(interviews::Column::Status.is_not_in([Status::Scheduled, Status::InProgress]))
            .filter(Expr::not_exists(measured))
            .filter(Expr::exists(logged))
            .order_by_asc(interviews::Column::Id)
            .limit(limit)
            .into_tuple()
            .all(&self.0.db)
            .await?)
    }

    /// Returns the stored scores of a finished interview beside those recomputed from its log.
    /// Returns `None` for an interview made by `interviewer seed`, which has no log.
    pub async fn recompute(&self, id: Uuid) -> Result<Option<Vec<Recomputed>>, StorageError> {
        let row = self.0.interviews().get(id).await?;
        if !row.status.is_over() {
            return Err(StorageError::NotOver);
        }
        let guide = self.0.guides().version(row.call_guide_version_id).await?;
        let log = self.0.event_log().load(id).await?;
        if row.is_seeded() && log.is_empty() {
            return Ok(None);
        }
        // Interviews that ended before it was stored use its current value.
        let median = match row.engagement_metrics.get("median_words") {
            Some(stored) => stored.as_f64().map(|words| words as f32),
            None => scores::median_words(&self.0.db, &row).await?,
        };
        let scores = Scores::of(&guide, log.iter().map(|record| (record.at_ms, &record.event)), median);
        let known = |metric: &Metric| {
            let name = metric.name();
            row.quality_metrics.get(name).is_some() || row.engagement_metrics.get(name).is_some()
        };
        let one = |metric: Metric| Recomputed {
            metric: metric.name().to_owned(),
            stored: stored(&row, metric.name()),
            recomputed: score(&scores, metric).map(widen),
        };
        Ok(Some(Metric::ALL.into_iter().filter(known).map(one).collect()))
    }
}

fn measurement(
    row: &interviews::Model,
    name: &str,
    metric_type: MetricType,
    value: f64,
    labels: Value,
) -> metrics::Model {
    let now = Utc::now();
    metrics::Model {
        id: Uuid::now_v7(),
        workspace_id: row.workspace_id,
        metric_name: name.to_owned(),
        metric_type,
        value,
        labels,
        interview_id: Some(row.id),
        call_guide_id: Some(row.call_guide_id),
        recorded_at: row.completed_at.unwrap_or(now),
        created_at: now,
    }
}

/// Returns the score that was stored at the end.
fn stored(row: &interviews::Model, name: &str) -> Option<f64> {
    [&row.quality_metrics, &row.engagement_metrics].into_iter().find_map(|scores| scores.get(name)?.as_f64())
}

fn score(scores: &Scores, metric: Metric) -> Option<f32> {
    match metric {
        Metric::CompletionRate => scores.completion_rate,
        Metric::EngagementScore => scores.engagement_score,
        Metric::InformationDensity => scores.information_density,
        Metric::DataQualityScore => scores.data_quality_score,
        Metric::SttConfidence => scores.stt_confidence,
        Metric::ResponseLatency => scores.response_latency,
        Metric::ClarificationRate => scores.clarification_rate,
        Metric::SttErrorRate => scores.stt_error_rate,
        Metric::FollowUpValue => scores.follow_up_value,
    }
}
