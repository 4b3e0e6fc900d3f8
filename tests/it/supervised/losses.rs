//! What can't be kept: it is told, it stops nobody else, and what is not in the log is not
//! published.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use entity::Severity;
use interview::Event;
use interview::io::{CallState, Notice, RecordingFault};
use interviewer::fleet::Leases;
use interviewer::session::Engines;
use interviewer::supervised::Stack;
use interviewer::supervisors::components::{self, Sources};
use interviewer::supervisors::{AppendError, Incidents, Patience, Persistence};
use interviewer::telemetry::Metrics;
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use storage::{AlertFilter, Batch, EventRecord, Storage};
use uuid::Uuid;
use voice::vad::{ActivityDetector, ActivityEngine, CHUNK, Energy, VadError};

use super::until;
use crate::metrics::Served;
use crate::session::{Stage, answers, check_log, resumed};
use crate::support::caller::{is_question, is_state};
use crate::support::{Home, conversation, scheduled, store};

async fn alerts(storage: &Storage, metric_name: &str) -> Vec<entity::alerts::Model> {
    let filter = AlertFilter { limit: 100, ..AlertFilter::default() };
    let all = storage.alerts().list(filter).await.unwrap();
    all.into_iter().filter(|alert| alert.metric_name == metric_name).collect()
}

/// Every event of this interview fails with an error that says nothing about whether it will pass.
async fn poison(home: &Home, storage: &Storage, interview: Uuid) {
    let statements: Vec<String> = if home.is_postgres() {
        vec![
            format!(
                "CREATE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.entity_id = '{interview}' \
                 THEN RAISE EXCEPTION 'an error of nobody''s'; END IF; RETURN NEW; END $$"
            ),
            "CREATE TRIGGER poison BEFORE INSERT ON event_logs FOR EACH ROW EXECUTE FUNCTION poisoned()".to_owned(),
        ]
    } else {
        let id = interview.simple().to_string().to_uppercase();
        vec![format!(
            "CREATE TRIGGER poison BEFORE INSERT ON event_logs WHEN hex(NEW.entity_id) = '{id}' \
             BEGIN SELECT RAISE(ABORT, 'an error of nobody''s'); END"
        )]
    };
    for statement in statements {
        storage.connection().execute_unprepared(&statement).await.unwrap();
    }
}

#[actix_web::test]
async fn a_batch_that_the_database_never_takes_is_set_aside_and_the_others_go_on() {
    let (home, storage) = store().await;
    let (sick, well) = (scheduled(&storage).await, scheduled(&storage).await);
    poison(&home, &storage, sick).await;
    let metrics = Arc::new(Metrics::new().unwrap());
    let mut parts = Stack::new(Arc::clone(&metrics)).unwrap();
    let incidents = Incidents::default();
    let leases = Leases::new(storage.clone(), "test".to_owned(), None);
    let patience = Patience { tries: 4, first: Duration::from_millis(10), longest: Duration::from_millis(40) };
    let persistence =
        Persistence::start(&mut parts, storage.clone(), Arc::clone(&metrics), incidents.clone(), leases, patience)
            .unwrap();
    let sources = Sources {
        storage: storage.clone(),
        metrics: Arc::clone(&metrics),
        board: parts.board(),
        incidents,
        quiet: Duration::from_mins(1),
    };
    components::start(&mut parts, sources).unwrap();

    let log = conversation();
    let mut first = persistence.append(sick, None, log[..2].to_vec());
    let second = persistence.append(sick, None, log[2..].to_vec());
    // Each of them is committed although the others' batch has been there for longer.
    for record in &log {
        persistence.append(well, None, vec![record.clone()]).await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(45)).await;
    }
    let answer = tokio::time::timeout(Duration::from_secs(20), &mut first).await.expect("tries are bounded").unwrap();
    assert!(matches!(answer, Err(AppendError::SetAside(_))), "{answer:?}");
    // What follows has no place in the log any more.
    until("the rest", async || storage.event_log().load(well).await.unwrap() == log).await;
    drop(second.await);
    assert!(storage.event_log().load(sick).await.unwrap().is_empty());
    let kept = std::fs::read_to_string(home.path().join("spool/rejected.jsonl")).unwrap();
    for record in &log {
        assert!(kept.contains(&serde_json::to_string(record).unwrap()), "every event is kept for a person: {kept}");
    }
    // Beside the one about the component, which is about no interview.
    let of_interview = async || {
        let all = alerts(&storage, "component.event_log").await;
        all.into_iter().find(|alert| alert.interview_id == Some(sick))
    };
    until("the alert", async || of_interview().await.is_some()).await;
    assert_eq!(of_interview().await.unwrap().severity, Severity::Critical);
    let text = metrics.render().unwrap();
    assert!(text.contains("errors_total{component=\"event_log\",error_type=\"set_aside\"}"), "{text}");
    assert_eq!(persistence.flush().await, Ok(()), "nothing waits any more");
    parts.stop().await;
}

#[actix_web::test]
async fn what_the_log_refuses_is_not_published() {
    let stage = Stage::start(&[]).await;
    let invitation = stage.invite(3).await;
    let (mut call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_question("q2")).await;
    page.until(is_state(CallState::Listening)).await;
    assert!(stage.engine.persistence.flush().await.is_ok());
    let before = page.answers().len();
    // Somebody else writes into the log: the actor's next event has no place there.
    let events = stage.events(invitation.id).await;
    let last = events.last().unwrap();
    let foreign = EventRecord { seq: last.seq + 1, at_ms: last.at_ms, event: Event::Resumed, actor: "x".to_owned() };
    let fence = stage.engine.storage.leases().holder(invitation.id).await.unwrap().map(|holder| holder.fence);
    let batch = Batch { interview_id: invitation.id, fence, received_at: chrono::Utc::now(), records: vec![foreign] };
    stage.engine.storage.event_log().append_all(&[&batch]).await.unwrap().remove(0).unwrap();
    call.speak().await;
    page.until(|notice| matches!(notice, Notice::Error { .. })).await;
    page.until(is_state(CallState::Ended)).await;
    call.closed().await;
    stage.live(0).await;
    assert_eq!(page.answers().len(), before, "an answer that is not in the log was told to nobody");
    let asked = |id: &str| page.seen.iter().any(|message| is_question(id)(&message.notice));
    assert!(asked("q2") && !asked("q3"));
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn a_recording_that_breaks_off_is_an_event_an_alert_and_a_figure() {
    let stage = Stage::start(&[]).await;
    let invitation = stage.invite(1).await;
    // Where the recordings' folder would be made.
    let folder = stage.folder().join("recordings");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(invitation.id.to_string()), b"in the way").unwrap();
    let (mut call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_state(CallState::Ended)).await;
    call.closed().await;
    stage.live(0).await;
    let events = stage.events(invitation.id).await;
    check_log(&events);
    let told: Vec<RecordingFault> = events
        .iter()
        .filter_map(|record| match record.event {
            Event::RecordingIncomplete { reason } => Some(reason),
            _ => None,
        })
        .collect();
    assert_eq!(told, [RecordingFault::WriteFailed], "once");
    let interview = stage.interview(&invitation).await;
    assert_eq!(interview["status"], "completed", "the interview itself goes on");
    assert_eq!(interview["conversation_state"]["recording_incomplete"], json!("write_failed"));
    assert!(stage.engine.quality.settle().await);
    let alerts = alerts(&stage.engine.storage, "component.recording").await;
    assert_eq!(alerts.len(), 1);
    assert_eq!((alerts[0].interview_id, alerts[0].severity), (Some(invitation.id), Severity::Error));
    assert_eq!(Served::by(&stage).await.count("errors_total", &[("component", "recording")]), 1);
    stage.engine.stop(Duration::ZERO).await;
}

/// Loudness, until it is told to panic.
#[derive(Clone)]
struct Shaky(Arc<AtomicBool>);

#[async_trait]
impl ActivityDetector for Shaky {
    async fn probability(&mut self, chunk: &[f32; CHUNK]) -> Result<f32, VadError> {
        let probability = Energy::default().probability(chunk).await?;
        // In the middle of what is said.
        assert!(probability < 0.5 || !self.0.swap(false, Ordering::SeqCst), "on purpose");
        Ok(probability)
    }
}

impl ActivityEngine for Shaky {
    fn detector(&self) -> Box<dyn ActivityDetector> {
        Box::new(self.clone())
    }

    fn name(&self) -> &'static str {
        "shaky"
    }
}

#[actix_web::test]
async fn an_endpointer_that_panics_costs_a_repeated_question_and_nothing_else() {
    let shaky = Shaky(Arc::new(AtomicBool::new(false)));
    let vad = shaky.clone();
    let script = move |engines: &mut Engines| engines.vad = Arc::new(vad);
    let stage = Stage::start_as(tempfile::tempdir().unwrap(), &[], script).await;
    let invitation = stage.invite(3).await;
    let (mut call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_question("q2")).await;
    shaky.0.store(true, Ordering::SeqCst);
    page.answer_until(&call, is_state(CallState::Ended)).await;
    assert!(!shaky.0.load(Ordering::SeqCst), "it panicked");
    call.closed().await;
    stage.live(0).await;
    let events = stage.events(invitation.id).await;
    check_log(&events);
    assert!(resumed(&events, 2), "the same asking is taken up: {events:#?}");
    assert_eq!(answers(&events), 3);
    let counted = Served::by(&stage).await;
    assert_eq!(counted.count("errors_total", &[("component", "session"), ("error_type", "endpointing")]), 1);
    assert_eq!(stage.interview(&invitation).await["status"], "completed");
    stage.engine.stop(Duration::ZERO).await;
}
