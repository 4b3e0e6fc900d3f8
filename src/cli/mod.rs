//! The command line.
//!
//! Owns: the arguments, what is printed, and the exit codes. Never does: the work itself.

pub mod access;
pub mod backup;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod guide;
pub mod health;
pub mod insights;
pub mod migrate;
pub mod models;
pub mod quality;
pub mod reference;
pub mod say;
pub mod seed;
pub mod serve;
pub mod tasks;
pub mod understand;
pub mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Settings;

/// A voice-interview engine that runs on your own machine.
#[derive(Debug, Parser)]
#[command(name = "interviewer", version, about)]
pub struct Cli {
    /// The settings file. See `src/config/default.toml` for every key.
    #[arg(long, global = true, env = "INTERVIEWER_CONFIG")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Option<Verb>,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run the engine. This is the default command.
    Serve,
    /// Run background tasks only. Any number of workers may run beside the engines.
    Worker(worker::WorkerArgs),
    /// List, retry and cancel background tasks.
    #[command(subcommand)]
    Tasks(tasks::TasksCommand),
    /// Interview a simulated respondent by voice, and show the result.
    Demo(demo::Args),
    /// Fetch, list or verify model weights.
    #[command(subcommand)]
    Models(models::ModelsCommand),
    /// Manage API keys.
    #[command(subcommand)]
    Key(access::KeyCommand),
    /// Manage the users who may sign in.
    #[command(subcommand)]
    User(access::UserCommand),
    /// Manage workspaces, whose data is kept apart.
    #[command(subcommand)]
    Workspace(access::WorkspaceCommand),
    /// Manage the schema of the database.
    #[command(subcommand)]
    Migrate(migrate::MigrateCommand),
    /// Show the settings, and where each comes from.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Copy the SQLite database to a file, even while the engine runs.
    Backup(backup::BackupArgs),
    /// Fill the database with made-up interviews, for dashboards and measurements.
    Seed(seed::SeedArgs),
    /// Print a report of an interview, with findings, themes and playable quotes.
    Insights(insights::InsightsArgs),
    /// Check what is missing on this machine, and how to get it.
    Doctor(doctor::DoctorArgs),
    /// Check whether the engine of these settings answers. The exit code is 0 if it does.
    Health(health::HealthArgs),
    /// Check, import and export call guides.
    #[command(subcommand)]
    Guide(guide::GuideCommand),
    /// Recompute the scores of an interview from its event log.
    #[command(subcommand)]
    Quality(quality::QualityCommand),
    /// Show how the interviewer understands an utterance, or measure or train its understanding.
    Understand(understand::UnderstandArgs),
    /// Write the reference pages that are generated from the code.
    #[command(hide = true)]
    Reference(reference::ReferenceArgs),
    /// Synthesize texts into WAV files, for tests that need a respondent's voice.
    #[command(hide = true)]
    Say(say::SayArgs),
}

/// Runs the command. `main` prints the errors that this returns.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let settings = || Settings::load(cli.config.as_deref());
    let verb = cli.command.unwrap_or(Verb::Serve);
    if !matches!(verb, Verb::Models(_) | Verb::Reference(_)) {
        // Files written from here on contain personal data or keys, so only the owner may read
        // them. Weights do not.
        rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    }
    match verb {
        Verb::Serve => serve::run(settings()?),
        Verb::Worker(args) => worker::run(&args, &settings()?),
        Verb::Tasks(command) => command.run(&settings()?),
        Verb::Demo(args) => demo::start(args, settings()?),
        Verb::Key(command) => command.run(&settings()?),
        Verb::User(command) => command.run(&settings()?),
        Verb::Workspace(command) => command.run(&settings()?),
        Verb::Migrate(command) => command.run(&settings()?),
        Verb::Config(command) => command.run(cli.config.as_deref()),
        Verb::Backup(args) => args.run(&settings()?),
        Verb::Seed(args) => args.run(&settings()?),
        Verb::Insights(args) => args.run(&settings()?),
        Verb::Guide(command) => command.run(settings),
        Verb::Quality(command) => command.run(&settings()?),
        Verb::Understand(args) => args.run(&settings()?),
        Verb::Reference(args) => args.run(),
        Verb::Say(args) => args.run(&settings()?),
        Verb::Health(args) => args.run(&settings()?),
        // These two must work even if the settings are invalid. The doctor reports what is wrong
        // with them.
        Verb::Models(command) => command.run(),
        Verb::Doctor(args) => args.run(settings()),
    }
}
