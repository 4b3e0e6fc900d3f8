//! Calls of a workspace that is not the default one: joined, held, interrupted, taken up again, cancelled.

use std::time::Duration;

use interview::Event;
use interview::io::CallState;
use storage::projection::ENGINE_RESTARTED;
use storage::{Actor, Storage};
use uuid::Uuid;

use crate::session::{Stage, answers, check_log};
use crate::support::caller::{Invitation, is_question, is_state, open_guide};
use crate::support::{conversation, new_interview};

impl Stage {
    /// An interview in a workspace of its own.
    async fn invite_elsewhere(&self) -> (Uuid, Invitation) {
        let workspace = self.engine.storage.workspaces().create("elsewhere", Actor::ENGINE).await.unwrap().id;
        let storage = self.engine.storage.of(workspace);
        let guide = storage
            .guides()
            .create(&serde_json::from_value(open_guide(3)).unwrap(), None, Actor::ENGINE)
            .await
            .unwrap();
        let (row, token) = storage.interviews().schedule(new_interview(guide.id), Actor::ENGINE).await.unwrap();
        (workspace, Invitation { id: row.id, token: token.token })
    }
}

#[actix_web::test]
async fn an_interview_of_another_workspace_is_held_recovered_and_ended() {
    let stage = Stage::start(&[]).await;
    let (workspace, invitation) = stage.invite_elsewhere().await;
    let (call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_question("q2")).await;
    // The engine stops in the middle, and the next one finds what was left.
    let stage = stage.restart().await;
    let storage = stage.engine.storage.of(workspace);
    let left = storage.interviews().get(invitation.id).await.unwrap();
    assert_eq!(left.status, entity::Status::InProgress);
    let (mut call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_state(CallState::Ended)).await;
    call.closed().await;
    stage.live(0).await;
    let events = storage.event_log().load(invitation.id).await.unwrap();
    check_log(&events);
    assert_eq!(answers(&events), 3);
    assert_eq!(storage.interviews().get(invitation.id).await.unwrap().status, entity::Status::Completed);
    assert!(matches!(events.last().unwrap().event, Event::Ended { .. }));
    // The default workspace's admin, who is whoever sits at this machine, sees nothing of it.
    let seen = stage.caller.get(&format!("/api/interviews/{}", invitation.id)).await;
    assert_eq!(seen.status(), reqwest::StatusCode::NOT_FOUND);
    assert_eq!(stage.engine.stop(Duration::ZERO).await, 0);
}

#[actix_web::test]
async fn what_a_crash_left_in_another_workspace_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/interviews.db", folder.path().display());
    let storage = Storage::connect(&url, 2, folder.path()).await.unwrap();
    storage.schema().migrate().await.unwrap();
    let other = storage.of(storage.workspaces().create("elsewhere", Actor::ENGINE).await.unwrap().id);
    let guide = other.guides().create(&crate::support::guide(), None, Actor::ENGINE).await.unwrap();
    let (row, _) = other.interviews().schedule(new_interview(guide.id), Actor::ENGINE).await.unwrap();
    other.event_log().append(row.id, &conversation()[..6]).await.unwrap();
    storage.close().await.unwrap();

    let stage = Stage::start_in(folder, &[], &[]).await;
    let events = stage.engine.storage.of(other.workspace()).event_log().load(row.id).await.unwrap();
    assert_eq!(events.len(), 7);
    assert!(matches!(&events[6].event, Event::Paused { reason } if reason == ENGINE_RESTARTED), "{events:?}");
    stage.engine.stop(Duration::ZERO).await;
}
