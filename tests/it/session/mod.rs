//! Live calls: a whole engine with scripted models, joined over HTTP, WebRTC and the events socket.
//!
//! Here is the stage that other areas' calls are held on as well; the files beside it hold the tests.

mod calls;
mod loopback;
mod opening;
mod recording;

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use interview::Event;
use interview::io::RepeatReason;
use interviewer::config::Settings;
use interviewer::session::Engines;
use interviewer::startup::{self, Running};
use serde_json::Value;
use storage::EventRecord;
use tempfile::TempDir;
use uuid::Uuid;
use voice::audio::MediaRuntime;
use voice::stt;

use crate::support::caller::{Call, Caller, Invitation, LIMIT, Page, open_guide};

/// Scripted engines answer at once; few database connections do.
pub const ENVIRONMENT: &[(&str, &str)] =
    &[("API_PORT", "0"), ("SPEECH_ENGINE", "scripted"), ("SCRIPTED_DELAY_MS", "5"), ("DATABASE_POOL_SIZE", "3")];

pub fn settings(folder: &Path, more: &[(&str, &str)]) -> Settings {
    Settings::read(None, |name| match name {
        "DATA_DIR" => Some(folder.display().to_string()),
        _ => more.iter().chain(ENVIRONMENT).find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()),
    })
    .unwrap()
}

/// An engine and somebody to call it.
pub struct Stage {
    folder: TempDir,
    pub engine: Running,
    pub caller: Caller,
    _media: MediaRuntime,
}

impl Stage {
    pub async fn start(more: &[(&str, &str)]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), more, &[]).await
    }

    /// `heard`: what the transcriber claims to have heard, one pause after the other.
    pub async fn start_in(folder: TempDir, more: &[(&str, &str)], heard: &[&str]) -> Self {
        let texts: Vec<String> = heard.iter().map(|text| (*text).to_owned()).collect();
        let script = |engines: &mut Engines| {
            if !texts.is_empty() {
                engines.transcriber = std::sync::Arc::new(stt::Scripted::sequence(Duration::ZERO, texts));
            }
        };
        Self::start_as(folder, more, script).await
    }

    /// With engines as the test wants them.
    pub async fn start_as(folder: TempDir, more: &[(&str, &str)], script: impl FnOnce(&mut Engines)) -> Self {
        let settings = settings(folder.path(), more);
        let mut engines = Engines::scripted(&settings).unwrap();
        script(&mut engines);
        let engine = startup::start_with(settings, engines).await.unwrap();
        let media = MediaRuntime::start().unwrap();
        Self { folder, caller: Caller::new(&engine.url, &media), engine, _media: media }
    }

    /// The engine stops, and the next one starts on the same folder.
    pub async fn restart(self) -> Self {
        let Stage { folder, engine, .. } = self;
        engine.stop(Duration::ZERO).await;
        Self::start_in(folder, &[], &[]).await
    }

    /// `heard`: what the transcriber claims to have heard, one pause after the other, the last one for ever.
    pub async fn hearing(more: &[(&str, &str)], heard: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), more, heard).await
    }

    /// Stops the engine; its folder.
    pub async fn stop(self) -> TempDir {
        self.engine.stop(Duration::ZERO).await;
        self.folder
    }

    /// DATA_DIR.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub async fn invite(&self, questions: usize) -> Invitation {
        let guide = self.caller.guide(&open_guide(questions)).await;
        self.caller.schedule(&guide).await
    }

    pub async fn called(&self, invitation: &Invitation) -> (Call, Page) {
        let page = self.caller.page(&invitation.token, None).await;
        (self.caller.join(&invitation.token, "").await.expect("joined"), page)
    }

    pub async fn events(&self, id: Uuid) -> Vec<EventRecord> {
        self.engine.storage.event_log().load(id).await.unwrap()
    }

    pub async fn interview(&self, invitation: &Invitation) -> Value {
        self.caller.json(&format!("/api/interviews/{}", invitation.id)).await
    }

    /// Waits until no more than so many calls are live: a call that was hung up is closed a moment later.
    pub async fn live(&self, calls: usize) {
        let ended = async {
            while self.engine.registry.census().live > calls {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(LIMIT, ended).await.expect("calls end in time");
    }
}

/// The log has no gap, every question was put once, and none was answered twice.
pub fn check_log(events: &[EventRecord]) {
    assert!(events.iter().map(|record| record.seq).eq(1..=events.len() as i64), "gaps: {events:#?}");
    let mut asked = HashSet::new();
    let mut answered = HashSet::new();
    for record in events {
        match &record.event {
            Event::QuestionAsked { question_id, .. } => {
                assert!(asked.insert(question_id.clone()), "twice: {question_id}");
            }
            Event::Answered { response } => assert!(answered.insert(response.asking), "twice: {}", response.asking),
            _ => {}
        }
    }
}

/// The same where questions have follow-ups: each asking is put and answered once.
pub fn check_followed_log(events: &[EventRecord]) {
    assert!(events.iter().map(|record| record.seq).eq(1..=events.len() as i64), "gaps: {events:#?}");
    let mut asked = HashSet::new();
    let mut answered = HashSet::new();
    for record in events {
        match &record.event {
            Event::QuestionAsked { asking, .. } => assert!(asked.insert(*asking), "twice: {asking}"),
            Event::Answered { response } => assert!(answered.insert(response.asking), "twice: {}", response.asking),
            _ => {}
        }
    }
}

pub fn resumed(events: &[EventRecord], of: u32) -> bool {
    events.iter().any(|record| {
        matches!(&record.event, Event::QuestionRepeated { asking, reason: RepeatReason::Resumed, .. } if *asking == of)
    })
}

pub fn answers(events: &[EventRecord]) -> usize {
    events.iter().filter(|record| matches!(record.event, Event::Answered { .. })).count()
}
