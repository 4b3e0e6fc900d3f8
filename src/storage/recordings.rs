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

    /// The files that are there, of one side or of both: `<side>.ogg`, from the second leg on `<side>-leg<n>.ogg`; all
    /// on the call clock.
    pub fn files(&self, interview_id: Uuid, side: Option<Side>) -> Vec<PathBuf> {
        let folder = self.folder(interview_id);
        let sides = side.map_or(vec![Side::Interviewer, Side::Respondent], |side| vec![side]);
        let mut files = Vec::new();
        for side in sides {
            let names = std::iter::once(format!("{}.ogg", side.name()))
                .chain((2..).map(|leg| format!("{}-leg{leg}.ogg", side.name())));
            files.extend(names.map(|name| folder.join(name)).take_while(|path| path.exists()));
        }
        files
    }

    /// Several files in one, made when first asked for.
    pub fn mixed(&self, interview_id: Uuid, side: Option<Side>) -> PathBuf {
        self.folder(interview_id).join(side.map_or("mixed.ogg".to_owned(), |side| format!("mixed-{}.ogg", side.name())))
    }
}
