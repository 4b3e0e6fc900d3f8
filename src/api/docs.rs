//! `/docs`: a page with the API's description, from files in the binary.
//!
//! Owns: that the page requests nothing from other hosts. Never does: describe anything (see
//! [`openapi`](super::openapi)).

use std::sync::Arc;

use actix_web::http::header;
use actix_web::web::{self, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use utoipa_swagger_ui::Config;

use super::Problem;

/// The page writes style attributes and draws its icons from data URLs. In all else its policy is
/// as strict as that of the engine's other pages.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::redirect("/docs", "/docs/")).service(web::resource("/docs/{file:.*}").get(file));
}

// Handlers are async even if they never wait.
#[allow(clippy::unused_async)]
async fn file(request: HttpRequest, name: Path<String>) -> Result<HttpResponse, Problem> {
    // An external validator and settings in the address are disabled, so that the page shows only
    // this engine's document.
    let config = Config::from("/api/openapi.json").validator_url("none").display_operation_id(true);
    let found = utoipa_swagger_ui::serve(&name, Arc::new(config)).ok().flatten();
    let found = found.ok_or_else(|| Problem::unknown_route(request.path()))?;
    let mut response = HttpResponse::Ok();
    response
        .content_type(found.content_type)
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"));
    if found.gzpipped {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    Ok(response.body(found.bytes.into_owned()))
}
