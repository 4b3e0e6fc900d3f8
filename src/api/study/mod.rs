//! A whole study to take away, as JSON, CSV or a zip: `GET /api/call-guides/{id}/study` streams it at once,
//! `POST` on the same path has it written in the background (a task), to be fetched from `/api/exports/{task_id}`.
//!
//! The stream is written as it is read, so that neither the size of a study nor a slow reader costs memory; whoever hangs up
//! ends it. A fault on the way breaks the connection off: what has arrived is then recognisably incomplete.
//!
//! Owns: what is asked for, and the way to the client (`out`). What is in it, `crate::study` knows.

mod out;

use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use entity::TaskState;
use interview::guide::slug;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::query::Parameters;
use super::queued::{Queued, queued};
use super::routes::resource;
use super::stored::{self, Named};
use super::{AppState, Kind, Problem, Viewer, limits};
use crate::study::task::{ExportRequest, enqueue};
use crate::study::{Format, Pages, Study};
use storage::exports::{ERASURE, EXPIRED, EXPORT_STUDY, REMOVED_BECAUSE};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(study, write_study)).service(resource!(fetch));
}

/// Which interviews, and how they are written.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// json when missing.
    #[param(inline)]
    format: Option<Format>,
    #[param(inline)]
    status: Option<entity::Status>,
    /// Interviews made at this time or later.
    from: Option<DateTime<Utc>>,
    /// Interviews made before this time.
    to: Option<DateTime<Utc>>,
}

fn wanted(id: Uuid, request: &HttpRequest) -> Result<ExportRequest, Problem> {
    let mut query = Parameters::of(request);
    let Wanted { format, status, from, to } = query.read();
    query.finish()?;
    let now = Utc::now();
    let to = to.map_or(now, |to| to.min(now));
    Ok(ExportRequest { call_guide_id: id, format: format.unwrap_or(Format::Json), status, from, to })
}

/// Take a study away
///
/// JSON: every interview with its answers. CSV: a row an answer. Zip: both, the transcripts (JSON, text and WebVTT), and the
/// recordings of those who agreed to be recorded. Streams, however large the study is. Two may be under way to one caller; beyond
/// that the answer is 429.
#[utoipa::path(
    get,
    path = "/api/call-guides/{id}/study",
    params(("id" = Uuid, Path), Wanted),
    responses((status = 200, content(
        (Object = "application/json"), (String = "text/csv"), (Vec<u8> = "application/zip"),
    )))
)]
async fn study(
    state: Data<AppState>,
    caller: Viewer,
    id: Path<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let wanted = wanted(*id, &request)?;
    let (format, filter) = (wanted.format, wanted.filter());
    let (_, guide) = caller.storage.guides().newest(*id).await?;
    let turn = limits::long_answer(&state, &caller)?;
    caller.storage.studies().note_export(&filter, format.ending(), &caller.actor).await?;
    let name = file_name(&guide.name, format);
    let pages = Pages {
        storage: caller.storage.clone(),
        filter,
        runtime: tokio::runtime::Handle::current(),
        watch: Box::new(|_| true),
    };
    let study = Study { guide, pages };
    let body = out::stream(move |out| {
        let _turn = turn;
        study.write(out, format)
    });
    Ok(HttpResponse::Ok().insert_header(name).content_type(format.media_type()).streaming(body))
}

/// Have a study written in the background
///
/// For large ones, and for those with recordings: the file is fetched when the task is `completed`, in one go or in ranges.
/// Callers may have only so many tasks open (TASKS_OPEN_PER_CALLER, TASKS_OPEN_PER_WORKSPACE).
#[utoipa::path(
    post,
    path = "/api/call-guides/{id}/study",
    params(("id" = Uuid, Path), Wanted),
    responses(
        (status = 202, body = Queued, description = "it is being written: its result names the file"),
        (status = 429, body = Problem, description = "as many tasks are open as may be, or too many requests",
            headers(("Retry-After" = u64))),
    )
)]
async fn write_study(caller: Viewer, id: Path<Uuid>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let wanted = wanted(*id, &request)?;
    caller.storage.guides().newest(*id).await?;
    // Before it is noted: what is refused was no export.
    caller.storage.tasks().check_room(&caller.actor).await?;
    caller.storage.studies().note_export(&wanted.filter(), wanted.format.ending(), &caller.actor).await?;
    let task_id = enqueue(&caller.storage, &wanted, &caller.actor).await?;
    Ok(queued(task_id))
}

/// Fetch a study that was written in the background
///
/// It is kept for a day, and removed when somebody's personal data is erased.
#[utoipa::path(
    get,
    path = "/api/exports/{task_id}",
    params(
        ("task_id" = Uuid, Path),
        ("Range" = Option<String>, Header, description = "As in RFC 9110, in bytes"),
    ),
    responses(
        (status = 200, content(
            (Object = "application/json"), (String = "text/csv"), (Vec<u8> = "application/zip"),
        )),
        (status = 206, body = [u8], content_type = "application/octet-stream", description = "the range that was asked for"),
        (status = 304, description = "it has not changed since"),
        (status = 409, body = Problem, description = "it is not written yet, or could not be"),
        (status = 410, body = Problem, description = "it was removed"),
        (status = 412, body = Problem, description = "it has changed since"),
        (status = 416, body = Problem, description = "there is no such range"),
        (status = 503, body = Problem, description = "the store of files does not answer now"),
    )
)]
async fn fetch(caller: Viewer, id: Path<Uuid>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let task = caller.storage.tasks().get(*id).await?;
    let Some(wanted) =
        (task.kind == EXPORT_STUDY).then(|| serde_json::from_value::<ExportRequest>(task.payload).ok()).flatten()
    else {
        return Err(Problem::not_found("there is no export with this id"));
    };
    if task.state != TaskState::Completed {
        let state = task.state.as_str();
        return Err(Problem::conflict(format!("the export is {state}: GET /api/tasks/{id} says more")));
    }
    let because = task.result.as_ref().and_then(|result| result.get(REMOVED_BECAUSE)?.as_str());
    if let Some(because) = because {
        return Err(removed(because));
    }
    let (_, guide) = caller.storage.guides().newest(wanted.call_guide_id).await?;
    let found = caller.storage.exports().find(*id, wanted.format.ending()).await?;
    let content = found.ok_or_else(|| removed(""))?;
    let named = Named { media_type: wanted.format.media_type(), disposition: file_name(&guide.name, wanted.format) };
    match stored::answer(&request, &content, named).await {
        Err(problem) if problem.is(Kind::NotFound) => Err(removed("")),
        answered => answered,
    }
}

fn removed(because: &str) -> Problem {
    let detail = match because {
        ERASURE => "the export was removed because of an erasure of personal data: have it written again",
        EXPIRED => "exports are kept for a day: have it written again",
        // Somebody has removed it in the store itself, or workers write to another place than this engine reads.
        _ => {
            "the export is not where it was written: have it written again, and let engines and workers use one FILES_URL"
        }
    };
    Problem::new(Kind::ExportRemoved, detail)
}

fn file_name(guide: &str, format: Format) -> ContentDisposition {
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(format!("{}-study.{}", slug(guide), format.ending()))],
    }
}
