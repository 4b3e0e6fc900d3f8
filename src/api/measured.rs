//! How long requests take.
//!
//! Owns: `http_request_duration_seconds`. Never does: name a path, which may hold ids and tokens: routes go by their template.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::AppState;

/// Middleware. A request that nobody could answer (the peer is gone) is not counted.
pub(super) async fn measure<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let began = Instant::now();
    let response = next.call(request).await?;
    let request = response.request();
    if let Some(state) = request.app_data::<Data<AppState>>() {
        let route = request.match_pattern();
        let labels = [method(request.method()), template(route.as_deref()), class(response.status().as_u16())];
        state.metrics.http_request_duration_seconds.with_label_values(&labels).observe(began.elapsed().as_secs_f64());
    }
    Ok(response)
}

/// Both spellings of a collection's path are one route.
fn template(pattern: Option<&str>) -> &str {
    match pattern {
        None => "none",
        Some("/") => "/",
        Some(pattern) => pattern.trim_end_matches('/'),
    }
}

/// Anybody may invent methods; series are not theirs to invent.
fn method(method: &Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
        _ => "other",
    }
}

fn class(status: u16) -> &'static str {
    match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
