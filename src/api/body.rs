//! From the bytes of a body to a document: JSON, or YAML where a guide may be that.

use actix_web::http::header;
use actix_web::{HttpRequest, web};
use interview::Guide;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::{Fault, Kind, Problem};

/// A JSON body (or a guide in YAML where `yaml` allows it).
pub(super) fn parse(request: &HttpRequest, body: &[u8], yaml: bool) -> Result<Value, Problem> {
    parse_as(&content_type(request), body, yaml)
}

/// The same where the request is not at hand.
pub(super) fn parse_as(content_type: &str, body: &[u8], yaml: bool) -> Result<Value, Problem> {
    match content_type {
        "application/json" | "" => serde_json::from_slice(body).map_err(|error| unreadable("JSON", &error.to_string())),
        "application/yaml" | "application/x-yaml" | "text/yaml" if yaml => {
            let text = std::str::from_utf8(body).map_err(|error| unreadable("YAML", &error.to_string()))?;
            interview::guide::read_yaml(text).map_err(|error| unreadable("YAML", &error))
        }
        _ => {
            let wanted = if yaml { "application/json or application/yaml" } else { "application/json" };
            Err(Problem::new(Kind::UnsupportedMediaType, format!("send {wanted}")))
        }
    }
}

fn unreadable(language: &str, reason: &str) -> Problem {
    Problem::new(Kind::MalformedBody, format!("the body is not {language}")).with_errors(vec![Fault::new("", reason)])
}

/// Guides that are read at the same time, in all requests together.
static READING: Semaphore = Semaphore::const_new(2);

/// Does what takes time with a guide (reading, checking, linting, comparing) where it holds up no other request: on a thread
/// that may be busy, and two at a time.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let stopping = |_| Problem::new(Kind::ServerStopping, "the engine is stopping");
    let _turn = READING.acquire().await.map_err(|error| stopping(error.to_string()))?;
    web::block(work).await.map_err(|error| stopping(error.to_string()))
}

/// What the header says of a body's language, taken along to where the body is read.
pub(super) fn content_type(request: &HttpRequest) -> String {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The document as a guide, or everything that is wrong with it.
pub(super) fn guide(document: Value) -> Result<Guide, Vec<Fault>> {
    interview::guide::from_value(document).map_err(faults)
}

/// A document's problems as they are told.
pub(super) fn faults(problems: Vec<interview::guide::Problem>) -> Vec<Fault> {
    problems.into_iter().map(|problem| Fault::new(problem.path, problem.message)).collect()
}
