//! Table rows as Rust types. The product contract describes the columns. The crate `storage` writes
//! the rows.
//!
//! Owns: the shape of a row. Never does: queries.

pub mod access;
pub mod alerts;
pub mod api_keys;
pub mod call_guide_versions;
pub mod call_guides;
pub mod call_leases;
pub mod erasures;
pub mod event_logs;
pub mod idempotency_keys;
pub mod insight_extractions;
pub mod interview_responses;
pub mod interviews;
pub mod join_tokens;
pub mod local_recordings;
pub mod metrics;
pub mod person_keys;
pub mod quality_thresholds;
pub mod sessions;
pub mod tasks;
pub mod users;
pub mod webhook_deliveries;
pub mod webhook_outbox;
pub mod webhooks;
pub mod workspaces;

pub use access::Role;
pub use alerts::{Resolution, Severity};
pub use interviews::{Channel, Status};
pub use tasks::{Queue, TaskState};
pub use webhook_deliveries::DeliveryState;
