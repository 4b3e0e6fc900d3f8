//! `GET /api/dashboard/call-guides/performance?hours=168`.

use actix_web::HttpRequest;
use actix_web::web::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::super::query::Parameters;
use super::super::routes::resource;
use super::super::{Problem, Viewer};
use super::LastWeek;
use storage::dashboards::GuidePerformance;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(guide_performance));
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct GuidesPerformance {
    /// The guides with interviews in the window. The guide with the most interviews comes first.
    call_guides: Vec<GuideRow>,
}

#[derive(Debug, Serialize, ToSchema)]
struct GuideRow {
    call_guide_id: Uuid,
    call_guide_name: String,
    interviews: GuideInterviews,
    metrics: GuideMetrics,
}

#[derive(Debug, Serialize, ToSchema)]
struct GuideInterviews {
    total: i64,
    completed: i64,
    /// The share of all interviews that were completed, 0 to 1.
    completion_rate: f64,
}

/// A mean is null if there are no values to compute it from.
#[derive(Debug, Serialize, ToSchema)]
// The user contract defines these names.
#[allow(clippy::struct_field_names)]
struct GuideMetrics {
    #[schema(required)]
    avg_duration_seconds: Option<f64>,
    /// 0 to 1.
    #[schema(required)]
    avg_completion_percentage: Option<f64>,
    /// 0 to 1.
    #[schema(required)]
    avg_engagement_score: Option<f64>,
}

impl From<GuidePerformance> for GuideRow {
    fn from(guide: GuidePerformance) -> Self {
        Self {
            call_guide_id: guide.call_guide_id,
            call_guide_name: guide.call_guide_name,
            interviews: GuideInterviews {
                total: guide.total,
                completed: guide.completed,
                // A guide without interviews is not in the list, so the divisor is not 0.
                completion_rate: guide.completed as f64 / guide.total as f64,
            },
            metrics: GuideMetrics {
                avg_duration_seconds: guide.avg_duration_seconds,
                avg_completion_percentage: guide.avg_completion_percentage,
                avg_engagement_score: guide.avg_engagement_score,
            },
        }
    }
}

/// Compare the performance of guides
///
/// Returns the guides with interviews in the window. The guide with the most interviews comes
/// first.
#[utoipa::path(
    get,
    path = "/api/dashboard/call-guides/performance",
    params(LastWeek),
    responses((status = 200, body = GuidesPerformance))
)]
async fn guide_performance(caller: Viewer, request: HttpRequest) -> Result<Json<GuidesPerformance>, Problem> {
    let mut query = Parameters::of(&request);
    let (_, window) = LastWeek::of(&mut query);
    query.finish()?;
    let guides = caller.storage.dashboards().guides(window).await?;
    Ok(Json(GuidesPerformance { call_guides: guides.into_iter().map(GuideRow::from).collect() }))
}
