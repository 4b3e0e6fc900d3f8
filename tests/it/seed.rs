//! Made-up interviews: as many as were asked for, the same for the same seed, and gone again without a trace.

use chrono::{DateTime, Utc};
use entity::{call_guides, interview_responses, interviews};
use sea_orm::{EntityTrait as _, PaginatorTrait as _, QueryOrder as _};
use seed::{Plan, Rows, SeedError, fill, remove};
use storage::dashboards::Window;
use storage::{Storage, StorageError};

use crate::support::{conversation, scheduled, store};

fn plan() -> Plan {
    let until = DateTime::parse_from_rfc3339("2026-11-20T12:00:00Z").unwrap().to_utc();
    Plan { interviews: 700, responses: 5_003, days: 30, until, seed: 3, force: false }
}

async fn counted(storage: &Storage) -> Rows {
    let db = storage.connection();
    Rows {
        interviews: interviews::Entity::find().count(db).await.unwrap(),
        responses: interview_responses::Entity::find().count(db).await.unwrap(),
    }
}

/// The rows, but for what is made anew each time: the guides' ids.
async fn content(storage: &Storage) -> Vec<interview_responses::Model> {
    let order = interview_responses::Entity::find().order_by_asc(interview_responses::Column::Id);
    order.all(storage.connection()).await.unwrap()
}

#[actix_web::test]
async fn a_plan_makes_what_it_says_and_the_same_every_time() {
    let ((_home, storage), (_other_home, other)) = (store().await, store().await);
    let plan = plan();
    let wanted = Rows { interviews: 700, responses: 5_003 };
    assert_eq!(fill(&storage, &plan, |_| ()).await.unwrap(), wanted);
    assert_eq!(counted(&storage).await, wanted);
    fill(&other, &plan, |_| ()).await.unwrap();
    let rows = content(&storage).await;
    assert_eq!(rows, content(&other).await);
    assert!(rows.iter().any(|row| row.parent_response_id.is_some()));
    assert!(rows.iter().all(|row| row.asked_at < row.answered_at && row.answered_at < plan.until));

    // All of it lies in the plan's days, for the dashboards as well.
    let window = Window { since: plan.until - chrono::Duration::days(31), until: plan.until };
    let figures = storage.dashboards().interviews(window, None).await.unwrap();
    assert_eq!(figures.total(), 700);
    assert!(figures.completed() > 500 && figures.avg_completion_rate.is_some());
    assert_eq!(storage.dashboards().total_responses(window).await.unwrap(), 5_003);
    let alerts = storage.dashboards().alerts_by_severity(window).await.unwrap();
    assert!(alerts[&entity::Severity::Warning] > 50 && alerts[&entity::Severity::Error] > 50, "{alerts:?}");
    assert!(storage.dashboards().themes(window, None, 5).await.unwrap().total_unique_themes > 5);
    assert!(matches!(fill(&storage, &plan, |_| ()).await, Err(SeedError::Seeded)));
}

#[actix_web::test]
async fn real_interviews_are_not_mixed_up_with_made_up_ones() {
    let (_home, storage) = store().await;
    let real = scheduled(&storage).await;
    storage.event_log().append(real, &conversation()).await.unwrap();
    let before = counted(&storage).await;
    let mut plan = Plan { interviews: 30, responses: 90, until: Utc::now(), ..plan() };
    assert!(matches!(fill(&storage, &plan, |_| ()).await, Err(SeedError::Real(1))));
    assert_eq!(counted(&storage).await, before);
    plan.force = true;
    fill(&storage, &plan, |_| ()).await.unwrap();
    assert_eq!(counted(&storage).await.interviews, 31);
    assert_eq!(remove(&storage).await.unwrap(), Rows { interviews: 30, responses: 90 });
    assert_eq!(counted(&storage).await, before);
    assert_eq!(entity::alerts::Entity::find().count(storage.connection()).await.unwrap(), 0);
    assert_eq!(storage.event_log().load(real).await.unwrap(), conversation());
    assert_eq!(call_guides::Entity::find().count(storage.connection()).await.unwrap(), 1, "its guides are gone, too");
}

#[actix_web::test]
async fn a_copy_made_while_others_write_is_whole() {
    let (home, storage) = store().await;
    let id = scheduled(&storage).await;
    storage.event_log().append(id, &conversation()).await.unwrap();
    let file = home.path().join("copy's.db");
    let copied = storage.maintenance().copy_to(&file).await;
    if home.is_postgres() {
        assert!(matches!(copied, Err(StorageError::Conflict(_))), "pg_dump does that");
        return;
    }
    copied.unwrap();
    storage.event_log().append(id, &conversation()).await.unwrap();
    let restored = tempfile::tempdir().unwrap();
    std::fs::rename(&file, restored.path().join("interviews.db")).unwrap();
    let url = format!("sqlite://{}", restored.path().join("interviews.db").display());
    let restored = Storage::connect(&url, 1, restored.path()).await.unwrap();
    assert_eq!(restored.event_log().load(id).await.unwrap(), conversation());
    assert!(
        storage.maintenance().copy_to(&home.path().join("db/interviews.sqlite")).await.is_err(),
        "nothing is overwritten"
    );
}
