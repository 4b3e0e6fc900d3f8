//! `/api/quality/`: thresholds, and the handling of alerts.
//!
//! Owns: bodies and answers. Never does: judge (`interview::quality` does), or notify the
//! supervisor, which detects edited thresholds by itself.

use actix_web::HttpRequest;
use actix_web::web::{Bytes, Data, Json, Path};
use chrono::{DateTime, Utc};
use entity::Severity;
use interview::quality::{Metric, Side};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body;
use super::dashboard::Alert;
use super::described::Described;
use super::query::Parameters;
use super::routes::resource;
use super::{AppState, Fault, Problem, Researcher, Viewer};
use storage::thresholds::{Effective, Origin, to_row};
use storage::{Storage, StorageError};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(list)).service(resource!(set)).service(resource!(acknowledge)).service(resource!(resolve));
}

#[derive(Debug, Serialize, ToSchema)]
struct Thresholds {
    /// All metrics, in the order of the documentation.
    thresholds: Vec<Threshold>,
}

/// The threshold of a metric.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QualityThreshold)]
struct Threshold {
    metric: Metric,
    /// The side of the threshold on which a value is good. The threshold itself is not good.
    good: Side,
    /// A share from 0 to 1, or seconds for `response_latency`.
    value: f64,
    /// The severity of the alert that is raised when the threshold is crossed.
    severity: Severity,
    /// The value that applies if no other is set.
    default_value: f64,
    default_severity: Severity,
    /// Where `value` comes from.
    origin: Origin,
    /// Who set the value last.
    #[schema(required)]
    updated_by: Option<String>,
    #[schema(required)]
    updated_at: Option<DateTime<Utc>>,
}

impl From<Effective> for Threshold {
    fn from(one: Effective) -> Self {
        Self {
            metric: one.metric,
            good: one.metric.good(),
            value: one.threshold.value,
            severity: to_row(one.threshold.severity),
            default_value: one.default.value,
            default_severity: to_row(one.default.severity),
            origin: one.origin,
            updated_by: one.updated_by,
            updated_at: one.updated_at,
        }
    }
}

/// The scope of the thresholds.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OfGuide {
    /// If present, the thresholds that apply to interviews with this guide.
    call_guide_id: Option<Uuid>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = SetQualityThreshold)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// A share from 0 to 1, or seconds for `response_latency`. Null removes the value that was set.
    #[schema(required, minimum = 0, maximum = 60)]
    value: Option<f64>,
    /// The severity of the alert. If missing, the severity that was set is removed.
    severity: Option<Severity>,
    /// If present, the threshold applies to interviews with this guide only.
    call_guide_id: Option<Uuid>,
}

/// A note on how an alert was handled.
#[derive(Deserialize, ToSchema)]
#[schema(as = DealWithAlert)]
#[serde(deny_unknown_fields)]
struct Dealt {
    #[schema(pattern = r"\S", max_length = 10_000)]
    note: Option<String>,
}

/// List thresholds
///
/// Returns for each metric the value that applies, the default value, and where the value comes
/// from: the guide, the workspace or the settings.
#[utoipa::path(
    get,
    path = "/api/quality/thresholds",
    params(OfGuide),
    responses((status = 200, body = Thresholds), (status = 404, body = Problem,
        description = "There is no such guide."))
)]
async fn list(caller: Viewer, state: Data<AppState>, request: HttpRequest) -> Result<Json<Thresholds>, Problem> {
    let mut query = Parameters::of(&request);
    let OfGuide { call_guide_id: guide } = query.read();
    query.finish()?;
    if let Some(guide) = guide {
        caller.storage.guides().get(guide).await?;
    }
    let effective = caller.storage.thresholds().effective(&state.settings.thresholds, guide).await?;
    Ok(Json(Thresholds { thresholds: effective.into_iter().map(Threshold::from).collect() }))
}

/// Set a threshold
///
/// Sets the threshold for all interviews or for those with one guide. It applies at once, including
/// to live calls. `value: null` without a severity removes the threshold.
#[utoipa::path(
    put,
    path = "/api/quality/thresholds/{metric}",
    params(("metric" = Metric, Path)),
    request_body = Wanted,
    responses(
        (status = 200, body = Threshold),
        (status = 404, body = Problem, description = "There is no such metric."),
        (status = 422, body = Problem, description = "The body has faults, or names a guide that does not exist."),
    )
)]
async fn set(
    caller: Researcher,
    state: Data<AppState>,
    metric: Path<String>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<Json<Threshold>, Problem> {
    let names = || Metric::ALL.map(Metric::name).join(", ");
    let metric = Metric::named(&metric).ok_or_else(|| {
        Problem::not_found(format!("There is no metric with this name. The metrics are {}.", names()))
    })?;
    let mut body = Described::<Wanted>::of(body::parse(&request, &bytes, false)?);
    body.check("value", |value| metric.check(value));
    let Wanted { value, severity, call_guide_id: guide } = body.finish()?;
    caller.storage.thresholds().set(metric, guide, value, severity, &caller.actor).await.map_err(
        |error| match error {
            StorageError::NotFound(_) => {
                let fault = Fault::new("/call_guide_id", "There is no call guide with this id.");
                Problem::invalid_body(vec![fault])
            }
            error => error.into(),
        },
    )?;
    let effective = caller.storage.thresholds().effective(&state.settings.thresholds, guide).await?;
    let one = effective.into_iter().find(|one| one.metric == metric);
    one.map(|one| Json(one.into())).ok_or_else(|| Problem::not_found("There is no metric with this name."))
}

/// Acknowledge an alert
///
/// Records that somebody has seen the alert. The request has no effect on an alert that is already
/// acknowledged or resolved. The body is optional.
#[utoipa::path(
    post,
    path = "/api/quality/alerts/{id}/acknowledge",
    params(("id" = Uuid, Path)),
    request_body(content = Option<Dealt>),
    responses((status = 200, body = Alert), (status = 422, body = Problem, description = "The body has faults."))
)]
async fn acknowledge(
    caller: Researcher,
    id: Path<Uuid>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<Json<Alert>, Problem> {
    let note = note(&caller.storage, *id, &request, &bytes).await?;
    Ok(Json(caller.storage.alerts().acknowledge(*id, note, &caller.actor).await?.into()))
}

/// Resolve an alert
///
/// Records that somebody has dealt with the alert. The request has no effect on an alert that is
/// already resolved or has recovered by itself. The body is optional.
#[utoipa::path(
    post,
    path = "/api/quality/alerts/{id}/resolve",
    params(("id" = Uuid, Path)),
    request_body(content = Option<Dealt>),
    responses((status = 200, body = Alert), (status = 422, body = Problem, description = "The body has faults."))
)]
async fn resolve(
    caller: Researcher,
    id: Path<Uuid>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<Json<Alert>, Problem> {
    let note = note(&caller.storage, *id, &request, &bytes).await?;
    Ok(Json(caller.storage.alerts().resolve(*id, note, &caller.actor).await?.into()))
}

/// Reads the note in the body. A missing alert is reported before any fault of the body.
async fn note(storage: &Storage, id: Uuid, request: &HttpRequest, bytes: &[u8]) -> Result<Option<String>, Problem> {
    storage.alerts().get(id).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let body = body::parse(request, bytes, false)?;
    if body.is_null() {
        return Ok(None);
    }
    Ok(Described::<Dealt>::of(body).finish()?.note)
}
