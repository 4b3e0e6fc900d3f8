//! Whether two groups differ.
//!
//! Owns: the tests of two groups. Never does: know what is compared.

use statrs::distribution::{Discrete as _, Hypergeometric};

use super::two_sided;

/// Tables whose probabilities differ by less than this share are equally likely, because sums of
/// floating-point numbers are not exact.
const SAME: f64 = 1e-7;

/// Fisher's exact test of two shares, two-sided: the probability, with both margins fixed, of all
/// tables that are no likelier than this one. Each group is given as `hits` of `total`. Returns
/// none if a group is empty. The test is exact at any size, so that small groups need no special
/// rule.
///
/// ```
/// use interview::insight::stats::fisher_exact;
/// // Fisher's tea: 3 of 4 against 1 of 4
/// let p = fisher_exact((3, 4), (1, 4)).unwrap();
/// assert!((p - 0.4857).abs() < 1e-4);
/// // 8 of 10 against 1 of 10
/// assert!((fisher_exact((8, 10), (1, 10)).unwrap() - 0.005477).abs() < 1e-5);
/// ```
pub fn fisher_exact(one: (u64, u64), other: (u64, u64)) -> Option<f64> {
    if one.1 == 0 || other.1 == 0 || one.0 > one.1 || other.0 > other.1 {
        return None;
    }
    let (hits, all) = (one.0 + other.0, one.1 + other.1);
    let table = Hypergeometric::new(all, hits, one.1).ok()?;
    let seen = table.pmf(one.0) * (1.0 + SAME);
    let lowest = hits.saturating_sub(other.1);
    let highest = hits.min(one.1);
    let sum: f64 = (lowest..=highest).map(|hits| table.pmf(hits)).filter(|p| *p <= seen).sum();
    Some(sum.clamp(0.0, 1.0))
}

/// The Mann–Whitney U test, two-sided, by the normal approximation with correction for ties and for
/// continuity: whether values of one group tend to be larger than those of the other. Returns none
/// if a group is empty, and 1 if all values are equal.
///
/// ```
/// use interview::insight::stats::difference_of_ranks;
/// let p = difference_of_ranks(&[1.0, 2.0, 3.0, 4.0, 5.0], &[6.0, 7.0, 8.0, 9.0, 10.0]).unwrap();
/// // U = 0, mean 12.5, deviation √(25 · 11 / 12) = 4.787, z = 12 / 4.787 = 2.507
/// assert!((p - 0.01219).abs() < 1e-4);
/// assert_eq!(difference_of_ranks(&[1.0], &[1.0]), Some(1.0));
/// ```
pub fn difference_of_ranks(one: &[f64], other: &[f64]) -> Option<f64> {
    if one.is_empty() || other.is_empty() || one.iter().chain(other).any(|value| !value.is_finite()) {
        return None;
    }
    let mut all: Vec<(f64, bool)> =
        one.iter().map(|value| (*value, true)).chain(other.iter().map(|value| (*value, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut rank_sum, mut ties, mut before) = (0.0, 0.0, 0.0);
    for group in all.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let size = group.len() as f64;
        let rank = before + f64::midpoint(size, 1.0);
        rank_sum += rank * group.iter().filter(|(_, is_one)| *is_one).count() as f64;
        ties += size * size * size - size;
        before += size;
    }
    let (n, m) = (one.len() as f64, other.len() as f64);
    let u = rank_sum - n * (n + 1.0) / 2.0;
    let total = n + m;
    let variance = n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)).max(1.0));
    if variance <= 0.0 {
        return Some(1.0);
    }
    let distance = ((u - n * m / 2.0).abs() - 0.5).max(0.0);
    Some(two_sided(distance / variance.sqrt()))
}
