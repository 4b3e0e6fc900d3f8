//! What several areas' tests need: a store in a temporary folder, a guide, hand-made events.

pub mod caller;
pub mod certificate;
pub mod database;
pub mod process;
pub mod proxy;
pub mod redis;
pub mod identity;
pub mod llm;
pub mod relay;
pub mod s3;

use std::collections::BTreeMap;
use std::io::Read as _;

use interview::Guide;
use interview::analysis::{Analysis, Sentiment};
use interview::guide::Action;
use interview::io::{EndStatus, Endpointing, Event, Phase, Response, Word};
use serde_json::{Value, json};
use storage::{Actor, EventRecord, NewInterview, Storage};
use uuid::Uuid;

pub use database::{Home, open_store, store};

pub fn guide_document() -> Value {
    json!({
        "name": "Work",
        "research_objective": "How people work",
        "min_completion_percentage": 0.7,
        "sections": [{
            "id": "start", "section_name": "Start", "order": 1,
            "questions": [
                { "id": "kind", "text": "What kind of work do you do?", "required": true },
                { "id": "rating", "text": "How much do you like it?", "type": "scale", "scale": { "min": 1, "max": 5 } },
            ],
        }],
    })
}

pub fn guide() -> Guide {
    serde_json::from_value(guide_document()).unwrap()
}

pub fn new_interview(call_guide_id: Uuid) -> NewInterview {
    NewInterview {
        call_guide_id,
        channel: entity::Channel::Webrtc,
        respondent_id: None,
        respondent_name: Some("Dana".to_owned()),
        respondent_phone: None,
        respondent_email: None,
        metadata: json!({}),
        scheduled_at: None,
        link_lifetime: chrono::Duration::days(1),
        no_show_after: chrono::Duration::minutes(30),
    }
}

/// A guide and a scheduled interview with it.
pub async fn scheduled(storage: &Storage) -> Uuid {
    let guide = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap();
    storage.interviews().schedule(new_interview(guide.id), Actor::ENGINE).await.unwrap().0.id
}

/// Stores a complete file of the interview's recording, such as `respondent.ogg`.
pub async fn record(storage: &Storage, id: Uuid, name: &str, bytes: impl AsRef<[u8]>) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    storage.recordings().complete(id, name, file.path()).await.unwrap();
}

/// What there is of the interview's recording, by name, wherever it lies.
pub async fn recorded(storage: &Storage, id: Uuid) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for track in storage.recordings().tracks(id, None).await.unwrap() {
        let mut bytes = Vec::new();
        // None was removed since it was listed.
        let Some(mut content) = track.open().await.unwrap() else { continue };
        content.read_to_end(&mut bytes).unwrap();
        found.insert(track.name, bytes);
    }
    found
}

/// Numbers events from `first` on, 1000 ms apart beginning with 0.
pub fn records(first: i64, events: Vec<Event>) -> Vec<EventRecord> {
    (first..)
        .zip(events)
        .map(|(seq, event)| EventRecord { seq, at_ms: (seq - 1) as u64 * 1_000, event, actor: "interview".to_owned() })
        .collect()
}

fn asked(asking: u32, question: &str, text: &str, follow_up_of: Option<u32>) -> Event {
    Event::QuestionAsked {
        asking,
        question_id: question.to_owned(),
        section: "start".to_owned(),
        text: text.to_owned(),
        follow_up_of,
        action: follow_up_of.map(|_| Action::Example),
        why: follow_up_of.map(|_| "vague_response".to_owned()),
        source: follow_up_of.map(|_| "template".to_owned()),
    }
}

fn answered(asking: u32, question_text: &str, text: &str, asked_ms: u64, parent: Option<u32>) -> Event {
    let words: Vec<Word> = (0_u64..)
        .zip(text.split(' '))
        .map(|(index, word)| Word {
            text: word.to_owned(),
            start_ms: asked_ms + 500 + index * 100,
            end_ms: asked_ms + 590 + index * 100,
            confidence: 0.9,
        })
        .collect();
    Event::Answered {
        response: Box::new(Response {
            asking,
            question_id: "kind".to_owned(),
            section: "start".to_owned(),
            question_text: question_text.to_owned(),
            text: text.to_owned(),
            words,
            asked_ms,
            answered_ms: asked_ms + 3_000,
            response_time_ms: 500,
            is_follow_up: parent.is_some(),
            parent,
            analysis: Analysis {
                sentiment: Sentiment::Positive,
                information_density: 0.3,
                confidence: 0.9,
                key_phrases: vec!["small shops".to_owned()],
                ..Analysis::default()
            },
            value: None,
            class: interview::understanding::AnswerClass::Answered,
            flags: vec!["cut_short".to_owned()],
            is_complete: true,
            requires_clarification: parent.is_none(),
            endpointing: Endpointing::default(),
        }),
    }
}

/// A whole small interview: consent, a question with a follow-up, one skipped, a person asked for, the end.
pub fn conversation() -> Vec<EventRecord> {
    records(
        1,
        vec![
            Event::LegConnected { leg: 1 },
            Event::ConsentAnswered { recording: false, given: true },
            Event::ConsentAnswered { recording: true, given: true },
            Event::PhaseEntered { phase: Phase::MainInterview },
            Event::SectionEntered { section: "start".to_owned() },
            asked(1, "kind", "What kind of work do you do?", None),
            Event::Said {
                utterance: 1,
                text: "What kind of work do you do?".to_owned(),
                start_ms: 5_000,
                end_ms: 7_000,
                interrupted: false,
            },
            answered(1, "What kind of work do you do?", "bookkeeping for <small> shops", 7_000, None),
            asked(2, "kind", "Could you give an example?", Some(1)),
            answered(2, "Could you give an example?", "a bakery", 12_000, Some(1)),
            Event::QuestionSkipped {
                question_id: "rating".to_owned(),
                section: "start".to_owned(),
                reason: "time".to_owned(),
            },
            Event::PersonRequested,
            Event::Ended { status: EndStatus::Completed, reason: None },
        ],
    )
}
