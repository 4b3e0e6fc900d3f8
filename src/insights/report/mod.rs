//! A stored insight as a report.
//!
//! Owns: reading a row back into what it was made of, and which formats there are. The same content in each: JSON is the row
//! itself, `markdown` is for text, `html` is one page that works from disk with its sound and its `charts`. Never does: add
//! anything to what is stored but the sound.

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
use super::clip::{self, Clips, Place};
use storage::Storage;

/// What a report can be had as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Json,
    Markdown,
    Html,
}

/// Everything a report shows.
#[derive(Debug, Clone)]
pub struct Report {
    pub row: insight_extractions::Model,
    pub guide_name: String,
    pub objective: String,
    /// BCP 47, of the conversations.
    pub language: String,
    /// When the interview was held; none across interviews.
    pub held_at: Option<DateTime<Utc>>,
    pub findings: Vec<Finding>,
    /// Of one interview.
    pub themes: Vec<Theme>,
    pub quotes: Vec<Quote>,
    pub mood: Mood,
    pub conflicts: Vec<Conflict>,
    pub recommendations: Vec<Advice>,
    pub questions: Vec<Advice>,
    /// Across interviews.
    pub statistics: Option<Statistics>,
    /// What can be heard; empty until [`Report::with_sound`].
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
            // A guide may have been removed since.
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

    /// The same with the sound of every quote and contradiction that was recorded.
    pub async fn with_sound(mut self, storage: &Storage) -> Result<Self, InsightError> {
        let quotes = self.quotes.iter().chain(self.findings.iter().flat_map(|finding| &finding.evidence));
        let mut places: Vec<Place> =
            quotes.map(|quote| (quote.interview_id.clone(), quote.start_ms, quote.end_ms)).collect();
        for conflict in &self.conflicts {
            for cited in [&conflict.earlier, &conflict.later] {
                places.push((conflict.interview_id.clone(), cited.span.start_ms, cited.span.end_ms));
            }
        }
        self.clips = clip::of_places(storage, places).await?;
        Ok(self)
    }

    pub fn markdown(&self) -> String {
        markdown::of(self)
    }

    /// One page, complete in itself.
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

    /// In words, for whoever takes a report for more than it is.
    fn origin(&self) -> String {
        match &self.row.model_used {
            Some(model) => format!(
                "Worded by {model}. Every quote was held against what was said; numbers are computed, never the model's."
            ),
            None => "Extractive: made without a language model, from the respondents' own words and from counts. \
                     What it calls a finding is a passage worth listening to."
                .to_owned(),
        }
    }

    /// Quotes that somebody claimed and nobody said.
    fn dropped(&self) -> u64 {
        self.row.dropped_quotes.as_object().into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum()
    }

    /// What it is for a file of its own.
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
    // The reader's own words would quote the value, and errors end up in the log.
    serde_json::from_value(value.clone())
        .map_err(|error| InsightError::Corrupt(format!("{:?} error", error.classify())))
}

/// `1:02` of the call clock.
fn clock(ms: u64) -> String {
    let seconds = ms / 1_000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// A score or a share in whole percent; a dash where there is none.
fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), super::across::percent)
}
