//! Errors as RFC 9457 problem documents, whoever made them.

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

/// One thing that is wrong with the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// JSON pointer (RFC 6901) into the body, or into the query taken as an object.
    pub pointer: String,
    pub detail: String,
}

impl Fault {
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }

    /// Unless something is said of this place already: one fault a pointer, the first one found.
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
    /// What happened here, for people.
    detail: String,
    /// Every fault of the input at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    /// Of a join link that is used too early: when it lets in.
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_at: Option<DateTime<Utc>>,
    #[serde(skip)]
    retry_after_s: Option<u64>,
}

// The signature is serde's.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn as_uri<S: serde::Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.uri())
}

// The signature is serde's.
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
        Self::not_found(format!("there is nothing at {path}"))
    }

    pub fn invalid_body(errors: Vec<Fault>) -> Self {
        Self::new(Kind::InvalidBody, "the body has faults").with_errors(errors)
    }

    /// The log has the reason.
    pub fn internal() -> Self {
        Self::new(Kind::InternalError, "the log says what went wrong")
    }

    /// Another kind of the same status.
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

    /// It is too early; with the way out.
    pub fn too_early(opens_at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let wait = (opens_at - now).num_seconds().max(0) as u64 + 1;
        let detail = format!("the interview opens at {}", opens_at.to_rfc3339_opts(SecondsFormat::Secs, true));
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
        // Not `json()`, which would set its own content type; these fields always serialise.
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
            StorageError::NotFound(_) => Self::not_found(error.to_string()),
            StorageError::CallHeld => Self::new(Kind::CallInProgress, error.to_string()),
            StorageError::Over(_) => Self::new(Kind::InterviewOver, error.to_string()),
            StorageError::NotOver => Self::new(Kind::InterviewNotOver, error.to_string()),
            StorageError::Conflict(_) => Self::conflict(error.to_string()),
            StorageError::TooMuchOpen { reached, .. } => {
                let setting = match reached {
                    Reached::Caller => "TASKS_OPEN_PER_CALLER",
                    Reached::Workspace => "TASKS_OPEN_PER_WORKSPACE",
                };
                let detail =
                    format!("{error} ({setting}): wait until some are over, or cancel some (DELETE /api/tasks/…)");
                Self::new(Kind::TooManyOpenTasks, detail).retry_after(OPEN_RETRY_S)
            }
            StorageError::Changed => Self::new(Kind::ChangedSince, error.to_string()),
            StorageError::Erased => Self::new(Kind::PersonalDataErased, error.to_string()),
            _ if error.is_unfit_value() => {
                Self::new(Kind::TextNotStorable, "a text holds a character that can't be stored (NUL)")
            }
            StorageError::Database(_) | StorageError::Away if !error.is_permanent() => {
                tracing::error!(%error, "the database can't be used");
                Self::new(Kind::DatabaseUnavailable, "the database can't be used now").retry_after(5)
            }
            _ => {
                tracing::error!(%error, "request failed");
                Self::internal()
            }
        }
    }
}

/// What is said of an error that came without a word.
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
                    format!("The range that was asked for lies outside the file, which has {length} bytes.")
                }
                None => "The range that was asked for lies outside the file.".to_owned(),
            }
        }
        _ => format!("The engine refused {asked} and gave no reason."),
    }
}

/// Middleware: errors that the framework or a library made become problem documents as well; headers (`Allow`, say) stay.
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
