//! Where recordings lie.
//!
//! Owns: the paths, and removing what lies there. Never does: write or mix audio.

use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// One side of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Interviewer,
    Respondent,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Side::Interviewer => "interviewer",
            Side::Respondent => "respondent",
        }
    }
}

/// The folder of recordings in the data folder: a folder an interview, one Ogg/Opus file a side on the call clock.
#[derive(Debug, Clone)]
pub struct Recordings {
    root: PathBuf,
}

impl Recordings {
    pub fn new(data_dir: &Path) -> Self {
        Self { root: data_dir.join("recordings") }
    }

    pub fn folder(&self, interview_id: Uuid) -> PathBuf {
        self.root.join(interview_id.to_string())
    }

    /// The files that are there, of one side or of both, leg by leg: `<side>.ogg`, from the second leg on `<side>-leg<n>.ogg`; all
    /// on the call clock.
    pub fn files(&self, interview_id: Uuid, side: Option<Side>) -> Vec<PathBuf> {
        let wanted = |name: &str| {
            let of = |side: Side| {
                name == format!("{}.ogg", side.name()) || name.starts_with(&format!("{}-leg", side.name()))
            };
            side.map_or(of(Side::Interviewer) || of(Side::Respondent), of)
        };
        // No folder: nothing was recorded. A leg without sound has no file, so their numbers may have holes.
        let entries = std::fs::read_dir(self.folder(interview_id)).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> =
            entries.filter(|entry| entry.file_name().to_str().is_some_and(wanted)).map(|entry| entry.path()).collect();
        files.sort_by_cached_key(|path| side_and_leg(path));
        files
    }

    /// Removes everything of the interview, mixed files and drafts included: how many files, and how many bytes.
    pub fn remove(&self, interview_id: Uuid) -> io::Result<(u64, u64)> {
        let folder = self.folder(interview_id);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((0, 0)),
            Err(error) => return Err(error),
        };
        let (mut files, mut bytes) = (0, 0);
        for entry in entries {
            bytes += entry?.metadata()?.len();
            files += 1;
        }
        std::fs::remove_dir_all(&folder)?;
        Ok((files, bytes))
    }

    /// Several files in one, made when first asked for.
    pub fn mixed(&self, interview_id: Uuid, side: Option<Side>) -> PathBuf {
        self.folder(interview_id).join(side.map_or("mixed.ogg".to_owned(), |side| format!("mixed-{}.ogg", side.name())))
    }
}

/// What a file is sorted by: the tenth leg comes after the second.
fn side_and_leg(path: &Path) -> (String, u32) {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let (side, leg) = stem.split_once("-leg").unwrap_or((&stem, "1"));
    (side.to_owned(), leg.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_an_interview_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let recordings = Recordings::new(dir.path());
        let (id, other) = (Uuid::now_v7(), Uuid::now_v7());
        for (id, name) in [(id, "respondent.ogg"), (id, "mixed.ogg"), (id, "mixed.7.part"), (other, "mixed.ogg")] {
            std::fs::create_dir_all(recordings.folder(id)).unwrap();
            std::fs::write(recordings.folder(id).join(name), "four").unwrap();
        }
        assert_eq!(recordings.remove(id).unwrap(), (3, 12));
        assert!(!recordings.folder(id).exists() && recordings.folder(other).exists());
        assert_eq!(recordings.remove(id).unwrap(), (0, 0), "again");
    }

    #[test]
    fn files_come_side_by_side_and_leg_by_leg() {
        let dir = tempfile::tempdir().unwrap();
        let recordings = Recordings::new(dir.path());
        let id = Uuid::now_v7();
        assert!(recordings.files(id, None).is_empty());
        std::fs::create_dir_all(recordings.folder(id)).unwrap();
        for name in ["respondent", "interviewer-leg10", "interviewer-leg2", "interviewer", "mixed", "notes"] {
            std::fs::write(recordings.folder(id).join(format!("{name}.ogg")), "").unwrap();
        }
        let names = |side| {
            let files = recordings.files(id, side);
            files.iter().map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(None), ["interviewer", "interviewer-leg2", "interviewer-leg10", "respondent"]);
        assert_eq!(names(Some(Side::Respondent)), ["respondent"]);
    }
}
