//! Who asks, and whether they may come in.
//!
//! Bound to a loopback address, everybody at this machine itself is admin: the request's peer is a loopback address, its
//! Host names loopback, no proxy says that it carries it for somebody else, and no other site's page sent it. So no web
//! page can reach in, by its Origin or by DNS rebinding, and no reverse proxy lets anybody in by accident. From anywhere
//! else, and everywhere when bound to another address, a key or a session is needed but for the open routes: joining,
//! whose token is the key, and what tells nothing about people. Whoever presents a key is judged by it, wherever from.
//!
//! Owns: this judgement, and that nobody asks too often. Never does: say what a role may do (the handlers'
//! signatures do).

use std::io;
use std::net::{IpAddr, TcpListener};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{HttpMessage as _, web};
use reqwest::Url;

use super::caller::Identity;
use super::credentials::Credentials;
use super::{AppState, Kind, Problem, limits};
use crate::access::limits::Who;
use crate::config::network::is_loopback;

/// Names under which proxies tell that a request is somebody else's.
const FORWARDED: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

#[derive(Debug, Clone)]
pub(super) struct Exposure {
    /// Bound to a loopback address: whoever comes under another name than ours came through somebody's page.
    loopback: bool,
    /// Scheme and authority of PUBLIC_URL, such as `https://calls.example.org`.
    public_origin: Option<String>,
    /// Other sites' pages that may ask (CORS_ORIGINS): with a key of their own, never with a session's cookie.
    allowed_origins: Vec<String>,
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

/// From where somebody asks, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entrance {
    /// Nobody needs to be known here.
    open: bool,
    /// From this machine itself, while we are this machine's alone.
    local: bool,
    /// From a page of ours.
    own_page: bool,
}

impl Exposure {
    pub(super) fn of(listener: &TcpListener, public_url: &str, allowed_origins: &[String]) -> io::Result<Self> {
        let public_origin = Url::parse(public_url).ok().map(|url| url.origin().ascii_serialization());
        let loopback = listener.local_addr()?.ip().is_loopback();
        Ok(Self { loopback, public_origin, allowed_origins: allowed_origins.to_vec() })
    }

    /// Refuses what no key could make good.
    fn check(&self, asked: Asked<'_>) -> Result<Entrance, Problem> {
        let host = asked.host.unwrap_or_default();
        let is_public = self.public_origin.as_deref().and_then(authority).is_some_and(|public| public == host);
        if self.loopback && !is_public && !is_local(host) {
            return Err(Problem::new(Kind::ForeignHost, "requests with a foreign Host are refused"));
        }
        let ours = |origin: &str| authority(origin) == Some(host) || self.public_origin.as_deref() == Some(origin);
        let own_page = asked.origin.is_some_and(ours);
        let allowed = |origin| self.allowed_origins.iter().any(|allowed| allowed == origin);
        if asked.origin.is_some_and(|origin| !own_page && !allowed(origin)) {
            return Err(Problem::new(Kind::ForeignOrigin, "requests with a foreign Origin are refused"));
        }
        let from_here = asked.peer.is_some_and(|peer| peer.to_canonical().is_loopback());
        // A page that may ask with a key of its own gets no further for being opened at this machine.
        let other_page = asked.origin.is_some() && !own_page;
        let local = self.loopback && from_here && is_local(host) && !asked.forwarded && !other_page;
        Ok(Entrance { open: is_open(asked.path), local, own_page })
    }
}

/// Routes that need no key: the join routes carry theirs, signing in is how to get one, `/metrics` may have a token of its
/// own, the others tell nothing about people.
pub(super) fn is_open(path: &str) -> bool {
    const ROUTES: [&str; 5] = ["/metrics", "/api/openapi.json", "/favicon.ico", "/api/auth/login", "/problems"];
    const BELOW: [&str; 7] =
        ["/api/health", "/api/join/", "/join/", "/assets/", "/docs", "/problems/", "/api/auth/oidc/"];
    // What looks like a way up is no way of ours.
    path.split('/').all(|segment| segment != "..")
        && (ROUTES.contains(&path) || BELOW.iter().any(|open| path.starts_with(open)))
}

/// `host[:port]` of an origin.
fn authority(origin: &str) -> Option<&str> {
    origin.split_once("://").map(|(_, authority)| authority)
}

/// Whether a Host header names this machine itself.
fn is_local(host: &str) -> bool {
    Url::parse(&format!("http://{host}/")).is_ok_and(|url| url.host_str().is_some_and(is_loopback))
}

fn unknown() -> Problem {
    let detail = "a key is needed here, as `Authorization: Bearer …` or `X-API-Key: …`; `interviewer key create` at the \
                  engine's own machine makes one, POST /api/auth/login gives a user a session";
    Problem::new(Kind::KeyRequired, detail)
}

/// Who it is, as far as that is asked for.
async fn identify(state: &AppState, request: &ServiceRequest, entrance: Entrance) -> Result<Option<Identity>, Problem> {
    if !entrance.open {
        match Credentials::of(request.headers())? {
            Some(Credentials::Cookie(token)) => {
                // Worthless cookies are left over from a session that ended: they say nothing.
                if let Some(identity) = state.recognise_session(&token).await? {
                    // A browser adds cookies to what any page sends; that a page of ours sent it, only Origin tells.
                    if !request.method().is_safe() && !entrance.own_page {
                        let detail = "with a session's cookie, changes are taken from our own pages only (Origin)";
                        return Err(Problem::new(Kind::ForeignOrigin, detail));
                    }
                    return Ok(Some(identity));
                }
            }
            Some(explicit) => {
                let identity = state.recognise(&explicit).await?;
                let detail = "this key or token is not known, has expired or was withdrawn";
                let refused = || Problem::new(Kind::KeyNotValid, detail);
                return identity.map(Some).ok_or_else(refused);
            }
            None => {}
        }
    }
    if entrance.local {
        return Ok(Some(Identity::local()));
    }
    if entrance.open { Ok(None) } else { Err(unknown()) }
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
    let (Some(exposure), Some(state)) =
        (request.app_data::<web::Data<Exposure>>().cloned(), request.app_data::<web::Data<AppState>>().cloned())
    else {
        return Ok(request.error_response(Problem::new(Kind::InternalError, "the server was set up without its guard")));
    };
    let verdict = match exposure.check(asked) {
        Ok(entrance) => identify(&state, &request, entrance).await,
        Err(problem) => Err(problem),
    };
    let who = match &verdict {
        Ok(Some(identity)) => identity.counted.clone(),
        // Guessing keys counts, too.
        _ => limits::client_address(request.request()).map(Who::at),
    };
    let status = who.and_then(|who| state.access.limits.request(&who));
    let response = match (status.and_then(|status| status.retry_after_s), verdict) {
        (Some(seconds), _) => request.error_response(limits::too_many(seconds)),
        (None, Ok(identity)) => {
            if let Some(identity) = identity {
                request.extensions_mut().insert(identity);
            }
            next.call(request).await?.map_into_boxed_body()
        }
        (None, Err(problem)) => request.error_response(problem),
    };
    Ok(limits::told(response, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADMIN: &str = "/api/interviews/";
    const JOIN: &str = "/api/join/token/call";

    fn bound_to(loopback: bool) -> Exposure {
        let public_origin = Some("https://calls.example.org".to_owned());
        Exposure { loopback, public_origin, allowed_origins: vec!["https://console.example.net".to_owned()] }
    }

    fn from(peer: &str, path: &'static str, host: &'static str) -> Asked<'static> {
        Asked { path, peer: Some(peer.parse().unwrap()), host: Some(host), ..Asked::default() }
    }

    /// What somebody without any key gets.
    fn status(loopback: bool, asked: Asked<'_>) -> u16 {
        use actix_web::ResponseError as _;
        match bound_to(loopback).check(asked) {
            Ok(Entrance { open: false, local: false, .. }) => 401,
            Ok(_) => 200,
            Err(problem) => problem.status_code().as_u16(),
        }
    }

    #[test]
    fn this_machine_may_ask_for_anything_while_nobody_else_can() {
        for (loopback, expected) in [(true, 200), (false, 401)] {
            for host in ["localhost:8000", "127.0.0.1:8000", "127.8.8.8", "[::1]:8000"] {
                assert_eq!(status(loopback, from("127.0.0.1", ADMIN, host)), expected, "{host}");
                assert_eq!(status(loopback, from("::ffff:127.0.0.1", ADMIN, host)), expected, "{host}");
            }
            let same = Asked { origin: Some("http://localhost:8000"), ..from("::1", "/", "localhost:8000") };
            assert_eq!(status(loopback, same), expected);
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
    fn a_page_that_may_ask_needs_a_key_even_at_this_machine() {
        let asked = Asked { origin: Some("https://console.example.net"), ..from("127.0.0.1", ADMIN, "localhost:8000") };
        assert_eq!(status(true, asked), 401);
        assert!(!bound_to(true).check(asked).unwrap().own_page);
    }

    #[test]
    fn from_outside_only_the_open_routes_answer() {
        for (loopback, peer) in [(true, "127.0.0.1"), (false, "203.0.113.9")] {
            let through = |path| from(peer, path, "calls.example.org");
            let any_token = "/api/join/0..0/events";
            for open in
                [JOIN, any_token, "/join/token", "/assets/a.js", "/api/health/live", "/metrics", "/api/openapi.json"]
            {
                assert_eq!(status(loopback, through(open)), 200, "{open}");
            }
            for closed in [ADMIN, "/", "/api/call-guides/", "/metricsx", "/join/../api/interviews/", "/api/auth/me"] {
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
