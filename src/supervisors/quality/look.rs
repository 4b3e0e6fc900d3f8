//! One check of one call: its events go through its monitor, and the findings are stored.
//!
//! Owns: the order of these steps. Never does: keep anything if it fails. The same work is done
//! again then.

use std::sync::Arc;

use interview::Event;
use interview::quality::{Consequence, Monitor, Thresholds};
use uuid::Uuid;

use super::Parts;
use crate::supervisors::persistence::Committed;
use storage::findings::Judged;
use storage::{Storage, StorageError};

/// The work of a check.
pub(super) struct Work {
    pub id: Uuid,
    /// `None` means that the log is read from its beginning.
    pub monitor: Option<Monitor>,
    /// The new events in the order of the log.
    pub batches: Vec<Committed>,
    /// Everything is judged again, including what was judged before.
    pub anew: bool,
}

pub(super) enum Looked {
    /// `None` means that there is nothing left to monitor.
    Done(Option<Box<Monitor>>),
    /// Nothing was changed, or the change has no effect when it is repeated.
    Failed(Box<Work>, StorageError),
}

pub(super) async fn look(parts: Parts, work: Work) -> Looked {
    match judge(&parts, &work).await {
        Ok(monitor) => Looked::Done(Some(Box::new(monitor))),
        // Of an erased person's interview, only its existence remains to be judged.
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

/// Reads the whole log again.
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

/// Returns the median that the final scores were computed with.
fn median(engagement: &serde_json::Value) -> Option<f32> {
    Some(engagement.get("median_words")?.as_f64()? as f32)
}

async fn write(parts: &Parts, storage: &Storage, id: Uuid, findings: &[Consequence]) -> Result<(), StorageError> {
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
        tracing::warn!(reason, "an interview is escalated to a person");
    }
}
