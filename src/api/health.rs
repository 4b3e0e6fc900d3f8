//! Health: a line a component, liveness, readiness.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, ServiceConfig};
use serde_json::{Value, json};

use super::State;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource(["/api/health", "/api/health/"]).get(overall))
        .service(web::resource("/api/health/live").get(live))
        .service(web::resource("/api/health/ready").get(ready));
}

/// `status` is `ok` or `unavailable`; a component that is not configured does not count.
struct Report {
    ready: bool,
    body: Value,
}

async fn report(state: &State) -> Report {
    let database = match state.storage.ping().await {
        Ok(()) => None,
        Err(error) => {
            tracing::warn!(%error, "the database does not answer");
            Some("the database does not answer")
        }
    };
    let engines = state.calls.engines();
    let active = state.calls.active();
    let queue = match (engines.accepting, active < engines.capacity) {
        (false, _) => "draining",
        (true, false) => "full",
        (true, true) => "ok",
    };
    let ready = database.is_none() && queue == "ok";
    let body = json!({
        "status": if database.is_none() { "ok" } else { "unavailable" },
        "version": env!("CARGO_PKG_VERSION"),
        "components": {
            "database": { "status": if database.is_none() { "ok" } else { "unavailable" }, "detail": database },
            "redis": { "status": "not_configured" },
            "models": {
                "status": "ok",
                "scripted": engines.scripted,
                "stt": engines.stt,
                "tts": engines.tts,
                "turn": engines.turn,
                "vad": engines.vad,
                "proposer": engines.proposer,
            },
            "queues": {
                "status": queue,
                "active_calls": active,
                "capacity": engines.capacity,
                "events_waiting": state.metrics.event_log_waiting.get(),
            },
        },
    });
    Report { ready, body }
}

async fn overall(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(report(&state).await.body)
}

/// The process answers: that is all it says.
// Handlers are async whether they wait or not.
#[allow(clippy::unused_async)]
async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

/// 503 when no call can be taken now. A report rather than a problem document: probes read the components.
async fn ready(state: Data<State>) -> HttpResponse {
    let mut report = report(&state).await;
    if report.ready {
        return HttpResponse::Ok().json(report.body);
    }
    let document = &mut report.body;
    document["type"] = json!("about:blank");
    document["title"] = json!("Service Unavailable");
    document["detail"] = json!("no call can be taken now; see components");
    // A problem document's `status` is the number.
    document["status"] = json!(503);
    HttpResponse::ServiceUnavailable()
        .content_type("application/problem+json")
        .insert_header(("Retry-After", "5"))
        .body(report.body.to_string())
}
