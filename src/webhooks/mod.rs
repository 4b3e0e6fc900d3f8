//! Telling other systems what happened (product contract, section 6), by Standard Webhooks 1.0.
//!
//! - `message.rs`: the body and the signatures.
//! - `network.rs`: names become addresses, and only such as may be called are connected to.
//! - `attempt.rs`: one request, within its limits of time and size.
//! - `dispatcher.rs`: one attempt at one delivery, which is a task of the queue `webhooks`.
//! - `relay.rs`: what is due becomes a task, a bounded number at once.
//!
//! What is to be delivered is written down by `storage/src/outbox.rs` in the transaction of what happened. It is sent at least
//! once, always with the same `webhook-id`; the events of one interview reach a webhook in their order, each after the one
//! before it was taken or given up.
//!
//! Never does: decide which addresses may be called or when it is tried again (`interview/src/webhook/` does).

mod attempt;
mod dispatcher;
mod message;
mod network;
mod relay;

use std::time::Duration;

use interview::webhook::{Allow, Schedule};
use rustls::pki_types::CertificateDer;

use storage::webhooks::Bounds;

pub use dispatcher::Dispatcher;
pub use network::{Resolve, SystemResolver};
pub use relay::Relay;

/// How webhooks are delivered.
#[derive(Debug, Clone)]
pub struct DeliverySettings {
    pub allow: Allow,
    /// Whose certificates are trusted, beside those that this machine trusts.
    pub authorities: Vec<CertificateDer<'static>>,
    pub schedule: Schedule,
    /// Name, connection and TLS together.
    pub connect_timeout: Duration,
    /// A whole attempt.
    pub timeout: Duration,
    pub bounds: Bounds,
    /// An endpoint that fails so long without a success is switched off.
    pub patience: chrono::Duration,
    /// How long the old secret signs as well after a rotation.
    pub overlap: chrono::Duration,
    /// How long deliveries that came to their end are kept.
    pub kept: chrono::Duration,
}

impl DeliverySettings {
    /// How long a delivery is somebody's who has begun it: an attempt, and writing down what came of it.
    pub fn lease(&self) -> chrono::Duration {
        chrono::Duration::from_std(self.timeout).unwrap_or(chrono::Duration::minutes(5)) + chrono::Duration::seconds(10)
    }
}
