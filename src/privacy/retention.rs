//! The retention of data (DATA_RETENTION_DAYS).
//!
//! Owns: which data has expired, and erasing it with the same steps as on request. Never does: read
//! the clock.
//!
//! The retention period of an interview starts at its end, or at its scheduled time if it never
//! began. A respondent whose last interview has expired is erased, including the key. If the
//! respondent has a newer interview, the expired one loses its words, names and recordings at once.
//! Its part of the event log is closed to every reader, and becomes unreadable together with the
//! key when the newest interview has expired as well.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

use super::erasure::{self, ErasureContext, ErasureError};
use super::files::{self, Remaining};
use crate::calls::Calls;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Failure;
use storage::erasure::Erasure;
use storage::receipts::{Counts, Reason};
use storage::{Storage, StorageError};

const ACTOR: &str = "retention";
/// The number of interviews in one query.
const PAGE: u64 = 200;

/// What one sweep did in one workspace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SweepResult {
    /// The number of respondents who were erased with their key.
    pub people: u64,
    pub erased: Counts,
    /// The number of interviews that could not be erased this time, for example because of a live
    /// call. The next sweep tries again.
    pub left: u64,
}

/// The retention rule, and everything that it applies to.
#[derive(Clone)]
pub struct Retention {
    pub storage: Storage,
    pub calls: Arc<dyn Calls>,
    pub metrics: Arc<Metrics>,
    /// 0 means that everything is kept.
    pub days: u32,
}

impl Retention {
    /// Erases everything that has expired at `now`, in all workspaces. Returns what was done in
    /// each.
    pub async fn sweep(&self, now: DateTime<Utc>) -> Result<BTreeMap<Uuid, SweepResult>, StorageError> {
        let mut swept = BTreeMap::new();
        if self.days == 0 {
            return Ok(swept);
        }
        let cutoff = now - Duration::days(i64::from(self.days));
        let mut after = None;
        let mut done = HashSet::new();
        loop {
            let page = self.storage.interviews().past_retention(cutoff, after, PAGE).await?;
            let Some((last, ..)) = page.last() else { break };
            after = Some(*last);
            for (interview, workspace, respondent) in page {
                if !done.contains(&interview) {
                    let here: &mut SweepResult = swept.entry(workspace).or_default();
                    done.extend(self.apply(interview, workspace, respondent, cutoff, now, here).await?);
                }
            }
        }
        if !swept.is_empty() {
            self.storage.maintenance().empty_journal().await?;
        }
        for (workspace, swept) in &swept {
            tracing::info!(
                %workspace, people = swept.people, interviews = swept.erased.interviews,
                responses = swept.erased.responses, recordings = swept.erased.recordings, left = swept.left,
                "retention applied"
            );
            let payload = json!({
                "days": self.days, "cutoff": cutoff, "people": swept.people, "erased": swept.erased, "left": swept.left,
            });
            self.storage.of(*workspace).receipts().log_retention(now, payload).await?;
        }
        Ok(swept)
    }

    /// Deletes files that should be gone: expired exports, and remaining files of erased people. It
    /// is also called if everything else is kept.
    pub async fn tidy(&self, now: DateTime<Utc>) -> Result<(), StorageError> {
        match files::tidy(&self.storage, now).await {
            Ok(()) => Ok(()),
            Err(Remaining::Storage(error)) => Err(error),
            Err(remaining) => {
                self.metrics.count_failure(Failure::Retention);
                tracing::warn!(%remaining, "files that should be gone will be deleted in the next round");
                Ok(())
            }
        }
    }

    /// Erases the respondent, or only this interview if a newer one needs the key. Returns the
    /// interviews that were processed.
    async fn apply(
        &self,
        interview: Uuid,
        workspace: Uuid,
        respondent_id: String,
        cutoff: DateTime<Utc>,
        now: DateTime<Utc>,
        swept: &mut SweepResult,
    ) -> Result<Vec<Uuid>, StorageError> {
        let storage = self.storage.of(workspace);
        let person = storage.interviews().younger_than(&respondent_id, cutoff).await? == 0;
        let interviews = if person {
            storage.interviews().of_respondent(&respondent_id).await?.iter().map(|row| row.id).collect()
        } else {
            vec![interview]
        };
        let erasure = Erasure {
            respondent_id,
            interviews: interviews.clone(),
            person,
            reason: Reason::Retention,
            actor: ACTOR.to_owned(),
            at: now,
            outside: Counts::default(),
        };
        let context = ErasureContext { storage: &storage, calls: self.calls.as_ref(), metrics: &self.metrics };
        match erasure::carry_out(context, erasure, None).await {
            Ok(receipt) => {
                swept.people += u64::from(person);
                swept.erased.add(&receipt.erased);
            }
            // The database is unavailable, so the other interviews would fail as well.
            Err(ErasureError::Storage(error)) if !error.is_permanent() => return Err(error),
            Err(error) => {
                self.metrics.count_failure(Failure::Retention);
                tracing::warn!(%interview, %error, "expired data will be erased in the next sweep");
                swept.left += interviews.len() as u64;
            }
        }
        Ok(interviews)
    }
}
