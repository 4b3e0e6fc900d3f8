//! What the names of files say to whoever brings recordings elsewhere.
//!
//! Owns: these names, and what becomes of files that nobody writes any more. Never does: write sound.

use std::io;
use std::path::Path;

/// What a file is called beside its name while it is being written.
pub const PART: &str = "part";
/// A file of this name says that everything that was stored of the interview before is to go.
pub const DISCARDED: &str = "discarded";

/// Gives the files that nobody is writing any more their names.
pub(super) fn adopt(dir: &Path) -> io::Result<()> {
    let folders = match std::fs::read_dir(dir) {
        Ok(folders) => folders,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for folder in folders {
        let folder = folder?.path();
        if !folder.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(folder)? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == PART) {
                std::fs::rename(&path, path.with_extension(""))?;
            }
        }
    }
    Ok(())
}

/// Leaves nothing in the folder but the mark that says so.
pub(super) fn empty(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    // First: whoever dies in between has the rest removed.
    std::fs::write(folder.join(DISCARDED), "")?;
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        if path.file_name().is_some_and(|name| name != DISCARDED) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}
