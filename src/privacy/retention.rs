//! Data past its time (DATA_RETENTION_DAYS).
//!
//! Owns: whose time is over, and erasing it with the very same steps as on request. Never does: know what day it is.
//!
//! An interview's time runs from its end (or from when it should have begun, if it never did). A respondent whose last
//! interview is past its time is erased, key included. An older interview of somebody who has a younger one loses its words,
//! names and recordings at once; what the event log holds of it is closed to every reader, and becomes unreadable with the
//! key, when the youngest is past its time as well.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

use super::erasure::{self, ErasureError, Place};
use super::files::{self, Remaining};
use crate::calls::Calls;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Failure;
use storage::erasure::Erasure;
use storage::receipts::{Counts, Reason};
use storage::{Storage, StorageError};

const ACTOR: &str = "retention";
/// Interviews looked at in one query.
const PAGE: u64 = 200;

/// What one sweep did in one workspace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Respondents who were erased with their key.
    pub people: u64,
    pub erased: Counts,
    /// Interviews that could not be erased this time (a call is on, say): the next sweep tries again.
    pub left: u64,
}

/// The rule, and everything it applies to.
#[derive(Clone)]
pub struct Retention {
    pub storage: Storage,
    pub calls: Arc<dyn Calls>,
    pub metrics: Arc<Metrics>,
    /// 0: everything is kept for ever.
    pub days: u32,
}

impl Retention {
    /// Erases everything that is past its time at `now`, in all workspaces; what was done in each.
    pub async fn sweep(&self, now: DateTime<Utc>) -> Result<BTreeMap<Uuid, Swept>, StorageError> {
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
                    let here: &mut Swept = swept.entry(workspace).or_default();
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

    /// Removes files that should be gone: exports past their time, and what remains of erased people. Also where everything else is
    /// kept for ever.
    pub async fn tidy(&self, now: DateTime<Utc>) -> Result<(), StorageError> {
        match files::tidy(&self.storage, now).await {
            Ok(()) => Ok(()),
            Err(Remaining::Storage(error)) => Err(error),
            Err(remaining) => {
                self.metrics.count_failure(Failure::Retention);
                tracing::warn!(%remaining, "files that should be gone are left for the next time");
                Ok(())
            }
        }
    }

    /// Erases the respondent, or only this interview when a younger one needs the key. The interviews dealt with.
    async fn apply(
        &self,
        interview: Uuid,
        workspace: Uuid,
        respondent_id: String,
        cutoff: DateTime<Utc>,
        now: DateTime<Utc>,
        swept: &mut Swept,
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
        let place = Place { storage: &storage, calls: self.calls.as_ref(), metrics: &self.metrics };
        match erasure::carry_out(place, erasure, None).await {
            Ok(receipt) => {
                swept.people += u64::from(person);
                swept.erased.add(&receipt.erased);
            }
            // The database itself is away: the rest would fare no better.
            Err(ErasureError::Storage(error)) if !error.is_permanent() => return Err(error),
            Err(error) => {
                self.metrics.count_failure(Failure::Retention);
                tracing::warn!(%interview, %error, "data past its time is left for the next sweep");
                swept.left += interviews.len() as u64;
            }
        }
        Ok(interviews)
    }
}
