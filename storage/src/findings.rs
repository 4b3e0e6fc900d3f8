//! What the quality supervisor finds, written down: alerts, and the hand-over to a person.
//!
//! Owns: that all of one finding is written or none of it, and that writing it again changes nothing. Never does: judge
//! (`interview::quality` does).

use chrono::Utc;
use entity::{alerts, interviews};
use interview::Guide;
use interview::quality::{Alert, Escalation, Finding, Metric, Subject};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, IntoActiveModel};
use uuid::Uuid;

use super::alerts::NewAlert;
use super::edit::Actor;
use super::error::StorageError;
use super::escalation::{hand_over, publish_escalation};
use super::store::Storage;
use super::{scores, thresholds};

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

/// The repository of findings.
pub struct Findings<'a>(pub(super) &'a Storage);

impl Findings<'_> {
    /// What is needed to watch an interview, whichever workspace it is in.
    pub async fn watched(&self, id: Uuid) -> Result<Watched, StorageError> {
        let storage = self.0.owning(id).await?;
        let interview = storage.interviews().get(id).await?;
        let guide = storage.guides().version(interview.call_guide_version_id).await?;
        let median_words = scores::median_words(&storage.db, &interview).await?;
        Ok(Watched { guide, median_words })
    }

    /// Writes what was found, in one transaction with what webhooks are told. The interview must be this workspace's.
    pub async fn write(&self, id: Uuid, findings: &[Finding]) -> Result<Judged, StorageError> {
        let tx = self.0.write().await?;
        let mut row = self.0.interviews().locked(&tx, id).await?;
        let mut judged = Judged::default();
        for finding in findings {
            match finding {
                Finding::Raised(alert) => {
                    judged.raised.extend(self.0.alerts().raise_in(&tx, new_alert(&row, alert)).await?);
                }
                Finding::Recovered(subject) => {
                    self.0.alerts().recovered(&tx, Some(id), subject.name(), "", Utc::now(), Actor::ENGINE).await?;
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
