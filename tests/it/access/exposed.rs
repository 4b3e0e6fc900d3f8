//! An engine that anything beyond this machine is meant to reach asks everybody for a key, whatever a proxy has made of the
//! request.

use entity::Role;
use interviewer::access::{AccessSettings, TrustedProxies};
use reqwest::{Method, RequestBuilder};
use storage::Actor;

use super::keys::new_key;
use crate::api::{App, Setup, problem};

/// Routes of every sort: reading, writing, an admin's, a page, metrics.
const ROUTES: [(Method, &str); 9] = [
    (Method::GET, "/api/interviews/"),
    (Method::GET, "/api/keys/"),
    (Method::GET, "/api/audit/"),
    (Method::GET, "/api/users/"),
    (Method::GET, "/api/respondents/somebody/personal-data"),
    (Method::POST, "/api/call-guides/"),
    (Method::POST, "/api/keys/"),
    (Method::GET, "/"),
    (Method::GET, "/metrics"),
];

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

/// As a visitor's request looks behind a proxy that rewrites Host and adds none of the usual headers: like this machine's.
fn stripped(app: &App, method: Method, path: &str) -> RequestBuilder {
    app.request(method, path).header("Host", "127.0.0.1:8000")
}

fn trusting(proxy: &str) -> AccessSettings {
    AccessSettings { trusted_proxies: TrustedProxies::read([proxy]).unwrap(), ..AccessSettings::default() }
}

#[actix_web::test]
async fn a_proxy_that_strips_everything_makes_nobody_an_admin() {
    for (how, setup) in [
        ("PUBLIC_URL", Setup { public_url: Some("https://calls.example.org"), ..Setup::default() }),
        ("TRUSTED_PROXIES", Setup { access: trusting("10.0.0.0/24"), ..Setup::default() }),
        (
            "both",
            Setup { public_url: Some("https://calls.example.org"), access: trusting("127.0.0.1"), ..Setup::default() },
        ),
        ("API_HOST", Setup { bind: "0.0.0.0", ..Setup::default() }),
    ] {
        let app = App::start_as(setup).await;
        for (method, path) in ROUTES {
            let refused = stripped(&app, method.clone(), path).send().await.unwrap();
            let document = problem(refused, 401).await;
            let kind = if path == "/metrics" { "metrics-token-required" } else { "key-required" };
            assert_eq!(document["type"], format!("/problems/{kind}"), "{how}: {method} {path}");
        }
        for open in ["/api/health/live", "/api/openapi.json", "/join/token", "/problems/"] {
            assert_ne!(status(stripped(&app, Method::GET, open)).await, 401, "{how}: {open}");
        }
        let (_, key) = app.storage.keys().create(new_key(Role::Admin), Actor::ENGINE).await.unwrap();
        assert_eq!(status(stripped(&app, Method::GET, "/api/keys/").bearer_auth(&key)).await, 200, "{how}");
        app.stop().await;
    }
}

#[actix_web::test]
async fn metrics_tell_of_all_workspaces_and_so_only_the_default_one_may_read_them() {
    let app = App::start_as(Setup { bind: "0.0.0.0", ..Setup::default() }).await;
    let foreign = app.storage.of(app.storage.workspaces().create("foreign", Actor::ENGINE).await.unwrap().id);
    let (_, own) = app.storage.keys().create(new_key(Role::Viewer), Actor::ENGINE).await.unwrap();
    let (_, other) = foreign.keys().create(new_key(Role::Admin), Actor::ENGINE).await.unwrap();
    problem(app.get("/metrics").send().await.unwrap(), 401).await;
    problem(app.get("/metrics").bearer_auth("ei_no_key").send().await.unwrap(), 401).await;
    problem(app.get("/metrics").bearer_auth(&other).send().await.unwrap(), 401).await;
    assert_eq!(status(app.get("/metrics").bearer_auth(&own)).await, 200);
    app.stop().await;

    let access = AccessSettings { metrics_token: "for prometheus".to_owned(), ..AccessSettings::default() };
    for bind in ["127.0.0.1", "0.0.0.0"] {
        let app = App::start_as(Setup { bind, access: access.clone(), ..Setup::default() }).await;
        problem(app.get("/metrics").send().await.unwrap(), 401).await;
        problem(app.get("/metrics").bearer_auth("for prometheu").send().await.unwrap(), 401).await;
        assert_eq!(status(app.get("/metrics").bearer_auth("for prometheus")).await, 200, "{bind}");
        let (_, key) = app.storage.keys().create(new_key(Role::Viewer), Actor::ENGINE).await.unwrap();
        assert_eq!(status(app.get("/metrics").bearer_auth(&key)).await, 200, "{bind}: a key will do");
        problem(app.get("/api/interviews/").bearer_auth("for prometheus").send().await.unwrap(), 401).await;
        app.stop().await;
    }
}

#[actix_web::test]
async fn only_a_proxy_that_the_operator_trusts_says_who_asks() {
    use interviewer::access::Quotas;
    let quotas = Quotas { requests: 3, logins: 100 };
    let ask =
        async |app: &App, header: &str, value: &str| status(app.get("/api/interviews/").header(header, value)).await;
    let trusting = AccessSettings { quotas, ..trusting("127.0.0.1") };
    let app = App::start_as(Setup { access: trusting, ..Setup::default() }).await;
    for (header, spoofed) in
        [("X-Forwarded-For", "192.0.2.7, 203.0.113.1"), ("Forwarded", "for=192.0.2.7, for=203.0.113.2")]
    {
        for _ in 0..3 {
            assert_eq!(ask(&app, header, spoofed).await, 401);
        }
        // What stands before the last entry is the client's own invention.
        assert_eq!(ask(&app, header, &spoofed.replace("192.0.2.7", "192.0.2.8")).await, 429, "{header}");
        assert_eq!(
            ask(&app, header, &spoofed.replace("203.0.113", "198.51.100")).await,
            401,
            "{header}: somebody else"
        );
    }
    app.stop().await;

    // Nobody has named a proxy: every value of the header is one and the same caller.
    let untrusting = AccessSettings { quotas, ..AccessSettings::default() };
    let app = App::start_as(Setup { bind: "0.0.0.0", access: untrusting, ..Setup::default() }).await;
    for last in 1..=3 {
        assert_eq!(ask(&app, "X-Forwarded-For", &format!("203.0.113.{last}")).await, 401);
    }
    assert_eq!(ask(&app, "X-Forwarded-For", "203.0.113.4").await, 429);
    app.stop().await;
}
