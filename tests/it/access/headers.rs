//! What browsers are told on every answer, other sites' pages, rate limits.

use entity::Role;
use interviewer::access::{AccessSettings, Quotas};
use reqwest::{Method, RequestBuilder, Response};

use super::keys::new_key;
use crate::api::{App, Setup, problem};
use storage::Actor;

const CONSOLE: &str = "https://console.example.net";

async fn with(access: AccessSettings) -> App {
    App::start_as(Setup { bind: "0.0.0.0", access, ..Setup::default() }).await
}

async fn ask(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

#[actix_web::test]
async fn every_answer_tells_browsers_what_they_may_do() {
    let app = with(AccessSettings { cors_origins: vec![CONSOLE.to_owned()], ..AccessSettings::default() }).await;
    let preflight = app
        .request(Method::OPTIONS, "/api/call-guides/")
        .header("Origin", CONSOLE)
        .header("Access-Control-Request-Method", "POST");
    for request in [
        app.get("/api/health/"),
        app.get("/api/interviews/"),
        app.get("/nothing"),
        app.get("/join/token"),
        app.get("/docs/"),
        app.get("/assets/nothing.js"),
        app.get("/api/health/").header("Origin", "https://evil.example"),
        app.request(Method::PATCH, "/api/health/"),
        preflight,
    ] {
        let answer = ask(request).await;
        let of = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
        assert_eq!(of("x-content-type-options"), "nosniff", "{answer:?}");
        assert_eq!(of("referrer-policy"), "no-referrer", "{answer:?}");
        assert_eq!(of("cross-origin-resource-policy"), "same-origin", "{answer:?}");
        assert!(of("content-security-policy").contains("frame-ancestors 'none'"), "{answer:?}");
        assert_eq!(of("strict-transport-security"), "", "no https, no promise of it");
    }
    app.stop().await;
}

#[actix_web::test]
async fn other_sites_pages_ask_only_where_the_operator_says_so() {
    let app = with(AccessSettings { cors_origins: vec![CONSOLE.to_owned()], ..AccessSettings::default() }).await;
    let (_, key) = app.storage.keys().create(new_key(Role::Viewer), Actor::ENGINE).await.unwrap();
    let answer = ask(app.get("/api/call-guides/").header("Origin", CONSOLE).bearer_auth(&key)).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["access-control-allow-origin"], CONSOLE);
    assert!(answer.headers().get("access-control-allow-credentials").is_none(), "cookies are not for other sites");
    let preflight = |origin: &'static str| {
        app.request(Method::OPTIONS, "/api/call-guides/")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "authorization,content-type,idempotency-key,if-match")
    };
    let allowed = ask(preflight(CONSOLE)).await;
    assert_eq!(allowed.status(), 200);
    assert_eq!(allowed.headers()["access-control-allow-origin"], CONSOLE);
    for evil in ["https://evil.example", "https://console.example.net.evil.example", "null"] {
        let refused = ask(preflight(evil)).await;
        assert!(refused.headers().get("access-control-allow-origin").is_none(), "{refused:?}");
        assert!(refused.status().is_client_error(), "{refused:?}");
        let refused = ask(app.get("/api/call-guides/").header("Origin", evil).bearer_auth(&key)).await;
        assert!(refused.headers().get("access-control-allow-origin").is_none());
        problem(refused, 403).await;
    }
    // An error of ours can be read by that page as well.
    let unknown = ask(app.get("/api/call-guides/").header("Origin", CONSOLE)).await;
    assert_eq!(unknown.headers()["access-control-allow-origin"], CONSOLE);
    problem(unknown, 401).await;
    app.stop().await;

    let closed = App::start().await;
    let refused = ask(closed
        .request(Method::OPTIONS, "/api/call-guides/")
        .header("Origin", CONSOLE)
        .header("Access-Control-Request-Method", "POST"))
    .await;
    assert!(refused.headers().get("access-control-allow-origin").is_none());
    assert!(refused.status().is_client_error(), "{refused:?}");
    closed.stop().await;
}

#[actix_web::test]
async fn who_asks_too_often_waits_and_nobody_else_does() {
    let quotas = Quotas { requests: 5, logins: 5 };
    let app = with(AccessSettings { quotas, ..AccessSettings::default() }).await;
    let (_, one) = app.storage.keys().create(new_key(Role::Viewer), Actor::ENGINE).await.unwrap();
    let (_, other) = app.storage.keys().create(new_key(Role::Viewer), Actor::ENGINE).await.unwrap();
    for left in (0..5).rev() {
        let answer = ask(app.get("/api/call-guides/").bearer_auth(&one)).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["ratelimit-policy"], "\"minute\";q=5;w=60");
        let standing = answer.headers()["ratelimit"].to_str().unwrap();
        assert!(standing.starts_with(&format!("\"minute\";r={left};t=")), "{standing}");
    }
    let refused = ask(app.get("/api/call-guides/").bearer_auth(&one)).await;
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=12).contains(&wait), "{wait}");
    assert!(refused.headers()["ratelimit"].to_str().unwrap().starts_with("\"minute\";r=0;"));
    problem(refused, 429).await;
    assert_eq!(ask(app.get("/api/call-guides/").bearer_auth(&other)).await.status(), 200);
    // Guesses are counted by address.
    let mut guesses = Vec::new();
    for _ in 0..6 {
        guesses.push(ask(app.get("/api/call-guides/").bearer_auth("ei_no_key")).await.status().as_u16());
    }
    assert_eq!(guesses, [401, 401, 401, 401, 401, 429]);
    app.stop().await;

    let here =
        App::start_as(Setup { access: AccessSettings { quotas, ..AccessSettings::default() }, ..Setup::default() });
    let here = here.await;
    for _ in 0..20 {
        assert_eq!(ask(here.get("/api/call-guides/")).await.status(), 200, "whoever sits here is not counted");
    }
    here.stop().await;
}
