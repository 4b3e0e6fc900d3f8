//! `/api/openapi.json`: the OpenAPI 3.1 document, made from the handlers' own descriptions.
//!
//! Owns: what all routes have in common (keys, refusals, conditions), written here once instead of at each handler.
//! Never does: describe one route (its `#[utoipa::path]` does).

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::Data;
use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa_actix_web::service_config::ServiceConfig;

use super::credentials::SESSION_COOKIE;
use super::routes::resource;
use super::{Fault, Problem, guard, idempotency};

const PROBLEM: &str = "#/components/schemas/Problem";
const KEY: &str = "key";
const KEY_HEADER: &str = "key_header";
const SESSION: &str = "session";

/// The finished document, as served.
pub(super) struct Document(String);

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Expert Interviewers",
        description = "Voice interviews held by a machine, on your own machine. From the engine's own machine no key \
            is needed; from anywhere else every route but the open ones wants `Authorization: Bearer KEY`. Faults are \
            problem documents (RFC 9457) that name every fault of the input at once, by JSON pointer.",
    ),
    components(schemas(Problem, Fault))
)]
struct Base;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(document));
}

/// This document
#[utoipa::path(get, path = "/api/openapi.json", responses((status = 200, body = Object, description = "OpenAPI 3.1")))]
// Handlers are async whether they wait or not.
#[allow(clippy::unused_async)]
async fn document(document: Data<Document>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document.0.clone())
}

impl Document {
    /// From what the handlers said of themselves.
    pub(super) fn of(described: OpenApi) -> Self {
        // Its fields always serialise.
        Self(finished(described).to_json().unwrap_or_default())
    }
}

fn finished(described: OpenApi) -> OpenApi {
    let mut document = Base::openapi();
    document.merge(described);
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key or the token of a session; not needed from the engine's own machine."))
        .build();
    let in_header = ApiKeyValue::with_description("x-api-key", "The same API key in a header of its own.");
    let in_cookie = ApiKeyValue::with_description(
        SESSION_COOKIE,
        "A browser's session; what changes anything needs our own Origin beside it.",
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

/// Adds what follows from a route's place and form, where its handler has not said it better.
fn finish(path: &str, method: &str, operation: &mut Operation) {
    // `/api/call-guides/{id}` is of the group call-guides; names of handlers need be unique in theirs only.
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
    let mut also = BTreeMap::from([("403", "a foreign Host or Origin, or the caller's role does not allow it")]);
    also.insert("429", "too many requests; Retry-After says when to try again");
    if path.contains('{') {
        also.insert("404", "there is nothing of this id, or not in the caller's workspace");
    }
    if takes(&ParameterIn::Query) || takes(&ParameterIn::Header) || operation.request_body.is_some() {
        also.insert("400", "the query or a header has faults, or the body can't be read");
    }
    if operation.request_body.is_some() {
        also.insert("413", "the body is too large");
        also.insert("415", "the body is of a kind that is not understood here");
    }
    let heeds = |name: &str| {
        operation.parameters.iter().flatten().any(|parameter| match parameter {
            RefOr::T(parameter) => parameter.name == name,
            RefOr::Ref(_) => false,
        })
    };
    if heeds("If-Match") {
        also.insert("412", "it has changed since it was read");
    }
    let not_modified = heeds("If-None-Match");
    if creates {
        also.insert("409", "a request with this Idempotency-Key is under way");
        also.insert("410", "what was answered to this Idempotency-Key was erased with a person's data");
        also.insert("422", "the body has faults, or the Idempotency-Key stands for another request");
    }
    if open {
        operation.security = Some(Vec::new());
    } else {
        // An empty one says that there may be none.
        let with = |scheme| SecurityRequirement::new::<_, [&str; 0], &str>(scheme, []);
        operation.security = Some(vec![SecurityRequirement::default(), with(KEY), with(KEY_HEADER), with(SESSION)]);
        also.insert("401", "a key is needed here");
        also.insert("503", "the database can't be used now; Retry-After says when to try again");
    }
    for response in operation.responses.responses.values_mut() {
        label(response);
    }
    if not_modified {
        let response = Response::new("it still is what If-None-Match names");
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
        .description(Some("Sent again within a day, the same request is answered the same and not carried out again."))
        .schema(Some(form))
        .build()
}

fn problem(description: &str) -> Response {
    let content = Content::new(Some(Ref::new(PROBLEM)));
    ResponseBuilder::new().description(description).content("application/problem+json", content).build()
}

/// Descriptions say `body = Problem` and mean its own media type.
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
