//! Where recordings lie.
//!
//! Owns: the paths. Never does: write or mix audio.

use std::path::{Path, PathBuf};

use uuid::Uuid;

/// One side of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Interviewer,
    Respondent,
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

    pub fn side(&self, interview_id: Uuid, side: Side) -> PathBuf {
        self.folder(interview_id).join(match side {
            Side::Interviewer => "interviewer.ogg",
            Side::Respondent => "respondent.ogg",
        })
    }

    /// The files of all sides and legs; none when nothing was recorded.
    pub fn legs(&self, interview_id: Uuid) -> std::io::Result<Vec<PathBuf>> {
        let Ok(entries) = std::fs::read_dir(self.folder(interview_id)) else { return Ok(Vec::new()) };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "ogg") && path != self.mixed(interview_id) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Both sides in one file, made when first asked for.
    pub fn mixed(&self, interview_id: Uuid) -> PathBuf {
        self.folder(interview_id).join("mixed.ogg")
    }
}
