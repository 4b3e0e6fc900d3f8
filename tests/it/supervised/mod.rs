//! Parts of an engine that panic and freeze under live calls: everything goes on, nothing
//! acknowledged is lost, and it is told.

mod losses;

use std::time::Duration;

use interview::io::CallState;
use interviewer::supervised::{InjectedFault, StatusBoard};
use reqwest::StatusCode;
use serde_json::{Value, json};
use storage::AlertFilter;

use crate::metrics::Served;
use crate::session::{Stage, answers, check_log};
use crate::support::caller::{Call, Invitation, LIMIT, Page, is_question, is_state};
use crate::support::redis::RedisServer;

/// Longer than the most patient part is waited for.
const FREEZE: Duration = Duration::from_secs(24);

/// Not replaced, and told about.
const WATCHED: [&str; 2] = ["media", "recordings"];
/// Enough for a call to go on for longer than that.
const QUESTIONS: usize = 12;

/// How often a part was started again.
fn restarts(board: &StatusBoard, part: &str) -> u64 {
    board.statuses().iter().find(|status| status.name == part).expect("there is such a part").restarts
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, waiting).await.unwrap_or_else(|_| panic!("{what} in time"));
}

/// Whether every part is up.
fn all_up(board: &StatusBoard) -> bool {
    board.statuses().iter().all(|status| status.up)
}

async fn is_ready(stage: &Stage) -> bool {
    stage.caller.get("/api/health/ready").await.status() == StatusCode::OK
}

async fn line(stage: &Stage, part: &str) -> Value {
    let health = stage.caller.json("/api/health/").await;
    let parts = health["components"]["parts"].as_array().unwrap();
    parts.iter().find(|line| line["name"] == part).unwrap_or_else(|| panic!("{part}: {health:#}")).clone()
}

struct Talk {
    invitation: Invitation,
    call: Call,
    page: Page,
}

/// Calls in their first question.
async fn talks(stage: &Stage, calls: usize, questions: usize) -> Vec<Talk> {
    let mut talks = Vec::new();
    for _ in 0..calls {
        let invitation = stage.invite(questions).await;
        let (call, page) = stage.called(&invitation).await;
        talks.push(Talk { invitation, call, page });
    }
    let begun = talks.iter_mut().map(|talk| talk.page.answer_until(&talk.call, is_question("q1")));
    futures_util::future::join_all(begun).await;
    talks
}

/// To their ends; every answer that a page was told is in the log, once.
async fn come_to_their_ends(stage: &Stage, mut talks: Vec<Talk>, questions: usize) {
    let ended = talks.iter_mut().map(|talk| talk.page.answer_until(&talk.call, is_state(CallState::Ended)));
    futures_util::future::join_all(ended).await;
    stage.live(0).await;
    // The page is not told what an actor that was lost, on a machine that is too busy, was about to
    // tell.
    let lost = Served::by(stage).await.count("errors_total", &[("component", "session")]) as usize;
    for talk in &talks {
        let events = stage.events(talk.invitation.id).await;
        check_log(&events);
        assert_eq!(answers(&events), questions, "every answer is in the log, once");
        let told = talk.page.answers().len();
        assert!(
            (questions - lost..=questions).contains(&told),
            "{told} of {questions}, {lost} actors lost: {events:#?}"
        );
        assert_eq!(stage.interview(&talk.invitation).await["status"], "completed");
    }
}

#[actix_web::test]
async fn the_writer_of_the_log_may_panic_and_freeze_in_the_middle_of_calls() {
    let stage = Stage::start(&[]).await;
    let mut talks = talks(&stage, 3, 4).await;
    let board = &stage.engine.board;
    for (number, (fault, reason)) in
        [(InjectedFault::Panic, "panicked"), (InjectedFault::Freeze(Duration::from_secs(8)), "frozen")]
            .into_iter()
            .enumerate()
    {
        assert!(board.inject("persistence", fault));
        let told = until("readiness tells", async || !is_ready(&stage).await);
        let next = format!("q{}", number + 2);
        let answered = talks.iter_mut().map(|talk| talk.page.answer_until(&talk.call, is_question(&next)));
        futures_util::future::join(told, futures_util::future::join_all(answered)).await;
        until("the next writer", async || is_ready(&stage).await).await;
        let line = line(&stage, "persistence").await;
        assert_eq!((&line["status"], &line["needed"]), (&json!("ok"), &json!(true)));
        assert_eq!((&line["restarts"], &line["last_reason"]), (&json!(number + 1), &json!(reason)));
        let counted = Served::by(&stage).await;
        assert_eq!(counted.count("part_restarts_total", &[("part", "persistence"), ("reason", reason)]), 1);
    }
    come_to_their_ends(&stage, talks, 4).await;
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn every_part_may_panic_and_freeze_under_calls() {
    let server = RedisServer::start();
    let stage = Stage::start(&[("DATA_RETENTION_DAYS", "30"), ("REDIS_URL", &server.url())]).await;
    let talks = talks(&stage, 2, QUESTIONS).await;
    futures_util::future::join(come_to_their_ends(&stage, talks, QUESTIONS), sabotage_all(&stage)).await;
    // The parts do their work: what was said is judged, and the engine answers.
    assert!(stage.engine.quality.settle().await);
    assert!(is_ready(&stage).await);
    stage.engine.stop(Duration::ZERO).await;
}

/// All parts panic, and then freeze.
async fn sabotage_all(stage: &Stage) {
    let board = &stage.engine.board;
    let parts: Vec<&str> =
        board.statuses().iter().map(|part| part.name).filter(|name| !WATCHED.contains(name)).collect();
    let known = [
        "redis_probe",
        "persistence",
        "recording_store",
        "call_leases",
        "component_alerts",
        "quality",
        "call_watcher",
        "retention",
        "tasks",
        "task_janitor",
        "task_offers",
        "webhooks",
    ];
    assert_eq!(parts, known, "in the order in which they are started");
    for (round, (fault, reason)) in
        [(InjectedFault::Panic, "panicked"), (InjectedFault::Freeze(FREEZE), "frozen")].into_iter().enumerate()
    {
        for part in &parts {
            assert!(board.inject(part, fault), "{part}");
        }
        let wanted = round as u64 + 1;
        until("every part is replaced", async || parts.iter().all(|part| restarts(board, part) >= wanted)).await;
        until("every part is up", async || all_up(board)).await;
        let counted = Served::by(stage).await;
        for part in &parts {
            let count = counted.count("part_restarts_total", &[("part", part), ("reason", reason)]);
            assert_eq!(count, 1, "{part} {reason}");
        }
    }
}

#[actix_web::test]
async fn a_part_that_is_lost_three_times_in_a_minute_raises_a_critical_alert() {
    let stage = Stage::start(&[("DATA_RETENTION_DAYS", "30"), ("COMPONENT_QUIET_SECONDS", "1")]).await;
    let board = &stage.engine.board;
    let alerts = async || {
        let filter = AlertFilter { limit: 100, ..AlertFilter::default() };
        let alerts = stage.engine.storage.alerts().list(filter).await.unwrap();
        alerts.into_iter().filter(|alert| alert.metric_name == "component.retention").collect::<Vec<_>>()
    };
    for count in 1..=3 {
        assert!(alerts().await.is_empty(), "{} restarts", count - 1);
        until("it runs", async || board.inject("retention", InjectedFault::Panic)).await;
        until("it is replaced", async || restarts(board, "retention") == count && all_up(board)).await;
    }
    until("the alert", async || alerts().await.len() == 1).await;
    assert_eq!(alerts().await[0].severity, entity::Severity::Critical);
    until("its end", async || alerts().await[0].resolved_at.is_some()).await;
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn a_media_thread_that_stands_still_is_told_and_goes_on() {
    let stage = Stage::start(&[]).await;
    assert!(stage.engine.board.inject("media", InjectedFault::Freeze(Duration::from_secs(8))));
    until("readiness tells", async || !is_ready(&stage).await).await;
    assert_eq!(line(&stage, "media").await["last_reason"], "frozen");
    until("it goes on", async || is_ready(&stage).await).await;
    let talks = talks(&stage, 1, 1).await;
    come_to_their_ends(&stage, talks, 1).await;
    stage.engine.stop(Duration::ZERO).await;
}
