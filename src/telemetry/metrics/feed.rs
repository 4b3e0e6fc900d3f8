//! The effect of each event on the metrics.
//!
//! Owns: the mapping from events to numbers. Never does: store anything but the numbers.

use interview::Event;
use uuid::Uuid;

use super::Metrics;
use storage::{Appended, EventRecord};

impl Metrics {
    /// Counts a scheduled interview.
    pub fn observe_scheduled(&self, guide: Uuid) {
        self.know_guide(guide);
        self.interviews_total.with_label_values(&["scheduled", &guide.to_string()]).inc();
    }

    /// Counts events that have just been appended to the log.
    pub fn observe_events(&self, records: &[EventRecord], appended: &Appended) {
        let guide = appended.call_guide_id.to_string();
        if appended.started {
            self.know_guide(appended.call_guide_id);
            self.interviews_total.with_label_values(&["in_progress", &guide]).inc();
        }
        for record in &records[records.len().saturating_sub(appended.fresh)..] {
            match &record.event {
                Event::Answered { response } => {
                    self.responses_total.with_label_values(&[response.section.as_str()]).inc();
                    self.response_sentiment_total.with_label_values(&[&name(&response.analysis.sentiment)]).inc();
                    self.information_density.observe(f64::from(response.analysis.information_density));
                }
                Event::QuestionAsked { action: Some(action), follow_up_of: Some(_), .. } => {
                    self.follow_ups_generated_total.with_label_values(&[&name(action)]).inc();
                }
                Event::ProposalRejected { reason, .. } => {
                    self.follow_ups_rejected_total.with_label_values(&[reason.as_str()]).inc();
                }
                _ => {}
            }
        }
        for value in &appended.follow_up_values {
            self.follow_up_effectiveness.observe(*value);
        }
        if let Some(reason) = appended.escalated {
            self.escalations_total.with_label_values(&[reason]).inc();
        }
        let Some(ended) = &appended.ended else { return };
        self.interviews_total.with_label_values(&[ended.status.as_str(), guide.as_str()]).inc();
        self.interview_duration_seconds.with_label_values(&[&guide]).observe(ended.duration_seconds);
        if let Some(rate) = ended.completion_rate {
            self.interview_completion_rate.with_label_values(&[&guide]).set(rate);
        }
        if let Some(score) = ended.engagement_score {
            self.engagement_score.observe(score);
        }
        if let Some(score) = ended.data_quality_score {
            self.data_quality_score.observe(score);
        }
    }
}

impl Metrics {
    /// Counts an alert that was raised.
    pub fn observe_alert(&self, alert: &entity::alerts::Model) {
        self.quality_alerts_total.with_label_values(&[alert.severity.as_str(), alert.metric_name.as_str()]).inc();
    }
}

/// Returns the name of an enumeration value in JSON.
pub(super) fn name(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}
