//! Consent to record, taken back in the middle of a call: by voice, on the page, through the API.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use interview::Event;
use interview::io::{CallState, Means, Ms, Notice};
use reqwest::StatusCode;
use serde_json::{Value, json};
use storage::EventRecord;
use uuid::Uuid;
use voice::audio::recording::{Side, decode, path};

use super::{Stage, answers, check_log};
use crate::privacy::files_of;
use crate::support::caller::{Call, Caller, Invitation, LIMIT, Page, is_question, is_state};
use crate::support::recorded as recorded_files;

const REQUEST: &str = "Stop recording, please.";
/// Consent to taking part and to recording, and the first answer.
const BEFORE: [&str; 3] = ["Yes.", "Yes, you may.", "We sell violets in a small shop."];
const AFTER: &str = "We sell shoes and bags.";
/// A file may end so much later than its last packet was due.
const SLACK_MS: Ms = 120;

/// What there is of a side of a leg, wherever it lies.
async fn track(stage: &Stage, id: Uuid, side: Side, leg: u32) -> Option<Vec<u8>> {
    let name = path(Path::new(""), "", side, leg).file_name().unwrap().to_string_lossy().into_owned();
    recorded_files(&stage.engine.storage, id).await.remove(&name)
}

/// What the file holds: its length, and how often somebody is heard in it.
fn heard(recording: &[u8]) -> (Ms, usize) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), recording).unwrap();
    let samples = decode(file.path(), 16_000).unwrap();
    // Loud stretches of 20 ms; a pause of 0.2 s parts two of them.
    let loud = samples.chunks(320).map(|part| part.iter().any(|sample| sample.unsigned_abs() > 1_000));
    let mut quiet = usize::MAX;
    let mut times = 0;
    for loud in loud {
        times += usize::from(loud && quiet >= 10);
        quiet = if loud { 0 } else { quiet.saturating_add(1) };
    }
    (samples.len() as Ms / 16, times)
}

fn withdrawn(events: &[EventRecord]) -> (Ms, Ms, Means) {
    let found: Vec<_> = events
        .iter()
        .filter_map(|record| match record.event {
            Event::RecordingWithdrawn { by, from_ms } => Some((record.at_ms, from_ms, by)),
            _ => None,
        })
        .collect();
    assert_eq!(found.len(), 1, "once: {events:#?}");
    found[0]
}

fn settled(events: &[EventRecord]) -> Option<bool> {
    events.iter().rev().find_map(|record| match record.event {
        Event::RecordingSettled { keep } => Some(keep),
        _ => None,
    })
}

/// Waits until the log says so.
async fn until(stage: &Stage, id: Uuid, wanted: impl Fn(&Event) -> bool) -> Vec<EventRecord> {
    let there = async {
        loop {
            let events = stage.events(id).await;
            if events.iter().any(|record| wanted(&record.event)) {
                return events;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, there).await.expect("in time")
}

/// Nothing is written from a second after `withdrawn` on, whatever is said.
struct Silence {
    files: BTreeMap<String, Vec<u8>>,
}

impl Silence {
    async fn begins(stage: &Stage, id: Uuid) -> Self {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Self { files: recorded_files(&stage.engine.storage, id).await }
    }

    /// Every file is as it was, and no other one is there.
    async fn holds(&self, stage: &Stage, id: Uuid) {
        let files = recorded_files(&stage.engine.storage, id).await;
        assert!(files.keys().eq(self.files.keys()), "{:?}, and {:?} before", files.keys(), self.files.keys());
        for (name, bytes) in &self.files {
            assert!(files[name] == *bytes, "{name} was written");
        }
    }
}

/// A call in its second question, one answer recorded.
async fn recorded(said: &[&str], questions: usize) -> (Stage, Invitation, Call, Page) {
    let said: Vec<&str> = BEFORE.iter().chain(said).chain([&AFTER]).copied().collect();
    let stage = Stage::hearing(&[], &said).await;
    let invitation = stage.invite(questions).await;
    let (call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_question("q2")).await;
    // Whoever speaks next is heard: the question has been asked.
    page.until(is_state(CallState::Listening)).await;
    (stage, invitation, call, page)
}

/// Answers to the end; the log then.
async fn completed(
    stage: &Stage,
    invitation: &Invitation,
    call: &Call,
    page: &mut Page,
    questions: usize,
) -> Vec<EventRecord> {
    page.answer_until(call, is_state(CallState::Ended)).await;
    stage.live(0).await;
    let events = stage.events(invitation.id).await;
    check_log(&events);
    assert_eq!(answers(&events), questions);
    assert_eq!(stage.interview(invitation).await["status"], "completed");
    events
}

async fn download(caller: &Caller, id: Uuid, query: &str) -> reqwest::Response {
    caller.get(&format!("/api/interviews/{id}/recording{query}")).await
}

/// What was recorded before is there, and nothing of the request or of later.
async fn is_kept(stage: &Stage, invitation: &Invitation, from_ms: Ms, times: usize) {
    let id = invitation.id;
    for side in [Side::Respondent, Side::Interviewer] {
        let (length, heard) = heard(&track(stage, id, side, 1).await.unwrap());
        assert!(length > 0 && length <= from_ms + SLACK_MS, "{side:?}: {length} ms, consent ended at {from_ms} ms");
        assert!(side == Side::Interviewer || heard == times, "the respondent is heard {heard} times, not {times}");
    }
    let interview = stage.interview(invitation).await;
    assert_eq!(interview["can_be_recorded"], false);
    assert_eq!(interview["conversation_state"]["recording_kept"], true);
    assert_eq!(interview["recording_url"], format!("/api/interviews/{id}/recording"));
    for query in ["", "?side=respondent", "?side=interviewer"] {
        let recording = download(&stage.caller, id, query).await;
        assert_eq!(recording.status(), StatusCode::OK, "{query}");
        assert!(recording.bytes().await.unwrap().starts_with(b"OggS"));
    }
}

async fn is_deleted(stage: &Stage, invitation: &Invitation) {
    // What the store has goes a moment after what this engine has.
    let gone = async {
        while !files_of(stage.folder(), &[invitation.id]).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, gone).await.expect("no file is left, in the store or here");
    let interview = stage.interview(invitation).await;
    assert_eq!((&interview["can_be_recorded"], &interview["recording_url"]), (&json!(false), &Value::Null));
    assert_eq!(interview["conversation_state"]["recording_kept"], false);
    for query in ["", "?side=respondent", "?side=interviewer"] {
        assert_eq!(download(&stage.caller, invitation.id, query).await.status(), StatusCode::NOT_FOUND, "{query}");
    }
}

/// Asked for by voice, and this is said about what was recorded before.
async fn taken_back_by_voice(answer: &str, keep: bool) {
    let (stage, invitation, call, mut page) = recorded(&[REQUEST, answer], 3).await;
    let id = invitation.id;
    call.speak().await;
    let events = until(&stage, id, |event| matches!(event, Event::RecordingWithdrawn { .. })).await;
    let (at_ms, from_ms, by) = withdrawn(&events);
    assert_eq!(by, Means::Voice);
    assert!(from_ms < at_ms, "what was said to ask for it is not kept: from {from_ms} ms, known at {at_ms} ms");
    let told = page.until(|notice| matches!(notice, Notice::Consent { .. })).await;
    assert!(matches!(told.notice, Notice::Consent { participation: Some(true), recording: Some(false) }), "{told:?}");
    let silence = Silence::begins(&stage, id).await;

    let events = completed(&stage, &invitation, &call, &mut page, 3).await;
    withdrawn(&events);
    assert_eq!(settled(&events), Some(keep), "{events:#?}");
    if keep {
        silence.holds(&stage, id).await;
        is_kept(&stage, &invitation, from_ms, 1).await;
    } else {
        is_deleted(&stage, &invitation).await;
    }
    assert_eq!(stage.engine.stop(Duration::ZERO).await, 0);
}

#[actix_web::test]
async fn what_was_recorded_before_goes_when_they_say_so() {
    taken_back_by_voice("Yes, delete it.", false).await;
}

#[actix_web::test]
async fn what_was_recorded_before_stays_when_they_say_so() {
    taken_back_by_voice("No, you can keep that.", true).await;
}

#[actix_web::test]
async fn what_was_recorded_before_goes_without_a_clear_answer() {
    taken_back_by_voice("Well, the weather is nice.", false).await;
}

/// On the page or through the API: what happens with what was recorded before is said in the same breath.
async fn taken_back(by: Means, delete: bool) {
    let (stage, invitation, call, mut page) = recorded(&[], 3).await;
    let id = invitation.id;
    if by == Means::Page {
        page.say(&json!({ "type": "stop_recording", "delete_so_far": delete })).await;
    } else {
        let path = format!("/api/interviews/{id}/recording/stop");
        let stopped = stage.caller.post(&path, &json!({ "delete_so_far": delete })).await;
        assert_eq!(stopped.status(), StatusCode::ACCEPTED);
    }
    let events = until(&stage, id, |event| matches!(event, Event::RecordingSettled { .. })).await;
    let (at_ms, from_ms, how) = withdrawn(&events);
    assert_eq!((how, settled(&events)), (by, Some(!delete)));
    assert!(from_ms <= at_ms);
    let told = page.until(|notice| matches!(notice, Notice::Consent { .. })).await;
    assert!(matches!(told.notice, Notice::Consent { participation: Some(true), recording: Some(false) }), "{told:?}");
    let silence = Silence::begins(&stage, id).await;

    // The question that was being asked is answered as if nothing had happened.
    call.speak().await;
    let events = completed(&stage, &invitation, &call, &mut page, 3).await;
    withdrawn(&events);
    assert!(!super::resumed(&events, 2), "nothing is said about it, nothing asked again: {events:#?}");
    silence.holds(&stage, id).await;
    if delete {
        is_deleted(&stage, &invitation).await;
    } else {
        is_kept(&stage, &invitation, from_ms, 1).await;
    }
    assert_eq!(stage.engine.stop(Duration::ZERO).await, 0);
}

#[actix_web::test]
async fn the_page_takes_it_back_and_deletes() {
    taken_back(Means::Page, true).await;
}

#[actix_web::test]
async fn the_page_takes_it_back_for_the_rest() {
    taken_back(Means::Page, false).await;
}

#[actix_web::test]
async fn the_api_takes_it_back_and_deletes() {
    taken_back(Means::Api, true).await;
}

#[actix_web::test]
async fn the_api_takes_it_back_for_the_rest() {
    taken_back(Means::Api, false).await;
}

#[actix_web::test]
async fn no_later_leg_records_again() {
    let (stage, invitation, call, mut page) = recorded(&[], 4).await;
    let id = invitation.id;
    page.say(&json!({ "type": "stop_recording", "delete_so_far": false })).await;
    let events = until(&stage, id, |event| matches!(event, Event::RecordingSettled { .. })).await;
    let (_, from_ms, _) = withdrawn(&events);
    let silence = Silence::begins(&stage, id).await;

    // Another device, while the call is on.
    let second = stage.caller.join(&invitation.token, "?takeover=true").await.expect("taken over");
    drop(call);
    page.answer_until(&second, is_question("q3")).await;
    // The connection is gone, and comes back.
    assert_eq!(second.delete().await, StatusCode::OK);
    stage.live(0).await;
    let third = stage.caller.join(&invitation.token, "").await.expect("the same link");
    page.answer_until(&third, is_question("q4")).await;
    silence.holds(&stage, id).await;
    // The engine is replaced by the next one.
    let last = page.seen.last().map(|message| message.seq);
    drop((third, page));
    let stage = stage.restart().await;
    let mut page = stage.caller.page(&invitation.token, last).await;
    let fourth = stage.caller.join(&invitation.token, "").await.expect("the same link");
    let events = completed(&stage, &invitation, &fourth, &mut page, 4).await;
    let legs = events.iter().filter(|record| matches!(record.event, Event::LegConnected { .. })).count();
    assert!(legs >= 4, "{legs} legs");
    silence.holds(&stage, id).await;
    is_kept(&stage, &invitation, from_ms, 1).await;
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn an_earlier_leg_goes_with_the_rest_and_whoever_is_cut_off_before_saying_so_loses_it() {
    let (stage, invitation, call, mut page) = recorded(&[AFTER, REQUEST], 4).await;
    let id = invitation.id;
    assert_eq!(call.delete().await, StatusCode::OK);
    stage.live(0).await;
    let second = stage.caller.join(&invitation.token, "").await.expect("the same link");
    page.answer_until(&second, is_question("q3")).await;
    for leg in [1, 2] {
        assert!(track(&stage, id, Side::Respondent, leg).await.is_some(), "leg {leg}");
    }
    page.until(is_state(CallState::Listening)).await;
    second.speak().await;
    until(&stage, id, |event| matches!(event, Event::RecordingWithdrawn { .. })).await;
    // Asked whether it shall go, they are gone.
    assert_eq!(second.delete().await, StatusCode::OK);
    stage.live(0).await;
    let third = stage.caller.join(&invitation.token, "").await.expect("the same link");
    let events = completed(&stage, &invitation, &third, &mut page, 4).await;
    assert_eq!(settled(&events), Some(false));
    is_deleted(&stage, &invitation).await;
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn a_call_that_is_not_on_is_a_conflict_and_the_body_is_checked() {
    let stage = Stage::start(&[]).await;
    let invitation = stage.invite(1).await;
    let path = format!("/api/interviews/{}/recording/stop", invitation.id);
    let stop = async |body: &Value| stage.caller.post(&path, body).await.status();
    assert_eq!(stop(&json!({ "delete_so_far": true })).await, StatusCode::CONFLICT);
    assert_eq!(stop(&json!({})).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(stop(&json!({ "delete_so_far": "yes" })).await, StatusCode::UNPROCESSABLE_ENTITY);
    stage.engine.stop(Duration::ZERO).await;
}
