//! `/api/analytics/`: the summary and the themes across interviews. Insights are in `insights.rs`.
//!
//! Owns: the parameters and the shapes of the answers. Never does: count (`storage::dashboards`
//! does).

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::web::Json;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::dashboard::{LastWeek, OfGuide, THEMES, ThemeLimit, theme_limit};
use super::query::Parameters;
use super::routes::resource;
use super::{Problem, Viewer};
use storage::dashboards::{Sentiments, Theme, Themes};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(summary)).service(resource!(themes));
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Summary {
    time_window_hours: u32,
    #[schema(required)]
    call_guide_id: Option<Uuid>,
    interviews: InterviewsSummary,
    responses: ResponsesSummary,
    sentiments: Sentiments,
    /// The most frequent themes.
    themes: Vec<Theme>,
    generated_at: DateTime<Utc>,
}

/// Statistics of the interviews in the window. A mean is null if there are no values to compute it
/// from.
#[derive(Debug, Serialize, ToSchema)]
struct InterviewsSummary {
    total: i64,
    by_status: BTreeMap<&'static str, i64>,
    /// The share of all interviews that were completed, 0 to 1.
    #[schema(required)]
    completion_rate: Option<f64>,
    #[schema(required)]
    avg_duration_seconds: Option<f64>,
    /// 0 to 1.
    #[schema(required)]
    avg_completion_rate: Option<f64>,
    /// 0 to 1.
    #[schema(required)]
    avg_engagement_score: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ResponsesSummary {
    total: i64,
    follow_ups: i64,
    /// The share of all answers that needed a clarification, 0 to 1.
    #[schema(required)]
    clarification_rate: Option<f64>,
    #[schema(required)]
    avg_information_density: Option<f64>,
    #[schema(required)]
    avg_confidence_score: Option<f64>,
    #[schema(required)]
    avg_response_time_seconds: Option<f64>,
}

/// The themes of the window, and the number of answers that they were counted in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ThemesOf {
    time_window_hours: u32,
    #[schema(required)]
    call_guide_id: Option<Uuid>,
    #[serde(flatten)]
    themes: Themes,
    generated_at: DateTime<Utc>,
}

/// Get the key figures of a window
///
/// The figures cover one guide or all of them. A mean is null if there are no values to compute it
/// from.
#[utoipa::path(
    get,
    path = "/api/analytics/summary",
    params(LastWeek, OfGuide),
    responses((status = 200, body = Summary))
)]
async fn summary(caller: Viewer, request: HttpRequest) -> Result<Json<Summary>, Problem> {
    let mut query = Parameters::of(&request);
    let (hours, window) = LastWeek::of(&mut query);
    let OfGuide { call_guide_id: guide } = query.read();
    query.finish()?;
    let dashboards = caller.storage.dashboards();
    let interviews = dashboards.interviews(window, guide).await?;
    let answers = dashboards.answers(window, guide).await?;
    let themes = dashboards.themes(window, guide, u64::from(THEMES)).await?;
    let (total, completed) = (interviews.total(), interviews.completed());
    let all = answers.sentiments.total;
    Ok(Json(Summary {
        time_window_hours: hours,
        call_guide_id: guide,
        interviews: InterviewsSummary {
            total,
            completion_rate: share(completed, total),
            by_status: interviews.by_status,
            avg_duration_seconds: interviews.avg_duration_seconds,
            avg_completion_rate: interviews.avg_completion_rate,
            avg_engagement_score: interviews.avg_engagement_score,
        },
        responses: ResponsesSummary {
            total: all,
            follow_ups: answers.follow_ups,
            clarification_rate: share(answers.clarified, all),
            avg_information_density: answers.avg_information_density,
            avg_confidence_score: answers.avg_confidence_score,
            avg_response_time_seconds: answers.avg_response_time_seconds,
        },
        sentiments: answers.sentiments,
        themes: themes.themes,
        generated_at: window.until,
    }))
}

fn share(part: i64, all: i64) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}

/// List the themes of the answers
///
/// The most frequent themes, and the number of answers that they were counted in. A theme counts
/// once for each answer that touches it.
#[utoipa::path(
    get,
    path = "/api/analytics/themes",
    params(LastWeek, ThemeLimit, OfGuide),
    responses((status = 200, body = ThemesOf))
)]
async fn themes(caller: Viewer, request: HttpRequest) -> Result<Json<ThemesOf>, Problem> {
    let mut query = Parameters::of(&request);
    let (hours, window) = LastWeek::of(&mut query);
    let limit = theme_limit(&mut query);
    let OfGuide { call_guide_id: guide } = query.read();
    query.finish()?;
    let themes = caller.storage.dashboards().themes(window, guide, limit).await?;
    Ok(Json(ThemesOf { time_window_hours: hours, call_guide_id: guide, themes, generated_at: window.until }))
}
