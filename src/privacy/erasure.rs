//! Erasing one person, everywhere.
//!
//! Owns: the order: nobody gets into the interviews any more; what waits in memory is committed or dropped; recordings go;
//! then keys and words in the tables, in one transaction with the receipt; then the database's journal. Each step can be
//! repeated: an erasure that was broken off is completed by asking again. Never does: end a live call.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::calls::{Calls, StillWaiting};
use crate::telemetry::Metrics;
use storage::erasure::Erasure;
use storage::receipts::{Counts, Reason, Receipt};
use storage::{Storage, StorageError};

#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("a call is on in interview {0}: end it first")]
    Live(Uuid),
    #[error(transparent)]
    StillWaiting(#[from] StillWaiting),
    #[error("exports that may hold it can't be removed: {0}")]
    Exports(std::io::Error),
    #[error("the recordings of interview {interview} can't be removed: {source}")]
    Recordings { interview: Uuid, source: std::io::Error },
}

/// Where personal data lies, and who counts.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// Of the respondent's workspace.
    pub storage: &'a Storage,
    pub calls: &'a dyn Calls,
    pub metrics: &'a Metrics,
}

/// Erases the respondent of this interview, with all their interviews in the workspace. Who is erased already stays so,
/// and the receipt is the same.
pub async fn erase(
    place: Place<'_>,
    interview_id: Uuid,
    actor: &str,
    at: DateTime<Utc>,
) -> Result<Receipt, ErasureError> {
    let respondent_id = place.storage.interviews().get(interview_id).await?.respondent_id;
    let interviews = place.storage.interviews().of_respondent(&respondent_id).await?.iter().map(|row| row.id).collect();
    let erasure = Erasure {
        respondent_id,
        interviews,
        person: true,
        reason: Reason::Request,
        actor: actor.to_owned(),
        at,
        outside: Counts::default(),
    };
    let earlier = place.storage.receipts().of_interview(interview_id).await?;
    let done = earlier.into_iter().find(|receipt| receipt.erased_whole(&erasure.respondent_id));
    let receipt = carry_out(place, erasure, done).await?;
    place.storage.maintenance().empty_journal().await?;
    Ok(receipt)
}

/// Erases what `erasure` names; only once more what lies outside the tables when it was `done` before.
pub(super) async fn carry_out(
    place: Place<'_>,
    mut erasure: Erasure,
    done: Option<Receipt>,
) -> Result<Receipt, ErasureError> {
    let _bar = place.calls.bar(&erasure.interviews).await.map_err(ErasureError::Live)?;
    let forgotten = place.calls.forget(&erasure.interviews).await?;
    let (recordings, recording_bytes) = remove_recordings(place.storage, &erasure.interviews).await?;
    if let Some(receipt) = done {
        remove_exports(place.storage).await?;
        return Ok(receipt);
    }
    erasure.outside = Counts {
        recordings,
        recording_bytes,
        page_messages: forgotten.page_messages,
        refused_events: forgotten.refused_events,
        clips: forgotten.clips,
        ..Counts::default()
    };
    let erased = place.storage.erasures().erase(&erasure).await?;
    // After the tables: one that is being written in this moment may have read them before.
    remove_exports(place.storage).await?;
    for ended in &erased.ended {
        place.metrics.observe_events(&[], ended);
    }
    if erasure.person {
        place.metrics.erasures_total.with_label_values(&[erasure.reason.as_str()]).inc();
    }
    let receipt = erased.receipt;
    tracing::info!(receipt = %receipt.id, reason = receipt.reason.as_str(), counts = ?receipt.erased, "personal data erased");
    Ok(receipt)
}

/// Whose words are in which is not known: all of the workspace's go. Whoever still needs one has it written again.
async fn remove_exports(storage: &Storage) -> Result<(), ErasureError> {
    let (exports, workspace) = (storage.exports(), storage.workspace());
    let removing = tokio::task::spawn_blocking(move || exports.clear(workspace));
    removing.await.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(ErasureError::Exports)
}

async fn remove_recordings(storage: &Storage, interviews: &[Uuid]) -> Result<(u64, u64), ErasureError> {
    let (recordings, interviews) = (storage.recordings(), interviews.to_vec());
    let removing = tokio::task::spawn_blocking(move || {
        interviews.iter().try_fold((0, 0), |(files, bytes), &interview| {
            let (more, larger) =
                recordings.remove(interview).map_err(|source| ErasureError::Recordings { interview, source })?;
            Ok((files + more, bytes + larger))
        })
    });
    removing.await.unwrap_or_else(|error| {
        let interview = Uuid::nil();
        Err(ErasureError::Recordings { interview, source: std::io::Error::other(error) })
    })
}
