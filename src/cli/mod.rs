//! The command line.
//!
//! Owns: arguments, what is printed, exit codes. Never does: the work itself.

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
    /// Carry out background tasks, and nothing else: any number of these may run beside the engines.
    Worker(worker::WorkerArgs),
    /// Background tasks: list them, try dead letters again, cancel.
    #[command(subcommand)]
    Tasks(tasks::TasksCommand),
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
    /// The database's schema: bring it up to date, take steps back, show where it stands.
    #[command(subcommand)]
    Migrate(migrate::MigrateCommand),
    /// The settings, and where each comes from.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Copy the SQLite database into a file, also while the engine runs.
    Backup(backup::BackupArgs),
    /// Fill the database with made-up interviews: for dashboards to show something, and for measuring.
    Seed(seed::SeedArgs),
    /// A report of an interview: findings, themes, and quotes that can be heard.
    Insights(insights::InsightsArgs),
    /// What is missing on this machine, and how to get it.
    Doctor(doctor::DoctorArgs),
    /// Whether the engine with these settings answers: exit code 0 if it does.
    Health(health::HealthArgs),
    /// Lint, import and export call guides.
    #[command(subcommand)]
    Guide(guide::GuideCommand),
    /// Compute an interview's scores again, from its log.
    #[command(subcommand)]
    Quality(quality::QualityCommand),
    /// What an utterance means to the interviewer; how well that is read; training it.
    Understand(understand::UnderstandArgs),
    /// Write the reference pages that are made from the code.
    #[command(hide = true)]
    Reference(reference::ReferenceArgs),
    /// Speak texts into WAV files; for tests that need a respondent's voice.
    #[command(hide = true)]
    Say(say::SayArgs),
}

/// Runs the command; errors that reach here are shown by `main`.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let settings = || Settings::load(cli.config.as_deref());
    let verb = cli.command.unwrap_or(Verb::Serve);
    if !matches!(verb, Verb::Models(_) | Verb::Reference(_)) {
        // What is written from here on holds people's words, or keys: it is its owner's alone to read. Weights are not.
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
        // These two must work before the settings do; the doctor says what is wrong with them.
        Verb::Models(command) => command.run(),
        Verb::Doctor(args) => args.run(settings()),
    }
}
