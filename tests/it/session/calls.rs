//! Calls from consent to end, and everything that may happen to an actor, a connection or a process in between.

use std::path::Path;
use std::time::Duration;

use interview::Event;
use interview::io::{CallState, Notice};
#[cfg(debug_assertions)]
use interviewer::session::actor::Sabotage;
use reqwest::StatusCode;
use serde_json::Value;
use storage::{EventRecord, Storage};
use tokio::process::{Child, Command};
use voice::audio::MediaRuntime;

use super::{ENVIRONMENT, Stage, answers, check_log, resumed, settings};
use crate::support::caller::{Caller, is_question, is_state, open_guide};
use crate::support::process::engine;
use crate::support::recorded;

#[actix_web::test]
async fn a_call_goes_from_consent_to_its_end() {
    let stage = Stage::start(&[]).await;
    let invitation = stage.invite(2).await;
    let (mut call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_state(CallState::Ended)).await;
    call.closed().await;
    stage.live(0).await;

    let events = stage.events(invitation.id).await;
    check_log(&events);
    assert_eq!(answers(&events), 2);
    assert_eq!(page.answers(), ["Yes, that is fine.", "Yes, that is fine."]);
    let transcript = stage.caller.json(&format!("/api/interviews/{}/transcript", invitation.id)).await;
    for answer in transcript["responses"].as_array().unwrap() {
        assert!(
            answer["latency_ms"]["first_audio"].is_u64(),
            "every question is timed, the first one, too: {answer:#}"
        );
    }
    let interview = stage.interview(&invitation).await;
    assert_eq!(interview["status"], "completed", "{interview:#}");
    assert_eq!(interview["status_reason"], Value::Null);
    assert_eq!(interview["quality_metrics"]["completion_rate"], 1.0);
    let recording = stage.caller.get(&format!("/api/interviews/{}/recording", invitation.id)).await;
    assert_eq!(recording.status(), StatusCode::OK);
    assert!(recording.bytes().await.unwrap().starts_with(b"OggS"));
    let again = stage.caller.offer_only(&invitation.token, "").await;
    assert_eq!(again.status(), StatusCode::GONE, "an interview that is over can't be joined");
    assert_eq!(stage.engine.stop(Duration::ZERO).await, 0);
}

/// One call is sabotaged in its first question; it goes on, and the one beside it notices nothing.
#[cfg(debug_assertions)]
async fn sabotaged(sabotage: Sabotage) {
    let stage = Stage::start(&[]).await;
    let (victim, neighbour) = (stage.invite(3).await, stage.invite(3).await);
    let (call, mut page) = stage.called(&victim).await;
    let (other, mut other_page) = stage.called(&neighbour).await;
    let both = futures_util::future::join(
        page.answer_until(&call, is_question("q1")),
        other_page.answer_until(&other, is_question("q1")),
    );
    both.await;
    stage.engine.registry.actor(victim.id).unwrap().do_send(sabotage);
    let both = futures_util::future::join(
        page.answer_until(&call, is_state(CallState::Ended)),
        other_page.answer_until(&other, is_state(CallState::Ended)),
    );
    both.await;
    stage.live(0).await;

    let events = stage.events(victim.id).await;
    check_log(&events);
    assert!(resumed(&events, 1), "the same asking is taken up: {events:#?}");
    assert_eq!(answers(&events), 3);
    let legs = events.iter().filter(|record| matches!(record.event, Event::LegConnected { .. })).count();
    assert_eq!(legs, 2, "one actor after the other on the same connection");
    let losses = events.iter().filter(|record| matches!(record.event, Event::LegLost { .. })).count();
    assert_eq!(losses, 0, "the connection stayed");
    assert_eq!(stage.interview(&victim).await["status"], "completed");

    let events = stage.events(neighbour.id).await;
    check_log(&events);
    assert!(!resumed(&events, 1));
    assert_eq!(stage.interview(&neighbour).await["status"], "completed");
    stage.engine.stop(Duration::ZERO).await;
}

#[cfg(debug_assertions)]
#[actix_web::test]
async fn a_panic_costs_one_call_a_repeated_question_and_nobody_else_anything() {
    sabotaged(Sabotage::Panic).await;
}

#[cfg(debug_assertions)]
#[actix_web::test]
async fn a_frozen_actor_is_replaced_and_does_no_harm_when_it_thaws() {
    // Longer than the watcher's patience, shorter than the rest of the interview.
    sabotaged(Sabotage::Freeze(Duration::from_secs(5))).await;
}

/// Calls share threads. One that freezes takes its neighbours out of the conversation for a moment, and all of them go
/// on elsewhere, over the connections that they have.
#[cfg(debug_assertions)]
#[actix_web::test]
async fn a_frozen_thread_is_left_behind_and_every_call_on_it_goes_on() {
    let stage = Stage::start(&[]).await;
    let (mut interviews, mut calls) = (Vec::new(), Vec::new());
    let neighbour = loop {
        let interview = stage.invite(3).await;
        calls.push(stage.called(&interview).await);
        interviews.push(interview);
        if let Some(neighbour) = stage.engine.registry.neighbours(interviews[0].id).first() {
            break *neighbour;
        }
    };
    let asked = calls.iter_mut().map(|(call, page)| page.answer_until(call, is_question("q1")));
    futures_util::future::join_all(asked).await;
    stage.engine.registry.actor(interviews[0].id).unwrap().do_send(Sabotage::Freeze(Duration::from_secs(30)));
    let ended = calls.iter_mut().map(|(call, page)| page.answer_until(call, is_state(CallState::Ended)));
    futures_util::future::join_all(ended).await;
    stage.live(0).await;
    assert_eq!(stage.engine.metrics.call_threads_left_total.get(), 1);
    for interview in &interviews {
        let events = stage.events(interview.id).await;
        check_log(&events);
        let moved = interview.id == interviews[0].id || interview.id == neighbour;
        assert_eq!(resumed(&events, 1), moved, "those on the thread take up the same asking: {events:#?}");
        assert_eq!(answers(&events), 3);
        let losses = events.iter().filter(|record| matches!(record.event, Event::LegLost { .. })).count();
        assert_eq!(losses, 0, "the connection stayed");
        assert_eq!(stage.interview(interview).await["status"], "completed");
    }
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn joining_is_refused_where_it_must_be() {
    let stage = Stage::start(&[("MAX_CONCURRENT_INTERVIEWS", "1")]).await;
    let (first, second) = (stage.invite(2).await, stage.invite(2).await);
    let unknown = stage.caller.offer_only("nobody-has-this-token", "").await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    let garbage = stage.caller.post_offer(&first.token, "", "v=0 and so on").await;
    assert!(garbage.status().is_client_error(), "{}", garbage.status());
    assert_eq!(stage.engine.registry.census().live, 0, "a refused offer takes no place");

    let (mut call, mut page) = stage.called(&first).await;
    let full = stage.caller.offer_only(&second.token, "").await;
    assert_eq!(full.status(), StatusCode::SERVICE_UNAVAILABLE);
    let seconds: u64 = full.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(seconds > 0);
    assert_eq!(stage.caller.offer_only(&first.token, "").await.status(), StatusCode::CONFLICT);

    // Another device takes the call over in the first question: the old connection ends, the same asking goes on.
    page.answer_until(&call, is_question("q1")).await;
    let taken = stage.caller.join(&first.token, "?takeover=true").await.expect("taken over");
    call.closed().await;
    assert_ne!(call.location, taken.location);
    assert_eq!(call.delete().await, StatusCode::NOT_FOUND, "the old call's URL is no longer the call's");
    page.answer_until(&taken, is_state(CallState::Ended)).await;
    stage.live(0).await;
    let events = stage.events(first.id).await;
    check_log(&events);
    assert!(resumed(&events, 1));
    assert_eq!(stage.interview(&first).await["status"], "completed");
    assert!(recorded(&stage.engine.storage, first.id).await.len() >= 3, "both legs are recorded");

    let call = stage.caller.join(&second.token, "").await.expect("there is room again");
    assert_eq!(call.delete().await, StatusCode::OK);
    stage.live(0).await;
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn what_is_drained_or_hung_up_is_taken_up_by_the_next_engine() {
    let stage = Stage::start(&[]).await;
    let (drained, paused) = (stage.invite(2).await, stage.invite(2).await);
    let (call, mut page) = stage.called(&drained).await;
    let (other, mut other_page) = stage.called(&paused).await;
    page.answer_until(&call, is_question("q2")).await;
    other_page.answer_until(&other, is_question("q1")).await;
    assert_eq!(other.delete().await, StatusCode::OK);
    stage.live(1).await;
    let Stage { folder, engine, .. } = stage;
    assert_eq!(engine.stop(Duration::ZERO).await, 1);

    let stage = Stage::start_in(folder, &[], &[]).await;
    for (invitation, asking) in [(&drained, 2), (&paused, 1)] {
        let interview = stage.interview(invitation).await;
        assert_eq!(interview["status"], "in_progress");
        assert_eq!(interview["status_reason"], Value::Null, "nothing broke off");
        // The page that was open asks for what came after its last message of then.
        let last = page.seen.last().map(|message| message.seq);
        let mut page = stage.caller.page(&invitation.token, last).await;
        let call = stage.caller.join(&invitation.token, "").await.expect("the same link");
        page.until(is_question(&format!("q{asking}"))).await;
        page.answer_until(&call, is_state(CallState::Ended)).await;
        let events = stage.events(invitation.id).await;
        check_log(&events);
        assert!(resumed(&events, asking));
        assert_eq!(answers(&events), 2);
    }
    stage.live(0).await;
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn declining_leaves_one_event_and_no_word() {
    let words = "No, I would not like to take part in violet interviews.";
    let stage = Stage::start_in(tempfile::tempdir().unwrap(), &[], &[words]).await;
    let invitation = stage.invite(2).await;
    let (call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_state(CallState::Ended)).await;
    stage.live(0).await;

    let interview = stage.interview(&invitation).await;
    assert_eq!((&interview["status"], &interview["status_reason"]), (&"cancelled".into(), &"consent_declined".into()));
    assert_eq!(interview["consent_given"], false);
    let responses = stage.caller.json(&format!("/api/interviews/{}/responses", invitation.id)).await;
    assert!(!responses.to_string().contains("asking"), "{responses}");
    let events = stage.events(invitation.id).await;
    check_log(&events);
    let declined = |record: &&EventRecord| matches!(record.event, Event::ConsentAnswered { given: false, .. });
    assert_eq!(events.iter().filter(declined).count(), 1);
    assert!(!serde_json::to_string(&events).unwrap().contains("violet"));
    assert!(page.answers().is_empty());
    assert!(recorded(&stage.engine.storage, invitation.id).await.is_empty());
    stage.engine.stop(Duration::ZERO).await;
    // Not in any file either, whatever its format: the database, its journal, the spool.
    assert!(!holds(stage.folder.path(), b"violet"));
}

/// Whether any file below the folder holds these bytes.
fn holds(folder: &Path, wanted: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            holds(&path, wanted)
        } else {
            std::fs::read(&path).unwrap().windows(wanted.len()).any(|window| window == wanted)
        }
    })
}

/// A process of its own, which can be killed. Killed when dropped.
struct Process {
    child: Child,
    caller: Caller,
    _media: MediaRuntime,
}

impl Process {
    async fn start(folder: &Path) -> Self {
        let settings = |command: &mut Command| {
            command.envs(ENVIRONMENT.iter().copied()).env("DATA_DIR", folder).env("LOG_LEVEL", "warn");
        };
        let (child, url) = engine(settings).await;
        let media = MediaRuntime::start().unwrap();
        Self { child, caller: Caller::new(&url, &media), _media: media }
    }

    /// SIGKILL: nothing is flushed, closed or said.
    async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

#[actix_web::test]
async fn after_kill_9_everything_acknowledged_is_there_and_the_same_asking_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path()).await;
    let guide = process.caller.guide(&open_guide(2)).await;
    let invitation = process.caller.schedule(&guide).await;
    let mut page = process.caller.page(&invitation.token, None).await;
    let call = process.caller.join(&invitation.token, "").await.expect("joined");
    // The first answer is acknowledged by the second question, and in this very moment the engine dies.
    page.answer_until(&call, is_question("q2")).await;
    process.kill().await;
    drop(call);

    let process = Process::start(folder.path()).await;
    let path = format!("/api/interviews/{}", invitation.id);
    let interview = process.caller.json(&path).await;
    assert_eq!(
        (&interview["status"], &interview["status_reason"]),
        (&"in_progress".into(), &"engine_restarted".into())
    );
    assert_eq!(interview["conversation_state"]["paused"], "engine_restarted");
    let last = page.seen.last().map(|message| message.seq);
    let mut new_page = process.caller.page(&invitation.token, last).await;
    let call = process.caller.join(&invitation.token, "").await.expect("the same link");
    new_page.until(is_question("q2")).await;
    let interview = process.caller.json(&path).await;
    let standing = (&interview["status_reason"], &interview["conversation_state"]["paused"]);
    assert_eq!(standing, (&Value::Null, &Value::Null), "it goes on");
    new_page.answer_until(&call, is_state(CallState::Ended)).await;
    assert_eq!(process.caller.json(&path).await["status"], "completed");
    process.kill().await;

    let url = settings(folder.path(), &[]).database_url();
    let storage = Storage::connect(&url, 2, folder.path()).await.unwrap();
    let events = storage.event_log().load(invitation.id).await.unwrap();
    check_log(&events);
    assert!(resumed(&events, 2));
    let consents = page.seen.iter().filter(|message| matches!(message.notice, Notice::Consent { .. })).count();
    let kept = |event: &Event| matches!(event, Event::ConsentAnswered { .. });
    assert_eq!(events.iter().filter(|record| kept(&record.event)).count(), consents, "what the page was told is there");
    let paused = |event: &Event| matches!(event, Event::Paused { reason } if reason == "engine_restarted");
    assert_eq!(events.iter().filter(|record| paused(&record.event)).count(), 1);
    let told = page.answers().len() + new_page.answers().len();
    assert_eq!(answers(&events), told, "every answer told to the page is there, once");
    assert_eq!(told, 2);
}
