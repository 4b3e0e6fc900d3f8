//! `/api/openapi.json`: the OpenAPI 3.1 document, made from the descriptions of the handlers.
//!
//! Owns: what all routes have in common (keys, refusals, conditions), which is written here once
//! instead of at each handler. Never does: describe one route (its `#[utoipa::path]` does).

use std::collections::BTreeMap;

use actix_web::web::Data;
use actix_web::{App, HttpResponse};
use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa_actix_web::AppExt as _;
use utoipa_actix_web::service_config::ServiceConfig;

use super::credentials::SESSION_COOKIE;
use super::routes::resource;
use super::{Fault, Problem, events, guard, idempotency};
use crate::calls::PageMessage;

const PROBLEM: &str = "#/components/schemas/Problem";
const KEY: &str = "key";
const KEY_HEADER: &str = "key_header";
const SESSION: &str = "session";

/// The finished document, as it is served.
pub(super) struct Document(String);

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Expert Interviewers",
        description = "A voice-interview engine that runs on your own machine. From the engine's own machine no key \
            is required. From anywhere else every route except the open ones requires `Authorization: Bearer KEY`. \
            Faults are problem documents (RFC 9457), which name all faults of the input at once by JSON pointer.",
    ),
    components(schemas(Problem, Fault, PageMessage, events::Request))
)]
struct Base;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(document));
}

/// Get this document
#[utoipa::path(get, path = "/api/openapi.json", responses((status = 200, body = Object, description = "OpenAPI 3.1")))]
// Handlers are async even if they never wait.
#[allow(clippy::unused_async)]
async fn document(document: Data<Document>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document.0.clone())
}

impl Document {
    /// Builds the document from the descriptions of the handlers.
    pub(super) fn of(described: OpenApi) -> Self {
        // These fields always serialize.
        Self(finished(described).to_json().unwrap_or_default())
    }
}

/// Returns the whole document without a running server.
pub fn openapi() -> OpenApi {
    finished(App::new().into_utoipa_app().configure(super::configure).split_for_parts().1)
}

fn finished(described: OpenApi) -> OpenApi {
    let mut document = Base::openapi();
    document.merge(described);
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key or the token of a session. Not required from the engine's own machine."))
        .build();
    let in_header = ApiKeyValue::with_description("x-api-key", "The same API key in another header.");
    let in_cookie = ApiKeyValue::with_description(
        SESSION_COOKIE,
        "The session of a browser. Requests that change something also need the Origin of this engine.",
    );
    let schemes = [
        (KEY, SecurityScheme::Http(key)),
        (KEY_HEADER, SecurityScheme::ApiKey(ApiKey::Header(in_header))),
        (SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(in_cookie))),
    ];
    let known = &mut document.components.get_or_insert_default().security_schemes;
    known.extend(schemes.map(|(name, scheme)| (name.to_owned(), RefOr::T(scheme))));
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            finish(path, method, operation);
        }
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("get", &mut item.get),
        ("put", &mut item.put),
        ("post", &mut item.post),
        ("delete", &mut item.delete),
        ("patch", &mut item.patch),
        ("options", &mut item.options),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

/// Adds what follows from the path and the method of a route, unless the handler describes it.
fn finish(path: &str, method: &str, operation: &mut Operation) {
    // The group of `/api/call-guides/{id}` is call-guides. The name of a handler is unique within
    // its group only.
    let group = path.trim_start_matches("/api/").split('/').next().unwrap_or_default();
    let group = if group.is_empty() { "engine" } else { group }.trim_end_matches(".json").to_owned();
    let handler = operation.operation_id.take().unwrap_or_else(|| method.to_owned());
    operation.operation_id = Some(format!("{group}.{handler}"));
    operation.tags = Some(vec![group]);

    let open = guard::is_open(path);
    let creates = method == "post" && !open;
    if creates {
        operation.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
    }
    let takes = |place: &ParameterIn| {
        operation.parameters.iter().flatten().any(|parameter| match parameter {
            RefOr::T(parameter) => parameter.parameter_in == *place,
            RefOr::Ref(_) => false,
        })
    };
    let mut also = BTreeMap::from([(
        "403",
        "The Host or the Origin is foreign, or the caller's role does not allow the request.",
    )]);
    also.insert("429", "There were too many requests. Retry-After says when to try again.");
    if path.contains('{') {
        also.insert("404", "There is nothing with this id in the caller's workspace.");
    }
    if takes(&ParameterIn::Query) || takes(&ParameterIn::Header) || operation.request_body.is_some() {
        also.insert("400", "The query or a header has faults, or the body cannot be parsed.");
    }
    if operation.request_body.is_some() {
        also.insert("413", "The body is too large.");
        also.insert("415", "The media type of the body is not supported here.");
    }
    let heeds = |name: &str| {
        operation.parameters.iter().flatten().any(|parameter| match parameter {
            RefOr::T(parameter) => parameter.name == name,
            RefOr::Ref(_) => false,
        })
    };
    if heeds("If-Match") {
        also.insert("412", "The resource has changed since it was read.");
    }
    let not_modified = heeds("If-None-Match");
    if creates {
        also.insert("409", "A request with this Idempotency-Key is in progress.");
        also.insert("410", "The answer to this Idempotency-Key was erased together with a person's data.");
        also.insert("422", "The body has faults, or the Idempotency-Key was used for another request.");
    }
    if open {
        operation.security = Some(Vec::new());
    } else {
        // An empty requirement means that credentials are optional.
        let with = |scheme| SecurityRequirement::new::<_, [&str; 0], &str>(scheme, []);
        operation.security = Some(vec![SecurityRequirement::default(), with(KEY), with(KEY_HEADER), with(SESSION)]);
        also.insert("401", "A key is required here.");
        also.insert("503", "The database cannot be used at present. Retry-After says when to try again.");
    }
    for response in operation.responses.responses.values_mut() {
        label(response);
    }
    if not_modified {
        let response = Response::new("The resource still has the ETag in If-None-Match.");
        operation.responses.responses.entry("304".to_owned()).or_insert_with(|| RefOr::T(response));
    }
    for (status, description) in also {
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem(description)));
    }
}

fn idempotency_key() -> Parameter {
    let form = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(idempotency::LONGEST))
        .pattern(Some("^[!-~]+$"));
    ParameterBuilder::new()
        .name(idempotency::HEADER)
        .parameter_in(ParameterIn::Header)
        .description(Some(
            "If the same request is sent again within a day, it receives the same answer and is not carried out again.",
        ))
        .schema(Some(form))
        .build()
}

fn problem(description: &str) -> Response {
    let content = Content::new(Some(Ref::new(PROBLEM)));
    ResponseBuilder::new().description(description).content("application/problem+json", content).build()
}

/// Handlers write `body = Problem`. This gives those answers the media type of problem documents.
fn label(response: &mut RefOr<Response>) {
    let RefOr::T(response) = response else { return };
    let is_problem = |content: &RefOr<Content>| match content {
        RefOr::T(Content { schema: Some(RefOr::Ref(schema)), .. }) => schema.ref_location == PROBLEM,
        _ => false,
    };
    if response.content.get("application/json").is_some_and(is_problem)
        && let Some(content) = response.content.shift_remove("application/json")
    {
        response.content.insert("application/problem+json".to_owned(), content);
    }
}
