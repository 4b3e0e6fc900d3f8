//! The erasure of a person from the tables.
//!
//! Owns: what is personal in each table, and destroying the key. Never does: touch files or calls
//! (`privacy` does), or delete an event.
//!
//! The key belongs to the person, so an erasure on request covers every interview of that
//! respondent in the workspace. The remaining data consists of counts and measurements (sentiments,
//! densities, times) and names nobody.

use chrono::{DateTime, Utc};
use entity::{alerts, event_logs, interview_responses, interviews, join_tokens, person_keys, tasks};
use interview::Event;
use interview::io::EndStatus;
use sea_orm::sea_query::{Expr, Value as SqlValue};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use super::append::Appended;
use super::crypto::PersonKey;
use super::error::StorageError;
use super::interviews::rows;
use super::log::{Batch, EventRecord};
use super::receipts::{Counts, Reason, Receipt, pseudonym};
use super::store::Storage;
use super::{append, erased_files, exports, log};

/// The `status_reason` of an interview that was scheduled when its respondent was erased.
pub const PERSONAL_DATA_ERASED: &str = "personal_data_erased";
/// Selects events whose payload was encrypted with the person's key ([`log`]). Both databases
/// support this JSON expression.
const SEALED: &str = "payload ->> 'enc' IS NOT NULL";

/// The data of one respondent that is to be erased.
#[derive(Debug, Clone)]
pub struct Erasure {
    pub respondent_id: String,
    /// The interviews to erase. If the person is to be erased, these must be all interviews of the
    /// respondent.
    pub interviews: Vec<Uuid>,
    /// If true, the person is erased: the key with everything that it decrypts, and the
    /// respondent's id. Otherwise only the tables of these interviews are erased, because a newer
    /// interview still needs the key.
    pub person: bool,
    pub reason: Reason,
    pub actor: String,
    pub at: DateTime<Utc>,
    /// What has already been erased outside of the tables.
    pub outside: Counts,
}

/// An erasure that is complete in the tables. Files may remain
/// ([`ErasedFiles`](super::ErasedFiles)).
#[derive(Debug)]
pub struct Erased {
    pub receipt: Receipt,
    /// Interviews that were scheduled or interrupted.
    pub ended: Vec<Appended>,
}

/// The repository of erasures.
pub struct Erasures<'a>(pub(super) &'a Storage);

impl Erasures<'_> {
    /// Erases in one transaction, including the receipt. If another interview was scheduled in the
    /// meantime, it is a conflict.
    pub async fn erase(&self, erasure: &Erasure) -> Result<Erased, StorageError> {
        let receipt_id = Uuid::now_v7();
        let tx = self.0.write().await?;
        // A writer that is appending to one of these logs either finishes before this, or finds
        // that the key is gone.
        for id in &erasure.interviews {
            rows::locked(&tx, *id).await?;
        }
        let all = rows::of_respondent(&tx, self.0.workspace, &erasure.respondent_id).await?;
        if erasure.person && all.iter().any(|row| !erasure.interviews.contains(&row.id)) {
            return Err(StorageError::Conflict(
                "another interview was scheduled in the meantime. Repeat the request".to_owned(),
            ));
        }
        let mut counts = Counts { interviews: erasure.interviews.len() as u64, ..erasure.outside };
        // The key is destroyed first, so that an interview that is being scheduled does not use it.
        let key = PersonKey::find(&tx, self.0.workspace, &erasure.respondent_id).await?;
        if erasure.person {
            counts.keys = destroy_key(&tx, self.0.workspace, &erasure.respondent_id).await?;
            counts.events_unreadable = sealed_events(&tx, &erasure.interviews).await?;
        }
        let mut ended = Vec::new();
        for row in all.iter().filter(|row| erasure.interviews.contains(&row.id) && !row.status.is_over()) {
            ended.push(self.end_erased(&tx, row, key.as_ref(), erasure).await?);
        }
        scrub_interviews(&tx, erasure, receipt_id).await?;
        scrub_alerts(&tx, &erasure.interviews, erasure.at).await?;
        counts.responses = scrub_responses(&tx, &erasure.interviews, erasure.at).await?;
        counts.insights = self.0.insights().forget(&tx, &erasure.interviews, erasure.at).await?;
        counts.join_links = join_tokens::Entity::delete_many()
            .filter(join_tokens::Column::InterviewId.is_in(erasure.interviews.clone()))
            .exec(&tx)
            .await?
            .rows_affected;
        // The tasks of these interviews have nothing left to work on. A worker that is running one
        // of them is notified.
        tasks::Entity::delete_many()
            .filter(tasks::Column::InterviewId.is_in(erasure.interviews.clone()))
            .exec(&tx)
            .await?;
        // Stored answers to repeated POST requests contain names and join links.
        self.0.idempotency().forget(&tx, &erasure.interviews).await?;
        self.0.deliveries().forget_excerpts(&tx, &erasure.interviews).await?;
        let receipt = Receipt {
            id: receipt_id,
            erased_at: erasure.at,
            erased_by: erasure.actor.clone(),
            reason: erasure.reason,
            interview_ids: erasure.interviews.clone(),
            erased: counts,
            files_pending: true,
        };
        self.0.receipts().keep(&tx, &receipt).await?;
        exports::note_erasure(&tx, self.0.workspace, receipt.id, erasure.at).await?;
        // This task deletes remaining files, even if this process dies.
        self.0.tasks().enqueue(&tx, erased_files::removing(receipt.id)).await?;
        tx.commit().await?;
        Ok(Erased { receipt, ended })
    }

    async fn end_erased(
        &self,
        tx: &DatabaseTransaction,
        row: &interviews::Model,
        key: Option<&PersonKey>,
        erasure: &Erasure,
    ) -> Result<Appended, StorageError> {
        let (seq, at_ms) = log::next_place(tx, row.id).await?;
        let event = Event::Ended { status: EndStatus::Cancelled, reason: Some(PERSONAL_DATA_ERASED.to_owned()) };
        let record = EventRecord { seq, at_ms, event, actor: erasure.actor.clone() };
        let batch = Batch { interview_id: row.id, fence: None, received_at: erasure.at, records: vec![record] };
        append::append_with(tx, row.clone(), &batch, key).await
    }
}

async fn destroy_key(tx: &DatabaseTransaction, workspace: Uuid, respondent_id: &str) -> Result<u64, StorageError> {
    Ok(person_keys::Entity::delete_many()
        .filter(person_keys::Column::WorkspaceId.eq(workspace))
        .filter(person_keys::Column::RespondentId.eq(respondent_id))
        .exec(tx)
        .await?
        .rows_affected)
}

async fn sealed_events(tx: &DatabaseTransaction, interviews: &[Uuid]) -> Result<u64, StorageError> {
    Ok(event_logs::Entity::find()
        .filter(event_logs::Column::EntityType.eq(log::ENTITY_TYPE))
        .filter(event_logs::Column::EntityId.is_in(interviews.iter().copied()))
        .filter(Expr::cust(SEALED))
        .count(tx)
        .await?)
}

async fn scrub_interviews(tx: &DatabaseTransaction, erasure: &Erasure, receipt_id: Uuid) -> Result<(), StorageError> {
    use interviews::Column;
    let nothing = || Expr::value(SqlValue::String(None));
    let mut update = interviews::Entity::update_many()
        .col_expr(Column::RespondentName, nothing())
        .col_expr(Column::RespondentPhone, nothing())
        .col_expr(Column::RespondentEmail, nothing())
        .col_expr(Column::RespondentMetadata, Expr::value(json!({})))
        .col_expr(Column::CallSid, nothing())
        .col_expr(Column::RecordingUrl, nothing())
        // Notes contain the researchers' words about the person.
        .col_expr(Column::InterviewerNotes, Expr::value(json!([])))
        .col_expr(Column::Tags, Expr::value(json!([])))
        .col_expr(Column::EscalationReason, nothing())
        .col_expr(Column::UpdatedAt, Expr::value(erasure.at));
    if erasure.person {
        // The researchers may have used a name as the respondent's id.
        update = update.col_expr(Column::RespondentId, Expr::value(pseudonym(receipt_id)));
    }
    update.filter(Column::Id.is_in(erasure.interviews.iter().copied())).exec(tx).await?;
    Ok(())
}

/// Removes the notes on alerts. The rest of an alert consists of measurements.
async fn scrub_alerts(tx: &DatabaseTransaction, interviews: &[Uuid], at: DateTime<Utc>) -> Result<(), StorageError> {
    use alerts::Column;
    let update = alerts::Entity::update_many()
        .col_expr(Column::Note, Expr::value(SqlValue::String(None)))
        .col_expr(Column::UpdatedAt, Expr::value(at));
    update
        .filter(Column::InterviewId.is_in(interviews.iter().copied()))
        .filter(Column::Note.is_not_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Removes the words of the answers and what was derived from them. A question may quote an earlier
/// answer.
async fn scrub_responses(
    tx: &DatabaseTransaction,
    interviews: &[Uuid],
    at: DateTime<Utc>,
) -> Result<u64, StorageError> {
    use interview_responses::Column;
    let update = interview_responses::Entity::update_many()
        .col_expr(Column::ResponseText, Expr::value(""))
        .col_expr(Column::Value, Expr::value(Option::<serde_json::Value>::None))
        .col_expr(Column::QuestionText, Expr::value(""))
        .col_expr(Column::ResponseAudioUrl, Expr::value(SqlValue::String(None)))
        .col_expr(Column::KeyPhrases, Expr::value(json!([])))
        .col_expr(Column::Themes, Expr::value(json!([])))
        .col_expr(Column::GeneratedFollowUps, Expr::value(json!([])))
        .col_expr(Column::Contradictions, Expr::value(json!([])))
        .col_expr(Column::UpdatedAt, Expr::value(at));
    Ok(update.filter(Column::InterviewId.is_in(interviews.iter().copied())).exec(tx).await?.rows_affected)
}
