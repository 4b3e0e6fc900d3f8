//! Watches whether the database answers.
//!
//! Owns: asking it once a second, and telling everybody who holds the [`Reach`]. Never does: retry anybody's work.

use std::time::Duration;

use crate::telemetry::Metrics;
use crate::telemetry::metrics::Failure;
use storage::{Probe, Reach};

/// With the probe's own limit of a second: known within two.
const PERIOD: Duration = Duration::from_secs(1);

/// Runs until it is dropped.
pub async fn watch(probe: Probe, reach: Reach, metrics: std::sync::Arc<Metrics>) {
    let mut period = tokio::time::interval(PERIOD);
    period.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        period.tick().await;
        let there = probe.answers().await;
        if !reach.set(there) {
            continue;
        }
        if there {
            tracing::info!("the database answers again");
        } else {
            metrics.count_failure(Failure::Away);
            tracing::error!("the database does not answer: requests are refused, events wait on disk");
        }
    }
}
