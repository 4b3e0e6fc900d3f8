//! `GET /api/dashboard/sentiment-trends?hours=168&call_guide_id=`.

use actix_web::HttpRequest;
use actix_web::web::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::query::Parameters;
use super::super::routes::resource;
use super::super::{Problem, Viewer};
use super::{LastWeek, OfGuide};
use storage::dashboards::Hour;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(sentiment_trends));
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SentimentTrends {
    /// The oldest hour comes first. Hours without answers are left out.
    time_series: Vec<Hour>,
}

/// Get the sentiment of the answers by hour
///
/// Hours are in UTC, and the oldest comes first. Hours without answers are left out.
#[utoipa::path(
    get,
    path = "/api/dashboard/sentiment-trends",
    params(LastWeek, OfGuide),
    responses((status = 200, body = SentimentTrends))
)]
async fn sentiment_trends(caller: Viewer, request: HttpRequest) -> Result<Json<SentimentTrends>, Problem> {
    let mut query = Parameters::of(&request);
    let (_, window) = LastWeek::of(&mut query);
    let OfGuide { call_guide_id: guide } = query.read();
    query.finish()?;
    Ok(Json(SentimentTrends { time_series: caller.storage.dashboards().sentiments(window, guide).await? }))
}
