//! Request bodies, each received completely before it is processed, and fast enough.
//!
//! Owns: how large a body may be, and how fast it has to arrive. Never does: parse one.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::{Method, Version, header};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{HttpMessage as _, HttpRequest};
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use super::timeouts::Timeouts;
use super::{AppState, Kind, MAX_BODY, Problem, join};

/// Marks a request whose body was received completely.
struct Received;

enum Fault {
    TooSlow,
    TooLarge,
    Broken(PayloadError),
}

/// Returns true if a body was announced and has not been received completely.
pub(super) fn is_unread(request: &HttpRequest) -> bool {
    announces(request) && !request.extensions().contains::<Received>()
}

fn announces(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let empty = headers.get(header::CONTENT_LENGTH).is_some_and(|length| length == "0");
    !empty && (headers.contains_key(header::CONTENT_LENGTH) || headers.contains_key(header::TRANSFER_ENCODING))
}

/// Middleware, placed behind the guard.
pub(super) async fn whole(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if request.method() == Method::GET && join::is_socket(request.path()) {
        // The data of a WebSocket is not a body, and has its own timeouts.
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let payload = request.take_payload();
    // In HTTP/2 the end of the stream is the end of the body, whatever was announced.
    if !announces(request.request()) && request.version() != Version::HTTP_2 {
        // If the client requests a protocol that the path does not support, the body would never
        // end.
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let timeouts = request.app_data::<Data<AppState>>().map(|state| state.settings.http.timeouts).unwrap_or_default();
    let too_large = request.headers().get(header::CONTENT_LENGTH).is_some_and(|length| exceeds(length, MAX_BODY));
    let received = if too_large { Err(Fault::TooLarge) } else { receive(payload, timeouts).await };
    match received {
        Ok(body) => {
            request.extensions_mut().insert(Received);
            request.set_payload(Payload::Stream { payload: Box::pin(futures_util::stream::iter([Ok(body)])) });
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(Fault::Broken(error)) => Ok(request.error_response(error)),
        Err(Fault::TooLarge) => {
            let detail = format!("A body may have {MAX_BODY} bytes at most.");
            Ok(request.error_response(Problem::new(Kind::BodyTooLarge, detail)))
        }
        Err(Fault::TooSlow) => {
            let (grace, rate) = (timeouts.body.as_secs_f64(), timeouts.body_bytes_per_second);
            let detail = format!(
                "The body did not arrive in time: after the first {grace} s it must arrive at {rate} bytes per second \
                    or more."
            );
            Ok(request.error_response(Problem::new(Kind::BodyTooSlow, detail)))
        }
    }
}

fn exceeds(length: &header::HeaderValue, most: usize) -> bool {
    // The server has already refused a length that is not a number.
    length.to_str().ok().and_then(|length| length.trim().parse::<u64>().ok()).is_some_and(|length| length > most as u64)
}

async fn receive(mut payload: Payload, timeouts: Timeouts) -> Result<Bytes, Fault> {
    let began = Instant::now();
    let mut body = BytesMut::new();
    loop {
        let earned = std::time::Duration::from_secs_f64(body.len() as f64 / f64::from(timeouts.body_bytes_per_second));
        match timeout_at(began + timeouts.body + earned, payload.next()).await {
            Err(_) => return Err(Fault::TooSlow),
            Ok(None) => return Ok(body.freeze()),
            Ok(Some(Err(error))) => return Err(Fault::Broken(error)),
            Ok(Some(Ok(chunk))) if body.len() + chunk.len() > MAX_BODY => return Err(Fault::TooLarge),
            Ok(Some(Ok(chunk))) => body.extend_from_slice(&chunk),
        }
    }
}
