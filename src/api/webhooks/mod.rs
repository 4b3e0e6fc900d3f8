//! `/api/webhooks/`: which events are sent where. It is for admins, because a webhook decides what
//! leaves this machine and its headers contain credentials. The outcome of the events is in
//! `deliveries`.
//!
//! The ETag of a webhook is that of its settings. Its counts change with every delivery, and do not
//! matter to an edit.

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

/// A webhook with its new secret. This is the only time that the secret is returned.
#[derive(Serialize, ToSchema)]
struct WebhookWithSecret {
    #[serde(flatten)]
    row: Webhook,
    /// The secret that signs messages by Standard Webhooks 1.0: `whsec_` and 256 bits.
    secret: String,
}

/// Create a webhook
///
/// The webhook receives these events from now on. Its secret is returned in this answer and never
/// again.
#[utoipa::path(
    post,
    path = "/api/webhooks/",
    request_body = WebhookBody,
    responses(
        (status = 201, body = WebhookWithSecret, headers(("Location" = String, description = "The webhook's path"))),
        (status = 422, body = Problem, description = "The body has faults."),
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
/// The newest webhook comes first.
#[utoipa::path(get, path = "/api/webhooks/", params(Paging), responses((status = 200, body = Page<Webhook>)))]
async fn list(caller: Admin, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let (limit, cursor) = query.paging();
    query.finish()?;
    let rows = caller.storage.webhooks().list(cursor, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |row| row.id)))
}

/// Read a webhook
///
/// The answer includes the health of the webhook: `failing` if its last attempt failed, and
/// `disabled` if it receives no events.
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

/// Replace the settings of a webhook
///
/// Settings that are missing in the body get their defaults. A webhook that is switched off
/// (`is_active`: false) receives no events, and its pending deliveries become dead. When it is
/// switched on again, it counts as healthy.
#[utoipa::path(
    put,
    path = "/api/webhooks/{id}",
    params(("id" = Uuid, Path), IfMatchHeader),
    request_body = WebhookBody,
    responses(
        (status = 200, body = Webhook),
        (status = 422, body = Problem, description = "The body has faults."),
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

/// Delete a webhook
///
/// Its deliveries are deleted as well.
#[utoipa::path(
    delete,
    path = "/api/webhooks/{id}",
    params(("id" = Uuid, Path), IfMatchHeader),
    responses((status = 204, description = "The webhook was deleted."))
)]
async fn delete(caller: Admin, id: Path<Uuid>, expected: Expected) -> Result<HttpResponse, Problem> {
    caller.storage.webhooks().delete(*id, &caller.edit(expected.0)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Rotate the secret of a webhook
///
/// The new secret is returned in this answer and never again. For a while
/// (WEBHOOKS_SECRET_OVERLAP_HOURS) the previous secret also signs, so that the receiver can change
/// over without a loss.
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
