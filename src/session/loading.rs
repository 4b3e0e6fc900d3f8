//! What a call is started from: its interview, the guide that it is pinned to, and its voice.
//!
//! Owns: reading them, and keeping guides that are in use. Never does: start anything.

use std::sync::Arc;

use interview::{Event, Guide, Interview};
use storage::{Storage, StorageError};
use tracing::info;
use uuid::Uuid;

use super::registry::Registry;
use super::script::Script;
use crate::calls::JoinError;

/// What an interview begins with.
pub(super) struct Beginning {
    guide: Arc<interview::Guide>,
    settings: interview::Settings,
}

impl Beginning {
    pub(super) fn resume<'a>(self, events: impl IntoIterator<Item = (interview::Ms, &'a Event)>) -> Interview {
        Interview::replay(self.guide, self.settings, events)
    }
}

impl Registry {
    /// Legs so far, and the call clock of the last event.
    pub(super) async fn so_far(&self, interview_id: Uuid) -> Result<(u32, interview::Ms), JoinError> {
        let events = self.storage_of(interview_id).await?.event_log().load(interview_id).await;
        let events = events.map_err(|error| JoinError::Unavailable(error.to_string()))?;
        let legs = events.iter().filter(|record| matches!(record.event, Event::LegConnected { .. })).count();
        Ok((legs as u32, events.last().map_or(0, |record| record.at_ms)))
    }

    /// The store as the interview's own workspace sees it.
    pub(super) async fn storage_of(&self, interview_id: Uuid) -> Result<Storage, JoinError> {
        let storage = self.shared.parts.storage.owning(interview_id).await;
        storage.map_err(|error| JoinError::Unavailable(error.to_string()))
    }

    /// The interview before its first event, and how it speaks.
    pub(super) async fn load(&self, interview_id: Uuid) -> Result<(Beginning, Script), JoinError> {
        let parts = &self.shared.parts;
        let unavailable = |error: &dyn std::fmt::Display| JoinError::Unavailable(error.to_string());
        let storage = self.storage_of(interview_id).await?;
        let row = storage.interviews().get(interview_id).await.map_err(|error| unavailable(&error))?;
        let guide = self.guide(&storage, row.call_guide_version_id).await.map_err(|error| unavailable(&error))?;
        let resolved = parts.engines.synthesizer.resolve(&guide.voice_profile, &guide.language);
        let (voice, notes) = resolved.map_err(|error| unavailable(&error))?;
        for note in notes {
            info!(interview = %interview_id, note, "voice");
        }
        let calls = &parts.settings.calls;
        let settings = interview::Settings {
            max_follow_ups: calls.max_follow_ups_per_question,
            silence_ms: (calls.silence_detection_seconds * 1000.0) as u64,
            timeout_ms: u64::from(calls.default_interview_timeout_minutes) * 60_000,
            recording: calls.enable_call_recording,
            respondent_name: row.respondent_name.clone(),
            ..interview::Settings::default()
        };
        let script = Script { voice, respondent_name: row.respondent_name };
        Ok((Beginning { guide: Arc::new(guide), settings }, script))
    }

    /// A version that an interview is pinned to, which never changes.
    async fn guide(&self, storage: &Storage, version: Uuid) -> Result<Guide, StorageError> {
        let (guides, workspace) = (&self.shared.parts.guides, storage.workspace());
        let parts: [&[u8]; 2] = [workspace.as_bytes(), version.as_bytes()];
        if let Some(kept) = guides.get(&parts).await
            && let Ok(guide) = serde_json::from_slice(&kept)
        {
            return Ok(guide);
        }
        let guide = storage.guides().version(version).await?;
        if let Ok(text) = serde_json::to_vec(&guide) {
            guides.put(&parts, text).await;
        }
        Ok(guide)
    }
}
