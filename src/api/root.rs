//! `/api/`, `/metrics`, and everything that does not exist.

use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::{Problem, State};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource(["/api", "/api/"]).get(index)).service(web::resource("/metrics").get(metrics));
}

/// Where things are.
// Handlers are async whether they wait or not.
#[allow(clippy::unused_async)]
async fn index() -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "name": "Expert Interviewers",
        "version": env!("CARGO_PKG_VERSION"),
        "links": {
            "health": "/api/health/",
            "call_guides": "/api/call-guides/",
            "interviews": "/api/interviews/",
            "metrics": "/metrics",
        },
    }))
}

// Handlers are async whether they wait or not.
#[allow(clippy::unused_async)]
async fn metrics(state: Data<State>) -> Result<HttpResponse, Problem> {
    state.metrics.active_calls.set(state.calls.active() as i64);
    let engines = state.calls.engines();
    state.metrics.speech_engine_info.with_label_values(&[&engines.stt, &engines.tts]).set(1.0);
    let text =
        state.metrics.render().map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(HttpResponse::Ok().content_type(prometheus::TEXT_FORMAT).body(text))
}

// Handlers are async whether they wait or not.
#[allow(clippy::unused_async)]
pub(super) async fn not_found(request: HttpRequest) -> Result<HttpResponse, Problem> {
    Err(Problem::unknown_route(request.path()))
}
