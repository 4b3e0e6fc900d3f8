//! The answer to a request for long work: 202 with the task that does it.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A queued task.
#[derive(Serialize, ToSchema)]
pub(super) struct Queued {
    task_id: Uuid,
    /// The path of the task. Its result says what came of the work.
    task_url: String,
}

pub(super) fn queued(task_id: Uuid) -> HttpResponse {
    let task_url = format!("/api/tasks/{task_id}");
    HttpResponse::Accepted().insert_header((LOCATION, task_url.clone())).json(Queued { task_id, task_url })
}
