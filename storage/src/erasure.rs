//! Erasing a person from the tables.
//!
//! Owns: what is personal in each table, destroying the key. Never does: touch files or calls (`privacy` does), remove an
//! event.
//!
//! The key is the person's, so an erasure on request covers every interview of that respondent in the workspace. What is
//! left of them counts and measures (sentiments, densities, times), and names nobody.

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

/// `status_reason` of an interview that was still to come when its respondent was erased.
pub const PERSONAL_DATA_ERASED: &str = "personal_data_erased";
/// True of an event whose payload was encrypted with the person's key when it was written ([`log`]); both databases read
/// JSON like this.
const SEALED: &str = "payload ->> 'enc' IS NOT NULL";

/// What is to be erased, all of one respondent.
#[derive(Debug, Clone)]
pub struct Erasure {
    pub respondent_id: String,
    /// These interviews; they must be all of the respondent's when the person is to be erased.
    pub interviews: Vec<Uuid>,
    /// The person: the key with everything it unlocks, and the respondent's id. Otherwise only these interviews' tables
    /// (a younger interview still needs the key).
    pub person: bool,
    pub reason: Reason,
    pub actor: String,
    pub at: DateTime<Utc>,
    /// What was erased outside the tables already.
    pub outside: Counts,
}

/// An erasure done in the tables. Its files may remain ([`ErasedFiles`](super::ErasedFiles)).
#[derive(Debug)]
pub struct Erased {
    pub receipt: Receipt,
    /// Interviews that were still to come or to be gone on with.
    pub ended: Vec<Appended>,
}

/// The repository of erasures.
pub struct Erasures<'a>(pub(super) &'a Storage);

impl Erasures<'_> {
    /// Erases in one transaction, receipt included. An interview that has come up meanwhile is a conflict.
    pub async fn erase(&self, erasure: &Erasure) -> Result<Erased, StorageError> {
        let receipt_id = Uuid::now_v7();
        let tx = self.0.write().await?;
        // Whoever appends to one of them in this moment is done before, or finds that the key is gone.
        for id in &erasure.interviews {
            rows::locked(&tx, *id).await?;
        }
        let all = rows::of_respondent(&tx, self.0.workspace, &erasure.respondent_id).await?;
        if erasure.person && all.iter().any(|row| !erasure.interviews.contains(&row.id)) {
            return Err(StorageError::Conflict("another interview was scheduled meanwhile: ask again".to_owned()));
        }
        let mut counts = Counts { interviews: erasure.interviews.len() as u64, ..erasure.outside };
        // The key goes first, so that nobody who schedules in this moment takes it for theirs.
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
        // What was to be done about them: there is nothing to do it with any more. A worker that is at it learns of it.
        tasks::Entity::delete_many()
            .filter(tasks::Column::InterviewId.is_in(erasure.interviews.clone()))
            .exec(&tx)
            .await?;
        // What was answered to a POST that may be sent again: names and join links are in it.
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
        // Whatever becomes of this process: files that are left go.
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
        // What researchers wrote about the person, in their own words.
        .col_expr(Column::InterviewerNotes, Expr::value(json!([])))
        .col_expr(Column::Tags, Expr::value(json!([])))
        .col_expr(Column::EscalationReason, nothing())
        .col_expr(Column::UpdatedAt, Expr::value(erasure.at));
    if erasure.person {
        // Whatever the researchers called them by may be a name, too.
        update = update.col_expr(Column::RespondentId, Expr::value(pseudonym(receipt_id)));
    }
    update.filter(Column::Id.is_in(erasure.interviews.iter().copied())).exec(tx).await?;
    Ok(())
}

/// What somebody wrote who dealt with an alert; the rest of it measures.
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

/// Their words, and what was made of them; a question may quote an earlier answer.
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
