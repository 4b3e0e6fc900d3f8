//! `Idempotency-Key`: a POST that is sent twice is carried out once.
//!
//! The same key with the same request is answered the same again, status and headers included; with another request it is
//! a 422; while the first is under way a 409. A day later the key is free.
//!
//! Owns: this for all routes at once, by a middleware. Never does: keep anything (the storage does, sealed).

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage as _, HttpResponse};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::caller::Identity;
use super::{AppState, Fault, Kind, Problem};
use storage::Storage;
use storage::idempotency::{Answer, Claim};

pub(super) const HEADER: &str = "Idempotency-Key";
const REPLAYED: &str = "Idempotency-Replayed";
pub(super) const LONGEST: usize = 255;
/// What of an answer's headers is told again.
const KEPT_HEADERS: [header::HeaderName; 4] =
    [header::CONTENT_TYPE, header::LOCATION, header::ETAG, header::CACHE_CONTROL];

/// Middleware; stands behind the guard, which knows the caller.
pub(super) async fn once(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let identity = request.extensions().get::<Identity>().cloned();
    let (Some(identity), true) = (identity, request.headers().contains_key(HEADER)) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    if request.method() != Method::POST {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let key = match key(request.headers()) {
        Ok(key) => key,
        Err(problem) => return Ok(request.error_response(problem)),
    };
    let Some(state) = request.app_data::<Data<AppState>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let storage = state.storage.of(identity.workspace);
    // As long as a handler would take, and no longer.
    let body = match request.extract::<Bytes>().await {
        Ok(body) => body,
        Err(error) => return Ok(request.error_response(error)),
    };
    let claim = match storage.idempotency().claim(&key, hash(&request, &identity, &body)).await {
        Ok(claim) => claim,
        Err(error) => return Ok(request.error_response(Problem::from(error))),
    };
    let claim = match claim {
        Claim::Ours(claim) => claim,
        Claim::Answered(answer) => return Ok(request.into_response(again(&answer))),
        Claim::Erased => {
            let detail = "this was carried out, and what it answered was erased with a person's data";
            return Ok(request.error_response(Problem::new(Kind::PersonalDataErased, detail)));
        }
        Claim::UnderWay => {
            let problem =
                Problem::new(Kind::RequestUnderWay, "a request with this Idempotency-Key is under way").retry_after(1);
            return Ok(request.error_response(problem));
        }
        Claim::Different => {
            let fault = Fault::new(format!("/{HEADER}"), "this key stands for another request: take a new one");
            return Ok(request.error_response(
                Problem::new(Kind::IdempotencyKeyReused, "a header has faults").with_errors(vec![fault]),
            ));
        }
    };
    let path = request.path().to_owned();
    request.set_payload(Payload::Stream { payload: Box::pin(futures_util::stream::iter([Ok(body)])) });
    // A task of its own: who hangs up in the middle asks again, and is told what came of it.
    let carried_out = actix_web::rt::spawn(async move {
        let response = match next.call(request).await {
            Ok(response) => response,
            Err(error) => {
                release(&storage, claim).await;
                return Err(error);
            }
        };
        let (request, response) = response.into_parts();
        let (head, body) = response.into_parts();
        let Ok(body) = to_bytes(body).await else {
            release(&storage, claim).await;
            let problem = Problem::new(Kind::InternalError, "the answer broke off");
            return Ok(ServiceResponse::from_err(problem, request));
        };
        keep(&storage, claim, &key, &path, &head, &body).await;
        Ok(ServiceResponse::new(request, head.set_body(BoxBody::new(body))))
    });
    carried_out.await.map_err(|_| Problem::new(Kind::InternalError, "the request was not carried out"))?
}

fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let mut values = headers.get_all(HEADER);
    let value = values.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let fits = (1..=LONGEST).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic());
    if !fits || values.next().is_some() {
        let wanted = format!("one key of 1 to {LONGEST} visible ASCII characters is wanted here");
        let fault = Fault::new(format!("/{HEADER}"), wanted);
        return Err(Problem::new(Kind::InvalidHeader, "a header has faults").with_errors(vec![fault]));
    }
    Ok(value.to_owned())
}

/// Who asks for what: nobody is told what somebody else was answered.
fn hash(request: &ServiceRequest, identity: &Identity, body: &[u8]) -> [u8; 32] {
    let kind = request.headers().get(header::CONTENT_TYPE).map(header::HeaderValue::as_bytes).unwrap_or_default();
    let mut hash = Sha256::new();
    for part in [identity.actor.as_str().as_bytes(), request.uri().to_string().as_bytes(), kind, body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

async fn keep(storage: &Storage, claim: Uuid, key: &str, path: &str, head: &HttpResponse<()>, body: &Bytes) {
    let status = head.status();
    // What may go better the next time is not told again.
    let passing = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    let text = std::str::from_utf8(body).ok().filter(|_| !passing);
    let Some(text) = text else { return release(storage, claim).await };
    let header = |name: &header::HeaderName| {
        let value = head.headers().get(name)?.to_str().ok()?;
        Some((name.to_string(), value.to_owned()))
    };
    let location = head.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    let answer = Answer {
        status: status.as_u16(),
        headers: KEPT_HEADERS.iter().filter_map(header).collect(),
        body: text.to_owned(),
    };
    let about = interview(location.unwrap_or_default()).or_else(|| interview(path));
    if let Err(error) = storage.idempotency().answer(claim, key, about, &answer).await {
        // It is carried out all the same; the key stays taken for a while.
        tracing::error!(%error, "the answer to a request with an Idempotency-Key can't be kept");
    }
}

async fn release(storage: &Storage, claim: Uuid) {
    if let Err(error) = storage.idempotency().release(claim).await {
        tracing::error!(%error, "an Idempotency-Key can't be given back");
    }
}

/// The interview that a path is of.
fn interview(path: &str) -> Option<Uuid> {
    let id = path.strip_prefix("/api/interviews/")?.split('/').next()?;
    Uuid::parse_str(id).ok()
}

fn again(answer: &Answer) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK));
    for (name, value) in &answer.headers {
        response.insert_header((name.as_str(), value.as_str()));
    }
    response.insert_header((REPLAYED, "true")).body(answer.body.clone())
}
