//! What a call's page was told elsewhere.
//!
//! Owns: bringing it into the page here. Never does: decide which pages are looked at.

use uuid::Uuid;

use super::page::Page;
use crate::fleet::Sessions;
use crate::fleet::sessions::ERASED;

/// Puts into the page what other engines, or this one before it died, told. False when all of it
/// was erased.
pub(super) async fn recall(sessions: &Sessions, interview: Uuid, page: &Page) -> bool {
    let Ok(texts) = sessions.after(interview, page.last()).await else { return true };
    for text in &texts {
        if text == ERASED {
            return false;
        }
        // Another version of the engine may tell what this one does not know.
        if let Ok(message) = serde_json::from_str(text) {
            page.relay(message);
        }
    }
    true
}
