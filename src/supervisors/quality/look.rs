//! One look at one call: its events through its monitor, what was found into the database.
//!
//! Owns: the order of it. Never does: keep anything when it fails: the same work is done again then.

use std::sync::Arc;

use interview::Event;
use interview::quality::{Finding, Monitor, Thresholds};
use uuid::Uuid;

use super::Parts;
use crate::supervisors::persistence::Committed;
use storage::findings::Judged;
use storage::{Storage, StorageError};

/// What is to be looked at.
pub(super) struct Work {
    pub id: Uuid,
    /// None: the log is read from its beginning.
    pub monitor: Option<Monitor>,
    /// In the order of the log.
    pub batches: Vec<Committed>,
    /// Judge once more what was judged before.
    pub anew: bool,
}

pub(super) enum Looked {
    /// None: there is nothing to be watched any more.
    Done(Option<Box<Monitor>>),
    /// Nothing was changed, or what was will not be changed twice.
    Failed(Box<Work>, StorageError),
}

pub(super) async fn look(parts: Parts, work: Work) -> Looked {
    match judge(&parts, &work).await {
        Ok(monitor) => Looked::Done(Some(Box::new(monitor))),
        // Of an erased person nothing is left to be judged, but that there was an interview.
        Err(StorageError::Erased) => match measured(&parts, work.id).await {
            Ok(()) => Looked::Done(None),
            Err(error) => Looked::Failed(Box::new(work), error),
        },
        Err(error) => Looked::Failed(Box::new(work), error),
    }
}

async fn measured(parts: &Parts, id: Uuid) -> Result<(), StorageError> {
    parts.storage.owning(id).await?.measurements().write(id, None).await
}

async fn judge(parts: &Parts, work: &Work) -> Result<Monitor, StorageError> {
    let id = work.id;
    let storage = parts.storage.owning(id).await?;
    let interview = storage.interviews().get(id).await?;
    let thresholds = storage.thresholds().resolve(&parts.defaults, Some(interview.call_guide_id)).await?;
    let (mut monitor, read) = if let Some(monitor) = &work.monitor {
        (monitor.clone(), false)
    } else {
        let watched = storage.findings().watched(id).await?;
        let mut monitor = Monitor::new(Arc::new(watched.guide), watched.median_words);
        let first = work.batches.first().and_then(|batch| batch.records.first());
        let begins = first.is_some_and(|first| first.seq == 1);
        if !begins {
            replay(&storage, id, &mut monitor, &interview.engagement_metrics, &thresholds).await?;
        }
        (monitor, !begins)
    };
    if read {
        let open: Vec<_> = monitor.open().collect();
        tell(parts, &storage.findings().settle(id, &open, monitor.escalated()).await?);
    }
    let mut findings = Vec::new();
    for record in work.batches.iter().flat_map(|batch| batch.records.iter()) {
        if matches!(record.event, Event::Ended { .. }) {
            monitor.set_median_words(median(&interview.engagement_metrics));
        }
        findings.extend(monitor.observe(record.seq, record.at_ms, &record.event, &thresholds));
    }
    if work.anew {
        findings.extend(monitor.reconsider(&thresholds));
    }
    write(parts, &storage, id, &findings).await?;
    if monitor.is_over() {
        let log = storage.event_log().load(id).await?;
        storage.measurements().write(id, Some(&log)).await?;
    }
    Ok(monitor)
}

/// The log as it stands, seen again.
async fn replay(
    storage: &Storage,
    id: Uuid,
    monitor: &mut Monitor,
    engagement: &serde_json::Value,
    thresholds: &Thresholds,
) -> Result<(), StorageError> {
    for record in storage.event_log().load(id).await? {
        if matches!(record.event, Event::Ended { .. }) {
            monitor.set_median_words(median(engagement));
        }
        monitor.observe(record.seq, record.at_ms, &record.event, thresholds);
    }
    Ok(())
}

/// What the final scores were computed with.
fn median(engagement: &serde_json::Value) -> Option<f32> {
    Some(engagement.get("median_words")?.as_f64()? as f32)
}

async fn write(parts: &Parts, storage: &Storage, id: Uuid, findings: &[Finding]) -> Result<(), StorageError> {
    if !findings.is_empty() {
        tell(parts, &storage.findings().write(id, findings).await?);
    }
    Ok(())
}

fn tell(parts: &Parts, judged: &Judged) {
    for alert in &judged.raised {
        parts.metrics.observe_alert(alert);
        tracing::warn!(
            interview_id = ?alert.interview_id,
            metric = alert.metric_name,
            severity = alert.severity.as_str(),
            value = alert.current_value,
            threshold = alert.threshold,
            "quality alert"
        );
    }
    if let Some(reason) = judged.escalated {
        parts.metrics.escalations_total.with_label_values(&[reason]).inc();
        tracing::warn!(reason, "an interview is handed to a person");
    }
}
