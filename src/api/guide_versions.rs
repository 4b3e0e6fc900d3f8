//! `/api/call-guides/{id}/versions`, `/diff` and `/export`: the versions of a guide, the changes
//! between them, and the export of a guide.

use actix_web::http::header::{self, ContentDisposition, DispositionParam, DispositionType};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use interview::Guide;
use interview::guide::diff::{Change, diff, to_text};
use interview::guide::slug;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::accept::Accept;
use super::body;
use super::query::{Page, Paging, Parameters};
use super::routes::resource;
use super::{Kind, Problem, Viewer};
use storage::VersionInfo;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(versions))
        .service(resource!(version))
        .service(resource!(difference))
        .service(resource!(export));
}

/// One version of a guide with its content.
#[derive(Serialize, ToSchema)]
#[schema(as = GuideVersionContent)]
struct Version {
    #[serde(flatten)]
    info: VersionInfo,
    document: Guide,
}

/// The changes between two versions of a guide.
#[derive(Serialize, ToSchema)]
#[schema(as = GuideDifference)]
struct Difference {
    from: i32,
    to: i32,
    changes: Vec<Change>,
}

pub(super) const VERSION_WANTED: &str = "This must be the number of a version.";

pub(super) fn number(text: &str) -> Option<i32> {
    text.parse().ok().filter(|number| *number > 0)
}

/// List the versions of a guide
///
/// The newest version comes first.
#[utoipa::path(
    get,
    path = "/api/call-guides/{id}/versions",
    params(("id" = Uuid, Path), Paging),
    responses((status = 200, body = Page<VersionInfo>))
)]
async fn versions(caller: Viewer, id: Path<Uuid>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let (limit, cursor) = query.paging();
    query.finish()?;
    let rows = caller.storage.guides().versions(*id, cursor, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |row| row.id)))
}

/// Read a version of a guide
#[utoipa::path(
    get,
    path = "/api/call-guides/{id}/versions/{version}",
    params(("id" = Uuid, Path), ("version" = i32, Path, minimum = 1)),
    responses((status = 200, body = Version))
)]
async fn version(caller: Viewer, path: Path<(Uuid, i32)>) -> Result<HttpResponse, Problem> {
    let (id, number) = path.into_inner();
    let (info, document) = caller.storage.guides().numbered(id, number).await?;
    Ok(HttpResponse::Ok().json(Version { info, document }))
}

/// Compare two versions of a guide
///
/// Sections, questions and options are matched by their ids. If `from` is missing, it is the
/// version before `to`. If `to` is missing, it is the newest. With `Accept: text/plain` the answer
/// has one line for each change.
#[utoipa::path(
    get,
    path = "/api/call-guides/{id}/diff",
    operation_id = "diff",
    params(
        ("id" = Uuid, Path),
        ("from" = Option<i32>, Query, minimum = 1),
        ("to" = Option<i32>, Query, minimum = 1),
    ),
    responses(
        (status = 200, content((Difference = "application/json"), (String = "text/plain"))),
        (status = 406, body = Problem, description = "Accept names no media type that is available."),
    )
)]
async fn difference(caller: Viewer, id: Path<Uuid>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let from = query.parse("from", VERSION_WANTED, number);
    let to = query.parse("to", VERSION_WANTED, number);
    query.finish()?;
    let text = match Accept::of(&request).choose(&["application/json", "text/plain"]) {
        Some(kind) => kind == "text/plain",
        None => {
            return Err(Problem::new(
                Kind::NotAcceptable,
                "The available media types are application/json and text/plain.",
            ));
        }
    };
    let guides = caller.storage.guides();
    let newest = guides.get(*id).await?.version;
    let to = to.unwrap_or(newest);
    // The first version is compared with itself, so that the answer reports no changes instead of a
    // fault.
    let from = from.unwrap_or((to - 1).max(1));
    let (_, old) = guides.numbered(*id, from).await?;
    let (_, new) = guides.numbered(*id, to).await?;
    let changes = body::aside(move || diff(&old, &new)).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept"));
    Ok(if text {
        response.content_type("text/plain; charset=utf-8").body(to_text(&changes))
    } else {
        response.json(Difference { from, to, changes })
    })
}

/// Export a guide
///
/// Returns the complete document, as it would be written by hand. Posting it to `/api/call-guides/`
/// makes the same guide again.
#[utoipa::path(
    get,
    path = "/api/call-guides/{id}/export",
    params(
        ("id" = Uuid, Path),
        ("format" = Option<String>, Query, pattern = "^(json|yaml)$", description = "`json` if missing."),
        ("version" = Option<i32>, Query, minimum = 1, description = "The newest if missing."),
    ),
    responses((status = 200, content((Guide = "application/json"), (String = "application/yaml"))))
)]
async fn export(caller: Viewer, id: Path<Uuid>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let yaml = query.parse("format", "This must be json or yaml.", |format| match format {
        "json" => Some(false),
        "yaml" => Some(true),
        _ => None,
    });
    let version = query.parse("version", VERSION_WANTED, number);
    query.finish()?;
    let guides = caller.storage.guides();
    let guide = match version {
        Some(version) => guides.numbered(*id, version).await?.1,
        None => guides.newest(*id).await?.1,
    };
    let yaml = yaml.unwrap_or_default();
    let (kind, ending) = if yaml { ("application/yaml", "yaml") } else { ("application/json", "json") };
    let text = written(&guide, yaml).map_err(|error| {
        tracing::error!(guide = %id, error, "a guide cannot be written");
        Problem::internal()
    })?;
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(format!("{}-v{}.{ending}", slug(&guide.name), guide.version))],
    };
    Ok(HttpResponse::Ok().insert_header(disposition).content_type(kind).body(text))
}

/// Writes the document as text.
pub(crate) fn written(guide: &Guide, yaml: bool) -> Result<String, String> {
    if yaml {
        serde_saphyr::to_string(guide).map_err(|error| error.to_string())
    } else {
        serde_json::to_string_pretty(guide).map(|text| text + "\n").map_err(|error| error.to_string())
    }
}
