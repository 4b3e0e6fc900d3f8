//! Compressed answers.
//!
//! The `Compress` middleware of actix does the work. This one wraps it and settles what it leaves
//! open. A client that accepts none of the supported codings receives the plain answer instead of a
//! refusal. A compressed representation has its own ETag (RFC 9110, section 8.8.3), which is marked
//! by a suffix that conditions ignore. An answer with `Content-Encoding: identity`, such as a
//! recording, is left unchanged.
//!
//! Owns: these headers. Never does: compress.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, AcceptEncoding, Encoding, Header as _, HeaderValue};
use actix_web::middleware::Next;

/// Middleware, which wraps `Compress`.
pub(super) async fn settle(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let known = [Encoding::identity(), Encoding::gzip(), Encoding::deflate()];
    let refuses = |accepted: AcceptEncoding| accepted.negotiate(known.iter()).is_none();
    if AcceptEncoding::parse(&request).is_ok_and(refuses) {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    let coding = headers.get(header::CONTENT_ENCODING).and_then(|coding| coding.to_str().ok()).map(str::to_owned);
    match coding.as_deref() {
        Some("identity") => {
            headers.remove(header::CONTENT_ENCODING);
        }
        Some(coding) => {
            let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
            let tag = tag.and_then(|tag| tag.strip_suffix('"')).map(|tag| format!("{tag}-{coding}\""));
            if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
                headers.insert(header::ETAG, tag);
            }
        }
        None => {}
    }
    Ok(response)
}
