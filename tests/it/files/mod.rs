//! Recordings and exports in a store that every engine reaches: one S3 server over sockets, engines with folders of their own.

mod engines;
mod erasure;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interview::io::CallState;
use serde_json::Value;
use storage::{Side, Storage};
use tempfile::TempDir;
use uuid::Uuid;

use crate::session::Stage;
use crate::support::caller::{Invitation, LIMIT, is_question, is_state};
use crate::support::s3::{BUCKET, KEY_ID, S3, SECRET};
use crate::support::{record, recorded, store};

/// Who signs links and sessions: the same in every process of a fleet.
const SECRET_KEY: &str = "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce";

/// What engines and workers are told that share a database and a store.
struct Fleet {
    s3: S3,
    database: String,
    endpoint: String,
    url: String,
    /// Where the SQLite database lies.
    _folder: TempDir,
}

impl Fleet {
    fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}/interviews.db?mode=rwc", folder.path().display());
        Self::on(&database, folder)
    }

    fn on(database: &str, folder: TempDir) -> Self {
        let s3 = S3::start();
        let (endpoint, url) = (s3.endpoint(), format!("s3://{BUCKET}/fleet"));
        Self { s3, database: database.to_owned(), endpoint, url, _folder: folder }
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        vec![
            ("DATABASE_URL", &self.database),
            ("SECRET_KEY", SECRET_KEY),
            ("FILES_URL", &self.url),
            ("FILES_ENDPOINT", &self.endpoint),
            ("AWS_ACCESS_KEY_ID", KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
        ]
    }

    /// An engine with a folder of its own.
    async fn engine(&self, more: &[(&str, &str)]) -> Stage {
        Stage::start(&[&self.settings(), more].concat()).await
    }

    /// What an engine sees that never held a call: the database and the store.
    async fn elsewhere(&self, folder: &Path) -> Storage {
        let files = files::Files::open(&self.s3.place("fleet"), folder).unwrap();
        Storage::connect(&self.database, 2, folder).await.unwrap().with_files(files)
    }

    /// The objects of the store whose name has this in it.
    fn objects(&self, wanted: &str) -> Vec<PathBuf> {
        self.s3.objects().into_iter().filter(|path| path.to_string_lossy().contains(wanted)).collect()
    }
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let waited = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, waited).await.unwrap_or_else(|_| panic!("{what}"));
}

/// This engine's own folder of recordings is empty.
async fn brought_over(stage: &Stage) {
    let folder = stage.folder().join("recordings");
    until("the recording goes to the store", async || {
        std::fs::read_dir(&folder).map_or(0, std::iter::Iterator::count) == 0
    })
    .await;
}

/// A whole call, with consent to record.
async fn held(stage: &Stage) -> Invitation {
    let invitation = stage.invite(2).await;
    let (call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_state(CallState::Ended)).await;
    stage.live(0).await;
    invitation
}

/// Milliseconds of sound in an Ogg/Opus file.
fn length_ms(recording: &[u8]) -> usize {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), recording).unwrap();
    voice::audio::recording::decode(file.path(), 16_000).unwrap().len() / 16
}

async fn served(stage: &Stage, id: Uuid, query: &str) -> Vec<u8> {
    let response = stage.caller.get(&format!("/api/interviews/{id}/recording{query}")).await;
    assert_eq!(response.status(), 200, "{query}");
    response.bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn a_track_that_becomes_whole_while_it_is_read_is_read_whole_and_one_that_goes_is_none() {
    let (_home, storage) = store().await;
    let (recordings, id) = (storage.recordings(), Uuid::now_v7());
    recordings.put_part(id, "respondent.ogg", 0, b"Ogg".to_vec()).await.unwrap();
    let listed = recordings.tracks(id, None).await.unwrap().remove(0);
    record(&storage, id, "respondent.ogg", "OggS").await;
    let mut bytes = Vec::new();
    listed.open().await.unwrap().expect("it is there").read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, b"OggS");
    recordings.remove(id).await.unwrap();
    assert!(listed.open().await.unwrap().is_none());
}

#[actix_web::test]
async fn a_recording_is_in_the_store_while_the_call_is_on_and_whole_when_it_is_over() {
    let fleet = Fleet::on_sqlite();
    let stage = fleet.engine(&[]).await;
    let invitation = stage.invite(3).await;
    let id = invitation.id;
    let (call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_question("q2")).await;
    let folder = tempfile::tempdir().unwrap();
    let other = fleet.elsewhere(folder.path()).await;
    until("parts are there while the call is on", async || recorded(&other, id).await.len() == 2).await;
    assert!(!fleet.objects("/parts/").is_empty());
    let during = length_ms(&recorded(&other, id).await["respondent.ogg"]);
    assert!(during > 1_000, "{during} ms are there already");
    // Whoever asks the engine that holds the call gets what there is now.
    assert!(length_ms(&served(&stage, id, "?side=respondent").await) >= during);

    page.answer_until(&call, is_state(CallState::Ended)).await;
    stage.live(0).await;
    brought_over(&stage).await;
    assert!(fleet.objects("/parts/").is_empty(), "the whole file has taken their place");
    let whole = recorded(&other, id).await;
    assert!(length_ms(&whole["respondent.ogg"]) > during);
    for side in ["respondent", "interviewer"] {
        assert!(served(&stage, id, &format!("?side={side}")).await == whole[&format!("{side}.ogg")], "{side}");
    }
    let mixed = served(&stage, id, "").await;
    assert!(mixed.starts_with(b"OggS"));
    assert_eq!(fleet.objects("/mixed/").len(), 1);
    let before = fleet.s3.requests();
    assert!(served(&stage, id, "").await == mixed, "made once");
    assert!(fleet.s3.requests() - before < 6, "and not read whole for it");
    let health = stage.caller.json("/api/health/").await;
    assert_eq!(health["components"]["files"]["status"], "ok");
    let tracks = other.recordings().tracks(id, Some(Side::Respondent)).await.unwrap();
    assert_eq!(tracks.len(), 1);
    stage.stop().await;
}

#[actix_web::test]
async fn while_the_store_is_away_calls_go_on_and_their_recordings_are_there_afterwards() {
    let fleet = Fleet::on_sqlite();
    let stage = fleet.engine(&[]).await;
    fleet.s3.be_away(true);
    let invitation = held(&stage).await;
    let health = async || stage.caller.json("/api/health/").await;
    until("health tells", async || health().await["components"]["files"]["status"] == "unavailable").await;
    assert_eq!(health().await["status"], "ok", "the engine takes calls");
    let refused = stage.caller.get(&format!("/api/interviews/{}/recording", invitation.id)).await;
    assert_eq!(refused.status(), 503);
    let problem: Value = refused.json().await.unwrap();
    assert!(problem["type"].as_str().unwrap().ends_with("files-unavailable"), "{problem}");
    // The engine stops meanwhile, and the next one finds what waits in the folder.
    let folder = stage.stop().await;
    fleet.s3.be_away(false);
    let stage = Stage::start_in(folder, &fleet.settings(), &[]).await;
    brought_over(&stage).await;
    assert!(served(&stage, invitation.id, "").await.starts_with(b"OggS"));
    stage.stop().await;
}
