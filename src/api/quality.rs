//! `/api/quality/`: thresholds, and what somebody does about an alert.
//!
//! Owns: bodies and answers. Never does: judge (`interview::quality` does), or tell the supervisor: it sees by itself that a
//! threshold was edited.

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

/// What a metric is compared with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QualityThreshold)]
struct Threshold {
    metric: Metric,
    /// The side on which a value is as it should be; on the threshold itself it is not.
    good: Side,
    /// A share of 0…1, or seconds for `response_latency`.
    value: f64,
    /// Of the alert when it is crossed.
    severity: Severity,
    /// What counts when nobody has set anything.
    default_value: f64,
    default_severity: Severity,
    /// Where `value` comes from.
    origin: Origin,
    /// Who has set it last.
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

/// Whose thresholds.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OfGuide {
    /// As they count for this guide's interviews.
    call_guide_id: Option<Uuid>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = SetQualityThreshold)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// A share of 0…1, or seconds for `response_latency`; null takes back what was set.
    #[schema(required, minimum = 0, maximum = 60)]
    value: Option<f64>,
    /// Of the alert; what is not given is taken back.
    severity: Option<Severity>,
    /// For this guide's interviews only.
    call_guide_id: Option<Uuid>,
}

/// What is done about an alert.
#[derive(Deserialize, ToSchema)]
#[schema(as = DealWithAlert)]
#[serde(deny_unknown_fields)]
struct Dealt {
    #[schema(pattern = r"\S", max_length = 10_000)]
    note: Option<String>,
}

/// List thresholds
///
/// What counts now for each metric, what counts when nobody has set anything, and where it comes from: the guide, the
/// workspace or the settings.
#[utoipa::path(
    get,
    path = "/api/quality/thresholds",
    params(OfGuide),
    responses((status = 200, body = Thresholds), (status = 404, body = Problem, description = "there is no such guide"))
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
/// For all interviews, or for one guide's. It counts at once, in calls that are on as well. With `value: null` and no severity
/// it is taken back.
#[utoipa::path(
    put,
    path = "/api/quality/thresholds/{metric}",
    params(("metric" = Metric, Path)),
    request_body = Wanted,
    responses(
        (status = 200, body = Threshold),
        (status = 404, body = Problem, description = "there is no such metric"),
        (status = 422, body = Problem, description = "the body has faults, or names a guide that is not there"),
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
    let metric = Metric::named(&metric)
        .ok_or_else(|| Problem::not_found(format!("there is no metric of this name; there are {}", names())))?;
    let mut body = Described::<Wanted>::of(body::parse(&request, &bytes, false)?);
    body.check("value", |value| metric.check(value));
    let Wanted { value, severity, call_guide_id: guide } = body.finish()?;
    caller.storage.thresholds().set(metric, guide, value, severity, &caller.actor).await.map_err(
        |error| match error {
            StorageError::NotFound(_) => {
                let fault = Fault::new("/call_guide_id", "there is no call guide with this id");
                Problem::invalid_body(vec![fault])
            }
            error => error.into(),
        },
    )?;
    let effective = caller.storage.thresholds().effective(&state.settings.thresholds, guide).await?;
    let one = effective.into_iter().find(|one| one.metric == metric);
    one.map(|one| Json(one.into())).ok_or_else(|| Problem::not_found("there is no metric of this name"))
}

/// Acknowledge an alert
///
/// Somebody has seen it. Saying so again, or of one that is resolved, changes nothing. A body is not needed.
#[utoipa::path(
    post,
    path = "/api/quality/alerts/{id}/acknowledge",
    params(("id" = Uuid, Path)),
    request_body(content = Option<Dealt>),
    responses((status = 200, body = Alert), (status = 422, body = Problem, description = "the body has faults"))
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
/// Somebody has dealt with it. Saying so again, or of one that has recovered by itself, changes nothing. A body is not needed.
#[utoipa::path(
    post,
    path = "/api/quality/alerts/{id}/resolve",
    params(("id" = Uuid, Path)),
    request_body(content = Option<Dealt>),
    responses((status = 200, body = Alert), (status = 422, body = Problem, description = "the body has faults"))
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

/// The body's note. That there is no such alert is said first, whatever the body.
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
