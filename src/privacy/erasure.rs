//! The erasure of one person from every place.
//!
//! Owns: the order of the steps. First nobody can join the interviews any more. Then everything in
//! memory is committed or dropped. Then keys and words in the tables are deleted, in one
//! transaction with the receipt. Then files are deleted, and then the database's journal is
//! emptied. Each step can be repeated. An interrupted erasure is completed when it is requested
//! again, and its files are deleted even without that. Never does: end a live call.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::files::{self, Remaining};
use crate::calls::{Calls, JoinBlockError, StillWaiting};
use crate::telemetry::Metrics;
use storage::erased_files::WaitingErasure;
use storage::erasure::Erasure;
use storage::receipts::{Counts, Reason, Receipt};
use storage::{Storage, StorageError};

#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("interview {0} has a live call, which must end first")]
    Live(Uuid),
    #[error(transparent)]
    StillWaiting(#[from] StillWaiting),
}

impl From<JoinBlockError> for ErasureError {
    fn from(error: JoinBlockError) -> Self {
        match error {
            JoinBlockError::Live(interview) => Self::Live(interview),
            JoinBlockError::Storage(error) => error.into(),
        }
    }
}

/// Where personal data is, and who counts erasures.
#[derive(Clone, Copy)]
pub struct ErasureContext<'a> {
    /// The storage of the respondent's workspace.
    pub storage: &'a Storage,
    pub calls: &'a dyn Calls,
    pub metrics: &'a Metrics,
}

/// Erases the respondent of this interview, with all of their interviews in the workspace. If the
/// respondent has already been erased, the same receipt is returned.
pub async fn erase(
    context: ErasureContext<'_>,
    interview_id: Uuid,
    actor: &str,
    at: DateTime<Utc>,
) -> Result<Receipt, ErasureError> {
    let respondent_id = context.storage.interviews().get(interview_id).await?.respondent_id;
    let interviews =
        context.storage.interviews().of_respondent(&respondent_id).await?.iter().map(|row| row.id).collect();
    let erasure = Erasure {
        respondent_id,
        interviews,
        person: true,
        reason: Reason::Request,
        actor: actor.to_owned(),
        at,
        outside: Counts::default(),
    };
    let earlier = context.storage.receipts().of_interview(interview_id).await?;
    let done = earlier.into_iter().find(|receipt| receipt.erased_whole(&erasure.respondent_id));
    let receipt = carry_out(context, erasure, done).await?;
    context.storage.maintenance().empty_journal().await?;
    Ok(receipt)
}

/// Erases what `erasure` names. If it was already `done`, only the data outside of the tables is
/// deleted again.
///
/// Files are deleted last. After the commit, nobody writes new files of these interviews, and if
/// the process dies, a task remains that deletes them. Files that cannot be deleted now are not an
/// error. The receipt reports them until they are gone.
pub(super) async fn carry_out(
    context: ErasureContext<'_>,
    mut erasure: Erasure,
    done: Option<Receipt>,
) -> Result<Receipt, ErasureError> {
    let _block = context.calls.block_joins(&erasure.interviews).await?;
    let forgotten = context.calls.forget(&erasure.interviews).await?;
    let (storage, now) = (context.storage, erasure.at);
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
        context.metrics.observe_events(&[], ended);
    }
    if erasure.person {
        context.metrics.erasures_total.with_label_values(&[erasure.reason.as_str()]).inc();
    }
    let receipt = files_gone(storage, erased.receipt, now).await?;
    let (reason, counts) = (receipt.reason.as_str(), &receipt.erased);
    tracing::info!(receipt = %receipt.id, reason, ?counts, "personal data was erased");
    Ok(receipt)
}

/// Returns the receipt after deleting the files, as far as that is possible now.
async fn files_gone(storage: &Storage, receipt: Receipt, now: DateTime<Utc>) -> Result<Receipt, ErasureError> {
    let erasure = WaitingErasure {
        workspace: storage.workspace(),
        receipt: receipt.id,
        interviews: receipt.interview_ids.clone(),
    };
    match files::remove(storage, &erasure, now).await {
        Ok(()) => {}
        Err(Remaining::Storage(error)) => return Err(error.into()),
        Err(remaining) => {
            tracing::warn!(receipt = %receipt.id, %remaining, "some files of an erased person cannot be deleted yet");
        }
    }
    let Some(covered) = receipt.interview_ids.first() else { return Ok(receipt) };
    let receipts = storage.receipts().of_interview(*covered).await?;
    Ok(receipts.into_iter().find(|one| one.id == receipt.id).unwrap_or(receipt))
}
