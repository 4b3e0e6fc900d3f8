//! `/api/join/{token}/…`: the respondent's way in, as WHIP (RFC 9725) does it. The token is the key.

use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes, Data, Path, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use entity::interviews;

use super::query::Parameters;
use super::{JoinError, Problem, State, events};

/// Offers are a few kilobytes.
const MAX_OFFER: usize = 64 * 1024;
/// Seconds to wait when an engine can't say.
const RETRY_SECONDS: u64 = 5;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/api/join/{token}/call").post(join))
        .service(web::resource("/api/join/{token}/call/{call_id}").delete(hang_up).patch(trickle))
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
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/sdp")) {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send an offer as application/sdp"));
    }
    if body.len() > MAX_OFFER {
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "no offer is that long"));
    }
    let offer = String::from_utf8(body.to_vec()).map_err(|_| Problem::bad_request("the offer is not UTF-8"))?;
    let joined = state.calls.join(interview.id, offer, takeover).await.map_err(|error| refusal(&state, &error))?;
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, format!("/api/join/{token}/call/{}", joined.call_id)))
        .content_type("application/sdp")
        .body(joined.answer_sdp))
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

/// Our answers are complete with candidates, so nothing needs to trickle; ICE restarts are not built yet.
// Handlers are async whether they wait or not.
#[allow(clippy::unused_async)]
async fn trickle() -> Result<HttpResponse, Problem> {
    Err(Problem::new(
        StatusCode::NOT_IMPLEMENTED,
        "trickled candidates and ICE restarts are not taken: send the offer complete with candidates",
    ))
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
