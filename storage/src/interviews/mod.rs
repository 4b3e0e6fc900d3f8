//! Interviews: scheduling, finding, ending from outside a call.

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

/// What operators do to an interview is a log of its own beside the call's: the numbers of that one are handed out by
/// the session while the call is live.
pub(super) const AUDITED: &str = "interview_admin";
/// The kind of the task that an interview has until somebody comes, or nobody is waited for any more.
pub const CONDUCT: &str = "conduct_interview";
/// So long before its appointment an interview is made ready.
pub const READY_BEFORE: Duration = Duration::minutes(15);
/// Conducting can fail as long as the database can be away.
const CONDUCT_ATTEMPTS: i32 = 100;
/// The `status_reason` of a `no_show`.
const NOBODY_JOINED: &str = "nobody_joined";

/// What scheduling needs to know.
#[derive(Debug, Clone)]
pub struct NewInterview {
    pub call_guide_id: Uuid,
    pub channel: Channel,
    /// Whose key encrypts what is said; made up when missing.
    pub respondent_id: Option<String>,
    pub respondent_name: Option<String>,
    pub respondent_phone: Option<String>,
    pub respondent_email: Option<String>,
    pub metadata: Value,
    pub scheduled_at: Option<DateTime<Utc>>,
    /// How long the join link is good for, from the scheduled time on.
    pub link_lifetime: Duration,
    /// How long after an appointment nobody is waited for any more. Without an appointment the link's end counts.
    pub no_show_after: Duration,
}

/// The interviews' repository.
pub struct Interviews<'a>(pub(super) &'a Storage);

impl Interviews<'_> {
    /// Pins the guide's newest version, makes the respondent's key and a join token. The token is told here and never
    /// again.
    pub async fn schedule(
        &self,
        new: NewInterview,
        actor: &Actor,
    ) -> Result<(interviews::Model, JoinToken), StorageError> {
        let tx = self.0.write().await?;
        let now = clock::now(&tx).await?;
        // An edit of the guide waits until the version that this interview uses is known to be used.
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

    /// The row in the state that the edit was meant for; nobody else changes it until the transaction ends.
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

    /// The guide as it was when the interview was scheduled.
    pub async fn guide(&self, id: Uuid) -> Result<Guide, StorageError> {
        let row = self.get(id).await?;
        self.0.guides().version(row.call_guide_version_id).await
    }

    /// In the order of the filter: the newest first when it says nothing.
    pub async fn list(&self, filter: InterviewFilter) -> Result<Vec<interviews::Model>, StorageError> {
        let query = interviews::Entity::find()
            .filter(interviews::Column::WorkspaceId.eq(self.0.workspace))
            .filter(filter.condition(self.0.db.get_database_backend()));
        let (by, descending) = (filter.sort.key.expression(), filter.sort.descending);
        let query = listing::ordered(query, &by, interviews::Column::Id, descending, filter.after);
        Ok(query.limit(filter.limit).all(&self.0.db).await?)
    }

    /// Every interview of a respondent, oldest first.
    pub async fn of_respondent(&self, respondent_id: &str) -> Result<Vec<interviews::Model>, StorageError> {
        rows::of_respondent(&self.0.db, self.0.workspace, respondent_id).await
    }

    /// Interviews of all workspaces that a stopped engine left in the middle, oldest first: to be recovered at start.
    pub async fn unfinished(&self) -> Result<Vec<Uuid>, StorageError> {
        let rows = interviews::Entity::find()
            .filter(interviews::Column::Status.eq(Status::InProgress))
            .order_by_asc(interviews::Column::Id)
            .all(&self.0.db)
            .await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// Opens the room now instead of at the scheduled time, with a fresh join token. Older ones are good no longer.
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

    /// A token's interview, whichever workspace it is in, and whether the token has expired; `None` for a token nobody was given.
    pub async fn by_token(&self, token: &str) -> Result<Option<(interviews::Model, bool)>, StorageError> {
        let Some(found) = tokens::find(&self.0.db, &self.0.secret, token).await? else { return Ok(None) };
        let interview = self.0.of(found.workspace_id).interviews().get(found.interview_id).await?;
        Ok(Some((interview, found.expires_at <= self.0.now().await?)))
    }

    /// Somebody asks for the end of a call that may be live; its session does the rest and says so in the call's log.
    pub async fn note_cancel(&self, id: Uuid, edit: &Edit) -> Result<(), StorageError> {
        let tx = self.0.write().await?;
        self.find_for_edit(&tx, id, edit).await?;
        self.0.audit().record(&tx, &edit.actor, Change::new(AUDITED, id, "interview.cancel_requested")).await?;
        Ok(tx.commit().await?)
    }

    /// Ends an interview that no session owns (scheduled, or left behind by a stopped engine), by an event in its log.
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

    /// Nobody came, and is waited for no more: false when somebody has come after all, or it was ended or put off.
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

    /// Interviews of all workspaces that wait and have no task (made before there were tasks, or in bulk) get one; how many.
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

    /// An interview of this workspace, to be changed.
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

/// First somewhat before its time, to make ready what will be said. What is held right away has been made ready by whoever
/// scheduled it: then there is only to be looked whether somebody came.
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
