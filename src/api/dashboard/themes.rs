//! `GET /api/dashboard/themes?hours=168&limit=20&call_guide_id=`.

use actix_web::HttpRequest;
use actix_web::web::Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::query::Parameters;
use super::super::routes::resource;
use super::super::{Problem, Viewer};
use super::{LastWeek, OfGuide, ThemeLimit, theme_limit};
use storage::dashboards::Themes;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(frequent_themes));
}

/// List the themes of the answers
///
/// Returns the most frequent themes. A theme counts once for each answer that touches it.
#[utoipa::path(
    get,
    path = "/api/dashboard/themes",
    params(LastWeek, ThemeLimit, OfGuide),
    responses((status = 200, body = Themes))
)]
async fn frequent_themes(caller: Viewer, request: HttpRequest) -> Result<Json<Themes>, Problem> {
    let mut query = Parameters::of(&request);
    let (_, window) = LastWeek::of(&mut query);
    let limit = theme_limit(&mut query);
    let OfGuide { call_guide_id: guide } = query.read();
    query.finish()?;
    Ok(Json(caller.storage.dashboards().themes(window, guide, limit).await?))
}
