//! Parts of the engine that fail: a critical alert while they do.
//!
//! Owns: from counts of failures to alerts that are about no interview. They are the default workspace's: whoever runs the
//! engine looks there. Never does: count failures (whoever meets them does), or escalate: an interview that suffers shows
//! that in its own events.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use entity::Severity;
use interview::quality::{Change, Component};

use super::Parts;
use storage::{NewAlert, StorageError};

/// Its absence is known at once, and without counting.
const DATABASE: &str = "database";
/// A transcription that fails belongs to a call: its log says so, and the alert is on the interview.
const IN_CALLS: &str = "stt";

/// What is to be written as soon as the database takes it.
#[derive(Debug, Clone, PartialEq)]
struct News {
    component: &'static str,
    change: Change,
    at: DateTime<Utc>,
}

pub(super) struct Components {
    begun: Instant,
    quiet: Duration,
    seen: BTreeMap<&'static str, Component>,
    away: bool,
    news: Vec<News>,
}

impl Default for Components {
    fn default() -> Self {
        Self::new(Duration::ZERO)
    }
}

impl Components {
    pub(super) fn new(quiet: Duration) -> Self {
        Self { begun: Instant::now(), quiet, seen: BTreeMap::new(), away: false, news: Vec::new() }
    }

    /// Looks at all of them, and writes what has changed.
    pub(super) async fn look(&mut self, parts: &Parts) {
        let there = parts.storage.reach().is_there();
        self.notice(there, &parts.metrics.failures(), Utc::now());
        while there && let Some(news) = self.news.first() {
            if let Err(error) = write(parts, news).await {
                tracing::warn!(component = news.component, %error, "a component's state can't be written yet");
                return;
            }
            self.news.remove(0);
        }
    }

    fn notice(&mut self, there: bool, failures: &BTreeMap<&'static str, u64>, at: DateTime<Utc>) {
        if self.away == there {
            self.away = !there;
            let change = if there { Change::Works } else { Change::Fails(1) };
            self.news.push(News { component: DATABASE, change, at });
        }
        let now = self.begun.elapsed();
        for (component, total) in failures {
            // What fails while the database is away fails because of it.
            let counts = *component != IN_CALLS && !self.away;
            let seen = self.seen.entry(component).or_default();
            let change = seen.look(now, *total, self.quiet);
            if let Some(change) = change.filter(|change| counts || *change == Change::Works) {
                self.news.push(News { component, change, at });
            }
        }
    }
}

async fn write(parts: &Parts, news: &News) -> Result<(), StorageError> {
    let metric_name = format!("component.{}", news.component);
    let alerts = parts.storage.alerts();
    match news.change {
        Change::Works => {
            if alerts.recover(None, &metric_name, "").await? {
                tracing::info!(component = news.component, "works again");
            }
        }
        Change::Fails(failures) => {
            let alert = NewAlert {
                interview_id: None,
                call_guide_id: None,
                severity: Severity::Critical,
                title: format!("A part of the engine fails: {}", news.component),
                description: format!(
                    "{failures} failure(s) within a minute; errors_total{{component=\"{}\"}} and the log say which.",
                    news.component
                ),
                metric_name,
                about: String::new(),
                occasion: String::new(),
                current_value: failures as f64,
                threshold: 1.0,
                raised_at: news.at,
            };
            if let Some(raised) = alerts.raise(alert).await? {
                parts.metrics.observe_alert(&raised);
                tracing::error!(component = news.component, failures, "a part of the engine fails");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(components: &Components) -> Vec<(&'static str, bool)> {
        components.news.iter().map(|news| (news.component, matches!(news.change, Change::Fails(_)))).collect()
    }

    #[test]
    fn the_database_is_told_at_once_and_hides_what_follows_from_it() {
        let mut components = Components::new(Duration::from_hours(1));
        components.notice(true, &BTreeMap::from([("tts", 1), ("database", 0)]), Utc::now());
        assert!(names(&components).is_empty());
        components.notice(false, &BTreeMap::from([("tts", 1), ("database", 5), ("quality", 7)]), Utc::now());
        components.notice(false, &BTreeMap::from([("tts", 1), ("database", 9), ("quality", 9)]), Utc::now());
        components.notice(true, &BTreeMap::from([("tts", 1), ("database", 9), ("quality", 9)]), Utc::now());
        assert_eq!(names(&components), [("database", true), ("database", false)]);
    }

    #[test]
    fn others_are_told_from_the_second_failure_on_but_for_transcriptions() {
        let mut components = Components::new(Duration::from_hours(1));
        for failures in 1..=3 {
            components.notice(true, &BTreeMap::from([("tts", failures), ("stt", failures)]), Utc::now());
        }
        assert_eq!(names(&components), [("tts", true)]);
    }
}
