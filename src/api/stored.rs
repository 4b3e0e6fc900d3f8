//! A file of the store as an answer: complete, in part, or not at all if the client already has it
//! (RFC 9110, sections 13 and 14).
//!
//! Owns: the ranges and conditions of such answers. Never does: decide who may have the file.

use std::io;
use std::time::{Duration, SystemTime};

use actix_web::http::StatusCode;
use actix_web::http::header::{
    self, ByteRangeSpec, ContentDisposition, ContentEncoding, ContentRange, ContentRangeSpec, ETag, EntityTag, Header,
    HttpDate, IfMatch, IfModifiedSince, IfNoneMatch, IfRange, IfUnmodifiedSince, LastModified, Range,
};
use actix_web::{HttpRequest, HttpResponse};
use files::{Content, FilesError};
use futures_util::TryStreamExt as _;

use super::{Kind, Problem};

/// The headers of a file.
pub(super) struct Named {
    pub media_type: &'static str,
    pub disposition: ContentDisposition,
}

/// The part of a file that a request asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    /// From the first byte to the one after the last.
    Part(u64, u64),
    NotModified,
    Changed,
    NoSuchRange,
}

/// Answers with the file, or with the requested part of it.
pub(super) async fn answer(request: &HttpRequest, content: &Content, named: Named) -> Result<HttpResponse, Problem> {
    let tag = EntityTag::new_strong(content.tag.clone());
    // HTTP dates have no fractions of a second, and the time is compared with one.
    let seconds = u64::try_from(content.modified.timestamp()).unwrap_or_default();
    let modified = HttpDate::from(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    let wanted = wanted(request, &tag, modified, content.size);
    let (status, begin, end) = match wanted {
        Wanted::Whole => (StatusCode::OK, 0, content.size),
        Wanted::Part(begin, end) => (StatusCode::PARTIAL_CONTENT, begin, end),
        Wanted::NotModified => {
            return Ok(HttpResponse::NotModified()
                .insert_header(ETag(tag))
                .insert_header(LastModified(modified))
                .finish());
        }
        Wanted::Changed => return Err(Problem::new(Kind::ChangedSince, "The file has changed since it was read.")),
        Wanted::NoSuchRange => {
            let range = ContentRange(ContentRangeSpec::Bytes { range: None, instance_length: Some(content.size) });
            return Ok(HttpResponse::RangeNotSatisfiable().insert_header(range).finish());
        }
    };
    let bytes = content.stream(begin..end).await?;
    let mut response = HttpResponse::build(status);
    response
        .content_type(named.media_type)
        .insert_header(named.disposition)
        .insert_header(ETag(tag))
        .insert_header(LastModified(modified))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        // The audio is already compressed, and ranges refer to these very bytes.
        .insert_header(ContentEncoding::Identity)
        .no_chunking(end - begin);
    if status == StatusCode::PARTIAL_CONTENT {
        response.insert_header(ContentRange(ContentRangeSpec::Bytes {
            range: Some((begin, end - 1)),
            instance_length: Some(content.size),
        }));
    }
    Ok(response.streaming(bytes.map_err(io::Error::from)))
}

fn wanted(request: &HttpRequest, tag: &EntityTag, modified: HttpDate, size: u64) -> Wanted {
    let has = |name| request.headers().contains_key(name);
    let modified = SystemTime::from(modified);
    let changed = if has(header::IF_MATCH) {
        match IfMatch::parse(request) {
            Ok(IfMatch::Any) | Err(_) => false,
            Ok(IfMatch::Items(tags)) => !tags.iter().any(|known| known.strong_eq(tag)),
        }
    } else {
        IfUnmodifiedSince::parse(request)
            .is_ok_and(|since| has(header::IF_UNMODIFIED_SINCE) && modified > SystemTime::from(since.0))
    };
    if changed {
        return Wanted::Changed;
    }
    let known = if has(header::IF_NONE_MATCH) {
        match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
            Err(_) => false,
        }
    } else {
        IfModifiedSince::parse(request)
            .is_ok_and(|since| has(header::IF_MODIFIED_SINCE) && modified <= SystemTime::from(since.0))
    };
    if known {
        return Wanted::NotModified;
    }
    let same = !has(header::IF_RANGE)
        || match IfRange::parse(request) {
            Ok(IfRange::EntityTag(known)) => known.strong_eq(tag),
            Ok(IfRange::Date(date)) => modified == SystemTime::from(date),
            Err(_) => false,
        };
    if !same || !has(header::RANGE) {
        return Wanted::Whole;
    }
    match Range::parse(request) {
        // Several ranges would need a multipart body. A server may send the whole file instead.
        Ok(Range::Bytes(ranges)) if ranges.len() == 1 => part(&ranges[0], size),
        _ => Wanted::Whole,
    }
}

fn part(range: &ByteRangeSpec, size: u64) -> Wanted {
    range.to_satisfiable_range(size).map_or(Wanted::NoSuchRange, |(first, last)| Wanted::Part(first, last + 1))
}

impl From<FilesError> for Problem {
    fn from(error: FilesError) -> Self {
        match error {
            FilesError::NotFound => Self::not_found("The file has just been removed."),
            error => {
                tracing::error!(%error, "a file cannot be served");
                Self::new(Kind::FilesUnavailable, "The store of files does not answer at present.").retry_after(5)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn asked(headers: &[(&str, &str)]) -> Wanted {
        let mut request = TestRequest::get();
        for header in headers {
            request = request.insert_header(*header);
        }
        let modified: HttpDate = "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap();
        wanted(&request.to_http_request(), &EntityTag::new_strong("abc".to_owned()), modified, 100)
    }

    #[test]
    fn ranges_are_as_in_rfc_9110() {
        assert_eq!(asked(&[]), Wanted::Whole);
        for (range, expected) in [
            ("bytes=0-3", Wanted::Part(0, 4)),
            ("bytes=90-", Wanted::Part(90, 100)),
            ("bytes=90-1000", Wanted::Part(90, 100)),
            ("bytes=-10", Wanted::Part(90, 100)),
            ("bytes=-1000", Wanted::Part(0, 100)),
            ("bytes=100-", Wanted::NoSuchRange),
            ("bytes=-0", Wanted::NoSuchRange),
            ("bytes=0-1,4-5", Wanted::Whole),
            ("bytes=7-3", Wanted::Whole),
            ("lines=0-3", Wanted::Whole),
            ("nonsense", Wanted::Whole),
        ] {
            assert_eq!(asked(&[("range", range)]), expected, "{range}");
        }
    }

    #[test]
    fn conditions_come_before_ranges() {
        let range = ("range", "bytes=0-3");
        let (then, before) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sat, 05 Nov 1994 08:49:37 GMT");
        for (condition, expected) in [
            (("if-none-match", "\"abc\""), Wanted::NotModified),
            (("if-none-match", "W/\"abc\""), Wanted::NotModified),
            (("if-none-match", "\"other\""), Wanted::Part(0, 4)),
            (("if-match", "\"abc\""), Wanted::Part(0, 4)),
            (("if-match", "\"other\""), Wanted::Changed),
            (("if-modified-since", then), Wanted::NotModified),
            (("if-modified-since", before), Wanted::Part(0, 4)),
            (("if-unmodified-since", then), Wanted::Part(0, 4)),
            (("if-unmodified-since", before), Wanted::Changed),
            (("if-range", "\"abc\""), Wanted::Part(0, 4)),
            (("if-range", "\"other\""), Wanted::Whole),
            (("if-range", then), Wanted::Part(0, 4)),
            (("if-range", before), Wanted::Whole),
        ] {
            assert_eq!(asked(&[range, condition]), expected, "{condition:?}");
        }
    }
}
