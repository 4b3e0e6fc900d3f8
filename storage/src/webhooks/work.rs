//! The steps of a delivery: it is due and a worker leases it, it is attempted, and the outcome is
//! stored.
//!
//! A webhook receives the events of one interview in their order, so only the first pending one is
//! due. If a worker dies, its lease expires, and the delivery is attempted again with the same
//! `webhook-id`.
//!
//! Owns: these steps, for all workspaces, by the database's clock. Never does: send, or decide when
//! to retry.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use entity::{DeliveryState, Queue, Severity, alerts, webhook_deliveries, webhook_outbox, webhooks};
use interview::webhook::Next;
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    FromQueryResult, IntoActiveModel, QueryFilter, QuerySelect, Statement,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{AUDITED, FAILURES, Webhooks, bury_pending, open_headers};
use crate::alerts::NewAlert;
use crate::audit::Change;
use crate::clock;
use crate::edit::Actor;
use crate::error::StorageError;
use crate::locks;
use crate::store::Storage;
use crate::tasks::NewTask;
use webhook_deliveries::Column;

/// The kind of the task that makes one attempt at one delivery.
pub const SEND: &str = "send_webhook";
/// How often a task is started if it cannot read or write its data.
const TRIES: i32 = 3;

/// The limits of simultaneous deliveries.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub all: usize,
    /// The limit for one webhook. If its last attempt failed, or it has never accepted an event,
    /// the limit is 1.
    pub each: usize,
    /// The limit for all failing webhooks together. They may be slow, and must leave places for the
    /// others.
    pub failing: usize,
}

/// One attempt: what is sent, and where.
#[derive(Debug, Clone)]
pub struct Job {
    pub delivery: Uuid,
    pub webhook: Uuid,
    pub workspace: Uuid,
    pub url: String,
    pub headers: Vec<(String, String)>,
    /// The secrets, of which the current one comes first. Each of them signs.
    pub secrets: Vec<String>,
    pub message: Uuid,
    pub event: String,
    pub happened_at: DateTime<Utc>,
    pub data: Value,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// By the database's clock.
    pub begun_at: DateTime<Utc>,
    leased_until: DateTime<Utc>,
}

/// The outcome of an attempt.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub at: DateTime<Utc>,
    pub status: Option<u16>,
    pub error: Option<String>,
    pub excerpt: Option<String>,
    pub next: Next,
    /// The receiver does not want any more events.
    pub gone: bool,
}

/// The stored outcome.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settled {
    /// Another worker has handled the delivery, or it was deleted. Nothing was stored.
    pub void: bool,
    /// The reason for which the webhook was switched off.
    pub disabled: Option<String>,
    /// The alert that was raised about that.
    pub alert: Option<alerts::Model>,
}

#[derive(FromQueryResult)]
struct Candidate {
    id: Uuid,
    workspace_id: Uuid,
    webhook_id: Uuid,
    attempts: i32,
    failing: bool,
    untried: bool,
}

#[derive(FromQueryResult)]
struct Busy {
    webhook_id: Uuid,
    failing: bool,
    number: i64,
}

const CANDIDATES: &str = "\
    SELECT d.id, d.workspace_id, d.webhook_id, d.attempts, \
      w.failing_since IS NOT NULL AS failing, w.success_count = 0 AS untried FROM (\
      SELECT id, workspace_id, webhook_id, attempts, next_attempt_at, \
        ROW_NUMBER() OVER (PARTITION BY webhook_id ORDER BY next_attempt_at, id) AS place \
      FROM webhook_deliveries due \
      WHERE state = 'pending' AND next_attempt_at <= $1 AND (leased_until IS NULL OR leased_until <= $1) \
        AND NOT EXISTS (SELECT 1 FROM webhook_deliveries before WHERE before.webhook_id = due.webhook_id \
          AND before.subject_id = due.subject_id AND before.state = 'pending' AND before.sequence < due.sequence)\
    ) d JOIN webhooks w ON w.id = d.webhook_id WHERE d.place <= $2 ORDER BY d.next_attempt_at, d.id LIMIT 500";

const BUSY: &str = "\
    SELECT d.webhook_id, w.failing_since IS NOT NULL AS failing, COUNT(*) AS number \
    FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id \
    WHERE d.state = 'pending' AND d.leased_until > $1 GROUP BY d.webhook_id, w.failing_since";

/// The repository of deliveries of all workspaces.
pub struct Deliveries<'a>(pub(crate) &'a Storage);

impl Deliveries<'_> {
    /// Returns true if a delivery may be due. The check is cheap and takes no lock.
    pub async fn any_due(&self) -> Result<bool, StorageError> {
        let now = self.0.now().await?;
        let free = Column::LeasedUntil.is_null().or(Column::LeasedUntil.lte(now));
        Ok(webhook_deliveries::Entity::find()
            .filter(Column::State.eq(DeliveryState::Pending))
            .filter(Column::NextAttemptAt.lte(now))
            .filter(free)
            .limit(1)
            .one(&self.0.db)
            .await?
            .is_some())
    }

    /// Queues tasks for the deliveries that are due, within the limits. The longest overdue comes
    /// first. A delivery whose task has not started after `lease` is due again. Returns the number
    /// of queued deliveries.
    pub async fn take(&self, lease: Duration, bounds: Bounds) -> Result<usize, StorageError> {
        let tx = self.0.write().await?;
        let backend = tx.get_database_backend();
        // Only one relay of a fleet may run at a time, because otherwise each would use the same
        // places.
        locks::hold(&tx, locks::RELAYS).await?;
        let now = clock::now(&tx).await?;
        let until = now + lease;
        let busy = Statement::from_sql_and_values(backend, BUSY, [now.into()]);
        let busy = Busy::find_by_statement(busy).all(&tx).await?;
        let number = |busy: &Busy| usize::try_from(busy.number).unwrap_or(0);
        let mut all: usize = busy.iter().map(number).sum();
        let mut failing: usize = busy.iter().filter(|one| one.failing).map(number).sum();
        let mut each: HashMap<Uuid, usize> = busy.iter().map(|one| (one.webhook_id, number(one))).collect();
        let due = Statement::from_sql_and_values(backend, CANDIDATES, [now.into(), (bounds.each as i64).into()]);
        let mut taken = 0;
        for candidate in Candidate::find_by_statement(due).all(&tx).await? {
            let own = each.entry(candidate.webhook_id).or_default();
            let places = if candidate.failing || candidate.untried { 1 } else { bounds.each };
            if all >= bounds.all {
                break;
            }
            if *own >= places || (candidate.failing && failing >= bounds.failing) {
                continue;
            }
            // Another engine may have been faster.
            let won = webhook_deliveries::Entity::update_many()
                .col_expr(Column::LeasedUntil, Expr::value(until))
                .filter(Column::Id.eq(candidate.id))
                .filter(Column::State.eq(DeliveryState::Pending))
                .filter(Column::LeasedUntil.is_null().or(Column::LeasedUntil.lte(now)))
                .exec(&tx)
                .await?;
            if won.rows_affected == 1 {
                *own += 1;
                all += 1;
                failing += usize::from(candidate.failing);
                taken += 1;
                self.0.of(candidate.workspace_id).tasks().enqueue(&tx, task(&candidate)).await?;
            }
        }
        tx.commit().await?;
        Ok(taken)
    }

    pub async fn is_pending(&self, id: Uuid) -> Result<bool, StorageError> {
        let found = webhook_deliveries::Entity::find_by_id(id).one(&self.0.db).await?;
        Ok(found.is_some_and(|row| row.state == DeliveryState::Pending))
    }

    /// Starts an attempt with this lease. Returns `None` if the delivery is no longer pending.
    pub async fn begin(&self, id: Uuid, lease: Duration) -> Result<Option<Job>, StorageError> {
        let tx = self.0.write().await?;
        let found = webhook_deliveries::Entity::find_by_id(id).lock_exclusive().one(&tx).await?;
        let Some(delivery) = found.filter(|row| row.state == DeliveryState::Pending) else { return Ok(None) };
        let webhook = webhooks::Entity::find_by_id(delivery.webhook_id).one(&tx).await?;
        let entry = webhook_outbox::Entity::find_by_id(delivery.outbox_id).one(&tx).await?;
        let (Some(webhook), Some(entry)) = (webhook, entry) else { return Ok(None) };
        let attempt = u32::try_from(delivery.attempts).unwrap_or(0) + 1;
        let now = clock::now(&tx).await?;
        let mut row = delivery.into_active_model();
        row.leased_until = Set(Some(now + lease));
        let row = row.update(&tx).await?;
        tx.commit().await?;
        let vault = Webhooks(self.0).vault()?;
        let mut secrets = vec![vault.open(webhook.id.as_bytes(), &webhook.secret)?];
        if let Some(previous) = webhook.previous_secret
            && webhook.previous_secret_until.is_some_and(|until| until > now)
        {
            secrets.push(vault.open(webhook.id.as_bytes(), &previous)?);
        }
        Ok(Some(Job {
            delivery: id,
            webhook: webhook.id,
            workspace: webhook.workspace_id,
            headers: open_headers(&vault, webhook.id, &webhook.headers)?.into_iter().collect(),
            url: webhook.url,
            secrets,
            message: entry.id,
            event: entry.event,
            happened_at: entry.created_at,
            data: entry.data,
            attempt,
            begun_at: now,
            leased_until: row.leased_until.unwrap_or(now + lease),
        }))
    }

    /// Stores the outcome of an attempt. A webhook that has failed without a success for
    /// `patience`, or whose receiver is gone, is switched off, and its pending deliveries become
    /// dead.
    pub async fn settle(&self, job: &Job, attempt: &Attempt, patience: Duration) -> Result<Settled, StorageError> {
        let tx = self.0.write().await?;
        let void = Ok(Settled { void: true, disabled: None, alert: None });
        // Only its counts are written, so adding deliveries to it need not wait, and need not be
        // waited for.
        let webhook = webhooks::Entity::find_by_id(job.webhook).lock(LockType::NoKeyUpdate).one(&tx).await?;
        let Some(webhook) = webhook else { return void };
        let found = webhook_deliveries::Entity::find_by_id(job.delivery).lock_exclusive().one(&tx).await?;
        let ours = |row: &webhook_deliveries::Model| {
            row.state == DeliveryState::Pending && row.leased_until == Some(job.leased_until)
        };
        let Some(delivery) = found.filter(ours) else { return void };
        let now = clock::now(&tx).await?;
        let mut row = delivery.into_active_model();
        row.attempts = Set(job.attempt as i32);
        row.leased_until = Set(None);
        row.last_attempt_at = Set(Some(attempt.at));
        row.last_status = Set(attempt.status.map(i32::from));
        row.last_error = Set(attempt.error.clone());
        row.response_excerpt = Set(attempt.excerpt.clone());
        row.updated_at = Set(now);
        match attempt.next {
            Next::Delivered => {
                row.state = Set(DeliveryState::Delivered);
                row.delivered_at = Set(Some(attempt.at));
            }
            Next::Again(wait) => {
                let wait = Duration::from_std(wait).unwrap_or(Duration::days(1));
                row.next_attempt_at = Set(now + wait);
            }
            Next::Dead => row.state = Set(DeliveryState::Dead),
        }
        row.update(&tx).await?;

        let id = webhook.id;
        let delivered = attempt.next == Next::Delivered;
        let failing_since = if delivered { None } else { Some(webhook.failing_since.unwrap_or(attempt.at)) };
        let disabled = webhook.is_active.then(|| given_up(attempt, failing_since, patience)).flatten();
        let since = failing_since.unwrap_or(attempt.at);
        let (successes, failures) = (webhook.success_count, webhook.failure_count);
        let name = webhook.name.clone();
        let mut row = webhook.into_active_model();
        row.last_triggered_at = Set(Some(attempt.at));
        row.failing_since = Set(failing_since);
        row.success_count = Set(successes + i64::from(delivered));
        row.failure_count = Set(failures + i64::from(!delivered));
        if let Some(reason) = &disabled {
            row.is_active = Set(false);
            row.disabled_reason = Set(Some(reason.clone()));
            row.updated_at = Set(now);
            bury_pending(&tx, id, &format!("the webhook was switched off: {reason}")).await?;
        }
        row.update(&tx).await?;
        let mut raised = None;
        if let Some(reason) = &disabled {
            let told = json!({ "name": name, "reason": reason });
            let own = self.0.of(job.workspace);
            own.audit().record(&tx, Actor::ENGINE, Change::new(AUDITED, id, "webhook.disabled").with(told)).await?;
            let alert = alert(id, &name, reason, attempt.at - since, patience, attempt.at);
            raised = own.alerts().raise_in(&tx, alert).await?;
        }
        tx.commit().await?;
        Ok(Settled { void: false, disabled, alert: raised })
    }
}

fn task(candidate: &Candidate) -> NewTask {
    let Candidate { id, attempts, .. } = candidate;
    let new = NewTask::new(Queue::Webhooks, SEND, json!({ "delivery_id": id }));
    // Each attempt has a task. A failed task may still be storing its outcome while the next one is
    // created.
    NewTask { max_attempts: TRIES, unique_key: Some(format!("{id}:{attempts}")), ..new }
}

/// Returns the reason why the engine switches the webhook off, if it does.
fn given_up(attempt: &Attempt, failing_since: Option<DateTime<Utc>>, patience: Duration) -> Option<String> {
    if attempt.gone {
        return Some("the receiver answered 410 Gone".to_owned());
    }
    let since = failing_since?;
    let over = attempt.at - since >= patience && attempt.at > since;
    over.then(|| format!("every attempt has failed since {}", since.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)))
}

/// Returns the alert about a webhook that was switched off. Its value is the number of days of
/// failures.
fn alert(
    webhook: Uuid,
    name: &str,
    reason: &str,
    failing: Duration,
    patience: Duration,
    at: DateTime<Utc>,
) -> NewAlert {
    let days = |span: Duration| span.as_seconds_f64() / 86_400.0;
    NewAlert {
        interview_id: None,
        call_guide_id: None,
        severity: Severity::Error,
        title: "A webhook was switched off".to_owned(),
        description: format!("{name}: {reason}. Its dead deliveries can be replayed after it is switched on again."),
        metric_name: FAILURES.to_owned(),
        about: webhook.to_string(),
        occasion: String::new(),
        current_value: days(failing),
        threshold: days(patience),
        raised_at: at,
    }
}

/// Marks the delivery of a task as dead, even during its attempt. It can be replayed.
pub(crate) async fn call_off(
    tx: &DatabaseTransaction,
    payload: &Value,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let Some(delivery) = payload["delivery_id"].as_str().and_then(|id| id.parse::<Uuid>().ok()) else { return Ok(()) };
    webhook_deliveries::Entity::update_many()
        .col_expr(Column::State, Expr::value(DeliveryState::Dead))
        .col_expr(Column::LastError, Expr::value("its task was cancelled"))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(delivery))
        .filter(Column::State.eq(DeliveryState::Pending))
        .exec(tx)
        .await?;
    Ok(())
}
