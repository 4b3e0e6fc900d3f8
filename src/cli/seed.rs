//! `interviewer seed`: adds made-up interviews to the database, and removes them.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use clap::Args;
use parking_lot::Mutex;

use crate::config::Settings;
use seed::{Plan, Rows};
use storage::Storage;

/// The time between two lines of progress.
const LINE: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub struct SeedArgs {
    /// The number of interviews.
    #[arg(long, default_value_t = 100_000, conflicts_with = "remove")]
    pub interviews: usize,
    /// The total number of answers. The default is 20 for each interview.
    #[arg(long)]
    pub responses: Option<usize>,
    /// The number of days before the end over which the interviews are spread.
    #[arg(long, default_value_t = 365)]
    pub days: u32,
    /// The seed. The same seed and the same end produce the same interviews.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The time of the last interview. The default is now.
    #[arg(long)]
    pub until: Option<DateTime<Utc>>,
    /// Also fill a database that contains real interviews.
    #[arg(long)]
    pub force: bool,
    /// Remove the seeded interviews instead.
    #[arg(long)]
    pub remove: bool,
}

impl SeedArgs {
    pub fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        actix::System::new().block_on(async {
            let storage = Storage::connect(&settings.database_url(), 2, &settings.storage.data_dir).await?;
            storage.schema().migrate().await?;
            if self.remove {
                let removed = seed::remove(&storage).await?;
                say!("removed {} interviews with {} answers", removed.interviews, removed.responses)?;
            } else {
                self.fill(&storage).await?;
            }
            storage.close().await?;
            Ok(ExitCode::SUCCESS)
        })
    }

    async fn fill(&self, storage: &Storage) -> anyhow::Result<()> {
        let plan = Plan {
            interviews: self.interviews,
            responses: self.responses.unwrap_or(self.interviews * 20),
            days: self.days,
            until: self.until.unwrap_or_else(Utc::now),
            seed: self.seed,
            force: self.force,
        };
        let (began, told) = (Instant::now(), Mutex::new(Instant::now()));
        let progress = |rows: Rows| {
            let mut told = told.lock();
            if told.elapsed() >= LINE {
                *told = Instant::now();
                let share = rows.interviews as f64 * 100.0 / plan.interviews as f64;
                hint!("{share:3.0} %  {} interviews, {} answers", rows.interviews, rows.responses);
            }
        };
        let rows = seed::fill(storage, &plan, progress).await?;
        say!(
            "{} interviews with {} answers were made in {:.0} s. They have no event logs and no recordings, and \
             `interviewer seed --remove` removes them",
            rows.interviews,
            rows.responses,
            began.elapsed().as_secs_f64()
        )?;
        Ok(())
    }
}
