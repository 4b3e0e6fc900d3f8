//! A worker's process alone: it tells webhooks what happened while no engine runs, and can be measured.

use std::net::TcpListener;

use entity::DeliveryState;
use interview::webhook::WebhookEvent;
use storage::{Actor, Secret, Storage};
use tokio::process::Command;

use super::receiver::{FINE, Receiver};
use super::{LIMIT, settings};
use crate::support::process::ready;
use crate::support::{scheduled, store};

const SECRET: &str = "a secret that engines and workers have";

#[actix_web::test]
async fn a_worker_delivers_without_an_engine_and_shows_its_metrics() {
    let (home, storage) = store().await;
    // What is sealed in the tables opens with the secret that all processes have.
    let storage = storage.with_secret(Secret::load(SECRET, home.path()).unwrap());
    let receiver = Receiver::start(|_, _| FINE).await;
    let (webhook, _) = storage
        .webhooks()
        .create(settings(&receiver.url("/"), &[WebhookEvent::InterviewScheduled]), Actor::ENGINE)
        .await
        .unwrap();
    scheduled(&storage).await;

    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_interviewer"));
    command.args(["worker", "--metrics", &address]).env("DATABASE_URL", &home.url).env("DATA_DIR", home.path());
    command
        .env("SECRET_KEY", SECRET)
        .env("WEBHOOKS_ALLOW", "127.0.0.1")
        .env("METRICS_TOKEN", "a token")
        .env("INSIGHTS_EMBEDDINGS", "false");
    let (mut worker, _) = ready(&mut command, "The worker is ready").await;
    let received = receiver.until(|received| !received.is_empty()).await;
    assert_eq!(received[0].json()["event"], "interview.scheduled");
    settled(&storage, webhook.id).await;

    let metrics = format!("http://{address}/metrics");
    let client = reqwest::Client::new();
    assert_eq!(client.get(&metrics).send().await.unwrap().status(), 401);
    let line = "tasks_total{kind=\"send_webhook\",outcome=\"completed\",queue=\"webhooks\"} 1";
    // The delivery is settled before the task that made it is.
    let counted = async {
        while !client.get(&metrics).bearer_auth("a token").send().await.unwrap().text().await.unwrap().contains(line) {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(LIMIT, counted).await.expect("the task is counted");
    worker.kill().await.unwrap();
}

async fn settled(storage: &Storage, webhook: uuid::Uuid) {
    let settled = async {
        loop {
            let rows = storage.webhooks().deliveries(webhook, None, None, 10).await.unwrap();
            if rows.iter().all(|row| row.state == DeliveryState::Delivered) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, settled).await.expect("it is written down");
}
