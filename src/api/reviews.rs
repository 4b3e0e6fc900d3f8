//! `PATCH /api/interviews/{id}`, `/review` and the review queue: what researchers write on an interview.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse};
use entity::interviews;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::{self, Fields};
use super::conditional::{self, Expected, IfMatchHeader};
use super::query::{Page, Paging, Parameters};
use super::routes::resource;
use super::{Fault, Problem, Researcher, Viewer};
use storage::{InterviewChanges, NoteChange, Outcome, StorageError};

const MOST_TAGS: usize = 50;
const LONGEST_TAG: usize = 100;
const LONGEST_NOTE: usize = 10_000;

/// Before `interviews`: `review-queue` is no id. PATCH shares its path with what is served there, and stands there.
pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(queue)).service(resource!(review));
}

/// What [`changes`] takes, for the description.
#[derive(ToSchema)]
#[schema(as = AnnotateInterview)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub(super) struct Annotate {
    /// Take the place of those there are.
    #[schema(max_items = 50)]
    tags: Option<Vec<String>>,
    /// Without an id a note is added; with one it is edited, or removed where its text is null. Others stay as they are.
    interviewer_notes: Option<Vec<NoteWanted>>,
    requires_human_review: Option<bool>,
    /// Why a human should look at it; wanted with `requires_human_review: true`.
    #[schema(pattern = r"\S")]
    escalation_reason: Option<String>,
}

#[derive(ToSchema)]
#[schema(as = NoteWanted)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct NoteWanted {
    id: Option<Uuid>,
    #[schema(max_length = 10_000)]
    text: Option<String>,
}

/// What [`review`] takes, for the description.
#[derive(ToSchema)]
#[schema(as = ReviewInterview)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Review {
    outcome: Outcome,
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
    let storage = caller.storage.expecting(expected.0);
    let interviews = storage.interviews();
    // So that a foreign interview is not told from a missing note.
    interviews.get(*id).await?;
    let row = interviews.annotate(*id, changes).await.map_err(|error| match error {
        StorageError::NotFound(_) if named => {
            let fault = Fault::new("/interviewer_notes", "it names a note that this interview does not have");
            Problem::invalid_body(vec![fault])
        }
        error => error.into(),
    })?;
    conditional::tagged(StatusCode::OK, &row)
}

fn changes(body: Value) -> Result<InterviewChanges, Problem> {
    let mut fields = Fields::of(body);
    let tags = fields.take("tags").and_then(|value| tags(&mut fields, value));
    let notes = fields.take("interviewer_notes").map(|value| notes(&mut fields, value)).unwrap_or_default();
    let requires_human_review = match fields.take("requires_human_review") {
        None => None,
        Some(Value::Bool(wanted)) => Some(wanted),
        Some(_) => {
            fields.fault("requires_human_review", "true or false is wanted here");
            None
        }
    };
    let escalation_reason = fields.text("escalation_reason");
    if requires_human_review == Some(true) && escalation_reason.is_none() {
        fields.fault("escalation_reason", "say why a human should look at it");
    }
    fields.finish()?;
    Ok(InterviewChanges { tags, notes, requires_human_review, escalation_reason })
}

fn tags(fields: &mut Fields, value: Value) -> Option<Vec<String>> {
    let Value::Array(items) = value else {
        fields.fault("tags", "a list of texts is wanted here");
        return None;
    };
    if items.len() > MOST_TAGS {
        fields.fault("tags", &format!("{MOST_TAGS} tags are the most"));
    }
    let mut tags: Vec<String> = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        match item {
            Value::String(tag) if !tag.trim().is_empty() && tag.chars().count() <= LONGEST_TAG => {
                let tag = tag.trim().to_owned();
                if !tags.contains(&tag) {
                    tags.push(tag);
                }
            }
            _ => fields
                .fault(&format!("tags/{index}"), &format!("a text of 1 to {LONGEST_TAG} characters is wanted here")),
        }
    }
    Some(tags)
}

fn notes(fields: &mut Fields, value: Value) -> Vec<NoteChange> {
    let Value::Array(items) = value else {
        fields.fault("interviewer_notes", "a list of notes is wanted here, such as [{\"text\": \"…\"}]");
        return Vec::new();
    };
    let mut changes = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let at = format!("interviewer_notes/{index}");
        let Value::Object(mut note) = item else {
            fields.fault(&at, "an object with a text is wanted here");
            continue;
        };
        let id = match note.remove("id") {
            None | Some(Value::Null) => None,
            Some(id) => {
                let id = id.as_str().and_then(|id| Uuid::parse_str(id).ok());
                if id.is_none() {
                    fields.fault(&format!("{at}/id"), "a note's id is wanted here");
                    continue;
                }
                id
            }
        };
        let text = note.remove("text");
        for name in note.keys() {
            let escaped = name.replace('~', "~0").replace('/', "~1");
            fields.fault(
                &format!("{at}/{escaped}"),
                "a note has an id and a text; who wrote it and when is noted by itself",
            );
        }
        match (id, text) {
            (Some(id), Some(Value::Null)) => changes.push(NoteChange::Remove(id)),
            (id, Some(Value::String(text))) if !text.trim().is_empty() && text.chars().count() <= LONGEST_NOTE => {
                changes.push(id.map_or_else(|| NoteChange::Add(text.clone()), |id| NoteChange::Edit(id, text.clone())));
            }
            _ => {
                fields
                    .fault(&format!("{at}/text"), &format!("a text of 1 to {LONGEST_NOTE} characters is wanted here"));
            }
        }
    }
    changes
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
    let mut fields = Fields::of(body::parse(&request, &bytes, false)?);
    let outcome = fields.take("outcome").and_then(|outcome| serde_json::from_value::<Outcome>(outcome).ok());
    if outcome.is_none() {
        fields.fault("outcome", "accepted, accepted_in_part, rejected or contacted is wanted here");
    }
    let note = fields.text("note");
    fields.finish()?;
    let outcome = outcome.unwrap_or(Outcome::Accepted);
    Ok(HttpResponse::Ok().json(caller.storage.interviews().review(*id, outcome, note).await?))
}
