//! The dashboards against slow and obviously right counting of the same rows, and their shapes on the wire.

mod wire;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, DurationRound as _, Utc};
use entity::{Status, interview_responses, interviews};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use sea_orm::{ActiveModelTrait as _, ConnectionTrait as _, IntoActiveModel as _, Statement};
use serde_json::{Value, json};
use storage::dashboards::{Distribution, Hour, Sentiments, Theme, Window};
use storage::{Actor, Storage};
use uuid::Uuid;

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
        let row = storage.guides().create(&guide, None, Actor::ENGINE).await.unwrap();
        let (interview, _) = storage.interviews().schedule(new_interview(row.id), Actor::ENGINE).await.unwrap();
        world.names.insert(row.id, name.to_owned());
        patterns.push(interview);
    }
    storage.event_log().append(patterns[0].id, &conversation()).await.unwrap();
    let answer = storage.responses().of_interview(patterns[0].id).await.unwrap().remove(0);
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
