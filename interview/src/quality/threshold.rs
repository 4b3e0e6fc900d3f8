//! When a value has crossed its threshold, and when it has recovered.
//!
//! Owns: both comparisons. Never does: know which value it is, or whose.

use super::metric::{Metric, Severity, Side};

/// The threshold of one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    pub value: f64,
    pub severity: Severity,
    /// When an operator set it, in milliseconds since 1970. 0 stands for the default. A new setting
    /// is a new occasion for an alert.
    pub edited_ms: i64,
}

/// The thresholds of all metrics: those of the contract, unless an operator has set others.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds([Threshold; Metric::ALL.len()]);

impl Default for Thresholds {
    fn default() -> Self {
        Self(Metric::ALL.map(|metric| Threshold {
            value: metric.default_threshold(),
            severity: metric.default_severity(),
            edited_ms: 0,
        }))
    }
}

impl Thresholds {
    pub fn of(&self, metric: Metric) -> Threshold {
        self.0[metric as usize]
    }

    pub fn set(&mut self, metric: Metric, threshold: Threshold) {
        self.0[metric as usize] = threshold;
    }
}

/// How far beyond the threshold a value must be to count as recovered, as a share of the threshold.
/// It is at most half the distance from the threshold to the best value.
const MARGIN: f64 = 0.1;

impl Threshold {
    /// Whether the value is on the wrong side of the threshold. A value that equals it is on the
    /// wrong side, because the contract says "above" and "below".
    ///
    /// ```
    /// use interview::quality::{Metric, Thresholds};
    /// let completion = Thresholds::default().of(Metric::CompletionRate);
    /// assert!(completion.is_crossed(Metric::CompletionRate, 0.70));
    /// assert!(!completion.is_crossed(Metric::CompletionRate, 0.71));
    /// ```
    pub fn is_crossed(&self, metric: Metric, value: f64) -> bool {
        match metric.good() {
            Side::Above => value <= self.value,
            Side::Below => value >= self.value,
        }
    }

    /// Whether a value that had crossed has recovered. A margin keeps the alert from flickering.
    ///
    /// ```
    /// use interview::quality::{Metric, Thresholds};
    /// // 0.70 and a tenth of it: 0.77
    /// let completion = Thresholds::default().of(Metric::CompletionRate);
    /// assert!(!completion.is_recovered(Metric::CompletionRate, 0.75));
    /// assert!(completion.is_recovered(Metric::CompletionRate, 0.78));
    /// // 3 s less a tenth: 2.7 s
    /// let latency = Thresholds::default().of(Metric::ResponseLatency);
    /// assert!(!latency.is_recovered(Metric::ResponseLatency, 2.8));
    /// assert!(latency.is_recovered(Metric::ResponseLatency, 2.6));
    /// ```
    pub fn is_recovered(&self, metric: Metric, value: f64) -> bool {
        match metric.good() {
            Side::Above => {
                let (_, best) = metric.range();
                // With a threshold of 0.95, a tenth more cannot be reached, so half the distance to
                // 1 is enough.
                let margin = (self.value * MARGIN).min((best - self.value) / 2.0);
                value > self.value && value >= self.value + margin
            }
            Side::Below => value < self.value && value <= self.value * (1.0 - MARGIN),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_value_is_both_crossed_and_recovered_and_the_best_one_always_recovers(
            index in 0..Metric::ALL.len(),
            share in 0.001_f64..0.999,
            at in 0.0_f64..=1.0,
        ) {
            let metric = Metric::ALL[index];
            let (low, high) = metric.range();
            let scale = |share: f64| low + share * (high - low);
            let threshold = Threshold { value: scale(share), severity: Severity::Info, edited_ms: 0 };
            let value = scale(at);
            prop_assert!(!(threshold.is_crossed(metric, value) && threshold.is_recovered(metric, value)));
            let (best, worst) = if metric.good() == Side::Above { (high, low) } else { (low, high) };
            prop_assert!(threshold.is_recovered(metric, best));
            prop_assert!(threshold.is_crossed(metric, worst));
        }
    }
}
