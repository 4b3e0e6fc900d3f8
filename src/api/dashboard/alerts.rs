//! `GET /api/dashboard/quality-alerts?hours=24&severity=`.
//!
//! Nothing raises alerts in this version: the list is empty, and the counts are 0.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::web::Json;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::super::query::Parameters;
use super::super::routes::resource;
use super::super::{Problem, Viewer};
use super::{DAY, LastDay, window};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(quality_alerts));
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::api) enum Severity {
    Info,
    Warning,
    Error,
    Critical,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct OfSeverity {
    /// Of this severity only.
    severity: Option<Severity>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct QualityAlerts {
    total_alerts: usize,
    alerts: Vec<QualityAlert>,
}

#[derive(Debug, Serialize, ToSchema)]
struct QualityAlert {
    id: Uuid,
    severity: Severity,
    title: String,
    description: String,
    metric_name: String,
    current_value: f64,
    threshold: f64,
    timestamp: DateTime<Utc>,
    #[schema(required)]
    interview_id: Option<Uuid>,
    #[schema(required)]
    acknowledged_at: Option<DateTime<Utc>>,
    #[schema(required)]
    resolved_at: Option<DateTime<Utc>>,
}

/// Alerts by severity: every severity, also those that no alert has.
pub(super) fn by_severity() -> BTreeMap<Severity, i64> {
    [Severity::Info, Severity::Warning, Severity::Error, Severity::Critical].map(|severity| (severity, 0)).into()
}

/// Quality alerts
///
/// Nothing raises alerts in this version: the list is empty.
#[utoipa::path(
    get,
    path = "/api/dashboard/quality-alerts",
    params(LastDay, OfSeverity),
    responses((status = 200, body = QualityAlerts))
)]
// Handlers are async whether they wait or not.
#[allow(clippy::unused_async)]
async fn quality_alerts(_: Viewer, request: HttpRequest) -> Result<Json<QualityAlerts>, Problem> {
    let mut query = Parameters::of(&request);
    window(&mut query, DAY);
    query.parse("severity", "info, warning, error or critical is wanted here", |name| {
        serde_json::from_value::<Severity>(Value::String(name.to_owned())).ok()
    });
    query.finish()?;
    let alerts = Vec::new();
    Ok(Json(QualityAlerts { total_alerts: alerts.len(), alerts }))
}
