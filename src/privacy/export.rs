//! Everything that is held of one person, for that person.
//!
//! Owns: what belongs to it, and its archive with the recordings. Never does: leave anything out for being derived.

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

/// One person's data.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PersonalData {
    pub respondent_id: String,
    pub generated_at: DateTime<Utc>,
    pub interviews: Vec<Held>,
    /// What was erased before; newest first.
    pub receipts: Vec<Receipt>,
}

/// What is held of one interview.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HeldInterview)]
pub struct Held {
    pub interview: interviews::Model,
    pub responses: Vec<interview_responses::Model>,
    /// The event log, decrypted; none when it can't be read any more.
    #[schema(value_type = Option<Vec<Object>>)]
    pub events: Option<Vec<EventRecord>>,
    pub recordings: Vec<Recording>,
    /// What was made of it.
    pub insights: Vec<insight_extractions::Model>,
    /// Where it is quoted among others: its own quotes only.
    pub quoted_across: Vec<QuotedAcross>,
    /// Alerts about it, with what was written about them.
    pub alerts: Vec<HeldAlert>,
    /// Its scores and times, as they were measured.
    pub measurements: Vec<HeldMeasurement>,
    /// What was done to it from outside the call, with the notes and reasons that are sealed in the audit trail.
    pub trail: Vec<Entry>,
}

/// A file of a recording: one side of one leg of the call.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HeldRecording)]
pub struct Recording {
    /// Its name in the archive.
    pub name: String,
    pub bytes: u64,
    #[serde(skip)]
    track: Track,
}

impl PersonalData {
    /// Everything of this respondent in the storage's workspace.
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
            interviews.push(Held {
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

    /// A zip archive: `personal-data.json`, and the recordings it names. Blocks: `runtime` reads what lies elsewhere.
    pub fn archive(&self, runtime: &Handle) -> io::Result<Vec<u8>> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        zip.start_file("personal-data.json", packed)?;
        zip.write_all(&serde_json::to_vec_pretty(self)?)?;
        // Opus can't be packed any smaller.
        let as_it_is = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for recording in self.interviews.iter().flat_map(|held| &held.recordings) {
            // It may have been erased in this very moment.
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
