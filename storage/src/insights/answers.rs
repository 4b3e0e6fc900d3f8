//! What is found about single answers after the interview, in addition to the analysis during the
//! call.
//!
//! Owns: storing it in `interview_responses`, each value with its method. Never does: change what
//! scores are computed from.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::interview_responses;
use interview::analysis::Analysis;
use interview::insight::finding::Conflict;
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::StorageError;
use crate::json::to_json;

/// The findings about one answer.
#[derive(Debug, Clone)]
pub struct AnswerUpdate {
    pub response_id: Uuid,
    pub analysis: Analysis,
    /// The values of the analysis to store, by name, each with the method that judged it.
    pub judged: BTreeMap<String, String>,
    /// Further contradictions with earlier answers.
    pub contradictions: Vec<Conflict>,
}

pub(super) async fn put(tx: &DatabaseTransaction, told: AnswerUpdate, now: DateTime<Utc>) -> Result<(), StorageError> {
    let Some(known) = interview_responses::Entity::find_by_id(told.response_id).one(tx).await? else { return Ok(()) };
    let mut methods = known.analysis_methods.as_object().cloned().unwrap_or_default();
    let mut conflicts = known.contradictions.as_array().cloned().unwrap_or_default();
    let mut row = known.into_active_model();
    for (value, by) in told.judged {
        match value.as_str() {
            "sentiment" => {
                let name = to_json("sentiment", told.analysis.sentiment)?;
                row.sentiment = Set(name.as_str().unwrap_or_default().to_owned());
            }
            "themes" => row.themes = Set(to_json("themes", &told.analysis.themes)?),
            "key_phrases" => row.key_phrases = Set(to_json("key phrases", &told.analysis.key_phrases)?),
            "completeness" => row.completeness = Set(f64::from(told.analysis.completeness)),
            _ => continue,
        }
        methods.insert(value, json!(by));
    }
    for found in told.contradictions {
        let earlier_id = json!(found.earlier.response_id);
        // The task may run twice, and a report may be requested again.
        if conflicts.iter().any(|known| known["earlier_response_id"] == earlier_id) {
            continue;
        }
        conflicts.push(json!({
            "kind": found.kind,
            "earlier_response_id": earlier_id,
            "earlier": found.earlier.span,
            "now": found.later.span,
            "overlap": found.overlap,
            "method": found.method,
        }));
        methods.insert("contradictions".to_owned(), json!(format!("lexicon, {}", found.method)));
    }
    row.contradictions = Set(Value::Array(conflicts));
    row.analysis_methods = Set(Value::Object(methods));
    row.updated_at = Set(now);
    row.update(tx).await?;
    Ok(())
}
