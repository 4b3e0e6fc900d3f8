//! `/api/join/{token}/…`: how a respondent joins, by WHIP (RFC 9725). The token is the key.
//!
//! Owns: what WHIP requires of requests and answers. Never does: understand SDP.

use actix_web::http::header::{self, IfMatch};
use actix_web::web::{Bytes, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use entity::{Status, interviews};
use utoipa_actix_web::service_config::ServiceConfig;

use super::query::Parameters;
use super::routes::resource;
use super::{AppState, Kind, Problem, conditional, events};
use crate::calls::JoinError;
use voice::transport::webrtc::{IceCondition, PatchError, Patched};
use voice::transport::{IceServer, TransportError};

/// Offers have a few kilobytes.
const MAX_OFFER: usize = 64 * 1024;
const SDP: &str = "application/sdp";
pub(super) const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
/// The seconds to wait if an engine cannot estimate them.
const RETRY_SECONDS: u64 = 5;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(join, about_joining))
        .service(resource!(hang_up, patch, about_the_call))
        .service(resource!(subscribe));
}

/// Returns true if a GET of this path requests the events socket.
pub(super) fn is_socket(path: &str) -> bool {
    path.strip_prefix("/api/join/")
        .and_then(|rest| rest.strip_suffix("/events"))
        .is_some_and(|token| !token.contains('/'))
}

pub(super) fn unknown_token() -> Problem {
    Problem::new(Kind::JoinLinkUnknown, "This join link is unknown.")
}

pub(super) fn expired_link() -> Problem {
    Problem::new(Kind::JoinLinkExpired, "This join link has expired.")
}

/// Returns an error for a link that this engine did not sign or that has expired. The database is
/// not queried.
pub(super) fn check_link(state: &AppState, token: &str) -> Result<(), Problem> {
    let expires_at = state.storage.join_tokens().expiry(token).ok_or_else(unknown_token)?;
    if expires_at <= Utc::now() {
        return Err(expired_link());
    }
    Ok(())
}

/// Returns the interview of the token, if it can still be joined.
async fn open(state: &AppState, token: &str) -> Result<interviews::Model, Problem> {
    check_link(state, token)?;
    let (interview, expired) = state.storage.interviews().by_token(token).await?.ok_or_else(unknown_token)?;
    if interview.status.is_over() {
        return Err(Problem::new(Kind::InterviewHasEnded, "The interview is over."));
    }
    // The row counts as well, because an appointment can be moved and the link cannot.
    if expired {
        return Err(expired_link());
    }
    let now = state.storage.now().await?;
    match opens_at(state, &interview).filter(|at| *at > now) {
        Some(at) => Err(Problem::too_early(at, now)),
        None => Ok(interview),
    }
}

/// Returns the time from which the link of an interview that nobody has joined yet can be used.
pub(super) fn opens_at(state: &AppState, interview: &interviews::Model) -> Option<DateTime<Utc>> {
    let waits = interview.status == Status::Scheduled;
    interview.scheduled_at.filter(|_| waits).map(|at| at - state.settings.open_before)
}

/// Join the call (WHIP, RFC 9725)
#[utoipa::path(
    post,
    path = "/api/join/{token}/call",
    params(
        ("token" = String, Path, description = "The token of the join link, which serves as the key."),
        ("takeover" = Option<bool>, Query,
            description = "If true, a live call is ended and this one continues the interview."),
    ),
    request_body(content = String, content_type = "application/sdp",
        description = "An offer with one audio section that allows Opus."),
    responses(
        (status = 201, body = String, content_type = "application/sdp",
            description = "The answer, with ICE candidates.",
            headers(
                ("Location" = String, description = "The path of the call."),
                ("ETag" = String, description = "The ICE session, for If-Match of PATCH."),
                ("Accept-Patch" = String),
                ("Link" = Option<String>, description = "One STUN or TURN server for each header."),
            )),
        (status = 406, body = Problem, description = "The offer has no codec that the engine supports."),
        (status = 409, body = Problem, description = "A call of this interview is live. If another engine holds it, \
            Retry-After says when its lease expires unless that engine renews it.",
            headers(("Retry-After" = Option<u64>))),
        (status = 410, body = Problem, description = "The link has expired or the interview is over."),
        (status = 425, body = Problem, description = "The interview is not open yet. See opens_at and Retry-After."),
        (status = 503, body = Problem, description = "No call can be accepted at present.",
            headers(("Retry-After" = u64))),
    )
)]
async fn join(
    state: Data<AppState>,
    token: Path<String>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let interview = open(&state, &token).await?;
    let mut query = Parameters::of(&request);
    let takeover = query.flag("takeover");
    query.finish()?;
    if !is_of(&request, SDP) {
        return Err(Problem::new(Kind::UnsupportedMediaType, "The offer must be sent as application/sdp."));
    }
    if body.len() > MAX_OFFER {
        return Err(Problem::new(Kind::BodyTooLarge, "The offer is too long."));
    }
    let offer = String::from_utf8(body.to_vec())
        .map_err(|_| Problem::new(Kind::InvalidOffer, "The offer is not valid UTF-8."))?;
    let joined = state.whip.join(&*state.calls, interview.id, offer, takeover).await;
    let joined = joined.map_err(|error| refusal(&state, &error))?;
    let mut response = HttpResponse::Created();
    response
        .insert_header((header::LOCATION, format!("/api/join/{token}/call/{}", joined.call_id)))
        .insert_header((header::ETAG, quoted(&joined.ice_tag)))
        .insert_header(("Accept-Patch", FRAGMENT));
    for link in state.settings.ice_servers.iter().flat_map(ice_links) {
        response.append_header((header::LINK, link));
    }
    Ok(response.content_type(SDP).body(joined.answer_sdp))
}

pub(super) fn is_of(request: &HttpRequest, wanted: &str) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
}

fn quoted(tag: &str) -> String {
    format!("\"{tag}\"")
}

/// Returns the servers in the form that WHIP defines (RFC 9725, section 4.6).
fn ice_links(server: &IceServer) -> impl Iterator<Item = String> + '_ {
    // Both may contain any character. Only these two have a meaning within quotes.
    let text = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
    server.urls.iter().map(move |url| {
        let link = format!("<{url}>; rel=\"ice-server\"");
        let (Some(user), Some(credential)) = (&server.username, &server.credential) else { return link };
        let (user, credential) = (text(user), text(credential));
        format!("{link}; username=\"{user}\"; credential=\"{credential}\"; credential-type=\"password\"")
    })
}

/// Get the options for joining
///
/// Returns which media type may be sent to join, and the STUN and TURN servers.
#[utoipa::path(
    options,
    path = "/api/join/{token}/call",
    params(("token" = String, Path, description = "The token of the join link, which serves as the key.")),
    responses(
        (status = 204, description = "The options are in Accept-Post and Link.",
            headers(("Allow" = String), ("Accept-Post" = String))),
        (status = 410, body = Problem, description = "The link has expired or the interview is over."),
        (status = 425, body = Problem, description = "The interview is not open yet. See opens_at and Retry-After."),
        (status = 503, body = Problem, description = "The database cannot be used at present.",
            headers(("Retry-After" = u64))),
    )
)]
async fn about_joining(state: Data<AppState>, token: Path<String>) -> Result<HttpResponse, Problem> {
    open(&state, &token).await?;
    let mut response = HttpResponse::NoContent();
    response.insert_header((header::ALLOW, "POST, OPTIONS")).insert_header(("Accept-Post", SDP));
    for link in state.settings.ice_servers.iter().flat_map(ice_links) {
        response.append_header((header::LINK, link));
    }
    Ok(response.finish())
}

/// Get the options of a call
#[utoipa::path(
    options,
    path = "/api/join/{token}/call/{call_id}",
    params(
        ("token" = String, Path, description = "The token of the join link, which serves as the key."),
        ("call_id" = String, Path),
    ),
    responses(
        (status = 204, description = "The options are in Accept-Patch.",
            headers(("Allow" = String), ("Accept-Patch" = String))),
        (status = 503, body = Problem, description = "The database cannot be used at present.",
            headers(("Retry-After" = u64))),
    )
)]
async fn about_the_call(state: Data<AppState>, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (token, _) = path.into_inner();
    state.storage.interviews().by_token(&token).await?.ok_or_else(unknown_token)?;
    Ok(HttpResponse::NoContent()
        .insert_header((header::ALLOW, "PATCH, DELETE, OPTIONS"))
        .insert_header(("Accept-Patch", FRAGMENT))
        .finish())
}

fn refusal(state: &AppState, error: &JoinError) -> Problem {
    let detail = super::error::sentence(error);
    match error {
        JoinError::AlreadyLive => Problem::new(Kind::CallAlreadyLive, detail),
        JoinError::Elsewhere { retry_after_s } => {
            Problem::new(Kind::CallAlreadyLive, detail).retry_after(*retry_after_s)
        }
        JoinError::Full { retry_after_s } => {
            state.metrics.admission_refusals_total.inc();
            Problem::new(Kind::EngineFull, detail).retry_after(*retry_after_s)
        }
        JoinError::Over => Problem::new(Kind::InterviewHasEnded, detail),
        JoinError::Connection(TransportError::NoCodec) => Problem::new(Kind::NoUsableCodec, detail),
        JoinError::Connection(TransportError::BadOffer(_)) => Problem::new(Kind::InvalidOffer, detail),
        JoinError::Connection(_) | JoinError::Unavailable(_) => {
            Problem::new(Kind::CallsUnavailable, detail).retry_after(RETRY_SECONDS)
        }
    }
}

/// Hang up
///
/// Ends the call. This works as long as the call lives, even if the link has expired.
#[utoipa::path(
    delete,
    path = "/api/join/{token}/call/{call_id}",
    params(
        ("token" = String, Path, description = "The token of the join link, which serves as the key."),
        ("call_id" = String, Path),
    ),
    responses(
        (status = 200, description = "The call has ended."),
        (status = 503, body = Problem, description = "The database cannot be used at present.",
            headers(("Retry-After" = u64))),
    )
)]
async fn hang_up(state: Data<AppState>, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (token, call_id) = path.into_inner();
    let (interview, _) = state.storage.interviews().by_token(&token).await?.ok_or_else(unknown_token)?;
    state
        .calls
        .hang_up(interview.id, &call_id)
        .await
        .map_err(|not_live| Problem::new(Kind::CallGone, super::error::sentence(&not_live)))?;
    Ok(HttpResponse::Ok().finish())
}

/// Add candidates or restart ICE
///
/// Adds candidates that were found after the offer (204), or restarts ICE over the current network
/// (200, with the engine's part of it).
#[utoipa::path(
    patch,
    path = "/api/join/{token}/call/{call_id}",
    params(
        ("token" = String, Path, description = "The token of the join link, which serves as the key."),
        ("call_id" = String, Path),
        ("If-Match" = Option<String>, Header,
            description = "The ETag of the ICE session. Required. `*` restarts any session."),
    ),
    request_body(content = String, content_type = "application/trickle-ice-sdpfrag"),
    responses(
        (status = 200, body = String, content_type = "application/trickle-ice-sdpfrag",
            description = "ICE is restarted.",
            headers(("ETag" = String))),
        (status = 204, description = "The candidates were added."),
        (status = 412, body = Problem, description = "The ICE session has changed."),
        (status = 428, body = Problem, description = "If-Match is missing."),
        (status = 503, body = Problem, description = "The restart failed. Try again.", headers(("Retry-After" = u64))),
    )
)]
async fn patch(
    state: Data<AppState>,
    path: Path<(String, String)>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let (token, call_id) = path.into_inner();
    let (interview, _) = state.storage.interviews().by_token(&token).await?.ok_or_else(unknown_token)?;
    if !is_of(&request, FRAGMENT) {
        let detail = format!("Candidates and restarts must be sent as {FRAGMENT}.");
        return Err(Problem::new(Kind::UnsupportedMediaType, detail));
    }
    let condition = condition(&request)?;
    let fragment = std::str::from_utf8(&body)
        .map_err(|_| Problem::new(Kind::InvalidIceFragment, "The fragment is not valid UTF-8."))?;
    let patched = state.whip.patch(interview.id, &call_id, condition, fragment).await;
    match patched.map_err(|error| patch_refusal(&error))? {
        Patched::Trickled => Ok(HttpResponse::NoContent().finish()),
        Patched::Restarted { fragment, tag } => {
            Ok(HttpResponse::Ok().insert_header((header::ETAG, quoted(&tag))).content_type(FRAGMENT).body(fragment))
        }
    }
}

/// Reads which ICE session a patch is meant for. It is required, so that a patch for a session that
/// is gone does not change the current one.
pub(super) fn condition(request: &HttpRequest) -> Result<IceCondition, Problem> {
    match conditional::tags(request)? {
        None => {
            let detail = "If-Match must name the ICE session: its ETag, or * to restart the current one.";
            Err(Problem::new(Kind::IfMatchRequired, detail))
        }
        Some(IfMatch::Any) => Ok(IceCondition::Any),
        // Weak ETags are accepted, because proxies that compress weaken ETags and the session is
        // the same.
        Some(IfMatch::Items(tags)) => {
            Ok(IceCondition::Tags(tags.iter().map(|tag| conditional::bare(tag).to_owned()).collect()))
        }
    }
}

fn patch_refusal(error: &PatchError) -> Problem {
    let detail = super::error::sentence(error);
    match error {
        PatchError::Gone => Problem::new(Kind::CallGone, detail),
        PatchError::Bad(_) => Problem::new(Kind::InvalidIceFragment, detail),
        PatchError::OtherSession => Problem::new(Kind::IceSessionChanged, detail),
        PatchError::Failed(_) => Problem::new(Kind::CallsUnavailable, detail).retry_after(RETRY_SECONDS),
    }
}

/// Follow the call (WebSocket)
#[utoipa::path(
    get,
    path = "/api/join/{token}/events",
    description = "The engine sends JSON, one object in each message (schema `CallMessage`). Each object has `type`, \
        `seq` and `at_ms`:\n\n\
        - `state`: `value`; `reason` with the value `paused`\n\
        - `caption`: `speaker`, `text`, `final`, `start_ms`, `end_ms`; `replaces`, the `seq` of the caption \
        that it replaces\n\
        - `question`: `id`, `section`, `number`, `of`; `follow_up_of` for a follow-up\n\
        - `consent`: `participation`, `recording`\n\
        - `error`: `title`, `detail`; `call_id` if the message is meant for the page of one call only\n\n\
        The page may send JSON objects with a `type` (schema `CallCommand`): `pause`, `resume`, `leave`, `repeat`, and \
        `stop_recording` with `delete_so_far`.",
    params(
        ("token" = String, Path, description = "The token of the join link, which serves as the key."),
        ("after" = Option<u64>, Query, description = "The `seq` of the last message received."),
    ),
    responses(
        (status = 101, description = "The socket is open."),
        (status = 410, body = Problem, description = "The link has expired or the interview is over."),
        (status = 425, body = Problem, description = "The interview is not open yet. See opens_at and Retry-After."),
        (status = 503, body = Problem, description = "The database cannot be used at present.",
            headers(("Retry-After" = u64))),
    )
)]
async fn subscribe(
    state: Data<AppState>,
    token: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let interview = open(&state, &token).await?;
    let mut query = Parameters::of(&request);
    let after = query.parse("after", "This must be the seq of a message.", |seq| seq.parse().ok());
    query.finish()?;
    let (response, session, messages) = actix_ws::handle(&request, payload)
        .map_err(|error| Problem::new(Kind::WebSocketRequired, format!("This path requires a WebSocket: {error}.")))?;
    let calls = state.calls.clone();
    actix_web::rt::spawn(events::Socket::new(calls, interview.id, after, session).run(messages));
    Ok(response)
}
