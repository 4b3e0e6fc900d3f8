//! `PATCH /api/interviews/{id}`, `/review` and the review queue: what researchers write on an interview.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse};
use entity::interviews;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body;
use super::conditional::{self, Expected, IfMatchHeader};
use super::described::Described;
use super::query::{Page, Paging, Parameters};
use super::routes::resource;
use super::{Fault, Problem, Researcher, Viewer};
use storage::{InterviewChanges, NoteChange, ReviewOutcome, StorageError};

/// Before `interviews`: `review-queue` is no id. PATCH shares its path with what is served there, and stands there.
pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(queue)).service(resource!(review));
}

#[derive(Deserialize, ToSchema)]
#[schema(as = AnnotateInterview)]
#[serde(deny_unknown_fields)]
pub(super) struct Annotate {
    /// Take the place of those there are.
    #[schema(max_items = 50)]
    tags: Option<Vec<Tag>>,
    /// Without an id a note is added; with one it is edited, or removed where its text is null. Others stay as they are.
    interviewer_notes: Option<Vec<NoteWanted>>,
    requires_human_review: Option<bool>,
    /// Why a human should look at it; wanted with `requires_human_review: true`.
    #[schema(pattern = r"\S")]
    escalation_reason: Option<String>,
}

/// One tag.
#[derive(Deserialize, ToSchema)]
#[schema(as = Tag, pattern = r"\S", max_length = 100)]
struct Tag(String);

#[derive(Deserialize, ToSchema)]
#[schema(as = NoteWanted)]
#[serde(deny_unknown_fields)]
struct NoteWanted {
    id: Option<Uuid>,
    #[schema(required, pattern = r"\S", max_length = 10_000)]
    text: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = ReviewInterview)]
#[serde(deny_unknown_fields)]
struct Review {
    outcome: ReviewOutcome,
    #[schema(pattern = r"\S")]
    note: Option<String>,
}

/// Change tags, notes, and whether a human should look at it
///
/// What is not named stays as it is.
#[utoipa::path(
    patch,
    path = "/api/interviews/{id}",
    params(("id" = Uuid, Path), IfMatchHeader),
    request_body = Annotate,
    responses(
        (status = 200, body = interviews::Model),
        (status = 422, body = Problem, description = "the body has faults, or names a note that is not there"),
    )
)]
pub(super) async fn annotate(
    caller: Researcher,
    id: Path<Uuid>,
    expected: Expected,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse, Problem> {
    let changes = changes(body::parse(&request, &bytes, false)?)?;
    let named = changes.notes.iter().any(|change| !matches!(change, NoteChange::Add(_)));
    let interviews = caller.storage.interviews();
    // So that a foreign interview is not told from a missing note.
    interviews.get(*id).await?;
    let row = interviews.annotate(*id, changes, &caller.edit(expected.0)).await.map_err(|error| match error {
        StorageError::NotFound(_) if named => {
            let fault = Fault::new("/interviewer_notes", "it names a note that this interview does not have");
            Problem::invalid_body(vec![fault])
        }
        error => error.into(),
    })?;
    conditional::tagged(StatusCode::OK, &row)
}

fn changes(body: Value) -> Result<InterviewChanges, Problem> {
    let mut body = Described::<Annotate>::of(body);
    let is_text = |value: Option<String>| value.is_some_and(|text| !text.trim().is_empty());
    if body.get("requires_human_review") == Some(true) && !is_text(body.get("escalation_reason")) {
        body.fault("escalation_reason", "say why a human should look at it");
    }
    let notes: Vec<NoteWanted> = body.get("interviewer_notes").unwrap_or_default();
    for (index, note) in notes.iter().enumerate() {
        if note.id.is_none() && note.text.is_none() {
            body.fault(
                &format!("interviewer_notes/{index}/text"),
                "a text is wanted here: only a note with an id is removed",
            );
        }
    }
    let Annotate { tags, interviewer_notes, requires_human_review, escalation_reason } = body.finish()?;
    let tags = tags.map(|tags| {
        let mut kept: Vec<String> = Vec::new();
        for Tag(tag) in tags {
            let tag = tag.trim().to_owned();
            if !kept.contains(&tag) {
                kept.push(tag);
            }
        }
        kept
    });
    let change = |note: NoteWanted| match (note.id, note.text) {
        (Some(id), Some(text)) => Some(NoteChange::Edit(id, text)),
        (Some(id), None) => Some(NoteChange::Remove(id)),
        (None, text) => text.map(NoteChange::Add),
    };
    let notes = interviewer_notes.into_iter().flatten().filter_map(change).collect();
    Ok(InterviewChanges { tags, notes, requires_human_review, escalation_reason })
}

/// List what waits for a human
///
/// The oldest first.
#[utoipa::path(
    get,
    path = "/api/interviews/review-queue",
    operation_id = "review_queue",
    params(Paging),
    responses((status = 200, body = Page<interviews::Model>))
)]
async fn queue(caller: Viewer, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let (limit, cursor) = (query.limit(), query.cursor());
    query.finish()?;
    let rows = caller.storage.interviews().waiting_for_review(cursor, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |row| row.id)))
}

/// Close a review
///
/// The outcome and the note are kept among the interview's notes.
#[utoipa::path(
    post,
    path = "/api/interviews/{id}/review",
    params(("id" = Uuid, Path)),
    request_body = Review,
    responses(
        (status = 200, body = interviews::Model),
        (status = 409, body = Problem, description = "the interview waits for no review"),
        (status = 422, body = Problem, description = "the body has faults"),
    )
)]
async fn review(
    caller: Researcher,
    id: Path<Uuid>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse, Problem> {
    let Review { outcome, note } = Described::of(body::parse(&request, &bytes, false)?).finish()?;
    Ok(HttpResponse::Ok().json(caller.storage.interviews().review(*id, outcome, note, &caller.actor).await?))
}
