//! What a part has met that a person must know of, until it stands in the database as an alert.
//!
//! Owns: those reports, in their order. They outlive whoever reported them and whoever writes them.
//! Never does: write.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use uuid::Uuid;

/// So many wait for the database. Later ones are in the log and the metrics only.
const MOST: usize = 1_000;

/// Something that happened once and will not go away by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// None: it is about no interview.
    pub interview_id: Option<Uuid>,
    /// Of the alert: `component.` and what is affected.
    pub metric_name: &'static str,
    /// One line. Nothing of what was said, and no name.
    pub title: String,
    pub description: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reported {
    pub incident: Incident,
    pub at: DateTime<Utc>,
}

/// A handle; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Incidents(Arc<Mutex<VecDeque<Reported>>>);

impl Incidents {
    /// An alert is raised as soon as the database takes it.
    pub fn report(&self, incident: Incident) {
        let mut waiting = self.0.lock();
        if waiting.len() < MOST {
            waiting.push_back(Reported { incident, at: Utc::now() });
        } else {
            tracing::warn!(title = incident.title, "too many incidents wait for the database");
        }
    }

    pub(super) fn first(&self) -> Option<Reported> {
        self.0.lock().front().cloned()
    }

    /// This one is written.
    pub(super) fn settle(&self, reported: &Reported) {
        let mut waiting = self.0.lock();
        if waiting.front() == Some(reported) {
            waiting.pop_front();
        }
    }
}
