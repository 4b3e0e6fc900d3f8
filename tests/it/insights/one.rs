//! One interview: from its end to a report.

use entity::webhook_outbox;
use interview::io::CallState;
use reqwest::StatusCode;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Held, generated, guide, hold, quotes, until};
use crate::api::App;
use crate::session::Stage;
use crate::support::caller::{is_state, open_guide};

const SAID: &[(&str, &str)] = &[
    ("What do you do?", "I always check the invoices of forty small shops myself."),
    ("What is hard?", "The software is terrible. It crashes every week, and I lose an hour."),
    ("What would help?", "I wish the software could read receipts by itself."),
    ("What else?", "I never check the invoices myself. My boss is great."),
];

async fn held(app: &App) -> Uuid {
    let guide = guide(&app.storage, SAID.len()).await;
    let held = Held { guide, respondent: "dana", metadata: json!({}), ended: chrono::Utc::now(), said: SAID };
    hold(&app.storage, &held).await
}

/// Each quote is in its response, and begins and ends with words of it.
async fn check_quotes(app: &App, insight: &Value) -> usize {
    let mut checked = 0;
    for quote in quotes(insight) {
        let interview: Uuid = quote["interview_id"].as_str().unwrap().parse().unwrap();
        let transcript = app.storage.transcripts().of_interview(interview).await.unwrap();
        let response: Uuid = quote["response_id"].as_str().unwrap().parse().unwrap();
        let turn = transcript.turns.iter().find(|turn| turn.response_id == Some(response)).unwrap();
        assert!(quote["context"].is_string() && quote["significance"].is_string(), "{quote}");
        let said = quote["quote"].as_str().unwrap();
        assert!(turn.text.contains(said), "{said:?} is not in {:?}", turn.text);
        let (from, to) = (quote["start_ms"].as_u64().unwrap(), quote["end_ms"].as_u64().unwrap());
        let heard: Vec<&str> = turn
            .words
            .iter()
            .filter(|word| word.start_ms >= from && word.end_ms <= to)
            .map(|word| word.text.as_str())
            .collect();
        assert_eq!(heard.join(" "), said, "what is heard there");
        checked += 1;
    }
    checked
}

#[actix_web::test]
async fn a_report_quotes_what_was_said_and_says_how_it_was_made() {
    let app = App::start().await;
    let id = held(&app).await;
    let insight = generated(&app, &json!({ "interview_id": id })).await;
    assert!(check_quotes(&app, &insight).await >= 6, "{insight:#}");
    assert_eq!((&insight["generated_by"], &insight["model_used"]), (&json!("extractive"), &Value::Null));
    assert_eq!(insight["interview_id"], json!(id));
    assert_eq!(insight["methods"]["themes"], "lexicon");
    assert_eq!(insight["dropped_quotes"], json!({}));
    let types: Vec<&str> =
        insight["key_findings"].as_array().unwrap().iter().map(|finding| finding["type"].as_str().unwrap()).collect();
    for wanted in ["pain_point", "opportunity", "contradiction"] {
        assert!(types.contains(&wanted), "{wanted} in {types:?}");
    }
    // Both spans of the contradiction are cited, here and with the response.
    let conflict = &insight["contradictions"][0];
    assert_eq!(conflict["earlier"]["text"], "I always check the invoices of forty small shops myself.");
    assert_eq!(conflict["later"]["text"], "I never check the invoices myself.");
    let responses: Value =
        app.get(&format!("/api/interviews/{id}/responses")).send().await.unwrap().json().await.unwrap();
    let last = &responses["items"][3];
    assert_eq!(last["contradictions"][0]["earlier_response_id"], responses["items"][0]["id"]);
    assert_eq!(last["contradictions"][0]["now"]["text"], "I never check the invoices myself.");
    assert_eq!((&last["analysis_methods"]["sentiment"], &last["completeness"]), (&json!("lexicon"), &json!(1.0)));

    // The interview's id finds its newest report; each format holds the same words.
    let path = format!("/api/analytics/insights/{id}");
    let text = app.get(&format!("{path}?format=markdown")).send().await.unwrap();
    assert_eq!(text.headers()["content-type"], "text/markdown; charset=utf-8");
    let text = text.text().await.unwrap();
    let page = app.get(&path).header("accept", "text/html,*/*;q=0.1").send().await.unwrap();
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    let page = page.text().await.unwrap();
    for quote in quotes(&insight) {
        let said = quote["quote"].as_str().unwrap();
        assert!(text.contains(said) && page.contains(said), "{said}");
    }
    assert!(text.contains("This report was made without a language model"));
    assert!(page.contains("<svg") && page.contains("There is no recording of this passage."));
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"), "self-contained");
    let kept = app.get(&format!("{path}?format=html&download=true")).send().await.unwrap();
    assert!(kept.headers()["content-disposition"].to_str().unwrap().starts_with("attachment; filename=\"insights-"));
    let neither = app.get(&path).header("accept", "image/png").send().await.unwrap();
    assert_eq!(neither.status(), StatusCode::NOT_ACCEPTABLE);
    app.stop().await;
}

#[actix_web::test]
async fn what_respondents_say_is_no_markup() {
    let app = App::start().await;
    let guide = guide(&app.storage, 1).await;
    let said: &[_] =
        &[("What <b>now</b>?", "I love <script>alert(1)</script> and forty *stars* & [links](http://x.example).")];
    let held = Held { guide, respondent: "x", metadata: json!({}), ended: chrono::Utc::now(), said };
    let id = hold(&app.storage, &held).await;
    generated(&app, &json!({ "interview_id": id })).await;
    let path = format!("/api/analytics/insights/{id}");
    let page = app.get(&format!("{path}?format=html")).send().await.unwrap().text().await.unwrap();
    assert!(!page.contains("<script") && !page.contains("<b>") && page.contains("&lt;script&gt;"), "{page}");
    let text = app.get(&format!("{path}?format=md")).send().await.unwrap().text().await.unwrap();
    assert!(!text.contains("<script") && text.contains("\\*stars\\*") && text.contains("\\[links\\]"), "{text}");
    app.stop().await;
}

#[actix_web::test]
async fn an_interview_that_completes_is_looked_at_and_its_quotes_can_be_heard() {
    let answer = "I do bookkeeping for forty small shops in Leeds.";
    let stage = Stage::hearing(&[], &["Yes, that is fine.", "Yes, that is fine.", answer]).await;
    let guide = stage.caller.guide(&open_guide(1)).await;
    let invitation = stage.caller.schedule(&guide).await;
    let (mut call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_state(CallState::Ended)).await;
    call.closed().await;
    stage.live(0).await;

    let path = format!("/api/analytics/insights/{}", invitation.id);
    let insight: Value = until(async || {
        let answer = stage.caller.get(&path).await;
        if answer.status() == StatusCode::OK { Some(answer.json().await.unwrap()) } else { None }
    })
    .await;
    assert_eq!(insight["notable_quotes"][0]["quote"], answer);
    let told = webhook_outbox::Entity::find()
        .filter(webhook_outbox::Column::Event.eq("insights.extracted"))
        .all(stage.engine.storage.connection())
        .await
        .unwrap();
    assert_eq!(told.len(), 1, "one webhook event an insight");
    assert_eq!(told[0].data["insight_id"], insight["id"]);
    assert!(!told[0].data.to_string().contains("bookkeeping"), "ids and figures only");

    // The recording is closed beside the extraction, and may be a moment later.
    let page = until(async || {
        let page = stage.caller.get(&format!("{path}?format=html")).await.text().await.unwrap();
        page.contains("data:audio/ogg;base64,").then_some(page)
    })
    .await;
    let sound = page.split("data:audio/ogg;base64,").nth(1).expect("a player").split('"').next().unwrap();
    let sound = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, sound).unwrap();
    assert!(sound.starts_with(b"OggS"));
    let file = stage.folder().join("clip.ogg");
    std::fs::write(&file, sound).unwrap();
    let pcm = voice::audio::recording::decode(&file, 16_000).unwrap();
    let energy = pcm.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / pcm.len() as f64;
    let quote = &insight["notable_quotes"][0];
    let length = quote["end_ms"].as_u64().unwrap() - quote["start_ms"].as_u64().unwrap();
    assert!(pcm.len() as u64 >= length * 16, "{} samples of {length} ms", pcm.len());
    assert!(energy > 1e5, "the hum is in it: {energy}");
    stage.stop().await;
}

#[actix_web::test]
async fn where_it_is_switched_off_nothing_is_extracted() {
    let stage = Stage::start(&[("INSIGHTS_ON_COMPLETION", "false")]).await;
    let storage = stage.engine.storage.clone();
    let guide = guide(&storage, 1).await;
    let said = &[("What?", "I sell forty shoes.")];
    let held = Held { guide, respondent: "x", metadata: json!({}), ended: chrono::Utc::now(), said };
    hold(&storage, &held).await;
    let tasks = entity::tasks::Entity::find()
        .filter(entity::tasks::Column::Kind.eq("extract_insights"))
        .all(storage.connection())
        .await
        .unwrap();
    assert!(tasks.is_empty());
    stage.stop().await;
}

#[actix_web::test]
async fn all_quotes_from_the_personas_answers_are_verbatim() {
    let app = App::start().await;
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut checked = 0;
    for name in ["cooperative", "terse", "talkative"] {
        let text = std::fs::read_to_string(root.join(format!("personas/{name}.yaml"))).unwrap();
        let persona: demo::persona::Persona = serde_saphyr::from_str(&text).unwrap();
        let said: Vec<(String, String)> = persona
            .answers
            .iter()
            .flat_map(|answer| {
                let question = format!("What about {}?", answer.about.join(" "));
                [Some(answer.say.clone()), answer.then.clone()]
                    .into_iter()
                    .flatten()
                    .map(move |said| (question.clone(), said))
            })
            .collect();
        let said: Vec<(&str, &str)> = said.iter().map(|(question, said)| (question.as_str(), said.as_str())).collect();
        let guide = guide(&app.storage, said.len()).await;
        let held = Held { guide, respondent: name, metadata: json!({}), ended: chrono::Utc::now(), said: &said };
        let id = hold(&app.storage, &held).await;
        let insight = generated(&app, &json!({ "interview_id": id })).await;
        assert_eq!(insight["dropped_quotes"], json!({}));
        checked += check_quotes(&app, &insight).await;
    }
    println!("{checked} of {checked} quotes verbatim");
    assert!(checked >= 12, "{checked}");
    app.stop().await;
}
