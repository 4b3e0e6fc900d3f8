//! `GET /api/call-guides/{id}/study`: a whole study to take away, as JSON, CSV or a zip.
//!
//! It streams: rows are read page by page and sent as they are written, so that neither the size of a study nor a slow reader
//! costs memory (a zip's table of contents is all that grows). So it answers at once, without the task that long work is
//! given otherwise; whoever hangs up ends it. A fault on the way breaks the connection off: what has arrived is then
//! recognisably incomplete.
//!
//! Owns: what is asked for, and the order of things in it. `out` is the way to the client, `rows` the two tables,
//! `archive` the zip.

mod archive;
mod out;
mod rows;

use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use interview::Guide;
use interview::guide::slug;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::interviews::{STATUS_WANTED, named};
use super::query::Parameters;
use super::routes::resource;
use super::{Problem, Viewer};
use crate::storage::{Held, Storage, StorageError, StudyFilter};

/// Interviews read at once.
const PAGE: u64 = 50;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(study));
}

#[derive(Clone, Copy)]
enum Format {
    Json,
    Csv,
    Zip,
}

#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error("database: {0}")]
    Storage(#[from] StorageError),
    /// The client is gone, or a recording can't be read.
    #[error("writing: {0}")]
    Io(#[from] std::io::Error),
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("CSV: {0}")]
    Csv(#[from] csv::Error),
    #[error("zip: {0}")]
    Zip(#[from] zip::result::ZipError),
}

/// Take a study away
///
/// JSON: every interview with its answers. CSV: a row an answer. Zip: both, the transcripts (JSON, text and WebVTT), and the
/// recordings of those who agreed to be recorded. Streams, however large the study is; so it answers at once and not with a
/// task.
#[utoipa::path(
    get,
    path = "/api/call-guides/{id}/study",
    params(
        ("id" = Uuid, Path),
        ("format" = Option<String>, Query, pattern = "^(json|csv|zip)$", description = "json when missing"),
        ("status" = Option<entity::Status>, Query),
        ("from" = Option<DateTime<Utc>>, Query, description = "Interviews made at this time or later"),
        ("to" = Option<DateTime<Utc>>, Query, description = "Interviews made before this time"),
    ),
    responses((status = 200, content(
        (Object = "application/json"), (String = "text/csv"), (Vec<u8> = "application/zip"),
    )))
)]
async fn study(caller: Viewer, id: Path<Uuid>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let format = query.parse("format", "json, csv or zip is wanted here", |format| match format {
        "json" => Some(Format::Json),
        "csv" => Some(Format::Csv),
        "zip" => Some(Format::Zip),
        _ => None,
    });
    let status = query.parse("status", STATUS_WANTED, named);
    let time = |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc));
    let wanted = "a time as in RFC 3339 is wanted here, such as 2030-01-31T09:00:00Z";
    let from = query.parse("from", wanted, time);
    let to = query.parse("to", wanted, time);
    query.finish()?;
    let now = Utc::now();
    let filter = StudyFilter { call_guide_id: *id, status, from, to: to.map_or(now, |to| to.min(now)) };
    let (_, guide) = caller.storage.guides().newest(*id).await?;
    let format = format.unwrap_or(Format::Json);
    let (ending, kind) = match format {
        Format::Json => ("json", "application/json"),
        Format::Csv => ("csv", "text/csv; charset=utf-8; header=present"),
        Format::Zip => ("zip", "application/zip"),
    };
    caller.storage.note_export(&filter, ending).await?;
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(format!("{}-study.{ending}", slug(&guide.name)))],
    };
    let pages = Pages { storage: caller.storage.clone(), filter, runtime: tokio::runtime::Handle::current() };
    let body = out::stream(move |out| match format {
        Format::Json => rows::json(out, &guide, &pages),
        Format::Csv => rows::csv(out, &pages),
        Format::Zip => archive::write(out, &guide, &pages),
    });
    Ok(HttpResponse::Ok().insert_header(disposition).content_type(kind).streaming(body))
}

/// The study's interviews, read page by page on a thread that may block.
struct Pages {
    storage: Storage,
    filter: StudyFilter,
    runtime: tokio::runtime::Handle,
}

impl Pages {
    fn for_each(&self, mut each: impl FnMut(&Held) -> Result<(), ExportError>) -> Result<(), ExportError> {
        let mut after = None;
        loop {
            let page = self.runtime.block_on(self.storage.study_page(&self.filter, after, PAGE))?;
            for held in &page {
                each(held)?;
            }
            match page.last() {
                Some((last, _)) => after = Some(last.id),
                None => return Ok(()),
            }
        }
    }
}

/// What every export says about itself.
fn head(guide: &Guide, filter: &StudyFilter) -> serde_json::Value {
    serde_json::json!({
        "call_guide_id": filter.call_guide_id,
        "call_guide_name": guide.name,
        "exported_at": Utc::now(),
        "status": filter.status,
        "from": filter.from,
        "to": filter.to,
    })
}
