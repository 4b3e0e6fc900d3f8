//! Compressed answers.
//!
//! actix's `Compress` does the work; this stands around it and settles what it leaves open: a client that takes no coding
//! of ours is served plainly instead of refused, and a compressed representation has a tag of its own (RFC 9110, 8.8.3),
//! by a suffix that conditions ignore. What is served with `Content-Encoding: identity` (recordings) stays as it is.
//!
//! Owns: these headers. Never does: compress.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, AcceptEncoding, Encoding, Header as _, HeaderValue};
use actix_web::middleware::Next;

/// Middleware; stands outside of `Compress`.
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
