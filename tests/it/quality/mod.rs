//! Live quality: alerts and thresholds as they are kept, and whole interviews that raise them.

mod alerts;
