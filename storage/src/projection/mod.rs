//! The projection of events to the tables that users query, in the transaction that appends the
//! events.
//!
//! Owns: the changes of each event in `interviews` and `interview_responses`. Never does: append,
//! or run separately from the log.

mod answers;

use chrono::{DateTime, Datelike, Duration, Local, NaiveTime, TimeZone, Utc};
use entity::interviews::RECORDING_KEPT;
use entity::{Status, interviews};
use interview::Event;
use interview::dialogue::state::PAUSE_REQUESTED;
use interview::insight::method;
use interview::io::{EndStatus, Ms, Phase, When};
use interview::quality::{Escalation, Reason};
use interview::score::Scores;
use interview::understanding::Concern;
use interview::webhook::WebhookEvent;
use sea_orm::{ActiveModelTrait, ConnectionTrait, IntoActiveModel};
use serde_json::{Value, json};

use super::crypto::PersonKey;
use super::error::StorageError;
use super::json::to_json;
use super::log::{self, EventRecord};
use super::{escalation, guides, outbox, responses, scores};

/// The pause reason of an interview that the engine left during a call.
pub const ENGINE_RESTARTED: &str = "engine_restarted";

/// How an interview ended, for the metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    pub status: Status,
    pub duration_seconds: f64,
    /// 0 to 1 each. Missing if the interview has nothing to compute it from.
    pub completion_rate: Option<f64>,
    pub engagement_score: Option<f64>,
    pub data_quality_score: Option<f64>,
}

/// The effects of applying a batch of events.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Effects {
    /// The media connected for the first time.
    pub started: bool,
    pub ended: Option<Ending>,
    /// For each answer to a follow-up, the share of new content words.
    pub follow_up_values: Vec<f64>,
    /// The reason for which the interview has just been escalated.
    pub escalated: Option<&'static str>,
}

/// An interview's row while events are applied to it.
pub(super) struct Projection {
    before: interviews::Model,
    row: interviews::Model,
    received_at: DateTime<Utc>,
    effects: Effects,
    /// The escalation by this batch.
    handed_over: Option<Escalation>,
}

impl Projection {
    pub(super) fn new(row: interviews::Model, received_at: DateTime<Utc>) -> Self {
        Self { before: row.clone(), row, received_at, effects: Effects::default(), handed_over: None }
    }

    /// Applies a record that is already in the log. `key` decrypts the rest of it.
    pub(super) async fn apply(
        &mut self,
        db: &impl ConnectionTrait,
        record: &EventRecord,
        key: Option<&PersonKey>,
    ) -> Result<(), StorageError> {
        let at = record.at_ms;
        match &record.event {
            Event::LegConnected { leg } => {
                // A leg of a finished interview (a late retry) must not reopen it.
                if !self.row.status.is_over() {
                    self.row.status = Status::InProgress;
                    self.row.status_reason = None;
                }
                if self.row.started_at.is_none() {
                    self.row.started_at = Some(self.received_at - milliseconds(at));
                }
                self.remember("leg", json!(leg));
                self.remember("connected", json!(true));
                // A pause that nobody requested ends when the media connects. A requested pause
                // ends with `Resumed`.
                if self.row.conversation_state.get("paused").is_some_and(|reason| reason != PAUSE_REQUESTED) {
                    self.remember("paused", Value::Null);
                }
            }
            Event::LegLost { .. } => self.remember("connected", json!(false)),
            Event::PhaseEntered { phase } => {
                self.remember("phase", to_json("phase", phase)?);
                if matches!(phase, Phase::Closing | Phase::Completed) {
                    self.complete_section();
                    self.row.current_section = None;
                }
            }
            Event::ConsentAnswered { recording: false, given } => {
                self.row.consent_given = *given;
                self.row.consent_timestamp = Some(self.wall(at));
                self.row.gdpr_compliant = true;
            }
            Event::ConsentAnswered { recording: true, given } => self.row.can_be_recorded = *given,
            Event::SectionEntered { section } => {
                if self.row.current_section.as_deref() != Some(section) {
                    self.complete_section();
                }
                self.row.current_section = Some(section.clone());
            }
            Event::QuestionAsked { asking, question_id, section, text, follow_up_of, action, why, source } => {
                self.row.current_section = Some(section.clone());
                self.row.current_question_id = Some(question_id.clone());
                if let Some(parent) = follow_up_of {
                    let follow_up =
                        json!({ "asking": asking, "action": action, "text": text, "why": why, "source": source });
                    self.add_follow_up(db, *parent, follow_up).await?;
                }
            }
            Event::QuestionSkipped { question_id, .. } => {
                push_once(&mut self.row.questions_skipped, question_id);
            }
            Event::Answered { response } => self.insert_response(db, response).await?,
            Event::ProposalRejected { asking, reason, source } => {
                let rejected = json!({ "asking": asking, "reason": reason, "source": source });
                self.add_to_list("rejected_follow_ups", rejected);
            }
            Event::PersonRequested => self.hand_over(Reason::PersonRequested),
            Event::ConcernRaised { concern: Concern::Distress } => self.hand_over(Reason::Distress),
            Event::ConcernRaised { concern: Concern::Child } => self.hand_over(Reason::Child),
            Event::RespondentAsked { topic, answered, .. } => {
                self.add_to_list("respondent_questions", json!({ "topic": topic, "answered": answered, "at_ms": at }));
            }
            Event::RecordingWithdrawn { by, .. } => {
                self.row.can_be_recorded = false;
                self.remember("recording_withdrawn", json!(by));
            }
            Event::RecordingSettled { keep } => self.remember(RECORDING_KEPT, json!(keep)),
            Event::RecordingIncomplete { reason } => self.remember("recording_incomplete", json!(reason)),
            Event::AnswerStruck { asking } => self.strike(db, *asking).await?,
            Event::Postponed { reason, until } => {
                self.row.status = Status::Scheduled;
                self.row.status_reason = Some(reason.name().to_owned());
                self.row.scheduled_at = until.map(|when| named(when, self.wall(at)));
                // If the respondent has asked for another time, the interview must not become a
                // no-show.
                self.row.no_show_at = None;
                self.remember("connected", json!(false));
            }
            Event::Paused { reason } => {
                self.remember("paused", json!(reason));
                if reason == ENGINE_RESTARTED {
                    // The connection ended with the engine, and no event reported it.
                    self.remember("connected", json!(false));
                    self.row.status_reason = Some(reason.clone());
                }
            }
            Event::Resumed => {
                self.remember("paused", Value::Null);
                self.row.status_reason = None;
            }
            Event::Ended { status, reason } => self.end(db, at, *status, reason.as_deref(), key).await?,
            Event::ConsentAsked { .. }
            | Event::SectionSkipped { .. }
            | Event::QuestionRepeated { .. }
            | Event::Said { .. }
            | Event::NotUnderstood { .. }
            | Event::TurnTimed { .. }
            | Event::SpeechAdjusted { .. }
            | Event::AnswerBegun { .. }
            | Event::SaidBeside { .. }
            | Event::ConfirmationAsked { .. }
            | Event::ConfirmationSettled
            | Event::Branched { .. } => {}
        }
        Ok(())
    }

    /// Writes the row.
    pub(super) async fn store(mut self, db: &impl ConnectionTrait, last_seq: i64) -> Result<Effects, StorageError> {
        self.remember("last_seq", json!(last_seq));
        self.effects.started = self.before.started_at.is_none() && self.row.started_at.is_some();
        self.row.updated_at = Utc::now();
        if self.effects.started {
            let started = interviews::Model {
                status: Status::InProgress,
                completed_at: None,
                duration_seconds: None,
                ..self.row.clone()
            };
            outbox::publish_interview(db, WebhookEvent::InterviewStarted, &started).await?;
        }
        // A batch may contain a whole call, so its webhook events are published in the order in
        // which they happened.
        if let Some(escalation) = &self.handed_over {
            escalation::publish_escalation(db, &self.row, escalation).await?;
        }
        let over = match self.row.status {
            Status::Completed => Some(WebhookEvent::InterviewCompleted),
            Status::Failed => Some(WebhookEvent::InterviewFailed),
            _ => None,
        };
        if let Some(event) = over
            && !self.before.status.is_over()
        {
            outbox::publish_interview(db, event, &self.row).await?;
        }
        self.row.into_active_model().reset_all().update(db).await?;
        Ok(self.effects)
    }

    /// Converts a time on the call clock to wall-clock time.
    fn wall(&self, at: Ms) -> DateTime<Utc> {
        self.row.started_at.map_or(self.received_at, |started| started + milliseconds(at))
    }

    fn remember(&mut self, key: &str, value: Value) {
        if !self.row.conversation_state.is_object() {
            self.row.conversation_state = json!({});
        }
        self.row.conversation_state[key] = value;
    }

    fn add_to_list(&mut self, key: &str, item: Value) {
        let mut list = self.row.conversation_state[key].as_array().cloned().unwrap_or_default();
        list.push(item);
        self.remember(key, Value::Array(list));
    }

    fn hand_over(&mut self, reason: Reason) {
        let escalation = Escalation { reason, text: reason.words().to_owned() };
        if escalation::hand_over(&mut self.row, &escalation) {
            self.effects.escalated = Some(reason.name());
            self.handed_over = Some(escalation);
        }
    }

    /// Marks the current section as complete.
    fn complete_section(&mut self) {
        if let Some(section) = &self.row.current_section {
            push_once(&mut self.row.sections_completed, section);
        }
    }

    async fn end(
        &mut self,
        db: &impl ConnectionTrait,
        at: Ms,
        status: EndStatus,
        reason: Option<&str>,
        key: Option<&PersonKey>,
    ) -> Result<(), StorageError> {
        self.row.status = match status {
            EndStatus::Completed => Status::Completed,
            EndStatus::Cancelled => Status::Cancelled,
            EndStatus::Failed => Status::Failed,
            EndStatus::NoShow => Status::NoShow,
        };
        if status == EndStatus::Completed {
            self.complete_section();
        }
        self.row.current_section = None;
        self.row.current_question_id = None;
        self.row.status_reason = reason.map(str::to_owned);
        self.row.completed_at = Some(self.wall(at));
        self.row.duration_seconds = self.row.started_at.map(|_| (at / 1_000) as i32);
        if self.row.has_recording() {
            self.row.recording_url = Some(format!("/api/interviews/{}/recording", self.row.id));
        }
        if status == EndStatus::NoShow {
            // There is nothing to score, and the metrics of calls do not include it.
            return Ok(());
        }
        let answers = responses::of_interview(db, self.row.id).await?;
        let guide = guides::version(db, self.row.call_guide_version_id).await?;
        let events = log::load(db, self.row.id, key).await?;
        let median = scores::median_words(db, &self.row).await?;
        let values = Scores::of(&guide, events.iter().map(|record| (record.at_ms, &record.event)), median);
        self.row.engagement_metrics = scores::engagement_of(&values, &answers, median);
        self.row.quality_metrics = scores::quality_of(&values, &answers);
        let score = |metrics: &Value, name: &str| metrics.get(name).and_then(Value::as_f64);
        self.effects.ended = Some(Ending {
            status: self.row.status,
            duration_seconds: at as f64 / 1_000.0,
            completion_rate: score(&self.row.quality_metrics, "completion_rate"),
            engagement_score: score(&self.row.engagement_metrics, "engagement_score"),
            data_quality_score: score(&self.row.quality_metrics, "data_quality_score"),
        });
        Ok(())
    }
}

/// Returns the method of each value in the analysis of an answer during a call.
pub fn methods() -> Value {
    let by_words = [
        "sentiment",
        "key_phrases",
        "themes",
        "information_density",
        "hesitation",
        "enthusiasm",
        "completeness",
        "contradictions",
    ];
    let mut methods: serde_json::Map<String, Value> =
        by_words.iter().map(|name| ((*name).to_owned(), json!(method::LEXICON))).collect();
    methods.insert("confidence_score".to_owned(), json!("recognition"));
    Value::Object(methods)
}

fn milliseconds(at: Ms) -> Duration {
    Duration::milliseconds(at as i64)
}

/// The hour that is assumed if a respondent names only a day.
const DAYTIME_HOUR: u32 = 10;

/// Returns the time that a respondent named at `now`, in the time zone of the engine.
fn named(when: When, now: DateTime<Utc>) -> DateTime<Utc> {
    let local = now.with_timezone(&Local);
    let (days, minute_of_day) = match when {
        When::In { minutes } => return now + Duration::minutes(i64::from(minutes)),
        When::Day { days, minute_of_day } => (i64::from(days), minute_of_day),
        When::Weekday { weekday, minute_of_day } => {
            let ahead = (i64::from(weekday) - i64::from(local.weekday().num_days_from_monday())).rem_euclid(7);
            (if ahead == 0 { 7 } else { ahead }, minute_of_day)
        }
    };
    let minute = minute_of_day.map_or(DAYTIME_HOUR * 60, u32::from);
    let time = NaiveTime::from_hms_opt(minute / 60 % 24, minute % 60, 0).unwrap_or_default();
    let meant = (local.date_naive() + Duration::days(days)).and_time(time);
    let meant = Local.from_local_datetime(&meant).earliest().map_or(now, |at| at.with_timezone(&Utc));
    // "At nine", said at ten, means tomorrow.
    if meant <= now { meant + Duration::days(1) } else { meant }
}

/// Returns the name of an enumeration value in JSON.
fn name_of(value: &impl serde::Serialize) -> Result<String, StorageError> {
    Ok(to_json("name", value)?.as_str().unwrap_or_default().to_owned())
}

fn push_once(list: &mut Value, item: &str) {
    let mut items = list.as_array().cloned().unwrap_or_default();
    if !items.iter().any(|known| known == item) {
        items.push(json!(item));
    }
    *list = Value::Array(items);
}
