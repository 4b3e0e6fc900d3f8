//! What the database's failing does: to requests, and to a call that is on.

use std::path::Path;
use std::time::Duration;

use interview::io::CallState;
use reqwest::{Method, Response, StatusCode};
use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::{
    ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _, SqliteTransactionMode, TransactionOptions,
    TransactionTrait as _,
};
use serde_json::{Value, json};

use crate::api::App;
use crate::session::{Stage, answers, check_log};
use crate::support::caller::{Caller, LIMIT, is_question, is_state};
use crate::support::proxy::{Proxy, Way};
use crate::support::{Home, guide_document};

/// Within this a request fails that can't be served.
const FAST: Duration = Duration::from_secs(3);

/// Refused in time, and told when to come again.
async fn refused(what: &str, request: reqwest::RequestBuilder) {
    let response = tokio::time::timeout(FAST, request.send()).await.unwrap_or_else(|_| panic!("{what} took too long"));
    let response = response.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{what}");
    let seconds: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(seconds > 0);
    let problem: Value = response.json().await.unwrap();
    assert_eq!((problem["status"].clone(), problem["title"].clone()), (json!(503), json!("Service Unavailable")));
}

#[actix_web::test]
async fn an_exhausted_pool_refuses_fast_and_serves_again_when_there_is_room() {
    let app = App::start().await;
    let guide = app.guide_id().await;
    let mut held = Vec::new();
    // All connections of the pool: the next one is not given within the limit.
    while let Ok(Ok(tx)) = tokio::time::timeout(FAST, app.storage.connection().begin()).await {
        held.push(tx);
    }
    assert!(!held.is_empty());
    let document = guide_document();
    let requests = [
        ("a read", app.get("/api/interviews/")),
        ("a dashboard", app.get("/api/dashboard/overview")),
        ("a write", app.request(Method::POST, "/api/call-guides/").json(&document)),
    ];
    let all = requests.map(|(what, request)| refused(what, request));
    futures_util::future::join_all(all).await;
    assert_eq!(app.get("/api/health/live").send().await.unwrap().status(), StatusCode::OK);
    drop(held);
    let served = app.get(&format!("/api/call-guides/{guide}")).send().await.unwrap();
    assert_eq!(served.status(), StatusCode::OK);
    app.stop().await;
}

#[actix_web::test]
async fn a_writer_who_does_not_let_go_makes_others_fail_fast() {
    let app = App::start().await;
    let guide = app.guide_id().await;
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let tx = app.storage.connection().begin_with_options(options).await.unwrap();
    tx.execute_unprepared("UPDATE call_guides SET name = 'held'").await.unwrap();
    let put = app.request(Method::PUT, &format!("/api/call-guides/{guide}")).json(&guide_document());
    refused("an edit", put).await;
    assert_eq!(app.get("/api/call-guides/").send().await.unwrap().status(), StatusCode::OK, "readers don't wait");
    tx.rollback().await.unwrap();
    let put = app.request(Method::PUT, &format!("/api/call-guides/{guide}")).json(&guide_document());
    assert_eq!(put.send().await.unwrap().status(), StatusCode::OK);
    app.stop().await;
}

#[actix_web::test]
async fn text_that_the_database_cannot_hold_is_the_senders_fault() {
    let app = App::start().await;
    let mut document = guide_document();
    document["name"] = json!("a\u{0}b");
    let status = app.post("/api/call-guides/", &document).await.status();
    // SQLite holds anything.
    assert!(status == StatusCode::CREATED || status.is_client_error(), "{status}");
    assert_eq!(app.get("/api/call-guides/").send().await.unwrap().status(), StatusCode::OK);
    app.stop().await;
}

/// How long the database is away, in seconds: a few, or what `scripts/check faults` asks for.
fn away() -> Duration {
    let seconds = std::env::var("DATABASE_AWAY_SECONDS").map_or(8, |seconds| seconds.parse().unwrap());
    Duration::from_secs(seconds)
}

/// Events of this kind that wait on disk.
fn spooled(data_dir: &Path, kind: &str) -> usize {
    let text = std::fs::read_to_string(data_dir.join("spool/events.jsonl")).unwrap_or_default();
    text.matches(&format!("\"{kind}\"")).count()
}

async fn refused_everywhere(caller: &Caller, invitation: &crate::support::caller::Invitation, guide: &str) {
    let url = |path: &str| format!("{}{path}", caller.base);
    let requests = [
        ("an interview", caller.http.get(url(&format!("/api/interviews/{}", invitation.id)))),
        ("a dashboard", caller.http.get(url("/api/dashboard/overview"))),
        ("scheduling", caller.http.post(url("/api/interviews/schedule")).json(&json!({ "call_guide_id": guide }))),
        ("joining", caller.http.get(url(&format!("/api/join/{}", invitation.token)))),
    ];
    futures_util::future::join_all(requests.map(|(what, request)| refused(what, request))).await;
    let live = caller.get("/api/health/live").await;
    assert_eq!(live.status(), StatusCode::OK);
    let ready: Response = tokio::time::timeout(FAST, caller.get("/api/health/ready")).await.expect("health is quick");
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[actix_web::test]
#[ignore = "PostgreSQL's: scripts/test runs it there"]
async fn a_call_goes_on_while_the_database_is_away_and_its_events_land_once() {
    let home = Home::new().await;
    assert!(home.is_postgres(), "TEST_POSTGRES_URL must name a server");
    let direct: PgConnectOptions = home.url.parse().unwrap();
    let server = tokio::net::lookup_host((direct.get_host(), direct.get_port())).await.unwrap().next().unwrap();
    let proxy = Proxy::towards(server).await;
    let through = direct.host("127.0.0.1").port(proxy.address.port()).to_url_lossy().to_string();

    let stage = Stage::start(&[("DATABASE_URL", &through)]).await;
    let data_dir = stage.engine.settings.storage.data_dir.clone();
    let away = away();
    // An answer now and then for as long as it lasts; more questions than that.
    let pause = (away / 8).max(Duration::from_secs(3));
    let questions = 2 * (away.as_secs() / pause.as_secs()) as usize + 4;
    let guide = stage.caller.guide(&crate::support::caller::open_guide(questions)).await;
    let invitation = stage.caller.schedule(&guide).await;
    let (call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_question("q1")).await;

    for way in [Way::Silent, Way::Cut] {
        let before = spooled(&data_dir, "answered");
        proxy.set(way);
        let requests = async {
            // The first ones find out; the later ones are told at once.
            refused_everywhere(&stage.caller, &invitation, &guide).await;
            refused_everywhere(&stage.caller, &invitation, &guide).await;
        };
        // The page is told nothing that is not committed: the respondent goes on by ear.
        let conversation = async {
            let until = tokio::time::Instant::now() + away / 2;
            let limit = tokio::time::Instant::now() + away / 2 + LIMIT;
            while tokio::time::Instant::now() < until || spooled(&data_dir, "answered") <= before {
                assert!(tokio::time::Instant::now() < limit, "no answer was spooled");
                assert!(call.is_connected());
                call.speak().await;
                tokio::time::sleep(pause).await;
            }
        };
        futures_util::future::join(requests, conversation).await;
    }
    let waiting = spooled(&data_dir, "answered");
    assert!(waiting >= 2, "{waiting} answers wait on disk");
    proxy.set(Way::Open);

    page.answer_until(&call, is_state(CallState::Ended)).await;
    stage.live(0).await;
    let events = stage.events(invitation.id).await;
    check_log(&events);
    assert_eq!(answers(&events), questions, "every answer is there, once");
    let times: Vec<u64> = events.iter().map(|record| record.at_ms).collect();
    assert!(times.is_sorted(), "in their order");
    assert_eq!(stage.interview(&invitation).await["status"], "completed");
    assert_eq!(page.answers().len(), questions, "and the page was told of each");
    assert!(!data_dir.join("spool/events.jsonl").exists(), "nothing waits any more");
    // The quality supervisor was held up like everybody else, and has seen every answer by now.
    assert!(stage.engine.quality.settle().await);
    let filter = storage::AlertFilter { limit: 100, ..Default::default() };
    let told = tokio::time::timeout(LIMIT, async {
        loop {
            let alerts = stage.engine.storage.alerts().list(filter.clone()).await.unwrap();
            let away: Vec<_> =
                alerts.iter().filter(|alert| alert.metric_name == "component.database").cloned().collect();
            if !away.is_empty() && away.iter().all(|alert| alert.resolved_at.is_some()) {
                return (away, alerts);
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    });
    let (away_alerts, alerts) = told.await.expect("the database's absence is told when it is back");
    assert!(away_alerts.iter().all(|alert| alert.severity == entity::Severity::Critical));
    let of_call = |alert: &&entity::alerts::Model| alert.interview_id == Some(invitation.id);
    assert!(alerts.iter().filter(of_call).any(|alert| alert.metric_name == "information_density"), "{alerts:#?}");
    let measured = entity::metrics::Entity::find().count(stage.engine.storage.connection()).await.unwrap();
    assert!(measured > 0, "the interview's measurements are there");
    println!("away for {away:?}: {waiting} of {questions} answers waited on disk");
    stage.engine.stop(Duration::ZERO).await;
}
