//! What callers may have queued is bounded, whichever route queues it.

use entity::{DeliveryState, Role, webhook_deliveries};
use interview::webhook::WebhookEvent;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use storage::insights::Extraction;
use storage::{Actor, OpenWork};
use uuid::Uuid;

use crate::access::new_key;
use crate::api::{App, Setup, problem};
use crate::support::{conversation, new_interview, record};
use crate::webhooks::settings;

async fn bounded(per_caller: u64, per_workspace: u64) -> App {
    App::start_as(Setup { open_work: OpenWork { per_caller, per_workspace }, ..Setup::default() }).await
}

/// What there is to be asked for.
struct Things {
    guide: Uuid,
    interview: Uuid,
    webhook: Uuid,
    delivery: Uuid,
    task: Uuid,
}

impl Things {
    async fn of(app: &App) -> Self {
        let guide: Uuid = app.guide_id().await.parse().unwrap();
        let interview = app.storage.interviews().schedule(new_interview(guide), Actor::ENGINE).await.unwrap().0.id;
        app.storage.event_log().append(interview, &conversation()).await.unwrap();
        let webhooks = app.storage.webhooks();
        let webhook =
            webhooks.create(settings("https://example.org/", &WebhookEvent::ALL), Actor::ENGINE).await.unwrap().0.id;
        let delivery = webhooks.test(webhook, Actor::ENGINE).await.unwrap().id;
        webhook_deliveries::Entity::update_many()
            .col_expr(webhook_deliveries::Column::State, Expr::value(DeliveryState::Dead))
            .filter(webhook_deliveries::Column::Id.eq(delivery))
            .exec(app.storage.connection())
            .await
            .unwrap();
        let wanted = Extraction::Guide { call_guide_id: guide, from: None, to: None, segment_by: Vec::new() };
        let task = app.storage.insights().request(app.storage.connection(), &wanted).await.unwrap();
        app.storage.tasks().cancel(task, Actor::ENGINE).await.unwrap();
        Self { guide, interview, webhook, delivery, task }
    }

    /// Every route that queues work for its caller.
    fn routes(&self) -> Vec<(String, Value)> {
        let Self { guide, interview, webhook, delivery, task } = self;
        let generate = "/api/analytics/insights/generate".to_owned();
        vec![
            (format!("/api/call-guides/{guide}/study"), json!({})),
            (format!("/api/call-guides/{guide}/study?format=csv"), json!({})),
            (format!("/api/call-guides/{guide}/study?format=zip"), json!({})),
            (generate.clone(), json!({ "call_guide_id": guide })),
            (generate.clone(), json!({ "interview_ids": [interview] })),
            (generate, json!({ "interview_id": interview })),
            (format!("/api/webhooks/{webhook}/test"), json!({})),
            (format!("/api/webhooks/{webhook}/deliveries/{delivery}/replay"), json!({})),
            (format!("/api/tasks/{task}/retry"), json!({})),
        ]
    }
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

fn post(app: &App, path: &str, body: &Value, key: &str) -> RequestBuilder {
    app.request(Method::POST, path).json(body).bearer_auth(key)
}

async fn refused(answer: Response, setting: &str, limit: u64) {
    let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(wait >= 1);
    let document = problem(answer, 429).await;
    assert_eq!(document["type"], "/problems/too-many-open-tasks");
    let detail = document["detail"].as_str().unwrap();
    assert!(detail.contains(setting) && detail.contains(&limit.to_string()), "{detail}");
}

#[actix_web::test]
async fn whoever_has_as_much_open_as_may_be_waits_on_every_route() {
    let app = bounded(2, 0).await;
    let things = Things::of(&app).await;
    let study = format!("/api/call-guides/{}/study", things.guide);
    for (path, body) in things.routes() {
        let (_, key) = app.storage.keys().create(new_key(Role::Admin), Actor::ENGINE).await.unwrap();
        let mut open = Vec::new();
        for _ in 0..2 {
            let answer = send(post(&app, &study, &json!({}), &key)).await;
            assert_eq!(answer.status(), 202, "{path}");
            open.push(answer.json::<Value>().await.unwrap()["task_url"].as_str().unwrap().to_owned());
        }
        refused(send(post(&app, &path, &body, &key)).await, "TASKS_OPEN_PER_CALLER", 2).await;
        // What is over is open no longer.
        assert_eq!(send(app.request(Method::DELETE, &open[0]).bearer_auth(&key)).await.status(), 200);
        assert_eq!(send(post(&app, &path, &body, &key)).await.status(), 202, "{path}");
        // That one counts as well.
        refused(send(post(&app, &study, &json!({}), &key)).await, "TASKS_OPEN_PER_CALLER", 2).await;
    }
    app.stop().await;
}

#[actix_web::test]
async fn a_workspace_has_a_limit_of_its_own_and_no_other_workspace_pays_for_it() {
    let app = bounded(3, 5).await;
    let things = Things::of(&app).await;
    let study = format!("/api/call-guides/{}/study", things.guide);
    let mut keys = Vec::new();
    for _ in 0..3 {
        keys.push(app.storage.keys().create(new_key(Role::Viewer), Actor::ENGINE).await.unwrap().1);
    }
    let mut statuses = Vec::new();
    for key in [&keys[0], &keys[0], &keys[0], &keys[0], &keys[1], &keys[1], &keys[1], &keys[2]] {
        statuses.push(send(post(&app, &study, &json!({}), key)).await.status().as_u16());
    }
    assert_eq!(statuses, [202, 202, 202, 429, 202, 202, 429, 429]);
    refused(send(post(&app, &study, &json!({}), &keys[2])).await, "TASKS_OPEN_PER_WORKSPACE", 5).await;

    let other = app.storage.of(app.storage.workspaces().create("other", Actor::ENGINE).await.unwrap().id);
    let guide = other.guides().create(&crate::support::guide(), None, Actor::ENGINE).await.unwrap().id;
    let (_, key) = other.keys().create(new_key(Role::Viewer), Actor::ENGINE).await.unwrap();
    let answer = send(post(&app, &format!("/api/call-guides/{guide}/study"), &json!({}), &key)).await;
    assert_eq!(answer.status(), 202);
    // What is refused was no export, and the audit trail knows of none.
    let trail = app.storage.audit().list(storage::AuditFilter { limit: 1_000, ..Default::default() }).await.unwrap();
    let exports = trail.iter().filter(|entry| entry.event_type.contains("export")).count();
    assert_eq!(exports, 5);
    app.stop().await;
}

/// What is streamed takes a thread for as long as its reader takes, and so is bounded as well.
#[actix_web::test]
async fn studies_that_nobody_reads_are_few() {
    let app = bounded(0, 0).await;
    let things = Things::of(&app).await;
    // More than the buffers on the way hold.
    record(&app.storage, things.interview, "respondent.ogg", vec![0; 64 << 20]).await;
    let study = format!("/api/call-guides/{}/study?format=zip", things.guide);
    let (_, one) = app.storage.keys().create(new_key(Role::Viewer), Actor::ENGINE).await.unwrap();
    let (_, other) = app.storage.keys().create(new_key(Role::Viewer), Actor::ENGINE).await.unwrap();
    let get = |key: &str| send(app.get(&study).bearer_auth(key));
    let (first, second) = (get(&one).await, get(&one).await);
    assert_eq!((first.status(), second.status()), (StatusCode::OK, StatusCode::OK));
    let refused = get(&one).await;
    assert_eq!(refused.headers()["retry-after"], "5");
    problem(refused, 429).await;
    assert_eq!(get(&other).await.status(), 200);
    drop((first, second));
    let free = async {
        while get(&one).await.status() != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::support::caller::LIMIT, free).await.expect("whoever hangs up gives back the place");
    app.stop().await;
}

#[actix_web::test]
async fn many_at_once_are_no_way_around_it() {
    let app = bounded(5, 0).await;
    let things = Things::of(&app).await;
    let study = format!("/api/call-guides/{}/study", things.guide);
    let (_, key) = app.storage.keys().create(new_key(Role::Viewer), Actor::ENGINE).await.unwrap();
    let nothing = json!({});
    let all = (0..30).map(|_| send(post(&app, &study, &nothing, &key)));
    let answers = futures_util::future::join_all(all).await;
    let taken = answers.iter().filter(|answer| answer.status() == 202).count();
    let refused = answers.iter().filter(|answer| answer.status() == 429).count();
    assert_eq!((taken, refused), (5, 25));
    app.stop().await;
}
