//! Smart Turn: a small Whisper encoder that judges by sound whether a turn is complete.
//!
//! Owns: the session and its input. Never does: decide; its result is considered together with the
//! words.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use ort::environment::Environment;
use ort::session::Session;
use ort::value::{TensorRef, ValueType};
use parking_lot::Mutex;

use super::mel::{BANDS, FRAMES, Mel};
use super::{TurnDetector, TurnError};
use crate::inference::{Inference, Priority};
use onnx::SessionKind;

/// The network, which runs on the shared inference threads.
pub struct SmartTurn {
    inference: Inference,
    model: Arc<Model>,
    name: String,
}

struct Model {
    session: Mutex<Session>,
    mel: Mel,
}

impl SmartTurn {
    /// Loads the model and runs it once, so that the first turn is not delayed.
    ///
    /// # Errors
    /// Returns [`TurnError::Model`] with the file's path if the file is missing, damaged, or
    /// another model.
    pub fn load(environment: &Environment, path: &Path, inference: Inference) -> Result<Self, TurnError> {
        let session = onnx::session(environment, path, 1, SessionKind::Fixed)?;
        let fault = |reason: String| TurnError::Model { path: path.display().to_string(), reason };
        let [input] = session.inputs() else {
            return Err(fault(format!("it has {} inputs instead of one", session.inputs().len())));
        };
        let wanted = [BANDS as i64, FRAMES as i64];
        if !matches!(input.dtype(), ValueType::Tensor { shape, .. } if shape.get(1..) == Some(&wanted)) {
            return Err(fault(format!("its input is {:?} instead of [1, {BANDS}, {FRAMES}]", input.dtype())));
        }
        let model = Arc::new(Model { session: Mutex::new(session), mel: Mel::new() });
        model.run(&[]).map_err(fault)?;
        let name = path.file_stem().map_or_else(|| "smart-turn".to_owned(), |stem| stem.to_string_lossy().into_owned());
        Ok(Self { inference, model, name })
    }
}

impl Model {
    /// Runs the network. Its input is `input_features` [1, 80, 800], and its output [1, 1] is a
    /// probability.
    fn run(&self, samples: &[f32]) -> Result<f32, String> {
        let features = self.mel.features(samples).map_err(|error| error.to_string())?;
        self.infer(&features).map_err(|error| error.to_string())
    }

    fn infer(&self, features: &[f32]) -> ort::Result<f32> {
        let mut session = self.session.lock();
        let outputs = session.run(ort::inputs![TensorRef::from_array_view(([1, BANDS, FRAMES], features))?])?;
        let (_, probability) = outputs[0].try_extract_tensor::<f32>()?;
        probability.first().copied().ok_or_else(|| ort::Error::new("the model gave no probability"))
    }
}

#[async_trait]
impl TurnDetector for SmartTurn {
    async fn probability(&self, samples: Arc<[f32]>) -> Result<f32, TurnError> {
        let model = Arc::clone(&self.model);
        let run = self.inference.run(Priority::EndOfTurn, move || model.run(&samples));
        run.await?.map_err(TurnError::Failed)
    }

    fn name(&self) -> &str {
        &self.name
    }
}
