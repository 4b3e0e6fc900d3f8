//! Thresholds of quality alerts that users have set.
//!
//! Owns: these rows, and their precedence: the guide, the workspace, the settings. The value and
//! the severity are looked up separately. Never does: compare anything with a threshold.

use chrono::{DateTime, Utc};
use entity::quality_thresholds::{self as rows, Column};
use interview::quality::{self, Metric, Threshold, Thresholds};
use sea_orm::sea_query::{Condition, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::Change;
use super::edit::Actor;
use super::error::StorageError;
use super::store::Storage;

/// The entity type of thresholds in the audit trail.
const AUDITED: &str = "quality_threshold";

/// The source of a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ThresholdOrigin)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The value of the settings.
    Settings,
    /// Set for all guides without their own value.
    Workspace,
    /// Set for this guide.
    CallGuide,
}

/// The effective threshold of a metric, and its source.
#[derive(Debug, Clone, PartialEq)]
pub struct Effective {
    pub metric: Metric,
    pub threshold: Threshold,
    pub default: Threshold,
    /// The source of the value.
    pub origin: Origin,
    /// The author of the first row that applies: the guide's, or else the workspace's.
    pub updated_by: Option<String>,
    pub updated_at: Option<DateTime<Utc>>,
}

/// A value that changes whenever any threshold does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamp(Option<DateTime<Utc>>, i64);

/// The repository of thresholds.
pub struct QualityThresholds<'a>(pub(super) &'a Storage);

impl QualityThresholds<'_> {
    /// Returns the effective threshold of each metric, for interviews with a guide, or with guides
    /// that have no thresholds.
    pub async fn effective(&self, defaults: &Thresholds, guide: Option<Uuid>) -> Result<Vec<Effective>, StorageError> {
        let scope = Condition::any()
            .add(Column::CallGuideId.is_null())
            .add_option(guide.map(|guide| Column::CallGuideId.eq(guide)));
        let set =
            rows::Entity::find().filter(Column::WorkspaceId.eq(self.0.workspace)).filter(scope).all(&self.0.db).await?;
        Ok(Metric::ALL.into_iter().map(|metric| effective(metric, defaults.of(metric), &set)).collect())
    }

    /// Returns the effective thresholds in the form in which they are applied.
    pub async fn resolve(&self, defaults: &Thresholds, guide: Option<Uuid>) -> Result<Thresholds, StorageError> {
        let mut thresholds = defaults.clone();
        for one in self.effective(defaults, guide).await? {
            thresholds.set(one.metric, one.threshold);
        }
        Ok(thresholds)
    }

    /// Sets what is given and removes what is not. If neither a value nor a severity is given, the
    /// previous precedence applies. An unknown guide is a [`StorageError::NotFound`].
    pub async fn set(
        &self,
        metric: Metric,
        guide: Option<Uuid>,
        value: Option<f64>,
        severity: Option<entity::Severity>,
        actor: &Actor,
    ) -> Result<(), StorageError> {
        let tx = self.0.write().await?;
        if let Some(guide) = guide {
            self.0.guides().hold(&tx, guide).await?;
        }
        let scope = guide.unwrap_or(self.0.workspace);
        let reset = value.is_none() && severity.is_none();
        if reset {
            rows::Entity::delete_many()
                .filter(Column::WorkspaceId.eq(self.0.workspace))
                .filter(Column::ScopeId.eq(scope))
                .filter(Column::Metric.eq(metric.name()))
                .exec(&tx)
                .await?;
        } else {
            let now = Utc::now();
            let row = rows::ActiveModel {
                id: Set(Uuid::now_v7()),
                workspace_id: Set(self.0.workspace),
                metric: Set(metric.name().to_owned()),
                call_guide_id: Set(guide),
                scope_id: Set(scope),
                value: Set(value),
                severity: Set(severity),
                updated_by: Set(actor.to_string()),
                created_at: Set(now),
                updated_at: Set(now),
            };
            let edit = OnConflict::columns([Column::WorkspaceId, Column::ScopeId, Column::Metric])
                .update_columns([Column::Value, Column::Severity, Column::UpdatedBy, Column::UpdatedAt])
                .to_owned();
            rows::Entity::insert(row).on_conflict(edit).exec_without_returning(&tx).await?;
        }
        let what = if reset { "quality_threshold.reset" } else { "quality_threshold.set" };
        let told = json!({ "metric": metric, "call_guide_id": guide, "value": value, "severity": severity });
        self.0.audit().record(&tx, actor, Change::new(AUDITED, scope, what).with(told)).await?;
        Ok(tx.commit().await?)
    }

    /// Returns the stamp over all workspaces. A different stamp means that a threshold was set or
    /// removed.
    pub async fn stamp(&self) -> Result<Stamp, StorageError> {
        let stamp: Option<(Option<DateTime<Utc>>, i64)> = rows::Entity::find()
            .select_only()
            .column_as(Column::UpdatedAt.max(), "latest")
            .column_as(Column::Id.count(), "rows")
            .into_tuple()
            .one(&self.0.db)
            .await?;
        Ok(stamp.map(|(latest, rows)| Stamp(latest, rows)).unwrap_or_default())
    }
}

fn effective(metric: Metric, default: Threshold, set: &[rows::Model]) -> Effective {
    let of = |guide: bool| set.iter().find(|row| row.metric == metric.name() && row.call_guide_id.is_some() == guide);
    let nearest_first = [(of(true), Origin::CallGuide), (of(false), Origin::Workspace)];
    let rows = || nearest_first.iter().filter_map(|(row, origin)| Some(((*row)?, *origin)));
    let value = rows().find_map(|(row, origin)| Some((row.value?, origin)));
    let severity = rows().find_map(|(row, _)| row.severity);
    let row = rows().next().map(|(row, _)| row);
    Effective {
        metric,
        threshold: Threshold {
            value: value.map_or(default.value, |(value, _)| value),
            severity: severity.map_or(default.severity, from_row),
            edited_ms: rows().map(|(row, _)| row.updated_at.timestamp_millis()).max().unwrap_or_default(),
        },
        default,
        origin: value.map_or(Origin::Settings, |(_, origin)| origin),
        updated_by: row.map(|row| row.updated_by.clone()),
        updated_at: row.map(|row| row.updated_at),
    }
}

/// Converts from the form of rows.
pub fn from_row(severity: entity::Severity) -> quality::Severity {
    match severity {
        entity::Severity::Info => quality::Severity::Info,
        entity::Severity::Warning => quality::Severity::Warning,
        entity::Severity::Error => quality::Severity::Error,
        entity::Severity::Critical => quality::Severity::Critical,
    }
}

/// Converts to the form of rows.
pub fn to_row(severity: quality::Severity) -> entity::Severity {
    match severity {
        quality::Severity::Info => entity::Severity::Info,
        quality::Severity::Warning => entity::Severity::Warning,
        quality::Severity::Error => entity::Severity::Error,
        quality::Severity::Critical => entity::Severity::Critical,
    }
}
