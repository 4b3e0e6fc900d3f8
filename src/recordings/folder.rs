//! The local files of one interview on this engine.
//!
//! Owns: the meaning of file names, and how far each file was uploaded. Never does: access the
//! store.

use std::fs;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use storage::recordings::{DISCARDED, PART, is_track};

/// A part is extended until it has this many bytes, and then the next part begins. A minute of
/// speech has about as many.
const SEALED: u64 = 128 * 1024;

/// The content of the folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Folder {
    /// Everything that was stored before is to be deleted.
    pub discarded: bool,
    /// The names of files that are being written, without the ending that marks them.
    pub growing: Vec<String>,
    /// The names of complete files.
    pub complete: Vec<String>,
    /// Files of earlier versions that can be made again on request.
    pub superfluous: Vec<PathBuf>,
}

impl Folder {
    /// Returns `None` if the folder does not exist.
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut folder = Self::default();
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let growing = name.strip_suffix(PART).and_then(|name| name.strip_suffix('.')).filter(|name| is_track(name));
            match (name.as_str(), growing) {
                (DISCARDED, _) => folder.discarded = true,
                (_, Some(name)) => folder.growing.push(name.to_owned()),
                (name, None) if is_track(name) => folder.complete.push(name.to_owned()),
                _ => folder.superfluous.push(path),
            }
        }
        folder.growing.sort();
        folder.complete.sort();
        Ok(Some(folder))
    }

    /// Returns every file of a side and a leg.
    pub fn tracks(&self) -> impl Iterator<Item = (&str, PathBuf)> {
        let growing = self.growing.iter().map(|name| (name.as_str(), part(name)));
        growing.chain(self.complete.iter().map(|name| (name.as_str(), PathBuf::from(name))))
    }
}

/// Returns the path of a file while it is being written.
pub(super) fn part(name: &str) -> PathBuf {
    PathBuf::from(format!("{name}.{PART}"))
}

/// How far a file that is being written was uploaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Growth {
    /// The offset of the part that is being extended.
    pub begin: u64,
    /// The number of bytes that were uploaded, from the beginning of the file.
    sent: u64,
}

impl Growth {
    /// Returns the bytes of the current part, if there are more of them than last time.
    pub fn due(self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        let mut file = match fs::File::open(path) {
            Ok(file) => file,
            // The file was completed in the meantime.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if file.metadata()?.len() <= self.sent {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(self.begin))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Records that this many bytes of the current part were uploaded.
    pub fn sent(self, bytes: usize) -> Self {
        let sent = self.begin + bytes as u64;
        Self { begin: if sent - self.begin >= SEALED { sent } else { self.begin }, sent }
    }
}

/// Deletes a file. A missing file is not an error.
pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_how_a_file_stands() {
        assert_eq!((PART, DISCARDED), (voice::audio::recording::PART, voice::audio::recording::DISCARDED));
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Folder::read(&dir.path().join("none")).unwrap(), None);
        let names =
            ["respondent-leg2.ogg.part", "respondent.ogg", "interviewer.ogg", "mixed.ogg", "mixed.7", "discarded"];
        for name in names {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let folder = Folder::read(dir.path()).unwrap().unwrap();
        assert!(folder.discarded);
        assert_eq!(folder.growing, ["respondent-leg2.ogg"]);
        assert_eq!(folder.complete, ["interviewer.ogg", "respondent.ogg"]);
        assert_eq!(folder.superfluous.len(), 2);
        let tracks: Vec<_> = folder.tracks().map(|(_, path)| path).collect();
        assert!(tracks.iter().all(|path| dir.path().join(path).exists()) && tracks.len() == 3);
    }

    #[test]
    fn parts_follow_one_another_without_a_gap() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("growing");
        let (mut growth, mut whole) = (Growth::default(), Vec::new());
        let mut parts = std::collections::BTreeMap::new();
        for round in 0..50_u64 {
            whole.extend((0..20_000).map(|at| (at * round) as u8));
            fs::write(&path, &whole).unwrap();
            let bytes = growth.due(&path).unwrap().unwrap();
            let begin = growth.begin;
            growth = growth.sent(bytes.len());
            parts.insert(begin, bytes);
            assert_eq!(growth.due(&path).unwrap(), None, "nothing is sent twice");
        }
        assert!((5..20).contains(&parts.len()), "{} parts", parts.len());
        assert!(parts.into_values().flatten().eq(whole));
        fs::remove_file(&path).unwrap();
        assert_eq!(growth.due(&path).unwrap(), None);
    }
}
