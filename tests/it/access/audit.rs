//! Every change is in `event_logs`, with who did it, and never without the change.

use entity::event_logs;
use interview::io::EndStatus;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use storage::{Actor, AuditFilter, Edit, Storage};
use uuid::Uuid;

use crate::support::{conversation, guide, new_interview, store};

/// Number, name and actor of each entry about one entity, oldest first.
async fn trail(storage: &Storage, kind: &str, id: Uuid) -> Vec<(i64, String, String)> {
    let filter =
        AuditFilter { entity_id: Some(id), entity_type: Some(kind.to_owned()), limit: 100, ..Default::default() };
    let mut entries = storage.audit().list(filter).await.unwrap();
    entries.reverse();
    entries.into_iter().map(|entry| (entry.seq, entry.event_type, entry.actor)).collect()
}

fn entry(seq: i64, what: &str, actor: &str) -> (i64, String, String) {
    (seq, what.to_owned(), actor.to_owned())
}

#[tokio::test]
async fn what_is_done_to_a_guide_is_told_with_who_did_it() {
    let (_folder, storage) = store().await;
    let (dana, kim) = (Actor::named("user:dana"), Actor::named("key:kim"));
    let row = storage.guides().create(&guide(), None, &dana).await.unwrap();
    storage.guides().update(row.id, &guide(), &Edit::by(&kim)).await.unwrap();
    storage.guides().delete(row.id, &Edit::by(&kim)).await.unwrap();
    let expected = [
        entry(1, "call_guide.created", "user:dana"),
        entry(2, "call_guide.updated", "key:kim"),
        entry(3, "call_guide.deleted", "key:kim"),
    ];
    assert_eq!(trail(&storage, "call_guide", row.id).await, expected);
}

#[tokio::test]
async fn what_did_not_happen_is_not_told() {
    let (_folder, storage) = store().await;
    let row = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap();
    storage.interviews().schedule(new_interview(row.id), Actor::ENGINE).await.unwrap();
    storage.guides().delete(row.id, &Edit::by(Actor::ENGINE)).await.unwrap_err();
    storage.guides().update(Uuid::now_v7(), &guide(), &Edit::by(Actor::ENGINE)).await.unwrap_err();
    assert_eq!(trail(&storage, "call_guide", row.id).await, [entry(1, "call_guide.created", "engine")]);
    let all = storage.audit().list(AuditFilter { limit: 100, ..Default::default() }).await.unwrap();
    assert_eq!(all.len(), 2, "{all:?}");
}

#[tokio::test]
async fn an_operators_changes_and_the_call_are_numbered_apart() {
    let (_folder, storage) = store().await;
    let kim = Actor::named("key:kim");
    let row = storage.guides().create(&guide(), None, &kim).await.unwrap();
    let (interview, _) = storage.interviews().schedule(new_interview(row.id), &kim).await.unwrap();
    let call = conversation();
    storage.event_log().append(interview.id, &call[..5]).await.unwrap();
    storage
        .interviews()
        .open_now(interview.id, chrono::Duration::hours(1), chrono::Duration::hours(1), &kim)
        .await
        .unwrap();
    storage.interviews().note_cancel(interview.id, &Edit::by(&kim)).await.unwrap();
    // The session's next number is the one it expects, whatever was done meanwhile.
    storage.event_log().append(interview.id, &call[5..12]).await.unwrap();
    assert_eq!(storage.event_log().load(interview.id).await.unwrap(), call[..12]);
    storage.interviews().end(interview.id, EndStatus::Cancelled, "cancelled", &Edit::by(&kim)).await.unwrap();
    let names = ["interview.scheduled", "interview.opened", "interview.cancel_requested", "interview.ended"];
    let expected: Vec<_> = (1..).zip(names).map(|(seq, name)| entry(seq, name, "key:kim")).collect();
    assert_eq!(trail(&storage, "interview_admin", interview.id).await, expected);
    assert_eq!(storage.event_log().load(interview.id).await.unwrap().len(), 13);
}

#[tokio::test]
async fn many_at_once_leave_no_gap() {
    let (_folder, storage) = store().await;
    let row = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap();
    let edit = |n: u128| {
        let (storage, edit) = (storage.clone(), Edit::by(&Actor::user(Uuid::from_u128(n))));
        async move { storage.guides().update(row.id, &guide(), &edit).await.map(drop) }
    };
    let edits = futures_util::future::join_all((0..12).map(edit)).await;
    assert!(edits.into_iter().all(|edit| edit.is_ok()));
    let seqs: Vec<i64> = trail(&storage, "call_guide", row.id).await.into_iter().map(|entry| entry.0).collect();
    assert_eq!(seqs, (1..=13).collect::<Vec<_>>());
}

#[tokio::test]
async fn nothing_about_a_respondent_stands_in_the_trail() {
    let (_folder, storage) = store().await;
    let row = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap();
    let mut new = new_interview(row.id);
    new.respondent_phone = Some("+49123456789".to_owned());
    new.respondent_email = Some("dana@example.org".to_owned());
    let (interview, _) = storage.interviews().schedule(new, Actor::ENGINE).await.unwrap();
    let rows = event_logs::Entity::find()
        .filter(event_logs::Column::EntityId.eq(interview.id))
        .order_by_asc(event_logs::Column::Id)
        .all(storage.connection())
        .await
        .unwrap();
    let told: String = rows.iter().map(|row| row.payload.to_string()).collect();
    assert!(told.contains(&row.id.to_string()), "{told}");
    for private in ["Dana", "+49123456789", "dana@example.org"] {
        assert!(!told.contains(private), "{told}");
    }
}
