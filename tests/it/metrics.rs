//! What `/metrics` serves, held against the product contract after real interviews.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use interview::io::CallState;
use serde_json::{Value, json};

use crate::session::Stage;
use crate::support::caller::{Invitation, is_state};

/// Shares of 0…1.
const TENTHS: &[f64] = &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

/// The contract's section 5, line by line: name, type, labels, buckets.
const CONTRACT: &[(&str, &str, &[&str], &[f64])] = &[
    ("interviews_total", "counter", &["status", "call_guide_id"], &[]),
    (
        "interview_duration_seconds",
        "histogram",
        &["call_guide_id"],
        &[60.0, 300.0, 600.0, 900.0, 1800.0, 2700.0, 3600.0],
    ),
    ("interview_completion_rate", "gauge", &["call_guide_id"], &[]),
    ("responses_total", "counter", &["section"], &[]),
    ("response_sentiment_total", "counter", &["sentiment"], &[]),
    ("information_density", "histogram", &[], TENTHS),
    ("follow_up_effectiveness", "histogram", &[], TENTHS),
    ("engagement_score", "histogram", &[], TENTHS),
    ("data_quality_score", "histogram", &[], TENTHS),
    ("follow_ups_generated_total", "counter", &["action_type"], &[]),
    ("stt_latency_seconds", "histogram", &[], &[0.1, 0.2, 0.5, 1.0, 2.0, 5.0]),
    ("tts_latency_seconds", "histogram", &[], &[0.1, 0.5, 1.0, 2.0, 3.0, 5.0]),
    ("llm_latency_seconds", "histogram", &[], &[0.5, 1.0, 2.0, 5.0, 10.0, 20.0]),
    ("llm_tokens_used_total", "counter", &["operation"], &[]),
    ("errors_total", "counter", &["error_type", "component"], &[]),
    ("escalations_total", "counter", &["reason"], &[]),
];

/// Series that stand at 0 before anything has happened.
const FROM_THE_START: &[(&str, &str, &[&str])] = &[
    ("response_sentiment_total", "sentiment", &["very_positive", "positive", "neutral", "negative", "very_negative"]),
    ("follow_ups_generated_total", "action_type", &["drill_deeper", "probe", "clarify", "example", "compare"]),
    (
        "escalations_total",
        "reason",
        &["critical_alert", "error_alerts", "completion_rate", "data_quality_score", "person_requested"],
    ),
    ("errors_total", "error_type", &["append", "transcription", "synthesis", "judgement", "propose", "panicked"]),
    ("llm_tokens_used_total", "operation", &["follow_up", "analysis", "insights"]),
];

/// One line of a sample.
#[derive(Debug)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

/// What is served, taken apart.
pub struct Served {
    pub types: BTreeMap<String, String>,
    pub samples: Vec<Sample>,
}

impl Served {
    pub async fn by(stage: &Stage) -> Self {
        let answer = stage.caller.get("/metrics").await;
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
        let text = answer.text().await.unwrap();
        let mut served = Self { types: BTreeMap::new(), samples: Vec::new() };
        for line in text.lines() {
            if let Some(told) = line.strip_prefix("# TYPE ") {
                let (name, kind) = told.split_once(' ').unwrap();
                assert!(served.types.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} twice");
            } else if !line.starts_with('#') && !line.is_empty() {
                served.samples.push(Sample::of(line));
            }
        }
        served
    }

    fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.samples.iter().filter(move |sample| sample.name == name)
    }

    /// Sum of the series with these labels, of things that are counted.
    pub fn count(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        let sum = self.sum(name, labels);
        assert!(sum.fract().abs() < 1e-9 && sum > -0.5, "{name} counts {sum}");
        sum.round() as u64
    }

    fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let meant = |sample: &&Sample| labels.iter().all(|(label, value)| sample.labels[*label] == *value);
        self.of(name).filter(meant).map(|sample| sample.value).sum()
    }
}

impl Sample {
    fn of(line: &str) -> Self {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let labels = labels.strip_suffix('}').unwrap();
        let pairs = labels.split("\",").filter(|pair| !pair.is_empty()).map(|pair| {
            let (label, value) = pair.split_once("=\"").unwrap();
            (label.to_owned(), value.trim_end_matches('"').to_owned())
        });
        Self { name: name.to_owned(), labels: pairs.collect(), value: value.parse().unwrap() }
    }
}

/// One question whose vague answer is followed up.
pub fn vague_guide() -> Value {
    json!({
        "name": "Things", "research_objective": "Things",
        "sections": [{ "id": "all", "section_name": "All", "order": 1, "questions": [{
            "id": "q1", "text": "How do you like your work?", "required": true, "max_follow_ups": 1,
            "follow_up_triggers": [{
                "condition": "vague_response", "action": "example", "priority": 5,
                "template": "Could you give me an example of that?",
            }],
        }]}],
    })
}

/// Holds one interview; its guide's id.
pub async fn held(stage: &Stage) -> String {
    let guide = stage.caller.guide(&vague_guide()).await;
    hold(stage, &stage.caller.schedule(&guide).await).await;
    guide
}

/// Holds an interview that was scheduled.
pub async fn hold(stage: &Stage, invitation: &Invitation) {
    let (mut call, mut page) = stage.called(invitation).await;
    page.answer_until(&call, is_state(CallState::Ended)).await;
    call.closed().await;
    stage.live(0).await;
}

#[actix_web::test]
async fn every_metric_of_the_contract_is_served_by_name_type_labels_and_buckets() {
    let yes = "Yes, that is fine.";
    let stage = Stage::hearing(&[], &[yes, yes, "It was fine, I guess."]).await;

    let before = Served::by(&stage).await;
    for (name, label, values) in FROM_THE_START {
        let there: BTreeSet<&str> = before.of(name).map(|sample| sample.labels[*label].as_str()).collect();
        assert!(values.iter().all(|value| there.contains(value)), "{name}: {there:?}");
        assert_eq!(before.count(name, &[]), 0, "{name} begins with 0");
    }
    assert!(before.of("interviews_total").next().is_none(), "no guide has an interview");

    let guide = held(&stage).await;
    let served = Served::by(&stage).await;
    for (name, kind, labels, buckets) in CONTRACT {
        assert_eq!(served.types.get(*name).map(String::as_str), Some(*kind), "{name}");
        let series = if *kind == "histogram" { format!("{name}_count") } else { (*name).to_owned() };
        let wanted: BTreeSet<&str> = labels.iter().copied().collect();
        let mut found = 0;
        for sample in served.of(&series) {
            assert_eq!(sample.labels.keys().map(String::as_str).collect::<BTreeSet<_>>(), wanted, "{name}");
            found += 1;
        }
        assert!(found > 0, "{name} has no series");
        let buckets_of = format!("{name}_bucket");
        let ends: BTreeSet<&str> = served.of(&buckets_of).map(|sample| sample.labels["le"].as_str()).collect();
        let mut expected: BTreeSet<String> = buckets.iter().map(ToString::to_string).collect();
        if *kind == "histogram" {
            expected.insert("+Inf".to_owned());
        }
        assert_eq!(ends, expected.iter().map(String::as_str).collect(), "{name}");
    }

    // The interview fed them.
    let of_guide = |status| served.count("interviews_total", &[("call_guide_id", &guide), ("status", status)]);
    assert_eq!(["scheduled", "in_progress", "completed", "failed", "no_show"].map(of_guide), [1, 1, 1, 0, 0]);
    assert_eq!(served.count("interview_duration_seconds_count", &[("call_guide_id", &guide)]), 1);
    assert_eq!(served.count("interview_completion_rate", &[("call_guide_id", &guide)]), 1);
    assert_eq!(served.count("responses_total", &[("section", "All")]), 2, "the question and its follow-up");
    assert_eq!(served.count("response_sentiment_total", &[]), 2);
    assert_eq!(served.count("follow_ups_generated_total", &[("action_type", "example")]), 1);
    for name in ["information_density", "follow_up_effectiveness", "engagement_score", "data_quality_score"] {
        let once = if name == "information_density" { 2 } else { 1 };
        assert_eq!(served.count(&format!("{name}_count"), &[]), once, "{name}");
    }
    // The second answer says what the first one said: nothing of it is new.
    assert_eq!(served.count("follow_up_effectiveness_sum", &[]), 0);
    assert!(served.count("stt_latency_seconds_count", &[]) >= 4, "each answer was transcribed");
    assert_eq!(served.count("llm_latency_seconds_count", &[]), 0, "no language model is asked");
    assert_eq!(served.count("errors_total", &[]), 0);

    // More than the contract asks for.
    let scheduled = [("method", "POST"), ("route", "/api/interviews/schedule"), ("status", "2xx")];
    assert_eq!(served.count("http_request_duration_seconds_count", &scheduled), 1);
    let joined = [("method", "POST"), ("route", "/api/join/{token}/call"), ("status", "2xx")];
    assert_eq!(served.count("http_request_duration_seconds_count", &joined), 1, "tokens are no labels");
    for name in ["active_calls", "call_capacity", "inference_queue_depth", "event_log_waiting"] {
        assert_eq!(served.types.get(name).map(String::as_str), Some("gauge"), "{name}");
    }
    for name in ["admission_refusals_total", "playout_deadline_misses_total", "erasures_total"] {
        assert_eq!(served.types.get(name).map(String::as_str), Some("counter"), "{name}");
    }
    assert_eq!(served.types.get("event_log_lag_seconds").map(String::as_str), Some("histogram"));
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn asking_for_a_person_escalates_once() {
    let yes = "Yes, that is fine.";
    let stage = Stage::hearing(&[], &[yes, yes, "Can I talk to a real person?"]).await;
    held(&stage).await;
    let served = Served::by(&stage).await;
    assert_eq!(served.count("escalations_total", &[("reason", "person_requested")]), 1);
    assert_eq!(served.count("escalations_total", &[]), 1);
    stage.engine.stop(Duration::ZERO).await;
}
