//! Webhooks, as far as values go: which events there are, when a failed delivery is tried again (`schedule`), which
//! addresses may be called (`address`).
//!
//! Never does: resolve a name, connect, keep a secret.

mod event;

pub use event::WebhookEvent;
