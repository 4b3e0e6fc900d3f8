//! Interviews that the engine's end left in the middle.
//!
//! Owns: saying so in their logs at the next start.
//! Never does: take a call up again (the respondent's next join does).

use interview::Event;
use storage::projection::ENGINE_RESTARTED;
use storage::{EventRecord, StorageError};

use super::registry::Registry;
use crate::fleet::Holder;

impl Registry {
    /// After a start: interviews that a crash left in the middle say so and wait for their respondents.
    pub async fn recover(&self) -> Result<usize, StorageError> {
        let parts = &self.shared.parts;
        let unfinished = parts.storage.interviews().unfinished().await?;
        for &id in &unfinished {
            // Another engine may be holding it at this moment, and is the only one that writes into its log then.
            if let Some(fleet) = &parts.fleet
                && matches!(fleet.holders.holder(id).await, Holder::Other(_) | Holder::Unknown)
            {
                continue;
            }
            // The database has not taken what was said last: whatever is written now would stand in its place.
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
            parts.storage.event_log().append(id, &[record]).await?;
        }
        Ok(unfinished.len())
    }
}
