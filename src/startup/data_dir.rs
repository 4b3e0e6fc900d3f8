//! The engine's data folder.
//!
//! Owns: that no other engine uses the folder, and the engine's name in it. Never does: know what
//! else is in the folder.

use std::io;

use uuid::Uuid;

use super::StartError;
use crate::config::Settings;

/// Returns the name by which other engines know this one. It is stored in the data folder, which no
/// other engine uses.
pub(super) fn engine_name(settings: &Settings) -> Result<String, StartError> {
    let file = settings.storage.data_dir.join("engine.id");
    if let Ok(name) = std::fs::read_to_string(&file)
        && Uuid::parse_str(&name).is_ok()
    {
        return Ok(name);
    }
    let name = Uuid::now_v7().to_string();
    let error =
        |reason: io::Error| StartError::DataDir { folder: file.display().to_string(), reason: reason.to_string() };
    std::fs::write(&file, &name).map_err(error)?;
    Ok(name)
}

/// Locks the data folder. Two engines on one data folder would assign the same event numbers.
pub(super) fn lock_data_dir(settings: &Settings) -> Result<std::fs::File, StartError> {
    let folder = &settings.storage.data_dir;
    let error = |reason: String| StartError::DataDir { folder: folder.display().to_string(), reason };
    std::fs::create_dir_all(folder).map_err(|e| error(e.to_string()))?;
    let file = std::fs::File::create(folder.join("engine.lock")).map_err(|e| error(e.to_string()))?;
    file.try_lock().map_err(|_| error("another engine is using it. Choose another folder with DATA_DIR".into()))?;
    Ok(file)
}
