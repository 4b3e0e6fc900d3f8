//! `interviewer insights`: prints an existing report of an interview, or generates one.
//!
//! Owns: the arguments, and where the report is written. Never does: extract.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use uuid::Uuid;

use crate::config::Settings;
use crate::insights::report::{Format, Report};
use crate::insights::{Tools, one};
use crate::output::put;
use storage::{Actor, Storage, StorageError};
use voice::inference::Inference;

/// Changes made here are recorded under this name.
const ACTOR: &Actor = &Actor::named("cli");

#[derive(Debug, Args)]
pub struct InsightsArgs {
    /// The id of an insight or of an interview. For an interview it selects the newest insight,
    /// which is generated if there is none.
    id: Uuid,
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,
    /// The file to write. Without it, the report is printed.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Generate a new insight even if there is one.
    #[arg(long)]
    fresh: bool,
    /// The name or the id of the workspace.
    #[arg(long, default_value = "default")]
    workspace: String,
}

impl InsightsArgs {
    pub fn run(&self, settings: &Settings) -> anyhow::Result<ExitCode> {
        let text = actix::System::new().block_on(async {
            let storage = Storage::connect(&settings.database_url(), 1, &settings.storage.data_dir).await?;
            let storage = storage.with_files(settings.open_files()?);
            storage.schema().migrate().await?;
            let workspace = storage.workspaces().find(&self.workspace).await;
            let workspace = workspace.with_context(|| format!("--workspace {}", self.workspace))?;
            let text = self.report(settings, &storage.of(workspace.id)).await?;
            storage.close().await?;
            anyhow::Ok(text)
        })?;
        match &self.out {
            Some(path) => std::fs::write(path, text).with_context(|| path.display().to_string())?,
            None => put(text)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn report(&self, settings: &Settings, storage: &Storage) -> anyhow::Result<String> {
        let (found, interview) = match storage.insights().find(self.id).await {
            Ok(row) => match row.interview_id.filter(|_| self.fresh) {
                Some(interview) => (None, interview),
                None => (Some(row), self.id),
            },
            Err(StorageError::NotFound(_)) => (None, self.id),
            Err(error) => return Err(error.into()),
        };
        let row = if let Some(row) = found {
            row
        } else {
            let inference = Inference::start(settings.speech.inference_threads);
            let tools = Tools::open(settings, inference.clone(), settings.language_model(), None).await;
            let row = one::of_interview(storage, &tools, interview, None, ACTOR).await;
            tokio::task::spawn_blocking(move || inference.close()).await?;
            row?
        };
        let report = Report::of(storage, row).await?;
        Ok(match self.format {
            Format::Json => serde_json::to_string_pretty(&report.row)? + "\n",
            Format::Markdown => report.markdown(),
            Format::Html => report.with_sound(storage).await?.html(),
        })
    }
}
