//! The export of everything that is stored about one person, for that person.
//!
//! Owns: its content, and its archive with the recordings. Never does: leave out derived data.

use std::io::{self, Cursor, Write as _};

use chrono::{DateTime, Utc};
use entity::{insight_extractions, interview_responses, interviews};
use serde::Serialize;
use tokio::runtime::Handle;
use utoipa::ToSchema;
use uuid::Uuid;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use files::FilesError;
use storage::insights::QuotedAcross;
use storage::receipts::Receipt;
use storage::{Entry, EventRecord, HeldAlert, HeldMeasurement, Storage, StorageError, Track};

/// The data of one person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PersonalData {
    pub respondent_id: String,
    pub generated_at: DateTime<Utc>,
    pub interviews: Vec<HeldInterview>,
    /// The receipts of earlier erasures. The newest comes first.
    pub receipts: Vec<Receipt>,
}

/// The data of one interview.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HeldInterview {
    pub interview: interviews::Model,
    pub responses: Vec<interview_responses::Model>,
    /// The decrypted event log. Null if it can no longer be decrypted.
    #[schema(value_type = Option<Vec<Object>>)]
    pub events: Option<Vec<EventRecord>>,
    pub recordings: Vec<Recording>,
    /// The insights of the interview.
    pub insights: Vec<insight_extractions::Model>,
    /// Quotes from the interview in insights across interviews.
    pub quoted_across: Vec<QuotedAcross>,
    /// The alerts about the interview, with their notes.
    pub alerts: Vec<HeldAlert>,
    /// The scores and times of the interview, as they were measured.
    pub measurements: Vec<HeldMeasurement>,
    /// Changes to the interview from outside the call, with the notes and reasons that the audit
    /// trail stores encrypted.
    pub trail: Vec<Entry>,
}

/// A file of a recording: one side of one leg of the call.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HeldRecording)]
pub struct Recording {
    /// The name in the archive.
    pub name: String,
    pub bytes: u64,
    #[serde(skip)]
    track: Track,
}

impl PersonalData {
    /// Collects everything about this respondent in the workspace.
    pub async fn of(storage: &Storage, respondent_id: &str, now: DateTime<Utc>) -> Result<Self, StorageError> {
        let rows = storage.interviews().of_respondent(respondent_id).await?;
        if rows.is_empty() {
            return Err(StorageError::NotFound("respondent"));
        }
        let mut interviews = Vec::with_capacity(rows.len());
        let mut receipts: Vec<Receipt> = Vec::new();
        for interview in rows {
            for receipt in storage.receipts().of_interview(interview.id).await? {
                if !receipts.iter().any(|known| known.id == receipt.id) {
                    receipts.push(receipt);
                }
            }
            let events = match storage.event_log().load(interview.id).await {
                Ok(events) => Some(events),
                Err(StorageError::Erased) => None,
                Err(error) => return Err(error),
            };
            let alerts = storage.personal().alerts(interview.id).await?;
            interviews.push(HeldInterview {
                measurements: storage.personal().measurements(interview.id).await?,
                trail: storage.personal().trail(&interview, &alerts).await?,
                alerts,
                responses: storage.responses().of_interview(interview.id).await?,
                recordings: recordings(storage, interview.id).await?,
                insights: storage.insights().of_interview(interview.id).await?,
                quoted_across: storage.insights().quoting(interview.id).await?,
                interview,
                events,
            });
        }
        receipts.sort_by_key(|receipt| std::cmp::Reverse(receipt.id));
        Ok(Self { respondent_id: respondent_id.to_owned(), generated_at: now, interviews, receipts })
    }

    /// Returns a zip archive with `personal-data.json` and the recordings that it names. Blocks.
    /// `runtime` is used to read files from a remote store.
    pub fn archive(&self, runtime: &Handle) -> io::Result<Vec<u8>> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        zip.start_file("personal-data.json", packed)?;
        zip.write_all(&serde_json::to_vec_pretty(self)?)?;
        // Opus files cannot be compressed further.
        let as_it_is = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for recording in self.interviews.iter().flat_map(|held| &held.recordings) {
            // The file may have been erased in the meantime.
            let Some(mut file) = runtime.block_on(recording.track.open())? else { continue };
            zip.start_file(&recording.name, as_it_is)?;
            io::copy(&mut file, &mut zip)?;
        }
        Ok(zip.finish()?.into_inner())
    }
}

async fn recordings(storage: &Storage, interview_id: Uuid) -> Result<Vec<Recording>, FilesError> {
    let tracks = storage.recordings().tracks(interview_id, None).await?;
    let describe = |track: Track| Recording {
        name: format!("recordings/{interview_id}/{}", track.name),
        bytes: track.content.size,
        track,
    };
    Ok(tracks.into_iter().map(describe).collect())
}
