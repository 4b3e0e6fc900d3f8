//! Insights: quotes that were said, numbers that were computed, reports that can be heard; on SQLite and PostgreSQL.

mod across;
mod erased;
mod one;
mod requests;
mod worded;

use std::time::Duration;

use chrono::{DateTime, Utc};
use interview::Event;
use interview::analysis::Analysis;
use interview::analysis::contradiction::{Earlier, with_earlier};
use interview::io::{EndStatus, Endpointing, Phase, Response, Word};
use interviewer::insights::Tools;
use interviewer::insights::task::ExtractInsights;
use interviewer::tasks::share::Places;
use interviewer::tasks::{Options, Runner};
use interviewer::telemetry::Metrics;
use serde_json::{Value, json};
use std::sync::Arc;
use storage::{Actor, Batch, NewInterview, Storage};
use uuid::Uuid;

use crate::api::App;
use crate::support::caller::LIMIT;
use crate::support::{new_interview, records};

/// One that was held.
pub struct Held<'a> {
    pub guide: Uuid,
    pub respondent: &'a str,
    pub metadata: Value,
    pub ended: DateTime<Utc>,
    /// Questions (their id is `q1`, `q2`, …) and answers.
    pub said: &'a [(&'a str, &'a str)],
}

/// Holds it: its id.
pub async fn hold(storage: &Storage, held: &Held<'_>) -> Uuid {
    let new = NewInterview {
        respondent_id: Some(held.respondent.to_owned()),
        metadata: held.metadata.clone(),
        ..new_interview(held.guide)
    };
    let id = storage.interviews().schedule(new, Actor::ENGINE).await.unwrap().0.id;
    let records = records(1, conversation(held.said));
    let batch = Batch { interview_id: id, fence: None, received_at: held.ended, records };
    storage.event_log().append_all(&[&batch]).await.unwrap().remove(0).unwrap();
    id
}

fn conversation(said: &[(&str, &str)]) -> Vec<Event> {
    let mut events = vec![
        Event::LegConnected { leg: 1 },
        Event::ConsentAnswered { recording: false, given: true },
        Event::ConsentAnswered { recording: true, given: true },
        Event::PhaseEntered { phase: Phase::MainInterview },
        Event::SectionEntered { section: "all".to_owned() },
    ];
    let mut earlier: Vec<Response> = Vec::new();
    for (asking, (question, text)) in (1_u32..).zip(said) {
        events.push(Event::QuestionAsked {
            asking,
            question_id: format!("q{asking}"),
            section: "all".to_owned(),
            text: (*question).to_owned(),
            follow_up_of: None,
            action: None,
            why: None,
            source: None,
        });
        let from = u64::from(asking) * 20_000;
        let words: Vec<Word> = (0_u64..)
            .zip(text.split_whitespace())
            .map(|(at, word)| Word {
                text: word.to_owned(),
                start_ms: from + at * 300,
                end_ms: from + at * 300 + 260,
                confidence: 0.9,
            })
            .collect();
        let mut analysis = Analysis::of(question, &words);
        let before: Vec<Earlier> = earlier.iter().map(Earlier::from).collect();
        analysis.contradictions = with_earlier(text, &words, &before);
        let response = Response {
            asking,
            question_id: format!("q{asking}"),
            section: "all".to_owned(),
            question_text: (*question).to_owned(),
            text: (*text).to_owned(),
            words,
            asked_ms: from,
            answered_ms: from + 15_000,
            response_time_ms: 500,
            is_follow_up: false,
            parent: None,
            analysis,
            value: None,
            class: interview::understanding::AnswerClass::Answered,
            flags: Vec::new(),
            is_complete: true,
            requires_clarification: false,
            endpointing: Endpointing::default(),
        };
        earlier.push(response.clone());
        events.push(Event::Answered { response: Box::new(response) });
    }
    events.push(Event::Ended { status: EndStatus::Completed, reason: None });
    events
}

pub fn guide_of(questions: usize) -> Value {
    let questions: Vec<Value> = (1..=questions)
        .map(|n| json!({ "id": format!("q{n}"), "text": format!("What about part {n} of your work?") }))
        .collect();
    json!({
        "name": "Work", "research_objective": "Learn what makes work at home hard",
        "sections": [{ "id": "all", "section_name": "All", "questions": questions }],
    })
}

pub async fn guide(storage: &Storage, questions: usize) -> Uuid {
    let guide = interview::guide::from_value(guide_of(questions)).unwrap();
    storage.guides().create(&guide, None, Actor::ENGINE).await.unwrap().id
}

/// Workers for the store's tasks, until they are dropped.
pub fn workers(storage: &Storage, metrics: &Arc<Metrics>) -> Runner {
    let options = Options {
        places: Places { all: 3, each: [1, 1, 1] },
        lease: Duration::from_secs(30),
        kept: Duration::from_hours(1),
    };
    let tools = Tools { metrics: Some(Arc::clone(metrics)), ..Tools::default() };
    let handler = Arc::new(ExtractInsights { tools });
    Runner::start(storage.clone(), vec![handler], options, None, Arc::clone(metrics)).unwrap()
}

/// Asks for insights and waits for them.
pub async fn generated(app: &App, body: &Value) -> Value {
    let metrics = Arc::new(Metrics::new().unwrap());
    let workers = workers(&app.storage, &metrics);
    let answer = app.post("/api/analytics/insights/generate", body).await;
    assert_eq!(answer.status(), 202);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let queued: Value = answer.json().await.unwrap();
    assert_eq!(queued["task_url"], location.as_str());
    let task = queued["task_id"].as_str().unwrap().parse().unwrap();
    let made = until(async || {
        let filter = storage::InsightFilter { limit: 50, ..Default::default() };
        let rows = app.storage.insights().list(filter).await.unwrap();
        rows.into_iter().find(|row| row.task_id == Some(task))
    });
    let row = made.await;
    workers.stop(Duration::from_secs(5)).await;
    let found = app.get(&format!("/api/analytics/insights/{}", row.id)).send().await.unwrap();
    assert_eq!(found.status(), 200);
    found.json().await.unwrap()
}

/// Looks until it is there.
pub async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, found).await.expect("it comes in time")
}

/// Every quote of an insight, wherever it stands.
pub fn quotes(insight: &Value) -> Vec<&Value> {
    let findings = insight["key_findings"].as_array().unwrap();
    let evidence = findings.iter().flat_map(|finding| finding["evidence"].as_array().unwrap());
    insight["notable_quotes"].as_array().unwrap().iter().chain(evidence).collect()
}
