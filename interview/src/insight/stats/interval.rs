//! The uncertainty of a share.
//!
//! Owns: Wilson's score interval. Never does: know what is counted.

use serde::{Deserialize, Serialize};

/// The quantile of the standard normal distribution for 95 %.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// A share, and the interval in which it lies, 0…1 each.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = WilsonInterval))]
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub share: f64,
    pub low: f64,
    pub high: f64,
}

/// Wilson's score interval (E. B. Wilson, 1927) for `hits` of `total`: with p = hits / total, the
/// centre is (p + z²/2n) / (1 + z²/n), and the half width is z/(1 + z²/n) · √(p(1 − p)/n + z²/4n²).
/// Returns none if `total` is 0.
///
/// ```
/// use interview::insight::stats::{Z_95, wilson};
/// // 8 of 10: 0.490 … 0.943
/// let interval = wilson(8, 10, Z_95).unwrap();
/// assert!((interval.low - 0.4902).abs() < 1e-4 && (interval.high - 0.9433).abs() < 1e-4);
/// // Nobody of ten says it, which does not mean that nobody ever would: up to 0.278
/// assert!((wilson(0, 10, Z_95).unwrap().high - 0.2775).abs() < 1e-4);
/// assert!(wilson(0, 0, Z_95).is_none());
/// ```
pub fn wilson(hits: u64, total: u64, z: f64) -> Option<Interval> {
    if total == 0 || hits > total {
        return None;
    }
    let (n, p) = (total as f64, hits as f64 / total as f64);
    let z2 = z * z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Some(Interval { share: p, low: (centre - half).clamp(0.0, p), high: (centre + half).clamp(p, 1.0) })
}
