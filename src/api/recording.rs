//! `/api/interviews/{id}/recording`: Ogg/Opus, both sides mixed or one of them; ranges are served.

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
        (status = 503, body = Problem, description = "the store of files does not answer now"),
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
    let recordings = caller.storage.recordings();
    // A file that goes over to the store in this moment, or goes for good, is looked for once more.
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
                let detail = "the recording is complete when the interview is over";
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

/// What is said of a recording that another engine has, and the store has not.
async fn elsewhere(recordings: &Recordings, id: Uuid) -> Result<Option<Problem>, Problem> {
    let holders = recordings.holders(&[id]).await?;
    Ok((!holders.is_empty()).then(|| {
        let detail = "the recording lies with the engine that held the call: ask again when that engine runs, and let all \
                      engines use one FILES_URL";
        Problem::new(Kind::NoRecording, detail)
    }))
}

/// Why there is no mixed file.
enum MixError {
    /// One of the tracks is gone.
    Gone,
    Problem(Problem),
}

impl From<MixError> for Problem {
    fn from(error: MixError) -> Self {
        match error {
            MixError::Gone => Problem::new(Kind::NoRecording, "this interview has no recording"),
            MixError::Problem(problem) => problem,
        }
    }
}

impl From<FilesError> for MixError {
    fn from(error: FilesError) -> Self {
        if matches!(error, FilesError::NotFound) { Self::Gone } else { Self::Problem(error.into()) }
    }
}

/// The tracks as one file, made when it is first asked for.
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
            tracing::error!(interview_id = %id, %error, "the recording can't be mixed");
            return failed(Kind::RecordingNotMixed, "the recording can't be mixed; each ?side= is there");
        }
        Err(_) => return failed(Kind::ServerStopping, "the server is stopping"),
    }
    // After it was written: an erasure that was committed while it was being made has not seen it.
    let erased = storage.erased_files().erased(&[id]).await.map_err(|error| MixError::Problem(error.into()))?;
    if !erased.is_empty() {
        recordings.remove(id).await?;
        return Err(MixError::Gone);
    }
    recordings.mixed(id, tracks).await?.ok_or(MixError::Gone)
}
