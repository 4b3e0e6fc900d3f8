//! `/api/keys/`: API keys, for admins. A key is returned once, when it is created.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use entity::{Role, api_keys};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::described::Described;
use super::query::{Page, Paging, Parameters};
use super::routes::resource;
use super::{Admin, Problem, body};
use storage::NewKey;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(list, create)).service(resource!(get, revoke));
}

#[derive(Deserialize, ToSchema)]
#[schema(as = CreateApiKey)]
#[serde(deny_unknown_fields)]
struct Create {
    /// The purpose of the key.
    #[schema(pattern = r"\S", max_length = 254)]
    name: String,
    role: Role,
    /// If missing, the key never expires.
    expires_at: Option<DateTime<Utc>>,
}

/// A new key. This is the only time that it is returned.
#[derive(Serialize, ToSchema)]
struct ApiKeyWithSecret {
    #[serde(flatten)]
    row: api_keys::Model,
    /// The key, to be sent as `Authorization: Bearer …` or `X-API-Key: …`.
    key: String,
}

fn read(body: serde_json::Value) -> Result<NewKey, Problem> {
    let mut body = Described::<Create>::of(body);
    body.check(
        "expires_at",
        |end: DateTime<Utc>| {
            if end > Utc::now() { Ok(()) } else { Err("This time is in the past.".to_owned()) }
        },
    );
    let Create { name, role, expires_at } = body.finish()?;
    Ok(NewKey { name, role, expires_at })
}

/// Create a key
///
/// Creates a key for the caller's workspace. The key is returned in this answer and never again.
#[utoipa::path(
    post,
    path = "/api/keys/",
    request_body = Create,
    responses(
        (status = 201, body = ApiKeyWithSecret, headers(("Location" = String, description = "The key's path"))),
        (status = 422, body = Problem, description = "The body has faults."),
    )
)]
async fn create(caller: Admin, request: HttpRequest, bytes: Bytes) -> Result<HttpResponse, Problem> {
    let new = read(body::parse(&request, &bytes, false)?)?;
    let (row, key) = caller.storage.keys().create(new, &caller.actor).await?;
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/api/keys/{}", row.id)))
        .insert_header(("Cache-Control", "no-store"))
        .json(ApiKeyWithSecret { row, key }))
}

/// List keys
///
/// The newest key comes first. Revoked keys are included. Keys can be told apart by their prefix.
#[utoipa::path(get, path = "/api/keys/", params(Paging), responses((status = 200, body = Page<api_keys::Model>)))]
async fn list(caller: Admin, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let (limit, cursor) = query.paging();
    query.finish()?;
    let rows = caller.storage.keys().list(cursor, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |row| row.id)))
}

/// Read a key
#[utoipa::path(
    get,
    path = "/api/keys/{id}",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = api_keys::Model))
)]
async fn get(caller: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(caller.storage.keys().get(*id).await?))
}

/// Revoke a key
///
/// The key becomes invalid at once. Its row is kept.
#[utoipa::path(
    delete,
    path = "/api/keys/{id}",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = api_keys::Model))
)]
async fn revoke(caller: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(caller.storage.keys().revoke(*id, &caller.actor).await?))
}
