//! `PATCH /api/interviews/{id}`, `/review` and the review queue: what researchers write about an
//! interview.

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

/// Registers the routes before those of `interviews`, because `review-queue` is not an id. PATCH is
/// registered there, because it shares its path with other methods.
pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(queue)).service(resource!(review));
}

#[derive(Deserialize, ToSchema)]
#[schema(as = AnnotateInterview)]
#[serde(deny_unknown_fields)]
pub(super) struct Annotate {
    /// These tags replace the existing ones.
    #[schema(max_items = 50)]
    tags: Option<Vec<Tag>>,
    /// A note without an id is added. A note with an id is edited, or removed if its text is null.
    /// Other notes are not changed.
    interviewer_notes: Option<Vec<NoteWanted>>,
    requires_human_review: Option<bool>,
    /// Why a person should look at the interview. Required with `requires_human_review: true`.
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

/// Change tags, notes, and the need for a review
///
/// What is not named is not changed.
#[utoipa::path(
    patch,
    path = "/api/interviews/{id}",
    params(("id" = Uuid, Path), IfMatchHeader),
    request_body = Annotate,
    responses(
        (status = 200, body = interviews::Model),
        (status = 422, body = Problem, description = "The body has faults, or names a note that does not exist."),
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
    // An interview of another workspace must not be distinguishable from a missing one.
    interviews.get(*id).await?;
    let row = interviews.annotate(*id, changes, &caller.edit(expected.0)).await.map_err(|error| match error {
        StorageError::NotFound(_) if named => {
            let fault = Fault::new("/interviewer_notes", "This names a note that the interview does not have.");
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
        body.fault("escalation_reason", "This must say why a person should look at the interview.");
    }
    let notes: Vec<NoteWanted> = body.get("interviewer_notes").unwrap_or_default();
    for (index, note) in notes.iter().enumerate() {
        if note.id.is_none() && note.text.is_none() {
            body.fault(
                &format!("interviewer_notes/{index}/text"),
                "This must be a text. Only a note with an id can be removed.",
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

/// List the review queue
///
/// The oldest interview comes first.
#[utoipa::path(
    get,
    path = "/api/interviews/review-queue",
    operation_id = "review_queue",
    params(Paging),
    responses((status = 200, body = Page<interviews::Model>))
)]
async fn queue(caller: Viewer, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let (limit, cursor) = query.paging();
    query.finish()?;
    let rows = caller.storage.interviews().waiting_for_review(cursor, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |row| row.id)))
}

/// Close a review
///
/// The outcome and the note are added to the notes of the interview.
#[utoipa::path(
    post,
    path = "/api/interviews/{id}/review",
    params(("id" = Uuid, Path)),
    request_body = Review,
    responses(
        (status = 200, body = interviews::Model),
        (status = 409, body = Problem, description = "The interview does not need a review."),
        (status = 422, body = Problem, description = "The body has faults."),
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
