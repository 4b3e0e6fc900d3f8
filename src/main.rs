//! The `interviewer` command.

use std::process::ExitCode;

use clap::Parser;
use interviewer::cli::doctor::DoctorArgs;
use interviewer::cli::models::ModelsCommand;

/// Voice interviews held by a machine, on your own machine.
#[derive(Debug, Parser)]
#[command(version)]
enum Command {
    /// Fetch, list and verify the model weights.
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Check that this machine has what an interview needs.
    Doctor(DoctorArgs),
}

fn main() -> anyhow::Result<ExitCode> {
    match Command::parse() {
        Command::Models(command) => command.run(),
        Command::Doctor(args) => args.run(),
    }
}
