//! From the bytes of a body to a document: JSON, or YAML where a guide may be that.

use actix_web::HttpRequest;
use actix_web::http::header;
use interview::Guide;
use serde_json::Value;

use super::{Fault, Kind, Problem};

/// A JSON body (or a guide in YAML where `yaml` allows it).
pub(super) fn parse(request: &HttpRequest, body: &[u8], yaml: bool) -> Result<Value, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
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

/// The document as a guide, or everything that is wrong with it.
pub(super) fn guide(document: Value) -> Result<Guide, Vec<Fault>> {
    interview::guide::from_value(document).map_err(faults)
}

/// A document's problems as they are told.
pub(super) fn faults(problems: Vec<interview::guide::Problem>) -> Vec<Fault> {
    problems.into_iter().map(|problem| Fault::new(problem.path, problem.message)).collect()
}
