//! Erasing a person and the end of their data's time, on whichever database the tests run: what `privacy` checks over real
//! calls and files is SQL here.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{Duration, Utc};
use entity::event_logs;
use interview::followup::check::Unfit;
use interview::io::{
    EndStatus, Event, Means, Pending, Phase, Postponement, RecordingFault, Rejection, RepeatReason, TurnTiming, Word,
};
use interview::understanding::{Concern, Topic};
use interviewer::privacy::Retention;
use interviewer::telemetry::Metrics;
use reqwest::{Method, StatusCode};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::Value;
use storage::{Actor, Batch, NewInterview, Storage};
use utoipa::PartialSchema as _;
use uuid::Uuid;

use super::App;
use crate::support::{conversation, guide, new_interview, records};

const WORD: &str = "Quarrington";

/// An interview of this respondent that was held so many days ago.
async fn held(storage: &Storage, guide: Uuid, respondent: &str, days: i64) -> Uuid {
    let new = NewInterview {
        respondent_id: Some(respondent.to_owned()),
        respondent_name: Some("Wilhelmina Quarrington".to_owned()),
        ..new_interview(guide)
    };
    let id = storage.interviews().schedule(new, Actor::ENGINE).await.unwrap().0.id;
    let batch = Batch {
        interview_id: id,
        fence: None,
        received_at: Utc::now() - Duration::days(days),
        records: conversation(),
    };
    storage.event_log().append_all(&[&batch]).await.unwrap().remove(0).unwrap();
    id
}

async fn is_erased(storage: &Storage, id: Uuid) -> bool {
    let row = storage.interviews().get(id).await.unwrap();
    let wordless =
        storage.responses().of_interview(id).await.unwrap().iter().all(|response| response.response_text.is_empty());
    let closed = storage.event_log().load(id).await.is_err();
    assert_eq!(
        (wordless, closed),
        (row.respondent_name.is_none(), row.respondent_name.is_none()),
        "all of it, or nothing"
    );
    wordless
}

#[actix_web::test]
async fn a_person_is_erased_with_every_interview_of_theirs_and_nobody_else_is() {
    let app = App::start().await;
    let guide = app.storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap().id;
    let (first, second) = (held(&app.storage, guide, "w", 1).await, held(&app.storage, guide, "w", 2).await);
    let other = held(&app.storage, guide, "v", 1).await;
    let path = format!("/api/interviews/{first}/personal-data");

    let answer = app.request(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let receipt: Value = answer.json().await.unwrap();
    assert_eq!((&receipt["erased"]["interviews"], &receipt["erased"]["keys"]), (&2.into(), &1.into()), "{receipt}");
    for (id, erased) in [(first, true), (second, true), (other, false)] {
        assert_eq!(is_erased(&app.storage, id).await, erased);
        let transcript = app.get(&format!("/api/interviews/{id}/transcript")).send().await.unwrap();
        assert_eq!(transcript.status() == StatusCode::GONE, erased);
    }
    let again: Value = app.request(Method::DELETE, &path).send().await.unwrap().json().await.unwrap();
    assert_eq!(again, receipt);
    app.stop().await;
}

#[actix_web::test]
async fn retention_leaves_the_key_to_the_younger_interview() {
    let app = App::start().await;
    let storage = app.storage.clone();
    let guide = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap().id;
    let old = held(&storage, guide, "old", 40).await;
    let (before, since) = (held(&storage, guide, "both", 31).await, held(&storage, guide, "both", 29).await);
    let metrics = Arc::new(Metrics::new().unwrap());
    let retention = Retention { storage: storage.clone(), calls: app.calls.clone(), metrics, days: 30 };

    let swept = retention.sweep(Utc::now()).await.unwrap();
    let done = swept[&migration::DEFAULT_WORKSPACE];
    assert_eq!((done.people, done.erased.interviews, done.erased.keys, done.left), (1, 2, 1, 0));
    assert!(is_erased(&storage, old).await && is_erased(&storage, before).await);
    assert!(!is_erased(&storage, since).await);
    assert!(retention.sweep(Utc::now()).await.unwrap().is_empty(), "once");

    let later = retention.sweep(Utc::now() + Duration::days(2)).await.unwrap();
    assert_eq!(later[&migration::DEFAULT_WORKSPACE].erased.keys, 1, "with the last of them the key goes");
    assert!(is_erased(&storage, since).await);
    app.stop().await;
}

/// One event of each kind, in an order that the log takes. The respondent's words all hold `WORD`.
fn one_of_each() -> Vec<Event> {
    let words = || vec![Word { text: WORD.to_owned(), start_ms: 1, end_ms: 2, confidence: 0.9 }];
    let asked = |text: Option<&str>| Event::RespondentAsked {
        topic: Topic::Purpose,
        answered: text.is_none(),
        text: text.map(str::to_owned),
    };
    let question = || "What do you do?".to_owned();
    // These two are long, and stand in the conversation that every test uses.
    let told =
        |kind: &str| conversation().into_iter().map(|record| record.event).find(|event| event.kind() == kind).unwrap();
    vec![
        Event::LegConnected { leg: 1 },
        Event::PhaseEntered { phase: Phase::Consent },
        Event::ConsentAsked { recording: false },
        Event::ConsentAnswered { recording: false, given: true },
        Event::SectionEntered { section: "start".to_owned() },
        told("question_asked"),
        Event::Said { utterance: 1, text: format!("{WORD}, you said?"), start_ms: 1, end_ms: 2, interrupted: false },
        Event::QuestionRepeated { asking: 1, reason: RepeatReason::Requested, text: question() },
        Event::NotUnderstood { reason: Rejection::NoSpeech },
        asked(None),
        asked(Some(WORD)),
        Event::SaidBeside { asking: Some(1), words: words() },
        Event::AnswerBegun { asking: 1, words: words() },
        Event::ConfirmationAsked { about: Pending::Stop },
        Event::ConfirmationSettled,
        told("answered"),
        Event::AnswerStruck { asking: 1 },
        Event::TurnTimed { asking: 1, timing: TurnTiming::default() },
        Event::ProposalRejected { asking: 1, reason: Unfit::Empty, source: "llm".to_owned() },
        Event::PersonRequested,
        Event::ConcernRaised { concern: Concern::Distress },
        Event::RecordingWithdrawn { by: Means::Voice, from_ms: 1 },
        Event::RecordingSettled { keep: false },
        Event::RecordingIncomplete { reason: RecordingFault::WriteFailed },
        Event::RecordingIncomplete { reason: RecordingFault::WriteFailed },
        Event::SpeechAdjusted { rate: 1.0, gain_db: 0.0 },
        Event::QuestionSkipped {
            question_id: "rating".to_owned(),
            section: "start".to_owned(),
            reason: "time".to_owned(),
        },
        Event::SectionSkipped { section: "start".to_owned(), reason: "time".to_owned() },
        Event::Branched { condition: "always".to_owned(), target_section: "start".to_owned() },
        Event::Paused { reason: "requested".to_owned() },
        Event::Resumed,
        Event::LegLost { leg: 1 },
        Event::Postponed { reason: Postponement::CallbackRequested, until: None },
        Event::Ended { status: EndStatus::Cancelled, reason: None },
    ]
}

#[actix_web::test]
async fn a_receipt_counts_every_event_that_can_no_longer_be_read() {
    let schema = serde_json::to_value(Event::schema()).unwrap();
    let variants = schema["oneOf"].as_array().unwrap().iter();
    let known: BTreeSet<&str> = variants.filter_map(|one| one["properties"]["type"]["enum"][0].as_str()).collect();
    let events = one_of_each();
    assert_eq!(events.iter().map(Event::kind).collect::<BTreeSet<_>>(), known, "a kind is missing here");
    let personal = events.iter().filter(|event| event.is_personal()).count();
    assert_eq!(personal, 7, "a kind that is personal, or no longer so");

    let app = App::start().await;
    let guide = app.storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap().id;
    let new = NewInterview { respondent_id: Some("w".to_owned()), ..new_interview(guide) };
    let id = app.storage.interviews().schedule(new, Actor::ENGINE).await.unwrap().0.id;
    app.storage.event_log().append(id, &records(1, events)).await.unwrap();
    let rows = event_logs::Entity::find().filter(event_logs::Column::EntityId.eq(id));
    let rows = rows.all(app.storage.connection()).await.unwrap();
    let bare: Vec<&str> =
        rows.iter().filter(|row| row.payload.to_string().contains(WORD)).map(|row| row.event_type.as_str()).collect();
    assert_eq!(bare, Vec::<&str>::new(), "readable without the key");

    let path = format!("/api/interviews/{id}/personal-data");
    let receipt: Value = app.request(Method::DELETE, &path).send().await.unwrap().json().await.unwrap();
    assert_eq!(receipt["erased"]["events_unreadable"], personal, "{receipt}");
    app.stop().await;
}

/// What is written about a person beside the call is theirs as well: alerts, measurements, sealed notes.
#[actix_web::test]
async fn a_person_is_given_what_others_wrote_and_measured_of_them() {
    const NOTE: &str = "She mentioned the Zephyrhill bakery";
    const REMARK: &str = "Low because of the Zephyrhill noise";
    let app = App::start().await;
    let guide = app.storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap().id;
    let id = held(&app.storage, guide, "w", 1).await;
    let other = held(&app.storage, guide, "v", 1).await;
    for interview in [id, other] {
        let log = app.storage.event_log().load(interview).await.unwrap();
        app.storage.measurements().write(interview, Some(&log)).await.unwrap();
        let alert = crate::quality::alert(Some(interview), "engagement_score", "");
        let alert = app.storage.alerts().raise(alert).await.unwrap().unwrap().id;
        let path = format!("/api/quality/alerts/{alert}/acknowledge");
        assert_eq!(app.post(&path, &serde_json::json!({ "note": REMARK })).await.status(), StatusCode::OK);
    }
    let note = serde_json::json!({ "interviewer_notes": [{ "text": NOTE }], "tags": ["bakery"] });
    let annotated = app.request(Method::PATCH, &format!("/api/interviews/{id}")).json(&note).send().await.unwrap();
    assert_eq!(annotated.status(), StatusCode::OK, "{}", annotated.text().await.unwrap());

    let path = format!("/api/interviews/{id}/personal-data");
    let data: Value = app.get(&path).send().await.unwrap().json().await.unwrap();
    let interview = &data["interviews"][0];
    assert_eq!(interview["alerts"].as_array().unwrap().len(), 1, "hers, and nobody else's");
    assert_eq!(
        (&interview["alerts"][0]["note"], &interview["alerts"][0]["acknowledged_by"]),
        (&REMARK.into(), &"local".into())
    );
    let measured = interview["measurements"].as_array().unwrap();
    let names: BTreeSet<&str> = measured.iter().map(|one| one["metric_name"].as_str().unwrap()).collect();
    assert!(names.contains("interview_duration_seconds") && names.contains("completion_rate"), "{names:?}");
    let trail = interview["trail"].as_array().unwrap();
    let personal = |what: &str| &trail.iter().find(|entry| entry["event_type"] == what).unwrap()["payload"]["personal"];
    assert_eq!(personal("interview.tagged")["tags"], serde_json::json!(["bakery"]));
    assert_eq!(personal("interview.note_added")["text"], NOTE);
    assert_eq!(personal("quality_alert.acknowledged")["note"], REMARK);
    assert!(trail.iter().any(|entry| entry["event_type"] == "interview.scheduled"));

    // In the trail as everybody reads it these stay sealed, and after an erasure nobody opens them.
    let audit = app.get("/api/audit/?limit=200").send().await.unwrap().text().await.unwrap();
    assert!(!audit.contains("Zephyrhill"), "{audit}");
    assert_eq!(app.request(Method::DELETE, &path).send().await.unwrap().status(), StatusCode::OK);
    let left = app.get(&path).send().await.unwrap().text().await.unwrap();
    assert!(!left.contains("Zephyrhill") && left.contains("interview.tagged"), "{left}");
    app.stop().await;
}
