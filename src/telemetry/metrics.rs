//! The Prometheus metrics: names, labels and buckets are public API (product contract, section 5).
//!
//! Owns: the registry and its families. Never does: compute a score.

use interview::Event;
use prometheus::process_collector::ProcessCollector;
use prometheus::{
    CounterVec, Encoder as _, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntGauge, Opts,
    Registry, TextEncoder,
};

use crate::storage::{Appended, EventRecord};

/// Shares of 0…1.
const TENTHS: [f64; 10] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
const INTERVIEW_SECONDS: [f64; 7] = [60.0, 300.0, 600.0, 900.0, 1_800.0, 2_700.0, 3_600.0];
const STT_SECONDS: [f64; 6] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
const TTS_SECONDS: [f64; 6] = [0.1, 0.5, 1.0, 2.0, 3.0, 5.0];
/// Fine where respondents feel it.
const RESPONSE_SECONDS: [f64; 16] =
    [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0];
const LAG_SECONDS: [f64; 11] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

/// Every family, typed. Labels are given in the order of the contract.
pub struct Metrics {
    registry: Registry,
    /// `status`, `call_guide_id`: interviews that entered the status.
    pub interviews_total: CounterVec,
    /// `call_guide_id`.
    pub interview_duration_seconds: HistogramVec,
    /// `call_guide_id`: of the last interview that ended.
    pub interview_completion_rate: GaugeVec,
    /// `section`.
    pub responses_total: CounterVec,
    /// `sentiment`.
    pub response_sentiment_total: CounterVec,
    pub information_density: Histogram,
    pub engagement_score: Histogram,
    pub data_quality_score: Histogram,
    /// `action_type`.
    pub follow_ups_generated_total: CounterVec,
    pub stt_latency_seconds: Histogram,
    pub tts_latency_seconds: Histogram,
    /// `error_type`, `component`.
    pub errors_total: CounterVec,
    /// Last sample of speech to first audible sample of the answer.
    pub response_latency_seconds: Histogram,
    pub active_calls: IntGauge,
    pub admission_refusals_total: IntCounter,
    pub playout_deadline_misses_total: IntCounter,
    /// From an event's arrival at the supervisor to its commit.
    pub event_log_lag_seconds: Histogram,
    /// Events not committed yet.
    pub event_log_waiting: Gauge,
    /// `stt`, `tts`: always 1; the labels name what runs (`scripted` is said so).
    pub speech_engine_info: GaugeVec,
}

impl Metrics {
    /// A registry of its own, with the process's figures; an error only if a name were registered twice.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        registry.register(Box::new(ProcessCollector::for_self()))?;
        let make = Maker(&registry);
        Ok(Self {
            interviews_total: make.counters(
                "interviews_total",
                "Interviews that entered a status",
                &["status", "call_guide_id"],
            )?,
            interview_duration_seconds: make.histograms(
                "interview_duration_seconds",
                "Length of interviews",
                &INTERVIEW_SECONDS,
                &["call_guide_id"],
            )?,
            interview_completion_rate: make.gauges(
                "interview_completion_rate",
                "Required questions answered or declined / required questions, of the last interview that ended",
                &["call_guide_id"],
            )?,
            responses_total: make.counters("responses_total", "Answers", &["section"])?,
            response_sentiment_total: make.counters(
                "response_sentiment_total",
                "Answers by sentiment",
                &["sentiment"],
            )?,
            information_density: make.histogram("information_density", "Information density of answers", &TENTHS)?,
            engagement_score: make.histogram("engagement_score", "Engagement score of interviews", &TENTHS)?,
            data_quality_score: make.histogram("data_quality_score", "Data quality score of interviews", &TENTHS)?,
            follow_ups_generated_total: make.counters(
                "follow_ups_generated_total",
                "Follow-ups asked",
                &["action_type"],
            )?,
            stt_latency_seconds: make.histogram(
                "stt_latency_seconds",
                "Transcription of one stretch of speech",
                &STT_SECONDS,
            )?,
            tts_latency_seconds: make.histogram("tts_latency_seconds", "Synthesis of one sentence", &TTS_SECONDS)?,
            errors_total: make.counters("errors_total", "Errors", &["error_type", "component"])?,
            response_latency_seconds: make.histogram(
                "response_latency_seconds",
                "Last sample of speech to first audible sample of the answer",
                &RESPONSE_SECONDS,
            )?,
            active_calls: make.integer_gauge("active_calls", "Calls that are live")?,
            admission_refusals_total: make
                .integer_counter("admission_refusals_total", "Calls refused because the engine was full")?,
            playout_deadline_misses_total: make
                .integer_counter("playout_deadline_misses_total", "Frames that were sent later than their time")?,
            event_log_lag_seconds: make.histogram(
                "event_log_lag_seconds",
                "From an event's arrival to its commit",
                &LAG_SECONDS,
            )?,
            event_log_waiting: make.gauge("event_log_waiting", "Events not committed yet")?,
            speech_engine_info: make.gauges("speech_engine_info", "The speech engines that run", &["stt", "tts"])?,
            registry,
        })
    }

    /// The text exposition format.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Counts what was appended to the log just now.
    pub fn observe_events(&self, records: &[EventRecord], appended: &Appended) {
        let guide = appended.call_guide_id.to_string();
        if appended.started {
            self.interviews_total.with_label_values(&["in_progress", &guide]).inc();
        }
        for record in &records[records.len().saturating_sub(appended.fresh)..] {
            match &record.event {
                Event::Answered { response } => {
                    self.responses_total.with_label_values(&[response.section.as_str()]).inc();
                    self.response_sentiment_total.with_label_values(&[&json_name(&response.analysis.sentiment)]).inc();
                    self.information_density.observe(f64::from(response.analysis.information_density));
                }
                Event::QuestionAsked { action: Some(action), follow_up_of: Some(_), .. } => {
                    self.follow_ups_generated_total.with_label_values(&[&json_name(action)]).inc();
                }
                _ => {}
            }
        }
        let Some(ended) = &appended.ended else { return };
        self.interviews_total.with_label_values(&[ended.status.as_str(), guide.as_str()]).inc();
        self.interview_duration_seconds.with_label_values(&[&guide]).observe(ended.duration_seconds);
        if let Some(rate) = ended.completion_rate {
            self.interview_completion_rate.with_label_values(&[&guide]).set(rate);
        }
        if let Some(score) = ended.engagement_score {
            self.engagement_score.observe(score);
        }
        if let Some(score) = ended.data_quality_score {
            self.data_quality_score.observe(score);
        }
    }
}

/// Makes families and registers them.
struct Maker<'a>(&'a Registry);

impl Maker<'_> {
    fn add<T: prometheus::core::Collector + Clone + 'static>(&self, family: T) -> Result<T, prometheus::Error> {
        self.0.register(Box::new(family.clone()))?;
        Ok(family)
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> Result<CounterVec, prometheus::Error> {
        self.add(CounterVec::new(Opts::new(name, help), labels)?)
    }

    fn integer_counter(&self, name: &str, help: &str) -> Result<IntCounter, prometheus::Error> {
        self.add(IntCounter::new(name, help)?)
    }

    fn gauge(&self, name: &str, help: &str) -> Result<Gauge, prometheus::Error> {
        self.add(Gauge::new(name, help)?)
    }

    fn integer_gauge(&self, name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
        self.add(IntGauge::new(name, help)?)
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> Result<GaugeVec, prometheus::Error> {
        self.add(GaugeVec::new(Opts::new(name, help), labels)?)
    }

    fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> Result<Histogram, prometheus::Error> {
        self.add(Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?)
    }

    fn histograms(
        &self,
        name: &str,
        help: &str,
        buckets: &[f64],
        labels: &[&str],
    ) -> Result<HistogramVec, prometheus::Error> {
        self.add(HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), labels)?)
    }
}

/// An enumeration's name as it is written in JSON.
fn json_name(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}
