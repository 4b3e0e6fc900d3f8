//! Why a recording is incomplete.
//!
//! Owns: the first fault of one call's recording, shared by the call and the thread that writes it.
//! Never does: decide what follows from it.

use std::sync::Arc;

use interview::io::RecordingFault;
use tokio::sync::watch;

/// None while the recording is whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Fault(Arc<watch::Sender<Option<RecordingFault>>>);

impl Fault {
    /// The first one stands.
    pub(super) fn report(&self, found: RecordingFault) {
        self.0.send_if_modified(|known| known.replace(known.unwrap_or(found)).is_none());
    }

    pub(super) fn get(&self) -> Option<RecordingFault> {
        *self.0.borrow()
    }

    /// Returns as soon as there is one.
    pub(super) async fn found(&self) -> RecordingFault {
        let mut fault = self.0.subscribe();
        match fault.wait_for(Option::is_some).await.map(|fault| *fault) {
            Ok(Some(fault)) => fault,
            // The sender lives as long as this does.
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }
}
