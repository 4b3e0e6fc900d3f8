//! Two engines with one database and no Redis.

use std::time::Duration;

use interview::io::{CallState, Notice};
use reqwest::StatusCode;
use serde_json::Value;
use storage::leases::Taking;

use super::{engine, expire};
use crate::session::{answers, check_log, resumed};
use crate::support::Home;
use crate::support::caller::{is_question, is_state};

#[actix_web::test]
async fn another_engine_takes_a_call_over_when_asked_and_no_word_is_lost() {
    let home = Home::new().await;
    let (one, two) = (engine(&home, None).await, engine(&home, None).await);
    let invitation = one.invite(3).await;
    let (mut call, mut page) = one.called(&invitation).await;
    page.answer_until(&call, is_question("q1")).await;
    let refused = two.caller.offer_only(&invitation.token, "").await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let seconds: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=15).contains(&seconds), "{seconds}");
    // Nobody is erased in the middle of a call, wherever it is.
    let erasure = format!("/api/interviews/{}/personal-data", invitation.id);
    assert_eq!(two.caller.delete(&erasure).await.status(), StatusCode::CONFLICT);
    page.answer_until(&call, is_question("q2")).await;

    let mut next_page = two.caller.page(&invitation.token, None).await;
    let taken = two.caller.join(&invitation.token, "?takeover=true").await.expect("taken over");
    call.closed().await;
    one.live(0).await;
    page.until(|notice| matches!(notice, Notice::Error { title, .. } if title == "Taken over")).await;
    let last = page.seen.iter().map(|message| message.seq).max().unwrap();
    assert_eq!(one.caller.offer_only(&invitation.token, "").await.status(), StatusCode::CONFLICT, "it is there now");
    next_page.answer_until(&taken, is_state(CallState::Ended)).await;
    two.live(0).await;
    assert!(next_page.seen.iter().all(|message| message.seq > last), "the numbers of messages go on");
    let events = two.events(invitation.id).await;
    check_log(&events);
    assert!(resumed(&events, 2), "the same asking goes on: {events:#?}");
    assert_eq!(answers(&events), 3);
    assert_eq!(two.interview(&invitation).await["status"], "completed");
    one.engine.stop(Duration::ZERO).await;
    two.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn a_call_can_be_cancelled_and_hung_up_through_any_engine() {
    let home = Home::new().await;
    let (one, two) = (engine(&home, None).await, engine(&home, None).await);
    let (cancelled, left) = (one.invite(3).await, one.invite(3).await);
    let (mut call, mut page) = one.called(&cancelled).await;
    let (mut other, mut other_page) = one.called(&left).await;
    let both = futures_util::future::join(
        page.answer_until(&call, is_question("q1")),
        other_page.answer_until(&other, is_question("q1")),
    );
    both.await;
    let path = format!("/api/interviews/{}", cancelled.id);
    assert_eq!(two.caller.delete(&path).await.status(), StatusCode::ACCEPTED, "the call is asked to end");
    let location = other.location.replace(&one.caller.base, &two.caller.base);
    assert_eq!(two.caller.http.delete(location).send().await.unwrap().status(), StatusCode::OK);
    futures_util::future::join(call.closed(), other.closed()).await;
    one.live(0).await;
    let row = two.interview(&cancelled).await;
    assert_eq!((&row["status"], &row["status_reason"]), (&Value::from("cancelled"), &Value::from("cancelled")));
    assert_eq!(two.interview(&left).await["status"], "in_progress");
    // Nobody holds it any more, so the next one to come is let in, wherever that is.
    let free = async {
        while two.engine.storage.leases().holder(left.id).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), free).await.expect("the lease is released");
    let (call, mut page) = two.called(&left).await;
    page.answer_until(&call, is_state(CallState::Ended)).await;
    one.engine.stop(Duration::ZERO).await;
    two.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn an_engine_whose_lease_has_expired_ends_its_call_when_another_one_takes_it() {
    let home = Home::new().await;
    let (one, two) = (engine(&home, None).await, engine(&home, None).await);
    let invitation = one.invite(3).await;
    let (mut call, mut page) = one.called(&invitation).await;
    page.answer_until(&call, is_question("q2")).await;
    // The first engine is alive and has not renewed its lease in time.
    let taken = loop {
        expire(&two.engine.storage).await;
        // It may have renewed it in this moment.
        if let Ok(call) = two.caller.join(&invitation.token, "").await {
            break call;
        }
    };
    let mut next_page = two.caller.page(&invitation.token, None).await;
    let to_the_end = next_page.answer_until(&taken, is_state(CallState::Ended));
    let told = page.until(|notice| matches!(notice, Notice::Error { title, .. } if title == "Taken over"));
    futures_util::future::join3(to_the_end, told, call.closed()).await;
    one.live(0).await;
    two.live(0).await;
    let events = two.events(invitation.id).await;
    check_log(&events);
    assert_eq!(answers(&events), 3);
    assert_eq!(two.interview(&invitation).await["status"], "completed");
    one.engine.stop(Duration::ZERO).await;
    two.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn the_call_of_an_engine_that_died_is_free_when_its_lease_has_expired() {
    let home = Home::new().await;
    let stage = engine(&home, None).await;
    let invitation = stage.invite(1).await;
    let leases = stage.engine.storage.leases();
    let taken = leases.take(invitation.id, "one that died").await.unwrap();
    assert_eq!(taken, Taking::Taken { fence: 1 });
    // It can't be asked, and it still counts as alive.
    let refused = stage.caller.offer_only(&invitation.token, "?takeover=true").await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert!(refused.headers().contains_key("retry-after"));
    expire(&stage.engine.storage).await;
    let (call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_state(CallState::Ended)).await;
    stage.engine.stop(Duration::ZERO).await;
}
