//! `GET /api/dashboard/quality-alerts?hours=24&severity=`.

use actix_web::HttpRequest;
use actix_web::web::Json;
use chrono::{DateTime, Utc};
use entity::{Resolution, Severity, alerts};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::super::query::{Page, Paging, Parameters};
use super::super::routes::resource;
use super::super::{Problem, Viewer};
use super::LastDay;
use storage::AlertFilter;
use storage::alerts::place;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(quality_alerts));
}

/// The filter on alerts.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only alerts of this severity.
    #[param(inline)]
    severity: Option<Severity>,
    /// Only alerts of this interview.
    interview_id: Option<Uuid>,
    /// `true` selects unresolved alerts, `false` resolved ones.
    open: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct QualityAlerts {
    /// The number of alerts in the window, on all pages.
    total_alerts: u64,
    /// The newest alert comes first.
    alerts: Vec<Alert>,
    /// The value of `?cursor=` for the next page. Null on the last page.
    #[schema(required)]
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QualityAlert)]
pub(in crate::api) struct Alert {
    id: Uuid,
    severity: Severity,
    title: String,
    description: String,
    /// The name of a metric, or of a part of the engine, such as `component.database`.
    metric_name: String,
    /// The value when the alert was raised.
    current_value: f64,
    threshold: f64,
    timestamp: DateTime<Utc>,
    /// The interview, or null if the alert is not about a call.
    #[schema(required)]
    interview_id: Option<Uuid>,
    #[schema(required)]
    call_guide_id: Option<Uuid>,
    #[schema(required)]
    acknowledged_at: Option<DateTime<Utc>>,
    #[schema(required)]
    acknowledged_by: Option<String>,
    #[schema(required)]
    resolved_at: Option<DateTime<Utc>>,
    #[schema(required)]
    resolved_by: Option<String>,
    #[schema(required)]
    resolution: Option<Resolution>,
    #[schema(required)]
    note: Option<String>,
}

impl From<alerts::Model> for Alert {
    fn from(row: alerts::Model) -> Self {
        Self {
            id: row.id,
            severity: row.severity,
            title: row.title,
            description: row.description,
            metric_name: row.metric_name,
            current_value: row.current_value,
            threshold: row.threshold,
            timestamp: row.raised_at,
            interview_id: row.interview_id,
            call_guide_id: row.call_guide_id,
            acknowledged_at: row.acknowledged_at,
            acknowledged_by: row.acknowledged_by,
            resolved_at: row.resolved_at,
            resolved_by: row.resolved_by,
            resolution: row.resolution,
            note: row.note,
        }
    }
}

/// List quality alerts
///
/// Returns the alerts that were raised in the window. The newest comes first.
#[utoipa::path(
    get,
    path = "/api/dashboard/quality-alerts",
    params(LastDay, Wanted, Paging),
    responses((status = 200, body = QualityAlerts))
)]
async fn quality_alerts(caller: Viewer, request: HttpRequest) -> Result<Json<QualityAlerts>, Problem> {
    let mut query = Parameters::of(&request);
    let (_, window) = LastDay::of(&mut query);
    let Wanted { severity, interview_id, open } = query.read();
    let listing = query.listing(&[("timestamp", ())]);
    query.finish()?;
    let filter = AlertFilter {
        since: Some(window.since),
        until: Some(window.until),
        severity,
        interview_id,
        open,
        after: listing.after.clone(),
        limit: listing.limit + 1,
    };
    let total_alerts = caller.storage.alerts().count(&filter).await?;
    let page = Page::listed(caller.storage.alerts().list(filter).await?, &listing, place);
    let (alerts, next_cursor) = page.apart();
    Ok(Json(QualityAlerts { total_alerts, alerts: alerts.into_iter().map(Alert::from).collect(), next_cursor }))
}
