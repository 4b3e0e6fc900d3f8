//! The thresholds that apply to calls by default.

use interview::quality::{Metric, Threshold, Thresholds};
use interview::score::widen;

use super::{ConfigError, Settings, bad};

impl Settings {
    /// Returns the thresholds of the user contract, three of which come from the settings.
    pub fn thresholds(&self) -> Thresholds {
        let mut thresholds = Thresholds::default();
        for (_, metric, value) in self.set_thresholds() {
            thresholds.set(metric, Threshold { value, ..thresholds.of(metric) });
        }
        thresholds
    }

    fn set_thresholds(&self) -> [(&'static str, Metric, f64); 3] {
        let quality = &self.quality;
        [
            ("quality.min_completion_rate", Metric::CompletionRate, widen(quality.min_completion_rate)),
            ("quality.min_engagement_score", Metric::EngagementScore, widen(quality.min_engagement_score)),
            ("quality.max_response_latency", Metric::ResponseLatency, widen(quality.max_response_latency)),
        ]
    }

    pub(super) fn check_quality(&self) -> Result<(), ConfigError> {
        for (key, metric, value) in self.set_thresholds() {
            if let Err(wanted) = metric.check(value) {
                return Err(bad(key, &wanted));
            }
        }
        if self.quality.component_quiet_seconds == 0 {
            return Err(bad("quality.component_quiet_seconds", "must be at least 1"));
        }
        Ok(())
    }
}
