//! The duration of requests.
//!
//! Owns: `http_request_duration_seconds`. Never does: use a path as a label, because it may hold
//! ids and tokens. The label is the template of the route.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::AppState;

/// Middleware. A request without an answer, whose peer is gone, is not counted.
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

/// Returns one template for both spellings of a collection's path.
fn template(pattern: Option<&str>) -> &str {
    match pattern {
        None => "none",
        Some("/") => "/",
        Some(pattern) => pattern.trim_end_matches('/'),
    }
}

/// Returns the label for a method. Unknown methods share one label, because clients could otherwise
/// create any number of series.
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
