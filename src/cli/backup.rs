//! `interviewer backup FILE`: copies the SQLite database while the engine runs.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;

use crate::config::Settings;
use storage::Storage;

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write. It must not exist.
    pub file: PathBuf,
}

impl BackupArgs {
    pub fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        ensure!(!self.file.exists(), "{} already exists", self.file.display());
        actix::System::new().block_on(async {
            let storage = Storage::connect(&settings.database_url(), 1, &settings.storage.data_dir).await?;
            storage.maintenance().copy_to(&self.file).await?;
            storage.close().await?;
            say!("The database is in {}.", self.file.display())?;
            let folder = settings.storage.data_dir.display();
            say!("Also copy the rest of {folder}: everything except interviews.db, -wal, -shm and engine.lock.")?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
