//! Metrics of background tasks.
//!
//! Owns: the series of a kind of task, which start at 0, and the metrics of queues. Never does:
//! count rows.

use chrono::{DateTime, Utc};
use entity::Queue;

use super::Metrics;
use storage::tasks::QueueCount;

/// The outcomes of an attempt.
const OUTCOMES: [&str; 8] =
    ["completed", "retried", "timed_out", "panicked", "later", "failed", "cancelled", "orphaned"];

impl Metrics {
    /// Creates the series of a kind of task that this process handles.
    pub fn know_task(&self, queue: Queue, kind: &str) {
        for outcome in OUTCOMES {
            self.tasks_total.with_label_values(&[queue.as_str(), kind, outcome]);
        }
    }

    pub fn observe_queues(&self, counts: &[QueueCount], now: DateTime<Utc>) {
        for count in counts {
            let queue = &[count.queue.as_str()];
            let age = count.oldest.map_or(0.0, |oldest| (now - oldest).as_seconds_f64().max(0.0));
            self.task_queue_depth.with_label_values(queue).set(count.waiting as f64);
            self.task_queue_oldest_seconds.with_label_values(queue).set(age);
            self.tasks_running.with_label_values(queue).set(count.running as f64);
            self.task_dead_letters.with_label_values(queue).set(count.failed as f64);
        }
    }
}
