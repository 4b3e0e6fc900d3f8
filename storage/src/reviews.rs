//! What researchers write about an interview: tags, notes, and whether a person should look at it.
//!
//! Owns: these columns, each change with its entry in the audit trail. The words in an entry are
//! about the respondent, and are encrypted like the respondent's words. Never does: change what the
//! call writes.

use chrono::{DateTime, Utc};
use entity::interviews;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::Change;
use super::edit::{Actor, Edit};
use super::error::StorageError;
use super::interviews::{AUDITED, Interviews};
use super::json::to_json;

/// A note of `interviews.interviewer_notes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = InterviewerNote)]
pub struct Note {
    pub id: Uuid,
    pub text: String,
    pub author: String,
    pub at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<DateTime<Utc>>,
    /// The outcome of the review, if the note closes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<ReviewOutcome>,
}

/// The outcome of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewOutcome {
    /// The interview can be used as it is.
    Accepted,
    /// The interview can be used in part. The note says which part.
    AcceptedInPart,
    /// The interview must not be used.
    Rejected,
    /// Somebody has spoken or will speak with the respondent.
    Contacted,
}

/// A change of a note.
#[derive(Debug, Clone, PartialEq)]
pub enum NoteChange {
    Add(String),
    Edit(Uuid, String),
    Remove(Uuid),
}

/// The changes to make. By default, nothing is changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InterviewChanges {
    pub tags: Option<Vec<String>>,
    pub notes: Vec<NoteChange>,
    pub requires_human_review: Option<bool>,
    /// The reason why a person should look at the interview.
    pub escalation_reason: Option<String>,
}

impl Interviews<'_> {
    /// Changes tags, notes and the need for a review. An unknown note is a
    /// [`StorageError::NotFound`].
    pub async fn annotate(
        &self,
        id: Uuid,
        changes: InterviewChanges,
        edit: &Edit,
    ) -> Result<interviews::Model, StorageError> {
        let tx = self.0.write().await?;
        let old = self.find_for_edit(&tx, id, edit).await?;
        let now = Utc::now();
        let respondent = old.respondent_id.clone();
        let mut notes = notes_of(&old)?;
        let mut row = old.into_active_model();
        let mut done = Vec::new();
        if let Some(tags) = changes.tags {
            let personal = json!({ "tags": tags });
            done.push(Change::new(AUDITED, id, "interview.tagged").personal(&respondent, personal));
            row.tags = Set(to_json("tags", tags)?);
        }
        for change in changes.notes {
            let (what, note, said) = apply(&mut notes, change, now, &edit.actor)?;
            let personal = said.map_or(Value::Null, |text| json!({ "text": text }));
            done.push(Change::new(AUDITED, id, what).with(json!({ "note_id": note })).personal(&respondent, personal));
        }
        row.interviewer_notes = Set(to_json("notes", notes)?);
        if let Some(wanted) = changes.requires_human_review {
            let what = if wanted { "interview.review_requested" } else { "interview.review_withdrawn" };
            let personal = json!({ "reason": changes.escalation_reason });
            done.push(Change::new(AUDITED, id, what).personal(&respondent, personal));
            row.requires_human_review = Set(wanted);
        }
        if let Some(reason) = changes.escalation_reason {
            row.escalation_reason = Set(Some(reason));
        }
        row.updated_at = Set(now);
        let row = row.update(&tx).await?;
        for change in done {
            self.0.audit().record(&tx, &edit.actor, change).await?;
        }
        tx.commit().await?;
        Ok(row)
    }

    /// Closes a review with a note. If no review is needed, this is a [`StorageError::Conflict`].
    pub async fn review(
        &self,
        id: Uuid,
        outcome: ReviewOutcome,
        note: Option<String>,
        actor: &Actor,
    ) -> Result<interviews::Model, StorageError> {
        let tx = self.0.write().await?;
        let old = self.locked(&tx, id).await?;
        if !old.requires_human_review {
            return Err(StorageError::Conflict("this interview does not need a review".to_owned()));
        }
        let now = Utc::now();
        let (respondent, reason) = (old.respondent_id.clone(), old.escalation_reason.clone());
        let mut notes = notes_of(&old)?;
        let text = note.unwrap_or_default();
        notes.push(Note {
            id: Uuid::now_v7(),
            text: text.clone(),
            author: actor.to_string(),
            at: now,
            edited_at: None,
            outcome: Some(outcome),
        });
        let mut row = old.into_active_model();
        row.interviewer_notes = Set(to_json("notes", notes)?);
        row.requires_human_review = Set(false);
        row.updated_at = Set(now);
        let row = row.update(&tx).await?;
        let change = Change::new(AUDITED, id, "interview.reviewed")
            .with(json!({ "outcome": outcome }))
            .personal(&respondent, json!({ "text": text, "reason": reason }));
        self.0.audit().record(&tx, actor, change).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Lists the interviews that need a review. The oldest comes first, and `after` is the last id
    /// of the previous page.
    pub async fn waiting_for_review(
        &self,
        after: Option<Uuid>,
        limit: u64,
    ) -> Result<Vec<interviews::Model>, StorageError> {
        let mut query = interviews::Entity::find()
            .filter(interviews::Column::WorkspaceId.eq(self.0.workspace))
            .filter(interviews::Column::RequiresHumanReview.eq(true));
        if let Some(after) = after {
            query = query.filter(interviews::Column::Id.gt(after));
        }
        Ok(query.order_by_asc(interviews::Column::Id).limit(limit).all(&self.0.db).await?)
    }
}

/// Applies one change. Returns its name, the id of the note, and the new words.
fn apply(
    notes: &mut Vec<Note>,
    change: NoteChange,
    now: DateTime<Utc>,
    actor: &Actor,
) -> Result<(&'static str, Uuid, Option<String>), StorageError> {
    let place = |notes: &[Note], id| {
        notes.iter().position(|note| note.id == id).ok_or(StorageError::NotFound("note of this interview"))
    };
    Ok(match change {
        NoteChange::Add(text) => {
            let id = Uuid::now_v7();
            let author = actor.to_string();
            notes.push(Note { id, text: text.clone(), author, at: now, edited_at: None, outcome: None });
            ("interview.note_added", id, Some(text))
        }
        NoteChange::Edit(id, text) => {
            let at = place(notes, id)?;
            notes[at].text.clone_from(&text);
            notes[at].edited_at = Some(now);
            ("interview.note_edited", id, Some(text))
        }
        NoteChange::Remove(id) => {
            notes.remove(place(notes, id)?);
            ("interview.note_removed", id, None)
        }
    })
}

fn notes_of(row: &interviews::Model) -> Result<Vec<Note>, StorageError> {
    serde_json::from_value(row.interviewer_notes.clone())
        .map_err(|error| StorageError::Corrupt { what: "notes", reason: error.to_string() })
}
