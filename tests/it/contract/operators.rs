//! The routes of those who run the engine: dashboards, figures, who may come in, what is held of people.

use serde_json::json;

use super::answers::{Asker, text};
use super::keys::{self, Keys};

/// After an interview was held: there is something to show.
pub async fn figures(asker: &mut Asker<'_>) {
    let reads: [(&str, Keys); 8] = [
        ("/api/dashboard/overview", keys::OVERVIEW),
        ("/api/dashboard/call-guides/performance", keys::PERFORMANCE),
        ("/api/dashboard/sentiment-trends", keys::SENTIMENTS),
        ("/api/dashboard/quality-alerts", keys::ALERTS),
        ("/api/dashboard/themes", keys::THEMES),
        ("/api/dashboard/response-quality", keys::RESPONSE_QUALITY),
        ("/api/analytics/summary", &[]),
        ("/api/analytics/themes", &[]),
    ];
    for (route, keys) in reads {
        asker.get(route, route, keys).await;
    }
    asker.ask("get /api/dashboard/overview", "/api/dashboard/overview?hours=0", 400, |request| request).await;
}

pub async fn access(asker: &mut Asker<'_>) {
    asker.get("/api/auth/me", "/api/auth/me", &[]).await;
    let key = asker.post("/api/keys/", &json!({ "name": "a script", "role": "viewer" }), 201).await;
    let (one, path) = ("/api/keys/{id}", format!("/api/keys/{}", text(&key, "id")));
    asker.get(one, &path, &[]).await;
    asker.get("/api/keys/", "/api/keys/", &[]).await;
    asker.ask(&format!("delete {one}"), &path, 200, |request| request).await;

    let (email, password) = ("kim@example.org", "a long enough password");
    let user = json!({ "email": email, "role": "researcher", "password": password });
    let made = asker.post("/api/users/", &user, 201).await;
    asker.post("/api/users/", &user, 409).await;
    let (one, path) = ("/api/users/{id}", format!("/api/users/{}", text(&made, "id")));
    asker.get(one, &path, &[]).await;
    asker.get("/api/users/", "/api/users/", &[]).await;
    asker.ask(&format!("patch {one}"), &path, 200, |request| request.json(&json!({ "name": "Kim" }))).await;
    asker.post("/api/auth/login", &json!({ "email": email, "password": password }), 200).await;
    asker.post("/api/auth/login", &json!({ "email": email, "password": "another password" }), 401).await;
    // Who sits at the machine has neither a session nor a password.
    asker.ask("post /api/auth/logout", "/api/auth/logout", 204, |request| request).await;
    let change = json!({ "current_password": password, "new_password": "another long password" });
    asker.post("/api/auth/password", &change, 409).await;
    asker.ask(&format!("delete {one}"), &path, 204, |request| request).await;
    // No provider is configured here; with one it is tested where sign-in is.
    for part in ["login", "callback"] {
        let route = format!("/api/auth/oidc/{part}");
        asker.ask(&format!("get {route}"), &route, 404, |request| request).await;
    }
    asker.get("/api/audit/", "/api/audit/", &[]).await;
}

/// The last of all: afterwards there is nothing left to ask about.
pub async fn personal_data(asker: &mut Asker<'_>, interview_id: &str) {
    let path = format!("/api/interviews/{interview_id}");
    let interview = asker.get("/api/interviews/{id}", &path, &[]).await;
    let (one, data) = ("/api/interviews/{id}/personal-data", format!("{path}/personal-data"));
    asker.get(one, &data, &[]).await;
    let respondent = format!("/api/respondents/{}/personal-data", text(&interview, "respondent_id"));
    asker.get("/api/respondents/{respondent_id}/personal-data", &respondent, &[]).await;
    asker.ask(&format!("delete {one}"), &data, 200, |request| request).await;
    asker.get(&format!("{one}/receipt"), &format!("{data}/receipt"), &[]).await;
}
