//! Adapted weights, stored as their difference from the published weights.
//!
//! Owns: adding the difference to a model file's bytes. Never does: train, which `scripts/train`
//! does.
//!
//! The file is a NumPy archive (`.npz`) with an array for each initializer that changed, under the
//! initializer's name. An array for a matrix of 8-bit integers is added as steps of the matrix's
//! own scales, which stay unchanged. An array for a matrix of `f32` is added as `f32`. Nine in ten
//! steps are between -3 and 3, so that ten million weights fit into 5 MB.

use std::io::Cursor;

use npyz::npz::NpzArchive;
use onnx::weights::{Type, places};

/// Adds every array of `archive` to the initializer of the same name in `model`, which is a model
/// file's bytes. Returns an error that names the array if one does not fit.
pub fn apply(model: &mut [u8], archive: &[u8]) -> Result<(), String> {
    let places = places(model).ok_or("the model is not an ONNX file")?;
    let mut archive = NpzArchive::new(Cursor::new(archive)).map_err(|error| error.to_string())?;
    let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    for name in names {
        let fault = |reason: &str| format!("{name}: {reason}");
        let (kind, place) = places.get(&name).cloned().ok_or_else(|| fault("the model has no weights of this name"))?;
        let array = archive.by_name(&name).map_err(|error| fault(&error.to_string()))?;
        let array = array.ok_or_else(|| fault("the array is missing"))?;
        let weights = &mut model[place];
        match kind {
            Type::I8 => {
                let steps = array.into_vec::<i8>().map_err(|error| fault(&error.to_string()))?;
                if steps.len() != weights.len() {
                    return Err(fault("the array has another size than the model's weights"));
                }
                for (weight, step) in weights.iter_mut().zip(steps) {
                    *weight = (*weight as i8).saturating_add(step) as u8;
                }
            }
            Type::F32 => {
                let changes = array.into_vec::<f32>().map_err(|error| fault(&error.to_string()))?;
                let (numbers, _) = weights.as_chunks_mut::<4>();
                if changes.len() != numbers.len() {
                    return Err(fault("the array has another size than the model's weights"));
                }
                for (number, change) in numbers.iter_mut().zip(changes) {
                    *number = (f32::from_le_bytes(*number) + change).to_le_bytes();
                }
            }
            Type::Other => return Err(fault("the model's weights of this name are neither 8-bit integers nor f32")),
        }
    }
    Ok(())
}
