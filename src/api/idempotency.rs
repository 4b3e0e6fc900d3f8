//! `Idempotency-Key`: a POST that is sent twice is carried out once.
//!
//! The same key with the same request receives the same answer again, including status and headers.
//! With another request it receives 422. While the first request is in progress, the answer is 409.
//! The key can be used again after a day.
//!
//! Owns: this behaviour for all routes, as middleware. Never does: store anything (the storage
//! does, encrypted).

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
use storage::idempotency::{Claim, StoredResponse};

pub(super) const HEADER: &str = "Idempotency-Key";
const REPLAYED: &str = "Idempotency-Replayed";
pub(super) const LONGEST: usize = 255;
/// The headers that are repeated with a stored answer.
const KEPT_HEADERS: [header::HeaderName; 4] =
    [header::CONTENT_TYPE, header::LOCATION, header::ETAG, header::CACHE_CONTROL];

/// Middleware, placed behind the guard, which identifies the caller.
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
    // The body is subject to the same limits as in a handler.
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
            let detail = "The request was carried out. Its answer was erased together with a person's data.";
            return Ok(request.error_response(Problem::new(Kind::PersonalDataErased, detail)));
        }
        Claim::UnderWay => {
            let problem = Problem::new(Kind::RequestUnderWay, "A request with this Idempotency-Key is in progress.")
                .retry_after(1);
            return Ok(request.error_response(problem));
        }
        Claim::Different => {
            let fault = Fault::new(format!("/{HEADER}"), "This key was used for another request. Use a new key.");
            return Ok(request.error_response(
                Problem::new(Kind::IdempotencyKeyReused, "A header has faults.").with_errors(vec![fault]),
            ));
        }
    };
    let path = request.path().to_owned();
    request.set_payload(Payload::Stream { payload: Box::pin(futures_util::stream::iter([Ok(body)])) });
    // The request runs in its own task. A client that disconnects can repeat the request and
    // receives the answer.
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
            let problem = Problem::new(Kind::InternalError, "The answer is incomplete.");
            return Ok(ServiceResponse::from_err(problem, request));
        };
        keep(&storage, claim, &key, &path, &head, &body).await;
        Ok(ServiceResponse::new(request, head.set_body(BoxBody::new(body))))
    });
    carried_out.await.map_err(|_| Problem::new(Kind::InternalError, "The request was not carried out."))?
}

fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let mut values = headers.get_all(HEADER);
    let value = values.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let fits = (1..=LONGEST).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic());
    if !fits || values.next().is_some() {
        let wanted = format!("This must be a single key of 1 to {LONGEST} visible ASCII characters.");
        let fault = Fault::new(format!("/{HEADER}"), wanted);
        return Err(Problem::new(Kind::InvalidHeader, "A header has faults.").with_errors(vec![fault]));
    }
    Ok(value.to_owned())
}

/// Hashes the caller with the request, so that no caller receives the stored answer of another one.
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
    // An answer that may be better the next time is not stored.
    let passing = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    let text = std::str::from_utf8(body).ok().filter(|_| !passing);
    let Some(text) = text else { return release(storage, claim).await };
    let header = |name: &header::HeaderName| {
        let value = head.headers().get(name)?.to_str().ok()?;
        Some((name.to_string(), value.to_owned()))
    };
    let location = head.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    let answer = StoredResponse {
        status: status.as_u16(),
        headers: KEPT_HEADERS.iter().filter_map(header).collect(),
        body: text.to_owned(),
    };
    let about = interview(location.unwrap_or_default()).or_else(|| interview(path));
    if let Err(error) = storage.idempotency().answer(claim, key, about, &answer).await {
        // The request was carried out all the same. The key remains in use for a while.
        tracing::error!(%error, "the answer to a request with an Idempotency-Key cannot be stored");
    }
}

async fn release(storage: &Storage, claim: Uuid) {
    if let Err(error) = storage.idempotency().release(claim).await {
        tracing::error!(%error, "an Idempotency-Key cannot be released");
    }
}

/// Returns the interview that a path belongs to.
fn interview(path: &str) -> Option<Uuid> {
    let id = path.strip_prefix("/api/interviews/")?.split('/').next()?;
    Uuid::parse_str(id).ok()
}

fn again(answer: &StoredResponse) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK));
    for (name, value) in &answer.headers {
        response.insert_header((name.as_str(), value.as_str()));
    }
    response.insert_header((REPLAYED, "true")).body(answer.body.clone())
}
