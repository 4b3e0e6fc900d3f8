//! Tests of the guard.

use super::*;
use crate::access::TrustedProxies;

const ADMIN: &str = "/api/interviews/";
const JOIN: &str = "/api/join/token/call";
const PUBLIC: &str = "https://calls.example.org";

fn bound_to(bind: &str, public_url: &str, proxies: &[&str]) -> Exposure {
    let access = AccessSettings {
        cors_origins: vec!["https://console.example.net".to_owned()],
        trusted_proxies: TrustedProxies::read(proxies.iter().copied()).unwrap(),
        ..AccessSettings::default()
    };
    Exposure::of(&TcpListener::bind((bind, 0)).unwrap(), public_url, &access).unwrap()
}

/// Returns the exposure of an engine that serves this machine only.
fn alone() -> Exposure {
    bound_to("127.0.0.1", "http://127.0.0.1:8000", &[])
}

/// Returns every way in which an engine can be reached from elsewhere.
fn exposed() -> [(&'static str, Exposure); 4] {
    [
        ("bound to every address", bound_to("0.0.0.0", "", &[])),
        ("PUBLIC_URL names another host", bound_to("127.0.0.1", PUBLIC, &[])),
        ("TRUSTED_PROXIES is set", bound_to("127.0.0.1", "http://localhost:8000", &["10.0.0.0/24"])),
        ("all of it", bound_to("0.0.0.0", PUBLIC, &["127.0.0.1"])),
    ]
}

fn from(peer: &str, path: &'static str, host: &'static str) -> Asked<'static> {
    Asked { path, peer: Some(peer.parse().unwrap()), host: Some(host), ..Asked::default() }
}

/// Returns the status that a request without a key receives.
fn status(exposure: &Exposure, asked: Asked<'_>) -> u16 {
    use actix_web::ResponseError as _;
    match exposure.check(asked) {
        Ok(Entrance { open: false, local: false, .. }) => 401,
        Ok(_) => 200,
        Err(problem) => problem.status_code().as_u16(),
    }
}

#[test]
fn this_machine_may_ask_for_anything_while_nobody_else_can() {
    let hosts = ["localhost:8000", "127.0.0.1:8000", "127.8.8.8", "[::1]:8000"];
    for host in hosts {
        for peer in ["127.0.0.1", "::ffff:127.0.0.1"] {
            assert_eq!(status(&alone(), from(peer, ADMIN, host)), 200, "{host}");
        }
    }
    let same = Asked { origin: Some("http://localhost:8000"), ..from("::1", "/", "localhost:8000") };
    assert_eq!(status(&alone(), same), 200);
    // This is a visitor whose request a proxy has made look exactly like a local one.
    for (how, exposure) in exposed() {
        for host in hosts {
            for path in [ADMIN, "/", "/metrics", "/api/keys/", "/api/audit/", "/api/users/"] {
                assert_eq!(status(&exposure, from("127.0.0.1", path, host)), 401, "{how}: {path} at {host}");
            }
        }
        assert_eq!(status(&exposure, same), 401, "{how}");
    }
}

#[test]
fn no_page_of_another_site_reaches_in() {
    let alone = alone();
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "?", ""] {
        for path in [ADMIN, JOIN] {
            assert_eq!(status(&alone, from("127.0.0.1", path, host)), 403, "{host}");
        }
    }
    assert_eq!(status(&alone, Asked { host: None, ..from("127.0.0.1", "/", "") }), 403);
    for origin in ["http://evil.example", "null", "http://localhost:3000", "http://localhost:8000.evil.example"] {
        for path in [ADMIN, JOIN] {
            let asked = Asked { origin: Some(origin), ..from("127.0.0.1", path, "localhost:8000") };
            assert_eq!(status(&alone, asked), 403, "{origin}");
            for (how, exposure) in exposed() {
                assert_eq!(status(&exposure, asked), 403, "{how}: {origin}");
            }
        }
    }
}

#[test]
fn a_page_that_may_ask_needs_a_key_even_at_this_machine() {
    let asked = Asked { origin: Some("https://console.example.net"), ..from("127.0.0.1", ADMIN, "localhost:8000") };
    assert_eq!(status(&alone(), asked), 401);
    assert!(!alone().check(asked).unwrap().own_page);
}

#[test]
fn from_outside_only_the_open_routes_answer() {
    for (exposure, peer) in
        [(bound_to("127.0.0.1", PUBLIC, &[]), "127.0.0.1"), (bound_to("0.0.0.0", PUBLIC, &[]), "203.0.113.9")]
    {
        let through = |path| from(peer, path, "calls.example.org");
        let any_token = "/api/join/0..0/events";
        let read = ["/api/health/live", "/api/openapi.json", "/api/auth/methods"];
        let pages = [JOIN, any_token, "/join/token", "/console", "/console/guides", "/assets/a.js"];
        for open in pages.into_iter().chain(read) {
            assert_eq!(status(&exposure, through(open)), 200, "{open}");
        }
        let way_up = "/join/../api/interviews/";
        for closed in [ADMIN, "/", "/api/call-guides/", "/metrics", "/consoles", way_up, "/api/auth/me"] {
            assert_eq!(status(&exposure, through(closed)), 401, "{closed}");
        }
        let page = Asked { origin: Some(PUBLIC), ..through(JOIN) };
        assert_eq!(status(&exposure, page), 200);
    }
    // A claim to be local is believed only where it cannot be forged.
    assert_eq!(status(&bound_to("0.0.0.0", "", &[]), from("203.0.113.9", ADMIN, "localhost:8000")), 401);
    assert_eq!(status(&alone(), Asked { peer: None, ..from("::1", ADMIN, "localhost:8000") }), 401);
    let proxied = Asked { forwarded: true, ..from("127.0.0.1", ADMIN, "127.0.0.1:8000") };
    assert_eq!(status(&alone(), proxied), 401);
    assert_eq!(status(&alone(), Asked { path: JOIN, ..proxied }), 200);
}
