//! The command line.
//!
//! Owns: arguments, what is printed, exit codes. Never does: the work itself.

pub mod access;
pub mod demo;
pub mod doctor;
pub mod health;
pub mod models;
pub mod say;
pub mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Settings;

/// Voice interviews held by a machine, on your own machine.
#[derive(Debug, Parser)]
#[command(name = "interviewer", version, about)]
pub struct Cli {
    /// A settings file; see `src/config/default.toml` for every key.
    #[arg(long, global = true, env = "INTERVIEWER_CONFIG")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Option<Verb>,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run the engine (what happens without a command).
    Serve,
    /// Interview a simulated respondent, by voice, and show how it went.
    Demo(demo::Args),
    /// Fetch, list or verify model weights.
    #[command(subcommand)]
    Models(models::ModelsCommand),
    /// Keys for working from elsewhere.
    #[command(subcommand)]
    Key(access::KeyCommand),
    /// Users who sign in.
    #[command(subcommand)]
    User(access::UserCommand),
    /// Workspaces, which never see each other.
    #[command(subcommand)]
    Workspace(access::WorkspaceCommand),
    /// What is missing on this machine, and how to get it.
    Doctor(doctor::DoctorArgs),
    /// Whether the engine with these settings answers: exit code 0 if it does.
    Health(health::HealthArgs),
    /// Speak texts into WAV files; for tests that need a respondent's voice.
    #[command(hide = true)]
    Say(say::SayArgs),
}

/// Runs the command; errors that reach here are shown by `main`.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let settings = || Settings::load(cli.config.as_deref());
    match cli.command.unwrap_or(Verb::Serve) {
        Verb::Serve => serve::run(settings()?),
        Verb::Demo(args) => demo::start(args, settings()?),
        Verb::Key(command) => command.run(&settings()?),
        Verb::User(command) => command.run(&settings()?),
        Verb::Workspace(command) => command.run(&settings()?),
        Verb::Say(args) => args.run(&settings()?),
        Verb::Health(args) => args.run(&settings()?),
        // These two must work before the settings do; the doctor says what is wrong with them.
        Verb::Models(command) => command.run(),
        Verb::Doctor(args) => args.run(settings()),
    }
}
