//! `/api/analytics/insights/`: requesting, listing and reading reports, as JSON, Markdown or an
//! HTML page.
//!
//! Owns: what may be requested. Never does: extract (a background task does), or render
//! (`insights::report` does).

use actix_web::http::header;
use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use entity::insight_extractions;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::accept::Accept;
use super::body;
use super::described::Described;
use super::query::{Page, Paging, Parameters};
use super::queued::{Queued, queued};
use super::routes::resource;
use super::{Fault, Kind, Problem, Researcher, Viewer};
use crate::insights::InsightError;
use crate::insights::report::{Format, Report};
use storage::insights::Extraction;
use storage::{InsightFilter, Storage, StorageError};

/// The content security policy of a report page, which contains its styles and sounds.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; media-src data:; img-src data:; base-uri 'none'; \
                           form-action 'none'; frame-ancestors 'none'";
const FORMATS: [(&str, Format); 3] =
    [("application/json", Format::Json), ("text/markdown", Format::Markdown), ("text/html", Format::Html)];

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(generate)).service(resource!(list)).service(resource!(get));
}

/// The interviews to extract insights from. Exactly one of `interview_id`, `interview_ids` and
/// `call_guide_id` is required.
#[derive(Deserialize, ToSchema)]
#[schema(as = GenerateInsights)]
#[serde(deny_unknown_fields)]
struct Generate {
    /// A single interview.
    interview_id: Option<Uuid>,
    /// A list of interviews.
    #[schema(min_items = 1, max_items = 1000)]
    interview_ids: Option<Vec<Uuid>>,
    /// All completed interviews with this guide.
    call_guide_id: Option<Uuid>,
    /// Only interviews that ended at this time or later.
    from: Option<DateTime<Utc>>,
    /// Only interviews that ended before this time.
    to: Option<DateTime<Utc>>,
    /// Keys of the respondents' metadata by which groups are compared. If missing, every key that
    /// yields groups is used.
    #[schema(max_items = 20)]
    segment_by: Option<Vec<String>>,
}

/// Generate insights
///
/// Extracts insights from one interview or from many, in the background. The result of the task
/// names the insight. The number of open tasks is limited for each caller and workspace
/// (TASKS_OPEN_PER_CALLER, TASKS_OPEN_PER_WORKSPACE).
#[utoipa::path(
    post,
    path = "/api/analytics/insights/generate",
    operation_id = "insights.generate",
    request_body = Generate,
    responses(
        (status = 202, body = Queued, headers(("Location" = String, description = "The task's path"))),
        (status = 409, body = Problem, description = "The interview is not over."),
        (status = 410, body = Problem, description = "The personal data was erased."),
        (status = 422, body = Problem, description = "The body has faults."),
        (status = 429, body = Problem, description = "The limit of open tasks or of requests is reached.",
            headers(("Retry-After" = u64))),
    )
)]
async fn generate(caller: Researcher, request: HttpRequest, bytes: Bytes) -> Result<HttpResponse, Problem> {
    let job = read(body::parse(&request, &bytes, false)?)?;
    check(&caller.storage, &job).await?;
    let task_id = caller.storage.insights().request_by_caller(&job, &caller.actor).await?;
    Ok(queued(task_id))
}

fn read(body: Value) -> Result<Extraction, Problem> {
    let mut body = Described::<Generate>::of(body);
    let is_there = |body: &Described<Generate>, name| body.get::<Value>(name).is_some();
    for name in ["from", "to"] {
        if is_there(&body, name) && !is_there(&body, "call_guide_id") {
            body.fault(name, "This is accepted together with call_guide_id only.");
        }
    }
    let time = |body: &Described<Generate>, name| body.get::<DateTime<Utc>>(name);
    if time(&body, "from").zip(time(&body, "to")).is_some_and(|(from, to)| from >= to) {
        body.fault("to", "This must be later than `from`.");
    }
    if is_there(&body, "segment_by") && is_there(&body, "interview_id") {
        body.fault("segment_by", "A single interview has no groups.");
    }
    if body.is_sound() {
        let named = ["interview_id", "interview_ids", "call_guide_id"];
        match named.into_iter().filter(|name| is_there(&body, name)).count() {
            0 => body.fault("interview_id", "One of interview_id, interview_ids and call_guide_id is required."),
            1 => {}
            _ => body.fault("interview_id", "Only one of interview_id, interview_ids and call_guide_id is accepted."),
        }
    }
    let Generate { interview_id, interview_ids, call_guide_id, from, to, segment_by } = body.finish()?;
    let segment_by = segment_by.unwrap_or_default();
    Ok(match (interview_id, interview_ids, call_guide_id) {
        (Some(interview_id), _, _) => Extraction::Interview { interview_id },
        (_, Some(mut interview_ids), _) => {
            interview_ids.sort_unstable();
            interview_ids.dedup();
            Extraction::Interviews { interview_ids, segment_by }
        }
        (_, _, guide) => Extraction::Guide { call_guide_id: guide.unwrap_or_default(), from, to, segment_by },
    })
}

/// Reports missing interviews and guides at once instead of in the task.
async fn check(storage: &Storage, job: &Extraction) -> Result<(), Problem> {
    let absent = |pointer: String, detail: &str| Problem::invalid_body(vec![Fault::new(pointer, detail)]);
    match job {
        Extraction::Interview { interview_id } => {
            let interview = storage.interviews().get(*interview_id).await.map_err(|error| match error {
                StorageError::NotFound(_) => absent("/interview_id".to_owned(), "There is no interview with this id."),
                error => error.into(),
            })?;
            if !interview.status.is_over() {
                return Err(Problem::new(
                    Kind::InterviewNotOver,
                    format!("The interview is not over. Its status is {}.", interview.status.as_str()),
                ));
            }
            if storage.receipts().is_erased(*interview_id).await? {
                return Err(StorageError::Erased.into());
            }
        }
        Extraction::Interviews { interview_ids, .. } => {
            let mut unknown = Vec::new();
            for id in interview_ids {
                match storage.interviews().get(*id).await {
                    Ok(_) => {}
                    Err(StorageError::NotFound(_)) => unknown.push(id.to_string()),
                    Err(error) => return Err(error.into()),
                }
            }
            if !unknown.is_empty() {
                let detail = format!("There is no interview {}.", unknown.join(", "));
                return Err(absent("/interview_ids".to_owned(), &detail));
            }
        }
        Extraction::Guide { call_guide_id, .. } => {
            storage.guides().get(*call_guide_id).await.map_err(|error| match error {
                StorageError::NotFound(_) => {
                    absent("/call_guide_id".to_owned(), "There is no call guide with this id.")
                }
                error => error.into(),
            })?;
        }
    }
    Ok(())
}

/// The filter on insights.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only insights of this interview.
    interview_id: Option<Uuid>,
    /// Only insights of interviews with this guide.
    call_guide_id: Option<Uuid>,
    /// If true, only insights across interviews. If false, only insights of a single interview.
    across: Option<bool>,
}

/// List insights
///
/// The newest insight comes first.
#[utoipa::path(
    get,
    path = "/api/analytics/insights/",
    operation_id = "insights.list",
    params(
        Paging,
        Wanted,
    ),
    responses((status = 200, body = Page<insight_extractions::Model>))
)]
async fn list(caller: Viewer, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let (limit, after) = query.paging();
    let Wanted { interview_id, call_guide_id, across } = query.read();
    let filter = InsightFilter { interview_id, call_guide_id, across, after, limit: limit + 1 };
    query.finish()?;
    let rows = caller.storage.insights().list(filter).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |row| row.id)))
}

/// Get a report
///
/// The path names an insight, or an interview whose newest insight is returned. The report is
/// available as JSON, as Markdown, or as one HTML page with charts and the audio of every recorded
/// quote. The page also works offline.
#[utoipa::path(
    get,
    path = "/api/analytics/insights/{id}",
    operation_id = "insights.get",
    params(
        ("id" = Uuid, Path),
        ("format" = Option<String>, Query, pattern = "^(json|markdown|md|html)$",
            description = "Takes precedence over Accept."),
        ("download" = Option<bool>, Query, description = "If true, the answer is a file to be saved."),
    ),
    responses(
        (status = 200, content(
            (insight_extractions::Model = "application/json"), (String = "text/markdown"), (String = "text/html"),
        )),
        (status = 406, body = Problem, description = "Accept names no media type that is available."),
    )
)]
async fn get(caller: Viewer, id: Path<Uuid>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let asked = query.parse("format", "This must be json, markdown or html.", |name| match name {
        "json" => Some(Format::Json),
        "markdown" | "md" => Some(Format::Markdown),
        "html" => Some(Format::Html),
        _ => None,
    });
    let download = query.flag("download");
    query.finish()?;
    let format = match asked {
        Some(format) => format,
        None => accepted(&request)?,
    };
    let row = caller.storage.insights().find(*id).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept"));
    let report = Report::of(&caller.storage, row).await?;
    if download {
        let disposition = format!("attachment; filename=\"{}\"", report.file_name(format));
        response.insert_header((header::CONTENT_DISPOSITION, disposition));
    }
    Ok(match format {
        Format::Json => response.json(report.row),
        Format::Markdown => response.content_type("text/markdown; charset=utf-8").body(report.markdown()),
        Format::Html => {
            let report = report.with_sound(&caller.storage).await?;
            response
                .insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY))
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .content_type("text/html; charset=utf-8")
                .body(report.html())
        }
    })
}

fn accepted(request: &HttpRequest) -> Result<Format, Problem> {
    let offers = FORMATS.map(|(kind, _)| kind);
    let chosen = Accept::of(request).choose(&offers);
    chosen.and_then(|kind| FORMATS.iter().find(|(known, _)| *known == kind)).map(|(_, format)| *format).ok_or_else(
        || {
            Problem::new(
                Kind::NotAcceptable,
                "The available media types are application/json, text/markdown and text/html.",
            )
        },
    )
}

impl From<InsightError> for Problem {
    fn from(error: InsightError) -> Self {
        match error {
            InsightError::Storage(error) => error.into(),
            error => {
                tracing::error!(%error, "a report cannot be made");
                Self::internal()
            }
        }
    }
}
