//! While the database is unavailable, requests that need it are refused at once.
//!
//! Owns: this refusal, both of new requests and of those in progress. Never does: detect that the
//! database is unavailable (`supervisors::database` does).

use actix_web::ResponseError as _;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::{AppState, Kind, Problem};

const RETRY_AFTER_SECONDS: u64 = 5;

/// Middleware. A refused request in progress has changed nothing, or its change was committed and
/// only the answer is lost.
pub(super) async fn refuse_while_away(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let reach = match request.app_data::<Data<AppState>>() {
        Some(state) if needs_database(request.path()) => state.storage.reach().clone(),
        _ => return Ok(next.call(request).await?.map_into_boxed_body()),
    };
    if !reach.is_there() {
        return Ok(request.into_response(away().error_response()));
    }
    tokio::select! {
        // The handler owns the request, so the answer cannot be made from it.
        () = reach.lost() => Err(away().into()),
        response = next.call(request) => Ok(response?.map_into_boxed_body()),
    }
}

fn away() -> Problem {
    Problem::new(Kind::DatabaseUnavailable, "The database cannot be used at present.").retry_after(RETRY_AFTER_SECONDS)
}

fn needs_database(path: &str) -> bool {
    path.starts_with("/api/") && !path.starts_with("/api/health") && path != "/api/openapi.json"
}
