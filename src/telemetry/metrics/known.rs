//! Label values that are known before anything happens: their series stand at 0 from the start, so that rates are right
//! from the first event on.
//!
//! Owns: those names. Never does: count.

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
/// What a language model may be asked for.
const LLM_OPERATIONS: [&str; 3] = ["follow_up", "analysis", "insights"];
/// What an attempt to tell a webhook comes to.
const DELIVERIES: [&str; 3] = ["delivered", "failed", "dead"];
const ERASURES: [&str; 2] = ["request", "retention"];

/// Why an interview is handed to a person.
const ESCALATIONS: [Reason; 7] = [
    Reason::CriticalAlert,
    Reason::ErrorAlerts,
    Reason::CompletionRate,
    Reason::DataQualityScore,
    Reason::PersonRequested,
    Reason::Distress,
    Reason::Child,
];

/// What may fail, as `errors_total` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The database does not answer.
    Away,
    /// The database takes no events.
    Append,
    /// The event log refuses events for good.
    Refused,
    /// Events that wait can't be put on disk.
    Spool,
    /// Too many events wait.
    Full,
    /// Events that the database never takes were set aside.
    SetAside,
    /// Events came after another engine took the call.
    TooLate,
    /// A part of the spool can't be read.
    Damaged,
    Synthesis,
    Transcription,
    Judgement,
    Proposal,
    /// An actor of a call died.
    Panicked,
    /// An actor of a call stood still.
    Frozen,
    /// What listens to a call was lost.
    Endpointing,
    /// A recording is incomplete.
    Recording,
    /// Old data could not be erased.
    Retention,
    /// An interview that nobody came to could not be ended.
    NoShow,
    /// Tasks can't be taken or looked after.
    Tasks,
    /// A language model did not answer in time.
    LlmLate,
    /// It was not asked: it failed too often.
    LlmOpen,
    LlmConnection,
    /// 429.
    LlmBusy,
    /// 5xx.
    LlmServer,
    /// 4xx.
    LlmRefused,
    LlmTooLong,
    LlmTruncated,
    /// No JSON, or not of the form that was asked for.
    LlmInvalid,
    /// What webhooks are to be told can't be read or written down.
    Webhooks,
    /// The quality supervisor died or stood still.
    Supervisor,
    /// What it found could not be written.
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

    /// `error_type` and `component`.
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

    /// The guide has an interview: everything that may become of it is counted from 0.
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

    /// How often each component has failed so far.
    pub fn failures(&self) -> BTreeMap<&'static str, u64> {
        let mut failures = BTreeMap::new();
        for labels in Failure::ALL.map(Failure::labels) {
            // Counts of errors: whole numbers, and few.
            *failures.entry(labels[1]).or_default() += self.errors_total.with_label_values(&labels).get() as u64;
        }
        failures
    }
}
