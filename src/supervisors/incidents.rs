//! Incidents that parts have reported, until they are stored as alerts.
//!
//! Owns: these reports, in their order. They outlive the part that reported them and the one that
//! stores them. Never does: store them.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use uuid::Uuid;

/// The number of incidents that may wait for the database. Further ones are only in the log and the
/// metrics.
const MOST: usize = 1_000;

/// An event that happened once and will not go away by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// `None` if the incident is not about an interview.
    pub interview_id: Option<Uuid>,
    /// The metric of the alert: `component.` and the affected component.
    pub metric_name: &'static str,
    /// One line. It contains neither spoken words nor names.
    pub title: String,
    pub description: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reported {
    pub incident: Incident,
    pub at: DateTime<Utc>,
}

/// A handle. Cloning it is cheap.
#[derive(Debug, Clone, Default)]
pub struct Incidents(Arc<Mutex<VecDeque<Reported>>>);

impl Incidents {
    /// Reports an incident. An alert is raised as soon as the database accepts it.
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

    /// Removes an incident that has been stored.
    pub(super) fn settle(&self, reported: &Reported) {
        let mut waiting = self.0.lock();
        if waiting.front() == Some(reported) {
            waiting.pop_front();
        }
    }
}
