//! ONNX Runtime for this room: one environment a process, sessions made for inputs of varying length.
//!
//! Owns: how sessions are built. Never does: know the model.

use std::path::Path;
use std::sync::OnceLock;

use ort::environment::Environment;
use ort::session::Session;
use parking_lot::Mutex;

use super::TtsError;

static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
static STARTING: Mutex<()> = Mutex::new(());

/// The process's ONNX Runtime, loaded from `library` the first time.
pub fn environment(library: &Path) -> Result<Environment, TtsError> {
    let _one_at_a_time = STARTING.lock();
    if let Some(environment) = ENVIRONMENT.get() {
        return Ok(environment.clone());
    }
    let builder = ort::init_from(library).map_err(|error| broken(library, &error))?;
    let environment = builder.build().map_err(|error| broken(library, &error))?;
    Ok(ENVIRONMENT.get_or_init(|| environment).clone())
}

/// A session over `model`. Sentences differ in length, so the memory pattern is off. The arena stays on: it keeps the
/// worst shape ever seen (onnxruntime#11627), which the caller bounds by cutting long texts; without it the same work
/// held more than twice the memory in the allocator's own pools. Threads don't spin: several models share the cores.
pub fn session(environment: &Environment, model: &Path, threads: usize) -> Result<Session, TtsError> {
    let build = || -> ort::Result<Session> {
        Session::builder(environment)?
            .with_intra_threads(threads)?
            .with_intra_op_spinning(false)?
            .with_memory_pattern(false)?
            .commit_from_file(model)
    };
    build().map_err(|error| broken(model, &error))
}

fn broken(path: &Path, error: &dyn std::fmt::Display) -> TtsError {
    TtsError::Model { path: path.display().to_string(), reason: error.to_string() }
}
