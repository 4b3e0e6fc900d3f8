//! The dashboards against slow and obviously right counting of the same rows, and their shapes on the wire.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, DurationRound as _, Utc};
use entity::{Status, interview_responses, interviews};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use reqwest::StatusCode;
use sea_orm::{ActiveModelTrait as _, ConnectionTrait as _, IntoActiveModel as _, Statement};
use serde_json::{Value, json};
use storage::dashboards::{Distribution, Hour, Sentiments, Theme, Window};
use storage::{Batch, Storage};
use uuid::Uuid;

use crate::api::App;
use crate::support::{conversation, guide, new_interview, store};

const SENTIMENTS: [&str; 5] = ["very_positive", "positive", "neutral", "negative", "very_negative"];
const STATUSES: [Status; 6] =
    [Status::Scheduled, Status::InProgress, Status::Completed, Status::Failed, Status::Cancelled, Status::NoShow];

/// Everything that was stored in one workspace.
struct World {
    interviews: Vec<interviews::Model>,
    responses: Vec<interview_responses::Model>,
    names: BTreeMap<Uuid, String>,
}

/// Another workspace, with rows of its own that nobody else may count.
async fn workspace(storage: &Storage) -> Storage {
    let id = Uuid::now_v7();
    let db = storage.connection();
    let statement = Statement::from_sql_and_values(
        db.get_database_backend(),
        "INSERT INTO workspaces (id, name, created_at, updated_at) VALUES ($1, 'other', $2, $2)",
        [id.into(), Utc::now().into()],
    );
    db.execute_raw(statement).await.unwrap();
    storage.of(id)
}

/// Random rows around `now`, some of them exactly at the ends of the windows that are asked for.
async fn fill(storage: &Storage, random: &mut StdRng, now: DateTime<Utc>, count: usize) -> World {
    let mut world = World { interviews: Vec::new(), responses: Vec::new(), names: BTreeMap::new() };
    let mut patterns = Vec::new();
    for name in ["b", "a", "Ä"] {
        let mut guide = guide();
        guide.name = name.to_owned();
        let row = storage.guides().create(&guide, None).await.unwrap();
        let (interview, _) = storage.interviews().schedule(new_interview(row.id)).await.unwrap();
        world.names.insert(row.id, name.to_owned());
        patterns.push(interview);
    }
    storage.append(patterns[0].id, &conversation()).await.unwrap();
    let answer = storage.responses(patterns[0].id).await.unwrap().remove(0);
    // The patterns themselves lie in no window that is asked for.
    let db = storage.connection();
    let clear =
        format!("DELETE FROM interview_responses WHERE workspace_id = {}", literal(db, &storage_id(&patterns[0])));
    db.execute_unprepared(&clear).await.unwrap();
    for pattern in &patterns {
        let mut row = pattern.clone().into_active_model();
        row.created_at = sea_orm::ActiveValue::Set(now - Duration::days(4_000));
        row.started_at = sea_orm::ActiveValue::Set(None);
        row.completed_at = sea_orm::ActiveValue::Set(None);
        row.update(db).await.unwrap();
    }
    for _ in 0..count {
        let pattern = patterns.choose(random).unwrap();
        let created_at = moment(random, now);
        let started_at = random.random_bool(0.7).then(|| created_at + Duration::seconds(random.random_range(0..9_000)));
        let completed_at = started_at
            .filter(|_| random.random_bool(0.8))
            .map(|at| at + Duration::seconds(random.random_range(0..9_000)));
        let mut row = pattern.clone();
        row.id = Uuid::now_v7();
        row.status = *STATUSES.choose(random).unwrap();
        (row.created_at, row.started_at, row.completed_at) = (created_at, started_at, completed_at);
        row.duration_seconds = random.random_bool(0.6).then(|| random.random_range(0..4_000));
        row.quality_metrics = metric(random, "completion_rate");
        row.engagement_metrics = metric(random, "engagement_score");
        row.clone().into_active_model().reset_all().insert(db).await.unwrap();
        for asking in 0..random.random_range(0..4) {
            let mut response = answer.clone();
            response.id = Uuid::now_v7();
            response.interview_id = row.id;
            response.asking = asking;
            response.answered_at = moment(random, now);
            response.sentiment = (*SENTIMENTS.choose(random).unwrap()).to_owned();
            response.information_density =
                *[0.0, 0.199_999, 0.2, 0.4, 0.6, 0.8, 1.0, random.random()].choose(random).unwrap();
            response.confidence_score = *[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].choose(random).unwrap();
            let themes = ["price", "time", "Zeit", "Ärger", "ease of use", "x'); --"];
            let amount = random.random_range(0..4);
            response.themes = json!(themes.choose_multiple(random, amount).collect::<Vec<_>>());
            response.is_follow_up = random.random();
            response.requires_clarification = random.random();
            response.clone().into_active_model().reset_all().insert(db).await.unwrap();
            world.responses.push(response);
        }
        world.interviews.push(row);
    }
    world
}

fn storage_id(row: &interviews::Model) -> Uuid {
    row.workspace_id
}

/// An id as this database writes it in a statement.
fn literal(db: &sea_orm::DatabaseConnection, id: &Uuid) -> String {
    match db.get_database_backend() {
        sea_orm::DbBackend::Postgres => format!("'{id}'"),
        _ => format!("x'{}'", id.simple()),
    }
}

/// Within the last 400 hours; now and then exactly at the beginning of an hour.
fn moment(random: &mut StdRng, now: DateTime<Utc>) -> DateTime<Utc> {
    if random.random_bool(0.2) {
        return now - Duration::hours(random.random_range(0..30));
    }
    now - Duration::milliseconds(random.random_range(0..400 * 3_600_000))
}

fn metric(random: &mut StdRng, name: &str) -> Value {
    match random.random_range(0..3) {
        0 => json!({}),
        1 => json!({ name: null, "other": 1 }),
        _ => json!({ name: random.random::<f64>(), "other": 1 }),
    }
}

fn close(left: Option<f64>, right: Option<f64>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => (left - right).abs() < 1e-9,
        (left, right) => left == right,
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

impl World {
    fn interviews(&self, window: Window, guide: Option<Uuid>) -> Vec<&interviews::Model> {
        let last = |row: &interviews::Model| row.completed_at.or(row.started_at).unwrap_or(row.created_at);
        self.interviews
            .iter()
            .filter(|row| last(row) >= window.since && last(row) < window.until)
            .filter(|row| guide.is_none_or(|guide| row.call_guide_id == guide))
            .collect()
    }

    fn responses(&self, window: Window, guide: Option<Uuid>) -> Vec<&interview_responses::Model> {
        let of = |id: Uuid| self.interviews.iter().find(|row| row.id == id).unwrap().call_guide_id;
        self.responses
            .iter()
            .filter(|row| row.answered_at >= window.since && row.answered_at < window.until)
            .filter(|row| guide.is_none_or(|guide| of(row.interview_id) == guide))
            .collect()
    }
}

fn number(value: &Value, name: &str) -> Option<f64> {
    value.get(name).and_then(Value::as_f64)
}

fn distribution(values: impl Iterator<Item = f64>) -> Distribution {
    let mut counted = Distribution::default();
    for value in values {
        *match value {
            value if value < 0.2 => &mut counted.lowest,
            value if value < 0.4 => &mut counted.low,
            value if value < 0.6 => &mut counted.middle,
            value if value < 0.8 => &mut counted.high,
            _ => &mut counted.highest,
        } += 1;
    }
    counted
}

async fn compare(storage: &Storage, world: &World, window: Window) {
    let dashboards = storage.dashboards();
    let guides = dashboards.guides(window).await.unwrap();
    let mut expected: Vec<(i64, String, Uuid)> = world
        .names
        .iter()
        .map(|(id, name)| (world.interviews(window, Some(*id)).len() as i64, name.clone(), *id))
        .filter(|guide| guide.0 > 0)
        .collect();
    expected.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(&right.1)));
    let counted: Vec<_> =
        guides.iter().map(|row| (row.total, row.call_guide_name.clone(), row.call_guide_id)).collect();
    assert_eq!(counted, expected);
    for row in &guides {
        let rows = world.interviews(window, Some(row.call_guide_id));
        assert_eq!(row.completed as usize, rows.iter().filter(|row| row.status == Status::Completed).count());
        let means = means(&rows);
        assert!(close(row.avg_duration_seconds, means[0]) && close(row.avg_completion_percentage, means[1]));
        assert!(close(row.avg_engagement_score, means[2]));
    }
    let guides: Vec<Option<Uuid>> = world.names.keys().map(|id| Some(*id)).chain([None]).collect();
    for guide in guides {
        let rows = world.interviews(window, guide);
        let figures = dashboards.interviews(window, guide).await.unwrap();
        for status in STATUSES {
            let count = rows.iter().filter(|row| row.status == status).count();
            assert_eq!(figures.by_status[status.as_str()] as usize, count, "{status:?}");
        }
        let means = means(&rows);
        assert!(close(figures.avg_duration_seconds, means[0]), "{figures:?} {means:?}");
        assert!(close(figures.avg_completion_rate, means[1]) && close(figures.avg_engagement_score, means[2]));

        let responses = world.responses(window, guide);
        let mut hours: BTreeMap<DateTime<Utc>, Sentiments> = BTreeMap::new();
        let mut themes: BTreeMap<String, i64> = BTreeMap::new();
        for response in &responses {
            let hour = response.answered_at.duration_trunc(Duration::hours(1)).unwrap();
            hours.entry(hour).or_default().add(&response.sentiment, 1);
            for theme in response.themes.as_array().unwrap() {
                *themes.entry(theme.as_str().unwrap().to_owned()).or_default() += 1;
            }
        }
        let hours: Vec<Hour> =
            hours.into_iter().map(|(timestamp, sentiments)| Hour { timestamp, sentiments }).collect();
        assert_eq!(dashboards.sentiments(window, guide).await.unwrap(), hours);
        let mut themes: Vec<Theme> = themes.into_iter().map(|(theme, frequency)| Theme { theme, frequency }).collect();
        themes.sort_by(|left, right| right.frequency.cmp(&left.frequency).then(left.theme.cmp(&right.theme)));
        for limit in [1, 3, 100] {
            let found = dashboards.themes(window, guide, limit).await.unwrap();
            // With nothing shown nobody says how many there are.
            assert_eq!(found.total_unique_themes, themes.len());
            assert_eq!(found.themes, themes.iter().take(limit as usize).cloned().collect::<Vec<_>>());
        }
        let answers = dashboards.answers(window, guide).await.unwrap();
        assert_eq!(answers.sentiments.total as usize, responses.len());
        assert_eq!(answers.follow_ups as usize, responses.iter().filter(|row| row.is_follow_up).count());
        assert_eq!(answers.clarified as usize, responses.iter().filter(|row| row.requires_clarification).count());
        assert!(close(answers.avg_information_density, mean(responses.iter().map(|row| row.information_density))));
        assert!(close(answers.avg_confidence_score, mean(responses.iter().map(|row| row.confidence_score))));
        assert!(close(answers.avg_response_time_seconds, mean(responses.iter().map(|row| row.response_time_seconds))));
    }
    let responses = world.responses(window, None);
    assert_eq!(dashboards.total_responses(window).await.unwrap() as usize, responses.len());
    let quality = dashboards.response_quality(window).await.unwrap();
    assert_eq!(quality.total_responses as usize, responses.len());
    let density = distribution(responses.iter().map(|row| row.information_density));
    assert_eq!(quality.information_density_distribution, density);
    assert_eq!(quality.confidence_score_distribution, distribution(responses.iter().map(|row| row.confidence_score)));
}

/// Of duration, completion rate and engagement.
fn means(rows: &[&interviews::Model]) -> [Option<f64>; 3] {
    [
        mean(rows.iter().filter_map(|row| row.duration_seconds).map(f64::from)),
        mean(rows.iter().filter_map(|row| number(&row.quality_metrics, "completion_rate"))),
        mean(rows.iter().filter_map(|row| number(&row.engagement_metrics, "engagement_score"))),
    ]
}

#[actix_web::test]
async fn they_count_what_is_there_in_any_window_and_nobody_elses() {
    let (_home, storage) = store().await;
    let other = workspace(&storage).await;
    let now = Utc::now().duration_trunc(Duration::hours(1)).unwrap();
    let mut random = StdRng::seed_from_u64(7);
    let ours = fill(&storage, &mut random, now, 120).await;
    let theirs = fill(&other, &mut random, now, 30).await;
    for hours in [1, 2, 24, 100, 168, 500] {
        let window = Window { since: now - Duration::hours(hours), until: now };
        compare(&storage, &ours, window).await;
        compare(&other, &theirs, window).await;
    }
    // Windows that end elsewhere, and one in which nothing happened.
    for (from, to) in [(400, 20), (30, 29), (90_000, 80_000)] {
        let window = Window { since: now - Duration::hours(from), until: now - Duration::hours(to) };
        compare(&storage, &ours, window).await;
    }
}

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
    let batch = Batch { interview_id: id, received_at, records: conversation() };
    app.storage.append_all(&[&batch]).await.unwrap().remove(0).unwrap();
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
