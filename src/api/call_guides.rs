//! `/api/call-guides/`: guides, as JSON or YAML documents.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse};
use entity::call_guides;
use interview::Guide;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::query::{Page, Paging, Parameters};
use super::routes::resource;
use super::{Fault, Problem, Researcher, Viewer, body};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(list, create)).service(resource!(validate)).service(resource!(get, update, delete));
}

/// What is wrong with a guide document.
#[derive(Serialize, ToSchema)]
struct GuideVerdict {
    valid: bool,
    errors: Vec<Fault>,
    /// The guide as we understand it, with ids and defaults filled in; only of a valid one.
    #[serde(skip_serializing_if = "Option::is_none")]
    guide: Option<Guide>,
}

fn read(request: &HttpRequest, bytes: &[u8]) -> Result<Guide, Problem> {
    let document = body::parse(request, bytes, true)?;
    body::guide(document).map_err(|faults| Problem::unprocessable("the guide has faults", faults))
}

/// Store a guide
///
/// Ids that are missing are made from the texts.
#[utoipa::path(
    post,
    path = "/api/call-guides/",
    request_body(content((Guide = "application/json"), (Guide = "application/yaml"))),
    responses(
        (status = 201, body = call_guides::Model, headers(("Location" = String, description = "The guide's path"))),
        (status = 422, body = Problem, description = "the guide has faults"),
    )
)]
async fn create(caller: Researcher, request: HttpRequest, bytes: Bytes) -> Result<HttpResponse, Problem> {
    let guide = read(&request, &bytes)?;
    let row = caller.storage.guides().create(&guide, Some(&caller.actor)).await?;
    Ok(HttpResponse::Created().insert_header(("Location", format!("/api/call-guides/{}", row.id))).json(row))
}

/// List guides
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/api/call-guides/",
    params(Paging),
    responses((status = 200, body = Page<call_guides::Model>))
)]
async fn list(caller: Viewer, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let (limit, cursor) = (query.limit(), query.cursor());
    query.finish()?;
    let rows = caller.storage.guides().list(cursor, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |row| row.id)))
}

/// Read a guide
#[utoipa::path(
    get,
    path = "/api/call-guides/{id}",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = call_guides::Model))
)]
async fn get(caller: Viewer, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(caller.storage.guides().get(*id).await?))
}

/// Change a guide
///
/// A version that an interview uses stays as it is: a new one is made.
#[utoipa::path(
    put,
    path = "/api/call-guides/{id}",
    params(("id" = Uuid, Path)),
    request_body(content((Guide = "application/json"), (Guide = "application/yaml"))),
    responses(
        (status = 200, body = call_guides::Model),
        (status = 422, body = Problem, description = "the guide has faults"),
    )
)]
async fn update(
    caller: Researcher,
    id: Path<Uuid>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse, Problem> {
    let guide = read(&request, &bytes)?;
    Ok(HttpResponse::Ok().json(caller.storage.guides().update(*id, &guide).await?))
}

/// Remove a guide
#[utoipa::path(
    delete,
    path = "/api/call-guides/{id}",
    params(("id" = Uuid, Path)),
    responses(
        (status = 204, description = "it is gone"),
        (status = 409, body = Problem, description = "interviews were held or scheduled with it"),
    )
)]
async fn delete(caller: Researcher, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    caller.storage.guides().delete(*id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Check a guide
///
/// Says what is wrong with a guide without keeping it; with the guide as we understand it when nothing is.
#[utoipa::path(
    post,
    path = "/api/call-guides/validate",
    request_body(content((Value = "application/json"), (Value = "application/yaml"))),
    responses((status = 200, body = GuideVerdict))
)]
// Handlers are async whether they wait or not.
#[allow(clippy::unused_async)]
async fn validate(_caller: Viewer, request: HttpRequest, bytes: Bytes) -> Result<HttpResponse, Problem> {
    let document = body::parse(&request, &bytes, true)?;
    Ok(HttpResponse::Ok().json(match body::guide(document) {
        Ok(guide) => GuideVerdict { valid: true, errors: Vec::new(), guide: Some(guide) },
        Err(errors) => GuideVerdict { valid: false, errors, guide: None },
    }))
}
