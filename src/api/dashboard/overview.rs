//! `GET /api/dashboard/overview?hours=24`.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::web::Json;
use chrono::{DateTime, Utc};
use entity::Severity;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::query::Parameters;
use super::super::routes::resource;
use super::super::{Problem, Viewer};
use super::LastDay;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(overview));
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Overview {
    time_window_hours: u32,
    interviews: OverviewInterviews,
    performance: OverviewPerformance,
    quality: OverviewQuality,
    generated_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
struct OverviewInterviews {
    total: i64,
    /// The number of interviews for each status, including those that no interview has.
    by_status: BTreeMap<&'static str, i64>,
}

/// A mean is null if there are no values to compute it from.
#[derive(Debug, Serialize, ToSchema)]
struct OverviewPerformance {
    #[schema(required)]
    avg_duration_seconds: Option<f64>,
    /// 0 to 1.
    #[schema(required)]
    avg_completion_rate: Option<f64>,
    /// 0 to 1.
    #[schema(required)]
    avg_engagement_score: Option<f64>,
    total_responses: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct OverviewQuality {
    total_alerts: i64,
    /// The number of alerts for each severity, including those that no alert has.
    by_severity: BTreeMap<Severity, i64>,
}

/// Get an overview of the interviews
///
/// Returns how many interviews there were, how they went, and which alerts were raised. A mean is
/// null if there are no values to compute it from.
#[utoipa::path(
    get,
    path = "/api/dashboard/overview",
    params(LastDay),
    responses((status = 200, body = Overview))
)]
async fn overview(caller: Viewer, request: HttpRequest) -> Result<Json<Overview>, Problem> {
    let mut query = Parameters::of(&request);
    let (hours, window) = LastDay::of(&mut query);
    query.finish()?;
    let figures = caller.storage.dashboards().interviews(window, None).await?;
    let total_responses = caller.storage.dashboards().total_responses(window).await?;
    let by_severity = caller.storage.dashboards().alerts_by_severity(window).await?;
    Ok(Json(Overview {
        time_window_hours: hours,
        interviews: OverviewInterviews { total: figures.total(), by_status: figures.by_status },
        performance: OverviewPerformance {
            avg_duration_seconds: figures.avg_duration_seconds,
            avg_completion_rate: figures.avg_completion_rate,
            avg_engagement_score: figures.avg_engagement_score,
            total_responses,
        },
        quality: OverviewQuality { total_alerts: by_severity.values().sum(), by_severity },
        generated_at: window.until,
    }))
}
