//! The storage: the database and the folder beside it.
//!
//! Owns: the repositories (a file each), the event log with its projection to tables, the
//! encryption of personal payloads, and the layout of recordings. Never does: decide what happens
//! in an interview, or keep data in memory.

use uuid::Uuid;

mod aging;
pub mod alerts;
mod append;
pub mod audit;
mod clock;
mod crypto;
pub mod dashboards;
mod database;
pub mod edit;
pub mod erased_files;
pub mod erasure;
mod error;
pub mod escalation;
pub mod exports;
pub mod findings;
mod folder;
pub mod guide_versions;
pub mod guides;
pub mod idempotency;
pub mod insights;
pub mod interviews;
mod json;
pub mod keys;
pub mod leases;
pub mod listing;
mod locks;
mod log;
pub mod maintenance;
pub mod measurements;
pub mod outbox;
pub mod personal;
pub mod projection;
mod quota;
pub mod receipts;
pub mod recordings;
pub mod responses;
pub mod reviews;
pub mod revision;
pub mod schema;
pub mod scores;
pub mod secret;
pub mod sessions;
mod store;
pub mod study;
pub mod tasks;
pub mod thresholds;
pub mod tokens;
pub mod transcript;
pub mod users;
mod vault;
pub mod webhooks;
pub mod workspaces;

pub use alerts::{AlertFilter, Alerts, NewAlert};
pub use append::Appended;
pub use audit::{AuditFilter, AuditTrail, Entry};
pub use dashboards::Dashboards;
pub use database::{Probe, Reach};
pub use edit::{Actor, Edit};
pub use erased_files::ErasedFiles;
pub use erasure::Erasures;
pub use error::{Reached, StorageError};
pub use exports::Exports;
pub use findings::Findings;
pub use guide_versions::VersionInfo;
pub use guides::{GuideFilter, GuideOrder, Guides};
pub use idempotency::Idempotency;
pub use insights::{InsightFilter, Insights, NewInsight, Scope};
pub use interviews::{InterviewFilter, InterviewOrder, Interviews, NewInterview};
pub use keys::{KEY_MARK, Keys, NewKey};
pub use leases::Leases;
pub use listing::{Position, Sort, SortValue};
pub use log::{Batch, EventLog, EventRecord};
pub use maintenance::Maintenance;
pub use measurements::Measurements;
pub use outbox::Outbox;
pub use personal::{HeldAlert, HeldMeasurement, Personal};
pub use receipts::Receipts;
pub use recordings::{Recordings, Side, Track};
pub use responses::Responses;
pub use reviews::{InterviewChanges, Note, NoteChange, ReviewOutcome};
pub use revision::Precondition;
pub use schema::Schema;
pub use secret::{Secret, SecretError};
pub use sessions::Sessions;
pub use store::{FILES, OpenWork, Storage};
pub use study::{InterviewWithAnswers, Studies, StudyFilter};
pub use tasks::{Due, NewTask, Tasks};
pub use thresholds::QualityThresholds;
pub use tokens::{JoinToken, JoinTokens};
pub use transcript::{Transcript, Transcripts};
pub use users::{NewUser, UserChanges, Users};
pub use webhooks::{Deliveries, Webhook, WebhookSettings, Webhooks};
pub use workspaces::Workspaces;

/// The repositories.
impl Storage {
    /// Returns the storage of the workspace to which the interview belongs. This is for the engine,
    /// which serves all workspaces. It is never used for a caller of the API, who already has a
    /// workspace.
    pub async fn owning(&self, interview_id: Uuid) -> Result<Self, StorageError> {
        let interview = interviews::rows::find_anywhere(&self.db, interview_id).await?;
        Ok(self.of(interview.workspace_id))
    }

    pub fn guides(&self) -> Guides<'_> {
        Guides(self)
    }

    pub fn interviews(&self) -> Interviews<'_> {
        Interviews(self)
    }

    pub fn alerts(&self) -> Alerts<'_> {
        Alerts(self)
    }

    pub fn insights(&self) -> Insights<'_> {
        Insights(self)
    }

    pub fn idempotency(&self) -> Idempotency<'_> {
        Idempotency(self)
    }

    pub fn keys(&self) -> Keys<'_> {
        Keys(self)
    }

    pub fn leases(&self) -> Leases<'_> {
        Leases(self)
    }

    pub fn users(&self) -> Users<'_> {
        Users(self)
    }

    pub fn personal(&self) -> Personal<'_> {
        Personal(self)
    }

    pub fn tasks(&self) -> Tasks<'_> {
        Tasks(self)
    }

    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks(self)
    }

    pub fn dashboards(&self) -> Dashboards<'_> {
        Dashboards(self)
    }

    pub fn erased_files(&self) -> ErasedFiles<'_> {
        ErasedFiles(self)
    }

    pub fn audit(&self) -> AuditTrail<'_> {
        AuditTrail(self)
    }

    pub fn deliveries(&self) -> Deliveries<'_> {
        Deliveries(self)
    }

    pub fn erasures(&self) -> Erasures<'_> {
        Erasures(self)
    }

    pub fn event_log(&self) -> EventLog<'_> {
        EventLog(self)
    }

    pub fn findings(&self) -> Findings<'_> {
        Findings(self)
    }

    pub fn join_tokens(&self) -> JoinTokens<'_> {
        JoinTokens(self)
    }

    pub fn maintenance(&self) -> Maintenance<'_> {
        Maintenance(self)
    }

    pub fn measurements(&self) -> Measurements<'_> {
        Measurements(self)
    }

    pub fn outbox(&self) -> Outbox<'_> {
        Outbox(self)
    }

    pub fn receipts(&self) -> Receipts<'_> {
        Receipts(self)
    }

    pub fn responses(&self) -> Responses<'_> {
        Responses(self)
    }

    pub fn schema(&self) -> Schema<'_> {
        Schema(self)
    }

    pub fn sessions(&self) -> Sessions<'_> {
        Sessions(self)
    }

    pub fn studies(&self) -> Studies<'_> {
        Studies(self)
    }

    pub fn thresholds(&self) -> QualityThresholds<'_> {
        QualityThresholds(self)
    }

    pub fn transcripts(&self) -> Transcripts<'_> {
        Transcripts(self)
    }

    pub fn workspaces(&self) -> Workspaces<'_> {
        Workspaces(self)
    }

    pub fn exports(&self) -> Exports {
        Exports::of(self)
    }

    pub fn recordings(&self) -> Recordings {
        Recordings::of(self)
    }
}
