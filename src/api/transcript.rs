//! `/api/interviews/{id}/transcript`: JSON, text or WebVTT, by `?format=` or `Accept`.

use actix_web::http::header;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::query::Parameters;
use super::routes::resource;
use super::{Kind, Problem, Viewer};
use storage::Transcript;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(get));
}

#[derive(Clone, Copy)]
enum Format {
    Json,
    Text,
    Vtt,
}

/// Get the transcript
///
/// The transcript is available as JSON, as text, or as WebVTT for display beside the recording.
#[utoipa::path(
    get,
    path = "/api/interviews/{id}/transcript",
    operation_id = "transcript",
    params(
        ("id" = Uuid, Path),
        ("format" = Option<String>, Query, pattern = "^(json|text|txt|vtt|webvtt)$",
            description = "Takes precedence over Accept."),
    ),
    responses(
        (status = 200, content(
            (Transcript = "application/json"), (String = "text/plain"), (String = "text/vtt"),
        )),
        (status = 406, body = Problem, description = "Accept names no media type that is available."),
        (status = 410, body = Problem, description = "The personal data was erased."),
    )
)]
async fn get(caller: Viewer, id: Path<Uuid>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let asked = query.parse("format", "This must be json, text or vtt.", |name| match name {
        "json" => Some(Format::Json),
        "text" | "txt" => Some(Format::Text),
        "vtt" | "webvtt" => Some(Format::Vtt),
        _ => None,
    });
    query.finish()?;
    let format = match asked {
        Some(format) => format,
        None => accepted(&request)?,
    };
    let transcript = caller.storage.transcripts().of_interview(*id).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept"));
    Ok(match format {
        Format::Json => response.json(transcript),
        Format::Text => response.content_type("text/plain; charset=utf-8").body(transcript.to_text()),
        Format::Vtt => response.content_type("text/vtt; charset=utf-8").body(transcript.to_vtt()),
    })
}

/// Returns the format that `Accept` prefers. Without the header it is JSON.
fn accepted(request: &HttpRequest) -> Result<Format, Problem> {
    let Some(accept) = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()) else {
        return Ok(Format::Json);
    };
    accept
        .split(',')
        .find_map(|range| match range.split(';').next().unwrap_or_default().trim() {
            "application/json" | "application/*" | "*/*" | "" => Some(Format::Json),
            "text/vtt" => Some(Format::Vtt),
            "text/plain" | "text/*" => Some(Format::Text),
            _ => None,
        })
        .ok_or_else(|| {
            Problem::new(
                Kind::NotAcceptable,
                "The available media types are application/json, text/plain and text/vtt.",
            )
        })
}
