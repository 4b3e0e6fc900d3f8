//! ETag, If-Match and If-None-Match (RFC 9110, 13).
//!
//! Owns: these headers. Never does: compare states for an edit: the storage does, in the transaction that makes it
//! ([`Precondition`]).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, EntityTag, Header as _, HeaderMap, HeaderName, HeaderValue, IfMatch, IfNoneMatch};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::IntoParams;

use super::{Fault, Kind, Problem};
use storage::revision::{self, Precondition};

/// What is put behind a tag when the representation is compressed; see `compression`.
pub(super) const CODINGS: [&str; 4] = ["-gzip", "-deflate", "-br", "-zstd"];

/// [`Expected`], for the description of an edit.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)]
pub(super) struct IfMatchHeader {
    /// The ETag that was read: 412 when it has changed since, instead of somebody's change being lost.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

/// What [`read`] heeds, for the description.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)]
pub(super) struct IfNoneMatchHeader {
    /// The ETag that is known already: 304 when it still is the same.
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}

/// The state that an edit is meant for, from `If-Match`. Without the header the edit is made whatever the state.
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
        // A weak tag matches nothing (RFC 9110, 13.1.1).
        Some(IfMatch::Items(tags)) => {
            Precondition::OneOf(tags.iter().filter(|tag| !tag.weak).map(|tag| bare(tag).to_owned()).collect())
        }
    })
}

/// `If-Match`, where the request has one.
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
    let fault = Fault::new(pointer, "one or more tags in double quotes are wanted here, or *");
    Problem::new(Kind::InvalidHeader, "a header has faults").with_errors(vec![fault])
}

/// The tag as the storage knows it, however the representation was compressed.
pub(super) fn bare(tag: &EntityTag) -> &str {
    let text = tag.tag();
    CODINGS.iter().find_map(|coding| text.strip_suffix(coding)).unwrap_or(text)
}

/// A row with its tag.
pub(super) fn tagged(status: StatusCode, row: &impl Serialize) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::build(status).json(row);
    insert_tag(response.headers_mut(), &revision::tag(row)?)?;
    Ok(response)
}

/// The same for what changes by itself beside its `settings`: the tag is that of these. So it is for edits only, and nobody is
/// told by it that nothing has changed.
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

/// A row that is read: 304 without a body for who has this very state already.
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
    // Others' eyes may not see it, and nobody may show it without having asked whether it still holds.
    insert(response.headers_mut(), header::CACHE_CONTROL, "private, no-cache")?;
    Ok(response)
}

/// Where the answered row is.
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
