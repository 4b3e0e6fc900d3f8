//! The monitor of one call: events go in, findings come out.
//!
//! Owns: which values of a call are judged when, hysteresis, and what follows for the interview as
//! a whole. Never does: keep, send or count anything.
//!
//! The monitor is a value. Replaying the log through a new monitor leads to the same one, so that
//! nothing is lost with a process.
//!
//! **When a value is judged.** Means over answers are judged after each answer, from the third one
//! on, because a mean over fewer says little. The completion rate is judged after each question of
//! the guide by its projection, which begins at a quarter of the estimated time, and two bad ones
//! in a row count. The data quality score uses that projection as well. Every latency is judged by
//! itself. At the end, every value is judged once more as it is, over however many answers there
//! are, and without a margin. An interview in which nobody agreed to take part is not judged.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::escalation::{self, Escalation, LEAST, Reason};
use super::metric::{Metric, Severity};
use super::threshold::Thresholds;
use crate::dialogue::state::InterviewState;
use crate::guide::Guide;
use crate::io::{Event, Ms, Rejection};
use crate::score::{self, Scores, widen};

/// The number of answers with words from which a mean is judged during a call.
pub const FEWEST: usize = 3;
/// The number of transcriptions in a row that must fail. One may be an accident.
const FAILURES: u32 = 2;

/// The subject of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    Metric(Metric),
    /// Speech recognition fails in this call.
    Recognition,
    /// The recording of this call is incomplete.
    Recording,
}

impl Subject {
    /// The `metric_name` of its alerts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metric(metric) => metric.name(),
            Self::Recognition => "component.stt",
            Self::Recording => "component.recording",
        }
    }
}

/// A value on the wrong side of its threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    pub subject: Subject,
    pub severity: Severity,
    pub value: f64,
    pub threshold: f64,
    /// The id of this crossing. A replay gives the same crossing the same id.
    pub occasion: String,
}

/// A consequence of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Consequence {
    Raised(Alert),
    Recovered(Subject),
    Escalated(Escalation),
}

#[derive(Debug, Clone, Default)]
struct Watch {
    /// The latest values, oldest first: as many as must be bad in a row.
    latest: VecDeque<f64>,
    /// The alert that is open.
    open: Option<Alert>,
}

/// How strictly a value is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// During the call: several values in a row and a margin count.
    Live,
    /// At the end: the value counts as it is.
    AsItIs,
}

/// The monitor of one call.
#[derive(Debug, Clone)]
pub struct Monitor {
    guide: Arc<Guide>,
    median_words: Option<f32>,
    state: InterviewState,
    seq: i64,
    /// Time of the last event, in milliseconds on the call clock.
    at: Ms,
    watches: BTreeMap<Subject, Watch>,
    /// When each alert was raised, and its severity.
    raised: Vec<(Ms, Severity)>,
    /// The escalations so far. Each reason leads to one.
    escalated: Vec<Escalation>,
    failures: u32,
}

impl Monitor {
    /// `median_words` is the one of [`Scores::of`].
    pub fn new(guide: Arc<Guide>, median_words: Option<f32>) -> Self {
        Self {
            guide,
            median_words,
            state: InterviewState::default(),
            seq: 0,
            at: 0,
            watches: BTreeMap::new(),
            raised: Vec::new(),
            escalated: Vec::new(),
            failures: 0,
        }
    }

    /// Sets the median with which the interview's final scores were computed.
    pub fn set_median_words(&mut self, median_words: Option<f32>) {
        self.median_words = median_words;
    }

    /// Whether the interview is over, so that nothing more will be found.
    pub fn is_over(&self) -> bool {
        self.state.ended.is_some()
    }

    /// The alerts that are open at this moment.
    pub fn open(&self) -> impl Iterator<Item = &Alert> {
        self.watches.values().filter_map(|watch| watch.open.as_ref())
    }

    /// Every escalation of this monitor.
    pub fn escalated(&self) -> &[Escalation] {
        &self.escalated
    }

    /// Takes the next event of the log. An event that was seen before changes nothing.
    pub fn observe(&mut self, seq: i64, at: Ms, event: &Event, thresholds: &Thresholds) -> Vec<Consequence> {
        if seq <= self.seq {
            return Vec::new();
        }
        (self.seq, self.at) = (seq, at);
        self.state.apply(at, event);
        // Nothing is known of a respondent who did not agree, so nothing is judged.
        if self.state.consent != Some(true) {
            return Vec::new();
        }
        let mut findings = Vec::new();
        match event {
            Event::Answered { response } => {
                if !response.text.is_empty() {
                    self.failures = 0;
                    self.recognition_works(&mut findings);
                }
                if !response.is_follow_up {
                    self.judge_completion(at, thresholds, &mut findings);
                }
                self.judge_answers(at, thresholds, &mut findings);
            }
            Event::TurnTimed { timing, .. } => {
                let seconds = timing.first_audio as f64 / 1_000.0;
                self.judge(Metric::ResponseLatency, seconds, at, Mode::Live, thresholds, &mut findings);
            }
            Event::NotUnderstood { reason } => {
                self.failures = if *reason == Rejection::Failed { self.failures + 1 } else { 0 };
                if self.failures >= FAILURES {
                    self.recognition_fails(at, &mut findings);
                }
                self.judge_answers(at, thresholds, &mut findings);
            }
            Event::RecordingIncomplete { .. } => self.recording_incomplete(at, &mut findings),
            Event::Ended { .. } => self.judge_end(at, thresholds, &mut findings),
            _ => {}
        }
        if !findings.is_empty()
            && let Some(escalation) = escalation::by_alerts(&self.raised, at)
        {
            self.escalate(escalation, &mut findings);
        }
        findings
    }

    /// Judges the latest values by changed thresholds.
    pub fn reconsider(&mut self, thresholds: &Thresholds) -> Vec<Consequence> {
        let (at, mut findings) = (self.at, Vec::new());
        if self.is_over() {
            return findings;
        }
        for metric in Metric::ALL {
            let threshold = thresholds.of(metric);
            let watch = self.watches.entry(Subject::Metric(metric)).or_default();
            let Some(value) = watch.latest.back().copied() else { continue };
            let bad = watch.latest.len() >= metric.in_a_row()
                && watch.latest.iter().all(|value| threshold.is_crossed(metric, *value));
            match &watch.open {
                Some(_) if !threshold.is_crossed(metric, value) => {
                    watch.open = None;
                    findings.push(Consequence::Recovered(Subject::Metric(metric)));
                }
                None if bad => self.raise(metric, value, at, thresholds, &mut findings),
                _ => {}
            }
        }
        if let Some(escalation) = escalation::by_alerts(&self.raised, at) {
            self.escalate(escalation, &mut findings);
        }
        findings
    }

    fn judge_completion(&mut self, at: Ms, thresholds: &Thresholds, findings: &mut Vec<Consequence>) {
        let Some(projected) = self.projection(at) else { return };
        self.judge(Metric::CompletionRate, projected, at, Mode::Live, thresholds, findings);
        let low = |watch: &Watch| {
            watch.latest.len() >= Metric::CompletionRate.in_a_row() && watch.latest.iter().all(|value| *value < LEAST)
        };
        if self.watches.get(&Subject::Metric(Metric::CompletionRate)).is_some_and(low) {
            self.escalate(Escalation::of_value(Reason::CompletionRate, projected), findings);
        }
    }

    fn projection(&self, at: Ms) -> Option<f64> {
        let so_far = score::completion(&self.guide, &self.state);
        so_far.projected(self.state.active_ms(at), self.guide.estimated_duration_minutes).map(widen)
    }

    /// Judges the means, if there are enough answers.
    fn judge_answers(&mut self, at: Ms, thresholds: &Thresholds, findings: &mut Vec<Consequence>) {
        let spoken = self.state.responses.iter().filter(|response| !response.text.is_empty()).count();
        if spoken < FEWEST {
            return;
        }
        let scores = Scores::of_state(&self.guide, &self.state, self.median_words);
        let projected = self.projection(at);
        // A question that was not asked yet is no fault of the data.
        let data_quality = projected.and_then(|projected| {
            score::data_quality_score(
                Some(projected as f32),
                scores.information_density,
                scores.stt_confidence,
                scores.clarification_rate,
            )
        });
        let data_quality = data_quality.filter(|_| !scores.uncertain).map(widen);
        for (metric, value) in means(&scores).into_iter().chain([(Metric::DataQualityScore, data_quality)]) {
            if let Some(value) = value {
                self.judge(metric, value, at, Mode::Live, thresholds, findings);
            }
        }
        self.escalate_poor_data(data_quality, findings);
    }

    /// Judges every value once more, as it is.
    fn judge_end(&mut self, at: Ms, thresholds: &Thresholds, findings: &mut Vec<Consequence>) {
        let scores = Scores::of_state(&self.guide, &self.state, self.median_words);
        let (completion, data_quality) = (scores.completion_rate.map(widen), scores.data_quality_score.map(widen));
        let rest = [(Metric::CompletionRate, completion), (Metric::DataQualityScore, data_quality)];
        for (metric, value) in means(&scores).into_iter().chain(rest) {
            if let Some(value) = value {
                self.judge(metric, value, at, Mode::AsItIs, thresholds, findings);
            }
        }
        if let Some(rate) = completion.filter(|rate| *rate < LEAST) {
            self.escalate(Escalation::of_value(Reason::CompletionRate, rate), findings);
        }
        self.escalate_poor_data(data_quality, findings);
    }

    fn escalate_poor_data(&mut self, data_quality: Option<f64>, findings: &mut Vec<Consequence>) {
        if let Some(score) = data_quality.filter(|score| *score < LEAST) {
            self.escalate(Escalation::of_value(Reason::DataQualityScore, score), findings);
        }
    }

    fn judge(
        &mut self,
        metric: Metric,
        value: f64,
        at: Ms,
        mode: Mode,
        thresholds: &Thresholds,
        findings: &mut Vec<Consequence>,
    ) {
        let threshold = thresholds.of(metric);
        let watch = self.watches.entry(Subject::Metric(metric)).or_default();
        watch.latest.push_back(value);
        while watch.latest.len() > metric.in_a_row() {
            watch.latest.pop_front();
        }
        let crossed = threshold.is_crossed(metric, value);
        if watch.open.is_some() {
            let well = if mode == Mode::AsItIs { !crossed } else { threshold.is_recovered(metric, value) };
            if well {
                watch.open = None;
                findings.push(Consequence::Recovered(Subject::Metric(metric)));
            }
            return;
        }
        let bad = |value: &f64| threshold.is_crossed(metric, *value);
        let patient = watch.latest.len() >= metric.in_a_row() && watch.latest.iter().all(bad);
        if crossed && (patient || mode == Mode::AsItIs) {
            self.raise(metric, value, at, thresholds, findings);
        }
    }

    fn raise(&mut self, metric: Metric, value: f64, at: Ms, thresholds: &Thresholds, findings: &mut Vec<Consequence>) {
        let threshold = thresholds.of(metric);
        let alert = Alert {
            subject: Subject::Metric(metric),
            severity: threshold.severity,
            value,
            threshold: threshold.value,
            occasion: format!("{}@{}", self.seq, threshold.edited_ms),
        };
        self.opened(alert, at, findings);
    }

    fn recognition_fails(&mut self, at: Ms, findings: &mut Vec<Consequence>) {
        if self.watches.get(&Subject::Recognition).is_some_and(|watch| watch.open.is_some()) {
            return;
        }
        let alert = Alert {
            subject: Subject::Recognition,
            severity: Severity::Critical,
            value: f64::from(self.failures),
            threshold: f64::from(FAILURES),
            occasion: self.seq.to_string(),
        };
        self.opened(alert, at, findings);
    }

    fn recognition_works(&mut self, findings: &mut Vec<Consequence>) {
        let open = self.watches.get_mut(&Subject::Recognition).and_then(|watch| watch.open.take());
        if open.is_some() {
            findings.push(Consequence::Recovered(Subject::Recognition));
        }
    }

    /// Once for an interview: what is missing does not come back.
    fn recording_incomplete(&mut self, at: Ms, findings: &mut Vec<Consequence>) {
        if self.watches.get(&Subject::Recording).is_some_and(|watch| watch.open.is_some()) {
            return;
        }
        let (subject, occasion) = (Subject::Recording, self.seq.to_string());
        self.opened(Alert { subject, severity: Severity::Error, value: 1.0, threshold: 0.0, occasion }, at, findings);
    }

    fn opened(&mut self, alert: Alert, at: Ms, findings: &mut Vec<Consequence>) {
        self.raised.push((at, alert.severity));
        self.watches.entry(alert.subject).or_default().open = Some(alert.clone());
        findings.push(Consequence::Raised(alert));
    }

    fn escalate(&mut self, escalation: Escalation, findings: &mut Vec<Consequence>) {
        if self.escalated.iter().all(|told| told.reason != escalation.reason) {
            self.escalated.push(escalation.clone());
            findings.push(Consequence::Escalated(escalation));
        }
    }
}

/// The scores that have the same meaning during a call as after it.
fn means(scores: &Scores) -> [(Metric, Option<f64>); 6] {
    [
        (Metric::EngagementScore, scores.engagement_score.map(widen)),
        (Metric::InformationDensity, scores.information_density.map(widen)),
        (Metric::SttConfidence, scores.stt_confidence.map(widen)),
        (Metric::ClarificationRate, scores.clarification_rate.map(widen)),
        (Metric::SttErrorRate, scores.stt_error_rate.map(widen)),
        (Metric::FollowUpValue, scores.follow_up_value.map(widen)),
    ]
}
