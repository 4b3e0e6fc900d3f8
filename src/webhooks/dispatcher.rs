//! One delivery: from its row to what came of it.
//!
//! Owns: the order of it, the task that it is, and what is counted. Never does: choose which delivery is next.

use std::sync::Arc;

use async_trait::async_trait;
use entity::Queue;
use interview::webhook::{DeliveryOutcome, Next};
use rand::Rng as _;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tracing::{debug, info, warn};
use uuid::Uuid;

use super::DeliverySettings;
use super::attempt::{self, Limits};
use super::network::{Network, Resolve};
use crate::tasks::{Context, Failure, Handler};
use crate::telemetry::Metrics;
use storage::webhooks::{Attempt, Job, SEND};
use storage::{Storage, StorageError};

/// What a delivery needs.
pub struct Dispatcher {
    storage: Storage,
    network: Network,
    settings: DeliverySettings,
    metrics: Arc<Metrics>,
    /// One has been settled: the next of its order may be due.
    settled: Arc<Notify>,
}

impl Dispatcher {
    pub fn new(
        storage: Storage,
        settings: DeliverySettings,
        resolver: Arc<dyn Resolve>,
        metrics: Arc<Metrics>,
        settled: Arc<Notify>,
    ) -> Self {
        let network = Network::new(settings.allow.clone(), resolver, settings.authorities.clone());
        Self { storage, network, settings, metrics, settled }
    }

    /// One attempt. Nothing when it need not be delivered any more.
    pub async fn deliver(&self, id: Uuid) -> Result<Option<Attempt>, StorageError> {
        let Some(job) = self.storage.deliveries().begin(id, self.settings.lease()).await? else {
            return Ok(None);
        };
        let attempt = self.attempt(&job).await;
        let settled = self.storage.deliveries().settle(&job, &attempt, self.settings.patience).await?;
        self.settled.notify_one();
        if settled.void {
            debug!(delivery = %job.delivery, "somebody else has settled it");
            return Ok(None);
        }
        self.count(&job, &attempt);
        if let Some(reason) = &settled.disabled {
            warn!(webhook = %job.webhook, reason, "a webhook was switched off");
        }
        if let Some(alert) = &settled.alert {
            self.metrics.observe_alert(alert);
        }
        Ok(Some(attempt))
    }

    async fn attempt(&self, job: &Job) -> Attempt {
        let limits = Limits { connect: self.settings.connect_timeout, whole: self.settings.timeout };
        let began = std::time::Instant::now();
        let answer = attempt::send(&self.network, job, &limits).await;
        self.metrics.webhook_delivery_duration_seconds.observe(began.elapsed().as_secs_f64());
        let (outcome, status, error, excerpt) = match answer {
            Ok(answer) => {
                let outcome = DeliveryOutcome::of(answer.status, answer.retry_after);
                let error = (outcome != DeliveryOutcome::Accepted).then(|| said(answer.status));
                (outcome, Some(answer.status), error, Some(answer.excerpt).filter(|text| !text.is_empty()))
            }
            Err(error) => (DeliveryOutcome::Failed { retry_after: None }, None, Some(error.to_string()), None),
        };
        let next = self.settings.schedule.next(job.attempt, outcome, rand::rng().random());
        Attempt { at: job.begun_at, status, error, excerpt, next, gone: outcome == DeliveryOutcome::Gone }
    }

    /// Ends when somebody cancels the attempt; not when the process stops, which lets it come to its end.
    async fn given_up(&self, context: &Context, id: Uuid) {
        context.cancelled().cancelled().await;
        if self.storage.deliveries().is_pending(id).await.unwrap_or(true) {
            std::future::pending::<()>().await;
        }
    }

    fn count(&self, job: &Job, attempt: &Attempt) {
        let outcome = name(attempt.next);
        self.metrics.webhook_deliveries_total.with_label_values(&[job.event.as_str(), outcome]).inc();
        let error = attempt.error.as_deref().unwrap_or_default();
        info!(delivery = %job.delivery, webhook = %job.webhook, event = job.event, attempt = job.attempt, outcome,
            status = attempt.status, error, "webhook");
    }
}

/// The task `send_webhook`: one attempt at one delivery. What came of it stands in the delivery's row, which says also when
/// the next attempt is due; that is another task.
#[async_trait]
impl Handler for Dispatcher {
    fn kind(&self) -> &'static str {
        SEND
    }

    fn queue(&self) -> Queue {
        Queue::Webhooks
    }

    fn limit(&self) -> std::time::Duration {
        self.settings.lease().to_std().unwrap_or(self.settings.timeout)
    }

    async fn run(&self, context: &Context, payload: Value) -> Result<Value, Failure> {
        let id = payload["delivery_id"].as_str().and_then(|id| Uuid::parse_str(id).ok());
        let id = id.ok_or_else(|| Failure::Permanent("the task names no delivery".to_owned()))?;
        let delivered = tokio::select! {
            delivered = self.deliver(id) => delivered?,
            () = self.given_up(context, id) => None,
        };
        Ok(match delivered {
            Some(attempt) => json!({ "outcome": name(attempt.next), "status": attempt.status }),
            None => json!({ "outcome": "void" }),
        })
    }
}

/// As `webhook_deliveries_total` calls it.
fn name(next: Next) -> &'static str {
    match next {
        Next::Delivered => "delivered",
        Next::Again(_) => "failed",
        Next::Dead => "dead",
    }
}

fn said(status: u16) -> String {
    match status {
        300..=399 => format!("the receiver answered {status}: redirects are not followed"),
        410 => "the receiver answered 410: it wants no more of them".to_owned(),
        _ => format!("the receiver answered {status}"),
    }
}
