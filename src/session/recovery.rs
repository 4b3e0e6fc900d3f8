//! Interviews that the engine's end left in the middle.
//!
//! Owns: saying so in their logs at the next start.
//! Never does: take a call up again (the respondent's next join does).

use interview::Event;
use storage::projection::ENGINE_RESTARTED;
use storage::{EventRecord, StorageError};

use super::registry::Registry;

impl Registry {
    /// After a start: interviews that a crash left in the middle say so and wait for their respondents.
    pub async fn recover(&self) -> Result<usize, StorageError> {
        let parts = &self.shared.parts;
        // This process holds nothing yet, so these are of one that died.
        parts.leases.release_left(|interview| parts.persistence.has_waiting(interview)).await?;
        let unfinished = parts.storage.interviews().unfinished().await?;
        for &id in &unfinished {
            // An engine that holds the call is the only one that writes into its log.
            if parts.leases.is_elsewhere(id).await? {
                continue;
            }
            // The database has not taken what was said last. Whatever is written now would stand in its place.
            if parts.persistence.has_waiting(id) {
                continue;
            }
            let events = parts.storage.owning(id).await?.event_log().load(id).await?;
            let Some(last) = events.last() else { continue };
            // Nobody was on the line: nothing was interrupted.
            if matches!(last.event, Event::Paused { .. } | Event::LegLost { .. }) {
                continue;
            }
            let event = Event::Paused { reason: ENGINE_RESTARTED.to_owned() };
            let record = EventRecord { seq: last.seq + 1, at_ms: last.at_ms, event, actor: "engine".into() };
            match parts.storage.event_log().append(id, &[record]).await {
                // Another engine has taken it up since.
                Ok(_) | Err(StorageError::CallHeld | StorageError::EventConflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(unfinished.len())
    }
}
