//! `/api/tasks/`: the state of background tasks, cancelling them, and retrying dead letters.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use entity::{Queue, TaskState, tasks};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::query::{Page, Paging, Parameters};
use super::routes::resource;
use super::{Kind, Problem, Researcher, Role, Viewer};
use storage::tasks::TaskFilter;
use storage::webhooks::SEND;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(list)).service(resource!(get, cancel)).service(resource!(retry));
}

/// A background task.
#[derive(Serialize, ToSchema)]
pub(super) struct Task {
    id: Uuid,
    queue: Queue,
    /// The kind of work, such as `conduct_interview`.
    kind: String,
    state: TaskState,
    /// 0 to 1.
    progress: f64,
    /// The number of attempts that have begun, including the running one.
    attempts: i32,
    max_attempts: i32,
    /// Why the last attempt failed.
    #[schema(required)]
    error: Option<String>,
    /// The result of the task.
    #[schema(required, value_type = Option<Object>)]
    result: Option<Value>,
    /// The interview that the task is about.
    #[schema(required)]
    interview_id: Option<Uuid>,
    /// True if the task was asked to stop and has not stopped yet.
    cancel_requested: bool,
    /// The time from which the task may begin.
    run_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[schema(required)]
    finished_at: Option<DateTime<Utc>>,
}

impl From<tasks::Model> for Task {
    fn from(row: tasks::Model) -> Self {
        Self {
            id: row.id,
            queue: row.queue,
            kind: row.kind,
            state: row.state,
            progress: row.progress,
            attempts: row.attempts,
            max_attempts: row.max_attempts,
            error: row.error,
            result: row.result,
            interview_id: row.interview_id,
            cancel_requested: row.cancel_requested && !row.state.is_over(),
            run_at: row.run_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            finished_at: row.finished_at,
        }
    }
}

/// The filter on tasks.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    #[param(inline)]
    queue: Option<Queue>,
    /// `failed` selects the dead letters.
    #[param(inline)]
    state: Option<TaskState>,
    /// The kind of work, such as `conduct_interview`.
    kind: Option<String>,
    interview_id: Option<Uuid>,
}

/// List background tasks
///
/// The newest task comes first. Completed tasks are kept for some days, and dead letters longer
/// (TASKS_KEPT_DAYS).
#[utoipa::path(get, path = "/api/tasks/", params(Wanted, Paging), responses((status = 200, body = Page<Task>)))]
async fn list(caller: Viewer, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let (limit, after) = query.paging();
    let Wanted { queue, state, kind, interview_id } = query.read();
    let filter = TaskFilter { queue, state, kind, interview_id, after, limit: limit + 1 };
    query.finish()?;
    let rows = caller.storage.tasks().list(filter).await?.into_iter().map(Task::from).collect();
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |task| task.id)))
}

/// Get a background task
#[utoipa::path(
    get,
    path = "/api/tasks/{task_id}",
    params(("task_id" = Uuid, Path)),
    responses((status = 200, body = Task))
)]
async fn get(caller: Viewer, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(Task::from(caller.storage.tasks().get(*id).await?)))
}

/// Cancel a background task
///
/// A task that has not begun is cancelled at once. A running task is asked to stop, which takes a
/// few seconds. What it has done by then remains. If that was all of it, its state is `completed`.
/// If the task delivers a message to a webhook, the delivery is given up. That requires the role
/// admin, and the delivery can be replayed.
#[utoipa::path(
    delete,
    path = "/api/tasks/{task_id}",
    params(("task_id" = Uuid, Path)),
    responses(
        (status = 200, body = Task, description = "The task was cancelled."),
        (status = 202, body = Task, description = "The task has been asked to stop. See its state."),
        (status = 409, body = Problem, description = "The task is over."),
    )
)]
async fn cancel(caller: Researcher, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    if caller.role < Role::Admin && caller.storage.tasks().get(*id).await?.kind == SEND {
        return Err(Problem::new(Kind::RoleTooLow, "Only an admin may give up a webhook delivery."));
    }
    let row = caller.storage.tasks().cancel(*id, &caller.actor).await?;
    let mut response = if row.state.is_over() { HttpResponse::Ok() } else { HttpResponse::Accepted() };
    Ok(response.json(Task::from(row)))
}

/// Retry a dead letter
///
/// A failed or cancelled task is queued again with all of its attempts. It counts as an open task
/// of the caller (TASKS_OPEN_PER_CALLER, TASKS_OPEN_PER_WORKSPACE).
#[utoipa::path(
    post,
    path = "/api/tasks/{task_id}/retry",
    params(("task_id" = Uuid, Path)),
    responses(
        (status = 202, body = Task, description = "The task is queued again."),
        (status = 409, body = Problem, description = "The task has neither failed nor been cancelled."),
        (status = 429, body = Problem, description = "The limit of open tasks or of requests is reached.",
            headers(("Retry-After" = u64))),
    )
)]
async fn retry(caller: Researcher, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Accepted().json(Task::from(caller.storage.tasks().retry(*id, &caller.actor).await?)))
}
