//! `/api/interviews/{id}/recording`: Ogg/Opus, both sides mixed or one of them; ranges are served.

use std::fs::File;
use std::path::PathBuf;

use actix_files::NamedFile;
use actix_web::http::header::{ContentDisposition, ContentEncoding, DispositionType};
use actix_web::web::{self, Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use interview::io::{Command, Means};
use utoipa::ToSchema;

use super::body;
use super::described::Described;
use super::query::Parameters;
use super::routes::resource;
use super::{AppState, Kind, Problem, Researcher, Viewer};
use storage::Side;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(get));
    cfg.service(resource!(stop));
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StopRecording {
    /// Whether what was recorded so far is deleted as well.
    delete_so_far: bool,
}

/// Stop recording a live call
///
/// For a respondent who takes consent to record back by other means than the call. The interview goes on.
#[utoipa::path(
    post,
    path = "/api/interviews/{id}/recording/stop",
    operation_id = "stop_recording",
    params(("id" = Uuid, Path)),
    request_body = StopRecording,
    responses(
        (status = 202, description = "the call is told"),
        (status = 409, body = Problem, description = "no call is on"),
        (status = 422, body = Problem, description = "the body has faults"),
    )
)]
async fn stop(
    state: Data<AppState>,
    caller: Researcher,
    id: Path<Uuid>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse, Problem> {
    // That there is no such interview is said first, whatever the body.
    let interview = caller.storage.interviews().get(*id).await?;
    let StopRecording { delete_so_far } = Described::of(body::parse(&request, &bytes, false)?).finish()?;
    let command = Command::StopRecording { delete_so_far, by: Means::Api };
    match state.calls.command(interview.id, command).await {
        Ok(()) => Ok(HttpResponse::Accepted().finish()),
        Err(_) => Err(Problem::new(Kind::NoLiveCall, "no call of this interview is on, so nothing is being recorded")),
    }
}

/// Hear the interview
///
/// Both sides in one file, or one of them; there only with the respondent's consent to record.
#[utoipa::path(
    get,
    path = "/api/interviews/{id}/recording",
    operation_id = "recording",
    params(
        ("id" = Uuid, Path),
        ("side" = Option<String>, Query, pattern = "^(respondent|interviewer)$"),
        ("Range" = Option<String>, Header, description = "As in RFC 9110, in bytes"),
    ),
    responses(
        (status = 200, body = [u8], content_type = "audio/ogg"),
        (status = 206, body = [u8], content_type = "audio/ogg", description = "the range that was asked for"),
        (status = 304, description = "it has not changed since"),
        (status = 409, body = Problem, description = "both sides are mixed when the interview is over"),
        (status = 412, body = Problem, description = "it has changed since"),
        (status = 416, body = Problem, description = "there is no such range"),
    )
)]
async fn get(
    state: Data<AppState>,
    caller: Viewer,
    id: Path<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let side = query.parse("side", "respondent or interviewer is wanted here", |name| match name {
        "respondent" => Some(Side::Respondent),
        "interviewer" => Some(Side::Interviewer),
        _ => None,
    });
    query.finish()?;
    let interview = caller.storage.interviews().get(*id).await?;
    let missing = || Problem::new(Kind::NoRecording, "this interview has no recording");
    if !interview.has_recording() {
        return Err(missing());
    }
    let files = state.storage.recordings().files(*id, side);
    let path = match files.as_slice() {
        [] => return Err(missing()),
        [whole] if side.is_some() => whole.clone(),
        _ if interview.status.is_over() => mixed(&state, *id, side, files).await?,
        _ => return Err(Problem::new(Kind::InterviewNotOver, "the recording is complete when the interview is over")),
    };
    let file = NamedFile::open_async(&path).await.map_err(|_| missing())?;
    let disposition = ContentDisposition { disposition: DispositionType::Inline, parameters: Vec::new() };
    // The file's ending says audio/ogg. It is compressed as it is, and ranges are of these very bytes.
    let file = file.set_content_disposition(disposition).set_content_encoding(ContentEncoding::Identity);
    Ok(file.into_response(&request))
}

/// The files as one, made when it is first asked for.
async fn mixed(state: &AppState, id: Uuid, side: Option<Side>, files: Vec<PathBuf>) -> Result<PathBuf, Problem> {
    let mixed = state.storage.recordings().mixed(id, side);
    let (mixer, target) = (state.mixer.clone(), mixed.clone());
    let made = web::block(move || {
        if target.exists() {
            return Ok(());
        }
        // Under another name first: nobody is served half a file.
        let draft = target.with_extension(format!("{}.part", Uuid::now_v7()));
        mixer(&files, File::create(&draft)?)?;
        std::fs::rename(&draft, &target)
    })
    .await;
    match made {
        Ok(Ok(())) => Ok(mixed),
        Ok(Err(error)) => {
            tracing::error!(interview_id = %id, %error, "the recording can't be mixed");
            Err(Problem::new(Kind::RecordingNotMixed, "the recording can't be mixed; each ?side= is there"))
        }
        Err(_) => Err(Problem::new(Kind::ServerStopping, "the server is stopping")),
    }
}
