//! A person's rights over what was made of their words.

use chrono::Utc;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Held, generated, guide, hold};
use crate::api::App;

const HERS: &[(&str, &str)] = &[("What is hard?", "Chrysanthemum prices are terrible and I pay them every week.")];
const HIS: &[(&str, &str)] = &[("What is hard?", "The price of flour is terrible for forty bakeries like mine.")];

#[actix_web::test]
async fn the_erased_are_in_no_insight_and_what_counts_stays() {
    let app = App::start().await;
    let guide = guide(&app.storage, 1).await;
    let now = Utc::now();
    let held = |respondent: &'static str, said| Held { guide, respondent, metadata: json!({}), ended: now, said };
    let hers = hold(&app.storage, &held("wilhelmina", HERS)).await;
    let his = hold(&app.storage, &held("otto", HIS)).await;
    let alone = generated(&app, &json!({ "interview_id": hers })).await;
    let both = generated(&app, &json!({ "call_guide_id": guide })).await;
    assert!(alone.to_string().contains("Chrysanthemum") && both.to_string().contains("Chrysanthemum"));

    let data = app.get(&format!("/api/interviews/{hers}/personal-data")).send().await.unwrap();
    let data: Value = data.json().await.unwrap();
    assert_eq!(data["interviews"][0]["insights"][0]["id"], alone["id"], "it is part of what is held of a person");
    let across = &data["interviews"][0]["quoted_across"];
    assert!(across.to_string().contains("Chrysanthemum") && !across.to_string().contains("flour"), "{across}");

    let erased = app.request(Method::DELETE, &format!("/api/interviews/{hers}/personal-data")).send().await.unwrap();
    assert_eq!(erased.status(), StatusCode::OK);
    let receipt: Value = erased.json().await.unwrap();
    assert_eq!(receipt["erased"]["insights"], 2);
    let gone = app.get(&format!("/api/analytics/insights/{hers}")).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    let path = format!("/api/analytics/insights/{}", both["id"].as_str().unwrap());
    let left: Value = app.get(&path).send().await.unwrap().json().await.unwrap();
    assert!(!left.to_string().contains("Chrysanthemum") && left.to_string().contains("flour"), "{left:#}");
    assert_eq!((&left["erased_interviews"], &left["statistics"]["interviews"]), (&json!(1), &json!(2)));
    let page = app.get(&format!("{path}?format=html")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("1 of its interviews, whose words were removed"));

    // Nothing can be made of them any more.
    let again = app.post("/api/analytics/insights/generate", &json!({ "interview_id": hers })).await;
    assert_eq!(again.status(), StatusCode::GONE);
    let rest = generated(&app, &json!({ "interview_ids": [hers, his] })).await;
    assert_eq!(rest["interview_ids"], json!([his]));
    app.stop().await;
}
