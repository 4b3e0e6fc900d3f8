//! `/api/`, `/metrics`, and everything that does not exist.

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::routes::resource;
use super::{AppState, Kind, Problem};
use crate::telemetry::Metrics;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(index)).service(resource!(metrics));
}

/// Where things are.
#[derive(Serialize, ToSchema)]
struct Index {
    name: &'static str,
    version: &'static str,
    links: Links,
}

/// Paths.
#[derive(Serialize, ToSchema)]
struct Links {
    health: &'static str,
    call_guides: &'static str,
    interviews: &'static str,
    metrics: &'static str,
    openapi: &'static str,
    docs: &'static str,
}

/// Where things are
#[utoipa::path(get, path = "/api/", responses((status = 200, body = Index)))]
// Handlers are async whether they wait or not.
#[allow(clippy::unused_async)]
async fn index() -> HttpResponse {
    HttpResponse::Ok().json(Index {
        name: "Expert Interviewers",
        version: env!("CARGO_PKG_VERSION"),
        links: Links {
            health: "/api/health/",
            call_guides: "/api/call-guides/",
            interviews: "/api/interviews/",
            metrics: "/metrics",
            openapi: "/api/openapi.json",
            docs: "/docs/",
        },
    })
}

pub(super) const METRICS: &str = "/metrics";

/// Metrics in Prometheus' text format
///
/// They tell of all workspaces. `Authorization: Bearer …` with METRICS_TOKEN, or with a key of the default workspace, is
/// required as soon as METRICS_TOKEN is set or the engine can be reached from elsewhere.
#[utoipa::path(
    get,
    path = "/metrics",
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 401, body = Problem, description = "neither METRICS_TOKEN nor a key of the default workspace"),
    )
)]
// Handlers are async whether they wait or not.
#[allow(clippy::unused_async)]
async fn metrics(state: Data<AppState>) -> Result<HttpResponse, Problem> {
    state.metrics.active_calls.set(state.calls.active() as i64);
    let engines = state.calls.engines();
    state.metrics.call_capacity.set(engines.capacity as i64);
    state.metrics.speech_engine_info.with_label_values(&[&engines.stt, &engines.tts]).set(1.0);
    rendered(&state.metrics)
}

pub(super) fn token_wanted() -> Problem {
    let detail = "METRICS_TOKEN or a key of the default workspace is required here, as `Authorization: Bearer …`";
    Problem::new(Kind::MetricsTokenRequired, detail)
}

pub(super) fn rendered(metrics: &Metrics) -> Result<HttpResponse, Problem> {
    let text = metrics.render().map_err(|error| Problem::new(Kind::InternalError, error.to_string()))?;
    Ok(HttpResponse::Ok().content_type(prometheus::TEXT_FORMAT).body(text))
}

/// Whether METRICS_TOKEN, which is set, is shown.
pub(super) fn shows_token(token: &str, headers: &HeaderMap) -> bool {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
    let is_it = |(scheme, shown): (&str, &str)| {
        scheme.eq_ignore_ascii_case("bearer") && bool::from(shown.trim().as_bytes().ct_eq(token.as_bytes()))
    };
    !token.is_empty() && shown.is_some_and(is_it)
}

// Handlers are async whether they wait or not.
#[allow(clippy::unused_async)]
pub(super) async fn not_found(request: HttpRequest) -> Result<HttpResponse, Problem> {
    Err(Problem::unknown_route(request.path()))
}
