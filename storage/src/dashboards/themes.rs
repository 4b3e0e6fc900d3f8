//! The themes of the answers.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Dashboards, Window, sql};
use crate::error::StorageError;

/// One theme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Theme {
    pub theme: String,
    /// The number of answers that touch it.
    pub frequency: i64,
}

/// The themes of a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Themes {
    pub total_unique_themes: usize,
    /// The most frequent themes. Themes of the same frequency are ordered by their names.
    pub themes: Vec<Theme>,
}

impl Dashboards<'_> {
    /// Returns the `limit` most frequent themes.
    pub async fn themes(&self, window: Window, guide: Option<Uuid>, limit: u64) -> Result<Themes, StorageError> {
        let (each, theme) = sql::each_text(self.backend(), "r.themes");
        // Answers share few distinct lists of themes. Therefore the lists are counted first, and
        // then split.
        let query = format!(
            "SELECT f.theme, f.frequency, COUNT(*) OVER () AS unique_themes FROM ( \
             SELECT {theme} AS theme, CAST(SUM(r.answers) AS BIGINT) AS frequency FROM ( \
             SELECT r.themes, COUNT(*) AS answers FROM interview_responses r WHERE {} GROUP BY r.themes \
             ) r {each} GROUP BY 1 \
             ) f ORDER BY f.frequency DESC, {} LIMIT {limit}",
            sql::responses(guide.is_some()),
            sql::in_order(self.backend(), "f.theme"),
        );
        let mut found = Themes { total_unique_themes: 0, themes: Vec::new() };
        for row in self.rows(&query, window, guide).await? {
            let unique: i64 = row.try_get("", "unique_themes")?;
            found.total_unique_themes = unique as usize;
            found.themes.push(Theme { theme: row.try_get("", "theme")?, frequency: row.try_get("", "frequency")? });
        }
        Ok(found)
    }
}
