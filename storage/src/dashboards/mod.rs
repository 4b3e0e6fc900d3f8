//! The figures of the dashboards, computed in SQL.
//!
//! Owns: the queries for both back ends, with one file for each dashboard, and what belongs to a
//! window. Never does: store sums. Every figure is computed from the rows, so that erased data is
//! gone from here as well.
//!
//! An **interview** belongs to a window if the last of its times does: its end, or else its
//! beginning, or else its scheduled time. A **response** belongs to the window in which it was
//! answered. A mean over no values is `None`, not 0.

mod alerts;
mod guides;
mod interviews;
mod quality;
mod sentiment;
mod sql;
mod summary;
mod themes;

use chrono::{DateTime, Duration, Utc};
use sea_orm::{ConnectionTrait as _, QueryResult, Statement, Value};
use uuid::Uuid;

use super::error::StorageError;
use super::store::Storage;

pub use guides::GuidePerformance;
pub use interviews::InterviewFigures;
pub use quality::{Distribution, ResponseQuality};
pub use sentiment::{Hour, Sentiments};
pub use summary::Answers;
pub use themes::{Theme, Themes};

/// The counted period from `since` (included) to `until` (excluded).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

impl Window {
    /// Returns the window of the last `hours` hours.
    pub fn of_hours(hours: u32) -> Self {
        let until = Utc::now();
        Self { since: until - Duration::hours(i64::from(hours)), until }
    }
}

/// The repository of dashboards.
pub struct Dashboards<'a>(pub(super) &'a Storage);

impl Dashboards<'_> {
    /// Runs a query whose first three parameters are the workspace and both ends of the window, and
    /// whose fourth may be a guide.
    async fn rows(&self, sql: &str, window: Window, guide: Option<Uuid>) -> Result<Vec<QueryResult>, StorageError> {
        let mut values: Vec<Value> = vec![self.0.workspace.into(), window.since.into(), window.until.into()];
        values.extend(guide.map(Value::from));
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        Ok(self.0.db.query_all_raw(statement).await?)
    }

    fn backend(&self) -> sea_orm::DbBackend {
        self.0.db.get_database_backend()
    }
}
