//! `/api/webhooks/`: which events go where, for admins: it decides what leaves this machine, and headers hold credentials.
//! What became of them is in `deliveries`.
//!
//! The tag of a webhook is that of its settings: its counts change with every delivery, and an edit is not about them.

mod deliveries;
mod settings;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use self::settings::WebhookBody;
use super::conditional::{self, Expected, IfMatchHeader};
use super::query::{Page, Paging, Parameters};
use super::routes::resource;
use super::{Admin, AppState, Problem, body};
use storage::Webhook;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(list, create))
        .service(resource!(get, update, delete))
        .service(resource!(rotate_secret))
        .configure(deliveries::routes);
}

/// A webhook whose secret was just made, and the only time that it is told.
#[derive(Serialize, ToSchema)]
struct WebhookWithSecret {
    #[serde(flatten)]
    row: Webhook,
    /// Signs what is sent, by Standard Webhooks 1.0: `whsec_` and 256 bits.
    secret: String,
}

/// Make a webhook
///
/// From now on it is told of these events. Its secret is told in this answer and never again.
#[utoipa::path(
    post,
    path = "/api/webhooks/",
    request_body = WebhookBody,
    responses(
        (status = 201, body = WebhookWithSecret, headers(("Location" = String, description = "The webhook's path"))),
        (status = 422, body = Problem, description = "the body has faults"),
    )
)]
async fn create(
    caller: Admin,
    state: Data<AppState>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse, Problem> {
    let new = settings::read(body::parse(&request, &bytes, false)?, &state.settings.webhooks.allow)?;
    let (row, secret) = caller.storage.webhooks().create(new, &caller.actor).await?;
    let path = format!("/api/webhooks/{}", row.id);
    let tagged = row.settings();
    let mut response = conditional::tagged_by(StatusCode::CREATED, &WebhookWithSecret { row, secret }, &tagged)?;
    conditional::locate(&mut response, &path)?;
    Ok(response)
}

/// List webhooks
///
/// Newest first.
#[utoipa::path(get, path = "/api/webhooks/", params(Paging), responses((status = 200, body = Page<Webhook>)))]
async fn list(caller: Admin, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let (limit, cursor) = (query.limit(), query.cursor());
    query.finish()?;
    let rows = caller.storage.webhooks().list(cursor, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |row| row.id)))
}

/// Read a webhook
///
/// With its health: `failing` since its last attempt failed, `disabled` when it is told of nothing.
#[utoipa::path(
    get,
    path = "/api/webhooks/{id}",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Webhook))
)]
async fn get(caller: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let row = caller.storage.webhooks().get(*id).await?;
    conditional::tagged_by(StatusCode::OK, &row, &row.settings())
}

/// Change a webhook
///
/// All of its settings are as the body says, and what it leaves out is as if it were made anew. One that is switched off
/// (`is_active`: false) is told of nothing, and what was still to be sent is dead; switched on again it counts as healthy.
#[utoipa::path(
    put,
    path = "/api/webhooks/{id}",
    params(("id" = Uuid, Path), IfMatchHeader),
    request_body = WebhookBody,
    responses(
        (status = 200, body = Webhook),
        (status = 422, body = Problem, description = "the body has faults"),
    )
)]
async fn update(
    caller: Admin,
    state: Data<AppState>,
    id: Path<Uuid>,
    expected: Expected,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse, Problem> {
    let new = settings::read(body::parse(&request, &bytes, false)?, &state.settings.webhooks.allow)?;
    let row = caller.storage.webhooks().update(*id, new, &caller.edit(expected.0)).await?;
    conditional::tagged_by(StatusCode::OK, &row, &row.settings())
}

/// Remove a webhook
///
/// With its deliveries.
#[utoipa::path(
    delete,
    path = "/api/webhooks/{id}",
    params(("id" = Uuid, Path), IfMatchHeader),
    responses((status = 204, description = "it is gone"))
)]
async fn delete(caller: Admin, id: Path<Uuid>, expected: Expected) -> Result<HttpResponse, Problem> {
    caller.storage.webhooks().delete(*id, &caller.edit(expected.0)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Make another secret
///
/// It is told in this answer and never again. For a while (WEBHOOKS_SECRET_OVERLAP_HOURS) the secret before it signs as
/// well, so that the receiver can change over in its own time.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/rotate-secret",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = WebhookWithSecret))
)]
async fn rotate_secret(caller: Admin, state: Data<AppState>, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let (row, secret) =
        caller.storage.webhooks().rotate_secret(*id, state.settings.webhooks.overlap, &caller.actor).await?;
    let tagged = row.settings();
    conditional::tagged_by(StatusCode::OK, &WebhookWithSecret { row, secret }, &tagged)
}
