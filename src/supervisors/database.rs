//! Watches whether the database answers.
//!
//! Owns: asking it once a second, and telling everybody who holds the [`Reach`]. Never does: retry anybody's work.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::supervised::{Heartbeat, Part, Stack, looping};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Failure;
use storage::{Probe, Reach};

/// With the probe's own limit of a second: known within two.
const PERIOD: Duration = Duration::from_secs(1);

const PART: Part = Part::new("database_probe");

/// Starts the part that asks.
///
/// # Errors
/// The system's, when it has no thread left.
pub fn watch(stack: &mut Stack, probe: Probe, reach: Reach, metrics: Arc<Metrics>) -> io::Result<()> {
    let probe = Arc::new(probe);
    let body = move |heartbeat| keep(Arc::clone(&probe), reach.clone(), Arc::clone(&metrics), heartbeat);
    stack.supervise(PART, looping(PART.name, body))?;
    Ok(())
}

async fn keep(probe: Arc<Probe>, reach: Reach, metrics: Arc<Metrics>, heartbeat: Arc<Heartbeat>) {
    loop {
        heartbeat.pause(PERIOD).await;
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
