//! ETag, If-Match and If-None-Match (RFC 9110, section 13).
//!
//! Owns: these headers. Never does: compare states for an edit. The storage does that, in the
//! transaction of the edit ([`Precondition`]).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, EntityTag, Header as _, HeaderMap, HeaderName, HeaderValue, IfMatch, IfNoneMatch};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::IntoParams;

use super::{Fault, Kind, Problem};
use storage::revision::{self, Precondition};

/// The suffixes that mark the ETag of a compressed representation. See `compression`.
pub(super) const CODINGS: [&str; 4] = ["-gzip", "-deflate", "-br", "-zstd"];

/// The description of [`Expected`].
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)]
pub(super) struct IfMatchHeader {
    /// The ETag that was read. If the resource has changed since, the answer is 412, so that no
    /// change of another caller is lost.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

/// The description of the header that [`read`] evaluates.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)]
pub(super) struct IfNoneMatchHeader {
    /// The ETag that the client has. If it is still current, the answer is 304.
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}

/// The state that an edit expects, from `If-Match`. Without the header, the edit is made regardless
/// of the state.
pub(super) struct Expected(pub Precondition);

impl FromRequest for Expected {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(expected(request).map(Self))
    }
}

fn expected(request: &HttpRequest) -> Result<Precondition, Problem> {
    Ok(match tags(request)? {
        None => Precondition::None,
        Some(IfMatch::Any) => Precondition::Exists,
        // A weak ETag matches nothing (RFC 9110, section 13.1.1).
        Some(IfMatch::Items(tags)) => {
            Precondition::OneOf(tags.iter().filter(|tag| !tag.weak).map(|tag| bare(tag).to_owned()).collect())
        }
    })
}

/// Returns `If-Match`, if the request has it.
pub(super) fn tags(request: &HttpRequest) -> Result<Option<IfMatch>, Problem> {
    if !request.headers().contains_key(header::IF_MATCH) {
        return Ok(None);
    }
    match IfMatch::parse(request) {
        Ok(IfMatch::Items(tags)) if tags.is_empty() => Err(malformed("/If-Match")),
        Ok(tags) => Ok(Some(tags)),
        Err(_) => Err(malformed("/If-Match")),
    }
}

fn malformed(pointer: &str) -> Problem {
    let fault = Fault::new(pointer, "This must be * or one or more tags in double quotes.");
    Problem::new(Kind::InvalidHeader, "A header has faults.").with_errors(vec![fault])
}

/// Returns the ETag as the storage knows it, without the suffix of a compressed representation.
pub(super) fn bare(tag: &EntityTag) -> &str {
    let text = tag.tag();
    CODINGS.iter().find_map(|coding| text.strip_suffix(coding)).unwrap_or(text)
}

/// Answers with a row and its ETag.
pub(super) fn tagged(status: StatusCode, row: &impl Serialize) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::build(status).json(row);
    insert_tag(response.headers_mut(), &revision::tag(row)?)?;
    Ok(response)
}

/// Answers with a row whose ETag is that of its `settings` only, because its other columns change
/// by themselves. The ETag serves edits only and never leads to a 304.
pub(super) fn tagged_by(
    status: StatusCode,
    shown: &impl Serialize,
    settings: &impl Serialize,
) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::build(status).json(shown);
    insert_tag(response.headers_mut(), &revision::tag(settings)?)?;
    insert(response.headers_mut(), header::CACHE_CONTROL, "no-store")?;
    Ok(response)
}

/// Answers with a row, or with 304 and no body if the client has its current state.
pub(super) fn read(request: &HttpRequest, row: &impl Serialize) -> Result<HttpResponse, Problem> {
    let tag = revision::tag(row)?;
    let known = if request.headers().contains_key(header::IF_NONE_MATCH) {
        match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(tags)) if !tags.is_empty() => tags.iter().any(|known| bare(known) == tag),
            _ => return Err(malformed("/If-None-Match")),
        }
    } else {
        false
    };
    let mut response = if known { HttpResponse::NotModified().finish() } else { HttpResponse::Ok().json(row) };
    insert_tag(response.headers_mut(), &tag)?;
    // Shared caches must not keep the answer, and a browser must revalidate it before each use.
    insert(response.headers_mut(), header::CACHE_CONTROL, "private, no-cache")?;
    Ok(response)
}

/// Adds the `Location` of the returned row.
pub(super) fn locate(response: &mut HttpResponse, path: &str) -> Result<(), Problem> {
    insert(response.headers_mut(), header::LOCATION, path)
}

fn insert_tag(headers: &mut HeaderMap, tag: &str) -> Result<(), Problem> {
    insert(headers, header::ETAG, &format!("\"{tag}\""))
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) -> Result<(), Problem> {
    let value = HeaderValue::from_str(value).map_err(|error| Problem::new(Kind::InternalError, error.to_string()))?;
    headers.insert(name, value);
    Ok(())
}
