//! The findings of the quality supervisor: alerts and escalations.
//!
//! Owns: that a finding is stored completely or not at all, and that storing it again changes
//! nothing. Never does: judge (`interview::quality` does).

use chrono::Utc;
use entity::{alerts, interviews};
use interview::Guide;
use interview::quality::{Alert, Consequence, Escalation, Metric, Subject};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, IntoActiveModel};
use uuid::Uuid;

use super::alerts::NewAlert;
use super::edit::Actor;
use super::error::StorageError;
use super::escalation::{hand_over, publish_escalation};
use super::store::Storage;
use super::{scores, thresholds};

/// The effects of storing findings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judged {
    /// The alerts that had not been raised before.
    pub raised: Vec<alerts::Model>,
    /// The reason for which the interview has just been escalated.
    pub escalated: Option<&'static str>,
}

/// The state that a monitor starts with.
#[derive(Debug, Clone)]
pub struct Watched {
    pub guide: Guide,
    pub median_words: Option<f32>,
}

/// The repository of findings.
pub struct Findings<'a>(pub(super) &'a Storage);

impl Findings<'_> {
    /// Returns what is needed to monitor an interview of any workspace.
    pub async fn watched(&self, id: Uuid) -> Result<Watched, StorageError> {
        let storage = self.0.owning(id).await?;
        let interview = storage.interviews().get(id).await?;
        let guide = storage.guides().version(interview.call_guide_version_id).await?;
        let median_words = scores::median_words(&storage.db, &interview).await?;
        Ok(Watched { guide, median_words })
    }

    /// Stores findings in one transaction with their events for webhooks. The interview must belong
    /// to this workspace.
    pub async fn write(&self, id: Uuid, findings: &[Consequence]) -> Result<Judged, StorageError> {
        let tx = self.0.write().await?;
        let mut row = self.0.interviews().locked(&tx, id).await?;
        let mut judged = Judged::default();
        for finding in findings {
            match finding {
                Consequence::Raised(alert) => {
                    judged.raised.extend(self.0.alerts().raise_in(&tx, new_alert(&row, alert)).await?);
                }
                Consequence::Recovered(subject) => {
                    self.0.alerts().recovered(&tx, Some(id), subject.name(), "", Utc::now(), Actor::ENGINE).await?;
                }
                Consequence::Escalated(escalation) => {
                    judged.escalated = self.escalate(&tx, &mut row, escalation).await?.or(judged.escalated);
                }
            }
        }
        tx.commit().await?;
        Ok(judged)
    }

    /// Adjusts the open alerts to the current findings, for an interview whose events were read
    /// from the log.
    pub async fn settle(&self, id: Uuid, open: &[&Alert], escalated: &[Escalation]) -> Result<Judged, StorageError> {
        let tx = self.0.write().await?;
        let mut row = self.0.interviews().locked(&tx, id).await?;
        let mut judged = Judged::default();
        let subjects = Metric::ALL.map(Subject::Metric).into_iter().chain([Subject::Recognition, Subject::Recording]);
        let well: Vec<&str> =
            subjects.filter(|subject| open.iter().all(|alert| alert.subject != *subject)).map(Subject::name).collect();
        for stored in self.0.alerts().open_of(&tx, id).await? {
            if well.contains(&stored.metric_name.as_str()) {
                self.0.alerts().recovered(&tx, Some(id), &stored.metric_name, "", Utc::now(), Actor::ENGINE).await?;
            }
        }
        for alert in open {
            judged.raised.extend(self.0.alerts().raise_in(&tx, new_alert(&row, alert)).await?);
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
}

fn new_alert(row: &interviews::Model, alert: &Alert) -> NewAlert {
    let (title, description) = match alert.subject {
        Subject::Metric(metric) => {
            let (title, meaning) = metric.words();
            let wanted = if metric.good() == interview::quality::Side::Above { "above" } else { "below" };
            let description = format!(
                "{meaning} {} is {:.2} and should be {wanted} {:.2}.",
                metric.name(),
                alert.value,
                alert.threshold
            );
            (title, description)
        }
        Subject::Recording => (
            "The recording of this call is incomplete",
            "Part of the recording or all of it is missing. The interview's conversation_state has the reason, and \
             the log has the time."
                .to_owned(),
        ),
        Subject::Recognition => (
            "Speech recognition is failing in this call",
            "Several consecutive segments of speech could not be transcribed. The words are lost unless they were \
             recorded."
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
