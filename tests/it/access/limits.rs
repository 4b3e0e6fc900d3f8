//! Whoever guesses is slowed, keeps nobody else out, costs no look-up, and makes no memory grow.

use std::net::IpAddr;

use entity::Role;
use interviewer::access::limits::MOST_BUCKETS;
use interviewer::access::{AccessSettings, Quotas, TrustedProxies, passwords};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use storage::{Actor, NewUser};

use super::keys::new_key;
use crate::api::{App, Setup, problem};

const PASSWORD: &str = "correct horse battery";
const EMAIL: &str = "dana@example.org";

/// Behind a proxy, so that a test can ask from any address.
async fn behind_a_proxy(quotas: Quotas) -> App {
    let trusted_proxies = TrustedProxies::read(["127.0.0.1"]).unwrap();
    let access = AccessSettings { quotas, trusted_proxies, ..AccessSettings::default() };
    App::start_as(Setup { access, ..Setup::default() }).await
}

async fn add_dana(app: &App) {
    let new = NewUser {
        email: EMAIL.to_owned(),
        name: "Dana".to_owned(),
        role: Role::Viewer,
        password_hash: Some(passwords::hash(PASSWORD).unwrap()),
        oidc: None,
    };
    app.storage.users().create(new, Actor::ENGINE).await.unwrap();
}

fn from(request: RequestBuilder, address: &str) -> RequestBuilder {
    request.header("X-Forwarded-For", address)
}

async fn sign_in(app: &App, address: &str, email: &str, password: &str) -> Response {
    let body = json!({ "email": email, "password": password });
    from(app.request(Method::POST, "/api/auth/login"), address).json(&body).send().await.unwrap()
}

fn wait(answer: &Response) -> u64 {
    answer.headers()["retry-after"].to_str().unwrap().parse().unwrap()
}

#[actix_web::test]
async fn wrong_passwords_from_one_address_keep_nobody_out_from_another() {
    let app = behind_a_proxy(Quotas { requests: 6_000, logins: 1_000 }).await;
    add_dana(&app).await;
    let mut refused = 0;
    for _ in 0..10 {
        let answer = sign_in(&app, "203.0.113.66", EMAIL, "wrong wrong wrong").await;
        if answer.status() == 429 {
            assert!(wait(&answer) >= 1);
            refused += 1;
        } else {
            problem(answer, 401).await;
        }
    }
    assert!(refused >= 3, "pauses begin after five attempts: {refused} of ten were refused");
    // Even the right one has to wait there, and nowhere else.
    problem(sign_in(&app, "203.0.113.66", EMAIL, PASSWORD).await, 429).await;
    assert_eq!(sign_in(&app, "203.0.113.7", EMAIL, PASSWORD).await.status(), 200);
    assert_eq!(sign_in(&app, "203.0.113.7", " DANA@example.org ", PASSWORD).await.status(), 200);
    app.stop().await;
}

#[actix_web::test]
async fn an_account_that_is_tried_from_everywhere_is_slowed_but_not_for_its_owner() {
    let app = behind_a_proxy(Quotas { requests: 0, logins: 1_000 }).await;
    add_dana(&app).await;
    assert_eq!(sign_in(&app, "203.0.113.7", EMAIL, PASSWORD).await.status(), 200);
    let mut tried = 0;
    'addresses: for last in 1..=100 {
        for _ in 0..5 {
            let answer = sign_in(&app, &format!("198.51.100.{last}"), EMAIL, "wrong wrong wrong").await;
            if answer.status() == 429 {
                assert!(wait(&answer) <= 10, "an owner elsewhere waits for seconds");
                break 'addresses;
            }
            tried += 1;
        }
    }
    assert!((45..=60).contains(&tried), "{tried} attempts from addresses that nobody knows");
    assert_eq!(sign_in(&app, "203.0.113.7", EMAIL, PASSWORD).await.status(), 200);
    app.stop().await;
}

#[actix_web::test]
async fn limits_are_judged_before_anything_is_looked_up() {
    let app = behind_a_proxy(Quotas { requests: 5, logins: 5 }).await;
    let (_, key) = app.storage.keys().create(new_key(Role::Viewer), Actor::ENGINE).await.unwrap();
    let guess = |address: &'static str| from(app.get("/api/interviews/"), address).bearer_auth("ei_000000000000_guess");
    // A key that is good is known by now, and counted for itself.
    assert_eq!(from(app.get("/api/interviews/"), "203.0.113.66").bearer_auth(&key).send().await.unwrap().status(), 200);
    for _ in 0..5 {
        problem(guess("203.0.113.66").send().await.unwrap(), 401).await;
    }
    for _ in 0..5 {
        sign_in(&app, "203.0.113.67", "nobody@example.org", "wrong wrong wrong").await;
    }
    // Whoever guesses keeps no key out, not even from the same address.
    assert_eq!(from(app.get("/api/interviews/"), "203.0.113.66").bearer_auth(&key).send().await.unwrap().status(), 200);

    // No look-up can succeed any more: what is refused now was refused without one.
    app.storage.clone().close().await.unwrap();
    problem(guess("203.0.113.66").send().await.unwrap(), 429).await;
    problem(from(app.get("/metrics"), "203.0.113.66").bearer_auth("ei_000000000000_guess").send().await.unwrap(), 429)
        .await;
    problem(sign_in(&app, "203.0.113.67", "nobody@example.org", "wrong wrong wrong").await, 429).await;
    let other = guess("203.0.113.68").send().await.unwrap().status().as_u16();
    assert!(other >= 500, "the look-up fails where one is made: {other}");
    app.stop().await;
}

/// What was withdrawn, or ended, counts for nobody but the address that shows it.
#[actix_web::test]
async fn a_session_that_has_ended_uses_up_nothing_of_its_users() {
    let app = behind_a_proxy(Quotas { requests: 5, logins: 0 }).await;
    add_dana(&app).await;
    let mut tokens = Vec::new();
    for last in 1..=2 {
        let session: Value = sign_in(&app, &format!("203.0.113.{last}"), EMAIL, PASSWORD).await.json().await.unwrap();
        tokens.push(session["token"].as_str().unwrap().to_owned());
    }
    let me = |token: &str, address: &'static str| from(app.get("/api/auth/me"), address).bearer_auth(token).send();
    let logout = from(app.request(Method::POST, "/api/auth/logout"), "203.0.113.1").bearer_auth(&tokens[0]);
    assert_eq!(logout.send().await.unwrap().status(), 204);
    let mut statuses = Vec::new();
    for _ in 0..10 {
        statuses.push(me(&tokens[0], "203.0.113.66").await.unwrap().status().as_u16());
    }
    assert!(statuses.starts_with(&[401]) && statuses.ends_with(&[429]), "{statuses:?}");
    assert_eq!(me(&tokens[1], "203.0.113.2").await.unwrap().status(), 200);
    app.stop().await;
}

/// Memory of this process in bytes, the test's own included.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() * 1024
}

/// Texts of a caller's choice, one for each route that keeps something by them.
fn guesses(app: &App, number: usize) -> Vec<RequestBuilder> {
    let long = format!("{number}{}", "x".repeat(30_000));
    let address = IpAddr::from((number as u128 + (0x2001_0db8 << 96)).to_be_bytes()).to_string();
    let wide = IpAddr::from((((number as u128) << 64) + (0x2001_0db8 << 96)).to_be_bytes()).to_string();
    let post = |path: &str, body: Value| app.request(Method::POST, path).json(&body);
    let login = |body: Value| post("/api/auth/login", body);
    let all = vec![
        login(json!({ "email": format!("{long}@example.org"), "password": "wrong" })),
        login(json!({ "email": format!("{number}@example.org"), "password": "wrong", "workspace": long })),
        login(json!({ "email": format!("{number}@example.org"), "password": long })),
        app.get("/api/interviews/").header("X-API-Key", &long),
        app.get("/api/interviews/").bearer_auth(&long),
        app.get("/metrics").bearer_auth(&long),
        app.get("/api/interviews/").header("Cookie", format!("interviewer_session={long}")),
        post("/api/keys/", json!({})).header("Idempotency-Key", &long),
        app.get(&format!("/api/auth/oidc/callback?state={number}&code={number}"))
            .header("Cookie", format!("interviewer_sign_in={long}")),
        app.get(&format!("/api/join/{number}{}/events", "x".repeat(2_000))),
    ];
    all.into_iter().map(|request| from(request, if number.is_multiple_of(2) { &address } else { &wide })).collect()
}

#[actix_web::test]
async fn guesses_of_every_sort_leave_nothing_behind() {
    let app = behind_a_proxy(Quotas { requests: 1_000, logins: 1_000 }).await;
    let mut number = 0;
    let mut guess = async |times: usize| {
        for _ in 0..times {
            number += 1;
            for request in guesses(&app, number) {
                let status = request.send().await.unwrap().status();
                assert!(status.is_client_error(), "{status}");
            }
        }
    };
    // Pools, caches and the client's own buffers reach their size.
    guess(20).await;
    let before = resident();
    guess(100).await;
    // 27 MB were sent.
    let grown = resident().saturating_sub(before);
    assert!(grown < 12 << 20, "{grown} bytes");
    let buckets = app.access.limits.buckets();
    // One for each network of the wide addresses, and one for the network that all the others are in.
    assert!((60..=2 * MOST_BUCKETS).contains(&buckets), "{buckets}");
    assert_eq!(app.access.recognised.known(), 0, "only good keys are remembered");
    app.stop().await;
}

#[actix_web::test]
async fn names_that_nobody_has_are_refused_before_they_are_used() {
    let app = App::start().await;
    let long = "x".repeat(300);
    for (path, body, pointer) in [
        ("/api/auth/login", json!({ "email": format!("{long}@example.org"), "password": "x" }), "/email"),
        ("/api/auth/login", json!({ "email": EMAIL, "password": long }), "/password"),
        ("/api/auth/login", json!({ "email": EMAIL, "password": "x", "workspace": long }), "/workspace"),
        ("/api/auth/password", json!({ "current_password": long, "new_password": PASSWORD }), "/current_password"),
        ("/api/users/", json!({ "email": format!("{long}@example.org"), "role": "viewer" }), "/email"),
        ("/api/users/", json!({ "email": EMAIL, "name": long, "role": "viewer" }), "/name"),
        ("/api/keys/", json!({ "name": long, "role": "viewer" }), "/name"),
    ] {
        let document = problem(app.post(path, &body).await, 422).await;
        let pointers: Vec<_> = document["errors"].as_array().unwrap().iter().map(|fault| &fault["pointer"]).collect();
        assert_eq!(pointers, [pointer], "{path}: {document}");
    }
    app.stop().await;
}
