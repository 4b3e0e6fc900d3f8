//! `/api/call-guides/`: guides, as JSON or YAML documents.

use actix_web::web::{self, Bytes, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use interview::Guide;
use serde_json::json;
use uuid::Uuid;

use super::query::{Page, Parameters};
use super::{Problem, Researcher, Viewer, body};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource(["/api/call-guides", "/api/call-guides/"]).get(list).post(create))
        .service(web::resource("/api/call-guides/validate").post(validate))
        .service(web::resource("/api/call-guides/{id}").get(get).put(update).delete(delete));
}

fn read(request: &HttpRequest, bytes: &[u8]) -> Result<Guide, Problem> {
    let document = body::parse(request, bytes, true)?;
    body::guide(document).map_err(|faults| Problem::unprocessable("the guide has faults", faults))
}

async fn create(caller: Researcher, request: HttpRequest, bytes: Bytes) -> Result<HttpResponse, Problem> {
    let guide = read(&request, &bytes)?;
    let row = caller.storage.guides().create(&guide, Some(&caller.actor)).await?;
    Ok(HttpResponse::Created().insert_header(("Location", format!("/api/call-guides/{}", row.id))).json(row))
}

async fn list(caller: Viewer, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let (limit, cursor) = (query.limit(), query.cursor());
    query.finish()?;
    let rows = caller.storage.guides().list(cursor, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |row| row.id)))
}

async fn get(caller: Viewer, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(caller.storage.guides().get(*id).await?))
}

async fn update(
    caller: Researcher,
    id: Path<Uuid>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse, Problem> {
    let guide = read(&request, &bytes)?;
    Ok(HttpResponse::Ok().json(caller.storage.guides().update(*id, &guide).await?))
}

async fn delete(caller: Researcher, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    caller.storage.guides().delete(*id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Says what is wrong with a guide without keeping it; with the guide as we understand it when nothing is.
// Handlers are async whether they wait or not.
#[allow(clippy::unused_async)]
async fn validate(_caller: Viewer, request: HttpRequest, bytes: Bytes) -> Result<HttpResponse, Problem> {
    let document = body::parse(&request, &bytes, true)?;
    Ok(HttpResponse::Ok().json(match body::guide(document) {
        Ok(guide) => json!({ "valid": true, "errors": [], "guide": guide }),
        Err(faults) => json!({ "valid": false, "errors": faults }),
    }))
}
