//! Alerts on the dashboards: windows, severities and pages against slow and obviously right counting.

use chrono::{DateTime, Duration, Utc};
use entity::Severity;
use reqwest::StatusCode;
use serde_json::{Value, json};
use storage::{Actor, NewAlert};

use crate::api::App;

async fn json(app: &App, path: &str) -> Value {
    let answer = app.get(path).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.json().await.unwrap()
}

#[actix_web::test]
async fn every_window_and_severity_counts_what_was_raised_in_it() {
    let app = App::start().await;
    let foreign = app.storage.of(app.storage.workspaces().create("foreign", Actor::ENGINE).await.unwrap().id);
    let now = Utc::now();
    let severities = [Severity::Info, Severity::Warning, Severity::Error, Severity::Critical];
    let mut raised: Vec<(Severity, DateTime<Utc>)> = Vec::new();
    for number in 0..60_i64 {
        let severity = severities[(number * number % 7 % 4) as usize];
        // Some of them at the very same time: pages must not lose any.
        let raised_at = now - Duration::minutes((number / 3) * 25 + 1);
        let alert = NewAlert { severity, raised_at, ..super::alert(None, "component.test", &number.to_string()) };
        let alert = NewAlert { about: number.to_string(), ..alert };
        app.storage.alerts().raise(alert.clone()).await.unwrap().unwrap();
        foreign.alerts().raise(alert).await.unwrap().unwrap();
        raised.push((severity, raised_at));
    }
    for hours in [1, 2, 5, 24] {
        let within = |at: &DateTime<Utc>| *at >= now - Duration::hours(hours);
        let overview = json(&app, &format!("/api/dashboard/overview?hours={hours}")).await;
        let mut total = 0;
        for severity in severities {
            let expected = raised.iter().filter(|(one, at)| *one == severity && within(at)).count();
            total += expected;
            assert_eq!(overview["quality"]["by_severity"][severity.as_str()], expected, "{hours} {severity:?}");
            let path = format!("/api/dashboard/quality-alerts?hours={hours}&severity={}&limit=200", severity.as_str());
            let list = json(&app, &path).await;
            assert_eq!(list["total_alerts"], expected);
            let alerts = list["alerts"].as_array().unwrap();
            assert_eq!(alerts.len(), expected);
            assert!(alerts.iter().all(|alert| alert["severity"] == severity.as_str()));
        }
        assert_eq!(overview["quality"]["total_alerts"], total);
    }

    let (mut ids, mut times, mut cursor) = (Vec::new(), Vec::new(), String::new());
    loop {
        let list = json(&app, &format!("/api/dashboard/quality-alerts?hours=48&limit=7{cursor}")).await;
        assert_eq!(list["total_alerts"], 60);
        for alert in list["alerts"].as_array().unwrap() {
            ids.push(alert["id"].as_str().unwrap().to_owned());
            times.push(DateTime::parse_from_rfc3339(alert["timestamp"].as_str().unwrap()).unwrap());
        }
        let Some(next) = list["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert!(times.is_sorted_by(|one, next| one >= next), "newest first");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 60, "each of them once");

    let id = &ids[0];
    let dealt = app.post(&format!("/api/quality/alerts/{id}/resolve"), &json!({ "note": "Restarted." })).await;
    let dealt: Value = dealt.json().await.unwrap();
    assert_eq!((&dealt["resolution"], &dealt["note"]), (&json!("person"), &json!("Restarted.")));
    assert_eq!(json(&app, "/api/dashboard/quality-alerts?hours=48&open=false").await["total_alerts"], 1);
    assert_eq!(json(&app, "/api/dashboard/quality-alerts?hours=48&open=true").await["total_alerts"], 59);
    app.stop().await;
}

#[actix_web::test]
async fn faults_of_a_threshold_are_told_all_at_once() {
    let app = App::start().await;
    let put = async |metric: &str, body: Value| {
        let request = app.request(reqwest::Method::PUT, &format!("/api/quality/thresholds/{metric}"));
        request.json(&body).send().await.unwrap()
    };
    for (body, pointers) in [
        (json!({}), vec!["/value"]),
        (
            json!({ "value": "high", "severity": "dire", "call_guide_id": 7 }),
            vec!["/call_guide_id", "/severity", "/value"],
        ),
        (json!({ "value": 1.0 }), vec!["/value"]),
        (json!({ "value": -0.1, "valve": 1 }), vec!["/value", "/valve"]),
        (json!({ "value": 0.5, "call_guide_id": uuid::Uuid::now_v7() }), vec!["/call_guide_id"]),
    ] {
        let answer = put("completion_rate", body.clone()).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let problem: Value = answer.json().await.unwrap();
        let mut named: Vec<&str> =
            problem["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap()).collect();
        named.sort_unstable();
        assert_eq!(named, pointers, "{problem:#}");
    }
    let unknown = put("speed", json!({ "value": 1 })).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    assert!(unknown.text().await.unwrap().contains("response_latency"), "it names those that there are");
    assert_eq!(put("response_latency", json!({ "value": 5.5 })).await.status(), StatusCode::OK);
    app.stop().await;
}
