//! `interviewer tasks list|retry|cancel`: manages background tasks on the engine's own machine. The
//! commands work while the engine runs.

use std::process::ExitCode;

use clap::Subcommand;
use entity::{Queue, TaskState};
use uuid::Uuid;

use super::access::{ACTOR, InWorkspace, run};
use crate::config::Settings;
use storage::tasks::TaskFilter;

#[derive(Debug, Subcommand)]
pub enum TasksCommand {
    /// List tasks, the newest first, with their id, queue, kind, state, attempts and last error.
    List {
        /// queued, running, completed, failed (the dead letters) or cancelled.
        #[arg(long, value_parser = state)]
        state: Option<TaskState>,
        /// interviews, analytics or webhooks.
        #[arg(long, value_parser = queue)]
        queue: Option<Queue>,
        /// A kind such as conduct_interview.
        #[arg(long)]
        kind: Option<String>,
        #[arg(long, default_value_t = 100)]
        limit: u64,
        #[command(flatten)]
        workspace: InWorkspace,
    },
    /// Retry dead letters.
    Retry {
        /// The tasks to retry. Without any, all dead letters of the workspace are retried.
        ids: Vec<Uuid>,
        #[command(flatten)]
        workspace: InWorkspace,
    },
    /// Cancel a task. A waiting task is cancelled at once, and a running one soon.
    Cancel {
        id: Uuid,
        #[command(flatten)]
        workspace: InWorkspace,
    },
}

fn state(name: &str) -> Result<TaskState, String> {
    let known = TaskState::ALL.into_iter().find(|state| state.as_str() == name);
    known.ok_or_else(|| "this must be queued, running, completed, failed or cancelled".to_owned())
}

fn queue(name: &str) -> Result<Queue, String> {
    let known = Queue::ALL.into_iter().find(|queue| queue.as_str() == name);
    known.ok_or_else(|| "this must be interviews, analytics or webhooks".to_owned())
}

impl TasksCommand {
    pub fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        run(settings, async move |storage| match self {
            Self::List { state, queue, kind, limit, workspace } => {
                let filter = TaskFilter { queue, state, kind, limit, ..TaskFilter::default() };
                for row in workspace.of(&storage).await?.tasks().list(filter).await? {
                    say!(
                        "{}  {:10}  {}  {:9}  {}/{}  {}",
                        row.id,
                        row.queue.as_str(),
                        row.kind,
                        row.state.as_str(),
                        row.attempts,
                        row.max_attempts,
                        row.error.as_deref().unwrap_or("-")
                    )?;
                }
                Ok(())
            }
            Self::Retry { mut ids, workspace } => {
                let storage = workspace.of(&storage).await?;
                if ids.is_empty() {
                    let filter =
                        TaskFilter { state: Some(TaskState::Failed), limit: u32::MAX.into(), ..TaskFilter::default() };
                    ids = storage.tasks().list(filter).await?.into_iter().map(|row| row.id).collect();
                }
                for id in &ids {
                    storage.tasks().retry(*id, ACTOR).await?;
                }
                Ok(say!("{} task(s) are queued again", ids.len())?)
            }
            Self::Cancel { id, workspace } => {
                let row = workspace.of(&storage).await?.tasks().cancel(id, ACTOR).await?;
                let done = row.state == TaskState::Cancelled;
                Ok(say!("{id} {}", if done { "is cancelled" } else { "is running and has been asked to stop" })?)
            }
        })
    }
}
