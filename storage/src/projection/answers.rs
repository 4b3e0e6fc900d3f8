//! Answers as rows: stored, followed up and struck.
//!
//! Owns: the changes of an answer's events in `interview_responses`. Never does: change the
//! interview's row.

use entity::interview_responses;
use interview::insight::method;
use interview::io::{AskingId, Response};
use interview::score::{self, widen};
use interview::understanding::AnswerClass;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Projection, methods, name_of};
use crate::error::StorageError;
use crate::json::to_json;
use crate::responses;

impl Projection {
    /// Strikes an answer that the respondent took back. The row remains, and its words are deleted.
    pub(super) async fn strike(&self, db: &impl ConnectionTrait, asking: AskingId) -> Result<(), StorageError> {
        let Some(row) = self.response_to(db, asking).await? else { return Ok(()) };
        let mut row = row.into_active_model();
        row.response_text = Set(String::new());
        row.key_phrases = Set(json!([]));
        row.themes = Set(json!([]));
        row.contradictions = Set(json!([]));
        row.value = Set(None);
        row.flags = Set(json!(["struck"]));
        row.answer_class = Set(name_of(&AnswerClass::None)?);
        row.updated_at = Set(self.received_at);
        row.update(db).await?;
        Ok(())
    }

    pub(super) async fn insert_response(
        &mut self,
        db: &impl ConnectionTrait,
        response: &Response,
    ) -> Result<(), StorageError> {
        if response.is_follow_up && !response.text.is_empty() {
            let earlier = responses::of_interview(db, self.row.id).await?;
            let to_same = earlier.iter().filter(|one| one.question_id == response.question_id);
            let value = score::new_share(&response.text, to_same.map(|one| one.response_text.as_str()));
            self.effects.follow_up_values.push(widen(value));
        }
        let parent = match response.parent {
            Some(asking) => self.response_to(db, asking).await?.map(|parent| parent.id),
            None => None,
        };
        let analysis = &response.analysis;
        let row = interview_responses::ActiveModel {
            id: Set(Uuid::now_v7()),
            workspace_id: Set(self.row.workspace_id),
            interview_id: Set(self.row.id),
            asking: Set(response.asking as i32),
            question_id: Set(response.question_id.clone()),
            section_name: Set(response.section.clone()),
            question_text: Set(response.question_text.clone()),
            response_text: Set(response.text.clone()),
            response_audio_url: Set(None),
            asked_at: Set(self.wall(response.asked_ms)),
            answered_at: Set(self.wall(response.answered_ms)),
            response_time_seconds: Set(response.response_time_ms as f64 / 1_000.0),
            sentiment: Set(name_of(&analysis.sentiment)?),
            confidence_score: Set(widen(analysis.confidence)),
            key_phrases: Set(to_json("key phrases", &analysis.key_phrases)?),
            themes: Set(to_json("themes", &analysis.themes)?),
            information_density: Set(widen(analysis.information_density)),
            is_follow_up: Set(response.is_follow_up),
            parent_response_id: Set(parent),
            follow_up_count: Set(0),
            generated_follow_ups: Set(json!([])),
            is_complete: Set(response.is_complete),
            requires_clarification: Set(response.requires_clarification),
            flags: Set(to_json("flags", &response.flags)?),
            value: Set(response.value.clone()),
            answer_class: Set(name_of(&response.class)?),
            hesitation: Set(widen(analysis.hesitation)),
            enthusiasm: Set(widen(analysis.enthusiasm)),
            completeness: Set(widen(analysis.completeness)),
            contradictions: Set(self.contradictions(db, response).await?),
            analysis_methods: Set(methods()),
            created_at: Set(self.received_at),
            updated_at: Set(self.received_at),
        };
        row.insert(db).await?;
        Ok(())
    }

    /// Returns both spans of each contradiction, by the ids of their responses.
    pub(super) async fn contradictions(
        &self,
        db: &impl ConnectionTrait,
        response: &Response,
    ) -> Result<Value, StorageError> {
        let mut list = Vec::new();
        for found in &response.analysis.contradictions {
            let Some(earlier) = self.response_to(db, found.earlier_asking).await? else { continue };
            list.push(json!({
                "kind": found.kind,
                "earlier_response_id": earlier.id,
                "earlier": found.earlier,
                "now": found.now,
                "overlap": widen(found.overlap),
                "method": method::LEXICON,
            }));
        }
        Ok(Value::Array(list))
    }

    pub(super) async fn add_follow_up(
        &self,
        db: &impl ConnectionTrait,
        parent: AskingId,
        follow_up: Value,
    ) -> Result<(), StorageError> {
        let Some(parent) = self.response_to(db, parent).await? else { return Ok(()) };
        let mut follow_ups = parent.generated_follow_ups.as_array().cloned().unwrap_or_default();
        follow_ups.push(follow_up);
        let mut row = parent.into_active_model();
        row.follow_up_count = Set(follow_ups.len() as i32);
        row.generated_follow_ups = Set(Value::Array(follow_ups));
        row.updated_at = Set(self.received_at);
        row.update(db).await?;
        Ok(())
    }

    pub(super) async fn response_to(
        &self,
        db: &impl ConnectionTrait,
        asking: AskingId,
    ) -> Result<Option<interview_responses::Model>, StorageError> {
        Ok(interview_responses::Entity::find()
            .filter(interview_responses::Column::InterviewId.eq(self.row.id))
            .filter(interview_responses::Column::Asking.eq(asking as i32))
            .one(db)
            .await?)
    }
}
