//! What is in one workspace is never seen, nor changed, from another.

use interview::io::EndStatus;
use storage::{Actor, AuditFilter, Batch, Edit, GuideFilter, InterviewFilter, StorageError};

use crate::support::{conversation, guide, guide_document, new_interview, store};

// As it comes from the call.
#[allow(clippy::needless_pass_by_value)]
fn is_missing<T>(result: Result<T, StorageError>) -> bool {
    matches!(result, Err(StorageError::NotFound(_)))
}

#[tokio::test]
async fn rows_of_another_workspace_are_not_there() {
    let (_folder, storage) = store().await;
    let other = storage.of(storage.workspaces().create("other", Actor::ENGINE).await.unwrap().id);
    let row = other.guides().create(&guide(), None, Actor::ENGINE).await.unwrap();
    let (version, _) = other.guides().newest(row.id).await.unwrap();
    let (interview, _) = other.interviews().schedule(new_interview(row.id), Actor::ENGINE).await.unwrap();
    other.event_log().append(interview.id, &conversation()).await.unwrap();

    assert!(is_missing(storage.guides().get(row.id).await));
    assert!(is_missing(storage.guides().update(row.id, &guide(), &Edit::by(Actor::ENGINE)).await));
    assert!(is_missing(storage.guides().delete(row.id, &Edit::by(Actor::ENGINE)).await));
    assert!(is_missing(storage.guides().newest(row.id).await));
    assert!(is_missing(storage.guides().version(version).await));
    assert!(is_missing(storage.interviews().schedule(new_interview(row.id), Actor::ENGINE).await));
    assert!(is_missing(storage.interviews().get(interview.id).await));
    assert!(is_missing(storage.interviews().guide(interview.id).await));
    assert!(is_missing(
        storage
            .interviews()
            .open_now(interview.id, chrono::Duration::hours(1), chrono::Duration::hours(1), Actor::ENGINE)
            .await
    ));
    assert!(is_missing(
        storage.interviews().end(interview.id, EndStatus::Cancelled, "no", &Edit::by(Actor::ENGINE)).await
    ));
    assert!(is_missing(storage.event_log().load(interview.id).await));
    assert!(is_missing(storage.transcripts().of_interview(interview.id).await));
    assert!(storage.responses().of_interview(interview.id).await.unwrap().is_empty());
    assert!(storage.guides().list(GuideFilter::default()).await.unwrap().is_empty());
    let all = InterviewFilter { limit: 10, ..Default::default() };
    assert!(storage.interviews().list(all).await.unwrap().is_empty());
    let trail = storage.audit().list(AuditFilter { limit: 10, ..Default::default() }).await.unwrap();
    assert!(trail.is_empty(), "{trail:?}");

    assert_eq!(other.responses().of_interview(interview.id).await.unwrap().len(), 2);
    assert_eq!(other.guides().get(row.id).await.unwrap().name, guide_document()["name"].as_str().unwrap());
}

#[tokio::test]
async fn the_engine_itself_reaches_interviews_of_all_workspaces() {
    let (_folder, storage) = store().await;
    let other = storage.of(storage.workspaces().create("other", Actor::ENGINE).await.unwrap().id);
    let row = other.guides().create(&guide(), None, Actor::ENGINE).await.unwrap();
    let (interview, token) = other.interviews().schedule(new_interview(row.id), Actor::ENGINE).await.unwrap();
    // The persistence supervisor and the registry have one store for everything.
    let batch = Batch {
        interview_id: interview.id,
        fence: None,
        received_at: chrono::Utc::now(),
        records: conversation().into_iter().take(4).collect(),
    };
    storage.event_log().append_all(&[&batch]).await.unwrap().remove(0).unwrap();
    assert_eq!(storage.interviews().unfinished().await.unwrap(), [interview.id]);
    let owning = storage.owning(interview.id).await.unwrap();
    assert_eq!(owning.event_log().load(interview.id).await.unwrap(), batch.records);
    let (found, _) = storage.interviews().by_token(&token.token).await.unwrap().unwrap();
    assert_eq!((found.id, found.workspace_id), (interview.id, other.workspace()));
    // The same respondent's name in two workspaces is two people with two keys.
    let mut twin = new_interview(storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap().id);
    twin.respondent_id = Some(interview.respondent_id.clone());
    let (twin, _) = storage.interviews().schedule(twin, Actor::ENGINE).await.unwrap();
    storage.event_log().append(twin.id, &conversation()).await.unwrap();
    assert_eq!(storage.event_log().load(twin.id).await.unwrap(), conversation());
    assert_eq!(other.event_log().load(interview.id).await.unwrap(), batch.records);
}
