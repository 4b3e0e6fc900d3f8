//! The effect of erasing a person on insights.
//!
//! Owns: which parts of a row are somebody's words. Insights of one interview are deleted. Insights
//! across interviews keep their counts and lose that person's quotes.

use chrono::{DateTime, Utc};
use entity::insight_extractions;
use sea_orm::sea_query::Condition;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    IntoActiveModel, QueryFilter,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Insights;
use crate::error::StorageError;
use crate::listing;

impl Insights<'_> {
    /// Returns the quotes from this interview in insights across interviews.
    pub async fn quoting(&self, interview: Uuid) -> Result<Vec<QuotedAcross>, StorageError> {
        use insight_extractions::Column;
        let id = interview.to_string();
        let holds = listing::holds(self.0.db.get_database_backend(), Column::InterviewIds, &id);
        let rows = self.all().filter(Column::InterviewId.is_null()).filter(holds).all(&self.0.db).await?;
        let quoted = rows.into_iter().map(|row| {
            let mut quotes = Vec::new();
            for list in [&row.key_findings, &row.notable_quotes, &row.contradictions] {
                naming(list, &id, &mut quotes);
            }
            QuotedAcross { insight_id: row.id, quotes }
        });
        Ok(quoted.collect())
    }

    /// Removes the words in the transaction of the erasure, and returns the number of affected
    /// rows.
    pub(crate) async fn forget(
        &self,
        tx: &DatabaseTransaction,
        interviews: &[Uuid],
        at: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        use insight_extractions::Column;
        let gone = insight_extractions::Entity::delete_many()
            .filter(Column::WorkspaceId.eq(self.0.workspace))
            .filter(Column::InterviewId.is_in(interviews.iter().copied()))
            .exec(tx)
            .await?
            .rows_affected;
        let backend = tx.get_database_backend();
        let about = interviews
            .iter()
            .fold(Condition::any(), |any, id| any.add(listing::holds(backend, Column::InterviewIds, &id.to_string())));
        let across = self.all().filter(Column::InterviewId.is_null()).filter(about).all(tx).await?;
        let count = across.len() as u64;
        for row in across {
            let erased: Vec<String> = interviews.iter().map(Uuid::to_string).collect();
            let members = row.interview_ids.as_array().into_iter().flatten();
            let theirs = members.filter(|id| id.as_str().is_some_and(|id| erased.iter().any(|one| one == id))).count();
            let (mut findings, mut quotes, mut contradictions) =
                (row.key_findings.clone(), row.notable_quotes.clone(), row.contradictions.clone());
            for list in [&mut findings, &mut quotes, &mut contradictions] {
                without(list, &erased);
            }
            let before = row.erased_interviews;
            let mut row = row.into_active_model();
            row.key_findings = Set(findings);
            row.notable_quotes = Set(quotes);
            row.contradictions = Set(contradictions);
            row.erased_interviews = Set(before + theirs as i32);
            row.updated_at = Set(at);
            row.update(tx).await?;
        }
        Ok(gone + count)
    }
}

/// The quotes from one interview in an insight across interviews.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QuotedAcross {
    pub insight_id: Uuid,
    /// The quotes and contradictions of this interview.
    #[schema(value_type = Vec<Object>)]
    pub quotes: Vec<Value>,
}

/// Collects every object that names the interview.
fn naming(value: &Value, interview: &str, found: &mut Vec<Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| naming(item, interview, found)),
        Value::Object(fields) if fields.get("interview_id").and_then(Value::as_str) == Some(interview) => {
            // A quote may also illustrate a finding.
            found.extend((!found.contains(value)).then(|| value.clone()));
        }
        Value::Object(fields) => fields.values().for_each(|field| naming(field, interview, found)),
        _ => {}
    }
}

/// Removes every object that names one of these interviews, at any depth.
fn without(value: &mut Value, erased: &[String]) {
    match value {
        Value::Array(items) => {
            items.retain(|item| !item["interview_id"].as_str().is_some_and(|id| erased.iter().any(|gone| gone == id)));
            for item in items {
                without(item, erased);
            }
        }
        Value::Object(fields) => fields.values_mut().for_each(|field| without(field, erased)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quotes_of_the_erased_go_wherever_they_stand() {
        let quote = |id: &str| json!({ "interview_id": id, "quote": "words" });
        let mut value = json!([{ "statement": "price: 2 of 3", "evidence": [quote("a"), quote("b")] }, quote("a")]);
        without(&mut value, &["a".to_owned()]);
        assert_eq!(value, json!([{ "statement": "price: 2 of 3", "evidence": [quote("b")] }]));
    }
}
