//! Many interviews: frequencies, groups, trends.

use chrono::{Duration, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{Held, generated, guide, hold, quotes};
use crate::api::App;

const DEAR: &[(&str, &str)] = &[("What is hard?", "It is far too expensive for a small company like ours.")];
const SLOW: &[(&str, &str)] = &[("What is hard?", "I wait for it every single hour of the day.")];

/// Twelve in the north who speak of the price, twelve in the south who don't, two elsewhere.
async fn held(app: &App, guide: Uuid) {
    let now = Utc::now();
    for at in 0..26 {
        let (region, said) = match at {
            0..12 => ("north", DEAR),
            12..24 => ("south", SLOW),
            _ => ("west", DEAR),
        };
        let respondent = format!("r{at}");
        let ended = now - Duration::days(at % 5);
        let metadata = json!({ "region": region, "note": { "deep": 1 } });
        hold(&app.storage, &Held { guide, respondent: &respondent, metadata, ended, said }).await;
    }
}

#[actix_web::test]
async fn shares_have_intervals_and_groups_are_compared_with_correction() {
    let app = App::start().await;
    let one = guide(&app.storage, 1).await;
    held(&app, one).await;
    // Another guide's interview is no part of it.
    let other = guide(&app.storage, 1).await;
    let stray = Held { guide: other, respondent: "z", metadata: json!({}), ended: Utc::now(), said: DEAR };
    hold(&app.storage, &stray).await;

    let insight = generated(&app, &json!({ "call_guide_id": one, "segment_by": ["region"] })).await;
    let statistics = &insight["statistics"];
    assert_eq!((&statistics["interviews"], &insight["interview_id"]), (&json!(26), &json!(null)));
    assert_eq!(insight["interview_ids"].as_array().unwrap().len(), 26);
    let price = statistics["themes"].as_array().unwrap().iter().find(|theme| theme["theme"] == "price").unwrap();
    assert_eq!((&price["interviews"], &price["of"]), (&json!(14), &json!(26)));
    let bound = |key: &str| price[key].as_f64().unwrap();
    assert!(
        (bound("low") - 0.3546).abs() < 1e-3 && (bound("high") - 0.7124).abs() < 1e-3,
        "Wilson's for 14 of 26: {price}"
    );
    let north = statistics["comparisons"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["value"] == "north" && one["theme"] == "price")
        .expect("north against the others");
    assert_eq!(
        (&north["test"], &north["group"], &north["significant"]),
        (&json!("fisher_exact"), &json!(12), &json!(true))
    );
    assert!(north["q"].as_f64() >= north["p"].as_f64());
    assert!(!statistics["comparisons"].to_string().contains("west"), "two are too few to be shown");
    assert_eq!(statistics["in_small_groups"], 2);
    // Numbers are stated as they were computed, and illustrated by what was said.
    let summary = insight["executive_summary"].as_str().unwrap();
    assert!(summary.starts_with("Counted over 26 interviews"), "{summary}");
    assert!(insight["key_findings"].to_string().contains("price comes up in 14 of 26 interviews (54 %"));
    assert!(!quotes(&insight).is_empty());

    let path = format!("/api/analytics/insights/{}", insight["id"].as_str().unwrap());
    let page = app.get(&format!("{path}?format=html")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Wilson") && page.contains("region = north (12)"));
    let text = app.get(&format!("{path}?format=markdown")).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("14 of 26") && text.contains("## Groups compared"));

    let list = |query: &'static str| {
        let app = &app;
        async move {
            let path = format!("/api/analytics/insights/{query}");
            let list: serde_json::Value = app.get(&path).send().await.unwrap().json().await.unwrap();
            list["items"].as_array().unwrap().len()
        }
    };
    assert_eq!((list("").await, list("?across=true").await, list("?across=false").await), (1, 1, 0));
    app.stop().await;
}

#[actix_web::test]
async fn a_window_and_a_choice_of_interviews_are_heeded() {
    let app = App::start().await;
    let one = guide(&app.storage, 1).await;
    let mut ids = Vec::new();
    for (days, respondent) in [(10, "a"), (5, "b"), (1, "c")] {
        let ended = Utc::now() - Duration::days(days);
        ids.push(hold(&app.storage, &Held { guide: one, respondent, metadata: json!({}), ended, said: DEAR }).await);
    }
    let from = Utc::now() - Duration::days(6);
    let within = generated(&app, &json!({ "call_guide_id": one, "from": from, "to": Utc::now() })).await;
    assert_eq!(within["interview_ids"], json!(ids[1..]));
    let chosen = generated(&app, &json!({ "interview_ids": [ids[2], ids[0], ids[2]] })).await;
    assert_eq!(chosen["statistics"]["interviews"], 2);
    assert_eq!(chosen["statistics"]["comparisons"], json!([]), "nobody is told apart");
    app.stop().await;
}
