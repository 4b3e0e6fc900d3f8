//! The deliveries of one webhook: their states, replays and tests.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use entity::{DeliveryState, webhook_deliveries};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::api::query::{Page, Paging, Parameters};
use crate::api::routes::resource;
use crate::api::{Admin, Problem};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(list)).service(resource!(replay)).service(resource!(test));
}

/// The filter on deliveries.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only deliveries in this state.
    #[param(inline)]
    state: Option<DeliveryState>,
}

/// List deliveries
///
/// The newest delivery comes first. A dead delivery was given up: every attempt failed, or the
/// webhook was switched off.
#[utoipa::path(
    get,
    path = "/api/webhooks/{id}/deliveries",
    operation_id = "deliveries",
    params(
        ("id" = Uuid, Path),
        Paging,
        Wanted,
    ),
    responses((status = 200, body = Page<webhook_deliveries::Model>))
)]
async fn list(caller: Admin, id: Path<Uuid>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let Wanted { state } = query.read();
    let (limit, cursor) = query.paging();
    query.finish()?;
    let rows = caller.storage.webhooks().deliveries(*id, state, cursor, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |row| row.id)))
}

/// Replay a delivery
///
/// Starts the delivery again from the beginning of its schedule and with the same `webhook-id`,
/// whether it was given up or delivered. Until it has ended, it counts as an open task of the
/// caller (TASKS_OPEN_PER_CALLER, TASKS_OPEN_PER_WORKSPACE).
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/deliveries/{delivery_id}/replay",
    params(("id" = Uuid, Path), ("delivery_id" = Uuid, Path)),
    responses(
        (status = 202, body = webhook_deliveries::Model, description = "The delivery is queued."),
        (status = 409, body = Problem, description = "The delivery is still pending."),
        (status = 429, body = Problem, description = "The limit of open tasks or of requests is reached.",
            headers(("Retry-After" = u64))),
    )
)]
async fn replay(caller: Admin, ids: Path<(Uuid, Uuid)>) -> Result<HttpResponse, Problem> {
    let row = caller.storage.webhooks().replay(ids.0, ids.1, &caller.actor).await?;
    Ok(HttpResponse::Accepted().json(row))
}

/// Test a webhook
///
/// Sends the event `webhook.test`, even to a webhook that is switched off. The outcome is among the
/// deliveries. Until the delivery has ended, it counts as an open task of the caller
/// (TASKS_OPEN_PER_CALLER, TASKS_OPEN_PER_WORKSPACE).
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/test",
    params(("id" = Uuid, Path)),
    responses(
        (status = 202, body = webhook_deliveries::Model, description = "The delivery is queued."),
        (status = 429, body = Problem, description = "The limit of open tasks or of requests is reached.",
            headers(("Retry-After" = u64))),
    )
)]
async fn test(caller: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Accepted().json(caller.storage.webhooks().test(*id, &caller.actor).await?))
}
