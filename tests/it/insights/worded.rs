//! A language model that invents: none of it reaches the report, in whatever dress, and it is counted.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::web::{self, Data};
use actix_web::{App as Server, HttpResponse, HttpServer};
use chrono::Utc;
use interviewer::insights::Tools;
use interviewer::insights::one::of_interview;
use interviewer::insights::report::Report;
use interviewer::telemetry::Metrics;
use llm::Llm;
use llm::{LlmServer, Protocol};
use serde_json::{Value, json};
use storage::{Actor, Storage};
use uuid::Uuid;

use super::{Held, guide, hold};
use crate::support::store;

const SAID: &[(&str, &str)] = &[
    ("What do you do?", "I do bookkeeping for forty small shops."),
    ("What is hard?", "The software is terrible and crashes every week."),
];

/// A server that gives this answer to whatever it is asked, but `judgement` where it is to annotate answers.
fn model(answer: &Value, judgement: &Value) -> Llm {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    let document = |content: &Value| {
        json!({
            "choices": [{ "message": { "content": content.to_string() }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 30, "completion_tokens": 12 },
        })
    };
    let documents = [document(answer), document(judgement)];
    let answer = async |documents: Data<[Value; 2]>, asked: web::Json<Value>| {
        let annotates = asked["messages"][0]["content"].as_str().is_some_and(|text| text.starts_with("You annotate"));
        HttpResponse::Ok().json(&documents[usize::from(annotates)])
    };
    let server = HttpServer::new(move || {
        Server::new().app_data(Data::new(documents.clone())).route("/v1/chat/completions", web::post().to(answer))
    });
    tokio::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
    Llm::new(LlmServer { protocol: Protocol::OpenAi, base_url, model: "fake".to_owned(), key: None })
}

async fn report(storage: &Storage, answer: &Value) -> (Report, Arc<Metrics>) {
    judged_report(storage, answer, &json!("nothing")).await
}

async fn judged_report(storage: &Storage, answer: &Value, judgement: &Value) -> (Report, Arc<Metrics>) {
    let guide = guide(storage, SAID.len()).await;
    let respondent = Uuid::now_v7().to_string();
    let held = Held { guide, respondent: &respondent, metadata: json!({}), ended: Utc::now(), said: SAID };
    let id = hold(storage, &held).await;
    let metrics = Arc::new(Metrics::new().unwrap());
    let llm = model(answer, judgement);
    llm.count_into(Arc::clone(&metrics));
    let tools = Tools { llm: Some(llm), metrics: Some(Arc::clone(&metrics)), ..Tools::default() };
    let row = of_interview(storage, &tools, id, None, Actor::ENGINE).await.unwrap();
    (Report::of(storage, row).await.unwrap(), metrics)
}

#[actix_web::test]
async fn no_invented_quote_reaches_the_report() {
    let (_home, storage) = store().await;
    let claim = |answer: &str, quote: &str| json!({ "answer": answer, "quote": quote, "significance": "“we adore it so much”" });
    let (report, metrics) = report(
        &storage,
        &json!({
            "executive_summary": "In their words: \"I adore this wonderful software\".",
            "findings": [
                { "type": "opportunity", "statement": "They adore it", "quotes": [claim("a1", "I adore this wonderful software")] },
                { "type": "pain_point", "statement": "Crashes", "quotes": [
                    claim("a2", "the software is terrible"), claim("a2", "it adores crashing every day"),
                ] },
            ],
            "notable_quotes": [claim("a7", "I adore it"), claim("a1", "adore forty small shops")],
            "recommendations": ["Build on “they adore every bit of it”."],
            "next_questions": ["What else do you adore?"],
        }),
    )
    .await;
    let (page, text, row) = (report.html(), report.markdown(), serde_json::to_string(&report.row).unwrap());
    for shown in [&page, &text, &row] {
        // The model's own question may use the word; nobody is said to have.
        assert!(!shown.replace("What else do you adore?", "").contains("adore"), "{shown}");
    }
    let finding = &report.findings[0];
    assert_eq!((finding.statement.as_str(), finding.method.as_str()), ("Crashes", "llm:fake"));
    assert_eq!(finding.evidence.len(), 1);
    assert_eq!(finding.evidence[0].quote, "The software is terrible");
    assert_eq!((finding.evidence[0].start_ms, finding.evidence[0].end_ms), (40_000, 41_160));
    assert_eq!((report.row.generated_by.as_str(), report.row.model_used.as_deref()), ("llm", Some("fake")));
    assert!(report.row.executive_summary.starts_with("Extracted without a language model"), "its own was not taken");
    let dropped = &report.row.dropped_quotes;
    assert_eq!(dropped["no_response"], 1);
    assert!(dropped["not_said"].as_u64().unwrap() >= 5, "{dropped}");
    let counted = metrics.render().unwrap();
    let line = format!("insight_quotes_dropped_total{{reason=\"not_said\"}} {}", dropped["not_said"]);
    assert!(counted.contains(&line), "{line}");
    assert!(text.contains("quotes dropped because nobody said them: "), "the report says so");
}

#[actix_web::test]
async fn a_model_that_answers_nonsense_leaves_the_extractive_report() {
    let (_home, storage) = store().await;
    let (report, _) = report(&storage, &json!(["no", "report"])).await;
    assert_eq!((report.row.generated_by.as_str(), &report.row.model_used), ("extractive", &None));
    assert!(!report.quotes.is_empty());
}

#[actix_web::test]
async fn answers_are_judged_by_the_model_and_say_so() {
    let (_home, storage) = store().await;
    let of = |answer: &str, sentiment: &str, themes: &[&str], phrases: &[&str]| json!({ "answer": answer, "sentiment": sentiment, "themes": themes, "key_phrases": phrases, "completeness": 0.25 });
    let judgement = json!({ "answers": [
        of("a2", "very_negative", &["crashes", "unicorns"], &["the software is terrible", "I adore it"]),
        of("a7", "very_positive", &[], &[]),
    ] });
    let (report, metrics) = judged_report(&storage, &json!("no report"), &judgement).await;
    assert_eq!(report.row.methods["sentiment_summary"], "lexicon, llm:fake");
    assert_eq!(report.row.sentiment_summary["very_negative"], 1);
    let rows = storage.responses().of_interview(report.row.interview_id.unwrap()).await.unwrap();
    let [first, second] = rows.as_slice() else { panic!("two answers") };
    assert_eq!(first.analysis_methods["sentiment"], "lexicon", "it was not judged");
    assert_eq!((second.sentiment.as_str(), second.completeness), ("very_negative", 0.25));
    assert_eq!((&second.themes, &second.key_phrases), (&json!(["crashes"]), &json!(["The software is terrible"])));
    for value in ["sentiment", "themes", "key_phrases", "completeness"] {
        assert_eq!(second.analysis_methods[value], "llm:fake", "{value}");
    }
    assert_eq!(second.analysis_methods["information_density"], "lexicon", "scores stay what anyone can compute");
    assert!(metrics.render().unwrap().contains("llm_tokens_used_total{operation=\"analysis\"} 42"));
}
