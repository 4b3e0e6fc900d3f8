//! `/api/call-guides/`: guides as JSON or YAML documents.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse};
use entity::call_guides;
use interview::Guide;
use interview::lint::{self, Diagnostic};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::conditional::{self, Expected, IfMatchHeader, IfNoneMatchHeader};
use super::query::{Page, Paging, Parameters};
use super::routes::resource;
use super::{Fault, Kind, Problem, Researcher, Viewer, body, guide_versions};
use storage::{GuideFilter, GuideOrder};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(list, create)).service(resource!(validate)).service(resource!(get, update, delete));
}

/// The result of validating a guide document.
#[derive(Serialize, ToSchema)]
struct GuideVerdict {
    valid: bool,
    errors: Vec<Fault>,
    /// The findings about a valid guide: points that can be run, but probably not as the author
    /// intends.
    findings: Vec<Diagnostic>,
    /// The guide as the engine reads it, with ids and defaults filled in. Present for a valid guide
    /// only.
    #[serde(skip_serializing_if = "Option::is_none")]
    guide: Option<Guide>,
}

async fn read(request: &HttpRequest, bytes: Bytes) -> Result<Guide, Problem> {
    let content_type = body::content_type(request);
    let read = body::aside(move || body::parse_as(&content_type, &bytes, true).map(body::guide)).await??;
    read.map_err(|faults| Problem::new(Kind::InvalidGuide, "The guide has faults.").with_errors(faults))
}

/// Store a guide
///
/// Missing ids are generated from the texts.
#[utoipa::path(
    post,
    path = "/api/call-guides/",
    request_body(content((Guide = "application/json"), (Guide = "application/yaml"))),
    responses(
        (status = 201, body = call_guides::Model, headers(("Location" = String, description = "The guide's path"))),
        (status = 422, body = Problem, description = "The guide has faults."),
    )
)]
async fn create(caller: Researcher, request: HttpRequest, bytes: Bytes) -> Result<HttpResponse, Problem> {
    let guide = read(&request, bytes).await?;
    let row = caller.storage.guides().create(&guide, Some(caller.actor.as_str()), &caller.actor).await?;
    let mut response = conditional::tagged(StatusCode::CREATED, &row)?;
    conditional::locate(&mut response, &format!("/api/call-guides/{}", row.id))?;
    Ok(response)
}

/// The keys by which guides can be sorted. By default, the newest guide comes first.
const ORDERS: [(&str, GuideOrder); 3] =
    [("created_at", GuideOrder::Created), ("updated_at", GuideOrder::Updated), ("name", GuideOrder::Name)];

/// The filter on guides.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Part of the name, regardless of case.
    name: Option<String>,
    tag: Option<String>,
}

/// List guides
///
/// By default, the newest guide comes first.
#[utoipa::path(
    get,
    path = "/api/call-guides/",
    params(
        Paging,
        ("sort" = Option<String>, Query, pattern = "^-?(created_at|updated_at|name)$"),
        Wanted,
    ),
    responses((status = 200, body = Page<call_guides::Model>))
)]
async fn list(caller: Viewer, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let listing = query.listing(&ORDERS);
    let Wanted { name, tag } = query.read();
    query.finish()?;
    let filter = GuideFilter { name, tag, sort: listing.sort, after: listing.after.clone(), limit: listing.limit + 1 };
    let rows = caller.storage.guides().list(filter).await?;
    Ok(HttpResponse::Ok().json(Page::listed(rows, &listing, |row| listing.sort.key.place(row))))
}

/// Read a guide
#[utoipa::path(
    get,
    path = "/api/call-guides/{id}",
    params(
        ("id" = Uuid, Path),
        IfNoneMatchHeader,
        ("version" = Option<i32>, Query, minimum = 1, description = "The version to return; the newest if missing."),
    ),
    responses((status = 200, body = call_guides::Model))
)]
async fn get(caller: Viewer, id: Path<Uuid>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let version = query.parse("version", guide_versions::VERSION_WANTED, guide_versions::number);
    query.finish()?;
    let guides = caller.storage.guides();
    let row = match version {
        Some(version) => guides.as_of(*id, version).await?,
        None => guides.get(*id).await?,
    };
    conditional::read(&request, &row)
}

/// Change a guide
///
/// A version that an interview uses is not changed. A new version is made instead.
#[utoipa::path(
    put,
    path = "/api/call-guides/{id}",
    params(("id" = Uuid, Path), IfMatchHeader),
    request_body(content((Guide = "application/json"), (Guide = "application/yaml"))),
    responses(
        (status = 200, body = call_guides::Model),
        (status = 422, body = Problem, description = "The guide has faults."),
    )
)]
async fn update(
    caller: Researcher,
    id: Path<Uuid>,
    expected: Expected,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse, Problem> {
    let guide = read(&request, bytes).await?;
    conditional::tagged(StatusCode::OK, &caller.storage.guides().update(*id, &guide, &caller.edit(expected.0)).await?)
}

/// Delete a guide
#[utoipa::path(
    delete,
    path = "/api/call-guides/{id}",
    params(("id" = Uuid, Path), IfMatchHeader),
    responses(
        (status = 204, description = "The guide was deleted."),
        (status = 409, body = Problem, description = "Interviews were held or scheduled with this guide."),
    )
)]
async fn delete(caller: Researcher, id: Path<Uuid>, expected: Expected) -> Result<HttpResponse, Problem> {
    caller.storage.guides().delete(*id, &caller.edit(expected.0)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Validate a guide
///
/// Returns everything that is wrong with a guide, without storing it. For a valid guide it returns
/// the findings of the lint, and the guide as the engine reads it.
#[utoipa::path(
    post,
    path = "/api/call-guides/validate",
    request_body(content((Value = "application/json"), (Value = "application/yaml"))),
    responses((status = 200, body = GuideVerdict))
)]
async fn validate(_caller: Viewer, request: HttpRequest, bytes: Bytes) -> Result<HttpResponse, Problem> {
    let content_type = body::content_type(&request);
    let linted = body::aside(move || body::parse_as(&content_type, &bytes, true).map(lint::document)).await??;
    Ok(HttpResponse::Ok().json(match linted {
        Ok((guide, findings)) => GuideVerdict { valid: true, errors: Vec::new(), findings, guide: Some(guide) },
        Err(problems) => {
            GuideVerdict { valid: false, errors: body::faults(problems), findings: Vec::new(), guide: None }
        }
    }))
}
