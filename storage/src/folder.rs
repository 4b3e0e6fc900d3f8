//! Private folders of the engine.
//!
//! Owns: creating them, and that no other user of the machine has access to them. Never does: know
//! their content.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::error::StorageError;

/// Creates a folder that no other user of the machine can access, whatever the mode of the files in
/// it. A folder that belongs to another user is left as it is, which is logged.
pub(crate) fn make_folder(path: &Path) -> Result<(), StorageError> {
    let failed = |source| StorageError::Folder { path: path.to_owned(), source };
    std::fs::create_dir_all(path).map_err(failed)?;
    let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0
        && let Err(error) = std::fs::set_permissions(path, Permissions::from_mode(0o700))
    {
        let mode = format!("{mode:o}");
        tracing::warn!(folder = %path.display(), mode, %error, "other users can access this folder");
    }
    Ok(())
}
