//! Health: the state of each component, liveness and readiness.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::routes::resource;
use super::{AppState, Kind};
use crate::fleet::{Redis, RedisStatus};
use crate::supervised::PartStatus;
use storage::tasks::QueueCount;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(overall)).service(resource!(live)).service(resource!(ready));
}

/// The state of the engine. A component that is not configured does not count.
#[derive(Serialize, ToSchema)]
struct Health {
    status: Availability,
    version: &'static str,
    components: Components,
}

#[derive(Serialize, ToSchema)]
#[schema(as = HealthComponents)]
struct Components {
    database: Component,
    redis: Component,
    /// The store of recordings and exports. While it does not answer, calls continue, and
    /// recordings remain on this engine's disk.
    files: Component,
    models: Models,
    queues: Queues,
    /// The supervised parts of the engine, in the order in which they were started.
    parts: Vec<PartLine>,
}

/// A part of the engine, which is restarted when it panics, freezes or ends.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthPart)]
struct PartLine {
    /// The name of the part, as in `part_restarts_total` and in alerts.
    name: &'static str,
    /// `unavailable` while the part is down.
    status: Availability,
    /// True if no call can be accepted while the part is down.
    needed: bool,
    /// How often the part was restarted since the engine started.
    restarts: u64,
    /// The reason of the last restart: `panicked`, `frozen` or `ended`.
    #[schema(required)]
    last_reason: Option<&'static str>,
    /// How many seconds ago the last restart was.
    #[schema(required)]
    last_seconds_ago: Option<u64>,
}

impl From<PartStatus> for PartLine {
    fn from(part: PartStatus) -> Self {
        Self {
            name: part.name,
            status: if part.up { Availability::Ok } else { Availability::Unavailable },
            needed: part.needed,
            restarts: part.restarts,
            last_reason: part.last_loss.map(|(end, _)| end.as_str()),
            last_seconds_ago: part.last_loss.map(|(_, ago)| ago.as_secs()),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Availability {
    Ok,
    Unavailable,
    NotConfigured,
}

#[derive(Serialize, ToSchema)]
#[schema(as = HealthComponent)]
struct Component {
    status: Availability,
    #[schema(required)]
    detail: Option<&'static str>,
}

/// The models for speech recognition and speech synthesis.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthModels)]
struct Models {
    status: Availability,
    /// True if any of them is a scripted stand-in.
    scripted: bool,
    stt: String,
    tts: String,
    turn: String,
    vad: String,
    proposer: String,
    /// Null if LLM_PROVIDER is `none`.
    #[schema(required)]
    llm: Option<Llm>,
}

/// The language model that words follow-ups. While it is not used, templates replace it.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthLlm)]
struct Llm {
    model: String,
    breaker: Breaker,
}

/// The state of the circuit breaker for the server. `open` means that the server failed too often.
/// `half_open` means that the next request tries it again.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = HealthLlmBreaker)]
#[serde(rename_all = "snake_case")]
enum Breaker {
    Closed,
    HalfOpen,
    Open,
}

impl From<llm::BreakerState> for Breaker {
    fn from(state: llm::BreakerState) -> Self {
        match state {
            llm::BreakerState::Closed => Self::Closed,
            llm::BreakerState::HalfOpen => Self::HalfOpen,
            llm::BreakerState::Open => Self::Open,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = HealthQueues)]
struct Queues {
    status: Admission,
    active_calls: usize,
    capacity: usize,
    /// The number of events that are not in the database yet.
    events_waiting: u64,
    /// The background tasks of each queue. Empty while the database does not answer.
    tasks: Vec<Tasks>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = HealthTasks)]
struct Tasks {
    queue: entity::Queue,
    /// The number of tasks that are due and have not begun.
    waiting: i64,
    /// For how many seconds the oldest waiting task has been due.
    oldest_seconds: f64,
    running: i64,
    /// The number of dead letters.
    failed: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Admission {
    Ok,
    Full,
    Draining,
}

impl Health {
    fn is_ready(&self) -> bool {
        self.status == Availability::Ok && self.components.queues.status == Admission::Ok
    }
}

async fn tasks(state: &AppState) -> Vec<Tasks> {
    let now = state.storage.about_now();
    let counts = state.storage.tasks().census(now).await.map(Vec::from).unwrap_or_default();
    let line = |count: QueueCount| Tasks {
        queue: count.queue,
        waiting: count.waiting,
        oldest_seconds: count.oldest.map_or(0.0, |oldest| (now - oldest).as_seconds_f64().max(0.0)),
        running: count.running,
        failed: count.failed,
    };
    counts.into_iter().map(line).collect()
}

fn redis(state: &AppState) -> Component {
    match state.redis.as_ref().map(Redis::status) {
        None => Component { status: Availability::NotConfigured, detail: None },
        Some(RedisStatus::There) => Component { status: Availability::Ok, detail: None },
        Some(RedisStatus::Away) => Component {
            status: Availability::Unavailable,
            detail: Some("Redis does not answer. Tasks are found in the database, and nothing is lost."),
        },
    }
}

/// Reports the outcome of the last request to the store, which is made at least every 30 s.
fn files(state: &AppState) -> Component {
    match state.storage.files().fault() {
        None => Component { status: Availability::Ok, detail: None },
        Some(_) => Component {
            status: Availability::Unavailable,
            detail: Some(
                "The store of files does not answer. Recordings wait on the engines' disks, and nothing is lost.",
            ),
        },
    }
}

async fn report(state: &AppState) -> Health {
    let (database, detail) = match state.storage.ping().await {
        Ok(()) => (Availability::Ok, None),
        Err(error) => {
            tracing::warn!(%error, "the database does not answer");
            (Availability::Unavailable, Some("The database does not answer."))
        }
    };
    let parts = state.board.statuses();
    let needed = parts.iter().all(|part| part.up || !part.needed);
    let engines = state.calls.engines();
    let active_calls = state.calls.active();
    let admission = match (engines.accepting, active_calls < engines.capacity) {
        (false, _) => Admission::Draining,
        (true, false) => Admission::Full,
        (true, true) => Admission::Ok,
    };
    Health {
        status: if needed { database } else { Availability::Unavailable },
        version: env!("CARGO_PKG_VERSION"),
        components: Components {
            database: Component { status: database, detail },
            redis: redis(state),
            files: files(state),
            models: Models {
                status: Availability::Ok,
                scripted: engines.scripted,
                stt: engines.stt,
                tts: engines.tts,
                turn: engines.turn,
                vad: engines.vad,
                proposer: engines.proposer,
                llm: state.llm.as_ref().map(|llm| Llm { model: llm.model().to_owned(), breaker: llm.state().into() }),
            },
            queues: Queues {
                status: admission,
                active_calls,
                capacity: engines.capacity,
                events_waiting: state.metrics.event_log_waiting.get() as u64,
                tasks: if database == Availability::Ok { tasks(state).await } else { Vec::new() },
            },
            parts: parts.into_iter().map(PartLine::from).collect(),
        },
    }
}

/// Get the state of the engine
///
/// Returns the overall state and the state of each component.
#[utoipa::path(get, path = "/api/health/", responses((status = 200, body = Health)))]
async fn overall(state: Data<AppState>) -> HttpResponse {
    HttpResponse::Ok().json(report(&state).await)
}

/// The process answers, and nothing else is checked.
#[derive(Serialize, ToSchema)]
struct Alive {
    status: Availability,
}

/// Check that the process answers
#[utoipa::path(get, path = "/api/health/live", responses((status = 200, body = Alive)))]
// Handlers are async even if they never wait.
#[allow(clippy::unused_async)]
async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Alive { status: Availability::Ok })
}

/// A problem document that also lists the components, for probes.
#[derive(Serialize, ToSchema)]
struct NotReady {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    /// A problem document has the status as a number.
    status: u16,
    detail: &'static str,
    version: &'static str,
    components: Components,
}

/// Check that a call can be accepted
#[utoipa::path(
    get,
    path = "/api/health/ready",
    responses(
        (status = 200, body = Health),
        (status = 503, body = NotReady, content_type = "application/problem+json",
            description = "No call can be accepted.",
            headers(("Retry-After" = u64))),
    )
)]
async fn ready(state: Data<AppState>) -> HttpResponse {
    let health = report(&state).await;
    if health.is_ready() {
        return HttpResponse::Ok().json(health);
    }
    let document = NotReady {
        kind: Kind::NotReady.uri(),
        title: Kind::NotReady.title(),
        status: 503,
        detail: "No call can be accepted at present. See components.",
        version: health.version,
        components: health.components,
    };
    HttpResponse::ServiceUnavailable()
        .content_type("application/problem+json")
        .insert_header(("Retry-After", "5"))
        .body(json!(document).to_string())
}
