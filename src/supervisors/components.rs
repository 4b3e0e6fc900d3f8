//! Critical alerts about parts of the engine that fail.
//!
//! Owns: the alerts that follow from counts of failures and restarts, and from incidents that parts
//! have reported. Alerts that are not about an interview belong to the default workspace, which the
//! operator watches. Never does: count failures (the part that meets them does), or escalate. An
//! interview that is affected shows that in its events.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use entity::Severity;
use interview::quality::{Change, Component};

use super::incidents::{Incidents, Reported};
use crate::supervised::{Heartbeat, Part, Stack, StatusBoard, looping};
use crate::telemetry::Metrics;
use storage::{NewAlert, Storage, StorageError};

const PART: Part = Part::new("component_alerts");
/// The interval at which components are checked.
const TICK: Duration = Duration::from_secs(1);
/// A part that is restarted this often within a minute needs attention.
const RESTARTS: u64 = 3;

/// Its absence is known at once, and without counting.
const DATABASE: &str = "database";
/// A failed transcription belongs to a call. It is in the interview's log, and its alert is on the
/// interview.
const IN_CALLS: &str = "stt";

/// A change that is to be stored as soon as the database accepts it.
#[derive(Debug, Clone, PartialEq)]
struct News {
    component: &'static str,
    change: Change,
    /// What failed, and where to find details.
    what: &'static str,
    at: DateTime<Utc>,
}

/// The sources of alerts.
#[derive(Clone)]
pub struct Sources {
    pub storage: Storage,
    pub metrics: Arc<Metrics>,
    /// The states of the supervised parts.
    pub board: StatusBoard,
    /// The incidents that parts have reported.
    pub incidents: Incidents,
    /// The value of COMPONENT_QUIET_SECONDS.
    pub quiet: Duration,
}

/// Starts the part that turns failures into alerts.
///
/// # Errors
/// The error of the operating system if a thread cannot be started.
pub fn start(stack: &mut Stack, sources: Sources) -> io::Result<()> {
    stack.supervise(PART, looping(PART.name, move |heartbeat| keep(sources.clone(), heartbeat)))?;
    Ok(())
}

async fn keep(sources: Sources, heartbeat: Arc<Heartbeat>) {
    let mut components = Components::new(sources.quiet);
    loop {
        heartbeat.during(components.look(&sources)).await;
        heartbeat.pause(TICK).await;
    }
}

/// The counts of failures at one check.
struct Seen {
    there: bool,
    failures: BTreeMap<&'static str, u64>,
    restarts: BTreeMap<&'static str, u64>,
}

struct Components {
    begun: Instant,
    quiet: Duration,
    failing: BTreeMap<&'static str, Component>,
    restarting: BTreeMap<&'static str, Component>,
    away: bool,
    news: Vec<News>,
}

impl Components {
    fn new(quiet: Duration) -> Self {
        let (failing, restarting) = (BTreeMap::new(), BTreeMap::new());
        Self { begun: Instant::now(), quiet, failing, restarting, away: false, news: Vec::new() }
    }

    /// Checks all components, and stores what has changed.
    async fn look(&mut self, sources: &Sources) {
        let there = sources.storage.reach().is_there();
        let restarts = sources.board.statuses().iter().map(|part| (part.name, part.restarts)).collect();
        self.notice(&Seen { there, failures: sources.metrics.failures(), restarts }, Utc::now());
        if !there {
            return;
        }
        while let Some(news) = self.news.first() {
            if let Err(error) = write(sources, news).await {
                tracing::warn!(component = news.component, %error, "the state of a component cannot be stored yet");
                return;
            }
            self.news.remove(0);
        }
        while let Some(reported) = sources.incidents.first() {
            match raise(sources, &reported).await {
                Err(error) if !error.is_permanent() => {
                    tracing::warn!(%error, "an incident cannot be stored yet");
                    return;
                }
                // An interview that has been erased needs no alert.
                Err(error) => tracing::warn!(%error, "an incident cannot be stored"),
                Ok(()) => {}
            }
            sources.incidents.settle(&reported);
        }
    }

    fn notice(&mut self, seen: &Seen, at: DateTime<Utc>) {
        if self.away == seen.there {
            self.away = !seen.there;
            let change = if seen.there { Change::Works } else { Change::Fails(1) };
            self.news.push(News { component: DATABASE, change, what: FAILURES, at });
        }
        let now = self.begun.elapsed();
        for (component, total) in &seen.failures {
            // Other components fail while the database is unavailable because of that.
            let counts = *component != IN_CALLS && !self.away;
            let change = self.failing.entry(component).or_default().look(now, *total, self.quiet);
            if let Some(change) = change.filter(|change| counts || *change == Change::Works) {
                self.news.push(News { component, change, what: FAILURES, at });
            }
        }
        for (part, total) in &seen.restarts {
            let part_of = || Component::tolerating(RESTARTS - 1);
            let change = self.restarting.entry(part).or_insert_with(part_of).look(now, *total, self.quiet);
            if let Some(change) = change {
                self.news.push(News { component: part, change, what: LOST, at });
            }
        }
    }
}

/// The descriptions in alerts.
const FAILURES: &str = "failure(s) within a minute. See errors_total and the log";
const LOST: &str = "restart(s) within a minute. See part_restarts_total, /api/health/ and the log";

async fn write(sources: &Sources, news: &News) -> Result<(), StorageError> {
    let metric_name = format!("component.{}", news.component);
    let alerts = sources.storage.alerts();
    match news.change {
        Change::Works => {
            if alerts.recover(None, &metric_name, "").await? {
                tracing::info!(component = news.component, "a part of the engine has recovered");
            }
        }
        Change::Fails(failures) => {
            let alert = NewAlert {
                interview_id: None,
                call_guide_id: None,
                severity: Severity::Critical,
                title: format!("A part of the engine is failing: {}", news.component),
                description: format!("{failures} {}.", news.what),
                metric_name,
                about: String::new(),
                occasion: String::new(),
                current_value: failures as f64,
                threshold: 1.0,
                raised_at: news.at,
            };
            if let Some(raised) = alerts.raise(alert).await? {
                sources.metrics.observe_alert(&raised);
                tracing::error!(component = news.component, failures, "a part of the engine is failing");
            }
        }
    }
    Ok(())
}

/// Raises a critical alert on the interview that an incident is about.
async fn raise(sources: &Sources, reported: &Reported) -> Result<(), StorageError> {
    let incident = &reported.incident;
    let (storage, call_guide_id) = match incident.interview_id {
        None => (sources.storage.clone(), None),
        Some(id) => {
            let storage = sources.storage.owning(id).await?;
            let guide = storage.interviews().get(id).await?.call_guide_id;
            (storage, Some(guide))
        }
    };
    let alert = NewAlert {
        interview_id: incident.interview_id,
        call_guide_id,
        severity: Severity::Critical,
        title: incident.title.clone(),
        description: incident.description.clone(),
        metric_name: incident.metric_name.to_owned(),
        about: String::new(),
        occasion: String::new(),
        current_value: 1.0,
        threshold: 1.0,
        raised_at: reported.at,
    };
    if let Some(raised) = storage.alerts().raise(alert).await? {
        sources.metrics.observe_alert(&raised);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(components: &Components) -> Vec<(&'static str, bool)> {
        components.news.iter().map(|news| (news.component, matches!(news.change, Change::Fails(_)))).collect()
    }

    fn seen<const N: usize>(there: bool, failures: [(&'static str, u64); N]) -> Seen {
        Seen { there, failures: BTreeMap::from(failures), restarts: BTreeMap::new() }
    }

    #[test]
    fn the_database_is_told_at_once_and_hides_what_follows_from_it() {
        let mut components = Components::new(Duration::from_hours(1));
        components.notice(&seen(true, [("tts", 1), ("database", 0)]), Utc::now());
        assert!(names(&components).is_empty());
        components.notice(&seen(false, [("tts", 1), ("database", 5), ("quality", 7)]), Utc::now());
        components.notice(&seen(false, [("tts", 1), ("database", 9), ("quality", 9)]), Utc::now());
        components.notice(&seen(true, [("tts", 1), ("database", 9), ("quality", 9)]), Utc::now());
        assert_eq!(names(&components), [("database", true), ("database", false)]);
    }

    #[test]
    fn others_are_told_from_the_second_failure_on_but_for_transcriptions() {
        let mut components = Components::new(Duration::from_hours(1));
        for failures in 1..=3 {
            components.notice(&seen(true, [("tts", failures), ("stt", failures)]), Utc::now());
        }
        assert_eq!(names(&components), [("tts", true)]);
    }

    #[test]
    fn a_part_that_is_started_again_three_times_is_told_once() {
        let mut components = Components::new(Duration::from_hours(1));
        for restarts in 0..=4 {
            let seen = Seen { restarts: BTreeMap::from([("retention", restarts)]), ..seen(true, []) };
            components.notice(&seen, Utc::now());
            assert_eq!(names(&components).len(), usize::from(restarts >= 3), "{restarts} restarts");
        }
        assert_eq!(names(&components), [("retention", true)]);
    }
}
