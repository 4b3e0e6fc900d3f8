//! Erasing one person, everywhere.
//!
//! Owns: the order: nobody gets into the interviews any more; what waits in memory is committed or dropped; keys and words in the
//! tables go, in one transaction with the receipt; then files; then what the database's journal holds. Each step can be
//! repeated: an erasure that was broken off is completed by asking again, and files also without that. Never does: end a live
//! call.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::files::{self, Remaining};
use crate::calls::{BarError, Calls, StillWaiting};
use crate::telemetry::Metrics;
use storage::erased_files::WaitingErasure;
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
}

impl From<BarError> for ErasureError {
    fn from(error: BarError) -> Self {
        match error {
            BarError::Live(interview) => Self::Live(interview),
            BarError::Storage(error) => error.into(),
        }
    }
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
///
/// Files go last: from the commit on nobody writes a new one of these interviews, and a process that dies in between leaves a task
/// behind that removes them. Files that cannot be removed now are no error: the receipt says so until they are gone.
pub(super) async fn carry_out(
    place: Place<'_>,
    mut erasure: Erasure,
    done: Option<Receipt>,
) -> Result<Receipt, ErasureError> {
    let _bar = place.calls.bar(&erasure.interviews).await?;
    let forgotten = place.calls.forget(&erasure.interviews).await?;
    let (storage, now) = (place.storage, erasure.at);
    if let Some(receipt) = done {
        return files_gone(storage, receipt, now).await;
    }
    erasure.outside = Counts {
        recordings: forgotten.recordings,
        recording_bytes: forgotten.recording_bytes,
        page_messages: forgotten.page_messages,
        refused_events: forgotten.refused_events,
        clips: forgotten.clips,
        ..Counts::default()
    };
    let erased = storage.erasures().erase(&erasure).await?;
    for ended in &erased.ended {
        place.metrics.observe_events(&[], ended);
    }
    if erasure.person {
        place.metrics.erasures_total.with_label_values(&[erasure.reason.as_str()]).inc();
    }
    let receipt = files_gone(storage, erased.receipt, now).await?;
    tracing::info!(receipt = %receipt.id, reason = receipt.reason.as_str(), counts = ?receipt.erased, "personal data erased");
    Ok(receipt)
}

/// The receipt after the files were removed, as far as that can be done now.
async fn files_gone(storage: &Storage, receipt: Receipt, now: DateTime<Utc>) -> Result<Receipt, ErasureError> {
    let erasure = WaitingErasure {
        workspace: storage.workspace(),
        receipt: receipt.id,
        interviews: receipt.interview_ids.clone(),
    };
    match files::remove(storage, &erasure, now).await {
        Ok(()) => {}
        Err(Remaining::Storage(error)) => return Err(error.into()),
        Err(remaining) => tracing::warn!(receipt = %receipt.id, %remaining, "files of an erased person remain for now"),
    }
    let Some(covered) = receipt.interview_ids.first() else { return Ok(receipt) };
    let receipts = storage.receipts().of_interview(*covered).await?;
    Ok(receipts.into_iter().find(|one| one.id == receipt.id).unwrap_or(receipt))
}
