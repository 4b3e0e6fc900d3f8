//! The correction for many comparisons, some of which find something by chance.
//!
//! Owns: the q values. Never does: know what is compared.

/// Benjamini and Hochberg (1995): returns for each p its q, the smallest share of false discoveries
/// at which it would count as a discovery: q₍ᵢ₎ = min over j ≥ i of p₍ⱼ₎ · m / j. The order is that
/// of the input.
///
/// ```
/// use interview::insight::stats::benjamini_hochberg;
/// // 0.01 · 4/1 = 0.04, 0.02 · 4/2 = 0.04, 0.03 · 4/3 = 0.04, 0.5 · 4/4 = 0.5
/// let q = benjamini_hochberg(&[0.03, 0.01, 0.5, 0.02]);
/// assert!((q[0] - 0.04).abs() < 1e-12 && (q[1] - 0.04).abs() < 1e-12 && (q[2] - 0.5).abs() < 1e-12);
/// ```
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*b].total_cmp(&p[*a]));
    let mut q = vec![1.0; p.len()];
    let mut least: f64 = 1.0;
    for (behind, at) in order.into_iter().enumerate() {
        let rank = p.len() - behind;
        least = least.min(p[at] * p.len() as f64 / rank as f64);
        // Rounding may make the result slightly too small.
        q[at] = least.max(p[at]);
    }
    q
}
