//! Label values that are known in advance. Their series start at 0, so that rates are right from
//! the first event on.
//!
//! Owns: these names. Never does: count.

use std::collections::BTreeMap;

use interview::analysis::Sentiment;
use interview::followup::check::Unfit;
use interview::guide::Action;
use interview::insight::quote::Dropped;
use interview::quality::{Metric, Reason};
use interview::webhook::WebhookEvent;
use uuid::Uuid;

use super::Metrics;
use storage::thresholds::to_row;

const SENTIMENTS: [Sentiment; 5] =
    [Sentiment::VeryPositive, Sentiment::Positive, Sentiment::Neutral, Sentiment::Negative, Sentiment::VeryNegative];
const ACTIONS: [Action; 5] = [Action::DrillDeeper, Action::Probe, Action::Clarify, Action::Example, Action::Compare];
const STATUSES: [entity::Status; 6] = [
    entity::Status::Scheduled,
    entity::Status::InProgress,
    entity::Status::Completed,
    entity::Status::Failed,
    entity::Status::Cancelled,
    entity::Status::NoShow,
];
/// The operations of a language model.
const LLM_OPERATIONS: [&str; 3] = ["follow_up", "analysis", "insights"];
/// The outcomes of an attempt to deliver to a webhook.
const DELIVERIES: [&str; 3] = ["delivered", "failed", "dead"];
const ERASURES: [&str; 2] = ["request", "retention"];

/// The reasons for handing an interview to a person.
const ESCALATIONS: [Reason; 7] = [
    Reason::CriticalAlert,
    Reason::ErrorAlerts,
    Reason::CompletionRate,
    Reason::DataQualityScore,
    Reason::PersonRequested,
    Reason::Distress,
    Reason::Child,
];

/// The failures in `errors_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The database does not answer.
    Away,
    /// The database does not accept events.
    Append,
    /// The event log refuses events permanently.
    Refused,
    /// Waiting events cannot be written to disk.
    Spool,
    /// Too many events are waiting.
    Full,
    /// Events that the database never accepts were set aside.
    SetAside,
    /// Events came after another engine had taken the call.
    TooLate,
    /// A part of the spool cannot be read.
    Damaged,
    Synthesis,
    Transcription,
    Judgement,
    Proposal,
    /// The actor of a call panicked.
    Panicked,
    /// The actor of a call froze.
    Frozen,
    /// The endpointer of a call was lost.
    Endpointing,
    /// A recording is incomplete.
    Recording,
    /// Expired data could not be erased.
    Retention,
    /// An interview that nobody joined could not be ended.
    NoShow,
    /// Tasks cannot be claimed or maintained.
    Tasks,
    /// A language model did not answer in time.
    LlmLate,
    /// The language model was not asked, because it has failed too often.
    LlmOpen,
    LlmConnection,
    /// The server answered with 429.
    LlmBusy,
    /// The server answered with 5xx.
    LlmServer,
    /// The server answered with another 4xx.
    LlmRefused,
    LlmTooLong,
    LlmTruncated,
    /// The answer was not JSON or did not have the required form.
    LlmInvalid,
    /// Webhook events cannot be read or written.
    Webhooks,
    /// The quality supervisor panicked or froze.
    Supervisor,
    /// Findings of the quality supervisor could not be stored.
    Findings,
}

impl Failure {
    const ALL: [Self; 31] = [
        Self::Away,
        Self::Append,
        Self::Refused,
        Self::Spool,
        Self::Full,
        Self::SetAside,
        Self::TooLate,
        Self::Damaged,
        Self::Synthesis,
        Self::Transcription,
        Self::Judgement,
        Self::Proposal,
        Self::Panicked,
        Self::Frozen,
        Self::Endpointing,
        Self::Recording,
        Self::Retention,
        Self::NoShow,
        Self::Tasks,
        Self::LlmLate,
        Self::LlmOpen,
        Self::LlmConnection,
        Self::LlmBusy,
        Self::LlmServer,
        Self::LlmRefused,
        Self::LlmTooLong,
        Self::LlmTruncated,
        Self::LlmInvalid,
        Self::Webhooks,
        Self::Supervisor,
        Self::Findings,
    ];

    /// Returns `error_type` and `component`.
    fn labels(self) -> [&'static str; 2] {
        match self {
            Self::Away => ["away", "database"],
            Self::Append => ["append", "database"],
            Self::Refused => ["refused", "event_log"],
            Self::Spool => ["spool", "event_log"],
            Self::Full => ["full", "event_log"],
            Self::SetAside => ["set_aside", "event_log"],
            Self::TooLate => ["too_late", "event_log"],
            Self::Damaged => ["damaged", "event_log"],
            Self::Synthesis => ["synthesis", "tts"],
            Self::Transcription => ["transcription", "stt"],
            Self::Judgement => ["judgement", "turn"],
            Self::Proposal => ["propose", "dialogue"],
            Self::Panicked => ["panicked", "session"],
            Self::Frozen => ["frozen", "session"],
            Self::Endpointing => ["endpointing", "session"],
            Self::Recording => ["incomplete", "recording"],
            Self::Retention => ["retention", "privacy"],
            Self::NoShow => ["no_show", "database"],
            Self::Supervisor => ["lost", "quality"],
            Self::Findings => ["findings", "quality"],
            Self::Tasks => ["tasks", "database"],
            Self::LlmLate => ["late", "llm"],
            Self::LlmOpen => ["breaker_open", "llm"],
            Self::LlmConnection => ["connection", "llm"],
            Self::LlmBusy => ["busy", "llm"],
            Self::LlmServer => ["server", "llm"],
            Self::LlmRefused => ["refused", "llm"],
            Self::LlmTooLong => ["too_long", "llm"],
            Self::LlmTruncated => ["truncated", "llm"],
            Self::LlmInvalid => ["invalid", "llm"],
            Self::Webhooks => ["webhooks", "database"],
        }
    }
}

impl Metrics {
    pub(super) fn begin_at_zero(&self) {
        for sentiment in &SENTIMENTS {
            self.response_sentiment_total.with_label_values(&[&super::feed::name(sentiment)]);
        }
        for action in &ACTIONS {
            self.follow_ups_generated_total.with_label_values(&[&super::feed::name(action)]);
        }
        for reason in ESCALATIONS {
            self.escalations_total.with_label_values(&[reason.name()]);
        }
        for metric in Metric::ALL {
            let severity = to_row(metric.default_severity());
            self.quality_alerts_total.with_label_values(&[severity.as_str(), metric.name()]);
        }
        for failure in Failure::ALL {
            self.errors_total.with_label_values(&failure.labels());
        }
        for reason in Unfit::ALL {
            self.follow_ups_rejected_total.with_label_values(&[reason.as_str()]);
        }
        for operation in LLM_OPERATIONS {
            self.llm_tokens_used_total.with_label_values(&[operation]);
        }
        for event in WebhookEvent::ALL {
            for outcome in DELIVERIES {
                self.webhook_deliveries_total.with_label_values(&[event.as_str(), outcome]);
            }
        }
        for reason in Dropped::ALL {
            self.insight_quotes_dropped_total.with_label_values(&[reason.as_str()]);
        }
        for reason in ERASURES {
            self.erasures_total.with_label_values(&[reason]);
        }
    }

    /// Creates the series of a guide that has an interview, so that they start at 0.
    pub(super) fn know_guide(&self, guide: Uuid) {
        let guide = guide.to_string();
        for status in STATUSES {
            self.interviews_total.with_label_values(&[status.as_str(), &guide]);
        }
        self.interview_duration_seconds.with_label_values(&[&guide]);
    }

    pub fn count_failure(&self, failure: Failure) {
        self.errors_total.with_label_values(&failure.labels()).inc();
    }

    /// Returns how often each component has failed so far.
    pub fn failures(&self) -> BTreeMap<&'static str, u64> {
        let mut failures = BTreeMap::new();
        for labels in Failure::ALL.map(Failure::labels) {
            // Counts of errors are small whole numbers.
            *failures.entry(labels[1]).or_default() += self.errors_total.with_label_values(&labels).get() as u64;
        }
        failures
    }
}
