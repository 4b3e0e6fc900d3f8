//! The headers that every answer carries for browsers, and CORS.
//!
//! Owns: the security headers where a handler has set none, and CORS by the operator's list. Never
//! does: decide who may send a request (the guard refuses other origins before anything else).

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

/// How many seconds a browser may keep the answer to a preflight request.
const PREFLIGHT_SECONDS: usize = 600;
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Middleware, outermost, so that refusals and preflight answers carry these headers as well. Pages
/// have their own stricter policy.
pub(super) async fn protect(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let https = request.app_data::<web::Data<AppState>>().is_some_and(|state| {
        // If the proxy uses TLS, plain HTTP is not meant to be used either.
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

/// Returns the CORS middleware, which is used only if there are origins. Pages of other sites
/// authenticate with a key, so cookies are not allowed.
pub(super) fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allowed_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT, header::IF_MATCH])
        .allowed_headers([header::IF_NONE_MATCH, header::RANGE])
        .allowed_headers(["x-api-key", "idempotency-key"])
        .expose_headers(["etag", "location", "link", "retry-after", "ratelimit", "ratelimit-policy", "accept-patch"])
        .max_age(PREFLIGHT_SECONDS)
        // The guard refuses other origins with a problem document.
        .block_on_origin_mismatch(false);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
