//! The index `.verified`: what was hashed, and the file's size and modification time at that
//! moment. It saves hashing 250 MB at every start.
//!
//! A file is hashed again if its size or modification time differs from its entry. With
//! [`Depth::Full`], every file is hashed again.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::digest::sha256;
use super::{File, WeightsError};

const NAME: &str = ".verified";

/// How thoroughly files are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Hash only the files that changed since they were last hashed.
    Quick,
    /// Hash every file.
    Full,
}

/// The reason why a file is not usable. Its text continues a sentence that begins with the file's
/// name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("is missing")]
    Missing,
    #[error("cannot be read: {0}")]
    Unreadable(String),
    #[error("is damaged: it has {is} bytes instead of {pinned}")]
    Size { is: u64, pinned: u64 },
    #[error("is damaged: its sha256 is {is} instead of {pinned}")]
    Hash { is: String, pinned: String },
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Index {
    files: BTreeMap<String, Entry>,
    #[serde(skip)]
    changed: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    bytes: u64,
    /// The modification time, in nanoseconds since 1970.
    modified_ns: u64,
    sha256: String,
    /// For a converted file, the SHA-256 of the file that it was converted from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made_from: Option<String>,
}

impl Index {
    /// Reads the index. An unreadable index counts as empty, so that every file is hashed again.
    pub fn load(dir: &Path) -> Self {
        std::fs::read(dir.join(NAME)).ok().and_then(|b| serde_json::from_slice(&b).ok()).unwrap_or_default()
    }

    /// Writes the index to a temporary file and renames it, so that a reader never sees a partial
    /// index. Entries that other processes have written meanwhile are kept.
    pub fn save(&mut self, dir: &Path) -> Result<(), WeightsError> {
        if !self.changed {
            return Ok(());
        }
        let mut all = Self::load(dir);
        all.files.extend(self.files.clone());
        let path = dir.join(NAME);
        let new = dir.join(format!("{NAME}.{}", std::process::id()));
        let json = serde_json::to_vec_pretty(&all).map_err(|e| WeightsError::io(&path)(e.into()))?;
        std::fs::write(&new, json).map_err(WeightsError::io(&new))?;
        std::fs::rename(&new, &path).map_err(WeightsError::io(&path))?;
        self.changed = false;
        Ok(())
    }

    /// Records a file that was just moved to its final path.
    pub fn record(&mut self, file: &File, dir: &Path, sha256: String) -> Result<(), WeightsError> {
        let path = dir.join(&file.path);
        let (bytes, modified_ns) = look(&path).map_err(WeightsError::io(&path))?;
        let made_from = file.convert.is_some().then(|| file.sha256.clone());
        self.files.insert(file.path.clone(), Entry { bytes, modified_ns, sha256, made_from });
        self.changed = true;
        Ok(())
    }

    /// Checks that the file is what the manifest pins, or was converted on this machine from what
    /// it pins.
    pub fn check(&mut self, file: &File, dir: &Path, depth: Depth) -> Result<(), Fault> {
        let path = dir.join(&file.path);
        let (bytes, modified_ns) = look(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => Fault::Missing,
            _ => Fault::Unreadable(e.to_string()),
        })?;
        if bytes != file.final_bytes() {
            return Err(Fault::Size { is: bytes, pinned: file.final_bytes() });
        }
        let entry = self.files.get(&file.path);
        let made_here = entry.filter(|e| e.made_from.as_deref() == Some(&file.sha256)).map(|e| e.sha256.as_str());
        let good = |sha256: &str| sha256 == file.final_sha256() || made_here == Some(sha256);
        if depth == Depth::Quick
            && entry.is_some_and(|e| e.bytes == bytes && e.modified_ns == modified_ns && good(&e.sha256))
        {
            return Ok(());
        }
        let is = sha256(&path).map_err(|e| Fault::Unreadable(e.to_string()))?;
        if !good(&is) {
            return Err(Fault::Hash { is, pinned: made_here.unwrap_or(file.final_sha256()).to_owned() });
        }
        self.record(file, dir, is).map_err(|e| Fault::Unreadable(e.to_string()))
    }
}

/// Returns the size in bytes and the modification time in nanoseconds since 1970.
fn look(path: &Path) -> std::io::Result<(u64, u64)> {
    let meta = std::fs::metadata(path)?;
    let modified = meta.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok((meta.len(), modified.as_nanos() as u64))
}
