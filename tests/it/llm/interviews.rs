//! Whole interviews with a language model behind them: one that serves, and one that fails in every way there is.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use interview::Event;
use interview::io::CallState;
use serde_json::{Value, json};
use storage::EventRecord;

use crate::session::{Stage, check_followed_log};
use crate::support::caller::is_state;
use crate::support::llm::{FakeLlm, Reply, follow_up};

/// How long proposals may take from the end of the answer, and what a busy machine may add, in ms.
const DEADLINE_MS: u64 = 2_500;
const TOLERANCE_MS: u64 = 1_500;

/// One answer an asking, in turn; the last one for ever.
const HEARD: &[&str] = &[
    "Yes, that is fine.",
    "Yes.",
    "I keep the books for eleven small shops near the harbour.",
    "The receipts from the fish market are wet and hard to read.",
    "I start with the bank statements and then sort the receipts.",
    "The statements come late from two of the banks.",
    "A scanner would help me with the receipts, I believe.",
    "It would save me an hour on Fridays.",
];

fn guide() -> Value {
    let question = |id: &str, text: &str| json!({ "id": id, "text": text, "required": true, "max_follow_ups": 1 });
    json!({
        "name": "Books", "research_objective": "How small firms keep their books",
        "estimated_duration_minutes": 10, "max_duration_minutes": 20,
        "sections": [{ "id": "all", "section_name": "All", "order": 1, "questions": [
            question("work", "What do you do for a living?"),
            question("day", "How does a usual day go?"),
            question("help", "What would make it easier?"),
        ] }],
    })
}

struct Held {
    stage: Stage,
    interview: Value,
    events: Vec<EventRecord>,
}

async fn held(fake: &FakeLlm, more: &[(&str, &str)]) -> Held {
    let mut settings =
        vec![("LLM_PROVIDER", "openai"), ("OPENAI_BASE_URL", fake.url.as_str()), ("OPENAI_MODEL", "fake-model")];
    settings.extend(more);
    let stage = Stage::hearing(&settings, HEARD).await;
    let id = stage.caller.guide(&guide()).await;
    let invitation = stage.caller.schedule(&id).await;
    let (mut call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_state(CallState::Ended)).await;
    call.closed().await;
    stage.live(0).await;
    let events = stage.events(invitation.id).await;
    check_followed_log(&events);
    let interview = stage.interview(&invitation).await;
    assert_eq!(interview["status"], "completed", "{interview:#}");
    Held { stage, interview, events }
}

/// Text and source of each follow-up.
fn follow_ups(events: &[EventRecord]) -> Vec<(&str, &str)> {
    events
        .iter()
        .filter_map(|record| match &record.event {
            Event::QuestionAsked { text, source: Some(source), .. } => Some((text.as_str(), source.as_str())),
            _ => None,
        })
        .collect()
}

/// The longest wait for anything audible, and for the question itself, over all turns in ms.
fn waits(events: &[EventRecord]) -> (u64, u64) {
    let timings = events.iter().filter_map(|record| match &record.event {
        Event::TurnTimed { timing, .. } => Some((timing.first_audio, timing.question_start)),
        _ => None,
    });
    timings.fold((0, 0), |most, wait| (most.0.max(wait.0), most.1.max(wait.1)))
}

/// For `scripts/check supervision`, which tells what was measured; elsewhere nobody asks.
fn figure(text: &str) {
    if let Ok(path) = std::env::var("FIGURES") {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        writeln!(file, "7 {text}").unwrap();
    }
}

fn errors(held: &Held, kind: &str) -> f64 {
    held.stage.engine.metrics.errors_total.with_label_values(&[kind, "llm"]).get()
}

#[actix_web::test]
async fn a_model_words_follow_ups_and_the_interview_says_so() {
    let fake = FakeLlm::start(|_, body| {
        let told = body["messages"][1]["content"].as_str().unwrap().lines().next().unwrap();
        let told: Value = serde_json::from_str(told).unwrap();
        let question = match told["4_question"].as_str().unwrap() {
            "What do you do for a living?" => "What makes the books of shops near the harbour special?",
            "How does a usual day go?" => "Don't you hate bank statements?",
            _ => "What would you scan first, the receipts or something else?",
        };
        Reply::Stream(follow_up(question))
    })
    .await;
    let held = held(&fake, &[]).await;
    let asked = follow_ups(&held.events);
    assert!(asked.contains(&("What makes the books of shops near the harbour special?", "fake-model")), "{asked:?}");
    assert!(!asked.iter().any(|(text, _)| text.contains("hate")), "{asked:?}");
    let rejected = &held.interview["conversation_state"]["rejected_follow_ups"];
    assert_eq!(rejected[0]["reason"], "leading", "{:#}", held.interview);
    assert_eq!(rejected[0]["source"], "fake-model");
    let metrics = &held.stage.engine.metrics;
    assert!(metrics.follow_ups_rejected_total.with_label_values(&["leading"]).get() >= 1.0);
    assert!(metrics.llm_tokens_used_total.with_label_values(&["follow_up"]).get() >= 42.0);
    let health = held.stage.caller.json("/api/health/").await;
    assert_eq!(health["components"]["models"]["llm"], json!({ "model": "fake-model", "breaker": "closed" }));
    assert_eq!(health["components"]["models"]["proposer"], "fake-model");
    held.stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn every_way_to_fail_in_turn_costs_nobody_more_than_the_deadline() {
    let replies: Arc<[fn() -> Reply]> = Arc::new([
        || Reply::Hang,
        || Reply::Truncated(follow_up("What makes that so?")),
        || Reply::Garbage,
        || Reply::Megabyte,
        || Reply::Status(429, Some(60), "{}"),
        || Reply::Status(500, Some(60), "{}"),
    ]);
    let fake = FakeLlm::start(move |before, _| replies[before % replies.len()]()).await;
    // The breaker would spare us most of them.
    let held = held(&fake, &[]).await;
    assert!(follow_ups(&held.events).iter().all(|(_, source)| *source == "template"), "{:?}", follow_ups(&held.events));
    let (audible, question) = waits(&held.events);
    figure(&format!("every failure in turn: audible after {audible} ms, the question after {question} ms at most"));
    assert!(question <= DEADLINE_MS + TOLERANCE_MS, "{question} ms");
    let kinds = ["late", "truncated", "invalid", "too_long", "busy", "server", "breaker_open"];
    let counted: f64 = kinds.iter().map(|kind| errors(&held, kind)).sum();
    assert!(counted >= 3.0, "{counted}");
    held.stage.engine.stop(Duration::ZERO).await;
}

/// An interview with a server that only ever answers so.
async fn with(name: &str, kind: &str, reply: fn() -> Reply) {
    let fake = FakeLlm::start(move |_, _| reply()).await;
    let held = held(&fake, &[]).await;
    assert!(follow_ups(&held.events).iter().all(|(_, source)| *source == "template"));
    assert!(errors(&held, kind) >= 1.0, "{name}: {kind} is counted");
    let (audible, question) = waits(&held.events);
    figure(&format!("a server that {name}: audible after {audible} ms, the question after {question} ms at most"));
    assert!(question <= DEADLINE_MS + TOLERANCE_MS, "{name}: {question} ms");
    held.stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn a_server_that_hangs() {
    with("hangs", "late", || Reply::Hang).await;
}

#[actix_web::test]
async fn a_server_that_breaks_off() {
    with("breaks off", "truncated", || Reply::Truncated(follow_up("What makes that so?"))).await;
}

#[actix_web::test]
async fn a_server_that_talks_nonsense() {
    with("talks nonsense", "invalid", || Reply::Garbage).await;
}

#[actix_web::test]
async fn a_server_that_never_stops_talking() {
    with("sends a megabyte", "too_long", || Reply::Megabyte).await;
}

#[actix_web::test]
async fn a_server_that_is_too_busy() {
    with("answers 429", "busy", || Reply::Status(429, Some(60), "{}")).await;
}

#[actix_web::test]
async fn a_server_that_fails() {
    with("answers 500", "server", || Reply::Status(500, Some(60), "{}")).await;
}

#[actix_web::test]
async fn who_has_spent_the_budget_gets_templates() {
    let fake = FakeLlm::start(|_, _| Reply::Stream(follow_up("What makes that so important to the shops?"))).await;
    // The report after the call has its words from the model as well, and nobody waits for those.
    let held = held(&fake, &[("LLM_TOKENS_PER_INTERVIEW", "100"), ("INSIGHTS_ON_COMPLETION", "false")]).await;
    assert_eq!(fake.count(), 0, "one question would cost more than there is");
    assert!(follow_ups(&held.events).iter().all(|(_, source)| *source == "template"));
    held.stage.engine.stop(Duration::ZERO).await;
}
