//! Rate limits as HTTP tells them: 429 with Retry-After, and `RateLimit` on everything that is counted.
//!
//! Owns: the headers (draft-ietf-httpapi-ratelimit-headers), and whose address counts. Never does: count
//! ([`access`](crate::access::limits) does).

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderName, HeaderValue};

use super::{Kind, Problem};
use crate::access::limits::RateLimitStatus;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STANDING: HeaderName = HeaderName::from_static("ratelimit");

pub(super) fn too_many(seconds: u64) -> Problem {
    Problem::new(Kind::TooManyRequests, format!("too many requests: try again in {seconds} s")).retry_after(seconds)
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

/// Who asks: the peer, or whom a proxy at this machine says it asks for. It appends to what it was told, so only the last
/// entry is its own word.
pub(super) fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let said = request.headers().get_all("x-forwarded-for").last().and_then(|value| value.to_str().ok());
    Some(address_of(peer, said))
}

fn address_of(peer: IpAddr, forwarded_for: Option<&str>) -> IpAddr {
    if !peer.to_canonical().is_loopback() {
        return peer;
    }
    forwarded_for.and_then(|said| said.rsplit(',').next()?.trim().parse().ok()).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_proxy_of_ours_is_believed() {
        let (here, away): (IpAddr, IpAddr) = ("127.0.0.1".parse().unwrap(), "203.0.113.9".parse().unwrap());
        assert_eq!(address_of(away, Some("192.0.2.1")), away);
        assert_eq!(address_of(here, None), here);
        assert_eq!(address_of(here, Some("192.0.2.1, 203.0.113.9")), away);
        assert_eq!(address_of(here, Some("unknown")), here);
    }
}
