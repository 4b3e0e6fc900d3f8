//! While a call is on: a threshold that is edited, a supervisor that dies.

use std::time::Duration;

use interview::io::CallState;
use interviewer::session::Engines;
#[cfg(debug_assertions)]
use interviewer::supervised::InjectedFault;
use serde_json::{Value, json};
use voice::stt;

use super::{PATIENT, RICH, alerts, hearing, rich, words};
use crate::metrics::Served;
use crate::session::Stage;
use crate::support::caller::{LIMIT, is_question, is_state, open_guide};

/// Waits for alerts that come by themselves.
async fn until(stage: &Stage, what: &str, wanted: impl Fn(&[Value]) -> bool) {
    let looking = async {
        loop {
            let found = alerts(stage).await;
            if wanted(&found) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(LIMIT, looking).await.unwrap_or_else(|_| panic!("{what} in time"));
}

async fn set(stage: &Stage, metric: &str, body: Value) {
    let url = format!("{}/api/quality/thresholds/{metric}", stage.caller.base);
    let answer = stage.caller.http.put(url).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
}

#[actix_web::test]
async fn a_threshold_is_edited_while_the_call_is_on() {
    let stage = hearing(&[], rich(0.85)).await;
    let guide = stage.caller.guide(&open_guide(6)).await;
    let invitation = stage.caller.schedule(&guide).await;
    let (mut call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_question("q4")).await;
    assert!(stage.engine.quality.settle().await);
    assert!(alerts(&stage).await.is_empty());

    let other = stage.caller.guide(&open_guide(1)).await;
    set(&stage, "stt_confidence", json!({ "value": 0.99, "call_guide_id": other })).await;
    set(&stage, "stt_confidence", json!({ "value": 0.9, "severity": "error", "call_guide_id": guide })).await;
    // Nothing more is said: the edit alone raises it.
    until(&stage, "the alert", |found| found.len() == 1 && found[0]["resolved_at"].is_null()).await;
    assert_eq!(alerts(&stage).await[0]["severity"], "error");
    set(&stage, "stt_confidence", json!({ "value": null, "call_guide_id": guide })).await;
    until(&stage, "its end", |found| found.len() == 1 && found[0]["resolution"] == "recovered").await;

    page.answer_until(&call, is_state(CallState::Ended)).await;
    call.closed().await;
    stage.live(0).await;
    assert!(stage.engine.quality.settle().await);
    assert_eq!(alerts(&stage).await.len(), 1, "nothing else");
    stage.engine.stop(Duration::ZERO).await;
}

#[cfg(debug_assertions)]
#[actix_web::test]
async fn a_supervisor_that_dies_and_an_engine_that_restarts_find_each_thing_once() {
    let stage = hearing(&[], rich(0.7)).await;
    let guide = stage.caller.guide(&open_guide(7)).await;
    let invitation = stage.caller.schedule(&guide).await;
    let (call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_question("q3")).await;
    assert!(stage.engine.quality.settle().await);
    assert!(alerts(&stage).await.is_empty(), "two answers are not judged");

    // The next supervisor reads the two answers from the log.
    assert!(stage.engine.board.inject("quality", InjectedFault::Panic));
    page.answer_until(&call, is_question("q5")).await;
    until(&stage, "the alert", |found| found.len() == 1).await;
    let first = alerts(&stage).await[0].clone();
    assert_eq!((&first["metric_name"], &first["resolved_at"]), (&json!("stt_confidence"), &Value::Null));
    assert_eq!(Served::by(&stage).await.count("errors_total", &[("component", "quality")]), 1);

    // The next engine hears better, but not well enough for the mean to recover.
    let folder = stage.stop().await;
    let stage = Stage::start_as(folder, &[PATIENT], |engines: &mut Engines| {
        let heard = |_: u32, _: &stt::Speech| words(RICH[3], 0.9);
        engines.transcriber = std::sync::Arc::new(stt::Scripted::hearing(Duration::ZERO, heard));
    })
    .await;
    assert!(stage.engine.quality.settle().await);
    assert_eq!(alerts(&stage).await, std::slice::from_ref(&first), "the same one");
    let mut page = stage.caller.page(&invitation.token, None).await;
    let mut call = stage.caller.join(&invitation.token, "").await.expect("the same link");
    page.answer_until(&call, is_state(CallState::Ended)).await;
    call.closed().await;
    stage.live(0).await;
    assert!(stage.engine.quality.settle().await);
    assert_eq!(alerts(&stage).await, [first], "and nothing else");
    stage.engine.stop(Duration::ZERO).await;
}
