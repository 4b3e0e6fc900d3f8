//! The Prometheus metrics. Their names, labels and buckets are public API (user contract, section
//! 5).
//!
//! Owns: the registry and its families (here), what each event counts (`feed`), and the label
//! values that are known in advance, so that their series start at 0 (`known`). Never does: compute
//! a score.

mod families;
mod feed;
mod known;
mod llm;
mod queue;
mod tasks;

use prometheus::process_collector::ProcessCollector;
use prometheus::{
    CounterVec, Encoder as _, Gauge, GaugeVec, Histogram, HistogramVec, IntCounter, IntGauge, Registry, TextEncoder,
};

pub use self::families::Family;
use self::families::Maker;
use voice::inference::Inference;

pub use self::known::Failure;

/// Buckets for shares from 0 to 1.
const TENTHS: [f64; 10] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
const INTERVIEW_SECONDS: [f64; 7] = [60.0, 300.0, 600.0, 900.0, 1_800.0, 2_700.0, 3_600.0];
const STT_SECONDS: [f64; 6] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
const TTS_SECONDS: [f64; 6] = [0.1, 0.5, 1.0, 2.0, 3.0, 5.0];
/// Buckets in seconds, which are narrow where respondents notice a difference.
const RESPONSE_SECONDS: [f64; 16] =
    [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0];
const LLM_SECONDS: [f64; 6] = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0];
const HTTP_SECONDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0, 10.0];
const WEBHOOK_SECONDS: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0];
const LAG_SECONDS: [f64; 11] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

/// Every family, typed. Labels are given in the order of the contract.
pub struct Metrics {
    registry: Registry,
    /// The families that are registered from the start.
    families: Vec<Family>,
    /// `status`, `call_guide_id`: interviews that entered the status.
    pub interviews_total: CounterVec,
    /// `call_guide_id`.
    pub interview_duration_seconds: HistogramVec,
    /// `call_guide_id`: the value of the last interview that ended.
    pub interview_completion_rate: GaugeVec,
    /// `section`.
    pub responses_total: CounterVec,
    /// `sentiment`.
    pub response_sentiment_total: CounterVec,
    pub information_density: Histogram,
    /// `follow_up_value` of each answer to a follow-up.
    pub follow_up_effectiveness: Histogram,
    pub engagement_score: Histogram,
    pub data_quality_score: Histogram,
    /// `action_type`.
    pub follow_ups_generated_total: CounterVec,
    /// `reason`: follow-ups that a model proposed and that could not be spoken.
    pub follow_ups_rejected_total: CounterVec,
    pub stt_latency_seconds: Histogram,
    pub tts_latency_seconds: Histogram,
    /// One answer of a language model, including retries.
    pub llm_latency_seconds: Histogram,
    /// Answers that were cached.
    pub llm_cache_hits_total: IntCounter,
    /// 0: the model is used. 1: the next request tests whether it answers again. 2: it is not used,
    /// because it failed too often.
    pub llm_breaker_state: Gauge,
    /// `operation`.
    pub llm_tokens_used_total: CounterVec,
    /// `queue`, `kind`, `outcome`: attempts that ended.
    pub tasks_total: CounterVec,
    /// `queue`: tasks that are due and have not begun.
    pub task_queue_depth: GaugeVec,
    /// `queue`: for how long the oldest waiting task has been due.
    pub task_queue_oldest_seconds: GaugeVec,
    /// `queue`: tasks that are running, in any process.
    pub tasks_running: GaugeVec,
    /// `queue`: tasks that have failed for good.
    pub task_dead_letters: GaugeVec,
    /// `error_type`, `component`: see [`Failure`].
    pub errors_total: CounterVec,
    /// `part`, `reason` (`panicked`, `frozen`, `ended`): runs of the engine's parts that were lost
    /// and replaced.
    pub part_restarts_total: CounterVec,
    /// Threads of calls that froze and were left behind. Their calls continued elsewhere.
    pub call_threads_left_total: IntCounter,
    /// `reason`: interviews that were escalated to a person.
    pub escalations_total: CounterVec,
    /// `severity`, `metric`: alerts that were raised.
    pub quality_alerts_total: CounterVec,
    /// From the last sample of speech to the first audible sample of the answer.
    pub response_latency_seconds: Histogram,
    pub active_calls: IntGauge,
    /// The value of MAX_CONCURRENT_INTERVIEWS.
    pub call_capacity: IntGauge,
    pub admission_refusals_total: IntCounter,
    pub playout_deadline_misses_total: IntCounter,
    /// From an event's arrival at the writer to its commit.
    pub event_log_lag_seconds: Histogram,
    /// Events that are not committed yet.
    pub event_log_waiting: Gauge,
    /// `method`, `route` (its template), `status` (`2xx`): from the head of a request to the head
    /// of its answer.
    pub http_request_duration_seconds: HistogramVec,
    /// `reason` (`request`, `retention`): people whose data was erased.
    pub erasures_total: CounterVec,
    /// `event`, `outcome` (`delivered`, `failed` if it will be retried, `dead`): attempts to
    /// deliver to a webhook.
    pub webhook_deliveries_total: CounterVec,
    /// One attempt.
    pub webhook_delivery_duration_seconds: Histogram,
    pub webhook_deliveries_pending: IntGauge,
    /// `reason`: claimed quotes that nobody said, and that were kept out of insights.
    pub insight_quotes_dropped_total: CounterVec,
    /// `stt`, `tts`: always 1. The labels name the engines, which may be `scripted`.
    pub speech_engine_info: GaugeVec,
}

impl Metrics {
    /// Creates a separate registry, with the figures of the process. It fails only if a name is
    /// registered twice.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        registry.register(Box::new(ProcessCollector::for_self()))?;
        let make = Maker::new(&registry);
        let metrics = Self {
            interviews_total: make.counters(
                "interviews_total",
                "Interviews that entered a status",
                &["status", "call_guide_id"],
            )?,
            interview_duration_seconds: make.histograms(
                "interview_duration_seconds",
                "Duration of interviews in seconds",
                &INTERVIEW_SECONDS,
                &["call_guide_id"],
            )?,
            interview_completion_rate: make.gauges(
                "interview_completion_rate",
                "Share of required questions that were answered or declined, in the last interview that ended",
                &["call_guide_id"],
            )?,
            responses_total: make.counters("responses_total", "Answers", &["section"])?,
            response_sentiment_total: make.counters(
                "response_sentiment_total",
                "Answers by sentiment",
                &["sentiment"],
            )?,
            information_density: make.histogram("information_density", "Information density of answers", &TENTHS)?,
            follow_up_effectiveness: make.histogram(
                "follow_up_effectiveness",
                "Share of new content words in the answer to a follow-up",
                &TENTHS,
            )?,
            engagement_score: make.histogram("engagement_score", "Engagement score of interviews", &TENTHS)?,
            data_quality_score: make.histogram("data_quality_score", "Data quality score of interviews", &TENTHS)?,
            follow_ups_generated_total: make.counters(
                "follow_ups_generated_total",
                "Follow-ups asked",
                &["action_type"],
            )?,
            follow_ups_rejected_total: make.counters(
                "follow_ups_rejected_total",
                "Follow-ups proposed by a language model that could not be spoken",
                &["reason"],
            )?,
            stt_latency_seconds: make.histogram(
                "stt_latency_seconds",
                "Duration of the transcription of one segment of speech",
                &STT_SECONDS,
            )?,
            tts_latency_seconds: make.histogram(
                "tts_latency_seconds",
                "Duration of one synthesized sentence",
                &TTS_SECONDS,
            )?,
            llm_latency_seconds: make.histogram(
                "llm_latency_seconds",
                "Duration of one answer of a language model",
                &LLM_SECONDS,
            )?,
            llm_cache_hits_total: make
                .integer_counter("llm_cache_hits_total", "Answers of language models that were cached")?,
            llm_breaker_state: make.gauge(
                "llm_breaker_state",
                "0: the language model is used. 1: the next request tests it. 2: it is not used because it failed too \
                 often",
            )?,
            llm_tokens_used_total: make.counters(
                "llm_tokens_used_total",
                "Tokens of requests to language models and of their answers",
                &["operation"],
            )?,
            tasks_total: make.counters(
                "tasks_total",
                "Attempts at background tasks that ended",
                &["queue", "kind", "outcome"],
            )?,
            task_queue_depth: make.gauges("task_queue_depth", "Tasks that are due and have not begun", &["queue"])?,
            task_queue_oldest_seconds: make.gauges(
                "task_queue_oldest_seconds",
                "For how long the oldest waiting task has been due",
                &["queue"],
            )?,
            tasks_running: make.gauges("tasks_running", "Tasks that are running", &["queue"])?,
            task_dead_letters: make.gauges(
                "task_dead_letters",
                "Tasks that failed for good (dead letters)",
                &["queue"],
            )?,
            errors_total: make.counters("errors_total", "Errors", &["error_type", "component"])?,
            part_restarts_total: make.counters(
                "part_restarts_total",
                "Restarts of parts of the engine that had panicked, frozen or ended",
                &["part", "reason"],
            )?,
            call_threads_left_total: make.integer_counter(
                "call_threads_left_total",
                "Threads of calls that froze and were left behind, while their calls went on elsewhere",
            )?,
            escalations_total: make.counters(
                "escalations_total",
                "Interviews that were escalated to a person",
                &["reason"],
            )?,
            quality_alerts_total: make.counters(
                "quality_alerts_total",
                "Quality alerts that were raised",
                &["severity", "metric"],
            )?,
            response_latency_seconds: make.histogram(
                "response_latency_seconds",
                "Time from the last sample of speech to the first audible sample of the answer",
                &RESPONSE_SECONDS,
            )?,
            active_calls: make.integer_gauge("active_calls", "Calls that are live")?,
            call_capacity: make.integer_gauge("call_capacity", "Calls that may be live at the same time")?,
            admission_refusals_total: make
                .integer_counter("admission_refusals_total", "Calls refused because the engine was full")?,
            playout_deadline_misses_total: make
                .integer_counter("playout_deadline_misses_total", "Frames that were sent too late")?,
            event_log_lag_seconds: make.histogram(
                "event_log_lag_seconds",
                "Time from an event's arrival to its commit",
                &LAG_SECONDS,
            )?,
            event_log_waiting: make.gauge("event_log_waiting", "Events that are not committed yet")?,
            http_request_duration_seconds: make.histograms(
                "http_request_duration_seconds",
                "Time from the head of a request to the head of its answer",
                &HTTP_SECONDS,
                &["method", "route", "status"],
            )?,
            erasures_total: make.counters("erasures_total", "People whose data was erased", &["reason"])?,
            webhook_deliveries_total: make.counters(
                "webhook_deliveries_total",
                "Attempts to deliver an event to a webhook",
                &["event", "outcome"],
            )?,
            webhook_delivery_duration_seconds: make.histogram(
                "webhook_delivery_duration_seconds",
                "Duration of one attempt to deliver to a webhook",
                &WEBHOOK_SECONDS,
            )?,
            webhook_deliveries_pending: make
                .integer_gauge("webhook_deliveries_pending", "Deliveries that are pending")?,
            insight_quotes_dropped_total: make.counters(
                "insight_quotes_dropped_total",
                "Claimed quotes that nobody said, which were kept out of insights",
                &["reason"],
            )?,
            speech_engine_info: make.gauges("speech_engine_info", "The speech engines in use", &["stt", "tts"])?,
            families: make.families(),
            registry,
        };
        metrics.begin_at_zero();
        Ok(metrics)
    }

    /// Adds the metrics of the queue of inference jobs.
    pub fn watch_queue(&self, inference: Inference) -> Result<(), prometheus::Error> {
        self.registry.register(Box::new(queue::QueueCollector::new(inference)?))
    }

    /// Returns every family that an engine exposes, by name, for the reference.
    pub fn families(&self) -> Result<Vec<Family>, prometheus::Error> {
        let process = families::described("gauge", &ProcessCollector::for_self()).into_iter().map(|mut family| {
            if family.name.ends_with("_total") {
                family.kind = "counter";
            }
            family
        });
        let mut families: Vec<Family> =
            process.chain(queue::families()?).chain(self.families.iter().cloned()).collect();
        families.sort();
        Ok(families)
    }

    /// Returns the text exposition format.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}
