//! What the fuzz targets call of the join routes: the headers of WHIP, and what a page sends.
//!
//! Owns: what must hold of any input. Never does: serve.

use actix_web::http::header;
use actix_web::test::TestRequest;
use interview::io::Command;

use super::events::Request;
use super::{conditional, join};

/// The headers of a `PATCH` on a call: `If-Match` is the first line, `Content-Type` the second.
pub fn if_match(bytes: &[u8]) {
    let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
    let mut request = TestRequest::patch();
    for name in [header::IF_MATCH, header::CONTENT_TYPE] {
        // The server has refused what is no header already.
        let value = lines.next().and_then(|line| header::HeaderValue::from_bytes(line).ok());
        if let Some(value) = value {
            request = request.insert_header((name, value));
        }
    }
    let request = request.to_http_request();
    let _ = join::condition(&request);
    let _ = join::is_of(&request, join::FRAGMENT);
    if let Ok(Some(header::IfMatch::Items(tags))) = conditional::tags(&request) {
        for tag in &tags {
            assert!(tag.tag().starts_with(conditional::bare(tag)));
        }
    }
}

/// A message of the page on the events socket.
pub fn page_message(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(request) = Request::read(text) {
        let _: Command = request.into();
    }
}
