//! Whether a value grows or shrinks over time.
//!
//! Owns: the tests for trends. Never does: know what is counted.

use serde::{Deserialize, Serialize};

use super::two_sided;

/// What was counted at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub time: f64,
    pub hits: u64,
    pub total: u64,
}

/// A direction, and the probability that it is due to chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// Above 0, the value grows.
    pub statistic: f64,
    pub p: f64,
}

/// The Cochran–Armitage test for a trend of shares (Armitage 1955), two-sided: with scores t and p̄
/// = hits / total over all, z = Σ t (hits − n p̄) / √(p̄ (1 − p̄) (Σ n t² − (Σ n t)² / N)). Returns
/// none if the times or the shares do not vary.
///
/// ```
/// use interview::insight::stats::{Point, cochran_armitage};
/// // 1, 5 and 9 of 10: p̄ = 0.5, Σ t (hits − 5) = 8, variance 0.25 · (50 − 30²/30) = 5, z = 8/√5 = 3.578
/// let weeks = [(0.0, 1), (1.0, 5), (2.0, 9)].map(|(time, hits)| Point { time, hits, total: 10 });
/// let trend = cochran_armitage(&weeks).unwrap();
/// assert!((trend.statistic - 3.578).abs() < 1e-3 && trend.p < 0.001);
/// ```
pub fn cochran_armitage(points: &[Point]) -> Option<Trend> {
    let all: f64 = points.iter().map(|point| point.total as f64).sum();
    let hits: f64 = points.iter().map(|point| point.hits as f64).sum();
    if all == 0.0 || points.iter().any(|point| !point.time.is_finite() || point.hits > point.total) {
        return None;
    }
    // Times are taken from their mean, so that large ones cost no precision.
    let mean = points.iter().map(|point| point.time * point.total as f64).sum::<f64>() / all;
    let share = hits / all;
    let (mut above, mut spread) = (0.0, 0.0);
    for point in points {
        let (time, total) = (point.time - mean, point.total as f64);
        above += time * (point.hits as f64 - total * share);
        spread += total * time * time;
    }
    let variance = share * (1.0 - share) * spread;
    (variance > 0.0).then(|| {
        let statistic = above / variance.sqrt();
        Trend { statistic, p: two_sided(statistic) }
    })
}

/// The Mann–Kendall test for a trend of values in their order (Kendall 1975), two-sided, with
/// correction for ties and for continuity. Returns none for fewer than four values, or if all are
/// equal.
///
/// ```
/// use interview::insight::stats::mann_kendall;
/// // Ten that only grow: S = 45, variance 10 · 9 · 25 / 18 = 125, z = 44/√125 = 3.935
/// let growing: Vec<f64> = (0..10).map(f64::from).collect();
/// assert!((mann_kendall(&growing).unwrap().statistic - 3.935).abs() < 1e-3);
/// assert!(mann_kendall(&[1.0, 1.0, 1.0, 1.0]).is_none());
/// ```
pub fn mann_kendall(values: &[f64]) -> Option<Trend> {
    if values.len() < 4 || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mut s = 0.0;
    for (at, earlier) in values.iter().enumerate() {
        for later in &values[at + 1..] {
            s += f64::from(later.total_cmp(earlier) as i8);
        }
    }
    let weight = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let ties: f64 = sorted.chunk_by(|a, b| a.total_cmp(b).is_eq()).map(|group| weight(group.len() as f64)).sum();
    let variance = (weight(values.len() as f64) - ties) / 18.0;
    (variance > 0.0).then(|| {
        let statistic = s.signum() * (s.abs() - 1.0).max(0.0) / variance.sqrt();
        Trend { statistic, p: two_sided(statistic) }
    })
}
