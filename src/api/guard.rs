//! The identification of the caller, and the decision whether the request is let in.
//!
//! While the engine serves this machine only, every local request acts as an admin. That is so as
//! long as the engine is bound to a loopback address, PUBLIC_URL names no other host, and
//! TRUSTED_PROXIES is empty. A request is local if its peer address and its Host header are
//! loopback, if it carries no header that a proxy adds, and if no page of another site sent it. So
//! no web page can reach the engine by its Origin or by DNS rebinding.
//!
//! As soon as other machines are meant to reach the engine, every request needs a key or a session,
//! wherever it seems to come from, because a proxy may rewrite Host and strip the other headers.
//! Only the open routes are excepted: joining, whose token is the key, and routes that tell nothing
//! about people. A request with a key is judged by that key, wherever it comes from.
//!
//! Owns: this decision, and the rate limits, which are applied before anything is looked up. Never
//! does: decide what a role may do (the signatures of the handlers do).

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
use super::root::{METRICS, shows_token, token_wanted};
use super::{AppState, Kind, Problem, limits};
use crate::access::AccessSettings;
use crate::access::limits::Who;
use crate::config::network::{is_loopback, needs_key};

/// The headers by which proxies mark a request that they forward.
const FORWARDED: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

#[derive(Debug, Clone)]
pub(super) struct Exposure {
    /// The engine is bound to a loopback address. A request with another Host then comes from a
    /// page of another site.
    loopback: bool,
    /// No other machine is meant to reach the engine.
    alone: bool,
    /// The scheme and the authority of PUBLIC_URL, such as `https://calls.example.org`.
    public_origin: Option<String>,
    /// The origins of other sites whose pages may send requests (CORS_ORIGINS). They need a key. A
    /// session cookie is not accepted from them.
    allowed_origins: Vec<String>,
}

/// The properties of a request that the decision depends on.
#[derive(Debug, Clone, Copy, Default)]
struct Asked<'r> {
    path: &'r str,
    peer: Option<IpAddr>,
    host: Option<&'r str>,
    origin: Option<&'r str>,
    forwarded: bool,
}

/// Where a request comes from, and what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entrance {
    /// The route needs no credentials.
    open: bool,
    /// The request comes from this machine, while the engine serves this machine only.
    local: bool,
    /// The request comes from a page of this engine.
    own_page: bool,
}

impl Exposure {
    pub(super) fn of(listener: &TcpListener, public_url: &str, access: &AccessSettings) -> io::Result<Self> {
        let public_origin = Url::parse(public_url).ok().map(|url| url.origin().ascii_serialization());
        let bound = listener.local_addr()?.ip();
        Ok(Self {
            loopback: bound.is_loopback(),
            alone: !needs_key(bound, public_url, !access.trusted_proxies.is_empty()),
            public_origin,
            allowed_origins: access.cors_origins.clone(),
        })
    }

    /// Refuses a request that no key could make acceptable.
    fn check(&self, asked: Asked<'_>) -> Result<Entrance, Problem> {
        let host = asked.host.unwrap_or_default();
        let is_public = self.public_origin.as_deref().and_then(authority).is_some_and(|public| public == host);
        if self.loopback && !is_public && !is_local(host) {
            return Err(Problem::new(Kind::ForeignHost, "Requests with a foreign Host are refused."));
        }
        let ours = |origin: &str| authority(origin) == Some(host) || self.public_origin.as_deref() == Some(origin);
        let own_page = asked.origin.is_some_and(ours);
        let allowed = |origin| self.allowed_origins.iter().any(|allowed| allowed == origin);
        if asked.origin.is_some_and(|origin| !own_page && !allowed(origin)) {
            return Err(Problem::new(Kind::ForeignOrigin, "Requests with a foreign Origin are refused."));
        }
        let from_here = asked.peer.is_some_and(|peer| peer.to_canonical().is_loopback());
        // A page of another site needs a key, even if it is open in a browser on this machine.
        let other_page = asked.origin.is_some() && !own_page;
        let local = self.alone && from_here && is_local(host) && !asked.forwarded && !other_page;
        Ok(Entrance { open: is_open(asked.path), local, own_page })
    }
}

/// Routes that need no key: the join routes carry their own, signing in is how a caller gets one,
/// and the others tell nothing about people. The console's page is among them, because people sign
/// in there, and it has to ask for everything that it shows.
pub(super) fn is_open(path: &str) -> bool {
    const ROUTES: [&str; 6] =
        ["/api/openapi.json", "/favicon.ico", "/api/auth/login", "/api/auth/methods", "/problems", "/console"];
    const BELOW: [&str; 8] =
        ["/api/health", "/api/join/", "/join/", "/console/", "/assets/", "/docs", "/problems/", "/api/auth/oidc/"];
    // A path with `..` matches none of these routes.
    path.split('/').all(|segment| segment != "..")
        && (ROUTES.contains(&path) || BELOW.iter().any(|open| path.starts_with(open)))
}

/// Returns the `host[:port]` of an origin.
fn authority(origin: &str) -> Option<&str> {
    origin.split_once("://").map(|(_, authority)| authority)
}

/// Returns true if a Host header names this machine.
fn is_local(host: &str) -> bool {
    Url::parse(&format!("http://{host}/")).is_ok_and(|url| url.host_str().is_some_and(is_loopback))
}

fn unknown() -> Problem {
    let detail = "A key is required here, as `Authorization: Bearer …` or `X-API-Key: …`. `interviewer key \
                  create` on the engine's own machine creates a key, and POST /api/auth/login starts a session.";
    Problem::new(Kind::KeyRequired, detail)
}

/// Returns the credentials of a request, as far as the route needs any. A cookie that holds no
/// session token is left over from something else and is ignored.
fn shown(state: &AppState, request: &ServiceRequest, entrance: Entrance) -> Result<Option<Credentials>, Problem> {
    if entrance.open {
        return Ok(None);
    }
    Ok(Credentials::of(request.headers())?.filter(|shown| match shown {
        Credentials::Cookie(token) => state.access.tokens.read(token).is_some(),
        Credentials::Key(_) | Credentials::Token(_) => true,
    }))
}

/// Returns the name under which a request is counted, as far as it is known without a look-up. It
/// is the name of a key or session that was valid a moment ago, or else the client's address. A
/// local request is not counted.
fn counted(state: &AppState, request: &ServiceRequest, entrance: Entrance, shown: Option<&Credentials>) -> Option<Who> {
    let known = match shown {
        None if entrance.local => return None,
        None => None,
        Some(Credentials::Key(shown) | Credentials::Token(shown) | Credentials::Cookie(shown)) => {
            state.access.recognised.who(shown)
        }
    };
    known.or_else(|| limits::client_address(request.request()).map(Who::at))
}

/// Identifies the caller, as far as the route needs it.
async fn identify(
    state: &AppState,
    request: &ServiceRequest,
    entrance: Entrance,
    shown: Option<Credentials>,
) -> Result<Option<Identity>, Problem> {
    match shown {
        Some(Credentials::Cookie(token)) => {
            // A cookie whose session has ended is ignored as well.
            if let Some(identity) = state.recognise_session(&token).await? {
                // A browser adds cookies to the requests of any page. Only Origin shows that a page
                // of this engine sent the request.
                if !request.method().is_safe() && !entrance.own_page {
                    let detail =
                        "With a session cookie, changes are accepted from this engine's own pages only (Origin).";
                    return Err(Problem::new(Kind::ForeignOrigin, detail));
                }
                return Ok(Some(identity));
            }
        }
        Some(explicit) => {
            let identity = state.recognise(&explicit).await?;
            let detail = "This key or token is unknown, has expired or was revoked.";
            let refused = || Problem::new(Kind::KeyNotValid, detail);
            return identity.map(Some).ok_or_else(refused);
        }
        None => {}
    }
    if entrance.local {
        return Ok(Some(Identity::local()));
    }
    if entrance.open { Ok(None) } else { Err(unknown()) }
}

/// Opens `/metrics`, which covers all workspaces, to METRICS_TOKEN. A key of the default workspace
/// opens it as well.
fn measuring(state: &AppState, request: &ServiceRequest, entrance: Entrance) -> Entrance {
    let token = &state.access.settings.metrics_token;
    if token.is_empty() {
        return entrance;
    }
    Entrance { open: shows_token(token, request.headers()), local: false, ..entrance }
}

fn may_measure(identity: Result<Option<Identity>, Problem>) -> Result<Option<Identity>, Problem> {
    match identity {
        Ok(Some(identity)) if identity.workspace != migration::DEFAULT_WORKSPACE => Err(token_wanted()),
        Err(problem) if problem.is(Kind::KeyRequired) || problem.is(Kind::KeyNotValid) => Err(token_wanted()),
        other => other,
    }
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
        // HTTP/2 has an authority instead of a Host header.
        host: text(header::HOST).or_else(|| request.uri().authority().map(actix_web::http::uri::Authority::as_str)),
        origin: text(header::ORIGIN),
        forwarded: FORWARDED.iter().any(|name| request.headers().contains_key(*name)),
    };
    let (Some(exposure), Some(state)) =
        (request.app_data::<web::Data<Exposure>>().cloned(), request.app_data::<web::Data<AppState>>().cloned())
    else {
        return Ok(
            request.error_response(Problem::new(Kind::InternalError, "The server was set up without its guard."))
        );
    };
    let measures = asked.path == METRICS;
    let entrance = exposure.check(asked);
    let entrance = entrance.map(|found| if measures { measuring(&state, &request, found) } else { found });
    let shown = match entrance {
        Ok(entrance) => shown(&state, &request, entrance).map(|shown| (entrance, shown)),
        Err(problem) => Err(problem),
    };
    let who = match &shown {
        Ok((entrance, shown)) => counted(&state, &request, *entrance, shown.as_ref()),
        Err(_) => limits::client_address(request.request()).map(Who::at),
    };
    let mut status = who.and_then(|who| state.access.limits.request(&who));
    if let Some(seconds) = status.and_then(|status| status.retry_after_s) {
        return Ok(limits::told(request.error_response(limits::too_many(seconds)), status));
    }
    let verdict = match shown {
        Ok((entrance, shown)) => identify(&state, &request, entrance, shown).await,
        Err(problem) => Err(problem),
    };
    let verdict = if measures { may_measure(verdict) } else { verdict };
    if let Ok(Some(identity)) = &verdict
        && identity.counted != who
    {
        // The credentials are valid, so the request counts for its caller and not as a guess.
        if let Some(who) = &who {
            state.access.limits.uncount(who);
        }
        status = identity.counted.and_then(|who| state.access.limits.request(&who));
    }
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
#[path = "guard_tests.rs"]
mod tests;
