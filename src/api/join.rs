//! `/api/join/{token}/…`: the respondent's way in, as WHIP (RFC 9725) does it. The token is the key.
//!
//! Owns: what WHIP wants of requests and answers. Never does: understand SDP.

use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{self, Bytes, Data, Path, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use entity::interviews;

use super::query::Parameters;
use super::{JoinError, Problem, State, events};
use crate::transport::{IceCondition, IceServer, PatchError, Patched};

/// Offers are a few kilobytes.
const MAX_OFFER: usize = 64 * 1024;
const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
/// Seconds to wait when an engine can't say.
const RETRY_SECONDS: u64 = 5;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    let options = || web::method(Method::OPTIONS);
    cfg.service(web::resource("/api/join/{token}/call").post(join).route(options().to(about_joining)))
        .service(
            web::resource("/api/join/{token}/call/{call_id}")
                .delete(hang_up)
                .patch(patch)
                .route(options().to(about_the_call)),
        )
        .service(web::resource("/api/join/{token}/events").get(subscribe));
}

pub(super) fn unknown_token() -> Problem {
    Problem::not_found("this join link is unknown")
}

/// The token's interview, if it can still be joined.
async fn open(state: &State, token: &str) -> Result<interviews::Model, Problem> {
    let (interview, expired) = state.storage.interviews().by_token(token).await?.ok_or_else(unknown_token)?;
    if interview.status.is_over() {
        return Err(Problem::new(StatusCode::GONE, "the interview is over"));
    }
    if expired {
        return Err(Problem::new(StatusCode::GONE, "this join link has expired"));
    }
    Ok(interview)
}

async fn join(
    state: Data<State>,
    token: Path<String>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let interview = open(&state, &token).await?;
    let mut query = Parameters::of(&request);
    let takeover = query.flag("takeover");
    query.finish()?;
    if !is_of(&request, SDP) {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send an offer as application/sdp"));
    }
    if body.len() > MAX_OFFER {
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "no offer is that long"));
    }
    let offer = String::from_utf8(body.to_vec()).map_err(|_| Problem::bad_request("the offer is not UTF-8"))?;
    let joined = state.calls.join(interview.id, offer, takeover).await.map_err(|error| refusal(&state, &error))?;
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

fn is_of(request: &HttpRequest, wanted: &str) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
}

fn quoted(tag: &str) -> String {
    format!("\"{tag}\"")
}

/// A server as WHIP names it (RFC 9725, 4.6).
fn ice_links(server: &IceServer) -> impl Iterator<Item = String> + '_ {
    // Both may hold anything; within quotes only these two mean something.
    let text = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
    server.urls.iter().map(move |url| {
        let link = format!("<{url}>; rel=\"ice-server\"");
        let (Some(user), Some(credential)) = (&server.username, &server.credential) else { return link };
        let (user, credential) = (text(user), text(credential));
        format!("{link}; username=\"{user}\"; credential=\"{credential}\"; credential-type=\"password\"")
    })
}

/// What may be sent to join, and over which servers.
async fn about_joining(state: Data<State>, token: Path<String>) -> Result<HttpResponse, Problem> {
    open(&state, &token).await?;
    let mut response = HttpResponse::NoContent();
    response.insert_header((header::ALLOW, "POST, OPTIONS")).insert_header(("Accept-Post", SDP));
    for link in state.settings.ice_servers.iter().flat_map(ice_links) {
        response.append_header((header::LINK, link));
    }
    Ok(response.finish())
}

async fn about_the_call(state: Data<State>, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (token, _) = path.into_inner();
    state.storage.interviews().by_token(&token).await?.ok_or_else(unknown_token)?;
    Ok(HttpResponse::NoContent()
        .insert_header((header::ALLOW, "PATCH, DELETE, OPTIONS"))
        .insert_header(("Accept-Patch", FRAGMENT))
        .finish())
}

fn refusal(state: &State, error: &JoinError) -> Problem {
    let detail = error.to_string();
    match error {
        JoinError::AlreadyLive => Problem::conflict(detail),
        JoinError::Full { retry_after_s } => {
            state.metrics.admission_refusals_total.inc();
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(*retry_after_s)
        }
        JoinError::Over => Problem::new(StatusCode::GONE, detail),
        JoinError::NoCodec => Problem::new(StatusCode::NOT_ACCEPTABLE, detail),
        JoinError::BadOffer(_) => Problem::bad_request(detail),
        JoinError::Unavailable(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(RETRY_SECONDS),
    }
}

/// Ends the call; works as long as the call lives, even when the link has expired meanwhile.
async fn hang_up(state: Data<State>, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (token, call_id) = path.into_inner();
    let (interview, _) = state.storage.interviews().by_token(&token).await?.ok_or_else(unknown_token)?;
    state.calls.hang_up(interview.id, &call_id).await.map_err(|not_live| Problem::not_found(not_live.to_string()))?;
    Ok(HttpResponse::Ok().finish())
}

/// Candidates that were found after the offer (204), or a restart of ICE over whatever network there is now (200 with our
/// side of it).
async fn patch(
    state: Data<State>,
    path: Path<(String, String)>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let (token, call_id) = path.into_inner();
    let (interview, _) = state.storage.interviews().by_token(&token).await?.ok_or_else(unknown_token)?;
    if !is_of(&request, FRAGMENT) {
        let detail = format!("send candidates or a restart as {FRAGMENT}");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let condition = condition(&request)?;
    let fragment = std::str::from_utf8(&body).map_err(|_| Problem::bad_request("the fragment is not UTF-8"))?;
    let patched = state.calls.patch(interview.id, &call_id, condition, fragment).await;
    match patched.map_err(|error| patch_refusal(&error))? {
        Patched::Trickled => Ok(HttpResponse::NoContent().finish()),
        Patched::Restarted { fragment, tag } => {
            Ok(HttpResponse::Ok().insert_header((header::ETAG, quoted(&tag))).content_type(FRAGMENT).body(fragment))
        }
    }
}

/// A patch for a session that is gone must not change the one that is: it has to say which one it means.
fn condition(request: &HttpRequest) -> Result<IceCondition, Problem> {
    let mut tags = Vec::new();
    for value in request.headers().get_all(header::IF_MATCH) {
        for tag in value.to_str().unwrap_or_default().split(',').map(str::trim) {
            if tag == "*" {
                return Ok(IceCondition::Any);
            }
            tags.push(tag.trim_start_matches("W/").trim_matches('"').to_owned());
        }
    }
    if tags.is_empty() {
        let detail = "say with If-Match which ICE session is meant: its ETag, or * to restart whichever it is";
        return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, detail));
    }
    Ok(IceCondition::Tags(tags))
}

fn patch_refusal(error: &PatchError) -> Problem {
    let detail = error.to_string();
    match error {
        PatchError::Gone => Problem::not_found(detail),
        PatchError::Bad(_) => Problem::bad_request(detail),
        PatchError::OtherSession => Problem::new(StatusCode::PRECONDITION_FAILED, detail),
        PatchError::Failed(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(RETRY_SECONDS),
    }
}

async fn subscribe(
    state: Data<State>,
    token: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let interview = open(&state, &token).await?;
    let mut query = Parameters::of(&request);
    let after = query.parse("after", "the seq of a message is wanted here", |seq| seq.parse().ok());
    query.finish()?;
    let (response, session, messages) = actix_ws::handle(&request, payload)
        .map_err(|error| Problem::bad_request(format!("a WebSocket is wanted here: {error}")))?;
    let calls = state.calls.clone();
    actix_web::rt::spawn(events::Socket::new(calls, interview.id, after, session).run(messages));
    Ok(response)
}
