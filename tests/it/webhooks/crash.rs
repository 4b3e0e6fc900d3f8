//! kill -9 while events are being delivered: each of them arrives, at least once and always with the same id.
//!
//! `KILLS` says how often (`scripts/check supervision` a hundred times).

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use rand::Rng as _;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::LIMIT;
use super::receiver::{BROKEN, FINE, Receiver};
use crate::support::process::engine;
use crate::support::{Home, guide_document, open_store};

const ENVIRONMENT: &[(&str, &str)] = &[
    ("API_PORT", "0"),
    ("SPEECH_ENGINE", "scripted"),
    ("LOG_LEVEL", "error"),
    ("WEBHOOKS_ALLOW", "127.0.0.1"),
    ("WEBHOOKS_ATTEMPTS", "50"),
    ("WEBHOOKS_RETRY_FIRST_SECONDS", "0.05"),
    ("WEBHOOKS_RETRY_LONGEST_SECONDS", "0.3"),
    ("WEBHOOKS_TIMEOUT_SECONDS", "1"),
    ("TASKS_LEASE_SECONDS", "2"),
];

/// An engine that can be killed. Killed when dropped.
struct Process {
    child: Child,
    url: String,
}

impl Process {
    async fn start(folder: &Path, database: &str) -> Self {
        let settings = |command: &mut Command| {
            command.envs(ENVIRONMENT.iter().copied()).env("DATA_DIR", folder).env("DATABASE_URL", database);
        };
        let (child, url) = engine(settings).await;
        Self { child, url }
    }

    async fn post(&self, client: &reqwest::Client, path: &str, body: &Value) -> Option<Value> {
        let answer = client.post(format!("{}{path}", self.url)).json(body).send().await.ok()?;
        answer.json().await.ok()
    }
}

#[actix_web::test]
async fn after_kill_9_every_event_arrives_with_the_same_id() {
    let kills: u32 = std::env::var("KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(3);
    // Every second event is refused the first time, so that attempts and waits are under way as well.
    let receiver = Receiver::start(|received, before| {
        let odd = received.id().ends_with(['1', '3', '5', '7', '9', 'b', 'd', 'f']);
        if odd && before == 0 { BROKEN } else { FINE }
    })
    .await;
    let home = Home::new().await;
    let client = reqwest::Client::new();
    let mut process = Process::start(home.path(), &home.url).await;
    let guide = process.post(&client, "/api/call-guides/", &guide_document()).await.unwrap();
    let schedule = json!({ "call_guide_id": guide["id"] });
    for path in ["/one", "/other"] {
        let webhook =
            json!({ "name": path, "url": receiver.url(path), "events": ["interview.scheduled", "interview.failed"] });
        assert!(process.post(&client, "/api/webhooks/", &webhook).await.unwrap()["id"].is_string());
    }
    let mut acknowledged = HashSet::new();
    for _ in 0..kills {
        // Somewhere within a few deliveries: they take some milliseconds each, and begin within half a second.
        let until = Duration::from_millis(rand::rng().random_range(0..1_200));
        let working = async {
            loop {
                let scheduled = process.post(&client, "/api/interviews/schedule", &schedule).await;
                if let Some(id) = scheduled.as_ref().and_then(|one| one["id"].as_str()) {
                    acknowledged.insert(id.to_owned());
                }
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
        };
        // Where it runs out is where the engine dies: a moment, not a wait.
        let _ = tokio::time::timeout(until, working).await;
        process.child.kill().await.unwrap();
        process = Process::start(home.path(), &home.url).await;
    }
    let last = process.post(&client, "/api/interviews/schedule", &schedule).await.unwrap();
    acknowledged.insert(last["id"].as_str().unwrap().to_owned());

    let storage = open_store(&home).await;
    let end = tokio::time::Instant::now() + LIMIT;
    while storage.deliveries().pending().await.unwrap() > 0 {
        assert!(tokio::time::Instant::now() < end, "{} are left", storage.deliveries().pending().await.unwrap());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    process.child.kill().await.unwrap();

    let received = receiver.received();
    let mut told: HashMap<String, HashSet<String>> = HashMap::new();
    for one in &received {
        let interview = one.json()["data"]["interview_id"].as_str().unwrap().to_owned();
        told.entry(format!("{} {interview}", one.path)).or_default().insert(one.id().to_owned());
    }
    let all = storage::InterviewFilter { limit: 100_000, ..Default::default() };
    let interviews = storage.interviews().list(all).await.unwrap();
    let stored: HashSet<String> = interviews.iter().map(|row| row.id.to_string()).collect();
    assert!(acknowledged.is_subset(&stored), "what was answered is there");
    for interview in &interviews {
        let happened = storage.outbox().entries(interview.id).await.unwrap();
        assert_eq!(happened.iter().map(|one| one.sequence).collect::<Vec<_>>(), [1]);
        for path in ["/one", "/other"] {
            let ids = &told[&format!("{path} {}", interview.id)];
            assert_eq!(ids, &HashSet::from([happened[0].id.to_string()]), "one id, and it arrived");
        }
    }
    assert_eq!(told.len(), interviews.len() * 2, "nothing was told that did not happen");
    println!(
        "{kills} kills: {} events to 2 webhooks, all delivered, {} requests in all",
        interviews.len(),
        received.len()
    );
}
