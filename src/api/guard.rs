//! Who may call.
//!
//! Bound to a loopback address everybody who reaches us is admin, so no web page may reach us: a request whose Host is
//! not ours (DNS rebinding) or whose Origin is another site's is refused. Bound to anything else, a key would be needed;
//! this version has none to give, so everything but the open routes is refused.

use std::io;
use std::net::TcpListener;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::web;
use reqwest::Url;

use super::Problem;

#[derive(Debug, Clone)]
pub(super) struct Exposure {
    loopback: bool,
    /// Scheme and authority of PUBLIC_URL, such as `https://calls.example.org`.
    public_origin: Option<String>,
}

impl Exposure {
    pub(super) fn of(listener: &TcpListener, public_url: &str) -> io::Result<Self> {
        let public_origin = Url::parse(public_url).ok().map(|url| url.origin().ascii_serialization());
        Ok(Self { loopback: listener.local_addr()?.ip().is_loopback(), public_origin })
    }

    fn check(&self, path: &str, host: Option<&str>, origin: Option<&str>) -> Result<(), Problem> {
        if !self.loopback {
            return if is_open(path) {
                Ok(())
            } else {
                Err(Problem::new(
                    StatusCode::UNAUTHORIZED,
                    "a key is needed here, and this version has none to give: bind to a loopback address (API_HOST)",
                ))
            };
        }
        let host = host.unwrap_or_default();
        let is_public = self.public_origin.as_deref().and_then(authority).is_some_and(|public| public == host);
        if !is_public && !is_local(host) {
            return Err(refused("requests with a foreign Host are refused"));
        }
        match origin {
            None => Ok(()),
            Some(origin) if authority(origin) == Some(host) || self.public_origin.as_deref() == Some(origin) => Ok(()),
            Some(_) => Err(refused("requests with a foreign Origin are refused")),
        }
    }
}

/// Routes that need no key: the join routes carry theirs, the others tell nothing about people.
fn is_open(path: &str) -> bool {
    path == "/metrics" || ["/api/health", "/api/join/", "/join/", "/assets/"].iter().any(|open| path.starts_with(open))
}

/// `host[:port]` of an origin.
fn authority(origin: &str) -> Option<&str> {
    origin.split_once("://").map(|(_, authority)| authority)
}

/// Whether a Host header names this machine itself.
fn is_local(host: &str) -> bool {
    let Ok(url) = Url::parse(&format!("http://{host}/")) else { return false };
    match url.host_str() {
        Some("localhost") => true,
        Some(name) => {
            name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
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
    let verdict = request
        .app_data::<web::Data<Exposure>>()
        .ok_or_else(|| refused("the server was set up without its guard"))
        .and_then(|exposure| exposure.check(request.path(), text(header::HOST), text(header::ORIGIN)));
    match verdict {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(problem) => Ok(request.error_response(problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::Exposure;

    fn loopback() -> Exposure {
        Exposure { loopback: true, public_origin: Some("https://calls.example.org".to_owned()) }
    }

    #[test]
    fn this_machine_and_the_public_name_are_welcome() {
        for host in ["localhost:8000", "127.0.0.1:8000", "127.8.8.8", "[::1]:8000", "calls.example.org"] {
            assert!(loopback().check("/api/interviews/", Some(host), None).is_ok(), "{host}");
        }
        let same = loopback().check("/", Some("localhost:8000"), Some("http://localhost:8000"));
        assert!(same.is_ok());
    }

    #[test]
    fn others_are_not() {
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "?", ""] {
            assert!(loopback().check("/api/interviews/", Some(host), None).is_err(), "{host}");
        }
        assert!(loopback().check("/", None, None).is_err());
        for origin in ["http://evil.example", "null", "http://localhost:3000", "http://localhost:8000.evil.example"] {
            assert!(loopback().check("/", Some("localhost:8000"), Some(origin)).is_err(), "{origin}");
        }
    }

    #[test]
    fn on_the_network_only_open_routes_answer() {
        let network = Exposure { loopback: false, public_origin: None };
        assert!(network.check("/api/health/", Some("any"), None).is_ok());
        assert!(network.check("/api/join/abc/call", Some("any"), None).is_ok());
        assert!(network.check("/api/interviews/", Some("any"), None).is_err());
    }
}
