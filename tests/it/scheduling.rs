//! Appointments: when links let in, when nobody is waited for any more, and links that are none.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Duration, Utc};
use entity::{Queue, Status};
use interview::Event;
use interview::io::{EndStatus, Postponement};
use interviewer::supervisors::{Appointments, LiveCalls};
use interviewer::tasks::Failure;
use interviewer::telemetry::Metrics;
use reqwest::{Method, StatusCode};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};
use storage::interviews::CONDUCT;
use storage::tasks::{Ending, Lease, Wanted};
use storage::{Actor, AuditFilter, Edit, Secret, Storage};
use uuid::Uuid;

use crate::api::{App, problem};
use crate::session::Stage;
use crate::support::caller::LIMIT;
use crate::support::{Home, conversation, guide, new_interview, open_store, records, store};

/// An interview with an appointment.
async fn appointment(storage: &Storage, at: DateTime<Utc>) -> Uuid {
    let guide = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap();
    let mut new = new_interview(guide.id);
    new.scheduled_at = Some(at);
    storage.interviews().schedule(new, Actor::ENGINE).await.unwrap().0.id
}

/// Nobody is in any room, but for one.
struct Only(Option<Uuid>);

#[async_trait]
impl LiveCalls for Only {
    async fn is_busy(&self, interview: Uuid) -> bool {
        self.0 == Some(interview)
    }

    fn prepare(&self, _: Uuid) {}
}

/// What the queue does with appointments, at times of the test's.
struct Queued {
    storage: Storage,
    appointments: Appointments,
}

impl Queued {
    /// Every task that is due at `now`, once; how many interviews were missed.
    async fn tick(&self, now: DateTime<Utc>) -> usize {
        let tasks = self.storage.tasks();
        let wanted = Wanted { queue: Queue::Interviews, kinds: &[CONDUCT], ids: None, limit: 100 };
        let mut missed = 0;
        for row in tasks.claim(&wanted, "test", now, Duration::minutes(1)).await.unwrap() {
            let storage = self.storage.of(row.workspace_id);
            let ending = match self.appointments.conduct(&storage, row.interview_id.unwrap(), now).await {
                Ok(result) => {
                    missed += usize::from(result["outcome"] == "no_show");
                    Ending::Completed(result)
                }
                Err(Failure::Later { at }) => Ending::Later { at },
                Err(failure) => panic!("{failure:?}"),
            };
            let lease = Lease { task: row.id, owner: "test".to_owned(), attempt: row.attempts };
            assert!(tasks.settle(&lease, &ending, now).await.unwrap());
        }
        missed
    }
}

fn supervisor(storage: &Storage, metrics: &Arc<Metrics>) -> Queued {
    supervisor_beside(storage, metrics, None)
}

/// Somebody is joining this one at the time.
fn supervisor_beside(storage: &Storage, metrics: &Arc<Metrics>, busy: Option<Uuid>) -> Queued {
    Queued { storage: storage.clone(), appointments: Appointments::new(Arc::clone(metrics), Arc::new(Only(busy))) }
}

async fn scheduled_in(app: &App, wait: Duration) -> Value {
    let body = json!({ "call_guide_id": app.guide_id().await, "scheduled_at": Utc::now() + wait });
    let response = app.post("/api/interviews/schedule", &body).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    response.json().await.unwrap()
}

#[actix_web::test]
async fn a_link_lets_in_at_its_time_and_not_before() {
    let app = App::start().await;
    let scheduled = scheduled_in(&app, Duration::hours(2)).await;
    let token = scheduled["join_token"].as_str().unwrap();
    let early = app.offer(token, "").await;
    // Two hours less the five minutes that one may be early.
    let wait: i64 = early.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((6_880..=6_901).contains(&wait), "{wait}");
    let document = problem(early, 425).await;
    assert_eq!(document["title"], "Too Early");
    let opens: DateTime<Utc> = document["opens_at"].as_str().unwrap().parse().unwrap();
    let at: DateTime<Utc> = scheduled["scheduled_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(at - opens, Duration::minutes(5));
    assert!(!app.end_call(), "nobody was let in");

    let invitation = |token: String| {
        let request = app.get(&format!("/api/join/{token}"));
        async move { request.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    let told = invitation(token.to_owned()).await;
    assert_eq!(told["opens_at"], document["opens_at"]);
    assert!((6_880..=6_900).contains(&told["opens_in_seconds"].as_i64().unwrap()), "{told}");

    // A researcher opens it now, with a fresh link; the old one is worth nothing any more.
    let id = scheduled["id"].as_str().unwrap();
    let started = app.request(Method::POST, &format!("/api/interviews/{id}/start")).send().await.unwrap();
    let started: Value = started.json().await.unwrap();
    assert_ne!(started["join_token"], scheduled["join_token"]);
    let told = invitation(started["join_token"].as_str().unwrap().to_owned()).await;
    assert_eq!(told["opens_in_seconds"], 0);
    assert_eq!(app.offer(token, "").await.status(), StatusCode::NOT_FOUND);
    let fresh = started["join_token"].as_str().unwrap();
    assert_eq!(app.offer(fresh, "").await.status(), StatusCode::CREATED);

    // Within the grace before its time, and without an appointment at all.
    assert!(app.end_call());
    let soon = scheduled_in(&app, Duration::minutes(4)).await;
    assert_eq!(app.offer(soon["join_token"].as_str().unwrap(), "").await.status(), StatusCode::CREATED);
    app.stop().await;
}

#[actix_web::test]
async fn forged_and_expired_links_are_refused_without_the_database() {
    let app = App::start().await;
    let token = app.schedule().await["join_token"].as_str().unwrap().to_owned();
    let expired = {
        let mut new = new_interview(app.guide_id().await.parse().unwrap());
        new.link_lifetime = Duration::seconds(-1);
        app.storage.interviews().schedule(new, Actor::ENGINE).await.unwrap().1.token
    };
    let other = app.storage.clone().with_secret(Secret::random().unwrap());
    let foreign = other
        .interviews()
        .schedule(new_interview(app.guide_id().await.parse().unwrap()), Actor::ENGINE)
        .await
        .unwrap()
        .1
        .token;
    let mut forged = token.clone();
    let last = forged.pop().unwrap();
    forged.insert(0, if last == 'A' { 'B' } else { last });
    // The server's pool is shared with this one: closed here is closed there.
    app.storage.clone().close().await.unwrap();
    for path in ["", "/call"] {
        let method = if path.is_empty() { Method::GET } else { Method::POST };
        let ask = |token: &str| {
            let request = app.request(method.clone(), &format!("/api/join/{token}{path}"));
            request.header("Content-Type", "application/sdp").body("offer").send()
        };
        problem(ask(&forged).await.unwrap(), 404).await;
        problem(ask(&foreign).await.unwrap(), 404).await;
        problem(ask("unknown").await.unwrap(), 404).await;
        problem(ask(&expired).await.unwrap(), 410).await;
        // A good one needs the database, which is away.
        let good = ask(&token).await.unwrap();
        assert!(good.status().is_server_error(), "{}", good.status());
    }
    app.stop().await;
}

#[tokio::test]
async fn links_outlive_the_process_with_its_secret() {
    let home = Home::new().await;
    let open = async || open_store(&home).await.with_secret(Secret::load("", home.path()).unwrap());
    let storage = open().await;
    storage.schema().migrate().await.unwrap();
    let guide = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap();
    let (row, token) = storage.interviews().schedule(new_interview(guide.id), Actor::ENGINE).await.unwrap();
    storage.close().await.unwrap();
    let storage = open().await;
    assert_eq!(
        storage.join_tokens().expiry(&token.token).unwrap().timestamp_millis(),
        token.expires_at.timestamp_millis()
    );
    assert_eq!(storage.interviews().by_token(&token.token).await.unwrap().unwrap().0.id, row.id);
}

#[tokio::test]
async fn who_does_not_come_is_a_no_show_once_and_by_an_event() {
    let (_folder, storage) = store().await;
    let metrics = Arc::new(Metrics::new().unwrap());
    let at = Utc::now() + Duration::hours(1);
    let id = appointment(&storage, at).await;
    let supervisor = supervisor(&storage, &metrics);
    assert_eq!(supervisor.tick(at + Duration::minutes(29)).await, 0, "within the grace period");
    assert_eq!(supervisor.tick(at + Duration::minutes(30)).await, 1);
    assert_eq!(supervisor.tick(at + Duration::minutes(31)).await, 0, "once");

    let row = storage.interviews().get(id).await.unwrap();
    assert_eq!((row.status, row.status_reason.as_deref()), (Status::NoShow, Some("nobody_joined")));
    assert_eq!((row.started_at, row.duration_seconds), (None, None));
    assert_eq!(row.completed_at.unwrap().timestamp(), (at + Duration::minutes(30)).timestamp());
    assert_eq!(row.quality_metrics, json!({}), "there is nothing to score");
    let log = storage.event_log().load(id).await.unwrap();
    assert_eq!(log.len(), 1);
    assert_eq!((log[0].seq, log[0].actor.as_str()), (1, "engine"));
    let ended = Event::Ended { status: EndStatus::NoShow, reason: Some("nobody_joined".to_owned()) };
    assert_eq!(log[0].event, ended);
    let text = metrics.render().unwrap();
    assert!(
        text.contains(&format!("interviews_total{{call_guide_id=\"{}\",status=\"no_show\"}} 1", row.call_guide_id))
    );
    let filter = AuditFilter { entity_id: Some(id), limit: 10, ..AuditFilter::default() };
    let trail = storage.audit().list(filter).await.unwrap();
    assert_eq!((trail[0].event_type.as_str(), trail[0].actor.as_str()), ("interview.ended", "engine"));
}

#[tokio::test]
async fn who_came_is_left_alone() {
    let (_folder, storage) = store().await;
    let metrics = Arc::new(Metrics::new().unwrap());
    let at = Utc::now() + Duration::hours(1);
    let (came, joins, cancelled, put_off) = (
        appointment(&storage, at).await,
        appointment(&storage, at).await,
        appointment(&storage, at).await,
        appointment(&storage, at).await,
    );
    storage.event_log().append(came, &conversation()[..2]).await.unwrap();
    storage.interviews().end(cancelled, EndStatus::Cancelled, "cancelled", &Edit::by(Actor::ENGINE)).await.unwrap();
    let later = at + Duration::minutes(31);
    // Opened by hand it waits from then on.
    storage
        .interviews()
        .open_now(put_off, Duration::days(1), later + Duration::minutes(30) - Utc::now(), Actor::ENGINE)
        .await
        .unwrap();
    assert_eq!(supervisor_beside(&storage, &metrics, Some(joins)).tick(later).await, 0);
    let status = async |id| storage.interviews().get(id).await.unwrap().status;
    assert_eq!(status(came).await, Status::InProgress);
    assert_eq!(status(cancelled).await, Status::Cancelled);
    assert_eq!((status(joins).await, status(put_off).await), (Status::Scheduled, Status::Scheduled));
    // Who was joining has given up; the next look ends it.
    assert_eq!(supervisor(&storage, &metrics).tick(later + Duration::seconds(15)).await, 1);
    assert_eq!(status(joins).await, Status::NoShow);
}

#[tokio::test]
async fn nobody_waits_for_an_interview_that_was_put_off_with_the_respondent() {
    let (_folder, storage) = store().await;
    let metrics = Arc::new(Metrics::new().unwrap());
    let at = Utc::now() + Duration::hours(1);
    let id = appointment(&storage, at).await;
    let put_off = Event::Postponed { reason: Postponement::CallbackRequested, until: None };
    storage.event_log().append(id, &records(1, vec![Event::LegConnected { leg: 1 }, put_off])).await.unwrap();
    let missed_at = at + Duration::minutes(31);
    assert_eq!(supervisor(&storage, &metrics).tick(missed_at).await, 0);
    // The task is done: it does not come back every few seconds.
    let wanted = Wanted { queue: Queue::Interviews, kinds: &[CONDUCT], ids: None, limit: 100 };
    let later = missed_at + Duration::days(2);
    let claimed = storage.tasks().claim(&wanted, "test", later, Duration::minutes(1)).await.unwrap();
    assert!(claimed.is_empty(), "{claimed:?}");
    let row = storage.interviews().get(id).await.unwrap();
    assert_eq!((row.status, row.status_reason.as_deref()), (Status::Scheduled, Some("callback_requested")));
}

#[tokio::test]
async fn without_an_appointment_the_link_decides() {
    let (_folder, storage) = store().await;
    let metrics = Arc::new(Metrics::new().unwrap());
    let guide = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap();
    let (row, token) = storage.interviews().schedule(new_interview(guide.id), Actor::ENGINE).await.unwrap();
    assert_eq!(row.no_show_at.unwrap().timestamp(), token.expires_at.timestamp());
    let supervisor = supervisor(&storage, &metrics);
    assert_eq!(supervisor.tick(Utc::now() + Duration::hours(23)).await, 0);
    assert_eq!(supervisor.tick(Utc::now() + Duration::hours(25)).await, 1);
}

#[tokio::test]
async fn what_was_missed_while_the_engine_was_off_is_ended_by_the_next_one() {
    let home = Home::new().await;
    let storage = open_store(&home).await;
    storage.schema().migrate().await.unwrap();
    let at = Utc::now() + Duration::hours(1);
    let id = appointment(&storage, at).await;
    // In another workspace, too: the supervisor looks after all of them.
    let elsewhere = storage.of(storage.workspaces().create("elsewhere", Actor::ENGINE).await.unwrap().id);
    let other = appointment(&elsewhere, at).await;
    storage.close().await.unwrap();
    let storage = open_store(&home).await;
    let metrics = Arc::new(Metrics::new().unwrap());
    assert_eq!(supervisor(&storage, &metrics).tick(at + Duration::days(3)).await, 2);
    assert_eq!(storage.interviews().get(id).await.unwrap().status, Status::NoShow);
    let other = storage.owning(other).await.unwrap().interviews().get(other).await.unwrap();
    assert_eq!(other.status, Status::NoShow);
}

#[tokio::test]
async fn interviews_from_before_there_were_tasks_get_one() {
    let (_folder, storage) = store().await;
    let metrics = Arc::new(Metrics::new().unwrap());
    let at = Utc::now() + Duration::hours(1);
    let id = appointment(&storage, at).await;
    entity::tasks::Entity::delete_many().exec(storage.connection()).await.unwrap();
    assert_eq!(supervisor(&storage, &metrics).tick(at + Duration::days(1)).await, 0);
    assert_eq!(storage.interviews().adopt_appointments().await.unwrap(), 1);
    assert_eq!(storage.interviews().adopt_appointments().await.unwrap(), 0, "once");
    assert_eq!(supervisor(&storage, &metrics).tick(at + Duration::days(1)).await, 1);
    assert_eq!(storage.interviews().get(id).await.unwrap().status, Status::NoShow);
}

#[actix_web::test]
async fn the_engine_ends_a_missed_appointment_by_itself() {
    let stage = Stage::start(&[]).await;
    let storage = &stage.engine.storage;
    let guide = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap();
    let mut new = new_interview(guide.id);
    new.scheduled_at = Some(Utc::now() - Duration::hours(2));
    new.no_show_after = Duration::seconds(-1);
    let id = storage.interviews().schedule(new, Actor::ENGINE).await.unwrap().0.id;
    let ended = async {
        while storage.interviews().get(id).await.unwrap().status != Status::NoShow {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, ended).await.expect("within a second or so");
    stage.stop().await;
}
