//! How much the answers say, and how well they were understood.

use std::fmt::Write as _;

use sea_orm::QueryResult;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Dashboards, Window, sql};
use crate::error::StorageError;

/// The number of answers by a score from 0 to 1. Each range includes its lower bound. The last
/// range also includes 1.0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Distribution {
    #[serde(rename = "0.0-0.2")]
    pub lowest: i64,
    #[serde(rename = "0.2-0.4")]
    pub low: i64,
    #[serde(rename = "0.4-0.6")]
    pub middle: i64,
    #[serde(rename = "0.6-0.8")]
    pub high: i64,
    #[serde(rename = "0.8-1.0")]
    pub highest: i64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ResponseQuality {
    pub total_responses: i64,
    pub information_density_distribution: Distribution,
    pub confidence_score_distribution: Distribution,
}

/// The lower and upper bounds of the ranges. The first one has no lower bound, and the last one no
/// upper bound.
const RANGES: [(Option<&str>, Option<&str>); 5] = [
    (None, Some("0.2")),
    (Some("0.2"), Some("0.4")),
    (Some("0.4"), Some("0.6")),
    (Some("0.6"), Some("0.8")),
    (Some("0.8"), None),
];

impl Dashboards<'_> {
    pub async fn response_quality(&self, window: Window) -> Result<ResponseQuality, StorageError> {
        let mut query = "SELECT COUNT(*) AS total".to_owned();
        for column in ["information_density", "confidence_score"] {
            for (number, (from, to)) in RANGES.iter().enumerate() {
                let from = from.map(|from| format!("r.{column} >= {from}"));
                let to = to.map(|to| format!("r.{column} < {to}"));
                let within: Vec<String> = from.into_iter().chain(to).collect();
                // Writing to a String cannot fail.
                let _ = write!(query, ", COUNT(*) FILTER (WHERE {}) AS {column}_{number}", within.join(" AND "));
            }
        }
        let query = format!("{query} FROM interview_responses r WHERE {}", sql::responses(false));
        let rows = self.rows(&query, window, None).await?;
        let Some(row) = rows.first() else { return Ok(ResponseQuality::default()) };
        Ok(ResponseQuality {
            total_responses: row.try_get("", "total")?,
            information_density_distribution: distribution(row, "information_density")?,
            confidence_score_distribution: distribution(row, "confidence_score")?,
        })
    }
}

fn distribution(row: &QueryResult, column: &str) -> Result<Distribution, StorageError> {
    let answers = |number: usize| row.try_get::<i64>("", &format!("{column}_{number}"));
    Ok(Distribution {
        lowest: answers(0)?,
        low: answers(1)?,
        middle: answers(2)?,
        high: answers(3)?,
        highest: answers(4)?,
    })
}
