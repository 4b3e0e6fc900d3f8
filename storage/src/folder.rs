//! Folders of the engine's own.
//!
//! Owns: making them, and that nobody else on the machine may look into them. Never does: know what lies there.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::error::StorageError;

/// Makes a folder of the engine's own, which nobody else on the machine may look into: whatever the mode of a file in it, it
/// can't be reached. One that somebody else owns is left as it is, and said so.
pub(crate) fn make_folder(path: &Path) -> Result<(), StorageError> {
    let failed = |source| StorageError::Folder { path: path.to_owned(), source };
    std::fs::create_dir_all(path).map_err(failed)?;
    let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0
        && let Err(error) = std::fs::set_permissions(path, Permissions::from_mode(0o700))
    {
        tracing::warn!(folder = %path.display(), mode = format!("{mode:o}"), %error, "others can look into this folder");
    }
    Ok(())
}
