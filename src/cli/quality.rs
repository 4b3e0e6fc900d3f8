//! `interviewer quality`: recomputes scores.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use uuid::Uuid;

use crate::config::Settings;
use crate::output::put;
use storage::Storage;
use storage::measurements::Recomputed;

#[derive(Debug, Subcommand)]
pub enum QualityCommand {
    /// Recompute the scores of a finished interview from its event log, and show them beside the
    /// stored ones. Fails if they differ. An interview made by `interviewer seed` has no log and is
    /// skipped.
    Recompute(Recompute),
}

#[derive(Debug, Args)]
pub struct Recompute {
    /// The interview.
    id: Uuid,
    #[arg(long)]
    json: bool,
}

impl QualityCommand {
    pub fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        let Self::Recompute(Recompute { id, json }) = self;
        let recomputed = actix::System::new().block_on(async {
            let storage = Storage::connect(&settings.database_url(), 1, &settings.storage.data_dir).await?;
            storage.schema().migrate().await?;
            // A user of this machine has access to every workspace.
            let scores = storage.owning(id).await?.measurements().recompute(id).await?;
            storage.close().await?;
            anyhow::Ok(scores)
        })?;
        let Some(scores) = recomputed else {
            if json {
                say!("[]")?;
            }
            hint!("The interview {id} was made up by interviewer seed. It has no event log to compute scores from.");
            return Ok(ExitCode::SUCCESS);
        };
        if json {
            say!("{}", serde_json::to_string_pretty(&scores)?)?;
        } else {
            put(table(&scores))?;
        }
        Ok(if scores.iter().any(Recomputed::differs) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn table(scores: &[Recomputed]) -> String {
    let number = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |value| format!("{value:.6}"));
    let mut table = format!("{:<22}{:>12}{:>12}\n", "score", "stored", "recomputed");
    for score in scores {
        let mark = if score.differs() { "  differs" } else { "" };
        let (stored, recomputed) = (number(score.stored), number(score.recomputed));
        // Writing to a String cannot fail.
        let _ = writeln!(table, "{:<22}{stored:>12}{recomputed:>12}{mark}", score.metric);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_marked() {
        let one = |stored, recomputed| Recomputed { metric: "completion_rate".to_owned(), stored, recomputed };
        assert!(!table(&[one(Some(0.5), Some(0.5))]).contains("differs"));
        assert!(table(&[one(None, Some(0.5))]).contains("none    0.500000  differs"));
    }
}
