//! Interviews: scheduling them, finding them, and ending them from outside of a call.

mod filter;
pub(crate) mod rows;

use chrono::{DateTime, Duration, Utc};
use entity::{Channel, Queue, Status, interviews, tasks};
use interview::Guide;
use interview::io::{EndStatus, Event};
use interview::webhook::WebhookEvent;
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::audit::Change;
use super::clock;
use super::crypto::PersonKey;
use super::edit::{Actor, Edit};
use super::error::StorageError;
use super::listing;
use super::log::{Batch, EventRecord};
use super::store::Storage;
use super::tasks::{Due, NewTask};
use super::tokens::JoinToken;
use super::{append, log, outbox, tokens};

pub use filter::{InterviewFilter, InterviewOrder};

/// The entity type of changes by operators. They have a log beside the call's, whose numbers are
/// assigned by the session while the call is live.
pub(super) const AUDITED: &str = "interview_admin";
/// The kind of the task that an interview has until somebody joins or the grace period ends.
pub const CONDUCT: &str = "conduct_interview";
/// How long before its appointment an interview is prepared.
pub const READY_BEFORE: Duration = Duration::minutes(15);
/// The task is retried for as long as the database can be unavailable.
const CONDUCT_ATTEMPTS: i32 = 100;
/// The `status_reason` of a `no_show`.
const NOBODY_JOINED: &str = "nobody_joined";

/// The data of a new interview.
#[derive(Debug, Clone)]
pub struct NewInterview {
    pub call_guide_id: Uuid,
    pub channel: Channel,
    /// The respondent whose key encrypts the words. Generated if missing.
    pub respondent_id: Option<String>,
    pub respondent_name: Option<String>,
    pub respondent_phone: Option<String>,
    pub respondent_email: Option<String>,
    pub metadata: Value,
    pub scheduled_at: Option<DateTime<Utc>>,
    /// How long the join link is valid after the scheduled time.
    pub link_lifetime: Duration,
    /// The grace period after an appointment. Without an appointment, it ends with the link.
    pub no_show_after: Duration,
}

/// The repository of interviews.
pub struct Interviews<'a>(pub(super) &'a Storage);

impl Interviews<'_> {
    /// Schedules an interview with the guide's newest version, and creates the respondent's key and
    /// a join token. The token is returned only here.
    pub async fn schedule(
        &self,
        new: NewInterview,
        actor: &Actor,
    ) -> Result<(interviews::Model, JoinToken), StorageError> {
        let tx = self.0.write().await?;
        let now = clock::now(&tx).await?;
        // Edits of the guide wait until its version is known to be in use.
        self.0.guides().hold(&tx, new.call_guide_id).await?;
        let version = self.0.guides().newest_version(&tx, new.call_guide_id).await?;
        let respondent_id = new.respondent_id.unwrap_or_else(|| Uuid::now_v7().to_string());
        PersonKey::ensure(&tx, self.0.workspace, &respondent_id).await?;
        let scheduled_at = new.scheduled_at.unwrap_or(now);
        let expires_at = scheduled_at.max(now) + new.link_lifetime;
        let no_show_at = new.scheduled_at.map_or(expires_at, |at| at.max(now) + new.no_show_after);
        let row = interviews::ActiveModel {
            id: Set(Uuid::now_v7()),
            workspace_id: Set(self.0.workspace),
            call_guide_id: Set(new.call_guide_id),
            call_guide_version_id: Set(version.id),
            channel: Set(new.channel),
            respondent_id: Set(respondent_id),
            respondent_name: Set(new.respondent_name),
            respondent_phone: Set(new.respondent_phone),
            respondent_email: Set(new.respondent_email),
            respondent_metadata: Set(new.metadata),
            status: Set(Status::Scheduled),
            status_reason: Set(None),
            scheduled_at: Set(Some(scheduled_at)),
            no_show_at: Set(Some(no_show_at)),
            started_at: Set(None),
            completed_at: Set(None),
            duration_seconds: Set(None),
            call_sid: Set(None),
            recording_url: Set(None),
            conversation_state: Set(json!({})),
            current_section: Set(None),
            current_question_id: Set(None),
            sections_completed: Set(json!([])),
            questions_skipped: Set(json!([])),
            engagement_metrics: Set(json!({})),
            quality_metrics: Set(json!({})),
            requires_human_review: Set(false),
            escalation_reason: Set(None),
            interviewer_notes: Set(json!([])),
            tags: Set(json!([])),
            consent_given: Set(false),
            consent_timestamp: Set(None),
            gdpr_compliant: Set(false),
            can_be_recorded: Set(false),
            created_at: Set(now),
            updated_at: Set(now),
        };
        let row = row.insert(&tx).await?;
        let token = tokens::issue(&tx, &self.0.secret, self.0.workspace, row.id, expires_at).await?;
        self.0.tasks().enqueue(&tx, conducting(&row)).await?;
        let change = Change::new(AUDITED, row.id, "interview.scheduled").with(json!({
            "call_guide_id": row.call_guide_id,
            "call_guide_version_id": row.call_guide_version_id,
            "channel": row.channel,
            "scheduled_at": row.scheduled_at,
        }));
        self.0.audit().record(&tx, actor, change).await?;
        outbox::publish_interview(&tx, WebhookEvent::InterviewScheduled, &row).await?;
        tx.commit().await?;
        Ok((row, token))
    }

    pub async fn get(&self, id: Uuid) -> Result<interviews::Model, StorageError> {
        rows::find(&self.0.db, self.0.workspace, id).await
    }

    /// Returns the row in the state that the edit expects, and locks it until the end of the
    /// transaction.
    pub(super) async fn find_for_edit(
        &self,
        tx: &DatabaseTransaction,
        id: Uuid,
        edit: &Edit,
    ) -> Result<interviews::Model, StorageError> {
        let row = self.locked(tx, id).await?;
        edit.check(&row)?;
        Ok(row)
    }

    /// Returns the guide in the version with which the interview was scheduled.
    pub async fn guide(&self, id: Uuid) -> Result<Guide, StorageError> {
        let row = self.get(id).await?;
        self.0.guides().version(row.call_guide_version_id).await
    }

    /// Lists interviews in the order of the filter. By default, the newest comes first.
    pub async fn list(&self, filter: InterviewFilter) -> Result<Vec<interviews::Model>, StorageError> {
        let query = interviews::Entity::find()
            .filter(interviews::Column::WorkspaceId.eq(self.0.workspace))
            .filter(filter.condition(self.0.db.get_database_backend()));
        let (by, descending) = (filter.sort.key.expression(), filter.sort.descending);
        let query = listing::ordered(query, &by, interviews::Column::Id, descending, filter.after);
        Ok(query.limit(filter.limit).all(&self.0.db).await?)
    }

    /// Lists all interviews of a respondent. The oldest comes first.
    pub async fn of_respondent(&self, respondent_id: &str) -> Result<Vec<interviews::Model>, StorageError> {
        rows::of_respondent(&self.0.db, self.0.workspace, respondent_id).await
    }

    /// Lists the interviews of all workspaces that a stopped engine left unfinished, for recovery
    /// at the start. The oldest comes first.
    pub async fn unfinished(&self) -> Result<Vec<Uuid>, StorageError> {
        let rows = interviews::Entity::find()
            .filter(interviews::Column::Status.eq(Status::InProgress))
            .order_by_asc(interviews::Column::Id)
            .all(&self.0.db)
            .await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// Opens the interview now instead of at the scheduled time, with a new join token. Earlier
    /// tokens become invalid.
    pub async fn open_now(
        &self,
        id: Uuid,
        link_lifetime: Duration,
        no_show_after: Duration,
        actor: &Actor,
    ) -> Result<(interviews::Model, JoinToken), StorageError> {
        let tx = self.0.write().await?;
        let now = clock::now(&tx).await?;
        let old = self.locked(&tx, id).await?;
        if old.status.is_over() {
            return Err(StorageError::Over(old.status));
        }
        let mut row: interviews::ActiveModel = old.clone().into();
        let patience = now + no_show_after;
        if old.scheduled_at.is_none_or(|at| at > now) {
            row.scheduled_at = Set(Some(now));
            row.no_show_at = Set(Some(patience));
        } else {
            row.no_show_at = Set(old.no_show_at.map(|at| at.max(patience)));
        }
        row.updated_at = Set(now);
        let row = row.update(&tx).await?;
        tokens::revoke(&tx, id).await?;
        let token = tokens::issue(&tx, &self.0.secret, self.0.workspace, id, now + link_lifetime).await?;
        self.0.tasks().hasten(&tx, CONDUCT, &conduct_key(id), now).await?;
        let change = Change::new(AUDITED, id, "interview.opened").with(json!({ "scheduled_at": row.scheduled_at }));
        self.0.audit().record(&tx, actor, change).await?;
        tx.commit().await?;
        Ok((row, token))
    }

    /// Returns the interview of a token in any workspace, and whether the token has expired.
    /// Returns `None` for an unknown token.
    pub async fn by_token(&self, token: &str) -> Result<Option<(interviews::Model, bool)>, StorageError> {
        let Some(found) = tokens::find(&self.0.db, &self.0.secret, token).await? else { return Ok(None) };
        let interview = self.0.of(found.workspace_id).interviews().get(found.interview_id).await?;
        Ok(Some((interview, found.expires_at <= self.0.now().await?)))
    }

    /// Records a request to end a call that may be live. Its session ends the call and records that
    /// in the call's log.
    pub async fn note_cancel(&self, id: Uuid, edit: &Edit) -> Result<(), StorageError> {
        let tx = self.0.write().await?;
        self.find_for_edit(&tx, id, edit).await?;
        self.0.audit().record(&tx, &edit.actor, Change::new(AUDITED, id, "interview.cancel_requested")).await?;
        Ok(tx.commit().await?)
    }

    /// Ends an interview that no session owns (scheduled, or left by a stopped engine) with an
    /// event in its log.
    pub async fn end(
        &self,
        id: Uuid,
        status: EndStatus,
        reason: &str,
        edit: &Edit,
    ) -> Result<interviews::Model, StorageError> {
        let tx = self.0.write().await?;
        let row = self.find_for_edit(&tx, id, edit).await?;
        if row.status.is_over() {
            return Err(StorageError::Over(row.status));
        }
        self.end_in(&tx, id, Utc::now(), status, reason, &edit.actor).await?;
        tx.commit().await?;
        self.get(id).await
    }

    /// Ends an interview as missed. Returns false if somebody has joined after all, or if it was
    /// ended or postponed.
    pub async fn miss(&self, id: Uuid, now: DateTime<Utc>) -> Result<bool, StorageError> {
        let tx = self.0.write().await?;
        let row = self.locked(&tx, id).await?;
        if row.status != Status::Scheduled || row.no_show_at.is_none_or(|at| at > now) {
            return Ok(false);
        }
        self.end_in(&tx, id, now, EndStatus::NoShow, NOBODY_JOINED, Actor::ENGINE).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Queues the task of all waiting interviews that have none (created before tasks existed, or
    /// in bulk), and returns their number.
    pub async fn adopt_appointments(&self) -> Result<usize, StorageError> {
        let tasked = Query::select()
            .column(tasks::Column::InterviewId)
            .from(tasks::Entity)
            .and_where(tasks::Column::Kind.eq(CONDUCT))
            .and_where(tasks::Column::InterviewId.is_not_null())
            .to_owned();
        let tx = self.0.write().await?;
        let rows = interviews::Entity::find()
            .filter(interviews::Column::Status.eq(Status::Scheduled))
            .filter(interviews::Column::NoShowAt.is_not_null())
            .filter(interviews::Column::Id.not_in_subquery(tasked))
            .all(&tx)
            .await?;
        for row in &rows {
            self.0.of(row.workspace_id).tasks().enqueue(&tx, conducting(row)).await?;
        }
        tx.commit().await?;
        Ok(rows.len())
    }

    /// Locks an interview of this workspace, so that it can be changed.
    pub(super) async fn locked(&self, tx: &DatabaseTransaction, id: Uuid) -> Result<interviews::Model, StorageError> {
        let row = rows::locked(tx, id).await?;
        if row.workspace_id == self.0.workspace { Ok(row) } else { Err(StorageError::NotFound("interview")) }
    }

    async fn end_in(
        &self,
        tx: &DatabaseTransaction,
        id: Uuid,
        now: DateTime<Utc>,
        status: EndStatus,
        reason: &str,
        actor: &Actor,
    ) -> Result<(), StorageError> {
        let (seq, at_ms) = log::next_place(tx, id).await?;
        let record = EventRecord {
            seq,
            at_ms,
            event: Event::Ended { status, reason: Some(reason.to_owned()) },
            actor: actor.to_string(),
        };
        let batch = Batch { interview_id: id, fence: None, received_at: now, records: vec![record] };
        append::append_in(tx, &batch).await?;
        let change = Change::new(AUDITED, id, "interview.ended").with(json!({ "status": status, "reason": reason }));
        self.0.audit().record(tx, actor, change).await
    }
}

/// Returns the task of an interview. It runs first shortly before the scheduled time, to prepare
/// the interview. If the interview is scheduled for now, scheduling has prepared it, and the task
/// only checks whether somebody has joined.
fn conducting(row: &interviews::Model) -> NewTask {
    let ready_at = row.scheduled_at.map(|at| at - READY_BEFORE).filter(|at| *at > row.created_at);
    NewTask {
        interview_id: Some(row.id),
        due: ready_at.or(row.no_show_at).map_or(Due::Now, Due::At),
        max_attempts: CONDUCT_ATTEMPTS,
        unique_key: Some(conduct_key(row.id)),
        ..NewTask::new(Queue::Interviews, CONDUCT, json!({}))
    }
}

fn conduct_key(interview: Uuid) -> String {
    interview.simple().to_string()
}
