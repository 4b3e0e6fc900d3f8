//! The answer to a request for long work: 202 with the task that does it.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A task that was queued.
#[derive(Serialize, ToSchema)]
pub(super) struct Queued {
    task_id: Uuid,
    /// Where its state is told; its result names what came of it.
    task_url: String,
}

pub(super) fn queued(task_id: Uuid) -> HttpResponse {
    let task_url = format!("/api/tasks/{task_id}");
    HttpResponse::Accepted().insert_header((LOCATION, task_url.clone())).json(Queued { task_id, task_url })
}
