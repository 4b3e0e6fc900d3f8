//! The kinds of problems.
//!
//! Owns: the slug of each kind, which is in `type` and names its page in docs/reference/errors, and
//! its status. Never does: say what happened (the `detail` of a [`Problem`](super::Problem) does).

use actix_web::http::StatusCode;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

/// The path under which the page of a kind is served. It is relative to the engine's address, as
/// RFC 9457 allows, so that it is right behind every proxy.
pub(super) const PLACE: &str = "/problems/";
/// The type of a problem that has no kind. Its status says everything (RFC 9457).
const BLANK: &str = "about:blank";

macro_rules! kinds {
    ($($name:ident $status:literal $slug:literal,)*) => {
        /// One kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind {
            $($name,)*
            /// A status that only the framework produces.
            Other(StatusCode),
        }

        impl Kind {
            /// All kinds that have a page.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns the part after `/problems/`, or `None` for [`Kind::Other`].
            pub fn slug(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some($slug),)*
                    Self::Other(_) => None,
                }
            }

            /// Returns the `type` of the document.
            pub fn uri(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("/problems/", $slug),)*
                    Self::Other(_) => BLANK,
                }
            }

            pub fn status(self) -> StatusCode {
                let number: u16 = match self {
                    $(Self::$name => $status,)*
                    Self::Other(status) => return status,
                };
                StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    };
}

kinds! {
    MalformedBody 400 "malformed-body",
    InvalidQuery 400 "invalid-query",
    InvalidHeader 400 "invalid-header",
    InvalidOffer 400 "invalid-offer",
    InvalidIceFragment 400 "invalid-ice-fragment",
    WebSocketRequired 400 "websocket-required",
    KeyRequired 401 "key-required",
    KeyNotValid 401 "key-not-valid",
    SignInFailed 401 "sign-in-failed",
    MetricsTokenRequired 401 "metrics-token-required",
    OidcSignInFailed 401 "oidc-sign-in-failed",
    ForeignHost 403 "foreign-host",
    ForeignOrigin 403 "foreign-origin",
    RoleTooLow 403 "role-too-low",
    OidcAccountNotAllowed 403 "oidc-account-not-allowed",
    NotFound 404 "not-found",
    JoinLinkUnknown 404 "join-link-unknown",
    CallGone 404 "call-gone",
    NoRecording 404 "no-recording",
    MethodNotAllowed 405 "method-not-allowed",
    NotAcceptable 406 "not-acceptable",
    NoUsableCodec 406 "no-usable-codec",
    BodyTooSlow 408 "body-too-slow",
    CallAlreadyLive 409 "call-already-live",
    InterviewOver 409 "interview-over",
    InterviewNotOver 409 "interview-not-over",
    RequestUnderWay 409 "request-under-way",
    Conflict 409 "conflict",
    NoLiveCall 409 "no-live-call",
    CallInProgress 409 "call-in-progress",
    JoinLinkExpired 410 "join-link-expired",
    InterviewHasEnded 410 "interview-has-ended",
    PersonalDataErased 410 "personal-data-erased",
    ExportRemoved 410 "export-removed",
    ChangedSince 412 "changed-since",
    IceSessionChanged 412 "ice-session-changed",
    BodyTooLarge 413 "body-too-large",
    UnsupportedMediaType 415 "unsupported-media-type",
    RangeNotSatisfiable 416 "range-not-satisfiable",
    InvalidBody 422 "invalid-body",
    InvalidGuide 422 "invalid-guide",
    ChannelNotAvailable 422 "channel-not-available",
    IdempotencyKeyReused 422 "idempotency-key-reused",
    TextNotStorable 422 "text-not-storable",
    TooEarly 425 "too-early",
    IfMatchRequired 428 "if-match-required",
    TooManyRequests 429 "too-many-requests",
    TooManyOpenTasks 429 "too-many-open-tasks",
    InternalError 500 "internal-error",
    RecordingNotMixed 500 "recording-not-mixed",
    ArchiveFailed 500 "archive-failed",
    OidcProviderUnavailable 502 "oidc-provider-unavailable",
    DatabaseUnavailable 503 "database-unavailable",
    FilesUnavailable 503 "files-unavailable",
    EngineFull 503 "engine-full",
    CallsUnavailable 503 "calls-unavailable",
    NotReady 503 "not-ready",
    EventsWaiting 503 "events-waiting",
    ServerStopping 503 "server-stopping",
}

impl Kind {
    /// Returns the name of the status.
    pub fn title(self) -> &'static str {
        match self {
            // This version of the framework's types does not know the name of this status (RFC
            // 8470).
            Self::TooEarly => "Too Early",
            kind => kind.status().canonical_reason().unwrap_or("Error"),
        }
    }

    /// Returns the kind of an error of the framework, of which only the status is known.
    pub(super) fn of(status: StatusCode) -> Self {
        match status {
            StatusCode::BAD_REQUEST => Self::MalformedBody,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::NOT_ACCEPTABLE => Self::NotAcceptable,
            StatusCode::REQUEST_TIMEOUT => Self::BodyTooSlow,
            StatusCode::PRECONDITION_FAILED => Self::ChangedSince,
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::RANGE_NOT_SATISFIABLE => Self::RangeNotSatisfiable,
            StatusCode::INTERNAL_SERVER_ERROR => Self::InternalError,
            status => Self::Other(status),
        }
    }
}

/// Returns the schema of `type`, with all values.
pub(super) fn uris() -> RefOr<Schema> {
    let all = Kind::ALL.iter().map(|kind| kind.uri()).chain([BLANK]);
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(utoipa::openapi::SchemaFormat::Custom("uri-reference".to_owned())))
        .description(Some(
            "A reference to the page about this kind of problem, relative to the engine's address. `about:blank` if \
             the status says everything.",
        ))
        .enum_values(Some(all))
        .examples([serde_json::json!(Kind::InvalidBody.uri())])
        .into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_kind_has_a_page_with_its_status_and_every_page_a_kind() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/errors");
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let index = read("index.md");
        for kind in Kind::ALL {
            let (slug, status) = (kind.slug().unwrap(), kind.status().as_u16());
            let page = read(&format!("{slug}.md"));
            assert!(page.starts_with("# "), "{slug} has no page");
            assert!(page.contains(&format!("`{slug}`, HTTP status {status}\n")), "{slug}: the page has another status");
            assert!(index.contains(&format!("| [`{slug}`]({slug}.md) | {status} |")), "{slug} is not in index.md");
            assert_eq!(kind.uri(), format!("{PLACE}{slug}"));
        }
        let slugs: BTreeSet<&str> = Kind::ALL.iter().filter_map(|kind| kind.slug()).collect();
        assert_eq!(slugs.len(), Kind::ALL.len(), "two kinds of one slug");
        let files = std::fs::read_dir(&folder).unwrap().flatten().map(|file| file.file_name().into_string().unwrap());
        let pages: BTreeSet<String> = files.filter_map(|name| Some(name.strip_suffix(".md")?.to_owned())).collect();
        let unknown: Vec<&String> =
            pages.iter().filter(|page| *page != "index" && !slugs.contains(page.as_str())).collect();
        assert!(unknown.is_empty(), "pages of no kind: {unknown:?}");
    }

    #[test]
    fn a_status_of_the_framework_keeps_its_number() {
        for number in 400..=599 {
            let status = StatusCode::from_u16(number).unwrap();
            assert_eq!(Kind::of(status).status(), status);
        }
    }
}
