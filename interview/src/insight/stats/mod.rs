//! Numbers about groups of interviews: intervals, comparisons, corrections, trends.
//!
//! Owns: the formulas and their sources. Never does: know what is counted.

mod compare;
mod correction;
mod interval;
mod trend;

pub use compare::{difference_of_ranks, fisher_exact};
pub use correction::benjamini_hochberg;
pub use interval::{Interval, Z_95, wilson};
pub use trend::{Point, Trend, cochran_armitage, mann_kendall};

use statrs::distribution::{ContinuousCDF as _, Normal};

/// The two-sided p of a standard normal deviate.
fn two_sided(z: f64) -> f64 {
    (2.0 * Normal::standard().sf(z.abs())).clamp(0.0, 1.0)
}
