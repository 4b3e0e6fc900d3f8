//! `interviewer config show`: every setting, and where its value comes from.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use crate::config::{ConfigError, Entry, Settings};

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show every setting, its value, and whether it is the default, the file's or the environment's. Secrets are masked.
    Show,
}

impl ConfigCommand {
    pub fn run(self, file: Option<&Path>) -> anyhow::Result<ExitCode> {
        let Self::Show = self;
        let mut section = "";
        let entries = Settings::explain(file, |name| std::env::var(name).ok())?;
        for Entry { key, value, origin, variable } in &entries {
            let (of, name) = key.split_once('.').unwrap_or(("", key));
            if of != section {
                say!("{}[{of}]", if section.is_empty() { "" } else { "\n" })?;
                section = of;
            }
            say!("{:58} # {origin}; {variable}", format!("{name} = {value}"))?;
        }
        // Shown first: what is wrong is easier to see then.
        match Settings::load(file) {
            Ok(_) => Ok(ExitCode::SUCCESS),
            Err(ConfigError::Bad(problem)) => {
                hint!("\nThe engine would not start with these settings: {problem}");
                Ok(ExitCode::FAILURE)
            }
            Err(error) => Err(error.into()),
        }
    }
}
