//! Who may ask for what.
//!
//! From this machine itself, everybody is admin: the request's peer is a loopback address, its Host names loopback, no
//! proxy says that it carries it for somebody else, and no other site's page sent it. So no web page can reach in, by
//! its Origin or by DNS rebinding, and no reverse proxy lets anybody in by accident. From anywhere else only the open
//! routes answer: joining, whose token is the key, and what tells nothing about people. Keys for the rest are to come.
//!
//! Owns: this judgement. Never does: look at tokens, which is the routes' own business.

use std::io;
use std::net::{IpAddr, TcpListener};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpMessage as _, web};
use reqwest::Url;

use super::Problem;
use super::caller::Identity;
use crate::config::network::is_loopback;

/// Names under which proxies tell that a request is somebody else's.
const FORWARDED: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

#[derive(Debug, Clone)]
pub(super) struct Exposure {
    /// Bound to a loopback address: whoever comes under another name than ours came through somebody's page.
    loopback: bool,
    /// Scheme and authority of PUBLIC_URL, such as `https://calls.example.org`.
    public_origin: Option<String>,
}

/// What the judgement goes by.
#[derive(Debug, Clone, Copy, Default)]
struct Asked<'r> {
    path: &'r str,
    peer: Option<IpAddr>,
    host: Option<&'r str>,
    origin: Option<&'r str>,
    forwarded: bool,
}

impl Exposure {
    pub(super) fn of(listener: &TcpListener, public_url: &str) -> io::Result<Self> {
        let public_origin = Url::parse(public_url).ok().map(|url| url.origin().ascii_serialization());
        Ok(Self { loopback: listener.local_addr()?.ip().is_loopback(), public_origin })
    }

    /// Who asks, where that is known; nobody in particular at the open routes.
    fn check(&self, asked: Asked<'_>) -> Result<Option<Identity>, Problem> {
        let host = asked.host.unwrap_or_default();
        let is_public = self.public_origin.as_deref().and_then(authority).is_some_and(|public| public == host);
        if self.loopback && !is_public && !is_local(host) {
            return Err(refused("requests with a foreign Host are refused"));
        }
        let ours = |origin: &str| authority(origin) == Some(host) || self.public_origin.as_deref() == Some(origin);
        if asked.origin.is_some_and(|origin| !ours(origin)) {
            return Err(refused("requests with a foreign Origin are refused"));
        }
        let from_here = asked.peer.is_some_and(|peer| peer.to_canonical().is_loopback());
        if from_here && is_local(host) && !asked.forwarded {
            return Ok(Some(Identity::local()));
        }
        if is_open(asked.path) {
            return Ok(None);
        }
        Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "a key is needed here, and this version has none to give: from the engine's own machine, at its loopback \
             address, none is needed",
        ))
    }
}

/// Routes that need no key: the join routes carry theirs, the others tell nothing about people.
pub(super) fn is_open(path: &str) -> bool {
    const ROUTES: [&str; 3] = ["/metrics", "/api/openapi.json", "/favicon.ico"];
    const BELOW: [&str; 5] = ["/api/health", "/api/join/", "/join/", "/assets/", "/docs"];
    // What looks like a way up is no way of ours.
    !path.contains("..") && (ROUTES.contains(&path) || BELOW.iter().any(|open| path.starts_with(open)))
}

/// `host[:port]` of an origin.
fn authority(origin: &str) -> Option<&str> {
    origin.split_once("://").map(|(_, authority)| authority)
}

/// Whether a Host header names this machine itself.
fn is_local(host: &str) -> bool {
    Url::parse(&format!("http://{host}/")).is_ok_and(|url| url.host_str().is_some_and(is_loopback))
}

fn refused(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, detail)
}

/// Middleware.
pub(super) async fn admit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let text = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let asked = Asked {
        path: request.path(),
        peer: request.peer_addr().map(|address| address.ip()),
        // HTTP/2 has no Host header but an authority.
        host: text(header::HOST).or_else(|| request.uri().authority().map(actix_web::http::uri::Authority::as_str)),
        origin: text(header::ORIGIN),
        forwarded: FORWARDED.iter().any(|name| request.headers().contains_key(*name)),
    };
    let verdict = request
        .app_data::<web::Data<Exposure>>()
        .ok_or_else(|| refused("the server was set up without its guard"))
        .and_then(|exposure| exposure.check(asked));
    match verdict {
        Ok(identity) => {
            if let Some(identity) = identity {
                request.extensions_mut().insert(identity);
            }
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(problem) => Ok(request.error_response(problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADMIN: &str = "/api/interviews/";
    const JOIN: &str = "/api/join/token/call";

    fn bound_to(loopback: bool) -> Exposure {
        Exposure { loopback, public_origin: Some("https://calls.example.org".to_owned()) }
    }

    fn from(peer: &str, path: &'static str, host: &'static str) -> Asked<'static> {
        Asked { path, peer: Some(peer.parse().unwrap()), host: Some(host), ..Asked::default() }
    }

    fn status(loopback: bool, asked: Asked<'_>) -> u16 {
        use actix_web::ResponseError as _;
        bound_to(loopback).check(asked).map_or_else(|problem| problem.status_code().as_u16(), |_| 200)
    }

    #[test]
    fn this_machine_may_ask_for_anything() {
        for loopback in [true, false] {
            for host in ["localhost:8000", "127.0.0.1:8000", "127.8.8.8", "[::1]:8000"] {
                assert_eq!(status(loopback, from("127.0.0.1", ADMIN, host)), 200, "{host}");
                assert_eq!(status(loopback, from("::ffff:127.0.0.1", ADMIN, host)), 200, "{host}");
            }
            let same = Asked { origin: Some("http://localhost:8000"), ..from("::1", "/", "localhost:8000") };
            assert_eq!(status(loopback, same), 200);
        }
    }

    #[test]
    fn no_page_of_another_site_reaches_in() {
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "?", ""] {
            for path in [ADMIN, JOIN] {
                assert_eq!(status(true, from("127.0.0.1", path, host)), 403, "{host}");
            }
        }
        assert_eq!(status(true, Asked { host: None, ..from("127.0.0.1", "/", "") }), 403);
        for origin in ["http://evil.example", "null", "http://localhost:3000", "http://localhost:8000.evil.example"] {
            for (loopback, path) in [(true, ADMIN), (true, JOIN), (false, ADMIN), (false, JOIN)] {
                let asked = Asked { origin: Some(origin), ..from("127.0.0.1", path, "localhost:8000") };
                assert_eq!(status(loopback, asked), 403, "{origin}");
            }
        }
    }

    #[test]
    fn from_outside_only_the_open_routes_answer() {
        for (loopback, peer) in [(true, "127.0.0.1"), (false, "203.0.113.9")] {
            let through = |path| from(peer, path, "calls.example.org");
            for open in [JOIN, "/join/token", "/assets/index.js", "/api/health/live", "/metrics", "/api/openapi.json"] {
                assert_eq!(status(loopback, through(open)), 200, "{open}");
            }
            for closed in [ADMIN, "/", "/api/call-guides/", "/metricsx", "/join/../api/interviews/"] {
                assert_eq!(status(loopback, through(closed)), 401, "{closed}");
            }
            let page = Asked { origin: Some("https://calls.example.org"), ..through(JOIN) };
            assert_eq!(status(loopback, page), 200);
        }
        // Who claims to be local is believed only where it can't be a lie.
        assert_eq!(status(false, from("203.0.113.9", ADMIN, "localhost:8000")), 401);
        assert_eq!(status(false, Asked { peer: None, ..from("::1", ADMIN, "localhost:8000") }), 401);
        let proxied = Asked { forwarded: true, ..from("127.0.0.1", ADMIN, "127.0.0.1:8000") };
        assert_eq!((status(true, proxied), status(false, proxied)), (401, 401));
        assert_eq!(status(true, Asked { path: JOIN, ..proxied }), 200);
    }
}
