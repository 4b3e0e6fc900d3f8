//! `GET /api/dashboard/response-quality?hours=168`.

use actix_web::HttpRequest;
use actix_web::web::Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::query::Parameters;
use super::super::routes::resource;
use super::super::{Problem, Viewer};
use super::LastWeek;
use storage::dashboards::ResponseQuality;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(response_quality));
}

/// Get the quality of the answers
///
/// Returns how much the answers say and how well they were understood, as counts by score. Each
/// range includes its lower bound. The last range also includes 1.0.
#[utoipa::path(
    get,
    path = "/api/dashboard/response-quality",
    params(LastWeek),
    responses((status = 200, body = ResponseQuality))
)]
async fn response_quality(caller: Viewer, request: HttpRequest) -> Result<Json<ResponseQuality>, Problem> {
    let mut query = Parameters::of(&request);
    let (_, window) = LastWeek::of(&mut query);
    query.finish()?;
    Ok(Json(caller.storage.dashboards().response_quality(window).await?))
}
