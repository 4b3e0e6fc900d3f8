//! Errors as RFC 9457 problem documents, whichever layer made them.

use std::fmt;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, ResponseError};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use storage::{Reached, StorageError};

use super::kind::{self, Kind};

/// Seconds after which some of the open tasks may be over.
const OPEN_RETRY_S: u64 = 30;
const CONTENT_TYPE: &str = "application/problem+json";

/// One fault of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// A JSON pointer (RFC 6901) into the body, or into the query as an object.
    pub pointer: String,
    pub detail: String,
}

impl Fault {
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }

    /// Adds a fault, unless there is one for this pointer already. The first one found is kept.
    pub(super) fn add(faults: &mut Vec<Self>, fault: Self) {
        if faults.iter().all(|known| known.pointer != fault.pointer) {
            faults.push(fault);
        }
    }
}

/// A problem document (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    #[serde(rename = "type", serialize_with = "as_uri")]
    #[schema(schema_with = kind::uris)]
    kind: Kind,
    /// The name of the HTTP status.
    #[schema(value_type = String)]
    title: &'static str,
    /// The HTTP status.
    #[schema(value_type = u16)]
    #[serde(serialize_with = "as_number")]
    status: StatusCode,
    /// What happened, in words.
    detail: String,
    /// All faults of the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    /// For a join link that is used too early: the time from which it can be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_at: Option<DateTime<Utc>>,
    #[serde(skip)]
    retry_after_s: Option<u64>,
}

// serde requires this signature.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn as_uri<S: serde::Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.uri())
}

// serde requires this signature.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            title: kind.title(),
            status: kind.status(),
            detail: detail.into(),
            errors: Vec::new(),
            opens_at: None,
            retry_after_s: None,
        }
    }

    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, detail)
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, detail)
    }

    pub fn unknown_route(path: &str) -> Self {
        Self::not_found(format!("There is nothing at {path}."))
    }

    pub fn invalid_body(errors: Vec<Fault>) -> Self {
        Self::new(Kind::InvalidBody, "The body has faults.").with_errors(errors)
    }

    /// Returns a problem without details. The log has the reason.
    pub fn internal() -> Self {
        Self::new(Kind::InternalError, "An internal error occurred. The engine's log has the reason.")
    }

    /// Changes the kind to another one with the same status.
    #[must_use]
    pub(super) fn of_kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    pub(super) fn faults(&self) -> &[Fault] {
        &self.errors
    }

    pub(super) fn is(&self, kind: Kind) -> bool {
        self.kind == kind
    }

    #[must_use]
    pub fn with_errors(mut self, errors: Vec<Fault>) -> Self {
        self.errors = errors;
        self
    }

    /// Returns the problem of a link that is used too early, with the time from which it can be
    /// used.
    pub fn too_early(opens_at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let wait = (opens_at - now).num_seconds().max(0) as u64 + 1;
        let detail = format!("The interview opens at {}.", opens_at.to_rfc3339_opts(SecondsFormat::Secs, true));
        Self { opens_at: Some(opens_at), ..Self::new(Kind::TooEarly, detail) }.retry_after(wait)
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status.as_u16(), self.title, self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after_s {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        // `json()` would set its own content type. These fields always serialize.
        let body = serde_json::to_string(self).unwrap_or_default();
        response.content_type(CONTENT_TYPE).body(body)
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        let error = match error {
            StorageError::Files(error) => return error.into(),
            error => error,
        };
        match &error {
            StorageError::NotFound(_) => Self::not_found(sentence(&error)),
            StorageError::CallHeld => Self::new(Kind::CallInProgress, sentence(&error)),
            StorageError::Over(_) => Self::new(Kind::InterviewOver, sentence(&error)),
            StorageError::NotOver => Self::new(Kind::InterviewNotOver, sentence(&error)),
            StorageError::Conflict(_) => Self::conflict(sentence(&error)),
            StorageError::TooMuchOpen { reached, .. } => {
                let setting = match reached {
                    Reached::Caller => "TASKS_OPEN_PER_CALLER",
                    Reached::Workspace => "TASKS_OPEN_PER_WORKSPACE",
                };
                let error = sentence(&error);
                let detail = format!(
                    "{error} The limit is {setting}. Wait until some of them are over, or cancel some (DELETE \
                     /api/tasks/…)."
                );
                Self::new(Kind::TooManyOpenTasks, detail).retry_after(OPEN_RETRY_S)
            }
            StorageError::Changed => Self::new(Kind::ChangedSince, sentence(&error)),
            StorageError::Erased => Self::new(Kind::PersonalDataErased, sentence(&error)),
            _ if error.is_unfit_value() => {
                Self::new(Kind::TextNotStorable, "A text contains a character that cannot be stored (NUL).")
            }
            StorageError::Database(_) | StorageError::Away if !error.is_permanent() => {
                tracing::error!(%error, "the database cannot be used");
                Self::new(Kind::DatabaseUnavailable, "The database cannot be used at present.").retry_after(5)
            }
            _ => {
                tracing::error!(%error, "a request failed");
                Self::internal()
            }
        }
    }
}

/// Returns an error's message as a full sentence.
pub(super) fn sentence(error: &impl fmt::Display) -> String {
    let message = error.to_string();
    let mut rest = message.chars();
    let first = rest.next().map(|first| first.to_ascii_uppercase());
    let end = if message.ends_with(['.', '!', '?']) { "" } else { "." };
    first.into_iter().chain(rest).chain(end.chars()).collect()
}

/// Returns the detail of an error that came without one.
fn reason(asked: &str, status: StatusCode, headers: &HeaderMap) -> String {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match status {
        StatusCode::METHOD_NOT_ALLOWED => match header(header::ALLOW) {
            Some(methods) => format!("The engine does not answer {asked}. The methods of this path are {methods}."),
            None => format!("The engine does not answer {asked}."),
        },
        StatusCode::RANGE_NOT_SATISFIABLE => {
            match header(header::CONTENT_RANGE).and_then(|range| range.strip_prefix("bytes */")) {
                Some(length) => {
                    format!("The requested range lies outside the file, which has {length} bytes.")
                }
                None => "The requested range lies outside the file.".to_owned(),
            }
        }
        _ => format!("The engine refused {asked} and gave no reason."),
    }
}

/// Middleware. Errors that the framework or a library made become problem documents as well. Their
/// headers, such as `Allow`, are kept.
pub(super) async fn as_problem_document(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let asked = format!("{} {}", request.method(), request.path());
    let response = next.call(request).await?.map_into_boxed_body();
    let status = response.status();
    let is_document = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.starts_with("application/problem+json")));
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || is_document {
        return Ok(response);
    }
    let said = response.response().error().map(ToString::to_string).filter(|said| !said.is_empty());
    let detail = said.unwrap_or_else(|| reason(&asked, status, response.headers()));
    let document = serde_json::to_string(&Problem::new(Kind::of(status), detail)).unwrap_or_default();
    Ok(response.map_body(move |head, _| {
        let kind = header::HeaderValue::from_static(CONTENT_TYPE);
        head.headers_mut().insert(header::CONTENT_TYPE, kind);
        BoxBody::new(document)
    }))
}
