//! `/api/interviews/{id}/personal-data`, `/api/respondents/{respondent_id}/personal-data`: a
//! person's rights over their data, exercised by an admin. Both paths lead to the same person. The
//! receipt of an erasure is kept longer than the respondent's id.

use actix_web::http::header::{self, ContentDisposition};
use actix_web::web::{self, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::query::Parameters;
use super::routes::resource;
use super::{Admin, AppState, Kind, Problem, limits};
use crate::privacy::{self, ErasureContext, ErasureError, PersonalData};
use storage::StorageError;
use storage::receipts::Receipt;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(of_interview, erase)).service(resource!(receipt)).service(resource!(of_respondent));
}

/// Export the data of an interview's respondent
///
/// The export covers all interviews of the respondent, as JSON or as an archive with the
/// recordings.
#[utoipa::path(
    get,
    path = "/api/interviews/{id}/personal-data",
    operation_id = "personal_data",
    params(
        ("id" = Uuid, Path),
        ("format" = Option<String>, Query, pattern = "^(json|zip)$", description = "`json` if missing."),
    ),
    responses((status = 200, content((PersonalData = "application/json"), (Vec<u8> = "application/zip"))))
)]
async fn of_interview(
    state: Data<AppState>,
    caller: Admin,
    id: Path<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let respondent = caller.storage.interviews().get(*id).await?.respondent_id;
    export(&state, &caller, &respondent, &request).await
}

/// Export the data of a respondent
///
/// The export covers all interviews of the respondent, as JSON or as an archive with the
/// recordings.
#[utoipa::path(
    get,
    path = "/api/respondents/{respondent_id}/personal-data",
    operation_id = "personal_data",
    params(
        ("respondent_id" = String, Path),
        ("format" = Option<String>, Query, pattern = "^(json|zip)$", description = "`json` if missing."),
    ),
    responses((status = 200, content((PersonalData = "application/json"), (Vec<u8> = "application/zip"))))
)]
async fn of_respondent(
    state: Data<AppState>,
    caller: Admin,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    export(&state, &caller, &id, &request).await
}

/// Exports the data as JSON, or (`?format=zip`) as an archive with the recordings.
async fn export(
    state: &AppState,
    caller: &Admin,
    respondent_id: &str,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(request);
    let zip = query.parse("format", "This must be json or zip.", |name| match name {
        "json" => Some(false),
        "zip" => Some(true),
        _ => None,
    });
    query.finish()?;
    let data = PersonalData::of(&caller.storage, respondent_id, Utc::now()).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    if zip != Some(true) {
        return Ok(response.json(data));
    }
    let _turn = limits::long_answer(state, caller)?;
    let runtime = tokio::runtime::Handle::current();
    let archive = match web::block(move || data.archive(&runtime)).await {
        Ok(Ok(archive)) => archive,
        Ok(Err(error)) => {
            tracing::error!(%error, "an archive of personal data cannot be made");
            return Err(Problem::new(Kind::ArchiveFailed, "The archive cannot be made. The JSON format is available."));
        }
        Err(_) => return Err(Problem::new(Kind::ServerStopping, "The engine is shutting down.")),
    };
    response.insert_header(ContentDisposition::attachment("personal-data.zip"));
    Ok(response.content_type("application/zip").body(archive))
}

/// Erase an interview's respondent
///
/// Erases the respondent in all interviews of the workspace: names, words and recordings, and the
/// key to the words in the append-only log. A repeated request returns the same receipt. While the
/// receipt says `files_pending`, some files are out of reach. A background task removes them as
/// soon as possible.
#[utoipa::path(
    delete,
    path = "/api/interviews/{id}/personal-data",
    operation_id = "erase",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Receipt, description = "The receipt of the erasure."),
        (status = 409, body = Problem, description = "One of the respondent's interviews has a live call."),
    )
)]
async fn erase(state: Data<AppState>, caller: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let context = ErasureContext { storage: &caller.storage, calls: state.calls.as_ref(), metrics: &state.metrics };
    let receipt = privacy::erase(context, *id, caller.actor.as_str(), Utc::now()).await?;
    Ok(HttpResponse::Ok().json(receipt))
}

/// Get the receipt of an erasure
///
/// Returns the newest receipt that covers the interview, or 404 if nothing was erased.
#[utoipa::path(
    get,
    path = "/api/interviews/{id}/personal-data/receipt",
    operation_id = "erasure_receipt",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Receipt))
)]
async fn receipt(caller: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    caller.storage.interviews().get(*id).await?;
    let receipts = caller.storage.receipts().of_interview(*id).await?;
    let newest = receipts.into_iter().next();
    newest
        .map(|receipt| HttpResponse::Ok().json(receipt))
        .ok_or_else(|| Problem::not_found("Nothing was erased in this interview."))
}

impl From<ErasureError> for Problem {
    fn from(error: ErasureError) -> Self {
        match error {
            ErasureError::Storage(StorageError::Conflict(why)) => Problem::new(Kind::CallInProgress, why),
            ErasureError::Storage(error) => error.into(),
            ErasureError::Live(id) => Problem::new(
                Kind::CallInProgress,
                format!(
                    "Interview {id} has a live call. Cancel it first (DELETE /api/interviews/{id}), and then repeat \
                        the request."
                ),
            ),
            ErasureError::StillWaiting(waiting) => {
                Problem::new(Kind::EventsWaiting, super::error::sentence(&waiting)).retry_after(5)
            }
        }
    }
}
