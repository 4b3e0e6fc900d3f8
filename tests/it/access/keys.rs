//! API keys and sessions: given once, good as long as they should be, and kept as hashes only.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use entity::Role;
use interviewer::access::passwords;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use storage::{Actor, NewKey, NewUser};

use crate::api::{App, Setup, problem};

const PASSWORD: &str = "correct horse battery";

pub fn new_key(role: Role) -> NewKey {
    NewKey { name: "for a test".to_owned(), role, expires_at: None }
}

async fn open_to_all() -> App {
    App::start_as(Setup { bind: "0.0.0.0", ..Setup::default() }).await
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[actix_web::test]
async fn a_key_is_told_once_and_opens_until_it_is_withdrawn() {
    let app = open_to_all().await;
    let (admin_row, admin) = app.storage.keys().create(new_key(Role::Admin), Actor::ENGINE).await.unwrap();
    problem(app.get("/api/keys/").send().await.unwrap(), 401).await;
    let made = app
        .request(Method::POST, "/api/keys/")
        .bearer_auth(&admin)
        .json(&json!({ "name": "CI", "role": "researcher", "expires_at": Utc::now() + TimeDelta::hours(1) }))
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    let made: Value = made.json().await.unwrap();
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with(made["prefix"].as_str().unwrap()) && key.len() > 50, "{key}");

    // Either header will do.
    assert_eq!(status(app.get("/api/call-guides/").bearer_auth(key)).await, 200);
    assert_eq!(status(app.get("/api/call-guides/").header("X-API-Key", key)).await, 200);
    assert_eq!(status(app.get("/api/keys/").bearer_auth(key)).await, 403);
    let seen = app.get("/api/keys/").bearer_auth(&admin).send().await.unwrap().text().await.unwrap();
    for secret in [key, &admin, "secret_sha256"] {
        assert!(!seen.contains(secret), "{seen}");
    }
    // Its use is noted a moment later.
    let used = async {
        while app.storage.keys().get(admin_row.id).await.unwrap().last_used_at.is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), used).await.expect("the use is noted");

    let path = format!("/api/keys/{}", made["id"].as_str().unwrap());
    assert_eq!(status(app.request(Method::DELETE, &path).bearer_auth(&admin)).await, 200);
    let refused = app.get("/api/call-guides/").bearer_auth(key).send().await.unwrap();
    assert_eq!(refused.headers()["www-authenticate"], "Bearer");
    problem(refused, 401).await;
    app.stop().await;
}

#[actix_web::test]
async fn what_is_no_key_opens_nothing() {
    let app = open_to_all().await;
    let (_, key) = app.storage.keys().create(new_key(Role::Admin), Actor::ENGINE).await.unwrap();
    let late = NewKey { expires_at: Some(Utc::now() - TimeDelta::seconds(1)), ..new_key(Role::Admin) };
    let (_, expired) = app.storage.keys().create(late, Actor::ENGINE).await.unwrap();
    // `ei_` and twelve digits; what follows the next underscore is the secret.
    let (prefix, others_secret) = (&key[..15], &expired[16..]);
    let others = format!("{prefix}_{others_secret}");
    let changed = format!("{}x", &key[..key.len() - 1]);
    for wrong in [prefix, &expired, &others, &changed, "ei_", "x", ""] {
        assert_eq!(status(app.get("/api/call-guides/").header("X-API-Key", wrong)).await, 401, "{wrong}");
        assert_eq!(status(app.get("/api/call-guides/").header("Authorization", format!("Bearer {wrong}"))).await, 401);
    }
    assert_eq!(status(app.get("/api/call-guides/").basic_auth("a", Some(&key))).await, 401);
    let faults = app.request(Method::POST, "/api/keys/").bearer_auth(&key).json(&json!({ "role": "owner" }));
    let faults = problem(faults.send().await.unwrap(), 422).await;
    let mut at: Vec<_> = faults["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].clone()).collect();
    at.sort_by_key(ToString::to_string);
    assert_eq!(at, ["/name", "/role"]);
    app.stop().await;
}

#[actix_web::test]
async fn at_this_machine_a_key_still_counts_for_what_it_is() {
    let app = App::start().await;
    let (_, viewer) = app.storage.keys().create(new_key(Role::Viewer), Actor::ENGINE).await.unwrap();
    assert_eq!(status(app.get("/api/keys/")).await, 200);
    assert_eq!(status(app.get("/api/keys/").bearer_auth(&viewer)).await, 403);
    assert_eq!(status(app.get("/api/keys/").bearer_auth("ei_no_key")).await, 401);
    // A cookie that a session left behind says nothing.
    assert_eq!(status(app.get("/api/keys/").header("Cookie", "interviewer_session=old")).await, 200);
    app.stop().await;
}

struct Users {
    app: App,
    admin: String,
}

impl Users {
    async fn start() -> Self {
        let app = open_to_all().await;
        let (_, admin) = app.storage.keys().create(new_key(Role::Admin), Actor::ENGINE).await.unwrap();
        Self { app, admin }
    }

    async fn add(&self, email: &str, role: &str) -> String {
        let body = json!({ "email": email, "role": role, "password": PASSWORD });
        let made = self.app.request(Method::POST, "/api/users/").bearer_auth(&self.admin).json(&body);
        let made = made.send().await.unwrap();
        assert_eq!(made.status(), StatusCode::CREATED);
        made.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()
    }

    async fn change(&self, id: &str, body: Value) -> u16 {
        status(self.app.request(Method::PATCH, &format!("/api/users/{id}")).bearer_auth(&self.admin).json(&body)).await
    }

    async fn login(&self, email: &str, password: &str) -> reqwest::Response {
        self.app.post("/api/auth/login", &json!({ "email": email, "password": password })).await
    }

    async fn token(&self, email: &str, password: &str) -> String {
        let session: Value = self.login(email, password).await.json().await.unwrap();
        session["token"].as_str().unwrap_or_else(|| panic!("{session}")).to_owned()
    }

    async fn me(&self, token: &str) -> u16 {
        status(self.app.get("/api/auth/me").bearer_auth(token)).await
    }
}

#[actix_web::test]
async fn a_session_ends_when_it_should() {
    let users = Users::start().await;
    let id = users.add("Dana@example.org", "researcher").await;
    let token = users.token("dana@example.org", PASSWORD).await;
    let me: Value = users.app.get("/api/auth/me").bearer_auth(&token).send().await.unwrap().json().await.unwrap();
    assert_eq!((&me["actor"], &me["role"]), (&json!(format!("user:{id}")), &json!("researcher")));
    assert!(!me.to_string().contains("argon2"), "{me}");

    // Signing out ends this one only.
    let other = users.token("dana@example.org", PASSWORD).await;
    let out = users.app.request(Method::POST, "/api/auth/logout").bearer_auth(&token);
    assert_eq!(status(out).await, 204);
    assert_eq!((users.me(&token).await, users.me(&other).await), (401, 200));

    // Another role counts at once; another password ends all sessions.
    assert_eq!(users.change(&id, json!({ "role": "viewer" })).await, 200);
    let post = users.app.request(Method::POST, "/api/call-guides/").bearer_auth(&other).json(&json!({}));
    assert_eq!(status(post).await, 403);
    let change = |current: &str| {
        let body = json!({ "current_password": current, "new_password": "battery horse correct" });
        users.app.request(Method::POST, "/api/auth/password").bearer_auth(&other).json(&body)
    };
    assert_eq!(status(change("wrong wrong wrong")).await, 422);
    assert_eq!(status(change(PASSWORD)).await, 204);
    assert_eq!(users.me(&other).await, 401);
    problem(users.login("dana@example.org", PASSWORD).await, 401).await;
    let fresh = users.token("dana@example.org", "battery horse correct").await;

    // Who is locked out or removed is out.
    assert_eq!(users.change(&id, json!({ "is_active": false })).await, 200);
    assert_eq!(users.me(&fresh).await, 401);
    problem(users.login("dana@example.org", "battery horse correct").await, 401).await;
    let remove = users.app.request(Method::DELETE, &format!("/api/users/{id}")).bearer_auth(&users.admin);
    assert_eq!(status(remove).await, 204);
    users.app.stop().await;
}

#[actix_web::test]
async fn admins_do_not_lock_themselves_out_and_addresses_are_unique() {
    let users = Users::start().await;
    let id = users.add("boss@example.org", "admin").await;
    let token = users.token("boss@example.org", PASSWORD).await;
    let own =
        |method, body: Value| users.app.request(method, &format!("/api/users/{id}")).bearer_auth(&token).json(&body);
    assert_eq!(status(own(Method::PATCH, json!({ "role": "viewer" }))).await, 409);
    assert_eq!(status(own(Method::PATCH, json!({ "is_active": false }))).await, 409);
    assert_eq!(status(own(Method::DELETE, json!({}))).await, 409);
    assert_eq!(status(own(Method::PATCH, json!({ "name": "Boss" }))).await, 200);
    let twice = json!({ "email": " BOSS@example.org", "role": "viewer" });
    let twice = users.app.request(Method::POST, "/api/users/").bearer_auth(&token).json(&twice);
    problem(twice.send().await.unwrap(), 409).await;
    let wrong = json!({ "email": "nobody", "role": "owner", "password": "short", "admin": true });
    let wrong = users.app.request(Method::POST, "/api/users/").bearer_auth(&token).json(&wrong);
    let faults = problem(wrong.send().await.unwrap(), 422).await;
    let mut at: Vec<_> = faults["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].clone()).collect();
    at.sort_by_key(ToString::to_string);
    assert_eq!(at, ["/admin", "/email", "/password", "/role"]);
    users.app.stop().await;
}

#[actix_web::test]
async fn guessing_passwords_is_slow_and_tells_nothing() {
    let users = Users::start().await;
    users.add("dana@example.org", "viewer").await;
    let wrong: Value = users.login("dana@example.org", "wrong").await.json().await.unwrap();
    let nobody: Value = users.login("nobody@example.org", "wrong").await.json().await.unwrap();
    assert_eq!(wrong, nobody);
    // Ten a minute from one address, whichever account is tried.
    let mut refused = None;
    for _ in 0..12 {
        let answer = users.login("dana@example.org", "wrong").await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("it stops somewhere");
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    problem(refused, 429).await;
    problem(users.login("dana@example.org", PASSWORD).await, 429).await;
    users.app.stop().await;
}

#[actix_web::test]
async fn users_of_two_workspaces_do_not_meet() {
    let users = Users::start().await;
    users.add("dana@example.org", "viewer").await;
    let other = users.app.storage.of(users.app.storage.workspaces().create("other", Actor::ENGINE).await.unwrap().id);
    let hash = passwords::hash("another password of hers").unwrap();
    let new = NewUser {
        email: "dana@example.org".to_owned(),
        name: "Dana".to_owned(),
        role: Role::Admin,
        password_hash: Some(hash),
        oidc: None,
    };
    other.users().create(new, Actor::ENGINE).await.unwrap();
    let app = &users.app;
    let login = |workspace: &str| {
        let body =
            json!({ "email": "dana@example.org", "password": "another password of hers", "workspace": workspace });
        async move { app.post("/api/auth/login", &body).await }
    };
    let session: Value = login("other").await.json().await.unwrap();
    let token = session["token"].as_str().unwrap();
    let listed: Value = users.app.get("/api/users/").bearer_auth(token).send().await.unwrap().json().await.unwrap();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    problem(login("default").await, 401).await;
    problem(login("no such workspace").await, 401).await;
    users.app.stop().await;
}
