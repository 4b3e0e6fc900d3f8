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
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::query::Parameters;
use storage::dashboards::Window;

/// A day.
const DAY: u32 = 24;
/// A week.
const WEEK: u32 = 168;
/// Ten years.
pub(super) const THEMES: u32 = 20;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.configure(overview::routes)
        .configure(guides::routes)
        .configure(sentiment::routes)
        .configure(alerts::routes)
        .configure(themes::routes)
        .configure(quality::routes);
}

/// The window, a day when nothing is said.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LastDay {
    /// The window: the last so many hours.
    #[param(minimum = 1, maximum = 87_600, default = 24)]
    hours: Option<u32>,
}

/// The window, a week when nothing is said.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LastWeek {
    /// The window: the last so many hours.
    #[param(minimum = 1, maximum = 87_600, default = 168)]
    hours: Option<u32>,
}

/// One guide's only.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfGuide {
    /// Of this guide's interviews only.
    pub(in crate::api) call_guide_id: Option<uuid::Uuid>,
}

/// How many themes.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ThemeLimit {
    /// So many of the most frequent themes.
    #[param(minimum = 1, maximum = 1_000, default = 20)]
    limit: Option<u32>,
}

impl LastDay {
    /// Hours, and the window that they mean.
    pub(super) fn of(query: &mut Parameters) -> (u32, Window) {
        let hours = query.read::<Self>().hours.unwrap_or(DAY);
        (hours, Window::of_hours(hours))
    }
}

impl LastWeek {
    /// Hours, and the window that they mean.
    pub(super) fn of(query: &mut Parameters) -> (u32, Window) {
        let hours = query.read::<Self>().hours.unwrap_or(WEEK);
        (hours, Window::of_hours(hours))
    }
}

/// `limit` of a list of themes.
pub(super) fn theme_limit(query: &mut Parameters) -> u64 {
    u64::from(query.read::<ThemeLimit>().limit.unwrap_or(THEMES))
}
