//! The routes of those who run the engine: figures, who may come in, what is held of people.

use reqwest::RequestBuilder;
use serde_json::json;

use super::answers::{Asker, text};
use super::keys;

/// The dashboards and the analytics, over what was held before.
pub async fn counted(asker: &mut Asker<'_>) {
    for (name, keys) in [
        ("dashboard/overview", keys::OVERVIEW),
        ("dashboard/call-guides/performance", keys::PERFORMANCE),
        ("dashboard/sentiment-trends", keys::SENTIMENTS),
        ("dashboard/quality-alerts", keys::ALERTS),
        ("dashboard/themes", keys::THEMES),
        ("dashboard/response-quality", keys::RESPONSE_QUALITY),
        ("analytics/summary", &[]),
        ("analytics/themes", &[]),
    ] {
        let route = format!("/api/{name}");
        asker.get(&route, &route, keys).await;
        asker.ask(&format!("get {route}"), &format!("{route}?hours=0"), 400, |request| request).await;
    }
}

/// Insights of an interview that was held, and of all.
pub async fn insights(asker: &mut Asker<'_>, interview: &str) {
    let generate = "/api/analytics/insights/generate";
    asker.post(generate, &json!({}), 422).await;
    asker.post(generate, &json!({ "interview_id": interview }), 202).await;
    let (route, path) = ("/api/analytics/insights/{id}", format!("/api/analytics/insights/{interview}"));
    asker.made(&path).await;
    let insight = asker.get(route, &path, keys::INSIGHT).await;
    let list = asker.get("/api/analytics/insights/", "/api/analytics/insights/?across=false", &[]).await;
    keys::check("the insight in the list", &list["items"][0], keys::INSIGHT);
    let path = format!("/api/analytics/insights/{}", text(&insight, "id"));
    for format in ["markdown", "html"] {
        asker.get(route, &format!("{path}?format={format}"), &[]).await;
    }
    asker.ask(&format!("get {route}"), &path, 406, |request| request.header("accept", "image/png")).await;
}

/// Thresholds, and what is done about alerts; the interviews that were held before have raised some.
pub async fn quality(asker: &mut Asker<'_>) {
    let list = asker.get("/api/dashboard/quality-alerts", "/api/dashboard/quality-alerts?limit=1", keys::ALERTS).await;
    keys::check("an alert", &list["alerts"][0], keys::ALERT);
    let id = text(&list["alerts"][0], "id").to_owned();
    for what in ["acknowledge", "resolve"] {
        let route = format!("post /api/quality/alerts/{{id}}/{what}");
        let path = format!("/api/quality/alerts/{id}/{what}");
        asker.ask(&route, &path, 422, |request| request.json(&json!({ "note": 1 }))).await;
        let alert = asker.ask(&route, &path, 200, |request| request.json(&json!({ "note": "Seen." }))).await;
        keys::check(what, &alert, keys::ALERT);
        assert!(alert[format!("{what}d_at")].is_string(), "{alert}");
        asker.ask(&route, &path, 200, |request| request).await;
        let nobody = format!("/api/quality/alerts/{}/{what}", uuid::Uuid::now_v7());
        asker.ask(&route, &nobody, 404, |request| request).await;
    }
    let route = "/api/quality/thresholds";
    let list = asker.get(route, route, &[("/thresholds", keys::Kind::List)]).await;
    assert_eq!(list["thresholds"].as_array().unwrap().len(), 9);
    keys::check("a threshold", &list["thresholds"][0], keys::THRESHOLD);
    let (put, path) = (format!("put {route}/{{metric}}"), format!("{route}/completion_rate"));
    asker.ask(&put, &path, 422, |request| request.json(&json!({ "value": 1.5, "severity": "dire" }))).await;
    asker.ask(&put, &format!("{route}/speed"), 404, |request| request.json(&json!({ "value": 0.5 }))).await;
    let set = asker.ask(&put, &path, 200, |request| request.json(&json!({ "value": 0.8 }))).await;
    assert_eq!((&set["value"], &set["origin"]), (&json!(0.8), &json!("workspace")));
    let back = asker.ask(&put, &path, 200, |request| request.json(&json!({ "value": null }))).await;
    assert_eq!((&back["value"], &back["origin"]), (&json!(0.7), &json!("settings")));
}

/// Keys, users, sessions, the audit trail.
pub async fn people(asker: &mut Asker<'_>) {
    let key = asker.post("/api/keys/", &json!({ "name": "CI", "role": "viewer" }), 201).await;
    asker.get("/api/keys/", "/api/keys/", &[]).await;
    let path = format!("/api/keys/{}", text(&key, "id"));
    asker.get("/api/keys/{id}", &path, &[]).await;
    let bearer = text(&key, "key").to_owned();
    asker.ask("get /api/users/", "/api/users/", 403, |request| request.bearer_auth(&bearer)).await;
    asker.ask("delete /api/keys/{id}", &path, 200, |request| request).await;
    asker.ask("get /api/auth/me", "/api/auth/me", 401, |request| request.bearer_auth(&bearer)).await;
    asker.get("/api/auth/me", "/api/auth/me", &[]).await;

    let (password, email) = ("correct horse battery staple", "dana@example.org");
    let new = json!({ "email": email, "role": "researcher", "password": password });
    let user = asker.post("/api/users/", &new, 201).await;
    asker.post("/api/users/", &new, 409).await;
    asker.get("/api/users/", "/api/users/", &[]).await;
    let path = format!("/api/users/{}", text(&user, "id"));
    asker.get("/api/users/{id}", &path, &[]).await;
    asker.ask("patch /api/users/{id}", &path, 200, |request| request.json(&json!({ "name": "Dana" }))).await;
    asker.post("/api/auth/login", &json!({ "email": email, "password": "another" }), 401).await;
    let session = asker.post("/api/auth/login", &json!({ "email": email, "password": password }), 200).await;
    let token = text(&session, "token").to_owned();
    let changed = json!({ "current_password": password, "new_password": "correct donkey battery staple" });
    let (route, signed) = ("post /api/auth/password", |request: RequestBuilder| request.bearer_auth(&token));
    asker.ask(route, "/api/auth/password", 422, |request| signed(request).json(&json!({}))).await;
    asker.ask(route, "/api/auth/password", 204, |request| signed(request).json(&changed)).await;
    let again = json!({ "email": email, "password": "correct donkey battery staple" });
    let session = asker.post("/api/auth/login", &again, 200).await;
    let token = text(&session, "token").to_owned();
    asker.ask("post /api/auth/logout", "/api/auth/logout", 204, |request| request.bearer_auth(&token)).await;
    asker.ask("delete /api/users/{id}", &path, 204, |request| request).await;
    asker.get("/api/auth/methods", "/api/auth/methods", &[]).await;
    asker.ask("get /api/auth/oidc/login", "/api/auth/oidc/login", 404, |request| request).await;
    asker.ask("get /api/auth/oidc/callback", "/api/auth/oidc/callback", 404, |request| request).await;
    asker.get("/api/audit/", "/api/audit/", &[]).await;
}

/// Webhooks; nothing is sent by this engine.
pub async fn webhooks(asker: &mut Asker<'_>) {
    let new = json!({ "name": "CRM", "url": "https://hooks.example.org/", "events": ["interview.completed"] });
    let made = asker.post("/api/webhooks/", &new, 201).await;
    keys::check("the new webhook", &made, keys::WEBHOOK);
    assert!(text(&made, "secret").starts_with("whsec_"));
    let faulty = asker.post("/api/webhooks/", &json!({ "url": "https://127.1/" }), 422).await;
    keys::check("faults of a webhook", &faulty, keys::FAULTS);
    let list = asker.get("/api/webhooks/", "/api/webhooks/", &[]).await;
    keys::check("the webhook in the list", &list["items"][0], keys::WEBHOOK);
    let path = format!("/api/webhooks/{}", text(&made, "id"));
    let one = "/api/webhooks/{id}";
    asker.get(one, &path, keys::WEBHOOK).await;
    asker.ask(&format!("put {one}"), &path, 200, |request| request.json(&new)).await;
    let other = |request: RequestBuilder| request.header("if-match", "\"other\"").json(&new);
    asker.ask(&format!("put {one}"), &path, 412, other).await;
    asker.ask(&format!("post {one}/rotate-secret"), &format!("{path}/rotate-secret"), 200, |request| request).await;
    let test = asker.ask(&format!("post {one}/test"), &format!("{path}/test"), 202, |request| request).await;
    let deliveries = format!("{path}/deliveries");
    asker.get("/api/webhooks/{id}/deliveries", &deliveries, keys::DELIVERIES).await;
    let replay = format!("{deliveries}/{}/replay", text(&test, "id"));
    let route = format!("post {one}/deliveries/{{delivery_id}}/replay");
    asker.ask(&route, &replay, 409, |request| request).await;
    // Switched off, what was to be sent is dead, and can be replayed.
    let off = json!({ "name": "CRM", "url": "https://hooks.example.org/", "events": ["interview.completed"],
        "is_active": false });
    asker.ask(&format!("put {one}"), &path, 200, |request| request.json(&off)).await;
    asker.ask(&route, &replay, 202, |request| request).await;
    asker.ask(&format!("delete {one}"), &path, 204, |request| request).await;
}

/// What a person may ask for, and in the end their erasure.
pub async fn personal_data(asker: &mut Asker<'_>, id: &str) {
    let path = format!("/api/interviews/{id}");
    let interview = asker.get("/api/interviews/{id}", &path, keys::INTERVIEW_HELD).await;
    let data = format!("{path}/personal-data");
    let receipt = "get /api/interviews/{id}/personal-data/receipt";
    asker.ask(receipt, &format!("{data}/receipt"), 404, |request| request).await;
    asker.get("/api/interviews/{id}/personal-data", &data, &[]).await;
    asker.get("/api/interviews/{id}/personal-data", &format!("{data}?format=zip"), &[]).await;
    let respondent = format!("/api/respondents/{}/personal-data", text(&interview, "respondent_id"));
    asker.get("/api/respondents/{respondent_id}/personal-data", &respondent, &[]).await;
    asker.ask("delete /api/interviews/{id}/personal-data", &data, 200, |request| request).await;
    asker.ask(receipt, &format!("{data}/receipt"), 200, |request| request).await;
}

/// Background tasks: of the interviews that were held, one is still waiting for its time.
pub async fn tasks(asker: &mut Asker<'_>, guide: &str) {
    let later = json!({ "call_guide_id": guide, "scheduled_at": "2099-01-31T09:00:00Z" });
    let interview = asker.post("/api/interviews/schedule", &later, 201).await;
    let path = format!("/api/tasks/?interview_id={}", text(&interview, "id"));
    let list = asker.get("/api/tasks/", &path, &[]).await;
    keys::check("a task in the list", &list["items"][0], keys::TASK);
    let (route, path) = ("/api/tasks/{task_id}", format!("/api/tasks/{}", text(&list["items"][0], "id")));
    asker.get(route, &path, keys::TASK).await;
    let retry = format!("post {route}/retry");
    asker.ask(&retry, &format!("{path}/retry"), 409, |request| request).await;
    let cancelled = asker.ask(&format!("delete {route}"), &path, 200, |request| request).await;
    assert_eq!(cancelled["state"], "cancelled");
    asker.ask(&format!("delete {route}"), &path, 409, |request| request).await;
    asker.ask(&retry, &format!("{path}/retry"), 202, |request| request).await;
    asker.ask(&format!("get {route}"), "/api/tasks/00000000-0000-7000-8000-000000000000", 404, |request| request).await;
}
