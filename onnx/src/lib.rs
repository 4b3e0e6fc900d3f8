//! Access to ONNX Runtime. The library is loaded once, and all sessions are created here.
//!
//! Owns: the environment, the options that all sessions share, and the positions of the weights in
//! a model file ([`weights`]). Never does: know a model.

pub mod weights;

use std::path::{Path, PathBuf};

use ort::environment::Environment;
use ort::logging::LogLevel;
use ort::session::Session;
use ort::session::builder::SessionBuilder;
use parking_lot::Mutex;

#[derive(Debug, thiserror::Error)]
pub enum OrtError {
    #[error("the ONNX Runtime library {path} cannot be used: {reason}")]
    Library { path: PathBuf, reason: String },
    #[error("the model file {path} cannot be used: {reason}")]
    Model { path: PathBuf, reason: String },
}

impl OrtError {
    /// Returns the faulty file, for the errors of other modules.
    pub fn path(&self) -> &Path {
        match self {
            Self::Library { path, .. } | Self::Model { path, .. } => path,
        }
    }

    /// Returns what is wrong with the file.
    pub fn reason(&self) -> &str {
        match self {
            Self::Library { reason, .. } | Self::Model { reason, .. } => reason,
        }
    }
}

/// Whether the shapes of a model's inputs change between runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// The shapes are the same in every run, so memory is planned once and kept.
    Fixed,
    /// The shapes differ. The arena and the memory pattern are off, because they would keep the
    /// memory of the largest shape ever seen.
    Variable,
}

/// Returns ONNX Runtime, which the first call loads from `library`. Later calls return the same
/// environment, whatever they name, because a process can have only one runtime.
///
/// # Errors
/// Returns [`OrtError::Library`] if the file is missing or is not a usable runtime. A later call
/// may try again.
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
    // At level info, the runtime logs a line for every node of every graph.
    environment.set_log_level(LogLevel::Warning);
    // Sessions use it until the process ends.
    let environment: &'static Environment = Box::leak(Box::new(environment));
    *loaded = Some(environment);
    Ok(environment)
}

/// Creates a session for the model file. It computes on `threads` threads, which sleep instead of
/// spinning when idle, because several models share few cores.
///
/// # Errors
/// Returns [`OrtError::Model`] with the file's path if the file is missing or cannot be loaded.
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

/// Like [`session`], for the bytes of a model file. `model` names it in errors.
///
/// # Errors
/// Returns [`OrtError::Model`] if the bytes cannot be loaded.
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
