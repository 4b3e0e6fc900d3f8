//! A stored insight as a report.
//!
//! Owns: reading a row, and the formats. All formats have the same content: JSON is the row itself,
//! `markdown` is text, and `html` is one page with audio and `charts` that works offline. Never
//! does: add anything to what is stored, except the audio.

mod charts;
mod html;
mod markdown;

use chrono::{DateTime, Utc};
use entity::insight_extractions;
use interview::insight::across::Statistics;
use interview::insight::extract::Advice;
use interview::insight::finding::{Conflict, Finding};
use interview::insight::mood::Mood;
use interview::insight::quote::Quote;
use interview::insight::theme::Theme;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::InsightError;
use super::clip::{self, ClipKey, Clips};
use storage::Storage;

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Json,
    Markdown,
    Html,
}

/// The content of a report.
#[derive(Debug, Clone)]
pub struct Report {
    pub row: insight_extractions::Model,
    pub guide_name: String,
    pub objective: String,
    /// The language of the conversations, as a BCP 47 tag.
    pub language: String,
    /// The time of the interview. `None` across interviews.
    pub held_at: Option<DateTime<Utc>>,
    pub findings: Vec<Finding>,
    /// The themes of a single interview.
    pub themes: Vec<Theme>,
    pub quotes: Vec<Quote>,
    pub mood: Mood,
    pub conflicts: Vec<Conflict>,
    pub recommendations: Vec<Advice>,
    pub questions: Vec<Advice>,
    /// The statistics across interviews.
    pub statistics: Option<Statistics>,
    /// The audio clips. Empty until [`Report::with_sound`] is called.
    pub clips: Clips,
}

impl Report {
    pub async fn of(storage: &Storage, row: insight_extractions::Model) -> Result<Self, InsightError> {
        let held = match row.interview_id {
            Some(id) => Some(storage.interviews().get(id).await?),
            None => None,
        };
        let guide = match (&held, row.call_guide_id) {
            (Some(interview), _) => Some(storage.guides().version(interview.call_guide_version_id).await?),
            // The guide may have been deleted.
            (None, Some(guide)) => storage.guides().newest(guide).await.ok().map(|(_, guide)| guide),
            (None, None) => None,
        };
        Ok(Self {
            guide_name: guide.as_ref().map(|guide| guide.name.clone()).unwrap_or_default(),
            objective: guide.as_ref().map(|guide| guide.research_objective.clone()).unwrap_or_default(),
            language: guide.map_or_else(|| "en".to_owned(), |guide| guide.language),
            held_at: held.and_then(|interview| interview.started_at),
            findings: read(&row.key_findings)?,
            themes: if row.interview_id.is_some() { read(&row.themes)? } else { Vec::new() },
            quotes: read(&row.notable_quotes)?,
            mood: read(&row.sentiment_summary)?,
            conflicts: read(&row.contradictions)?,
            recommendations: read(&row.follow_up_recommendations)?,
            questions: read(&row.suggested_next_questions)?,
            statistics: if row.interview_id.is_none() { Some(read(&row.statistics)?) } else { None },
            clips: Clips::new(),
            row,
        })
    }

    /// Adds the audio of every quote and contradiction that was recorded.
    pub async fn with_sound(mut self, storage: &Storage) -> Result<Self, InsightError> {
        let quotes = self.quotes.iter().chain(self.findings.iter().flat_map(|finding| &finding.evidence));
        let mut keys: Vec<ClipKey> =
            quotes.map(|quote| (quote.interview_id.clone(), quote.start_ms, quote.end_ms)).collect();
        for conflict in &self.conflicts {
            for cited in [&conflict.earlier, &conflict.later] {
                keys.push((conflict.interview_id.clone(), cited.span.start_ms, cited.span.end_ms));
            }
        }
        self.clips = clip::of_keys(storage, keys).await?;
        Ok(self)
    }

    pub fn markdown(&self) -> String {
        markdown::of(self)
    }

    /// Returns a single page that needs no other file.
    pub fn html(&self) -> String {
        html::of(self)
    }

    fn title(&self) -> String {
        let name = if self.guide_name.is_empty() { "Insights" } else { &self.guide_name };
        match &self.statistics {
            Some(statistics) => format!("{name}: {} interviews", statistics.interviews),
            None => format!("{name}: one interview"),
        }
    }

    /// Explains how the report was made, so that it is not taken for more than it is.
    fn origin(&self) -> String {
        match &self.row.model_used {
            Some(model) => format!(
                "A language model ({model}) worded this report. Every quote was checked against the recorded words. \
                 All numbers are computed and do not come from the model."
            ),
            None => "This report was made without a language model, from the respondents' words and from counts. \
                     A finding in it is a passage that deserves attention."
                .to_owned(),
        }
    }

    /// Returns the number of claimed quotes that nobody said.
    fn dropped(&self) -> u64 {
        self.row.dropped_quotes.as_object().into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum()
    }

    /// Returns the name of the report as a file.
    pub fn file_name(&self, format: Format) -> String {
        let ending = match format {
            Format::Json => "json",
            Format::Markdown => "md",
            Format::Html => "html",
        };
        format!("insights-{}.{ending}", self.row.id)
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> Result<T, InsightError> {
    // The message of serde would quote the value, and errors are logged.
    serde_json::from_value(value.clone())
        .map_err(|error| InsightError::Corrupt(format!("{:?} error", error.classify())))
}

/// Formats a time on the call clock, such as `1:02`.
fn clock(ms: u64) -> String {
    let seconds = ms / 1_000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Formats a score or a share as a whole percentage, or as a dash if there is none.
fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), super::across::percent)
}
