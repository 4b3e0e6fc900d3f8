//! Two engines with one database and one Redis: what Redis makes quicker, and what pages at the other engine see.

use std::time::Duration;

use interview::io::CallState;
use interviewer::fleet::{Answers, Cache, Redis};
use llm::cache::Cache as _;
use reqwest::StatusCode;
use uuid::Uuid;

use super::engine;
use crate::session::{answers, check_log, resumed};
use crate::support::Home;
use crate::support::caller::{is_question, is_state};
use crate::support::redis::RedisServer;

#[actix_web::test]
async fn a_call_is_on_one_engine_and_another_one_takes_it_over_only_when_asked() {
    let (home, server) = (Home::new().await, RedisServer::start());
    let one = engine(&home, Some(&server)).await;
    let invitation = one.invite(3).await;
    let (mut call, mut page) = one.called(&invitation).await;
    page.answer_until(&call, is_question("q1")).await;
    // It starts while the call is on, and leaves it alone.
    let two = engine(&home, Some(&server)).await;
    assert_eq!(two.caller.offer_only(&invitation.token, "").await.status(), StatusCode::CONFLICT);
    page.answer_until(&call, is_question("q2")).await;

    let mut page = two.caller.page(&invitation.token, None).await;
    let taken = two.caller.join(&invitation.token, "?takeover=true").await.expect("taken over");
    call.closed().await;
    one.live(0).await;
    assert_eq!(one.caller.offer_only(&invitation.token, "").await.status(), StatusCode::CONFLICT, "it is there now");
    page.answer_until(&taken, is_state(CallState::Ended)).await;
    two.live(0).await;
    let events = two.events(invitation.id).await;
    check_log(&events);
    assert!(resumed(&events, 2), "the same asking goes on: {events:#?}");
    assert_eq!(answers(&events), 3);
    assert_eq!(two.interview(&invitation).await["status"], "completed");
    one.engine.stop(Duration::ZERO).await;
    two.engine.stop(Duration::ZERO).await;
}

#[tokio::test]
async fn a_cache_is_shared_and_never_stands_in_the_way() {
    let mut server = RedisServer::start();
    let open = || Cache::new("test", Duration::from_mins(1), Redis::open(&server.url()).unwrap());
    let (one, two) = (open(), open());
    one.put(&[b"a question"], b"an answer".to_vec()).await;
    assert_eq!(two.get(&[b"a question"]).await.unwrap(), b"an answer");
    assert!(two.get(&[b"another question"]).await.is_none());
    server.stop();
    assert!(two.get(&[b"a question"]).await.is_none());
    two.put(&[b"a question"], b"an answer".to_vec()).await;
}

#[actix_web::test]
async fn a_page_at_another_engine_sees_the_call_and_can_ask_for_things() {
    let (home, server) = (Home::new().await, RedisServer::start());
    let one = engine(&home, Some(&server)).await;
    let two = engine(&home, Some(&server)).await;
    let invitation = one.invite(4).await;
    let (call, mut page) = one.called(&invitation).await;
    page.answer_until(&call, is_question("q2")).await;

    // What was told before it was opened, and what comes; what it asks for is done where the call is.
    let mut elsewhere = two.caller.page(&invitation.token, None).await;
    elsewhere.until(is_question("q1")).await;
    elsewhere.until(is_question("q2")).await;
    assert_eq!(elsewhere.answers(), page.answers());
    elsewhere.send("pause").await;
    page.until(is_state(CallState::Paused)).await;
    elsewhere.until(is_state(CallState::Paused)).await;
    elsewhere.send("resume").await;
    page.answer_until(&call, is_question("q3")).await;
    let last = elsewhere.until(is_question("q3")).await;
    assert!(
        page.seen.iter().any(|told| told.seq == last.seq && told.notice == last.notice),
        "the numbers are one engine's"
    );

    // Nobody is erased in the middle of a call, wherever it is.
    let erasure = format!("/api/interviews/{}/personal-data", invitation.id);
    assert_eq!(two.caller.delete(&erasure).await.status(), StatusCode::CONFLICT);

    // Emptied, it goes on with what comes after.
    server.empty();
    page.answer_until(&call, is_question("q4")).await;
    elsewhere.until(is_question("q4")).await;
    elsewhere.send("leave").await;
    page.until(is_state(CallState::Ended)).await;
    elsewhere.until(is_state(CallState::Ended)).await;
    one.live(0).await;

    // Erased, nothing of it is left there.
    let told = format!("interviewer:call:{}:told", invitation.id);
    assert!(server.ask::<i64>(&["XLEN", &told]) > 1);
    assert_eq!(two.caller.delete(&erasure).await.status(), StatusCode::OK);
    assert_eq!(server.ask::<i64>(&["XLEN", &told]), 1, "the mark");
    one.engine.stop(Duration::ZERO).await;
    two.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn a_page_that_is_open_at_another_engine_is_dropped_when_its_respondent_is_erased() {
    let (home, server) = (Home::new().await, RedisServer::start());
    let one = engine(&home, Some(&server)).await;
    let two = engine(&home, Some(&server)).await;
    let invitation = one.invite(3).await;
    let (call, mut page) = one.called(&invitation).await;
    page.answer_until(&call, is_question("q2")).await;
    let mut elsewhere = two.caller.page(&invitation.token, None).await;
    elsewhere.until(is_question("q2")).await;
    call.delete().await;
    one.live(0).await;

    let path = format!("/api/interviews/{}/personal-data", invitation.id);
    let erased = async {
        // The claim on the call lapses a moment after it.
        while one.caller.delete(&path).await.status() == StatusCode::CONFLICT {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), erased).await.expect("nobody is on the line");
    while elsewhere.next().await.is_some() {}
    assert!(!page.seen.is_empty() && two.engine.registry.census().pages == 0);
    one.engine.stop(Duration::ZERO).await;
    two.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn what_pages_were_told_outlives_the_engine() {
    let (home, server) = (Home::new().await, RedisServer::start());
    let one = engine(&home, Some(&server)).await;
    let invitation = one.invite(3).await;
    let (call, mut page) = one.called(&invitation).await;
    page.answer_until(&call, is_question("q2")).await;
    one.engine.stop(Duration::ZERO).await;

    let two = engine(&home, Some(&server)).await;
    let (call, mut again) = two.called(&invitation).await;
    again.until(is_question("q1")).await;
    again.answer_until(&call, is_state(CallState::Ended)).await;
    assert_eq!(again.answers().len(), 3, "with the one that was given to the engine before");
    two.engine.stop(Duration::ZERO).await;
}

#[tokio::test]
async fn a_models_answers_are_shared_until_they_are_forgotten() {
    let server = RedisServer::start();
    let open = || Answers::new(Redis::open(&server.url()).unwrap().unwrap());
    let (one, two, interviews) = (open(), open(), [Uuid::now_v7(), Uuid::now_v7()]);
    one.put(interviews[0], "a", "about the first".to_owned()).await;
    one.put(interviews[1], "b", "about the second".to_owned()).await;
    assert_eq!(two.get("a").await.as_deref(), Some("about the first"));
    two.forget(&interviews[..1]).await;
    assert_eq!((one.get("a").await, one.get("b").await.as_deref()), (None, Some("about the second")));
    assert!(server.ask::<i64>(&["PTTL", "interviewer:cache:llm:b"]) > 0, "it lapses by itself");
}
