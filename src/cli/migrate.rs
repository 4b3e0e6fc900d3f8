//! `interviewer migrate up|down|status`: manages the schema of the database that the settings name.

use std::process::ExitCode;

use anyhow::ensure;
use clap::Subcommand;

use crate::config::Settings;
use storage::Storage;

#[derive(Debug, Subcommand)]
pub enum MigrateCommand {
    /// Bring the schema up to date. `serve` does this automatically.
    Up {
        /// Apply at most this many steps.
        #[arg(long)]
        steps: Option<u32>,
    },
    /// Revert steps, the newest first. The data in their tables and columns is lost.
    Down {
        #[arg(long, default_value_t = 1)]
        steps: u32,
        /// Confirm that the data is lost.
        #[arg(long)]
        yes: bool,
    },
    /// List the steps, and whether each is applied.
    Status,
}

impl MigrateCommand {
    pub fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        actix::System::new().block_on(async {
            let storage = Storage::connect(&settings.database_url(), 2, &settings.storage.data_dir).await?;
            match self {
                Self::Up { steps } => storage.schema().up(steps).await?,
                Self::Down { steps, yes } => {
                    ensure!(yes, "this deletes tables with their data. Make a backup, and then confirm with --yes");
                    storage.schema().down(Some(steps)).await?;
                }
                Self::Status => {}
            }
            let schema = storage.schema().steps().await?;
            for step in &schema {
                say!("{:8} {}", if step.applied { "applied" } else { "pending" }, step.name)?;
            }
            let pending = schema.iter().filter(|step| !step.applied).count();
            say!("{} of {} steps are applied", schema.len() - pending, schema.len())?;
            storage.close().await?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
