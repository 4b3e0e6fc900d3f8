//! `/api/interviews/{id}/recording`: the recording as Ogg/Opus, with both sides mixed or one of
//! them. Ranges are supported.

use actix_web::http::header::{ContentDisposition, DispositionType};
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
use super::stored::{self, Named};
use super::{AppState, Kind, Problem, Researcher, Viewer};
use files::{Content, FilesError};
use storage::{Recordings, Side, Storage, Track};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(get));
    cfg.service(resource!(stop));
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StopRecording {
    /// If true, everything recorded so far is deleted as well.
    delete_so_far: bool,
}

/// Stop recording a live call
///
/// For a respondent who withdraws the consent to record by other means than in the call. The
/// interview continues.
#[utoipa::path(
    post,
    path = "/api/interviews/{id}/recording/stop",
    operation_id = "stop_recording",
    params(("id" = Uuid, Path)),
    request_body = StopRecording,
    responses(
        (status = 202, description = "The call has been told to stop recording."),
        (status = 409, body = Problem, description = "There is no live call."),
        (status = 422, body = Problem, description = "The body has faults."),
    )
)]
async fn stop(
    state: Data<AppState>,
    caller: Researcher,
    id: Path<Uuid>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse, Problem> {
    // A missing interview is reported before any fault of the body.
    let interview = caller.storage.interviews().get(*id).await?;
    let StopRecording { delete_so_far } = Described::of(body::parse(&request, &bytes, false)?).finish()?;
    let command = Command::StopRecording { delete_so_far, by: Means::Api };
    match state.calls.command(interview.id, command).await {
        Ok(()) => Ok(HttpResponse::Accepted().finish()),
        Err(_) => Err(Problem::new(Kind::NoLiveCall, "This interview has no live call, so nothing is being recorded.")),
    }
}

/// Get the recording
///
/// Returns both sides in one file, or one of them. There is a recording only if the respondent has
/// consented to it.
#[utoipa::path(
    get,
    path = "/api/interviews/{id}/recording",
    operation_id = "recording",
    params(
        ("id" = Uuid, Path),
        ("side" = Option<String>, Query, pattern = "^(respondent|interviewer)$"),
        ("Range" = Option<String>, Header, description = "As defined in RFC 9110, in bytes."),
    ),
    responses(
        (status = 200, body = [u8], content_type = "audio/ogg"),
        (status = 206, body = [u8], content_type = "audio/ogg", description = "The requested range."),
        (status = 304, description = "The file has not changed."),
        (status = 409, body = Problem, description = "The interview is not over. Both sides are mixed at its end."),
        (status = 412, body = Problem, description = "The file has changed."),
        (status = 416, body = Problem, description = "The range lies outside the file."),
        (status = 503, body = Problem, description = "The store of files does not answer at present."),
    )
)]
async fn get(
    state: Data<AppState>,
    caller: Viewer,
    id: Path<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let side = query.parse("side", "This must be respondent or interviewer.", |name| match name {
        "respondent" => Some(Side::Respondent),
        "interviewer" => Some(Side::Interviewer),
        _ => None,
    });
    query.finish()?;
    let interview = caller.storage.interviews().get(*id).await?;
    let missing = || Problem::new(Kind::NoRecording, "This interview has no recording.");
    if !interview.has_recording() {
        return Err(missing());
    }
    let recordings = caller.storage.recordings();
    // A file may be moved to the store or deleted at this moment, so it is looked up a second time.
    for _ in 0..2 {
        let tracks = recordings.tracks(*id, side).await?;
        let content = match tracks.as_slice() {
            [] => return Err(elsewhere(&recordings, *id).await?.unwrap_or_else(missing)),
            [whole] if side.is_some() => whole.content.clone(),
            _ if interview.status.is_over() => match mixed(&state, &caller.storage, *id, &tracks).await {
                Err(MixError::Gone) => continue,
                mixed => mixed?,
            },
            _ => {
                let detail = "The recording is complete when the interview is over.";
                return Err(Problem::new(Kind::InterviewNotOver, detail));
            }
        };
        let disposition = ContentDisposition { disposition: DispositionType::Inline, parameters: Vec::new() };
        let named = Named { media_type: "audio/ogg", disposition };
        match stored::answer(&request, &content, named).await {
            Err(problem) if problem.is(Kind::NotFound) => {}
            answered => return answered,
        }
    }
    Err(missing())
}

/// Returns the problem of a recording that is on another engine's disk and not in the store.
async fn elsewhere(recordings: &Recordings, id: Uuid) -> Result<Option<Problem>, Problem> {
    let holders = recordings.holders(&[id]).await?;
    Ok((!holders.is_empty()).then(|| {
        let detail = "The recording is on the disk of the engine that held the call. Try again when that engine runs, \
                      and let all engines use the same FILES_URL.";
        Problem::new(Kind::NoRecording, detail)
    }))
}

/// The reason why there is no mixed file.
enum MixError {
    /// One of the tracks no longer exists.
    Gone,
    Problem(Problem),
}

impl From<MixError> for Problem {
    fn from(error: MixError) -> Self {
        match error {
            MixError::Gone => Problem::new(Kind::NoRecording, "This interview has no recording."),
            MixError::Problem(problem) => problem,
        }
    }
}

impl From<FilesError> for MixError {
    fn from(error: FilesError) -> Self {
        if matches!(error, FilesError::NotFound) { Self::Gone } else { Self::Problem(error.into()) }
    }
}

/// Returns the tracks as one file, which is made at the first request.
async fn mixed(state: &AppState, storage: &Storage, id: Uuid, tracks: &[Track]) -> Result<Content, MixError> {
    let recordings = storage.recordings();
    if let Some(content) = recordings.mixed(id, tracks).await? {
        return Ok(content);
    }
    let mut files = Vec::with_capacity(tracks.len());
    for track in tracks {
        files.push(track.content.open().await?);
    }
    let (mixer, mut writer) = (state.mixer.clone(), recordings.mix(id, tracks).await?);
    let made = web::block(move || {
        mixer(files, &mut writer)?;
        Ok::<_, std::io::Error>(writer.finish()?)
    })
    .await;
    let failed = |kind, detail: &str| Err(MixError::Problem(Problem::new(kind, detail)));
    match made {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => {
            tracing::error!(interview_id = %id, %error, "the recording cannot be mixed");
            return failed(Kind::RecordingNotMixed, "The recording cannot be mixed. Each ?side= is available.");
        }
        Err(_) => return failed(Kind::ServerStopping, "The engine is shutting down."),
    }
    // This check comes after writing, because an erasure that was committed during the mixing did
    // not see the file.
    let erased = storage.erased_files().erased(&[id]).await.map_err(|error| MixError::Problem(error.into()))?;
    if !erased.is_empty() {
        recordings.remove(id).await?;
        return Err(MixError::Gone);
    }
    recordings.mixed(id, tracks).await?.ok_or(MixError::Gone)
}
