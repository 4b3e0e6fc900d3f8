//! Applies DATA_RETENTION_DAYS, and deletes files that should be gone, at the start and then daily.
//!
//! Owns: the schedule. Never does: decide what has expired (`privacy::retention` does).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::privacy::Retention;
use crate::supervised::{Heartbeat, Part, Stack, looping};
use crate::telemetry::metrics::Failure;

const DAY: Duration = Duration::from_hours(24);
/// The pause after a failed round, for example because the database was unavailable.
const AGAIN: Duration = Duration::from_mins(10);

const PART: Part = Part::new("retention");

/// Starts the part that applies retention. If everything is kept, it only deletes files that should
/// be gone. `clock` returns the current time.
///
/// # Errors
/// The error of the operating system if a thread cannot be started.
pub fn start(
    stack: &mut Stack,
    retention: Retention,
    clock: impl Fn() -> DateTime<Utc> + Copy + Send + Sync + 'static,
) -> io::Result<()> {
    if retention.days == 0 {
        tracing::info!("DATA_RETENTION_DAYS is 0, so everything is kept until it is erased");
    }
    let retention = Arc::new(retention);
    let body = move |heartbeat| keep(Arc::clone(&retention), clock, heartbeat);
    stack.supervise(PART, looping(PART.name, body))?;
    Ok(())
}

async fn keep(retention: Arc<Retention>, clock: impl Fn() -> DateTime<Utc>, heartbeat: Arc<Heartbeat>) {
    let apply = async || {
        let now = clock();
        retention.sweep(now).await?;
        retention.tidy(now).await
    };
    let sweep = async || match heartbeat.during(Box::pin(apply())).await {
        Ok(()) => true,
        Err(error) => {
            retention.metrics.count_failure(Failure::Retention);
            tracing::error!(%error, "retention cannot be applied");
            false
        }
    };
    rounds(sweep, async |time| heartbeat.pause(time).await).await;
}

/// Runs one round at once and then one each day, or sooner after a failed one.
async fn rounds(round: impl AsyncFn() -> bool, pause: impl AsyncFn(Duration)) {
    loop {
        let time = if round().await { DAY } else { AGAIN };
        pause(time).await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_round_at_start_one_a_day_and_one_soon_after_a_failure() {
        let count = Cell::new(0);
        let pauses = RefCell::new(Vec::new());
        let round = || {
            count.set(count.get() + 1);
            // The second one fails.
            std::future::ready(count.get() != 2)
        };
        let pause = |time| {
            pauses.borrow_mut().push(time);
            let enough = pauses.borrow().len() == 4;
            async move {
                if enough {
                    std::future::pending::<()>().await;
                }
            }
        };
        assert!(rounds(round, pause).now_or_never().is_none(), "it never ends");
        assert_eq!(*pauses.borrow(), [DAY, AGAIN, DAY, DAY]);
        assert_eq!(count.get(), 4);
    }
}
