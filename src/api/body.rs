//! Parsing of request bodies as JSON, or as YAML where a guide is accepted.

use actix_web::http::header;
use actix_web::{HttpRequest, web};
use interview::Guide;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::{Fault, Kind, Problem};

/// Parses a JSON body. YAML is accepted as well if `yaml` is true.
pub(super) fn parse(request: &HttpRequest, body: &[u8], yaml: bool) -> Result<Value, Problem> {
    parse_as(&content_type(request), body, yaml)
}

/// Parses a body whose content type was read earlier.
pub(super) fn parse_as(content_type: &str, body: &[u8], yaml: bool) -> Result<Value, Problem> {
    match content_type {
        "application/json" | "" => serde_json::from_slice(body).map_err(|error| unreadable("JSON", &error.to_string())),
        "application/yaml" | "application/x-yaml" | "text/yaml" if yaml => {
            let text = std::str::from_utf8(body).map_err(|error| unreadable("YAML", &error.to_string()))?;
            interview::guide::read_yaml(text).map_err(|error| unreadable("YAML", &error))
        }
        _ => {
            let wanted = if yaml { "application/json or application/yaml" } else { "application/json" };
            Err(Problem::new(Kind::UnsupportedMediaType, format!("The body must be sent as {wanted}.")))
        }
    }
}

fn unreadable(language: &str, reason: &str) -> Problem {
    Problem::new(Kind::MalformedBody, format!("The body is not valid {language}."))
        .with_errors(vec![Fault::new("", reason)])
}

/// Limits how many guides are parsed at the same time, over all requests.
static READING: Semaphore = Semaphore::const_new(2);

/// Runs slow work on a guide (parsing, validating, linting, comparing) on a thread that may block,
/// so that other requests are not delayed. Two of these run at a time.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let stopping = |_| Problem::new(Kind::ServerStopping, "The engine is shutting down.");
    let _turn = READING.acquire().await.map_err(|error| stopping(error.to_string()))?;
    web::block(work).await.map_err(|error| stopping(error.to_string()))
}

/// Returns the `Content-Type` header for later use, when the request is no longer available.
pub(super) fn content_type(request: &HttpRequest) -> String {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Reads the document as a guide.
///
/// # Errors
/// Everything that is wrong with the document.
pub(super) fn guide(document: Value) -> Result<Guide, Vec<Fault>> {
    interview::guide::from_value(document).map_err(faults)
}

/// Converts the problems of a document into the faults of a problem document.
pub(super) fn faults(problems: Vec<interview::guide::Problem>) -> Vec<Fault> {
    problems.into_iter().map(|problem| Fault::new(problem.path, problem.message)).collect()
}
