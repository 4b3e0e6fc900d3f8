//! `/api/dashboard/`: what happened in the last so many hours, a file an endpoint.
//!
//! Owns: parameters and answers' shapes. Never does: count (`storage::dashboards` does, and says what lies in a window).

mod alerts;
mod guides;
mod overview;
mod quality;
mod sentiment;
mod themes;

pub(super) use alerts::Alert;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::query::Parameters;
use storage::dashboards::Window;

/// A day.
const DAY: u32 = 24;
/// A week.
pub(super) const WEEK: u32 = 168;
/// Ten years.
const MAX_HOURS: u32 = 87_600;
pub(super) const THEMES: u32 = 20;
const MAX_THEMES: u32 = 1_000;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.configure(overview::routes)
        .configure(guides::routes)
        .configure(sentiment::routes)
        .configure(alerts::routes)
        .configure(themes::routes)
        .configure(quality::routes);
}

/// What [`window`] reads where the default is a day.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct LastDay {
    /// The window: the last so many hours.
    #[param(minimum = 1, maximum = 87_600, default = 24)]
    hours: Option<u32>,
}

/// What [`window`] reads where the default is a week.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub(super) struct LastWeek {
    /// The window: the last so many hours.
    #[param(minimum = 1, maximum = 87_600, default = 168)]
    hours: Option<u32>,
}

/// One guide's only.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub(super) struct OfGuide {
    /// Of this guide's interviews only.
    call_guide_id: Option<uuid::Uuid>,
}

/// What [`theme_limit`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub(super) struct ThemeLimit {
    /// So many of the most frequent themes.
    #[param(minimum = 1, maximum = 1_000, default = 20)]
    limit: Option<u32>,
}

/// `hours`, and the window that it means.
pub(super) fn window(query: &mut Parameters, default: u32) -> (u32, Window) {
    let hours = query.number("hours", 1..=MAX_HOURS, default);
    (hours, Window::of_hours(hours))
}

/// `limit` of a list of themes.
pub(super) fn theme_limit(query: &mut Parameters) -> u64 {
    u64::from(query.number("limit", 1..=MAX_THEMES, THEMES))
}
