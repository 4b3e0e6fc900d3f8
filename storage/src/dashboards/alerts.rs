//! The number of alerts.

use std::collections::BTreeMap;

use entity::Severity;
use sea_orm::Iterable as _;

use super::{Dashboards, Window};
use crate::error::StorageError;

impl Dashboards<'_> {
    /// Counts the alerts that were raised in the window, for every severity, including those that
    /// no alert has.
    pub async fn alerts_by_severity(&self, window: Window) -> Result<BTreeMap<Severity, i64>, StorageError> {
        let query = "SELECT a.severity, COUNT(*) AS alerts FROM alerts a \
             WHERE a.workspace_id = $1 AND a.raised_at >= $2 AND a.raised_at < $3 GROUP BY a.severity";
        let mut by_severity: BTreeMap<Severity, i64> = Severity::iter().map(|severity| (severity, 0)).collect();
        for row in self.rows(query, window, None).await? {
            by_severity.insert(row.try_get("", "severity")?, row.try_get("", "alerts")?);
        }
        Ok(by_severity)
    }
}
