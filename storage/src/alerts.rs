//! Quality alerts, which are raised once, and are acknowledged and resolved by a user or by the
//! recovery of the value.
//!
//! Owns: these rows, and that each subject has at most one open alert. Never does: decide that
//! something is wrong (`interview::quality` and the parts that detect failures do).

use chrono::{DateTime, Utc};
use entity::alerts::{self, Column};
use entity::{Resolution, Severity, interviews};
use interview::webhook::WebhookEvent;
use sea_orm::sea_query::{Condition, Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect,
};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::Change;
use super::edit::Actor;
use super::error::StorageError;
use super::json::to_json;
use super::listing::{self, Position, SortValue};
use super::outbox;
use super::store::Storage;

/// The entity type of an alert in the audit trail.
const AUDITED: &str = "quality_alert";

/// A problem that an alert is to be raised for.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAlert {
    /// `None` if the alert is about a part of the engine, or about anything else that is not a
    /// call.
    pub interview_id: Option<Uuid>,
    pub call_guide_id: Option<Uuid>,
    pub severity: Severity,
    /// One line. It contains no spoken words, no names, and no addresses with credentials.
    pub title: String,
    pub description: String,
    /// The name of the metric, such as `completion_rate`, `component.database` or
    /// `webhook.failures`.
    pub metric_name: String,
    /// Distinguishes several alerts of one metric and interview, such as by the id of an endpoint.
    /// Empty otherwise.
    pub about: String,
    /// Identifies the occurrence. A second alert for the same occurrence is not raised, even if the
    /// first one has been resolved. If it is empty, an alert is raised whenever none is open on the
    /// subject.
    pub occasion: String,
    pub current_value: f64,
    pub threshold: f64,
    pub raised_at: DateTime<Utc>,
}

impl NewAlert {
    fn subject(&self) -> String {
        subject(self.interview_id, &self.metric_name, &self.about)
    }
}

fn subject(interview: Option<Uuid>, metric: &str, about: &str) -> String {
    match interview {
        Some(interview) => format!("{interview}:{metric}:{about}"),
        None => format!("{metric}:{about}"),
    }
}

/// The filter on alerts. Time ranges include their beginning and exclude their end.
#[derive(Debug, Clone, Default)]
pub struct AlertFilter {
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub severity: Option<Severity>,
    pub interview_id: Option<Uuid>,
    /// True selects only unresolved alerts, false only resolved ones.
    pub open: Option<bool>,
    /// The end of the previous page.
    pub after: Option<Position>,
    pub limit: u64,
}

impl AlertFilter {
    fn condition(&self) -> Condition {
        Condition::all()
            .add_option(self.since.map(|since| Column::RaisedAt.gte(since)))
            .add_option(self.until.map(|until| Column::RaisedAt.lt(until)))
            .add_option(self.severity.map(|severity| Column::Severity.eq(severity)))
            .add_option(self.interview_id.map(|interview| Column::InterviewId.eq(interview)))
            .add_option(
                self.open.map(
                    |open| {
                        if open { Column::ResolvedAt.is_null() } else { Column::ResolvedAt.is_not_null() }
                    },
                ),
            )
    }
}

/// Returns the position of an alert in the order of lists.
pub fn place(alert: &alerts::Model) -> Position {
    Position { value: SortValue::Time(alert.raised_at), id: alert.id }
}

/// The `data` of a `quality.alert` event about an alert.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookAlertData {
    /// Always `alert`.
    pub kind: &'static str,
    pub alert_id: Uuid,
    #[schema(required)]
    pub interview_id: Option<Uuid>,
    #[schema(required)]
    pub call_guide_id: Option<Uuid>,
    pub severity: Severity,
    pub title: String,
    pub description: String,
    pub metric_name: String,
    pub current_value: f64,
    pub threshold: f64,
    pub timestamp: DateTime<Utc>,
}

impl WebhookAlertData {
    fn of(row: &alerts::Model) -> Self {
        Self {
            kind: "alert",
            alert_id: row.id,
            interview_id: row.interview_id,
            call_guide_id: row.call_guide_id,
            severity: row.severity,
            title: row.title.clone(),
            description: row.description.clone(),
            metric_name: row.metric_name.clone(),
            current_value: row.current_value,
            threshold: row.threshold,
            timestamp: row.raised_at,
        }
    }
}

/// The repository of alerts.
pub struct Alerts<'a>(pub(super) &'a Storage);

impl Alerts<'_> {
    /// Raises an alert in a separate transaction.
    pub async fn raise(&self, alert: NewAlert) -> Result<Option<alerts::Model>, StorageError> {
        let tx = self.0.write().await?;
        let raised = self.raise_in(&tx, alert).await?;
        tx.commit().await?;
        Ok(raised)
    }

    /// Raises an alert in the caller's transaction, and publishes it to the webhooks. Returns
    /// `None` if an alert is open on the same subject, or was raised before for this occurrence.
    /// Nothing has changed then.
    pub async fn raise_in(
        &self,
        db: &impl ConnectionTrait,
        alert: NewAlert,
    ) -> Result<Option<alerts::Model>, StorageError> {
        let (id, now) = (Uuid::now_v7(), Utc::now());
        let subject = alert.subject();
        let occasion = if alert.occasion.is_empty() { id.to_string() } else { alert.occasion };
        let row = alerts::Model {
            id,
            workspace_id: self.0.workspace,
            interview_id: alert.interview_id,
            call_guide_id: alert.call_guide_id,
            severity: alert.severity,
            title: alert.title,
            description: alert.description,
            metric_name: alert.metric_name,
            current_value: alert.current_value,
            threshold: alert.threshold,
            occasion: format!("{subject}:{occasion}"),
            subject,
            raised_at: alert.raised_at,
            acknowledged_at: None,
            acknowledged_by: None,
            resolved_at: None,
            resolved_by: None,
            resolution: None,
            note: None,
            created_at: now,
            updated_at: now,
        };
        let inserted = alerts::Entity::insert(row.clone().into_active_model().reset_all())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(db)
            .await?;
        if inserted == 0 {
            return Ok(None);
        }
        outbox::publish(
            db,
            self.0.workspace,
            WebhookEvent::QualityAlert,
            to_json("alert", WebhookAlertData::of(&row))?,
        )
        .await?;
        Ok(Some(row))
    }

    /// Resolves the open alerts on a value that has recovered. Returns true if there were any.
    pub async fn recovered(
        &self,
        db: &impl ConnectionTrait,
        interview: Option<Uuid>,
        metric: &str,
        about: &str,
        at: DateTime<Utc>,
        actor: &Actor,
    ) -> Result<bool, StorageError> {
        let update = alerts::Entity::update_many()
            .col_expr(Column::ResolvedAt, Expr::value(at))
            .col_expr(Column::ResolvedBy, Expr::value(actor.as_str()))
            .col_expr(Column::Resolution, Expr::value(Resolution::Recovered))
            .col_expr(Column::UpdatedAt, Expr::value(Utc::now()))
            .filter(Column::WorkspaceId.eq(self.0.workspace))
            .filter(Column::Subject.eq(subject(interview, metric, about)))
            .filter(Column::ResolvedAt.is_null());
        Ok(update.exec(db).await?.rows_affected > 0)
    }

    /// Resolves the open alerts in a separate transaction, on behalf of the engine.
    pub async fn recover(&self, interview: Option<Uuid>, metric: &str, about: &str) -> Result<bool, StorageError> {
        self.recovered(&self.0.db, interview, metric, about, Utc::now(), Actor::ENGINE).await
    }

    /// Acknowledges an alert. A second call has no effect.
    pub async fn acknowledge(
        &self,
        id: Uuid,
        note: Option<String>,
        actor: &Actor,
    ) -> Result<alerts::Model, StorageError> {
        let tx = self.0.write().await?;
        let old = self.locked(&tx, id).await?;
        if old.acknowledged_at.is_some() || old.resolved_at.is_some() {
            return Ok(old);
        }
        let now = Utc::now();
        let mut row = old.clone().into_active_model();
        row.acknowledged_at = Set(Some(now));
        row.acknowledged_by = Set(Some(actor.to_string()));
        let row = self.put_down(&tx, &old, row, "quality_alert.acknowledged", note, actor).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Resolves an alert on behalf of a user. A second call has no effect, nor has a call after the
    /// value has recovered.
    pub async fn resolve(&self, id: Uuid, note: Option<String>, actor: &Actor) -> Result<alerts::Model, StorageError> {
        let tx = self.0.write().await?;
        let old = self.locked(&tx, id).await?;
        if old.resolved_at.is_some() {
            return Ok(old);
        }
        let now = Utc::now();
        let mut row = old.clone().into_active_model();
        row.resolved_at = Set(Some(now));
        row.resolved_by = Set(Some(actor.to_string()));
        row.resolution = Set(Some(Resolution::Person));
        let row = self.put_down(&tx, &old, row, "quality_alert.resolved", note, actor).await?;
        tx.commit().await?;
        Ok(row)
    }

    async fn put_down(
        &self,
        tx: &DatabaseTransaction,
        old: &alerts::Model,
        mut row: alerts::ActiveModel,
        what: &'static str,
        note: Option<String>,
        actor: &Actor,
    ) -> Result<alerts::Model, StorageError> {
        let mut change = Change::new(AUDITED, old.id, what).with(json!({ "interview_id": old.interview_id }));
        // A note about a call may contain data about its respondent.
        let interview = match old.interview_id {
            Some(interview) => interviews::Entity::find_by_id(interview).one(tx).await?,
            None => None,
        };
        if let Some(note) = note {
            match &interview {
                Some(interview) => change = change.personal(&interview.respondent_id, json!({ "note": note })),
                None => change = change.with(json!({ "note": note })),
            }
            row.note = Set(Some(note));
        }
        row.updated_at = Set(Utc::now());
        let row = row.update(tx).await?;
        self.0.audit().record(tx, actor, change).await?;
        Ok(row)
    }

    pub async fn get(&self, id: Uuid) -> Result<alerts::Model, StorageError> {
        alerts::Entity::find_by_id(id)
            .filter(Column::WorkspaceId.eq(self.0.workspace))
            .one(&self.0.db)
            .await?
            .ok_or(StorageError::NotFound("alert"))
    }

    /// Lists alerts. The newest comes first.
    pub async fn list(&self, filter: AlertFilter) -> Result<Vec<alerts::Model>, StorageError> {
        let query = alerts::Entity::find().filter(Column::WorkspaceId.eq(self.0.workspace)).filter(filter.condition());
        let by = Expr::col(Column::RaisedAt.as_column_ref());
        let query = listing::ordered(query, &by, Column::Id, true, filter.after);
        Ok(query.limit(filter.limit).all(&self.0.db).await?)
    }

    /// Counts the alerts of all pages.
    pub async fn count(&self, filter: &AlertFilter) -> Result<u64, StorageError> {
        let query = alerts::Entity::find().filter(Column::WorkspaceId.eq(self.0.workspace));
        Ok(query.filter(filter.condition()).count(&self.0.db).await?)
    }

    /// Lists the open alerts of an interview.
    pub(super) async fn open_of(
        &self,
        db: &impl ConnectionTrait,
        interview: Uuid,
    ) -> Result<Vec<alerts::Model>, StorageError> {
        Ok(alerts::Entity::find()
            .filter(Column::InterviewId.eq(interview))
            .filter(Column::ResolvedAt.is_null())
            .all(db)
            .await?)
    }

    /// Locks an alert of this workspace, so that it can be changed.
    async fn locked(&self, tx: &DatabaseTransaction, id: Uuid) -> Result<alerts::Model, StorageError> {
        alerts::Entity::find_by_id(id)
            .filter(Column::WorkspaceId.eq(self.0.workspace))
            .lock_exclusive()
            .one(tx)
            .await?
            .ok_or(StorageError::NotFound("alert"))
    }
}
