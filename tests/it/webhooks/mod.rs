//! Webhooks: real receivers on loopback addresses, well behaved and not.

mod api;
mod crash;
mod hostile;
mod https;
mod order;
mod outbox;
mod receiver;
mod reference;
mod secrets;
mod worker;

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use entity::{DeliveryState, webhook_deliveries};
use interview::webhook::WebhookEvent;
use interviewer::config::Settings;
use interviewer::supervised::Stack;
use interviewer::tasks::Runner;
use interviewer::telemetry::Metrics;
use interviewer::webhooks::{Dispatcher, Relay, Resolve};
use parking_lot::Mutex;
use storage::{Actor, Storage, Webhook, WebhookSettings};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::support::{Home, store};

/// Nothing here takes so long, but on a busy machine.
pub const LIMIT: Duration = Duration::from_mins(1);

/// Names and what each look-up of them says, one after the other; the last answer for ever.
#[derive(Default)]
pub struct Names {
    known: Mutex<HashMap<String, Vec<IpAddr>>>,
}

impl Names {
    pub fn say(&self, name: &str, answers: &[&str]) {
        let answers = answers.iter().map(|address| address.parse().unwrap()).collect();
        self.known.lock().insert(name.to_owned(), answers);
    }
}

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let mut known = self.known.lock();
        let answers = known.get_mut(name).ok_or_else(|| io::Error::other("no such name"))?;
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
        Ok(vec![answer])
    }
}

/// A store whose events are delivered.
pub struct Office {
    pub storage: Storage,
    pub metrics: Arc<Metrics>,
    _runner: Runner,
    /// The relay.
    _parts: Stack,
    _home: Home,
}

impl Office {
    /// The allow list holds 127.0.0.1, and nothing else; waits between attempts are short.
    pub async fn open(names: Arc<Names>, more: &[(&str, &str)]) -> Self {
        let (home, storage) = store().await;
        let usual = [
            ("WEBHOOKS_ALLOW", "127.0.0.1,plain.test"),
            ("WEBHOOKS_ATTEMPTS", "3"),
            ("WEBHOOKS_RETRY_FIRST_SECONDS", "0.05"),
            ("WEBHOOKS_RETRY_LONGEST_SECONDS", "0.2"),
            ("WEBHOOKS_CONNECT_TIMEOUT_SECONDS", "2"),
            ("WEBHOOKS_TIMEOUT_SECONDS", "2"),
        ];
        let found = |name: &str| more.iter().chain(&usual).find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
        let settings = Settings::read(None, found).unwrap();
        let delivery = settings.delivery().unwrap();
        let metrics = Arc::new(Metrics::new().unwrap());
        let settled = Arc::new(Notify::new());
        let dispatcher =
            Dispatcher::new(storage.clone(), delivery.clone(), names, Arc::clone(&metrics), Arc::clone(&settled));
        let options = settings.task_options();
        let runner =
            Runner::start(storage.clone(), vec![Arc::new(dispatcher)], options, None, Arc::clone(&metrics)).unwrap();
        let mut parts = Stack::new(Arc::clone(&metrics)).unwrap();
        Relay::new(storage.clone(), delivery, Arc::clone(&metrics), settled).start(&mut parts).unwrap();
        Self { storage, metrics, _parts: parts, _runner: runner, _home: home }
    }

    pub async fn webhook(&self, url: &str, events: &[WebhookEvent]) -> (Webhook, String) {
        self.storage.webhooks().create(settings(url, events), Actor::ENGINE).await.unwrap()
    }

    /// The webhook's deliveries, the oldest first, once `done` says so.
    pub async fn until(
        &self,
        webhook: Uuid,
        done: impl Fn(&[webhook_deliveries::Model]) -> bool,
    ) -> Vec<webhook_deliveries::Model> {
        let end = tokio::time::Instant::now() + LIMIT;
        loop {
            let mut rows = self.storage.webhooks().deliveries(webhook, None, None, 200).await.unwrap();
            rows.reverse();
            if done(&rows) {
                return rows;
            }
            assert!(tokio::time::Instant::now() < end, "still not: {rows:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The same when none is under way any more.
    pub async fn settled(&self, webhook: Uuid) -> Vec<webhook_deliveries::Model> {
        self.until(webhook, |rows| !rows.is_empty() && rows.iter().all(|row| row.state != DeliveryState::Pending)).await
    }
}

pub fn settings(url: &str, events: &[WebhookEvent]) -> WebhookSettings {
    WebhookSettings {
        name: "A receiver".to_owned(),
        url: url.to_owned(),
        events: events.to_vec(),
        headers: [("X-Api-Key".to_owned(), "of the receiver".to_owned())].into(),
        is_active: true,
    }
}
