//! Rate limits as HTTP tells them: 429 with Retry-After, and `RateLimit` on everything that is counted.
//!
//! Owns: the headers (draft-ietf-httpapi-ratelimit-headers), and whose address counts. Never does: count
//! ([`access`](crate::access::limits) does).

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

/// Seconds after which a long answer may have arrived.
const LONG_RETRY_S: u64 = 5;

pub(super) fn too_many(seconds: u64) -> Problem {
    Problem::new(Kind::TooManyRequests, format!("too many requests: try again in {seconds} s")).retry_after(seconds)
}

/// A place among the long answers, which take a thread each.
pub(super) fn long_answer(state: &AppState, caller: &Caller) -> Result<Turn, Problem> {
    state.access.at_once.begin(caller.actor.as_str()).ok_or_else(|| {
        let detail = format!(
            "{EACH} long answers are being sent to this caller already, or {ALL} to all callers: wait until one has arrived"
        );
        Problem::new(Kind::TooManyRequests, detail).retry_after(LONG_RETRY_S)
    })
}

/// Says how the caller stands.
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

/// Whose address counts: the client's, as the operator's proxies tell it (TRUSTED_PROXIES), else the peer's.
pub(super) fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let state = request.app_data::<Data<AppState>>()?;
    let said = |name: HeaderName| -> Vec<&str> {
        // What is no text names no address, and hides none that stands before it.
        request.headers().get_all(name).map(|value| value.to_str().unwrap_or_default()).collect()
    };
    let (listed, forwarded) = (said(X_FORWARDED_FOR), said(FORWARDED));
    Some(state.access.settings.trusted_proxies.client(peer, &listed, &forwarded))
}
