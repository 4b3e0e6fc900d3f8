//! Background tasks: how many run at a time, and when a worker counts as dead.
//!
//! Owns: what these settings mean. Never does: run a task.

use std::time::Duration;

use super::{ConfigError, Settings, bad};
use crate::tasks::{Options, share::Places};
use storage::OpenWork;

const DAY: Duration = Duration::from_hours(24);

impl Settings {
    pub(super) fn check_tasks(&self) -> Result<(), ConfigError> {
        if self.tasks.at_once < 3 {
            return Err(bad("tasks.at_once", "must be at least 3, one for each queue"));
        }
        if !(2..=3_600).contains(&self.tasks.lease_seconds) {
            return Err(bad("tasks.lease_seconds", "must be between 2 and 3600 seconds"));
        }
        Ok(())
    }

    /// Returns the limits of open work.
    pub fn open_work(&self) -> OpenWork {
        let tasks = &self.tasks;
        OpenWork { per_caller: tasks.open_per_caller.into(), per_workspace: tasks.open_per_workspace.into() }
    }

    /// Returns the options of the workers in this process.
    pub fn task_options(&self) -> Options {
        let tasks = &self.tasks;
        Options {
            places: Places {
                all: tasks.at_once,
                each: [tasks.interviews_at_once, tasks.analytics_at_once, tasks.webhooks_at_once],
            },
            lease: Duration::from_secs(tasks.lease_seconds.into()),
            kept: DAY * tasks.kept_days,
        }
    }
}
