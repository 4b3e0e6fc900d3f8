//! `interviewer config show`: every setting, and where its value comes from.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use crate::config::{ConfigError, Entry, Settings};

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show every setting with its value, and whether it comes from the defaults, the file or the
    /// environment. Secrets are masked.
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
        // The settings are shown first, because they help to understand the error.
        match Settings::load(file) {
            Ok(_) => Ok(ExitCode::SUCCESS),
            Err(ConfigError::Bad(problem)) => {
                hint!("\nThe engine cannot start with these settings: {problem}");
                Ok(ExitCode::FAILURE)
            }
            Err(error) => Err(error.into()),
        }
    }
}
