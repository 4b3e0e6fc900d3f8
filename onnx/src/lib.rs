//! The one door to ONNX Runtime: the library is loaded here once, and sessions are made here.
//!
//! Owns: the environment, the options every session shares, and where a model file holds its weights ([`weights`]).
//! Never does: know a model.

pub mod weights;

use std::path::{Path, PathBuf};

use ort::environment::Environment;
use ort::logging::LogLevel;
use ort::session::Session;
use ort::session::builder::SessionBuilder;
use parking_lot::Mutex;

#[derive(Debug, thiserror::Error)]
pub enum OrtError {
    #[error("ONNX Runtime library {path}: {reason}")]
    Library { path: PathBuf, reason: String },
    #[error("model file {path}: {reason}")]
    Model { path: PathBuf, reason: String },
}

impl OrtError {
    /// The file that is at fault, for errors of other modules.
    pub fn path(&self) -> &Path {
        match self {
            Self::Library { path, .. } | Self::Model { path, .. } => path,
        }
    }

    /// What is wrong with it.
    pub fn reason(&self) -> &str {
        match self {
            Self::Library { reason, .. } | Self::Model { reason, .. } => reason,
        }
    }
}

/// What a model's inputs look like over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// The same shapes at every call: memory is planned once and kept.
    Fixed,
    /// Shapes differ: the arena and the memory pattern are off, since they would keep the worst shape ever seen.
    Variable,
}

/// ONNX Runtime, loaded from `library` at the first call; later calls get the same environment, whatever they name
/// (a process can hold one runtime only).
///
/// # Errors
/// [`OrtError::Library`] when the file is missing or no usable runtime; a later call may try again.
pub fn environment(library: &Path) -> Result<&'static Environment, OrtError> {
    static LOADED: Mutex<Option<&'static Environment>> = Mutex::new(None);

    let mut loaded = LOADED.lock();
    if let Some(environment) = *loaded {
        return Ok(environment);
    }
    let fault = |reason: String| OrtError::Library { path: library.to_owned(), reason };
    if !library.is_file() {
        return Err(fault("the file is missing".to_owned()));
    }
    let builder = ort::init_from(library).map_err(|error| fault(error.to_string()))?;
    let environment = builder.build().map_err(|error| fault(error.to_string()))?;
    // Its log at info is a line for every node of every graph.
    environment.set_log_level(LogLevel::Warning);
    // Sessions need it for as long as the process lives.
    let environment: &'static Environment = Box::leak(Box::new(environment));
    *loaded = Some(environment);
    Ok(environment)
}

/// A session on the model file, computing on `threads` threads that sleep when idle instead of spinning: several
/// models share few cores.
///
/// # Errors
/// [`OrtError::Model`] naming the file when it is missing or can't be loaded.
pub fn session(
    environment: &Environment,
    model: &Path,
    threads: usize,
    kind: SessionKind,
) -> Result<Session, OrtError> {
    let fault = |reason: String| OrtError::Model { path: model.to_owned(), reason };
    if !model.is_file() {
        return Err(fault("the file is missing".to_owned()));
    }
    let built = builder(environment, threads, kind).and_then(|mut builder| builder.commit_from_file(model));
    built.map_err(|error| fault(error.to_string()))
}

/// As [`session`], of a model file's bytes. `model` names it in errors.
///
/// # Errors
/// [`OrtError::Model`] when they can't be loaded.
pub fn session_of_bytes(
    environment: &Environment,
    model: &Path,
    bytes: &[u8],
    threads: usize,
    kind: SessionKind,
) -> Result<Session, OrtError> {
    let built = builder(environment, threads, kind).and_then(|mut builder| builder.commit_from_memory(bytes));
    built.map_err(|error| OrtError::Model { path: model.to_owned(), reason: error.to_string() })
}

fn builder(environment: &Environment, threads: usize, kind: SessionKind) -> ort::Result<SessionBuilder> {
    let mut builder = Session::builder(environment)?
        .with_intra_threads(threads.max(1))?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?;
    if kind == SessionKind::Variable {
        let processor = ort::ep::CPU::default().with_arena_allocator(false).build();
        builder = builder.with_memory_pattern(false)?.with_execution_providers([processor])?;
    }
    Ok(builder)
}
