//! `/api/`, `/metrics`, and the answer to unknown paths.

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

/// The name and version of the engine, and where to find things.
#[derive(Serialize, ToSchema)]
struct Index {
    name: &'static str,
    version: &'static str,
    links: Links,
}

/// Paths of the engine.
#[derive(Serialize, ToSchema)]
struct Links {
    health: &'static str,
    call_guides: &'static str,
    interviews: &'static str,
    metrics: &'static str,
    openapi: &'static str,
    docs: &'static str,
}

/// Get the entry points of the API
#[utoipa::path(get, path = "/api/", responses((status = 200, body = Index)))]
// Handlers are async even if they never wait.
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

/// Get metrics in the Prometheus text format
///
/// The metrics cover all workspaces. `Authorization: Bearer …` with METRICS_TOKEN or with a key of
/// the default workspace is required if METRICS_TOKEN is set or if the engine can be reached from
/// elsewhere.
#[utoipa::path(
    get,
    path = "/metrics",
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 401, body = Problem,
            description = "The request has neither METRICS_TOKEN nor a key of the default workspace."),
    )
)]
// Handlers are async even if they never wait.
#[allow(clippy::unused_async)]
async fn metrics(state: Data<AppState>) -> Result<HttpResponse, Problem> {
    state.metrics.active_calls.set(state.calls.active() as i64);
    let engines = state.calls.engines();
    state.metrics.call_capacity.set(engines.capacity as i64);
    state.metrics.speech_engine_info.with_label_values(&[&engines.stt, &engines.tts]).set(1.0);
    rendered(&state.metrics)
}

pub(super) fn token_wanted() -> Problem {
    let detail = "METRICS_TOKEN or a key of the default workspace is required here, as `Authorization: Bearer …`.";
    Problem::new(Kind::MetricsTokenRequired, detail)
}

pub(super) fn rendered(metrics: &Metrics) -> Result<HttpResponse, Problem> {
    let text = metrics.render().map_err(|error| Problem::new(Kind::InternalError, error.to_string()))?;
    Ok(HttpResponse::Ok().content_type(prometheus::TEXT_FORMAT).body(text))
}

/// Returns true if the request carries METRICS_TOKEN, which is set.
pub(super) fn shows_token(token: &str, headers: &HeaderMap) -> bool {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
    let is_it = |(scheme, shown): (&str, &str)| {
        scheme.eq_ignore_ascii_case("bearer") && bool::from(shown.trim().as_bytes().ct_eq(token.as_bytes()))
    };
    !token.is_empty() && shown.is_some_and(is_it)
}

// Handlers are async even if they never wait.
#[allow(clippy::unused_async)]
pub(super) async fn not_found(request: HttpRequest) -> Result<HttpResponse, Problem> {
    Err(Problem::unknown_route(request.path()))
}
