//! The export of a whole study as JSON, CSV or zip. `GET /api/call-guides/{id}/study` streams it at
//! once. `POST` on the same path has it written by a background task, and the file is then at
//! `/api/exports/{task_id}`.
//!
//! The stream is sent while it is written, so that neither the size of a study nor a slow client
//! costs memory. If the client disconnects, writing stops. If an error occurs, the connection is
//! aborted, so that the client can see that the file is incomplete.
//!
//! Owns: the parameters, and the transport to the client (`out`). Never does: know the content
//! (`crate::study` does).

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

/// The interviews to export, and the format.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// json if missing.
    #[param(inline)]
    format: Option<Format>,
    #[param(inline)]
    status: Option<entity::Status>,
    /// Interviews created at this time or later.
    from: Option<DateTime<Utc>>,
    /// Interviews created before this time.
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

/// Export a study
///
/// JSON holds every interview with its answers. CSV holds one row for each answer. The zip archive
/// holds both, the transcripts (JSON, text and WebVTT), and the recordings of respondents who
/// consented to them. The answer is streamed, however large the study is. Each caller may receive
/// two such streams at a time. A further request is answered with 429.
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

/// Export a study in the background
///
/// This is for large studies and for those with recordings. When the task is `completed`, the file
/// can be downloaded as a whole or in ranges. The number of open tasks is limited for each caller
/// and workspace (TASKS_OPEN_PER_CALLER, TASKS_OPEN_PER_WORKSPACE).
#[utoipa::path(
    post,
    path = "/api/call-guides/{id}/study",
    params(("id" = Uuid, Path), Wanted),
    responses(
        (status = 202, body = Queued,
            description = "The export is being written. The result of the task names the file."),
        (status = 429, body = Problem, description = "The limit of open tasks or of requests is reached.",
            headers(("Retry-After" = u64))),
    )
)]
async fn write_study(caller: Viewer, id: Path<Uuid>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let wanted = wanted(*id, &request)?;
    caller.storage.guides().newest(*id).await?;
    // This precedes the entry in the audit trail, because a refused request is not an export.
    caller.storage.tasks().check_room(&caller.actor).await?;
    caller.storage.studies().note_export(&wanted.filter(), wanted.format.ending(), &caller.actor).await?;
    let task_id = enqueue(&caller.storage, &wanted, &caller.actor).await?;
    Ok(queued(task_id))
}

/// Download a study that was exported in the background
///
/// The file is kept for a day. It is removed earlier if the personal data of one of its respondents
/// is erased.
#[utoipa::path(
    get,
    path = "/api/exports/{task_id}",
    params(
        ("task_id" = Uuid, Path),
        ("Range" = Option<String>, Header, description = "As defined in RFC 9110, in bytes."),
    ),
    responses(
        (status = 200, content(
            (Object = "application/json"), (String = "text/csv"), (Vec<u8> = "application/zip"),
        )),
        (status = 206, body = [u8], content_type = "application/octet-stream", description = "The requested range."),
        (status = 304, description = "The file has not changed."),
        (status = 409, body = Problem, description = "The export is not complete, or it failed."),
        (status = 410, body = Problem, description = "The export was removed."),
        (status = 412, body = Problem, description = "The file has changed."),
        (status = 416, body = Problem, description = "The range lies outside the file."),
        (status = 503, body = Problem, description = "The store of files does not answer at present."),
    )
)]
async fn fetch(caller: Viewer, id: Path<Uuid>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let task = caller.storage.tasks().get(*id).await?;
    let Some(wanted) =
        (task.kind == EXPORT_STUDY).then(|| serde_json::from_value::<ExportRequest>(task.payload).ok()).flatten()
    else {
        return Err(Problem::not_found("There is no export with this id."));
    };
    if task.state != TaskState::Completed {
        let state = task.state.as_str();
        return Err(Problem::conflict(format!("The state of the export is {state}. GET /api/tasks/{id} says more.")));
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
        ERASURE => "The export was removed because of an erasure of personal data. Start it again.",
        EXPIRED => "The export was removed after a day. Start it again.",
        // The file was removed from the store itself, or workers use another store than this
        // engine.
        _ => "The export is not in the store. Start it again, and let engines and workers use the same FILES_URL.",
    };
    Problem::new(Kind::ExportRemoved, detail)
}

fn file_name(guide: &str, format: Format) -> ContentDisposition {
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(format!("{}-study.{}", slug(guide), format.ending()))],
    }
}
