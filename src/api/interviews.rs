//! `/api/interviews/`: scheduling, listing, opening and cancelling interviews.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use entity::{Channel, Status, interview_responses, interviews};
use interview::io::{Command, EndStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::conditional::{self, Expected, IfMatchHeader, IfNoneMatchHeader};
use super::described::Described;
use super::query::{Page, Paging, Parameters};
use super::reviews::{__path_annotate, annotate};
use super::routes::resource;
use super::{AppState, Kind, Problem, Researcher, Viewer, body};
use storage::{InterviewFilter, InterviewOrder, JoinToken, NewInterview, StorageError};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(list))
        .service(resource!(schedule))
        .service(resource!(get, annotate, cancel))
        .service(resource!(start))
        .service(resource!(responses));
}

#[derive(Deserialize, ToSchema)]
#[schema(as = ScheduleInterview)]
#[serde(deny_unknown_fields)]
struct Schedule {
    call_guide_id: Uuid,
    /// `webrtc` if missing.
    channel: Option<Channel>,
    /// Groups the interviews of one respondent, whose words are encrypted with one key. Generated
    /// if missing.
    #[schema(pattern = r"\S")]
    respondent_id: Option<String>,
    #[schema(pattern = r"\S")]
    respondent_name: Option<String>,
    #[schema(pattern = r"\S")]
    respondent_phone: Option<String>,
    #[schema(pattern = r"\S", max_length = 254)]
    respondent_email: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    /// The current time if missing.
    scheduled_at: Option<DateTime<Utc>>,
}

/// All answers of an interview, in the order in which the questions were asked.
#[derive(Serialize, ToSchema)]
struct ResponseList {
    items: Vec<interview_responses::Model>,
}

/// An interview with its join link, which is returned only here.
#[derive(Serialize, ToSchema)]
#[schema(as = ScheduledInterview)]
struct Invitation {
    #[serde(flatten)]
    interview: interviews::Model,
    join_url: String,
    join_token: String,
    join_expires_at: DateTime<Utc>,
}

impl Invitation {
    fn new(state: &AppState, interview: interviews::Model, token: JoinToken) -> Self {
        Self {
            interview,
            join_url: format!("{}/join/{}", state.settings.public_url, token.token),
            join_token: token.token,
            join_expires_at: token.expires_at,
        }
    }
}

/// Schedule an interview
///
/// The join link is returned here and never again.
#[utoipa::path(
    post,
    path = "/api/interviews/schedule",
    request_body = Schedule,
    responses(
        (status = 201, body = Invitation, headers(("Location" = String, description = "The interview's path"))),
        (status = 422, body = Problem, description = "The body has faults."),
    )
)]
async fn schedule(
    state: Data<AppState>,
    caller: Researcher,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse, Problem> {
    let new = read(&state, body::parse(&request, &bytes, false)?)?;
    let guide = new.call_guide_id;
    let (row, token) = caller.storage.interviews().schedule(new, &caller.actor).await.map_err(|error| match error {
        StorageError::NotFound(_) => {
            let fault = super::Fault::new("/call_guide_id", "There is no call guide with this id.");
            Problem::invalid_body(vec![fault])
        }
        error => error.into(),
    })?;
    state.metrics.observe_scheduled(guide);
    state.calls.prepare(row.id);
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/api/interviews/{}", row.id)))
        .json(Invitation::new(&state, row, token)))
}

fn read(state: &AppState, body: Value) -> Result<NewInterview, Problem> {
    let mut body = Described::<Schedule>::of(body);
    let unavailable = body.get::<Channel>("channel").is_some_and(|channel| channel != Channel::Webrtc);
    body.check("channel", |channel: Channel| match channel {
        Channel::Webrtc => Ok(()),
        Channel::Sip => Err("No phone transport is configured.".to_owned()),
        _ => Err("This transport is not configured.".to_owned()),
    });
    let new = body.finish().map_err(|problem| match problem.faults() {
        [_] if unavailable => problem.of_kind(Kind::ChannelNotAvailable),
        _ => problem,
    })?;
    Ok(NewInterview {
        call_guide_id: new.call_guide_id,
        channel: new.channel.unwrap_or(Channel::Webrtc),
        respondent_id: new.respondent_id,
        respondent_name: new.respondent_name,
        respondent_phone: new.respondent_phone,
        respondent_email: new.respondent_email,
        metadata: new.metadata.unwrap_or_else(|| json!({})),
        scheduled_at: new.scheduled_at,
        link_lifetime: state.settings.link_lifetime,
        no_show_after: state.settings.no_show_after,
    })
}

/// The keys by which interviews can be sorted. By default, the newest interview comes first.
const ORDERS: [(&str, InterviewOrder); 3] = [
    ("created_at", InterviewOrder::Created),
    ("updated_at", InterviewOrder::Updated),
    ("scheduled_at", InterviewOrder::Scheduled),
];

/// The filter on interviews.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    #[param(inline)]
    status: Option<Status>,
    call_guide_id: Option<Uuid>,
    #[param(inline)]
    channel: Option<Channel>,
    requires_human_review: Option<bool>,
    tag: Option<String>,
    /// Part of the respondent's name, email address, phone number or id, regardless of case.
    q: Option<String>,
    scheduled_from: Option<DateTime<Utc>>,
    scheduled_to: Option<DateTime<Utc>>,
    created_from: Option<DateTime<Utc>>,
    created_to: Option<DateTime<Utc>>,
}

/// List interviews
///
/// By default, the newest interview comes first. Time ranges include their beginning and exclude
/// their end.
#[utoipa::path(
    get,
    path = "/api/interviews/",
    params(
        Paging,
        ("sort" = Option<String>, Query, pattern = "^-?(created_at|updated_at|scheduled_at)$"),
        Wanted,
    ),
    responses((status = 200, body = Page<interviews::Model>))
)]
async fn list(caller: Viewer, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let listing = query.listing(&ORDERS);
    let wanted: Wanted = query.read();
    query.finish()?;
    let filter = InterviewFilter {
        status: wanted.status,
        call_guide_id: wanted.call_guide_id,
        channel: wanted.channel,
        requires_human_review: wanted.requires_human_review,
        tag: wanted.tag,
        respondent: wanted.q,
        scheduled_from: wanted.scheduled_from,
        scheduled_to: wanted.scheduled_to,
        created_from: wanted.created_from,
        created_to: wanted.created_to,
        sort: listing.sort,
        after: listing.after.clone(),
        limit: listing.limit + 1,
    };
    let rows = caller.storage.interviews().list(filter).await?;
    Ok(HttpResponse::Ok().json(Page::listed(rows, &listing, |row| listing.sort.key.place(row))))
}

/// Read an interview
#[utoipa::path(
    get,
    path = "/api/interviews/{id}",
    params(("id" = Uuid, Path), IfNoneMatchHeader),
    responses((status = 200, body = interviews::Model))
)]
async fn get(caller: Viewer, id: Path<Uuid>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    conditional::read(&request, &caller.storage.interviews().get(*id).await?)
}

/// Read the answers of an interview
#[utoipa::path(
    get,
    path = "/api/interviews/{id}/responses",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = ResponseList))
)]
async fn responses(caller: Viewer, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    caller.storage.interviews().get(*id).await?;
    Ok(HttpResponse::Ok().json(ResponseList { items: caller.storage.responses().of_interview(*id).await? }))
}

/// Open an interview now
///
/// The interview can be joined at once instead of at the scheduled time, with a new join link.
/// Earlier links become invalid, even for a live call. That call continues, but its page needs the
/// new link to reconnect after a loss of connection.
#[utoipa::path(
    post,
    path = "/api/interviews/{id}/start",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Invitation),
        (status = 409, body = Problem, description = "The interview is over."),
        (status = 422, body = Problem, description = "No transport is configured for the channel of the interview."),
    )
)]
async fn start(state: Data<AppState>, caller: Researcher, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    if caller.storage.interviews().get(*id).await?.channel != Channel::Webrtc {
        return Err(Problem::new(Kind::ChannelNotAvailable, "No transport is configured for this channel."));
    }
    let (row, token) = caller
        .storage
        .interviews()
        .open_now(*id, state.settings.link_lifetime, state.settings.no_show_after, &caller.actor)
        .await?;
    Ok(HttpResponse::Ok().json(Invitation::new(&state, row, token)))
}

/// Cancel an interview
///
/// A live call is asked to end (202). An interview without a live call is cancelled at once (200).
#[utoipa::path(
    delete,
    path = "/api/interviews/{id}",
    params(("id" = Uuid, Path), IfMatchHeader),
    responses(
        (status = 200, body = interviews::Model),
        (status = 202, body = interviews::Model, description = "The call has been asked to end."),
        (status = 409, body = Problem, description = "The interview is over."),
    )
)]
async fn cancel(
    state: Data<AppState>,
    caller: Researcher,
    id: Path<Uuid>,
    expected: Expected,
) -> Result<HttpResponse, Problem> {
    let (storage, edit) = (&caller.storage, caller.edit(expected.0));
    let row = storage.interviews().get(*id).await?;
    if row.status.is_over() {
        return Err(StorageError::Over(row.status).into());
    }
    storage.interviews().note_cancel(*id, &edit).await?;
    if state.calls.command(*id, Command::Cancel).await.is_ok() {
        return conditional::tagged(StatusCode::ACCEPTED, &storage.interviews().get(*id).await?);
    }
    let row = storage.interviews().end(*id, EndStatus::Cancelled, "cancelled", &edit).await?;
    let guide = row.call_guide_id.to_string();
    state.metrics.interviews_total.with_label_values(&["cancelled", &guide]).inc();
    conditional::tagged(StatusCode::OK, &row)
}
