//! What every answer tells browsers, and which other sites' pages may read one.
//!
//! Owns: security headers where a handler has set none of its own, CORS by the operator's list. Never does: decide who may
//! ask (the guard refuses other origins before anything is done).

use actix_cors::Cors;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    self, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::web;

use super::AppState;

/// Seconds that a browser may keep the answer to a preflight.
const PREFLIGHT_SECONDS: usize = 600;
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Middleware, outermost: refusals and preflights have these headers as well. Pages have a stricter policy of their own.
pub(super) async fn protect(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let https = request.app_data::<web::Data<AppState>>().is_some_and(|state| {
        // Behind a proxy with TLS nobody else is meant to come in either.
        state.settings.public_url.starts_with("https:")
    });
    let mut response = next.call(request).await?.map_into_boxed_body();
    let headers = response.headers_mut();
    let mut unless_there = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    unless_there(X_CONTENT_TYPE_OPTIONS, "nosniff");
    unless_there(REFERRER_POLICY, "no-referrer");
    unless_there(CONTENT_SECURITY_POLICY, "frame-ancestors 'none'");
    unless_there(RESOURCE_POLICY, "same-origin");
    if https {
        unless_there(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    Ok(response)
}

/// Only put up where there are origins. Cookies are not for other sites' pages: they ask with a key.
pub(super) fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allowed_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT, header::IF_MATCH])
        .allowed_headers([header::IF_NONE_MATCH, header::RANGE])
        .allowed_headers(["x-api-key", "idempotency-key"])
        .expose_headers(["etag", "location", "link", "retry-after", "ratelimit", "ratelimit-policy", "accept-patch"])
        .max_age(PREFLIGHT_SECONDS)
        // The guard refuses other origins, and says so in a problem document.
        .block_on_origin_mismatch(false);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
