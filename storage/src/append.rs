//! Appending to the event log: the log and the tables change together, or neither does.
//!
//! Owns: the transaction of both, gap-free and idempotent, for one batch or for many; what becomes of events of a call that
//! went on at another engine. Never does: know what an event changes (`projection` does).

use chrono::Utc;
use entity::{Status, erasures};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, TransactionTrait};
use serde_json::json;
use uuid::Uuid;

use super::audit::Change;
use super::crypto::PersonKey;
use super::edit::Actor;
use super::error::StorageError;
use super::insights::Extraction;
use super::interviews::{AUDITED, rows};
use super::json::to_json;
use super::leases;
use super::log::{self, Batch, EventLog, EventRecord};
use super::projection::{Effects, Ending, Projection};

/// The audit entry that keeps events which came too late: the call had gone on at another engine.
const TOO_LATE: &str = "interview.events_too_late";

/// What appending a batch brought about.
#[derive(Debug, Clone, PartialEq)]
pub struct Appended {
    pub workspace_id: Uuid,
    pub call_guide_id: Uuid,
    /// How many of the batch's records, counted from its end, were new; the others were in the log already.
    pub fresh: usize,
    /// The media connected for the first time.
    pub started: bool,
    /// The interview ended.
    pub ended: Option<Ending>,
    /// Of each new answer to a follow-up: the share of its content words that are new.
    pub follow_up_values: Vec<f64>,
    /// Why the interview was handed to a person.
    pub escalated: Option<&'static str>,
}

impl EventLog<'_> {
    /// Appends in one transaction, flushed when this returns, what is said of an interview while no call is on. What is in
    /// the log already with the same content is passed over, so that a retry is harmless. The interview may be in any
    /// workspace.
    ///
    /// # Errors
    /// [`StorageError::CallHeld`] while an engine holds the call.
    pub async fn append(&self, interview_id: Uuid, records: &[EventRecord]) -> Result<Appended, StorageError> {
        let batch = Batch { interview_id, fence: None, received_at: Utc::now(), records: records.to_vec() };
        let tx = self.0.write().await?;
        let appended = append_in(&tx, &batch).await?;
        self.request_insights(&tx, interview_id, &appended).await?;
        tx.commit().await?;
        Ok(appended)
    }

    /// Appends many batches in one transaction (one flush). A batch that is at fault itself fails alone; the outer error
    /// means that nothing was appended and trying again may help.
    ///
    /// A batch of a call that another engine has taken since fails with [`StorageError::LeaseLost`]. Its events are kept
    /// beside the log, in the same transaction: in the interview's audit trail, sealed with the respondent's key.
    pub async fn append_all(&self, batches: &[&Batch]) -> Result<Vec<Result<Appended, StorageError>>, StorageError> {
        let tx = self.0.write().await?;
        let mut outcomes = Vec::with_capacity(batches.len());
        for batch in batches {
            let savepoint = tx.begin().await?;
            let appended = async {
                let appended = append_in(&savepoint, batch).await?;
                self.request_insights(&savepoint, batch.interview_id, &appended).await?;
                Ok::<_, StorageError>(appended)
            };
            match appended.await {
                Ok(appended) => {
                    savepoint.commit().await?;
                    outcomes.push(Ok(appended));
                }
                Err(error @ StorageError::LeaseLost { .. }) => {
                    self.keep_beside(&savepoint, batch).await?;
                    savepoint.commit().await?;
                    outcomes.push(Err(error));
                }
                Err(error) if error.is_permanent() => {
                    savepoint.rollback().await?;
                    outcomes.push(Err(error));
                }
                Err(error) => return Err(error),
            }
        }
        tx.commit().await?;
        Ok(outcomes)
    }

    /// Keeps events that came too late where every engine finds them and where an erasure reaches them.
    async fn keep_beside(&self, tx: &DatabaseTransaction, batch: &Batch) -> Result<(), StorageError> {
        let interview = rows::find_anywhere(tx, batch.interview_id).await?;
        let mut change = Change::new(AUDITED, interview.id, TOO_LATE).with(json!({
            "fence": batch.fence,
            "events": batch.records.len(),
            "first_seq": batch.records.first().map(|record| record.seq),
            "last_seq": batch.records.last().map(|record| record.seq),
        }));
        let of_interview = erasures::Entity::find().filter(erasures::Column::InterviewId.eq(interview.id));
        // Of an erased interview nothing is kept. Where the person was erased, the key is gone as well.
        if of_interview.one(tx).await?.is_none() {
            let records = to_json("events", &batch.records)?;
            change = change.personal(&interview.respondent_id, records);
        }
        self.0.of(interview.workspace_id).audit().record(tx, Actor::ENGINE, change).await
    }

    /// An interview that completes is looked at for insights: the task is there with its end, or neither is.
    async fn request_insights(
        &self,
        tx: &DatabaseTransaction,
        interview_id: Uuid,
        appended: &Appended,
    ) -> Result<(), StorageError> {
        let completed = appended.ended.as_ref().is_some_and(|ending| ending.status == Status::Completed);
        if self.0.extracting && completed {
            self.0.of(appended.workspace_id).insights().request(tx, &Extraction::Interview { interview_id }).await?;
        }
        Ok(())
    }
}

/// Appends and projects inside a transaction of the caller's, if whoever made the events may append them.
pub(super) async fn append_in(tx: &DatabaseTransaction, batch: &Batch) -> Result<Appended, StorageError> {
    let id = batch.interview_id;
    let interview = rows::locked(tx, id).await?;
    let workspace = interview.workspace_id;
    let key = PersonKey::find(tx, workspace, &interview.respondent_id).await?;
    if let Err(error) = leases::check(tx, id, batch.fence).await {
        let last = log::last_seq(tx, id).await?;
        if batch.records.iter().any(|record| record.seq > last) {
            return Err(error);
        }
        // An earlier try may have committed all of it without an answer, before the call was taken.
        return match append_with(tx, interview, batch, key.as_ref()).await {
            Err(StorageError::EventConflict { .. }) => Err(error),
            known => known,
        };
    }
    append_with(tx, interview, batch, key.as_ref()).await
}

/// The same with the interview's row and its respondent's key at hand, for whoever has seen to it that no call is on.
pub(super) async fn append_with(
    tx: &DatabaseTransaction,
    interview: entity::interviews::Model,
    batch: &Batch,
    key: Option<&PersonKey>,
) -> Result<Appended, StorageError> {
    let (id, workspace) = (batch.interview_id, interview.workspace_id);
    let mut last = log::last_seq(tx, id).await?;
    let call_guide_id = interview.call_guide_id;
    let mut fresh = 0;
    let mut projection = Projection::new(interview, batch.received_at);
    for record in &batch.records {
        if record.seq <= last {
            log::check_same(tx, id, record, key).await?;
            continue;
        }
        if record.seq != last + 1 {
            return Err(StorageError::EventGap { interview_id: id, last, got: record.seq });
        }
        log::insert(tx, workspace, batch, record, key).await?;
        projection.apply(tx, record, key).await?;
        last = record.seq;
        fresh += 1;
    }
    let effects = if fresh > 0 { projection.store(tx, last).await? } else { Effects::default() };
    let Effects { started, ended, follow_up_values, escalated } = effects;
    Ok(Appended { workspace_id: workspace, call_guide_id, fresh, started, ended, follow_up_values, escalated })
}
