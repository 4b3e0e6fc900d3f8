//! The export of a study: its interviews and answers as JSON, CSV or a zip archive.
//!
//! It is written page by page, so that a large study needs no more memory, except for the table of
//! contents of a zip archive. `rows.rs` has the two tables, `archive.rs` the archive, and `task.rs`
//! writes it to a file in the background. `api/study` streams it to a client. Owns: the content and
//! its order. Never does: know the reader.

mod archive;
mod rows;
pub mod task;

use std::io::Write;

use chrono::Utc;
use interview::Guide;
use serde::{Deserialize, Serialize};

use files::FilesError;
use storage::{InterviewWithAnswers, Storage, StorageError, StudyFilter};

/// The number of interviews that are read at once.
const PAGE: u64 = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = StudyFormat)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Json,
    Csv,
    Zip,
}

impl Format {
    /// Returns the name of the format, which is the file extension.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Zip => "zip",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Zip => "application/zip",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::Json, Self::Csv, Self::Zip].into_iter().find(|format| format.ending() == name)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("database: {0}")]
    Storage(#[from] StorageError),
    #[error("files: {0}")]
    Files(#[from] FilesError),
    /// The client has disconnected, or a recording cannot be read.
    #[error("writing: {0}")]
    Io(#[from] std::io::Error),
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("CSV: {0}")]
    Csv(#[from] csv::Error),
    #[error("zip: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The export is no longer wanted.
    #[error("the export was cancelled")]
    Stopped,
}

pub type Watch = Box<dyn Fn(usize) -> bool + Send + Sync>;

/// A study, as it is when it is read.
pub struct Study {
    pub guide: Guide,
    pub pages: Pages,
}

impl Study {
    /// Returns how often every interview is read during the export.
    pub fn readings(format: Format) -> u64 {
        match format {
            Format::Json | Format::Csv => 1,
            // They are the two tables, and the transcripts with the recordings.
            Format::Zip => 3,
        }
    }

    /// Writes the whole study. Blocks.
    pub fn write(&self, out: &mut impl Write, format: Format) -> Result<(), ExportError> {
        match format {
            Format::Json => rows::json(out, &self.guide, &self.pages),
            Format::Csv => rows::csv(out, &self.pages),
            Format::Zip => archive::write(out, &self.guide, &self.pages),
        }
    }
}

/// The interviews of the study, which are read page by page on a thread that may block.
pub struct Pages {
    pub storage: Storage,
    pub filter: StudyFilter,
    pub runtime: tokio::runtime::Handle,
    /// Receives the number of interviews read with each page. If it returns false, the export ends.
    pub watch: Watch,
}

impl Pages {
    fn for_each(
        &self,
        mut each: impl FnMut(&InterviewWithAnswers) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let mut after = None;
        loop {
            let page = self.runtime.block_on(self.storage.studies().page(&self.filter, after, PAGE))?;
            if !(self.watch)(page.len()) {
                return Err(ExportError::Stopped);
            }
            for held in &page {
                each(held)?;
            }
            match page.last() {
                Some((last, _)) => after = Some(last.id),
                None => return Ok(()),
            }
        }
    }
}

/// Returns the header of every export.
fn head(guide: &Guide, filter: &StudyFilter) -> serde_json::Value {
    serde_json::json!({
        "call_guide_id": filter.call_guide_id,
        "call_guide_name": guide.name,
        "exported_at": Utc::now(),
        "status": filter.status,
        "from": filter.from,
        "to": filter.to,
    })
}
