//! `interviewer guide`: checks, imports and exports guides.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use interview::Guide;
use interview::guide::{Problem, read_text};
use interview::lint::{self, Diagnostic, Level};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::config::Settings;
use crate::output::put;
use storage::{Actor, Edit, Storage};

#[derive(Debug, Subcommand)]
pub enum GuideCommand {
    /// Report errors in guide files and what is doubtful about them, such as questions that are
    /// never reached, conditions that are never met, too little time, and questions that lead or
    /// cannot be spoken. Fails if there are errors.
    Lint {
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
        /// Also fail if there are warnings.
        #[arg(long)]
        strict: bool,
    },
    /// Store guide files (JSON or YAML) in the engine's database.
    Import {
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The stored guide to update with this content. Without it, a new guide is created.
        #[arg(long)]
        into: Option<Uuid>,
    },
    /// Print a stored guide. Importing the output creates the same guide.
    Export(Export),
}

#[derive(Debug, Args)]
pub struct Export {
    id: Uuid,
    #[arg(long, value_enum, default_value_t = Document::Yaml)]
    format: Document,
    /// The newest if missing.
    #[arg(long)]
    version: Option<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Document {
    Json,
    Yaml,
}

/// Changes made here are recorded under this name.
const ACTOR: &Actor = &Actor::named("cli");

impl GuideCommand {
    pub fn run(
        self,
        settings: impl FnOnce() -> Result<Settings, crate::config::ConfigError>,
    ) -> anyhow::Result<ExitCode> {
        match self {
            Self::Lint { files, format, strict } => lint_files(&files, format, strict),
            Self::Import { files, into } => {
                if into.is_some() && files.len() > 1 {
                    bail!("--into accepts only one file");
                }
                let guides = files.iter().map(|file| Ok((file, checked(file)?))).collect::<anyhow::Result<Vec<_>>>()?;
                let settings = settings()?;
                actix::System::new()
                    .block_on(async {
                        let storage = open(&settings).await?;
                        for (file, guide) in guides {
                            let row = match into {
                                Some(id) => storage.guides().update(id, &guide, &Edit::by(ACTOR)).await?,
                                None => storage.guides().create(&guide, Some(ACTOR.as_str()), ACTOR).await?,
                            };
                            say!("{} version {} {}", row.id, row.version, file.display())?;
                        }
                        Ok(storage.close().await?)
                    })
                    .map(|()| ExitCode::SUCCESS)
            }
            Self::Export(export) => {
                let settings = settings()?;
                let guide = actix::System::new().block_on(async {
                    let storage = open(&settings).await?;
                    let guide = match export.version {
                        Some(version) => storage.guides().numbered(export.id, version).await?.1,
                        None => storage.guides().newest(export.id).await?.1,
                    };
                    storage.close().await?;
                    anyhow::Ok(guide)
                })?;
                let text =
                    crate::api::written_guide(&guide, export.format == Document::Yaml).map_err(anyhow::Error::msg)?;
                put(text)?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

async fn open(settings: &Settings) -> anyhow::Result<Storage> {
    let storage =
        Storage::connect(&settings.database_url(), settings.storage.database_pool_size, &settings.storage.data_dir)
            .await?;
    storage.schema().migrate().await?;
    Ok(storage)
}

/// Reads the file as a document, or returns the problems that prevent it.
fn document(file: &Path) -> anyhow::Result<Result<Value, Vec<Problem>>> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Ok(read_text(&text))
}

fn checked(file: &Path) -> anyhow::Result<Guide> {
    document(file)?.and_then(interview::guide::from_value).map_err(|problems| {
        let list: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
        anyhow::anyhow!("{}\n{}", file.display(), list.join("\n"))
    })
}

/// Returns the problems as findings, so that everything about a file is in one list.
fn findings(file: &Path) -> anyhow::Result<Vec<Diagnostic>> {
    let linted = document(file)?.and_then(lint::document);
    Ok(linted.map_or_else(
        |problems| {
            let faults = problems.into_iter().map(|problem| Diagnostic {
                path: problem.path,
                code: "invalid".to_owned(),
                level: Level::Error,
                message: problem.message,
                suggestion: String::new(),
                arithmetic: Vec::new(),
            });
            faults.collect()
        },
        |(_, findings)| findings,
    ))
}

fn lint_files(files: &[PathBuf], format: Format, strict: bool) -> anyhow::Result<ExitCode> {
    let linted = files.iter().map(|file| Ok((file, findings(file)?))).collect::<anyhow::Result<Vec<_>>>()?;
    match format {
        Format::Text => linted.iter().try_for_each(|(file, findings)| put(shown(file, findings)))?,
        Format::Json => {
            let list: Vec<Value> =
                linted.iter().map(|(file, findings)| json!({ "file": file, "findings": findings })).collect();
            say!("{}", serde_json::to_string_pretty(&list)?)?;
        }
    }
    let least = if strict { Level::Warning } else { Level::Error };
    let bad = linted.iter().flat_map(|(_, findings)| findings).any(|finding| finding.level >= least);
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn shown(file: &Path, findings: &[Diagnostic]) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    for finding in findings {
        let (level, path) = (finding.level.as_str(), if finding.path.is_empty() { "/" } else { &finding.path });
        let _ = writeln!(text, "{}: {level} {} at {path}: {}", file.display(), finding.code, finding.message);
        if !finding.suggestion.is_empty() {
            let _ = writeln!(text, "    → {}", finding.suggestion);
        }
    }
    let _ = match findings.len() {
        0 => writeln!(text, "{}: no findings", file.display()),
        count => writeln!(text, "{}: {count} finding(s)", file.display()),
    };
    text
}
