//! The client: both protocols, and everything that may go wrong on the other side.

use std::sync::Arc;
use std::time::Duration;

use interviewer::telemetry::Metrics;
use llm::{Ask, BreakerState, Llm, LlmError};
use llm::{LlmServer, Protocol};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::llm::{FakeLlm, Reply};

const GOOD: &str = "{\"word\": \"violet\"}";

fn ask() -> Ask {
    Ask {
        about: Uuid::nil(),
        keep: true,
        examples: &[("Name a colour.", "{\"word\": \"red\"}")],
        operation: "follow_up",
        system: "Name a colour.".to_owned(),
        user: "Now.".to_owned(),
        schema: json!({
            "type": "object", "required": ["word"], "additionalProperties": false,
            "properties": { "word": { "type": "string" } }
        }),
        deadline: Duration::from_secs(20),
        max_tokens: 50,
    }
}

/// The same with another question: the cache knows no answer to it.
fn other(number: usize) -> Ask {
    Ask { user: format!("Now, {number}."), ..ask() }
}

fn counted(llm: &Llm) -> Arc<Metrics> {
    let metrics = Arc::new(Metrics::new().unwrap());
    llm.count_into(Arc::clone(&metrics));
    metrics
}

fn errors(metrics: &Metrics, kind: &str) -> f64 {
    metrics.errors_total.with_label_values(&[kind, "llm"]).get()
}

#[tokio::test]
async fn a_stream_becomes_an_answer_and_its_tokens_are_counted() {
    let fake = FakeLlm::start(|_, _| Reply::Stream(format!("```json\n{GOOD}\n```"))).await;
    let llm = Llm::new(LlmServer { key: Some("a-key".into()), ..fake.server() });
    let metrics = counted(&llm);
    let answer = llm.json(ask()).await.unwrap();
    assert_eq!((answer.value, answer.tokens, answer.cached), (json!({ "word": "violet" }), 42, false));
    assert_eq!(answer.model, "fake-model");
    let body = fake.asked.lock()[0].clone();
    assert_eq!((&body["model"], &body["stream"]), (&json!("fake-model"), &json!(true)));
    assert_eq!(body["response_format"]["json_schema"]["schema"], ask().schema);
    let turns: Vec<_> =
        body["messages"].as_array().unwrap().iter().map(|turn| (&turn["role"], &turn["content"])).collect();
    let (user, assistant) = (json!("user"), json!("assistant"));
    let told = [(&user, json!("Name a colour.")), (&assistant, json!("{\"word\": \"red\"}")), (&user, json!("Now."))];
    assert_eq!(turns[1..], told.each_ref().map(|(role, content)| (*role, content)));
    assert!(fake.heads.lock()[0].to_lowercase().contains("authorization: bearer a-key"));

    let again = llm.json(ask()).await.unwrap();
    assert!(again.cached && again.tokens == 0 && fake.count() == 1);
    let spent = metrics.llm_tokens_used_total.with_label_values(&["follow_up"]).get();
    assert!((spent - 42.0).abs() < f64::EPSILON, "{spent}");
    assert_eq!((metrics.llm_latency_seconds.get_sample_count(), metrics.llm_cache_hits_total.get()), (1, 1));
}

#[tokio::test]
async fn a_document_instead_of_a_stream_is_an_answer_as_well() {
    let fake = FakeLlm::start(|_, _| Reply::Document(GOOD.to_owned())).await;
    assert_eq!(Llm::new(fake.server()).json(ask()).await.unwrap().tokens, 42);
}

#[tokio::test]
async fn anthropics_protocol_gives_the_same() {
    let fake = FakeLlm::start(|before, _| match before {
        0 => Reply::Stream(GOOD.to_owned()),
        _ => Reply::Document(GOOD.to_owned()),
    })
    .await;
    let base_url = fake.url.trim_end_matches("/v1").to_owned();
    let server = LlmServer { protocol: Protocol::Anthropic, base_url, key: Some("a-key".into()), ..fake.server() };
    let llm = Llm::new(server);
    for number in 0..2 {
        let answer = llm.json(other(number)).await.unwrap();
        assert_eq!((answer.value, answer.tokens), (json!({ "word": "violet" }), 42));
    }
    let (body, head) = (fake.asked.lock()[0].clone(), fake.heads.lock()[0].to_lowercase());
    assert_eq!(body["tools"][0]["input_schema"], ask().schema);
    assert_eq!(body["tool_choice"]["name"], body["tools"][0]["name"]);
    assert!(head.contains("x-api-key: a-key") && head.contains("anthropic-version: 2023-06-01"), "{head}");
}

#[tokio::test]
async fn fields_that_a_server_does_not_know_are_left_out_from_then_on() {
    let fake = FakeLlm::start(|_, body| {
        if body.get("response_format").is_some() {
            return Reply::Status(400, None, "{\"error\": \"unknown field response_format\"}");
        }
        if body.get("max_tokens").is_some() {
            return Reply::Status(400, None, "{\"error\": \"max_tokens is not supported; use max_completion_tokens\"}");
        }
        Reply::Stream(GOOD.to_owned())
    })
    .await;
    let llm = Llm::new(fake.server());
    llm.json(other(1)).await.unwrap();
    assert_eq!(fake.count(), 3);
    llm.json(other(2)).await.unwrap();
    assert_eq!(fake.count(), 4, "it is remembered");
    assert_eq!(fake.asked.lock()[3]["max_completion_tokens"], 50);
}

#[tokio::test]
async fn what_passes_is_tried_again_while_there_is_time() {
    let fake = FakeLlm::start(|before, _| match before {
        0 => Reply::Status(500, None, "{}"),
        1 => Reply::Status(429, Some(0), "{}"),
        _ => Reply::Stream(GOOD.to_owned()),
    })
    .await;
    let llm = Llm::new(fake.server());
    assert!(llm.json(ask()).await.is_ok());
    assert_eq!(fake.count(), 3);

    let fake = FakeLlm::start(|_, _| Reply::Status(429, Some(3_600), "{}")).await;
    let busy = Llm::new(fake.server()).json(ask()).await.unwrap_err();
    assert_eq!(busy, LlmError::Busy { after: Some(Duration::from_hours(1)) });
    assert_eq!(fake.count(), 1, "an hour is longer than the deadline");
}

#[tokio::test]
async fn each_way_to_fail_has_its_name_and_is_counted() {
    type Make = fn() -> Reply;
    type Expected = fn(&LlmError) -> bool;
    let table: [(&str, Make, Expected); 6] = [
        ("truncated", || Reply::Truncated(GOOD.to_owned()), |e| *e == LlmError::Truncated),
        ("invalid", || Reply::Garbage, |e| matches!(e, LlmError::Invalid(_))),
        ("too_long", || Reply::Megabyte, |e| *e == LlmError::TooLong),
        ("server", || Reply::Status(500, Some(3_600), "{}"), |e| matches!(e, LlmError::Server { status: 500, .. })),
        ("refused", || Reply::Status(401, None, "{}"), |e| *e == LlmError::Refused { status: 401 }),
        ("late", || Reply::Hang, |e| *e == LlmError::Late),
    ];
    for (kind, reply, expected) in table {
        let fake = FakeLlm::start(move |_, _| reply()).await;
        let llm = Llm::new(fake.server());
        let metrics = counted(&llm);
        // The first try's failure is told where there is no time for another.
        let error = llm.json(Ask { deadline: Duration::from_millis(150), ..ask() }).await.unwrap_err();
        assert!(expected(&error), "{kind}: {error}");
        assert!((errors(&metrics, kind) - 1.0).abs() < f64::EPSILON, "{kind}");
    }
    let fake = FakeLlm::start(|_, _| Reply::Stream("{\"colour\": \"violet\"}".to_owned())).await;
    let error = Llm::new(fake.server()).json(ask()).await.unwrap_err();
    assert!(matches!(error, LlmError::Invalid(_)) && !error.to_string().contains("violet"), "{error}");
    let nobody = LlmServer { base_url: "http://127.0.0.1:1/v1".into(), ..fake.server() };
    let error = Llm::new(nobody).json(Ask { deadline: Duration::from_millis(150), ..ask() }).await.unwrap_err();
    assert!(matches!(error, LlmError::Connection(_)), "{error}");
}

#[tokio::test]
async fn dropping_the_question_hangs_up() {
    let fake = FakeLlm::start(|_, _| Reply::Hang).await;
    let llm = Llm::new(fake.server());
    let asking = tokio::spawn({
        let llm = llm.clone();
        async move { llm.json(ask()).await }
    });
    while fake.count() == 0 {
        tokio::task::yield_now().await;
    }
    asking.abort();
    tokio::time::timeout(Duration::from_secs(10), fake.over(1)).await.expect("the server sees that nobody waits");
    assert_eq!(llm.state(), BreakerState::Closed, "who gives up shows nothing");
}

#[tokio::test]
async fn the_breaker_opens_after_failures_and_closes_when_the_server_is_back() {
    let fake = FakeLlm::start(|before, _: &Value| match before {
        0..3 => Reply::Status(500, Some(3_600), "{}"),
        _ => Reply::Stream(GOOD.to_owned()),
    })
    .await;
    let rest = Duration::from_millis(300);
    let llm = Llm::resting(fake.server(), rest);
    let metrics = counted(&llm);
    let state = || metrics.llm_breaker_state.get();
    for number in 0..3 {
        llm.json(other(number)).await.unwrap_err();
    }
    assert_eq!(llm.state(), BreakerState::Open);
    assert!((state() - 2.0).abs() < f64::EPSILON);
    let error = llm.json(other(3)).await.unwrap_err();
    assert!(matches!(error, LlmError::Open { .. }), "{error}");
    assert_eq!(fake.count(), 3, "it is not asked");
    assert!((errors(&metrics, "breaker_open") - 1.0).abs() < f64::EPSILON);

    let back = async {
        while llm.state() != BreakerState::HalfOpen {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), back).await.expect("it rests only for a while");
    llm.json(other(4)).await.unwrap();
    assert_eq!(llm.state(), BreakerState::Closed);
    assert!(state().abs() < f64::EPSILON);
}
