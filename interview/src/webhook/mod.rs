//! Webhooks, as far as values go: which events there are, which addresses and URLs may be called, which headers may be
//! set, and when a failed delivery is tried again.
//!
//! Never does: resolve a name, connect, keep a secret.

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
