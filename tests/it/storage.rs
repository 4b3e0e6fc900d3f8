//! The store, on a real SQLite file: schema, log, projection, encryption, the persistence supervisor.

use std::sync::Arc;
use std::time::Duration;

use entity::{Status, event_logs, person_keys};
use interview::Event;
use interview::io::EndStatus;
use interviewer::fleet::Leases;
use interviewer::supervised::Stack;
use interviewer::supervisors::{AppendError, Incidents, Patience, Persistence};
use interviewer::telemetry::Metrics;
use migration::MigratorTrait as _;
use sea_orm::{ConnectionTrait as _, EntityTrait as _};
use serde_json::json;
use storage::{Actor, Edit, EventRecord, GuideFilter, Storage, StorageError};
use tokio::process::Command;

use crate::support::{conversation, guide, new_interview, open_store, records, scheduled, store};

/// How long anything may take before it counts as never happening.
const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn these_tests_run_on_the_database_that_was_asked_for() {
    let (home, storage) = store().await;
    let backend = storage.connection().get_database_backend();
    let asked = std::env::var("TEST_POSTGRES_URL").is_ok();
    assert_eq!((backend == sea_orm::DbBackend::Postgres, home.is_postgres()), (asked, asked));
    println!("what is stored was tested on {backend:?}");
    if !asked {
        println!(
            "PostgreSQL was not tested: TEST_POSTGRES_URL is not set (scripts/test does it, and runs these tests twice)"
        );
    }
}

#[tokio::test]
async fn the_schema_goes_up_down_and_up_again() {
    let (_folder, storage) = store().await;
    let whole = storage.schema().steps().await.unwrap();
    assert!(whole.iter().all(|step| step.applied), "{whole:?}");
    // Filled the first time, empty the second.
    for filled in [true, false] {
        if filled {
            let id = scheduled(&storage).await;
            storage.event_log().append(id, &conversation()).await.unwrap();
        }
        storage.schema().down(None).await.unwrap();
        assert!(storage.guides().list(GuideFilter::default()).await.is_err(), "the tables are gone");
        assert!(storage.schema().steps().await.unwrap().iter().all(|step| !step.applied));
        storage.schema().migrate().await.unwrap();
        assert_eq!(storage.schema().steps().await.unwrap(), whole);
    }
    // The default workspace is there again: a row that needs it can be made.
    let id = scheduled(&storage).await;
    storage.event_log().append(id, &conversation()).await.unwrap();
}

/// Each step by itself, over rows: what a downgrade and an upgrade meet.
#[tokio::test]
async fn each_step_of_the_schema_goes_down_and_up_with_rows_in_it() {
    let (_folder, storage) = store().await;
    let id = scheduled(&storage).await;
    storage.event_log().append(id, &conversation()).await.unwrap();
    let steps = storage.schema().steps().await.unwrap().len() as u32;
    for down in 1..=steps {
        storage.schema().down(Some(1)).await.unwrap_or_else(|error| panic!("step {down} down: {error}"));
        let applied = storage.schema().steps().await.unwrap().iter().filter(|step| step.applied).count() as u32;
        assert_eq!(applied, steps - down);
        storage.schema().up(Some(1)).await.unwrap_or_else(|error| panic!("step {down} up again: {error}"));
        storage.schema().down(Some(1)).await.unwrap_or_else(|error| panic!("step {down} down again: {error}"));
    }
    storage.schema().migrate().await.unwrap();
    scheduled(&storage).await;
}

#[tokio::test]
async fn a_database_of_another_version_is_refused_and_left_as_it_is() {
    let (_folder, storage) = store().await;
    let id = scheduled(&storage).await;
    let db = storage.connection();
    // One step is left, which says what the database is.
    db.execute_unprepared("DELETE FROM seaql_migrations WHERE version <> 'm20261130_000001_initial'").await.unwrap();
    for (step, says) in [
        // The first of the steps that the schema had before the first release.
        ("m20261122_000001_workspaces", "the database was made by a development version before the first release"),
        (
            "m29991231_000001_later",
            "the database was made by a newer version, whose schema step m29991231_000001_later",
        ),
    ] {
        db.execute_unprepared(&format!("UPDATE seaql_migrations SET version = '{step}'")).await.unwrap();
        for error in [
            storage.schema().migrate().await.unwrap_err(),
            storage.schema().down(None).await.unwrap_err(),
            storage.schema().steps().await.unwrap_err(),
        ] {
            assert!(error.is_permanent() && error.to_string().starts_with(says), "{error}");
        }
        assert_eq!(storage.interviews().get(id).await.unwrap().id, id, "nothing was dropped");
    }
}

/// What a person sees: one sentence that says what to do.
#[tokio::test]
async fn the_command_refuses_a_database_of_a_development_version_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let migrate = async |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_interviewer"));
        command.arg("migrate").args(arguments).env_clear().env("DATA_DIR", folder.path());
        let output = command.output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };
    let (fine, out, err) = migrate(&["status"]).await;
    let steps = migration::Migrator::migrations().len();
    assert!(fine && out.starts_with("pending  m"), "{out}{err}");
    assert!(out.ends_with(&format!("0 of {steps} steps are applied\n")), "{out}{err}");
    let (fine, out, err) = migrate(&["up"]).await;
    assert!(fine && out.ends_with(&format!("{steps} of {steps} steps are applied\n")), "{out}{err}");

    let url = format!("sqlite://{}/interviews.db", folder.path().display());
    let storage = Storage::connect(&url, 1, folder.path()).await.unwrap();
    let old = "UPDATE seaql_migrations SET version = 'm20261122_000001_workspaces' \
               WHERE version = 'm20261130_000001_initial'";
    storage.connection().execute_unprepared(old).await.unwrap();
    storage.close().await.unwrap();
    for arguments in [&["status"][..], &["up"], &["down", "--yes"]] {
        let (fine, out, err) = migrate(arguments).await;
        assert!(!fine && out.is_empty() && err.lines().count() == 1, "{out}{err}");
        assert!(err.contains("start with a new DATA_DIR"), "{err}");
    }
}

/// Two engines that start at the same time on an empty database.
#[tokio::test]
async fn the_schema_is_made_once_where_several_make_it() {
    let home = crate::support::Home::new().await;
    let (one, other) = (open_store(&home).await, open_store(&home).await);
    let schemas = (one.schema(), other.schema());
    let (first, second) = tokio::join!(schemas.0.migrate(), schemas.1.migrate());
    first.unwrap();
    second.unwrap();
    scheduled(&one).await;
}

#[tokio::test]
async fn sqlite_flushes_what_it_commits() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/db/interviews.sqlite", folder.path().display());
    let storage = Storage::connect(&url, 1, folder.path()).await.unwrap();
    for (pragma, wanted) in [("synchronous", "2"), ("foreign_keys", "1"), ("secure_delete", "1")] {
        let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, format!("PRAGMA {pragma}"));
        let row = storage.connection().query_one_raw(statement).await.unwrap().unwrap();
        let value: i64 = row.try_get_by_index(0).unwrap();
        assert_eq!(value.to_string(), wanted, "{pragma}");
    }
}

#[tokio::test]
async fn a_guide_that_an_interview_uses_gets_a_new_version() {
    let (_folder, storage) = store().await;
    let row = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap();
    let mut edited = guide();
    edited.name = "Work, edited".to_owned();
    assert_eq!(
        storage.guides().update(row.id, &edited, &Edit::by(Actor::ENGINE)).await.unwrap().version,
        1,
        "nobody used it yet"
    );
    let (interview, _) = storage.interviews().schedule(new_interview(row.id), Actor::ENGINE).await.unwrap();
    edited.name = "Work, edited again".to_owned();
    assert_eq!(storage.guides().update(row.id, &edited, &Edit::by(Actor::ENGINE)).await.unwrap().version, 2);
    assert_eq!(storage.interviews().guide(interview.id).await.unwrap().name, "Work, edited");
    assert_eq!(storage.guides().newest(row.id).await.unwrap().1.name, "Work, edited again");
    assert!(matches!(storage.guides().delete(row.id, &Edit::by(Actor::ENGINE)).await, Err(StorageError::Conflict(_))));
}

#[tokio::test]
async fn appending_is_ordered_gap_free_and_idempotent() {
    let (_folder, storage) = store().await;
    let id = scheduled(&storage).await;
    let all = conversation();
    assert_eq!(storage.event_log().append(id, &all[..3]).await.unwrap().fresh, 3);
    let gap = storage.event_log().append(id, &all[4..5]).await;
    assert!(matches!(gap, Err(StorageError::EventGap { last: 3, got: 5, .. })), "{gap:?}");
    // A retry that holds old and new ones.
    assert_eq!(storage.event_log().append(id, &all).await.unwrap().fresh, all.len() - 3);
    assert_eq!(storage.event_log().append(id, &all).await.unwrap().fresh, 0);
    let mut changed = all[1].clone();
    changed.event = Event::ConsentAnswered { recording: false, given: false };
    assert!(matches!(
        storage.event_log().append(id, &[changed]).await,
        Err(StorageError::EventConflict { seq: 2, .. })
    ));
    assert_eq!(storage.event_log().load(id).await.unwrap(), all);
    assert_eq!(storage.responses().of_interview(id).await.unwrap().len(), 2, "retries answer nothing twice");
}

#[tokio::test]
async fn a_batch_at_fault_fails_alone_and_leaves_no_trace() {
    let (_folder, storage) = store().await;
    let (good, bad) = (scheduled(&storage).await, scheduled(&storage).await);
    let batch =
        |interview_id, records| storage::Batch { interview_id, fence: None, received_at: chrono::Utc::now(), records };
    let mut gap = records(1, vec![Event::LegConnected { leg: 1 }, Event::Resumed]);
    gap[1].seq = 7;
    let (first, second) = (batch(bad, gap), batch(good, conversation()));
    let outcomes = storage.event_log().append_all(&[&first, &second]).await.unwrap();
    assert!(matches!(outcomes[0], Err(StorageError::EventGap { .. })));
    assert!(outcomes[1].is_ok());
    assert!(storage.event_log().load(bad).await.unwrap().is_empty());
    assert_eq!(storage.interviews().get(bad).await.unwrap().status, Status::Scheduled);
}

#[tokio::test]
async fn events_become_rows() {
    let (_folder, storage) = store().await;
    let id = scheduled(&storage).await;
    let all = conversation();
    storage.event_log().append(id, &all[..6]).await.unwrap();
    let row = storage.interviews().get(id).await.unwrap();
    assert_eq!(row.status, Status::InProgress);
    assert!(row.consent_given && row.can_be_recorded && row.gdpr_compliant);
    let started = row.started_at.unwrap();
    assert_eq!(row.consent_timestamp.unwrap() - started, chrono::Duration::milliseconds(1_000));
    assert_eq!((row.current_section.as_deref(), row.current_question_id.as_deref()), (Some("start"), Some("kind")));
    assert_eq!(row.conversation_state["phase"], "main_interview");
    assert_eq!(storage.interviews().unfinished().await.unwrap(), vec![id]);

    storage.event_log().append(id, &all[6..]).await.unwrap();
    let row = storage.interviews().get(id).await.unwrap();
    assert_eq!((row.status, row.duration_seconds), (Status::Completed, Some(12)));
    assert_eq!(row.completed_at.unwrap() - started, chrono::Duration::milliseconds(12_000));
    assert_eq!((row.sections_completed, row.questions_skipped), (json!(["start"]), json!(["rating"])));
    assert!(row.requires_human_review && row.escalation_reason.is_some());
    assert_eq!(row.quality_metrics["responses"], 2);
    // One required question, answered; one of two answers needed a clarification.
    assert_eq!(
        (&row.quality_metrics["completion_rate"], &row.quality_metrics["clarification_rate"]),
        (&json!(1.0), &json!(0.5))
    );
    assert!(row.engagement_metrics["engagement_score"].is_f64(), "{}", row.engagement_metrics);
    assert_eq!(row.recording_url, Some(format!("/api/interviews/{id}/recording")));
    assert!(storage.interviews().unfinished().await.unwrap().is_empty());

    let answers = storage.responses().of_interview(id).await.unwrap();
    let [first, second] = answers.as_slice() else { panic!("two answers, not {answers:?}") };
    assert_eq!(first.response_text, "bookkeeping for <small> shops");
    assert_eq!(first.asked_at - started, chrono::Duration::milliseconds(7_000));
    assert_eq!((first.sentiment.as_str(), first.information_density), ("positive", 0.3));
    assert_eq!((first.flags.clone(), first.key_phrases.clone()), (json!(["cut_short"]), json!(["small shops"])));
    assert_eq!(first.follow_up_count, 1);
    assert_eq!(first.generated_follow_ups[0]["why"], "vague_response");
    assert_eq!((second.is_follow_up, second.parent_response_id), (true, Some(first.id)));
}

#[tokio::test]
async fn what_people_say_is_unreadable_without_their_key() {
    let (folder, storage) = store().await;
    let id = scheduled(&storage).await;
    storage.event_log().append(id, &conversation()).await.unwrap();
    let rows = event_logs::Entity::find().all(storage.connection()).await.unwrap();
    let logged: String = rows.iter().map(|row| row.payload.to_string()).collect();
    for word in ["bookkeeping", "bakery", "example", "kind of work"] {
        assert!(!logged.contains(word), "{word} stands in the log");
    }
    assert!(rows.iter().filter(|row| row.event_type == "answered").all(|row| row.payload.get("enc").is_some()));
    person_keys::Entity::delete_many().exec(storage.connection()).await.unwrap();
    assert!(matches!(storage.event_log().load(id).await, Err(StorageError::Erased)));
    // A late event of an erased person brings no key back.
    let late = EventRecord { seq: 14, ..conversation().remove(7) };
    assert!(matches!(storage.event_log().append(id, &[late]).await, Err(StorageError::Erased)));
    drop(folder);
}

#[tokio::test]
async fn an_interview_is_ended_from_outside_by_an_event() {
    let (_folder, storage) = store().await;
    let id = scheduled(&storage).await;
    storage.event_log().append(id, &conversation()[..4]).await.unwrap();
    let row = storage
        .interviews()
        .end(id, EndStatus::Failed, "engine_stopped", &Edit::by(&Actor::named("operator")))
        .await
        .unwrap();
    assert_eq!((row.status, row.status_reason.as_deref()), (Status::Failed, Some("engine_stopped")));
    let last = storage.event_log().load(id).await.unwrap().pop().unwrap();
    assert_eq!((last.seq, last.actor.as_str()), (5, "operator"));
    assert!(matches!(
        storage.interviews().end(id, EndStatus::Failed, "again", &Edit::by(Actor::ENGINE)).await,
        Err(StorageError::Over(Status::Failed))
    ));
}

#[tokio::test]
async fn a_token_is_kept_as_a_hash_and_expires() {
    let (_folder, storage) = store().await;
    let guide = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap();
    let (row, token) = storage.interviews().schedule(new_interview(guide.id), Actor::ENGINE).await.unwrap();
    let (found, expired) = storage.interviews().by_token(&token.token).await.unwrap().unwrap();
    assert_eq!((found.id, expired), (row.id, false));
    assert!(storage.interviews().by_token("AAAAAAAAAAAAAAAAAAAAAA").await.unwrap().is_none());
    let mut late = new_interview(guide.id);
    late.link_lifetime = chrono::Duration::milliseconds(-1);
    let (_, token) = storage.interviews().schedule(late, Actor::ENGINE).await.unwrap();
    assert!(storage.interviews().by_token(&token.token).await.unwrap().unwrap().1, "expired");
}

/// The writer of a store's log, until it is dropped.
struct Writer {
    persistence: Persistence,
    metrics: Arc<Metrics>,
    _parts: Stack,
}

fn supervise(storage: &Storage) -> Writer {
    let metrics = Arc::new(Metrics::new().unwrap());
    let mut parts = Stack::new(Arc::clone(&metrics)).unwrap();
    let (incidents, patience) = (Incidents::default(), Patience::default());
    let leases = Leases::new(storage.clone(), "test".to_owned(), None);
    let persistence =
        Persistence::start(&mut parts, storage.clone(), Arc::clone(&metrics), incidents, leases, patience).unwrap();
    Writer { persistence, metrics, _parts: parts }
}

#[actix::test]
async fn the_supervisor_answers_after_the_commit_and_keeps_the_order() {
    let (_folder, storage) = store().await;
    let Writer { persistence, metrics, _parts } = supervise(&storage);
    let ids = [scheduled(&storage).await, scheduled(&storage).await, scheduled(&storage).await];
    let mut answers = Vec::new();
    for record in conversation() {
        for id in ids {
            answers.push(persistence.append(id, None, vec![record.clone()]));
        }
    }
    for answer in answers {
        answer.await.unwrap().unwrap();
    }
    for id in ids {
        assert_eq!(storage.event_log().load(id).await.unwrap(), conversation());
    }
    let refused = persistence.append(ids[0], None, records(40, vec![Event::Resumed])).await.unwrap();
    assert!(matches!(refused, Err(AppendError::Refused(_))));
    let text = metrics.render().unwrap();
    assert!(text.contains("responses_total{section=\"start\"} 6"), "{text}");
    assert!(text.contains("follow_ups_generated_total{action_type=\"example\"} 3"), "{text}");
    assert!(text.contains("event_log_lag_seconds_count 39"), "{text}");
}

#[actix::test]
async fn what_the_database_could_not_take_survives_the_process() {
    let (folder, storage) = store().await;
    let id = scheduled(&storage).await;
    // The table is away: every append fails, as it would with a database that is down.
    storage.connection().execute_unprepared("ALTER TABLE event_logs RENAME TO away").await.unwrap();
    let Writer { persistence, metrics, _parts } = supervise(&storage);
    let first = persistence.append(id, None, conversation()[..2].to_vec());
    let second = persistence.append(id, None, conversation()[2..].to_vec());
    // Retries go on by themselves; what waits is on disk as soon as the first one failed.
    let spool = folder.path().join("spool/events.jsonl");
    let spooled = async {
        while std::fs::read_to_string(&spool).map_or(0, |text| text.lines().filter(|line| !line.is_empty()).count()) < 2
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, spooled).await.expect("both batches are on disk");
    assert!(metrics.render().unwrap().contains("errors_total{component=\"database\",error_type=\"append\"}"));

    // Another process starts on a copy of the folder, with the database back.
    let next = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(next.path().join("spool")).unwrap();
    std::fs::copy(&spool, next.path().join("spool/events.jsonl")).unwrap();
    storage.connection().execute_unprepared("ALTER TABLE away RENAME TO event_logs").await.unwrap();
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(storage.event_log().load(id).await.unwrap(), conversation(), "the first process took up where it was");
    assert!(!spool.exists(), "the spool is emptied");

    let restarted = Storage::connect(&folder.url, 2, next.path()).await.unwrap();
    let writer = supervise(&restarted);
    writer.persistence.flush().await.unwrap();
    assert_eq!(restarted.event_log().load(id).await.unwrap(), conversation(), "appending it again changes nothing");
    assert!(!next.path().join("spool/events.jsonl").exists());
}

#[actix::test]
async fn a_spool_left_by_a_dead_process_is_appended_at_start() {
    let (folder, storage) = store().await;
    let id = scheduled(&storage).await;
    let batch = json!({ "interview_id": id, "received_at": chrono::Utc::now(), "records": conversation() });
    std::fs::create_dir_all(folder.path().join("spool")).unwrap();
    std::fs::write(folder.path().join("spool/events.jsonl"), format!("{batch}\n{{\"torn")).unwrap();
    let writer = supervise(&open_store(&folder).await);
    writer.persistence.flush().await.unwrap();
    assert_eq!(storage.event_log().load(id).await.unwrap(), conversation());
}
