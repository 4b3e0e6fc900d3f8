//! Alerts of made-up interviews: those that their scores raise at the end.
//!
//! Owns: these alerts. Never does: escalate, or draw anything at random. The same interviews have
//! the same alerts.

use chrono::Duration;
use entity::{Resolution, alerts, interviews};
use interview::quality::{Metric, Thresholds};
use uuid::Uuid;

use super::MARK;
use storage::thresholds::to_row;

/// Every other alert was resolved after this time.
const DEALT_WITH_AFTER: Duration = Duration::hours(1);

pub(super) fn of(row: &interviews::Model) -> Vec<alerts::Model> {
    let Some(raised_at) = row.completed_at else { return Vec::new() };
    let thresholds = Thresholds::default();
    let crossed = Metric::ALL.into_iter().enumerate().filter_map(|(number, metric)| {
        let stored = [&row.quality_metrics, &row.engagement_metrics];
        let value = stored.into_iter().find_map(|scores| scores.get(metric.name())?.as_f64())?;
        let threshold = thresholds.of(metric);
        threshold.is_crossed(metric, value).then_some((number, metric, value, threshold))
    });
    crossed
        .map(|(number, metric, value, threshold)| {
            let id = id_of(row.id, number);
            let dealt_with = id.as_u128().is_multiple_of(2).then(|| raised_at + DEALT_WITH_AFTER);
            let subject = format!("{}:{}:", row.id, metric.name());
            let (title, description) = metric.words();
            alerts::Model {
                id,
                workspace_id: row.workspace_id,
                interview_id: Some(row.id),
                call_guide_id: Some(row.call_guide_id),
                severity: to_row(threshold.severity),
                title: title.to_owned(),
                description: description.to_owned(),
                metric_name: metric.name().to_owned(),
                current_value: value,
                threshold: threshold.value,
                occasion: format!("{subject}:{MARK}"),
                subject,
                raised_at,
                acknowledged_at: None,
                acknowledged_by: None,
                resolved_at: dealt_with,
                resolved_by: dealt_with.map(|_| MARK.to_owned()),
                resolution: dealt_with.map(|_| Resolution::Person),
                note: None,
                created_at: raised_at,
                updated_at: dealt_with.unwrap_or(raised_at),
            }
        })
        .collect()
}

/// Returns the interview's id with another ending, which is as random and has the same time.
fn id_of(interview: Uuid, number: usize) -> Uuid {
    let mut bytes = *interview.as_bytes();
    bytes[14] ^= 1 + number as u8;
    Uuid::from_bytes(bytes)
}
