//! `/api/interviews/{id}/personal-data`, `/api/respondents/{respondent_id}/personal-data`: a person's rights over their
//! data, carried out by an admin. Both name the same person; the receipt outlives the respondent's id.

use actix_web::http::header::{self, ContentDisposition};
use actix_web::web::{self, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::query::Parameters;
use super::routes::resource;
use super::{Admin, AppState, Kind, Problem, limits};
use crate::privacy::{self, ErasureError, PersonalData, Place};
use storage::StorageError;
use storage::receipts::Receipt;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(of_interview, erase)).service(resource!(receipt)).service(resource!(of_respondent));
}

/// Everything held of the interview's respondent
///
/// In all their interviews: as JSON, or as an archive with the recordings.
#[utoipa::path(
    get,
    path = "/api/interviews/{id}/personal-data",
    operation_id = "personal_data",
    params(
        ("id" = Uuid, Path),
        ("format" = Option<String>, Query, pattern = "^(json|zip)$", description = "json when missing"),
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

/// Everything held of a respondent
///
/// In all their interviews: as JSON, or as an archive with the recordings.
#[utoipa::path(
    get,
    path = "/api/respondents/{respondent_id}/personal-data",
    operation_id = "personal_data",
    params(
        ("respondent_id" = String, Path),
        ("format" = Option<String>, Query, pattern = "^(json|zip)$", description = "json when missing"),
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

/// As JSON, or (`?format=zip`) as an archive with the recordings.
async fn export(
    state: &AppState,
    caller: &Admin,
    respondent_id: &str,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(request);
    let zip = query.parse("format", "json or zip is wanted here", |name| match name {
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
            tracing::error!(%error, "personal data can't be packed");
            return Err(Problem::new(Kind::ArchiveFailed, "the archive can't be made; JSON is there"));
        }
        Err(_) => return Err(Problem::new(Kind::ServerStopping, "the server is stopping")),
    };
    response.insert_header(ContentDisposition::attachment("personal-data.zip"));
    Ok(response.content_type("application/zip").body(archive))
}

/// Erase the interview's respondent
///
/// With all their interviews in the workspace: names, words and recordings go, and the key to what the append-only log holds
/// of them. Asked again, it answers the same receipt. While the receipt says `files_pending`, some files are out of reach; a
/// background task removes them as soon as they are not.
#[utoipa::path(
    delete,
    path = "/api/interviews/{id}/personal-data",
    operation_id = "erase",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Receipt, description = "what was erased"),
        (status = 409, body = Problem, description = "a call is on in one of the respondent's interviews"),
    )
)]
async fn erase(state: Data<AppState>, caller: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let place = Place { storage: &caller.storage, calls: state.calls.as_ref(), metrics: &state.metrics };
    let receipt = privacy::erase(place, *id, caller.actor.as_str(), Utc::now()).await?;
    Ok(HttpResponse::Ok().json(receipt))
}

/// What was erased, and when
///
/// The newest receipt that covers the interview; 404 when nothing was erased.
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
    newest.map(|receipt| HttpResponse::Ok().json(receipt)).ok_or_else(|| Problem::not_found("nothing was erased here"))
}

impl From<ErasureError> for Problem {
    fn from(error: ErasureError) -> Self {
        match error {
            ErasureError::Storage(StorageError::Conflict(why)) => Problem::new(Kind::CallInProgress, why),
            ErasureError::Storage(error) => error.into(),
            ErasureError::Live(id) => Problem::new(
                Kind::CallInProgress,
                format!(
                    "a call is on in interview {id}: cancel it first (DELETE /api/interviews/{id}), then ask again"
                ),
            ),
            ErasureError::StillWaiting(waiting) => {
                Problem::new(Kind::EventsWaiting, waiting.to_string()).retry_after(5)
            }
        }
    }
}
