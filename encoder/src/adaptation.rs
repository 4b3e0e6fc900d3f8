//! Weights as a training left them: the difference from those that everybody has.
//!
//! Owns: adding it to a model file's bytes. Never does: train (`scripts/train` does).
//!
//! The file is a NumPy archive (`.npz`) with an array for each initializer that changed, by its name: to a matrix of
//! 8-bit numbers it adds steps of the same size (its scales stay), to one of `f32` it adds `f32`. Nine in ten steps
//! are between −3 and 3, so that ten million weights pack into five megabytes.

use std::io::Cursor;

use npyz::npz::NpzArchive;
use onnx::weights::{Type, places};

/// Adds every array of `archive` to the initializer of its name in `model`, a model file's bytes.
pub fn apply(model: &mut [u8], archive: &[u8]) -> Result<(), String> {
    let places = places(model).ok_or("the model is no ONNX file")?;
    let mut archive = NpzArchive::new(Cursor::new(archive)).map_err(|error| error.to_string())?;
    let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    for name in names {
        let fault = |reason: &str| format!("{name}: {reason}");
        let (kind, place) = places.get(&name).cloned().ok_or_else(|| fault("the model has no such weights"))?;
        let array = archive.by_name(&name).map_err(|error| fault(&error.to_string()))?;
        let array = array.ok_or_else(|| fault("is missing"))?;
        let weights = &mut model[place];
        match kind {
            Type::I8 => {
                let steps = array.into_vec::<i8>().map_err(|error| fault(&error.to_string()))?;
                if steps.len() != weights.len() {
                    return Err(fault("is of another size"));
                }
                for (weight, step) in weights.iter_mut().zip(steps) {
                    *weight = (*weight as i8).saturating_add(step) as u8;
                }
            }
            Type::F32 => {
                let changes = array.into_vec::<f32>().map_err(|error| fault(&error.to_string()))?;
                let (numbers, _) = weights.as_chunks_mut::<4>();
                if changes.len() != numbers.len() {
                    return Err(fault("is of another size"));
                }
                for (number, change) in numbers.iter_mut().zip(changes) {
                    *number = (f32::from_le_bytes(*number) + change).to_le_bytes();
                }
            }
            Type::Other => return Err(fault("the model has weights of another type there")),
        }
    }
    Ok(())
}
