//! The `interviewer` command.

use std::process::ExitCode;

use clap::Parser;
use interviewer::cli::{Cli, run};

fn main() -> ExitCode {
    run(Cli::parse()).unwrap_or_else(|error| interviewer::output::ended_by(&error))
}
