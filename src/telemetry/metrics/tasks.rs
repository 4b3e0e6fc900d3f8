//! Background tasks in numbers.
//!
//! Owns: the series that stand at 0 for a kind of task, how queues are shown. Never does: count rows.

use chrono::{DateTime, Utc};
use entity::Queue;

use super::Metrics;
use storage::tasks::QueueCount;

/// How an attempt may end.
const OUTCOMES: [&str; 8] =
    ["completed", "retried", "timed_out", "panicked", "later", "failed", "cancelled", "orphaned"];

impl Metrics {
    /// This process carries out such tasks.
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
