//! Monitors whether the database answers.
//!
//! Owns: a probe every second, and telling all holders of the [`Reach`]. Never does: retry the work
//! of others.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::supervised::{Heartbeat, Part, Stack, looping};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Failure;
use storage::{Probe, Reach};

/// Together with the probe's limit of 1 s, a failure is known within 2 s.
const PERIOD: Duration = Duration::from_secs(1);

const PART: Part = Part::new("database_probe");

/// Starts the part that probes the database.
///
/// # Errors
/// The error of the operating system if a thread cannot be started.
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
            tracing::error!("the database does not answer. Requests are refused, and events wait on disk");
        }
    }
}
