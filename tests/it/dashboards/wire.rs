//! The dashboards as they are served: their shapes, an interview that was held, parameters that mean nothing.

use chrono::{DateTime, Duration, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};
use storage::Batch;
use uuid::Uuid;

use crate::api::App;
use crate::support::conversation;

async fn dashboard(app: &App, path: &str) -> Value {
    let response = app.get(path).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.json().await.unwrap()
}

#[actix_web::test]
async fn nothing_is_a_whole_answer() {
    let app = App::start().await;
    let overview = dashboard(&app, "/api/dashboard/overview").await;
    assert!(DateTime::parse_from_rfc3339(overview["generated_at"].as_str().unwrap()).is_ok());
    let by_status = json!({
        "scheduled": 0, "in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "no_show": 0,
    });
    let expected = json!({
        "time_window_hours": 24,
        "interviews": { "total": 0, "by_status": by_status },
        "performance": {
            "avg_duration_seconds": null, "avg_completion_rate": null, "avg_engagement_score": null, "total_responses": 0,
        },
        "quality": { "total_alerts": 0, "by_severity": { "info": 0, "warning": 0, "error": 0, "critical": 0 } },
        "generated_at": overview["generated_at"],
    });
    assert_eq!(overview, expected);
    let empty = json!({ "0.0-0.2": 0, "0.2-0.4": 0, "0.4-0.6": 0, "0.6-0.8": 0, "0.8-1.0": 0 });
    for (path, expected) in [
        ("/api/dashboard/call-guides/performance", json!({ "call_guides": [] })),
        ("/api/dashboard/sentiment-trends", json!({ "time_series": [] })),
        (
            "/api/dashboard/quality-alerts?severity=error",
            json!({ "total_alerts": 0, "alerts": [], "next_cursor": null }),
        ),
        ("/api/dashboard/themes", json!({ "total_unique_themes": 0, "themes": [] })),
        (
            "/api/dashboard/response-quality",
            json!({
                "total_responses": 0,
                "information_density_distribution": empty,
                "confidence_score_distribution": empty,
            }),
        ),
    ] {
        assert_eq!(dashboard(&app, path).await, expected, "{path}");
    }
    assert_eq!(dashboard(&app, "/api/analytics/summary").await["responses"]["total"], 0);
    assert_eq!(dashboard(&app, "/api/analytics/themes").await["total_unique_themes"], 0);
    app.stop().await;
}

#[actix_web::test]
async fn an_interview_that_was_held_is_on_every_dashboard() {
    let app = App::start().await;
    let interview = app.schedule().await;
    let id: Uuid = interview["id"].as_str().unwrap().parse().unwrap();
    let guide = interview["call_guide_id"].clone();
    // It began a minute ago, and lasted twelve seconds.
    let received_at = Utc::now() - Duration::minutes(1);
    let batch = Batch { interview_id: id, fence: None, received_at, records: conversation() };
    app.storage.event_log().append_all(&[&batch]).await.unwrap().remove(0).unwrap();
    let row: Value = app.get(&format!("/api/interviews/{id}")).send().await.unwrap().json().await.unwrap();

    let overview = dashboard(&app, "/api/dashboard/overview?hours=1").await;
    assert_eq!((&overview["time_window_hours"], &overview["interviews"]["total"]), (&json!(1), &json!(1)));
    assert_eq!(overview["interviews"]["by_status"]["completed"], 1);
    let performance = json!({
        "avg_duration_seconds": 12.0,
        "avg_completion_rate": row["quality_metrics"]["completion_rate"],
        "avg_engagement_score": row["engagement_metrics"]["engagement_score"],
        "total_responses": 2,
    });
    assert_eq!(overview["performance"], performance);

    let guides = dashboard(&app, "/api/dashboard/call-guides/performance").await;
    let expected = json!({ "call_guides": [{
        "call_guide_id": guide, "call_guide_name": "Work",
        "interviews": { "total": 1, "completed": 1, "completion_rate": 1.0 },
        "metrics": {
            "avg_duration_seconds": 12.0,
            "avg_completion_percentage": row["quality_metrics"]["completion_rate"],
            "avg_engagement_score": row["engagement_metrics"]["engagement_score"],
        },
    }] });
    assert_eq!(guides, expected);

    let path = format!("/api/dashboard/sentiment-trends?call_guide_id={}", guide.as_str().unwrap());
    let series = dashboard(&app, &path).await["time_series"].clone();
    let answered: i64 =
        series.as_array().unwrap().iter().map(|hour| hour["sentiments"]["total"].as_i64().unwrap()).sum();
    assert_eq!(answered, 2, "{series}");
    assert_eq!(series[0]["sentiments"].as_object().unwrap().len(), 6);
    let foreign = format!("/api/dashboard/sentiment-trends?call_guide_id={}", Uuid::now_v7());
    assert_eq!(dashboard(&app, &foreign).await["time_series"], json!([]));
    let quality = dashboard(&app, "/api/dashboard/response-quality").await;
    assert_eq!(quality["information_density_distribution"]["0.2-0.4"], 2);
    assert_eq!(quality["confidence_score_distribution"]["0.8-1.0"], 2);
    let summary = dashboard(&app, "/api/analytics/summary").await;
    assert_eq!(summary["responses"]["clarification_rate"], 0.5);
    app.stop().await;
}

#[actix_web::test]
async fn parameters_that_mean_nothing_are_named_all_at_once() {
    let app = App::start().await;
    for (path, pointers) in [
        ("/api/dashboard/overview?hours=0", vec!["/hours"]),
        ("/api/dashboard/overview?hours=87601", vec!["/hours"]),
        ("/api/dashboard/call-guides/performance?hours=-1", vec!["/hours"]),
        ("/api/dashboard/sentiment-trends?hours=x&call_guide_id=y", vec!["/hours", "/call_guide_id"]),
        ("/api/dashboard/quality-alerts?hours=1.5&severity=bad", vec!["/hours", "/severity"]),
        ("/api/dashboard/themes?hours=0&limit=0&call_guide_id=1", vec!["/hours", "/limit", "/call_guide_id"]),
        ("/api/dashboard/response-quality?hours=99999999999", vec!["/hours"]),
        ("/api/analytics/summary?hours=0", vec!["/hours"]),
        ("/api/analytics/themes?limit=1001", vec!["/limit"]),
    ] {
        let response = app.get(path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path}");
        let problem: Value = response.json().await.unwrap();
        let named: Vec<&str> =
            problem["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap()).collect();
        assert_eq!(named, pointers, "{path}");
    }
    assert_eq!(dashboard(&app, "/api/dashboard/overview?hours=87600").await["interviews"]["total"], 0);
    app.stop().await;
}
