//! Rate limits over HTTP: 429 with Retry-After, and `RateLimit` headers on every answer that is
//! counted.
//!
//! Owns: the headers (draft-ietf-httpapi-ratelimit-headers), and the choice of the address that is
//! counted. Never does: count ([`access`](crate::access::limits) does).

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{FORWARDED, HeaderName, HeaderValue, X_FORWARDED_FOR};
use actix_web::web::Data;

use super::{AppState, Caller, Kind, Problem};
use crate::access::at_once::{ALL, EACH, Turn};
use crate::access::limits::RateLimitStatus;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STANDING: HeaderName = HeaderName::from_static("ratelimit");

/// The seconds after which a long answer may have been sent completely.
const LONG_RETRY_S: u64 = 5;

pub(super) fn too_many(seconds: u64) -> Problem {
    Problem::new(Kind::TooManyRequests, format!("There were too many requests. Try again in {seconds} s."))
        .retry_after(seconds)
}

/// Reserves a place among the long answers, each of which occupies a thread.
pub(super) fn long_answer(state: &AppState, caller: &Caller) -> Result<Turn, Problem> {
    state.access.at_once.begin(caller.actor.as_str()).ok_or_else(|| {
        let detail = format!(
            "{EACH} long answers are already being sent to this caller, or {ALL} to all callers. Wait until one is \
                complete."
        );
        Problem::new(Kind::TooManyRequests, detail).retry_after(LONG_RETRY_S)
    })
}

/// Adds the caller's remaining quota to an answer.
pub(super) fn told(
    mut response: ServiceResponse<BoxBody>,
    status: Option<RateLimitStatus>,
) -> ServiceResponse<BoxBody> {
    if let Some(RateLimitStatus { quota, remaining, reset_s, .. }) = status {
        let lines = [
            (POLICY, format!("\"minute\";q={quota};w=60")),
            (STANDING, format!("\"minute\";r={remaining};t={reset_s}")),
        ];
        for (name, line) in lines {
            if let Ok(line) = HeaderValue::from_str(&line) {
                response.headers_mut().insert(name, line);
            }
        }
    }
    response
}

/// Returns the client address, as the trusted proxies report it (TRUSTED_PROXIES), or else the peer
/// address.
pub(super) fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let state = request.app_data::<Data<AppState>>()?;
    let said = |name: HeaderName| -> Vec<&str> {
        // A value that is not text names no address. The values before it are still read.
        request.headers().get_all(name).map(|value| value.to_str().unwrap_or_default()).collect()
    };
    let (listed, forwarded) = (said(X_FORWARDED_FOR), said(FORWARDED));
    Some(state.access.settings.trusted_proxies.client(peer, &listed, &forwarded))
}
