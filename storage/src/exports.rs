//! Where exports lie that were written to be fetched: `exports/<workspace>/<task>.<ending>` in the data folder.
//!
//! Owns: the paths, that nobody is served half a file, removing. Never does: know what is in them.

use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// The folder of exports.
#[derive(Debug, Clone)]
pub struct Exports {
    root: PathBuf,
}

/// One export.
#[derive(Debug, Clone)]
pub struct ExportFile(PathBuf);

impl Exports {
    pub fn new(data_dir: &Path) -> Self {
        Self { root: data_dir.join("exports") }
    }

    pub fn file(&self, workspace: Uuid, task: Uuid, ending: &str) -> ExportFile {
        ExportFile(self.root.join(workspace.to_string()).join(format!("{task}.{ending}")))
    }

    /// Removes all of a workspace, those being written included: they hold what somebody said who is to be forgotten.
    pub fn clear(&self, workspace: Uuid) -> io::Result<()> {
        gone(std::fs::remove_dir_all(self.root.join(workspace.to_string()))).map(drop)
    }
}

impl ExportFile {
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Has `write` fill a draft, and gives it its name when it is whole.
    pub fn create<T, E: From<io::Error>>(&self, write: impl FnOnce(&Path) -> Result<T, E>) -> Result<T, E> {
        if let Some(folder) = self.0.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let draft = self.0.with_extension(format!("{}.part", Uuid::now_v7()));
        let written = write(&draft).and_then(|written| {
            // Cleared meanwhile: then there is nothing to be named, and another attempt begins anew.
            std::fs::rename(&draft, &self.0)?;
            Ok(written)
        });
        if written.is_err() {
            let _ = std::fs::remove_file(&draft);
        }
        written
    }

    /// Whether there was one.
    pub fn remove(&self) -> io::Result<bool> {
        gone(std::fs::remove_file(&self.0))
    }
}

/// What is not there is as good as removed.
fn gone(removed: io::Result<()>) -> io::Result<bool> {
    match removed {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
