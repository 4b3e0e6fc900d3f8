//! What the quality supervisor finds, written down: alerts, the hand-over to a person, the measurements of an interview.
//!
//! Owns: that all of one finding is written or none of it, and that writing it again changes nothing. Never does: judge
//! (`interview::quality` does).

use chrono::{DateTime, Utc};
use entity::metrics::{self, MetricType};
use entity::{Status, alerts, event_logs, interviews};
use interview::Guide;
use interview::io::Event;
use interview::quality::{Alert, Escalation, Finding, Metric, Subject};
use interview::score::{Scores, widen};
use interview::webhook::WebhookEvent;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::alerts::NewAlert;
use super::{EventRecord, Storage, StorageError, events, outbox, scores, thresholds, to_json};

/// What writing findings down has brought about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judged {
    /// Those that had not been raised before.
    pub raised: Vec<alerts::Model>,
    /// Why the interview was handed to a person just now.
    pub escalated: Option<&'static str>,
}

/// What a monitor begins with.
#[derive(Debug, Clone)]
pub struct Watched {
    pub guide: Guide,
    pub median_words: Option<f32>,
}

/// `data` of a `quality.alert` event about a hand-over to a person.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WebhookEscalationData)]
pub struct EscalationTold {
    /// `escalation`.
    pub kind: &'static str,
    pub interview_id: Uuid,
    pub call_guide_id: Uuid,
    /// As `escalations_total{reason}` has it.
    pub reason: &'static str,
    pub escalation_reason: String,
}

/// A score as it is stored, and as it comes out of the log.
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

impl Storage {
    /// What is needed to watch an interview, whichever workspace it is in.
    pub async fn watched(&self, id: Uuid) -> Result<Watched, StorageError> {
        let storage = self.owning(id).await?;
        let interview = storage.interviews().get(id).await?;
        let guide = storage.guides().version(interview.call_guide_version_id).await?;
        let median_words = scores::median_words(&storage.db, &interview).await?;
        Ok(Watched { guide, median_words })
    }

    /// Writes what was found, in one transaction with what webhooks are told. The interview must be this workspace's.
    pub async fn write_findings(&self, id: Uuid, findings: &[Finding]) -> Result<Judged, StorageError> {
        let tx = self.write().await?;
        let mut row = self.interviews().locked(&tx, id).await?;
        let mut judged = Judged::default();
        for finding in findings {
            match finding {
                Finding::Raised(alert) => {
                    judged.raised.extend(self.alerts().raise_in(&tx, new_alert(&row, alert)).await?);
                }
                Finding::Recovered(subject) => {
                    self.alerts().recovered(&tx, Some(id), subject.name(), "", Utc::now()).await?;
                }
                Finding::Escalated(escalation) => {
                    judged.escalated = self.escalate(&tx, &mut row, escalation).await?.or(judged.escalated);
                }
            }
        }
        tx.commit().await?;
        Ok(judged)
    }

    /// Brings what is open into line with what is wrong now: for an interview whose events were read from the log.
    pub async fn settle_findings(
        &self,
        id: Uuid,
        open: &[&Alert],
        escalated: &[Escalation],
    ) -> Result<Judged, StorageError> {
        let tx = self.write().await?;
        let mut row = self.interviews().locked(&tx, id).await?;
        let mut judged = Judged::default();
        let subjects = Metric::ALL.map(Subject::Metric).into_iter().chain([Subject::Recognition, Subject::Recording]);
        let well: Vec<&str> =
            subjects.filter(|subject| open.iter().all(|alert| alert.subject != *subject)).map(Subject::name).collect();
        for stored in self.alerts().open_of(&tx, id).await? {
            if well.contains(&stored.metric_name.as_str()) {
                self.alerts().recovered(&tx, Some(id), &stored.metric_name, "", Utc::now()).await?;
            }
        }
        for alert in open {
            judged.raised.extend(self.alerts().raise_in(&tx, new_alert(&row, alert)).await?);
        }
        for escalation in escalated {
            judged.escalated = self.escalate(&tx, &mut row, escalation).await?.or(judged.escalated);
        }
        tx.commit().await?;
        Ok(judged)
    }

    async fn escalate(
        &self,
        tx: &DatabaseTransaction,
        row: &mut interviews::Model,
        escalation: &Escalation,
    ) -> Result<Option<&'static str>, StorageError> {
        let before = (row.requires_human_review, row.escalation_reason.clone());
        let handed_over = hand_over(row, escalation);
        if before == (row.requires_human_review, row.escalation_reason.clone()) {
            return Ok(None);
        }
        // The other columns are as they were read.
        let mut changed = row.clone().into_active_model();
        changed.requires_human_review = Set(row.requires_human_review);
        changed.escalation_reason = Set(row.escalation_reason.clone());
        changed.updated_at = Set(Utc::now());
        changed.update(tx).await?;
        if handed_over {
            publish_escalation(tx, row, escalation).await?;
        }
        Ok(handed_over.then(|| escalation.reason.name()))
    }

    /// Writes the measurements of an interview that is over into `metrics`, once: a row a score, a row a timed turn, and its
    /// length. `log` is none where it can't be read any more.
    pub async fn write_measurements(&self, id: Uuid, log: Option<&[EventRecord]>) -> Result<(), StorageError> {
        let tx = self.write().await?;
        let row = self.interviews().locked(&tx, id).await?;
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

    /// Interviews of all workspaces that were held, are over since `since`, and whose measurements nobody has written: their
    /// engine died, or they were ended from outside. At most `limit`.
    pub async fn unmeasured(&self, since: DateTime<Utc>, limit: u64) -> Result<Vec<Uuid>, StorageError> {
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
            .and_where(event_logs::Column::EntityType.eq(events::ENTITY_TYPE))
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
            .all(&self.db)
            .await?)
    }

    /// The scores of an interview that is over, as they are stored and as its log gives them. None for an interview that
    /// `interviewer seed` has made up: it has no log.
    pub async fn recompute(&self, id: Uuid) -> Result<Option<Vec<Recomputed>>, StorageError> {
        let row = self.interviews().get(id).await?;
        if !row.status.is_over() {
            return Err(StorageError::NotOver);
        }
        let guide = self.guides().version(row.call_guide_version_id).await?;
        let log = self.load_events(id).await?;
        if row.is_seeded() && log.is_empty() {
            return Ok(None);
        }
        // Of interviews that ended before it was stored: what it is now.
        let median = match row.engagement_metrics.get("median_words") {
            Some(stored) => stored.as_f64().map(|words| words as f32),
            None => scores::median_words(&self.db, &row).await?,
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

/// Hands the interview to a person, in its row; true when nobody had before. Each reason is told once, so that a later replay
/// does not bring back a review that is done.
pub(super) fn hand_over(row: &mut interviews::Model, escalation: &Escalation) -> bool {
    let told = row.escalation_reason.clone().unwrap_or_default();
    if told.contains(escalation.reason.words()) {
        return false;
    }
    // Somebody who looks already is told the rest; a reason of a review that is over is no reason any more.
    let waits = row.requires_human_review && !told.is_empty();
    row.escalation_reason = Some(if waits { format!("{told}; {}", escalation.text) } else { escalation.text.clone() });
    !std::mem::replace(&mut row.requires_human_review, true)
}

pub(super) async fn publish_escalation(
    db: &impl ConnectionTrait,
    row: &interviews::Model,
    escalation: &Escalation,
) -> Result<(), StorageError> {
    let told = EscalationTold {
        kind: "escalation",
        interview_id: row.id,
        call_guide_id: row.call_guide_id,
        reason: escalation.reason.name(),
        escalation_reason: escalation.text.clone(),
    };
    outbox::publish(db, row.workspace_id, WebhookEvent::QualityAlert, to_json("escalation", told)?).await?;
    Ok(())
}

fn new_alert(row: &interviews::Model, alert: &Alert) -> NewAlert {
    let (title, description) = match alert.subject {
        Subject::Metric(metric) => {
            let (title, meaning) = metric.words();
            let wanted = if metric.good() == interview::quality::Side::Above { "above" } else { "below" };
            let description =
                format!("{meaning} {} is {:.2}; it should be {wanted} {:.2}.", metric.name(), alert.value, alert.threshold);
            (title, description)
        }
        Subject::Recording => (
            "The recording of this call is incomplete",
            "Part of the recording is missing, or the whole of it: the interview's conversation_state says why, and the log when."
                .to_owned(),
        ),
        Subject::Recognition => (
            "Speech recognition fails in this call",
            "Several stretches of speech in a row could not be transcribed: what was said is lost, unless it was recorded."
                .to_owned(),
        ),
    };
    NewAlert {
        interview_id: Some(row.id),
        call_guide_id: Some(row.call_guide_id),
        severity: thresholds::to_row(alert.severity),
        title: title.to_owned(),
        description,
        metric_name: alert.subject.name().to_owned(),
        about: String::new(),
        occasion: alert.occasion.clone(),
        current_value: alert.value,
        threshold: alert.threshold,
        raised_at: Utc::now(),
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

/// The score as it was stored at the end.
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
