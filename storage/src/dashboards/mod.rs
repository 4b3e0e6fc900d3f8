//! What the dashboards show, counted in SQL.
//!
//! Owns: the queries, a file a dashboard, for both back ends, and what "within the window" means. Never does: keep sums of
//! its own; every figure is computed from the rows, so that what is erased is gone from here as well.
//!
//! An **interview** lies in a window when the last thing that happened to it does: that it ended, else that it began, else
//! that it was scheduled. A **response** does when it was answered in it. A mean over nothing is none, not 0.

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

/// What is counted: from `since` (included) to `until` (not included).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

impl Window {
    /// The last so many hours.
    pub fn of_hours(hours: u32) -> Self {
        let until = Utc::now();
        Self { since: until - Duration::hours(i64::from(hours)), until }
    }
}

/// The dashboards' repository.
pub struct Dashboards<'a>(pub(super) &'a Storage);

impl Dashboards<'_> {
    /// The rows of a query whose first three parameters are the workspace and the window's ends, and whose fourth may be a
    /// guide.
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
