//! `GET /api/join/{token}`: what a respondent should know before the call. The token is the key.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use entity::Status;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::join::{check_link, expired_link, opens_at, unknown_token};
use super::routes::resource;
use super::{AppState, Problem};
use voice::transport::IceServer;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(get));
}

/// What a respondent sees before the call. It holds only what the interviewer says aloud within the
/// first half minute, and the state of the interview.
#[derive(Serialize, ToSchema)]
#[schema(as = Invitation)]
// The page reads these facts independently of each other.
#[allow(clippy::struct_excessive_bools)]
struct Invitation {
    call_guide_name: String,
    research_objective: String,
    language: String,
    estimated_duration_minutes: u32,
    max_duration_minutes: u32,
    /// The number of questions in the guide, without follow-ups. Fewer are asked if sections are
    /// skipped.
    questions: usize,
    /// True if the respondent will be asked for consent to record. Nothing is recorded without it.
    recording: bool,
    #[schema(required)]
    respondent_name: Option<String>,
    #[schema(required)]
    scheduled_at: Option<chrono::DateTime<chrono::Utc>>,
    /// The time from which the link can be used. Null if the interview has begun or is over.
    #[schema(required)]
    opens_at: Option<chrono::DateTime<chrono::Utc>>,
    /// The seconds until then by the engine's clock. 0 if the link can be used now.
    opens_in_seconds: i64,
    status: Status,
    #[schema(required)]
    status_reason: Option<String>,
    consent_given: bool,
    can_be_recorded: bool,
    /// True if a recording is kept, because consent stands or because the part before its
    /// withdrawal was kept.
    recording_kept: bool,
    /// The ICE servers for the page's `RTCPeerConnection`.
    ice_servers: Vec<IceServer>,
}

/// Get an invitation
///
/// Returns what the call is about. An interview that is over still answers, so that the page can
/// say how it ended. An expired link does not.
#[utoipa::path(
    get,
    path = "/api/join/{token}",
    operation_id = "invitation",
    params(("token" = String, Path, description = "The token of the join link, which serves as the key.")),
    responses(
        (status = 200, body = Invitation),
        (status = 410, body = Problem, description = "The link has expired."),
        (status = 503, body = Problem, description = "The database cannot be used at present."),
    )
)]
async fn get(state: Data<AppState>, token: Path<String>) -> Result<HttpResponse, Problem> {
    check_link(&state, &token)?;
    let (interview, expired) = state.storage.interviews().by_token(&token).await?.ok_or_else(unknown_token)?;
    // An interview that is over still answers, so that the page can say how it ended.
    if expired && !interview.status.is_over() {
        return Err(expired_link());
    }
    let guide = state.storage.of(interview.workspace_id).interviews().guide(interview.id).await?;
    let opens_at = opens_at(&state, &interview);
    let now = state.storage.now().await?;
    let recording_kept = interview.has_recording();
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Invitation {
        questions: guide.questions().count(),
        call_guide_name: guide.name,
        research_objective: guide.research_objective,
        language: guide.language,
        estimated_duration_minutes: guide.estimated_duration_minutes,
        max_duration_minutes: guide.max_duration_minutes,
        recording: state.settings.recording,
        respondent_name: interview.respondent_name,
        scheduled_at: interview.scheduled_at,
        opens_at,
        opens_in_seconds: opens_at.map_or(0, |at| ((at - now).num_milliseconds().max(0) + 999) / 1_000),
        status: interview.status,
        status_reason: interview.status_reason,
        consent_given: interview.consent_given,
        can_be_recorded: interview.can_be_recorded,
        recording_kept,
        ice_servers: state.ice_servers_for_page().to_vec(),
    }))
}
