//! The pages: `/`, `/join/{token}`, `/console` and their assets, embedded in the binary (`web/dist`,
//! built by the scripts).
//!
//! Owns: their headers, which say what a page may do and how long it may be cached. Never does:
//! know what a page shows.

use actix_web::http::header::{self, AcceptEncoding, Encoding, Header as _};
use actix_web::web::{self, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use rust_embed::{Embed, EmbeddedFile};

use super::Problem;

/// A debug build reads the folder at each request. A release build contains the files.
#[derive(Embed)]
#[folder = "web/dist"]
struct Dist;

/// The page that is shown if the engine was built with cargo alone.
const NOT_BUILT: &str = include_str!("pages_not_built.html");

/// The page may load only files of this engine. It has no inline script and cannot be framed.
/// 'self' covers the events socket as well.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(super) fn routes(cfg: &mut ServiceConfig) {
    let page = || web::route().guard(actix_web::guard::Any(actix_web::guard::Get()).or(actix_web::guard::Head()));
    cfg.service(web::resource(["/", "/join/{token}"]).route(page().to(index)))
        // The console finds its views by their addresses itself.
        .service(web::resource(["/console", "/console/{view:.*}"]).route(page().to(console)))
        .service(web::resource("/assets/{file}").route(page().to(asset)));
}

// Handlers are async even if they never wait.
#[allow(clippy::unused_async)]
async fn index(request: HttpRequest) -> HttpResponse {
    page(&request, "index.html", Dist::get("index.html"))
}

// Handlers are async even if they never wait.
#[allow(clippy::unused_async)]
async fn console(request: HttpRequest) -> HttpResponse {
    page(&request, "console.html", Dist::get("console.html"))
}

/// Serves a page that must not be cached. It names the assets of this build, and the address of a
/// call page contains a key.
fn page(request: &HttpRequest, path: &str, built: Option<EmbeddedFile>) -> HttpResponse {
    let Some(built) = built else {
        let mut response = HttpResponse::ServiceUnavailable();
        protect(&mut response);
        return response.content_type("text/html; charset=utf-8").body(NOT_BUILT);
    };
    file(request, path, built, "no-store")
}

/// Serves an asset. The name of an asset contains a hash of its content, so it never changes.
// Handlers are async even if they never wait.
#[allow(clippy::unused_async)]
async fn asset(request: HttpRequest, name: Path<String>) -> Result<HttpResponse, Problem> {
    let path = format!("assets/{name}");
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let known = plain && kind(&path).is_some();
    let found = known.then(|| Dist::get(&path)).flatten();
    let found = found.ok_or_else(|| Problem::unknown_route(request.path()))?;
    Ok(file(&request, &path, found, "public, max-age=31536000, immutable"))
}

/// Serves the smallest form of the file that the browser accepts. The build places compressed forms
/// beside the file.
fn file(request: &HttpRequest, path: &str, plain: EmbeddedFile, keep: &'static str) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    protect(&mut response);
    response
        .content_type(kind(path).unwrap_or("application/octet-stream"))
        .insert_header((header::CACHE_CONTROL, keep))
        .insert_header((header::VARY, "accept-encoding"));
    let known = [Encoding::brotli(), Encoding::gzip(), Encoding::identity()];
    // A header that cannot be parsed is ignored. Every browser accepts the plain form.
    let accepted = AcceptEncoding::parse(request).ok().and_then(|accepted| accepted.negotiate(known.iter()));
    let (encoding, suffix) = match accepted {
        Some(encoding) if encoding == Encoding::brotli() => ("br", ".br"),
        Some(encoding) if encoding == Encoding::gzip() => ("gzip", ".gz"),
        _ => return uncompressed(response, plain),
    };
    match Dist::get(&format!("{path}{suffix}")) {
        Some(small) => response.insert_header((header::CONTENT_ENCODING, encoding)).body(small.data.into_owned()),
        // The file is too small to be compressed.
        None => uncompressed(response, plain),
    }
}

/// Keeps the `compression` middleware from compressing the file at each request. The build has
/// already decided that.
fn uncompressed(mut response: HttpResponseBuilder, plain: EmbeddedFile) -> HttpResponse {
    response.insert_header((header::CONTENT_ENCODING, "identity")).body(plain.data.into_owned())
}

pub(super) fn protect(response: &mut HttpResponseBuilder) {
    response
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // The address of a call page contains a key, so it must not be sent to another site.
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::PERMISSIONS_POLICY, "microphone=(self), camera=(), geolocation=()"));
}

/// Returns the media type of a file that the build makes. Any other name, such as that of a
/// compressed form, is not found.
fn kind(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody as _;
    use actix_web::http::{StatusCode, header};
    use actix_web::test::TestRequest;

    use super::{kind, page};

    #[test]
    fn without_the_web_part_the_page_says_how_to_build_it() {
        let response = page(&TestRequest::default().to_http_request(), "index.html", None);
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key(header::CONTENT_SECURITY_POLICY));
        let body = response.into_body().try_into_bytes().unwrap();
        assert!(std::str::from_utf8(&body).unwrap().contains("scripts/run"));
    }

    #[test]
    fn compressed_forms_have_no_address_of_their_own() {
        assert!(kind("assets/index-abc.js").is_some());
        assert!(kind("assets/index-abc.js.br").is_none());
    }
}
