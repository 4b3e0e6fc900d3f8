//! The access matrix: every route, every role, one's own workspace and another's, at this machine and bound to every address.
//!
//! A route that the served description has and [`ROUTES`] has not fails the test, so that nobody forgets to say who may ask.

use std::collections::BTreeSet;

use chrono::Utc;
use entity::Role;
use interview::insight::extract::extract;
use interview::insight::material::Material;
use interview::webhook::WebhookEvent;
use interviewer::study::Format;
use interviewer::study::task::{ExportRequest, enqueue};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use storage::{Actor, NewInsight, NewUser, Storage};
use uuid::Uuid;

use super::keys::new_key;
use crate::api::{App, Setup};
use crate::support::{guide, guide_document, new_interview};
use crate::webhooks::settings;

/// Who is let in at least; each includes those after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Least {
    /// Nobody needs to be known; a join token may be needed.
    Open,
    Viewer,
    Researcher,
    Admin,
}

use Least::{Admin, Open, Researcher, Viewer};

/// Method and path as described, and who may ask.
const ROUTES: &[(&str, &str, Least)] = &[
    ("get", "/api/", Viewer),
    ("get", "/api/analytics/insights/", Viewer),
    ("get", "/api/analytics/insights/{id}", Viewer),
    ("get", "/api/analytics/summary", Viewer),
    ("get", "/api/analytics/themes", Viewer),
    ("get", "/api/audit/", Admin),
    ("get", "/api/auth/me", Viewer),
    ("get", "/api/auth/methods", Open),
    ("get", "/api/auth/oidc/callback", Open),
    ("get", "/api/auth/oidc/login", Open),
    ("get", "/api/call-guides/", Viewer),
    ("get", "/api/call-guides/{id}", Viewer),
    ("get", "/api/call-guides/{id}/diff", Viewer),
    ("get", "/api/call-guides/{id}/export", Viewer),
    ("get", "/api/call-guides/{id}/study", Viewer),
    ("post", "/api/call-guides/{id}/study", Viewer),
    ("get", "/api/exports/{task_id}", Viewer),
    ("get", "/api/call-guides/{id}/versions", Viewer),
    ("get", "/api/call-guides/{id}/versions/{version}", Viewer),
    ("get", "/api/dashboard/call-guides/performance", Viewer),
    ("get", "/api/dashboard/overview", Viewer),
    ("get", "/api/dashboard/quality-alerts", Viewer),
    ("get", "/api/dashboard/response-quality", Viewer),
    ("get", "/api/dashboard/sentiment-trends", Viewer),
    ("get", "/api/dashboard/themes", Viewer),
    ("get", "/api/health/", Open),
    ("get", "/api/health/live", Open),
    ("get", "/api/health/ready", Open),
    ("get", "/api/interviews/", Viewer),
    ("get", "/api/interviews/review-queue", Viewer),
    ("get", "/api/interviews/{id}", Viewer),
    ("get", "/api/interviews/{id}/personal-data", Admin),
    ("get", "/api/interviews/{id}/recording", Viewer),
    ("post", "/api/interviews/{id}/recording/stop", Researcher),
    ("get", "/api/interviews/{id}/responses", Viewer),
    ("get", "/api/interviews/{id}/transcript", Viewer),
    ("get", "/api/join/{token}", Open),
    ("get", "/api/join/{token}/events", Open),
    ("get", "/api/keys/", Admin),
    ("get", "/api/keys/{id}", Admin),
    ("get", "/api/openapi.json", Open),
    ("get", "/api/quality/thresholds", Viewer),
    ("get", "/api/respondents/{respondent_id}/personal-data", Admin),
    ("get", "/api/tasks/", Viewer),
    ("get", "/api/tasks/{task_id}", Viewer),
    ("get", "/api/users/", Admin),
    ("get", "/api/users/{id}", Admin),
    ("get", "/api/webhooks/", Admin),
    ("get", "/api/webhooks/{id}", Admin),
    ("get", "/api/webhooks/{id}/deliveries", Admin),
    ("get", "/metrics", Viewer),
    ("post", "/api/analytics/insights/generate", Researcher),
    ("post", "/api/auth/login", Open),
    ("post", "/api/auth/logout", Viewer),
    ("post", "/api/auth/password", Viewer),
    ("post", "/api/call-guides/", Researcher),
    ("post", "/api/call-guides/validate", Viewer),
    ("post", "/api/interviews/schedule", Researcher),
    ("post", "/api/interviews/{id}/review", Researcher),
    ("post", "/api/interviews/{id}/start", Researcher),
    ("post", "/api/join/{token}/call", Open),
    ("post", "/api/keys/", Admin),
    ("post", "/api/quality/alerts/{id}/acknowledge", Researcher),
    ("post", "/api/quality/alerts/{id}/resolve", Researcher),
    ("post", "/api/tasks/{task_id}/retry", Researcher),
    ("post", "/api/users/", Admin),
    ("post", "/api/webhooks/", Admin),
    ("post", "/api/webhooks/{id}/deliveries/{delivery_id}/replay", Admin),
    ("post", "/api/webhooks/{id}/rotate-secret", Admin),
    ("post", "/api/webhooks/{id}/test", Admin),
    ("put", "/api/call-guides/{id}", Researcher),
    ("put", "/api/webhooks/{id}", Admin),
    ("put", "/api/quality/thresholds/{metric}", Researcher),
    ("patch", "/api/interviews/{id}", Researcher),
    ("patch", "/api/join/{token}/call/{call_id}", Open),
    ("patch", "/api/users/{id}", Admin),
    ("options", "/api/join/{token}/call", Open),
    ("options", "/api/join/{token}/call/{call_id}", Open),
    ("delete", "/api/call-guides/{id}", Researcher),
    ("delete", "/api/interviews/{id}", Researcher),
    ("delete", "/api/join/{token}/call/{call_id}", Open),
    ("delete", "/api/keys/{id}", Admin),
    ("delete", "/api/tasks/{task_id}", Researcher),
    ("delete", "/api/users/{id}", Admin),
    ("delete", "/api/webhooks/{id}", Admin),
    // After these nothing of the respondent is left to be asked for.
    ("delete", "/api/interviews/{id}/personal-data", Admin),
    ("get", "/api/interviews/{id}/personal-data/receipt", Admin),
];

/// Pages for people, which the API's description leaves out.
const PAGES: &[(&str, &str, Least)] = &[
    ("get", "/", Viewer),
    ("get", "/assets/index.js", Open),
    ("get", "/console", Open),
    ("get", "/console/interviews", Open),
    ("get", "/docs/", Open),
    ("get", "/join/token", Open),
    ("get", "/nothing", Viewer),
];

/// Routes that have no answer of their own to give here: they may say 404 or 401 whoever asks.
const ANSWERLESS: &[&str] =
    &["/api/auth/oidc/", "/api/auth/login", "/api/join/", "/assets/", "/recording", "/nothing", "/docs/"];

/// One of everything, in one workspace.
struct Things {
    guide: Uuid,
    interview: Uuid,
    insight: Uuid,
    respondent: String,
    key: Uuid,
    user: Uuid,
    webhook: Uuid,
    delivery: Uuid,
    alert: Uuid,
    /// An export's.
    task: Uuid,
}

impl Things {
    async fn of(storage: &Storage) -> Self {
        let guide = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap().id;
        let used = storage.guides().create(&crate::support::guide(), None, Actor::ENGINE).await.unwrap().id;
        let interview = storage.interviews().schedule(new_interview(used), Actor::ENGINE).await.unwrap().0;
        let (interview, respondent) = (interview.id, interview.respondent_id);
        let insight = NewInsight {
            interview_id: Some(interview),
            interview_ids: vec![interview],
            call_guide_id: Some(used),
            window: (None, None),
            insight: extract(&Material {
                interview_id: interview.to_string(),
                guide: crate::support::guide(),
                answers: Vec::new(),
                skipped: Vec::new(),
                data_quality_score: None,
            }),
            answers: Vec::new(),
            themes: None,
            statistics: json!({}),
            task_id: None,
        };
        let insight = storage.insights().keep(insight, Actor::ENGINE).await.unwrap().id;
        let key = storage.keys().create(new_key(Role::Viewer), Actor::ENGINE).await.unwrap().0.id;
        let new = NewUser {
            email: format!("{guide}@example.org"),
            name: "Somebody".to_owned(),
            role: Role::Viewer,
            password_hash: None,
            oidc: None,
        };
        let user = storage.users().create(new, Actor::ENGINE).await.unwrap().id;
        let webhooks = storage.webhooks();
        let webhook =
            webhooks.create(settings("https://example.org/", &WebhookEvent::ALL), Actor::ENGINE).await.unwrap().0.id;
        let delivery = webhooks.test(webhook, Actor::ENGINE).await.unwrap().id;
        let alert = crate::quality::alert(Some(interview), "engagement_score", "");
        let alert = storage.alerts().raise(alert).await.unwrap().unwrap().id;
        let export =
            ExportRequest { call_guide_id: used, format: Format::Csv, status: None, from: None, to: Utc::now() };
        let task = enqueue(storage, &export, Actor::ENGINE).await.unwrap();
        Self { guide, interview, insight, respondent, key, user, webhook, delivery, alert, task }
    }

    /// The path with ids of these things.
    fn fill(&self, path: &str) -> String {
        let id = match path.split('/').nth(2).unwrap_or_default() {
            "call-guides" => self.guide,
            "interviews" => self.interview,
            "analytics" => self.insight,
            "keys" => self.key,
            "users" => self.user,
            "webhooks" => self.webhook,
            "quality" => self.alert,
            _ => Uuid::nil(),
        };
        let path = path
            .replace("{id}", &id.to_string())
            .replace("{token}", "token")
            .replace("{respondent_id}", &self.respondent)
            .replace("{task_id}", &self.task.to_string())
            .replace("{call_id}", "call")
            .replace("{delivery_id}", &self.delivery.to_string())
            .replace("{metric}", "completion_rate")
            .replace("{task_id}", &self.task.to_string())
            .replace("{version}", "1");
        assert!(!path.contains('{'), "say what to put into {path}");
        path
    }
}

/// A body that the route takes.
fn body(method: &str, path: &str) -> Option<Value> {
    Some(match (method, path) {
        ("put", "/api/call-guides/{id}") | ("post", "/api/call-guides/" | "/api/call-guides/validate") => {
            guide_document()
        }
        ("patch", "/api/interviews/{id}") => json!({ "tags": ["seen"] }),
        ("post", "/api/interviews/{id}/review") => json!({ "outcome": "accepted" }),
        ("put", "/api/webhooks/{id}") | ("post", "/api/webhooks/") => {
            json!({ "name": "CRM", "url": "https://example.org/", "events": ["interview.completed"] })
        }
        ("patch", "/api/users/{id}") => json!({ "name": "Another name" }),
        ("post" | "put" | "patch", _) if !path.contains("{id}") => json!({}),
        _ => return None,
    })
}

fn asked(app: &App, method: &str, path: &str, filled: &str, key: Option<&str>) -> RequestBuilder {
    let mut request = app.request(Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), filled);
    if let Some(body) = body(method, path) {
        request = request.json(&body);
    }
    match key {
        Some(key) => request.bearer_auth(key),
        None => request,
    }
}

fn passes(role: Option<Role>, least: Least) -> bool {
    match least {
        Open => true,
        Viewer => role.is_some(),
        Researcher => role >= Some(Role::Researcher),
        Admin => role == Some(Role::Admin),
    }
}

#[actix_web::test]
async fn the_matrix_lists_every_route_that_is_described() {
    let app = App::start().await;
    let document: Value = app.get("/api/openapi.json").send().await.unwrap().json().await.unwrap();
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let methods =
                item.as_object().unwrap().keys().filter(|name| {
                    ["get", "put", "post", "patch", "delete", "options", "head"].contains(&name.as_str())
                });
            methods.map(|method| (method.clone(), path.clone())).collect::<Vec<_>>()
        })
        .collect();
    let listed: BTreeSet<_> =
        ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    let unlisted: Vec<_> = described.difference(&listed).collect();
    assert!(unlisted.is_empty(), "say in ROUTES who may ask for {unlisted:?}");
    let gone: Vec<_> = listed.difference(&described).collect();
    assert!(gone.is_empty(), "ROUTES lists what is not there: {gone:?}");
    app.stop().await;
}

#[actix_web::test]
async fn every_route_lets_in_whom_it_should_and_nobody_else() {
    for bind in ["127.0.0.1", "0.0.0.0"] {
        let app = App::start_as(Setup { bind, ..Setup::default() }).await;
        let foreign = app.storage.of(app.storage.workspaces().create("foreign", Actor::ENGINE).await.unwrap().id);
        for role in [None, Some(Role::Viewer), Some(Role::Researcher), Some(Role::Admin)] {
            let (mut own_key, mut foreign_key) = (None, None);
            if let Some(role) = role {
                own_key = Some(app.storage.keys().create(new_key(role), Actor::ENGINE).await.unwrap().1);
                foreign_key = Some(foreign.keys().create(new_key(role), Actor::ENGINE).await.unwrap().1);
            }
            // Whoever sits at this machine is admin without any key.
            let acts_as = if role.is_none() && bind == "127.0.0.1" { Some(Role::Admin) } else { role };
            let things = Things::of(&app.storage).await;
            for &(method, path, least) in ROUTES.iter().chain(PAGES) {
                let filled = things.fill(path);
                let case = format!("{method} {path} as {role:?} on {bind}");
                // Another workspace's caller first: what they try must leave everything as it was.
                if path.contains("id}") && !path.contains("{token}") {
                    let status = match (&foreign_key, acts_as) {
                        (Some(key), _) => Some(asked(&app, method, path, &filled, Some(key))),
                        // Without a key one is in the default workspace: there it is the foreign things that are not there.
                        (None, Some(_)) => {
                            let foreign = Things::of(&foreign).await.fill(path);
                            Some(asked(&app, method, path, &foreign, None))
                        }
                        (None, None) => None,
                    };
                    if let Some(request) = status {
                        let status = request.send().await.unwrap().status().as_u16();
                        let expected = if passes(acts_as, least) { 404 } else { 403 };
                        assert_eq!(status, expected, "{case}, a foreign id");
                    }
                }
                let status = asked(&app, method, path, &filled, own_key.as_deref()).send().await.unwrap().status();
                let status = status.as_u16();
                let answerless = ANSWERLESS.iter().any(|part| path.contains(part));
                if passes(acts_as, least) {
                    assert!(![403, 405].contains(&status) && (status < 500 || status == 503), "{case}: {status}");
                    assert!(answerless || ![401, 404].contains(&status), "{case}: {status}");
                } else {
                    assert_eq!(status, if acts_as.is_none() { 401 } else { 403 }, "{case}");
                }
            }
        }
        app.stop().await;
    }
}
