//! One delivery: from its row to what came of it.
//!
//! Owns: the order of it, what is counted, and that somebody is told of a webhook that is switched off. Never does: choose
//! which delivery is next.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{Duration, Utc};
use interview::webhook::{Next, Outcome};
use rand::Rng as _;
use tracing::{debug, info, warn};
use uuid::Uuid;

use super::DeliverySettings;
use super::attempt::{self, Limits};
use super::network::{Network, NetworkError, Resolve};
use crate::storage::webhooks::{Attempt, Due, Job};
use crate::storage::{Storage, StorageError};
use crate::telemetry::Metrics;

/// Beyond an attempt's own limit, for writing down what came of it.
const MARGIN: Duration = Duration::seconds(10);

/// Who is told of a webhook that is switched off.
#[async_trait]
pub trait Alarm: Send + Sync {
    async fn disabled(&self, workspace: Uuid, webhook: Uuid, reason: &str);
}

/// Tells nobody but the log.
pub struct Silent;

#[async_trait]
impl Alarm for Silent {
    async fn disabled(&self, _: Uuid, _: Uuid, _: &str) {}
}

/// What a delivery needs.
pub struct Courier {
    storage: Storage,
    network: Network,
    settings: DeliverySettings,
    metrics: Arc<Metrics>,
    alarm: Arc<dyn Alarm>,
}

impl Courier {
    pub fn new(
        storage: Storage,
        settings: DeliverySettings,
        resolver: Arc<dyn Resolve>,
        metrics: Arc<Metrics>,
        alarm: Arc<dyn Alarm>,
    ) -> Result<Self, NetworkError> {
        let network = Network::new(settings.allow.clone(), resolver)?;
        Ok(Self { storage, network, settings, metrics, alarm })
    }

    pub fn settings(&self) -> &DeliverySettings {
        &self.settings
    }

    /// How long a delivery is somebody's who has begun it.
    pub fn lease(&self) -> Duration {
        Duration::from_std(self.settings.timeout).unwrap_or(Duration::minutes(5)) + MARGIN
    }

    /// One attempt. Nothing when it need not be delivered any more.
    pub async fn deliver(&self, due: Due) -> Result<Option<Attempt>, StorageError> {
        let Some(job) = self.storage.begin_delivery(due.id, Utc::now() + self.lease()).await? else { return Ok(None) };
        let attempt = self.attempt(&job).await;
        let settled = self.storage.settle_delivery(&job, &attempt, self.settings.patience).await?;
        if settled.void {
            debug!(delivery = %job.delivery, "somebody else has settled it");
            return Ok(None);
        }
        self.count(&job, &attempt);
        if let Some(reason) = &settled.disabled {
            warn!(webhook = %job.webhook, reason, "a webhook was switched off");
            self.alarm.disabled(job.workspace, job.webhook, reason).await;
        }
        Ok(Some(attempt))
    }

    async fn attempt(&self, job: &Job) -> Attempt {
        let at = Utc::now();
        let limits = Limits { connect: self.settings.connect_timeout, whole: self.settings.timeout };
        let began = std::time::Instant::now();
        let answer = attempt::send(&self.network, job, &limits).await;
        self.metrics.webhook_delivery_duration_seconds.observe(began.elapsed().as_secs_f64());
        let (outcome, status, error, excerpt) = match answer {
            Ok(answer) => {
                let outcome = Outcome::of(answer.status, answer.retry_after);
                let error = (outcome != Outcome::Accepted).then(|| said(answer.status));
                (outcome, Some(answer.status), error, Some(answer.excerpt).filter(|text| !text.is_empty()))
            }
            Err(error) => (Outcome::Failed { retry_after: None }, None, Some(error.to_string()), None),
        };
        let next = self.settings.schedule.next(job.attempt, outcome, rand::rng().random());
        Attempt { at, status, error, excerpt, next, gone: outcome == Outcome::Gone }
    }

    fn count(&self, job: &Job, attempt: &Attempt) {
        let outcome = match attempt.next {
            Next::Delivered => "delivered",
            Next::Again(_) => "failed",
            Next::Dead => "dead",
        };
        self.metrics.webhook_deliveries_total.with_label_values(&[job.event.as_str(), outcome]).inc();
        let error = attempt.error.as_deref().unwrap_or_default();
        info!(delivery = %job.delivery, webhook = %job.webhook, event = job.event, attempt = job.attempt, outcome,
            status = attempt.status, error, "webhook");
    }
}

fn said(status: u16) -> String {
    match status {
        300..=399 => format!("the receiver answered {status}: redirects are not followed"),
        410 => "the receiver answered 410: it wants no more of them".to_owned(),
        _ => format!("the receiver answered {status}"),
    }
}
