//! The rules of webhooks, as values.
//!
//! Owns: which events there are, which addresses and URLs may be called, which headers may be set,
//! and when a failed delivery is retried. Never does: resolve a name, connect, or keep a secret.

mod address;
mod allow;
mod event;
mod header;
mod schedule;
mod target;

pub use address::{Refusal, refusal};
pub use allow::{Allow, AllowError};
pub use event::WebhookEvent;
pub use header::{name_fault, value_fault};
pub use schedule::{DeliveryOutcome, Next, Schedule};
pub use target::{Target, TargetHost};
