//! `/api/dashboard/`: the recent past in figures, with one file for each endpoint.
//!
//! Owns: the parameters and the shapes of the answers. Never does: count. `storage::dashboards`
//! does, and defines what belongs to a window.

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

/// The hours of a day.
const DAY: u32 = 24;
/// The hours of a week.
const WEEK: u32 = 168;
/// The number of themes if the request does not name one.
pub(super) const THEMES: u32 = 20;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.configure(overview::routes)
        .configure(guides::routes)
        .configure(sentiment::routes)
        .configure(alerts::routes)
        .configure(themes::routes)
        .configure(quality::routes);
}

/// The window, one day by default.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LastDay {
    /// The length of the window in hours. The window ends now.
    #[param(minimum = 1, maximum = 87_600, default = 24)]
    hours: Option<u32>,
}

/// The window, one week by default.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LastWeek {
    /// The length of the window in hours. The window ends now.
    #[param(minimum = 1, maximum = 87_600, default = 168)]
    hours: Option<u32>,
}

/// The filter on one guide.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfGuide {
    /// Only interviews with this guide.
    pub(in crate::api) call_guide_id: Option<uuid::Uuid>,
}

/// The number of themes.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ThemeLimit {
    /// The number of themes to return. The most frequent ones are returned.
    #[param(minimum = 1, maximum = 1_000, default = 20)]
    limit: Option<u32>,
}

impl LastDay {
    /// Reads the hours and the window that they define.
    pub(super) fn of(query: &mut Parameters) -> (u32, Window) {
        let hours = query.read::<Self>().hours.unwrap_or(DAY);
        (hours, Window::of_hours(hours))
    }
}

impl LastWeek {
    /// Reads the hours and the window that they define.
    pub(super) fn of(query: &mut Parameters) -> (u32, Window) {
        let hours = query.read::<Self>().hours.unwrap_or(WEEK);
        (hours, Window::of_hours(hours))
    }
}

/// Reads the `limit` of a list of themes.
pub(super) fn theme_limit(query: &mut Parameters) -> u64 {
    u64::from(query.read::<ThemeLimit>().limit.unwrap_or(THEMES))
}
